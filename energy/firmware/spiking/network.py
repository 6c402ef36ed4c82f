"""A spiking network as C: constants, a static plan of memory, one function per layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import SpikewattError
from ....sim.engines.schedule import Schedule, schedule
from ....sim.engines.state_width import state_width
from ....sim.network.neurons import Integrate, IntegrateAndFire, Silent
from ....sim.network.spiking_network import SpikingNetwork
from ..build import C_FOLDER
from .loops import Loop, loop_named
from .writer import Writer

HEADERS = (
    "spiking_spikes.h",
    "spiking_rows.h",
    "spiking_windows.h",
    "spiking_gather.h",
    "spiking_neurons.h",
)
WEIGHT_BITS, POTENTIAL_BITS = 8, 32
MOST_NEURONS = 2**16 - 1  # of a population: their numbers are listed in 16 bits
RULES = (IntegrateAndFire, Integrate, Silent)


@dataclass(frozen=True, eq=False)
class SpikingProgram:
    """A spiking network that runs so many steps, as C.

    Parameters
    ----------
    network : SpikingNetwork
    loop : Loop, how it is computed.
    plan : Schedule
    sources : name -> text of ``network.c``, ``network.h`` and the kernels.
    """

    network: SpikingNetwork
    loop: Loop
    plan: Schedule
    sources: dict[str, str]

    @property
    def populations(self) -> list[str]:
        """Names in the order of ``network_spikes``."""
        return [p.name for p in self.network.populations]

    def input(self, levels: np.ndarray) -> np.ndarray:
        """(neurons of all inputs,) int32 ``network_input`` of one sample's integer levels."""
        return np.ascontiguousarray(levels, np.int32)


def spiking_program(
    network: SpikingNetwork,
    steps: int | None = None,
    quality: str | Loop = "best",
    has_dsp: bool = True,
) -> SpikingProgram:
    """`network` as C that gives the spikes and potentials of the reference engine.

    Parameters
    ----------
    network : SpikingNetwork
    steps : int, of a streaming code, as `simulate` takes them.
    quality : ``best``, ``plain``, a loop or its name (`loops.LOOPS`).
    has_dsp : whether the core has the DSP extension.

    Raises
    ------
    SpikewattError : a code, firing rule, input code or kind of connection that there is no kernel
        of; weights wider than int8, potentials wider than int32, more than 65,535 neurons in a
        population.
    """
    loop = loop_named(quality, has_dsp)
    plan = schedule(network, steps)
    _check(network, plan)
    writer = Writer(network, plan, loop)
    kernels = {name: (C_FOLDER / name).read_text("utf-8") for name in HEADERS}
    sources = {"network.c": writer.source(), "network.h": writer.header(), **kernels}
    return SpikingProgram(network, loop, plan, sources)


def _check(network: SpikingNetwork, plan: Schedule) -> None:
    """Raise SpikewattError for what there is no C of."""
    where = f"firmware: network {network.name!r}"
    if network.weight_bits > WEIGHT_BITS:
        law = f"has weights of {WEIGHT_BITS} bits at most"
        raise SpikewattError(where, law, network.weight_bits)
    width = state_width(network, plan)
    if width > POTENTIAL_BITS:
        law = f"has potentials of {POTENTIAL_BITS} bits at most"
        raise SpikewattError(where, law, width)
    for p in network.populations:
        if p.wakes_within:
            law = "has no gate for neurons that wake late"
            got = f"wakes_within={p.wakes_within} of {p.name!r}"
            raise SpikewattError(where, law, got, 0)
        rule = network.rule(p)
        if not isinstance(rule, RULES):
            law = "has C for the firing rule of each population"
            got = f"{rule} of {p.name!r} (code {network.code}, input code {network.input_code})"
            allowed = "rate, radix, sync_rate; if, bitplane, analog; average pools"
            raise SpikewattError(where, law, got, allowed)
        if p.size > MOST_NEURONS:
            law = f"has at most {MOST_NEURONS:,} neurons in a population"
            raise SpikewattError(where, law, f"{p.size:,} of {p.name!r}")
