"""The words of some samples, and all that the cores must answer, by the golden model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import DoesNotFitError, SpikewattError
from ...models.decision import decided_by
from ...sim.engines.schedule import schedule
from ...sim.engines.simulate import simulate
from ...sim.network.population import Population
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace
from ..design import COUNTER_ORDER
from ..model.core_image import CoreImage, network_images
from ..model.golden import GoldenChain
from ..model.words import Word, check_executable, words

NOT_PREDICTED = "stalls"  # the counter that depends on the receiver
ENGINE = "batched"  # tells the spikes of the input, and is compared with


@dataclass(frozen=True, eq=False)
class SampleVectors:
    """One sample: what is sent, and what must come of it.

    Parameters
    ----------
    words : what the host sends
    left : per core, the words that leave it, in order
    potentials : per core, (neurons,) after the last word
    counters : per core, counts since the first sample began, in COUNTER_ORDER; stalls are 0
    decision : class
    """

    words: list[Word]
    left: list[list[Word]]
    potentials: list[np.ndarray]
    counters: list[list[int]]
    decision: int


@dataclass(frozen=True, eq=False)
class Vectors:
    """The memories of all cores and some samples.

    Parameters
    ----------
    images : one per core
    samples : in the order in which they are played
    """

    images: list[CoreImage]
    samples: list[SampleVectors]


def make_vectors(
    network: SpikingNetwork,
    x: np.ndarray,
    steps: int | None,
    state_bits: int,
    cycles_per_sop: int,
) -> Vectors:
    """Run `x` on the golden model, and hold its spikes against those of an engine.

    Parameters
    ----------
    network : a chain in rate or radix
    x : (samples, ...) inputs as the Keras model takes them
    steps : of a rate network, default 32
    state_bits : width of the cores' potentials, bits
    cycles_per_sop : cycles of a visit to one neuron

    Raises
    ------
    DoesNotFitError : a code, rule or size that the cores do not have, or potentials that would
        leave their width.
    """
    check_executable(network)
    plan = schedule(network, steps)
    images = network_images(network, plan, state_bits)
    trace = simulate(network, x, ENGINE, steps, rasters=len(x))
    first, *layers = network.populations

    chain = GoldenChain.of(images, state_bits, cycles_per_sop)
    samples = []
    for number, raster in enumerate(trace.rasters[first.name]):
        sample = _run(chain, list(words(network, plan, raster)))
        _check_width(chain, layers, state_bits)
        _check_with_engine(network, trace, number, sample)
        samples.append(sample)

    return Vectors(images, samples)


def _run(chain: GoldenChain, program: list[Word]) -> SampleVectors:
    chain.restart()
    left: list[list[Word]] = [[] for _ in chain.cores]
    for word in program:
        for all_words, sent in zip(left, chain.send(word), strict=True):
            all_words += sent

    potentials = [core.potential.copy() for core in chain.cores]
    counters = []
    for core in chain.cores:
        counted = {NOT_PREDICTED: 0, **core.counters()}
        counters.append([counted[name] for name in COUNTER_ORDER])

    decision = int(decided_by(potentials[-1]))
    return SampleVectors(program, left, potentials, counters, decision)


def _check_width(chain: GoldenChain, layers: Sequence[Population], state_bits: int) -> None:
    for core, population in zip(chain.cores, layers, strict=True):
        if core.saturations:
            raise DoesNotFitError(
                f"RTL core: population {population.name!r}",
                f"its potentials stay within {state_bits} bits",
                f"{core.saturations} sums beyond",
                "more --state-bits",
            )


def _check_with_engine(
    network: SpikingNetwork, trace: Trace, number: int, sample: SampleVectors
) -> None:
    """Spikes of every population (in radix their number per neuron), and the outputs."""
    for population, left, potential in zip(
        network.populations[1:], sample.left, sample.potentials, strict=True
    ):
        if population.kind.is_readout:
            got, expected = potential, trace.outputs[number, -1]
        elif network.code.streaming:
            raster = trace.rasters[population.name][number]
            got, expected = _raster(left, population.size), raster
        else:
            counts = _raster(left, population.size).sum(axis=0)
            got, expected = counts, trace.rasters[population.name][number].sum(axis=0)

        if not np.array_equal(got, expected):
            law = "golden model and engine agree"
            wrong = f"a difference in sample {number}"
            raise SpikewattError(f"RTL core: population {population.name!r}", law, wrong)


def _raster(left: Sequence[Word], neurons: int) -> np.ndarray:
    """(ticks, neurons) spikes before each tick."""
    rows = list(_rows(left, neurons))
    return np.array(rows).reshape(-1, neurons)


def _rows(left: Sequence[Word], neurons: int) -> Iterator[np.ndarray]:
    row = np.zeros(neurons, np.int64)
    for word in left:
        if word.axon is None:
            yield row
            row = np.zeros(neurons, np.int64)
        else:
            row[word.axon] += 1
