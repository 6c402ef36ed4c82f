"""The README of the folder: what is there, how to use it, registers and words."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...sim.network.spiking_network import SpikingNetwork
from ..design import CHAIN, memories
from ..registers import manual_table
from .vectors import Vectors
from .wrappers import AXI_MODULE, CHAIN_MODULE, OUTPUT_DEPTH, QUEUE_DEPTH, Shape

TEMPLATE = Path(__file__).parent / "folder_readme.md"


def readme(network: SpikingNetwork, shape: Shape, vectors: Vectors) -> str:
    """`README.md` of the folder.

    Parameters
    ----------
    network : what was handed over
    shape : sizes and widths of its cores
    vectors : its memories and samples
    """
    words = sum(len(sample.words) for sample in vectors.samples)
    cycles = vectors.samples[-1].counters
    per_sample = max(core[0] for core in cycles) // len(vectors.samples)
    bits = memories(shape.parameters(), CHAIN)
    kilobits = sum(width * depth for width, depth in bits.values()) / 1000
    return TEMPLATE.read_text("utf-8").format(
        hash=network.hash[:12],
        code=network.code,
        input_code=network.input_code,
        inputs=shape.axons[0],
        cores=_cores(network, shape),
        samples=len(vectors.samples),
        words=words,
        per_sample=f"{per_sample:,}",
        kilobits=f"{kilobits:,.0f}",
        weight_bits=shape.weight_bits,
        state_bits=shape.state_bits,
        cycles_per_sop=shape.cycles_per_sop,
        queue=QUEUE_DEPTH,
        output=OUTPUT_DEPTH,
        chain=CHAIN_MODULE,
        axi=AXI_MODULE,
        ticks=_ticks(network),
        encoding=_encoding(network),
        registers=manual_table(),
    )


def _cores(network: SpikingNetwork, shape: Shape) -> str:
    lines = []
    layers = network.populations[1:]
    for i, (population, axons, neurons) in enumerate(
        zip(layers, shape.axons, shape.neurons, strict=True), start=1
    ):
        lines.append(f"| {i} | {population.name} | {population.kind} | {axons} | {neurons} |")

    return "\n".join(lines)


def _ticks(network: SpikingNetwork) -> str:
    if network.code.streaming:
        return RATE

    return RADIX


def _encoding(network: SpikingNetwork) -> str:
    """How a host makes events of an input."""
    pixels = network.populations[0]
    threshold = pixels.per_neuron("threshold")
    start = pixels.per_neuron("initial_potential")
    if network.input_code.integrates:
        rule = INTEGRATES.format(start=_one(start), threshold=_one(threshold))
    else:
        rule = BITS

    shape = ", ".join(map(str, pixels.shape))
    return INPUTS.format(shape=shape, unit=f"{network.input_unit:.17g}", rule=rule)


def _one(values: np.ndarray) -> str:
    """A number that all neurons share, or in words that they do not."""
    numbers = set(values.ravel().tolist())
    return str(numbers.pop()) if len(numbers) == 1 else "a number of its own"


INPUTS = """Events of an input of shape ({shape}), row by row, are the host's work. A value x, as
the trained network takes it, is the whole number p = round(x / {unit}). {rule}"""

INTEGRATES = """Its potential begins with {start} and grows by p at each step; where it reaches
{threshold}, that is subtracted, and the axon has an event."""

BITS = """Its bits are its events, the highest in the first input step."""

RATE = """A sample of this network, in the rate code: in each step the events of the input's spikes,
then `STEP` for all cores."""

RADIX = """A sample of this network, in the radix code: the events of each input step, each
followed by `DOUBLE` for core 1, the last by `ADD`; then for core 1, 2, … `FIRE` once per output
step, each followed by `DOUBLE` for the next core, the last by `ADD`; `MARK` at the end."""
