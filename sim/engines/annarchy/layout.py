"""Where each neuron lies in ANNarchy's one flat population, and which observer row counts what.

ANNarchy delivers a spike one step after it was fired. Exact codes do not notice, since a population
fires only when its inputs have been silent for a step. In streaming codes a population at depth d
runs d steps later than the zero-latency semantics of the reference engine: its window starts d
steps later, every count is read d steps later, and where paths differ in length a relay (a neuron
that repeats what it hears) fills the gap.

The observers are a second, small population without spikes: one row per count (spikes of a
population, synaptic operations of a connection) that holds the sum of the step, and one row per
read-out neuron that integrates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ....errors import SpikewattError
from ...network.connection import Connection
from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ..counts import LEDGERS, Counts
from ..schedule import Schedule, Window

MAX_NEURONS = 4_000_000
EXACT_BITS = 24  # integers up to 2^24 are exact in single precision


@dataclass(frozen=True)
class Segment:
    """Neurons of one population, or relays of one, in the flat population.

    Parameters
    ----------
    first : int, where they begin.
    lag : int, steps that they run late.
    window : Window, so much later than that of the schedule.
    relay : bool, whether they repeat the population.
    """

    population: Population
    first: int
    lag: int
    window: Window
    relay: bool

    @property
    def neurons(self) -> slice:
        """Their place in the flat population."""
        return slice(self.first, self.first + self.population.size)


@dataclass(frozen=True)
class Row:
    """What one observer row counts.

    A population's spikes (`ledger` is None) or a connection's operations in a ledger.

    Parameters
    ----------
    name : str, of the population or connection.
    pre : str, population whose spikes are counted.
    fan_out : (neurons,) what a spike of each neuron counts.
    scale : int, what one of the count is worth.
    """

    name: str
    ledger: str | None
    pre: str
    fan_out: np.ndarray
    scale: int = 1

    def counted(self, counts: Counts) -> np.ndarray:
        """(samples, steps) the array that this row fills."""
        if self.ledger is None:
            return counts.spikes[self.name]
        return counts.synaptic_operations[self.ledger][self.name]


@dataclass(frozen=True)
class Multiple:
    """A ledger entry that needs no row: `fan_out` times the spikes of `population`."""

    connection: str
    ledger: str
    population: str
    fan_out: int


class Layout:
    """Segments, observer rows and lags of a network, and how to read counts back from what its
    observers recorded.
    """

    def __init__(self, network: SpikingNetwork, schedule: Schedule):
        self.network, self.schedule = network, schedule
        self.lag = _lags(network, schedule)
        spiking = [p for p in network.populations if p.kind.fires]

        self.segments: dict[tuple[str, int], Segment] = {}
        self.size = 0
        for p in spiking:
            self._place(p, 0)
        for c in network.connections:
            pre = network.population(c.pre)
            for extra in range(1, self.gap(c) + 1):
                self._place(pre, extra)
        if self.size > MAX_NEURONS:
            law = "the unrolled network fits into memory"
            got = f"{self.size} neurons"
            raise SpikewattError("annarchy", law, got, f"<= {MAX_NEURONS}")

        self.rows: list[Row] = []
        self.multiples: list[Multiple] = []
        for p in spiking:
            self._count(p)
        self.readouts = self._place_readouts()

    def _place(self, p: Population, extra: int) -> None:
        """Reserve neurons for population `p` (extra = 0), or for relays that repeat it `extra`
        steps later.
        """
        if (p.name, extra) in self.segments:
            return

        lag = self.lag[p.name] + extra
        window = self.schedule.windows[p.name]
        late = Window(
            window.start + lag,
            window.stop + lag,
            window.gains,
        )
        self.segments[p.name, extra] = Segment(
            population=p,
            first=self.size,
            lag=lag,
            window=late,
            relay=extra > 0,
        )
        self.size += p.size

    def _count(self, p: Population) -> None:
        """Observer rows of population `p`."""
        one = np.ones(p.size, np.int64)
        spikes = Row(p.name, None, p.name, one)
        self.rows.append(spikes)

        for c in self.network.outgoing(p.name):
            for ledger in LEDGERS:
                fan = self.network.fan_out(c, ledger == "nonzero")
                same = fan.min() == fan.max()
                if same:
                    multiple = Multiple(c.name, ledger, p.name, int(fan[0]))
                    self.multiples.append(multiple)
                else:
                    for scale, digits in digits_of(fan):
                        row = Row(c.name, ledger, p.name, digits, scale)
                        self.rows.append(row)

    def _place_readouts(self) -> dict[str, slice]:
        """Observer rows of each read-out, after those that count."""
        rows = {}
        first = len(self.rows)
        for p in self.network.readouts:
            rows[p.name] = slice(first, first + p.size)
            first += p.size
        return rows

    def gap(self, c: Connection) -> int:
        """Steps by which a spike on `c` has to wait beside the one that ANNarchy makes it wait."""
        if not self.schedule.streaming:
            return 0
        waits = self.lag[c.post] - self.lag[c.pre]
        return max(waits - 1, 0)

    @property
    def observers(self) -> int:
        """Observer rows in use."""
        of_readouts = sum(p.size for p in self.network.readouts)
        return len(self.rows) + of_readouts

    @property
    def steps(self) -> int:
        """Steps to run until the last count has arrived."""
        latest = max(self.lag.values())
        return self.schedule.steps + latest + 1

    # Reading back

    def read(self, counts: Counts, start: int, recorded: np.ndarray, lost: np.ndarray) -> None:
        """Fill `counts` from sample `start` on.

        Parameters
        ----------
        recorded : (samples, steps run, observers) states of the observers.
        lost : (samples, neurons + observers) how often each was held; (samples, 0) where none can
            be.
        """
        recorded = np.round(recorded).astype(np.int64)
        samples, _, observers = recorded.shape
        part = slice(start, start + samples)

        # A spike is counted in the step after its own.
        for i, row in enumerate(self.rows):
            steps = self._steps(row.pre, after=1)
            found = recorded[:, steps, i] * row.scale
            if row.scale == 1:
                row.counted(counts)[part] = found
            else:
                row.counted(counts)[part] += found

        for multiple in self.multiples:
            spikes = counts.spikes[multiple.population][part]
            ledger = counts.synaptic_operations[multiple.ledger]
            ledger[multiple.connection][part] = spikes * multiple.fan_out

        for name, rows in self.readouts.items():
            steps = self._steps(name)
            counts.output(name)[part] = recorded[:, steps, rows]

        if lost.size:
            self._read_losses(counts, part, lost, observers)

    def _steps(self, population: str, after: int = 0) -> slice:
        """The steps run at which the steps of the schedule are seen, or `after` steps later."""
        first = self.lag[population] + after
        return slice(first, first + self.schedule.steps)

    def _read_losses(self, counts: Counts, part: slice, lost: np.ndarray, observers: int) -> None:
        """Fill the saturations: losses of the neurons, then those of the observers."""
        neurons = lost.shape[1] - observers
        of_observers = lost[:, neurons:]
        for name, saturations in counts.saturations.items():
            if name in self.readouts:
                losses = of_observers[:, self.readouts[name]]
            else:
                segment = self.segments[name, 0]
                losses = lost[:, segment.neurons]
            saturations[part] = losses.sum(axis=1)

    def read_raster(self, counts: Counts, sample: int, raster: np.ndarray) -> None:
        """Fill the rasters of one sample from the (steps run, neurons) signs of the spikes that
        were recorded.
        """
        for name, spikes in counts.rasters.items():
            steps = self._steps(name)
            neurons = self.segments[name, 0].neurons
            spikes[sample] = raster[steps, neurons]


def digits_of(fan_out: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """(worth, digits) of `fan_out`, from the ones on: sums over all neurons stay exact in single
    precision.

    >>> [(scale, int(digits.max())) for scale, digits in digits_of(np.full(2**16, 576))]
    [(1, 64), (128, 4)]
    """
    base = 2 ** (EXACT_BITS - (fan_out.size).bit_length())
    scale = 1
    while fan_out.any():
        fan_out, digits = np.divmod(fan_out, base)
        yield scale, digits
        scale *= base


def _lags(network: SpikingNetwork, schedule: Schedule) -> dict[str, int]:
    """Population -> steps that it runs late: its depth in streaming codes.

    In exact ones 0, and 1 for a read-out.
    """
    lag: dict[str, int] = {}
    for p in network.populations:
        before = [lag[c.pre] for c in network.incoming(p.name)]
        late = schedule.streaming or p.kind.is_readout
        if before and late:
            lag[p.name] = max(before) + 1
        else:
            lag[p.name] = 0
    return lag
