"""The keyword spotter's scaling networks, whose spikes nobody logged, run here from a seed.

Blouw et al., NICE 2019, doi:10.1145/3320288.3320304; abr/power_benchmarks, ``models.py``: an input
layer of 256, N branches of ten layers of 256 beside each other, an output layer of 256 that hears
all branches, and 29 letters, which the host reads. Weights are uniform within ±0.05, biases are 0,
neurons rectify. With N = 0 the input layer leads to the output layer: the keyword spotter's shape.

What the input did is not published. Here each of the 390 values is uniform between 0 and twice a
mean rate, and does not change while an inference lasts; the rate is one of `INPUT_RATES`. Random
rectifiers lose activity: each layer of n inputs multiplies it by about sqrt(n w² / 6), w = 0.05,
which is 0.33 for n = 256. So layers at the end of a branch hardly fire, whatever the input does.
"""

# Populations and connections take names and plain numbers too.
# pyright: reportArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ... import files
from ...sim.engines.simulate import simulate
from ...sim.network.connection import Connection
from ...sim.network.population import Population
from ...sim.network.spiking_network import SpikingNetwork

SOURCE = (
    "Blouw et al., NICE 2019, doi:10.1145/3320288.3320304, and abr/power_benchmarks, "
    "models.py and paper/power_summary.tex (arXiv:1812.01739)"
)
RATES = Path(__file__).parents[1] / "data" / "silicon_spike_rates.csv"
INPUTS, LAYER, DEPTH, OUTPUTS = 390, 256, 10, 29
STEPS = 10
BRANCHES = (0, 1, 2, 4, 6, 8, 10)  # the networks that were measured
INPUT_RATES = (0.1, 0.3, 0.5)  # spikes per input and step; the middle one is the assumption
USUAL_RATE = 0.3

WEIGHT = 0.05  # weights lie within ± this much, in units of a threshold
INTEGER_WEIGHT = 127
THRESHOLD = round(INTEGER_WEIGHT / WEIGHT)
PIXEL_THRESHOLD = 255
SEED, SAMPLES = 16, 16


class LayerRate(NamedTuple):
    """How often the neurons of a layer fire, mean over neurons, branches, samples and steps.

    Parameters
    ----------
    branches : int
        N of the network.
    input_rate : float
        Mean spikes of an input in one step.
    layer : str
        ``input``, ``input_layer``, ``branch_1`` to ``branch_10``, ``output_layer``.
    neurons : int
        Of all branches together.
    rate : float
        Spikes per neuron and step.
    """

    branches: int
    input_rate: float
    layer: str
    neurons: int
    rate: float


def fading() -> float:
    """By what each layer of a branch multiplies the root mean square of the activity.

    A rectifier passes half of the variance of a sum of n products of variance w²/3: the factor is
    sqrt(n w² / 6).

    >>> f"{fading():.2f}"
    '0.33'
    """
    return sqrt(LAYER * WEIGHT**2 / 6)


def scaling_network(branches: int, seed: int = SEED) -> SpikingNetwork:
    """The network with N branches.

    Parameters
    ----------
    branches : int
        N >= 0.
    seed : int
        Of its weights.

    Examples
    --------
    >>> sum(population.size for population in scaling_network(1).populations)
    3491
    """
    draw = np.random.default_rng([seed, branches])
    pixels = Population("input", (INPUTS,), "input", PIXEL_THRESHOLD, 0, PIXEL_THRESHOLD // 2)
    populations, connections = [pixels], []

    def grow(name: str, before: Sequence[str]) -> str:
        populations.append(
            Population(name, (LAYER,), "integrate_and_fire", THRESHOLD, 0, THRESHOLD // 2)
        )
        for pre in before:
            size = INPUTS if pre == "input" else LAYER
            weights = draw.integers(-INTEGER_WEIGHT, INTEGER_WEIGHT + 1, (size, LAYER))
            connections.append(Connection(pre, name, "dense", weights))
        return name

    first = grow("input_layer", ["input"])
    ends = []
    for branch in range(1, branches + 1):
        end = first
        for depth in range(1, DEPTH + 1):
            end = grow(f"branch_{depth}_of_{branch}", [end])
        ends.append(end)
    last = grow("output_layer", ends or [first])
    letters = draw.integers(-INTEGER_WEIGHT, INTEGER_WEIGHT + 1, (LAYER, OUTPUTS))
    populations.append(Population("letters", (OUTPUTS,), "readout", THRESHOLD, 0, 0))
    connections.append(Connection(last, "letters", "dense", letters))
    return SpikingNetwork(populations, connections, "rate", 1 / PIXEL_THRESHOLD, 1.0, STEPS)


def inputs(input_rate: float, samples: int = SAMPLES, seed: int = SEED) -> np.ndarray:
    """(samples, 390) values within 0..1, uniform up to twice `input_rate`."""
    draw = np.random.default_rng([seed, round(1000 * input_rate)])
    return draw.uniform(0.0, 2 * input_rate, (samples, INPUTS))


def simulated_rates(
    branches: Sequence[int] = BRANCHES,
    input_rates: Sequence[float] = INPUT_RATES,
    samples: int = SAMPLES,
    engine: str = "batched",
) -> Iterator[LayerRate]:
    """Run the networks and count.

    Parameters
    ----------
    branches : sequence of int
    input_rates : sequence of float
        0 to 0.5 spikes per input and step.
    samples : int
    engine : str
        All engines give the same integers.
    """
    for number in branches:
        network = scaling_network(number)
        for input_rate in input_rates:
            trace = simulate(network, inputs(input_rate, samples), engine, STEPS)
            totals: dict[str, list[float]] = {}
            for population in network.populations[:-1]:  # letters do not fire
                layer = population.name.split("_of_")[0]
                spikes = trace.mean_spikes(population.name)
                neurons, sent = totals.get(layer, (0, 0.0))
                totals[layer] = [neurons + population.size, sent + spikes]
            for layer, (neurons, sent) in totals.items():
                rate = sent / neurons / STEPS
                yield LayerRate(number, input_rate, layer, int(neurons), rate)


def table(rates: Iterable[LayerRate]) -> str:
    """The rates as CSV, which `workloads.spike_rates` reads."""
    lines = [",".join((*LayerRate._fields, "status", "source"))]
    for row in rates:
        cells = (row.branches, f"{row.input_rate:g}", row.layer, row.neurons, f"{row.rate:.6f}")
        lines.append(",".join((*map(str, cells), "simulated", f"seed {SEED} and {SAMPLES} inputs")))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    files.write(RATES, table(simulated_rates()))
    print(f"wrote {RATES}")
