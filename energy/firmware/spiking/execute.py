"""A spiking network executed on an emulated core: its answer, its spikes, its cycles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....sim.engines.inputs import integer_input
from ..build import build, sizes
from ..cores import FirmwareCore
from ..counting import Count
from ..emulator import Emulator
from .network import SpikingProgram


@dataclass(frozen=True)
class Executed:
    """What one inference gave and took.

    Parameters
    ----------
    outputs : (neurons of all read-outs,) int32 potentials after the last step.
    spikes : population -> spikes, of those that fire.
    count : Count, instructions and cycles.
    """

    outputs: np.ndarray
    spikes: dict[str, int]
    count: Count


class Firmware:
    """A program built for a core, in an emulator.

    Parameters
    ----------
    program : SpikingProgram
    core : FirmwareCore
    """

    def __init__(self, program: SpikingProgram, core: FirmwareCore):
        self.program = program
        self.core = core
        self.elf = build(program.sources, core)
        self.emulator = Emulator(self.elf, core)

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of flash and RAM, without the stack."""
        return sizes(self.elf)

    def run(self, x: np.ndarray) -> Executed:
        """One inference of (…) `x`, one sample as the network takes it."""
        network = self.program.network
        levels = integer_input(network, np.asarray(x)[None])[0]
        self.emulator.write("network_input", self.program.input(levels))
        count = self.emulator.call("infer")
        size = sum(p.size for p in network.readouts)
        outputs = self.emulator.read("network_output", np.int32, size)
        spikes = self.emulator.read("network_spikes", np.uint32, len(network.populations))
        fired = {
            p.name: int(number)
            for p, number in zip(network.populations, spikes, strict=True)
            if network.rule(p).fires
        }
        return Executed(outputs, fired, count)
