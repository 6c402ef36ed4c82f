"""Compare a run of the RTL with the golden model and with the trace of an engine."""

from __future__ import annotations

import numpy as np

from ...sim.network.population import Population
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace
from ..design import COUNTER_ORDER
from ..model.golden import COUNTERS
from .chains.run import ChainRun, CoreRun

SHOWN_COUNTERS = (
    "cycles",
    "sops",
    "reads",
    "writes",
    "stalls",
    "saturations",
)


class Tally:
    """Values compared, and mismatches by what they are of."""

    def __init__(self):
        self.compared = 0
        self.wrong: dict[str, int] = {}

    def check(self, what: str, got: np.ndarray, expected: np.ndarray) -> None:
        """Compare entry by entry; all of the longer array are wrong if the shapes differ."""
        self.compared += got.size
        if got.shape == expected.shape:
            wrong = int((got != expected).sum())
        else:
            wrong = max(got.size, expected.size)

        before = self.wrong.get(what, 0)
        self.wrong[what] = before + wrong

    @property
    def mismatches(self) -> int:
        """Values that differ."""
        return sum(self.wrong.values())

    @property
    def where(self) -> str:
        """What differs, in words."""
        texts = []
        for what, count in self.wrong.items():
            if count:
                texts.append(f"{count} {what}")
        return ", ".join(texts)


def compare(
    network: SpikingNetwork,
    trace: Trace,
    got: ChainRun,
    golden: ChainRun,
) -> list[dict]:
    """One row per population after the input: events, counters, values compared, mismatches.

    Parameters
    ----------
    network : the network that ran
    trace : what an engine says, with the rasters of all samples
    got : what the RTL did
    golden : what the golden model did
    """
    first, *others = network.populations
    events_in = int(trace.rasters[first.name].sum())
    rows = []
    for population, core, expected in zip(others, got.cores, golden.cores, strict=True):
        tally = Tally()
        with_golden_model(tally, core, expected)
        if population.kind.is_readout:
            _outputs(tally, network, trace, core)
        elif network.code.streaming:
            _spikes_of_each_step(tally, trace, core, population)
        else:
            _spikes_of_each_neuron(tally, trace, core, population)

        spikes_out = len(core.fired)
        row = {
            "population": population.name,
            "events_in": events_in,
            "spikes_out": spikes_out,
            "compared": tally.compared,
            **{name: core.counters[name] for name in SHOWN_COUNTERS},
            "stalls_seen": int(core.stalls[-1]),
            "mismatches": tally.mismatches,
            "where": tally.where,
        }
        rows.append(row)
        events_in = spikes_out

    return rows


def with_golden_model(tally: Tally, core: CoreRun, golden: CoreRun) -> None:
    """Compare a core's words in order, potentials and counters; stalls with what the bench saw."""
    tally.check("order", core.left, golden.left)
    tally.check("order", core.ends, golden.ends)
    tally.check("potentials", core.potentials, golden.potentials)

    for number, name in enumerate(COUNTER_ORDER):
        expected = golden.history if name in COUNTERS else core.stalls[:, None]
        column = number if name in COUNTERS else 0
        tally.check(f"counter {name}", core.history[:, number], expected[:, column])


def _outputs(tally: Tally, network: SpikingNetwork, trace: Trace, core: CoreRun) -> None:
    """Potentials of a read-out are the engine's outputs: after each step, or (radix) at the end."""
    outputs = trace.outputs
    if not network.code.streaming:
        outputs = outputs[:, -1:]
    samples = len(outputs)
    potentials = core.potentials.reshape(samples, -1, core.neurons)
    tally.check("engine", potentials, outputs)

    predicted = potentials[:, -1].argmax(axis=1)
    expected = outputs[:, -1].argmax(axis=1)
    tally.check("predictions", predicted, expected)


def _spikes_of_each_step(tally: Tally, trace: Trace, core: CoreRun, population: Population) -> None:
    """A tick ends a step: the engine's raster, spike for spike."""
    size = population.size
    expected = trace.rasters[population.name].reshape(-1, size)
    got = core.raster()[:, :size]
    tally.check("engine", got, expected)
    _number_of_spikes(tally, trace, core, population)


def _spikes_of_each_neuron(
    tally: Tally, trace: Trace, core: CoreRun, population: Population
) -> None:
    """In radix no tick tells the steps apart: how often each neuron fired."""
    size = population.size
    counts = np.bincount(core.fired, minlength=size)[:size]
    expected = trace.rasters[population.name].sum(axis=(0, 1))
    tally.check("engine", counts, expected)
    _number_of_spikes(tally, trace, core, population)


def _number_of_spikes(tally: Tally, trace: Trace, core: CoreRun, population: Population) -> None:
    got = len(core.fired)
    expected = trace.spikes[population.name].sum()
    tally.check("engine", np.array([got]), np.array([expected]))
