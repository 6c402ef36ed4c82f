"""What is handed over: sources, one input, and what the reference makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....errors import SpikewattError
from ....models.int8 import Int8Network
from ....sim.engines.inputs import integer_input
from ....sim.engines.simulate import simulate
from ....sim.network.spiking_network import SpikingNetwork
from ..build import C_FOLDER
from ..cores import FirmwareCore
from ..int8_network import int8_network
from ..spiking.network import HEADERS, spiking_program
from .sample import Sample


@dataclass(frozen=True, eq=False)
class Program:
    """A network as C with a sample.

    Parameters
    ----------
    sources : name -> text of all ``.c`` and ``.h`` files
    sample : an input, and what must come out
    title : which network it is
    """

    sources: Mapping[str, str]
    sample: Sample
    title: str


def int8_program(network: Int8Network, x: np.ndarray, quality: str = "best") -> Program:
    """An int8 network; TensorFlow Lite says what must come out.

    Parameters
    ----------
    network : of a ``.tflite`` file
    x : one input as the Keras model takes it
    quality : ``best`` (default) or ``plain``

    Raises
    ------
    SpikewattError : an operator for which there is no kernel in C.
    """
    firmware = int8_network(network, quality)
    given, expected = network.levels(x[None])
    title = f"An int8 network of {len(firmware.functions)} layers, {quality} kernels."
    return Program(firmware.sources, Sample(given[0], expected[0]), title)


def read_int8(path: Path, x: np.ndarray, quality: str = "best") -> Program:
    """An int8 network of a ``.tflite`` file, and one input of a data set.

    Raises
    ------
    SpikewattError : no such file, an operator without a kernel, or inputs of another size.
    """
    try:
        network = Int8Network(path.read_bytes())
    except OSError as error:
        raise SpikewattError(str(path), "can be read", error.strerror) from error
    graph = int8_network(network, quality).graph
    needed = graph.sizes[graph.input]
    if x.size != needed:
        law = "takes inputs of the data set's size"
        raise SpikewattError(str(path), law, f"{x.size} numbers", needed)
    return int8_program(network, x, quality)


def read_spiking(
    path: Path,
    x: np.ndarray,
    core: FirmwareCore,
    steps: int | None = None,
    quality: str = "best",
) -> Program:
    """A spiking network of a ``.spk`` file, as of `program_of_spikes`."""
    return program_of_spikes(SpikingNetwork.load(path), x, core, steps, quality)


def program_of_spikes(
    network: SpikingNetwork,
    x: np.ndarray,
    core: FirmwareCore,
    steps: int | None = None,
    quality: str = "best",
) -> Program:
    """A spiking network; the reference engine says what must come out.

    Parameters
    ----------
    network : in any code that there is a loop for
    x : one input as the Keras model takes it
    core : what it is written for
    steps : of a streaming code, as of `simulate`
    quality : ``best`` (default) or ``plain``

    Raises
    ------
    SpikewattError : what there is no kernel in C for, see `spiking_program`.
    """
    program = spiking_program(network, steps, quality, core.has_dsp)
    trace = simulate(network, x[None], "reference", steps)
    counts = [
        trace.spikes[name].sum() if name in trace.spikes else 0 for name in program.populations
    ]
    sample = Sample(
        program.input(integer_input(network, x[None])[0]),
        trace.outputs[0, -1].astype(np.int32),
        np.array(counts, np.uint32),
    )
    headers = {name: (C_FOLDER / name).read_text("utf-8") for name in HEADERS}
    title = (
        f"{network.name}: a spiking network in the code {network.code}, {trace.steps} steps; "
        f"{program.loop.title}."
    )
    return Program({**headers, **program.sources}, sample, title)
