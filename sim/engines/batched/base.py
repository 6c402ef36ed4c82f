"""What batches of both kinds of codes share: sums, tallies, and filling the counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...network.connection import Connection
from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, Part, events, has_potential, split_inputs
from ..losses import arriving
from ..schedule import Schedule
from ..state_width import largest_of
from .kernels import whole_type
from .operators import Operator, import_tensorflow
from .parts import Values
from .sums import Sums
from .tally import Tally

RASTER_BYTES = 16e6  # of the spikes that are kept at once


class Found(NamedTuple):
    """What a forward pass of a batch finds.

    Parameters
    ----------
    tallied : population -> sums of `Tally.count`.
    outputs : read-out -> (steps, batch, neurons) potentials.
    trains : population -> (steps, batch, neurons) spikes, where they were asked for.
    lost : population -> (batch,) how often a potential was held.
    """

    tallied: dict[str, Any]
    outputs: dict[str, Any]
    trains: dict[str, Any]
    lost: dict[str, Any]


class State(NamedTuple):
    """What is carried from step to step, each by population; tensors are (batch, neurons).

    Parameters
    ----------
    potential : of all that integrate.
    counts : what was fired so far, where a rule asks for it.
    arrived : of that what was not lost, where spikes are lost and a max pool asks.
    tallied : arrays over time of the sums of `Tally.count`.
    outputs : arrays over time of the potentials of read-outs.
    kept : arrays over time of every spike, where they are recorded.
    lost : (batch,) how often a potential was held.
    """

    potential: dict[str, Any]
    counts: dict[str, Any]
    arrived: dict[str, Any]
    tallied: dict[str, Any]
    outputs: dict[str, Any]
    kept: dict[str, Any]
    lost: dict[str, Any]

    def copy(self) -> State:
        """The same tensors in dictionaries of their own: a step replaces entries."""
        return State(*(dict(part) for part in self))


class Batch:
    """A network made ready to run batches.

    All numbers are whole, and each is in a type that holds every whole number it can be. Neurons of
    a population lie in one row, (batch, neurons), which is the fastest to pass over.

    Parameters
    ----------
    compiled : bool, which pays for long runs.
    lossy : bool, whether spikes are lost on their way.
    """

    def __init__(
        self, network: SpikingNetwork, plan: Schedule, compiled: bool = False, lossy: bool = False
    ):
        self.tf = import_tensorflow()
        self.network, self.plan = network, plan
        self.encoded = network.input_code.encoded
        self.lossy = lossy
        self.sums: dict[str, Sums] = {}
        for c in network.connections:
            operator = Operator(network, c, np.int64)
            self.sums[c.name] = Sums(operator, self.sent(c), compiled)

        self.types: dict[str, type] = {}  # of potentials and counts
        self.tallies: dict[str, Tally] = {}
        self.saturating: set[str] = set()
        for p in network.populations:
            self.types[p.name] = whole_type(largest_of(network, plan, p, lossy))
            if p.kind.fires:
                self.tallies[p.name] = Tally(network, p, compiled)
            if plan.largest and has_potential(network, p):
                self.saturating.add(p.name)

        neurons = sum(p.size for p in network.populations)
        self.recorded = max(1, int(RASTER_BYTES // (neurons * plan.steps)))  # samples at once

        self.compiled = self.forward
        if compiled:
            self.compiled = self.tf.function(self.forward, autograph=False)

    def forward(self, pixels, arrive, record: bool = False) -> Found:
        """Counts and outputs of a batch; with `record` also every spike.

        Parameters
        ----------
        pixels, arrive : see the methods `pixels` and `arriving`.
        """
        raise NotImplementedError

    def sent(self, c: Connection) -> Values:
        """What connection `c` is given at once."""
        raise NotImplementedError

    def retracts(self, p: Population) -> bool:
        """Whether `p` may send −1."""
        network = self.network
        given = p.kind.is_input and network.input_code.encoded
        return network.code.negative_spikes or (given and network.input_code.takes_negative)

    def constant(self, p: Population, field: str) -> np.ndarray:
        """A field of a population: (neurons,), or a scalar where all are equal."""
        values = getattr(p, field)
        if values.min() == values.max():
            values = values.reshape(-1)[0]
        else:
            values = p.per_neuron(field)
        return values.astype(self.types[p.name])

    def row(self, p: Population, sums) -> Any:
        """(batch, neurons) of what arrives at `p`, in the type of its potentials."""
        row = self.tf.reshape(sums, (-1, p.size))
        return self.tf.cast(row, self.types[p.name])

    def pixels(self, inputs: np.ndarray, first: int = 0, seed: int = 0) -> dict[str, np.ndarray]:
        """What each input population is given.

        Returns
        -------
        name -> (batch, neurons) pixels of its part of `inputs`, or (steps, batch, neurons) events.
        """
        network = self.network
        parts = split_inputs(network, inputs)
        encoded = events(
            network,
            parts,
            self.plan.steps,
            seed,
            first,
        )

        given = {}
        for p in network.inputs:
            if encoded:
                by_step = encoded[p.name].swapaxes(0, 1)
                given[p.name] = by_step.astype(np.int8)
            else:
                given[p.name] = parts[p.name].astype(np.int32)
        return given

    def arriving(self, samples: int, first: int, part: Part) -> dict[str, np.ndarray]:
        """Population -> (steps of its window, samples, neurons) 0 where a spike is lost, else 1.

        Empty where none is.
        """
        found = arriving(self.network, self.plan, part.lost_spikes, part.seed, first, samples)
        return {name: each.swapaxes(0, 1) for name, each in found.items()}

    def run(
        self, inputs: np.ndarray, counts: Counts, start: int, size: int, rasters: int, part: Part
    ) -> None:
        """Run one batch and write its counts.

        Parameters
        ----------
        inputs : (batch, neurons) integers; `size` of them are samples `start` onwards, the rest is
            padding.
        rasters : how many of them are recorded spike by spike.
        """
        pixels = self.pixels(inputs, part.first + start, part.seed)
        arrive = self.arriving(len(inputs), part.first + start, part)
        # Where nothing is compiled, one pass finds counts and spikes of a short batch.
        at_once = rasters > 0 and size <= self.recorded and self.compiled == self.forward
        if at_once:
            found = self.forward(pixels, arrive, record=True)
        else:
            found = self.compiled(pixels, arrive)
        batch = slice(start, start + size)

        for name, tallied in found.tallied.items():
            steps = self._steps(name)
            tally = self.tallies[name]
            tally.fill(tallied, counts, batch, steps)

        for name, outputs in found.outputs.items():
            by_sample = np.asarray(outputs).swapaxes(0, 1)
            counts.output(name)[batch] = by_sample[:size]

        for name, losses in found.lost.items():
            held = np.asarray(losses)
            counts.saturations[name][batch] = held[:size]

        if at_once:
            self._write_trains(found, counts, start, rasters)
            return
        for first in range(0, rasters, self.recorded):
            last = min(first + self.recorded, rasters)
            recorded = inputs[first:last]
            self._record(recorded, counts, start + first, part)

    def _record(self, inputs: np.ndarray, counts: Counts, start: int, part: Part) -> None:
        """Write every spike of a few samples, `start` onwards."""
        pixels = self.pixels(inputs, part.first + start, part.seed)
        arrive = self.arriving(len(inputs), part.first + start, part)
        found = self.forward(pixels, arrive, record=True)
        self._write_trains(found, counts, start, len(inputs))

    def _write_trains(self, found: Found, counts: Counts, start: int, size: int) -> None:
        """Write every spike of the first `size` samples of a batch, samples `start` onwards."""
        samples = slice(start, start + size)
        for name, train in found.trains.items():
            spikes = np.asarray(train)[:, :size].astype(np.int8)
            steps = self._steps(name)
            counts.rasters[name][samples, steps] = spikes.swapaxes(0, 1)

    def _steps(self, population: str) -> slice:
        """Steps that a tally or a train of `population` covers."""
        if self.plan.streaming:
            return slice(0, self.plan.steps)
        window = self.plan.windows[population]
        return slice(window.start, window.stop)
