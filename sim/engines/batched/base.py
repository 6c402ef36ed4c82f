"""What batches of both kinds of codes share: operators, tallies, and filling the counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, Part, events, has_potential, split_inputs
from ..schedule import Schedule
from .operators import Operator, import_tensorflow
from .tally import Tally

RASTER_BATCH = 16  # samples whose every spike is kept at once


class Found(NamedTuple):
    """What a forward pass of a batch finds.

    Parameters
    ----------
    tallied : population -> sums of `Tally.count`.
    outputs : read-out -> (steps, batch, *shape) potentials.
    trains : population -> (steps, batch, *shape) spikes, where they were asked for.
    lost : population -> (batch,) how often a potential was held.
    """

    tallied: dict[str, list]
    outputs: dict[str, Any]
    trains: dict[str, Any]
    lost: dict[str, Any]


class Batch:
    """A network made ready to run batches.

    Parameters
    ----------
    dtype : numpy float type in which all sums are exact.
    compiled : bool, by XLA, which pays for long runs.
    """

    def __init__(
        self, network: SpikingNetwork, plan: Schedule, dtype: type, compiled: bool = False
    ):
        self.network, self.plan, self.dtype = network, plan, dtype
        self.encoded = network.input_code.encoded
        self.operators = {c.name: Operator(network, c, dtype) for c in network.connections}

        self.tallies: dict[str, Tally] = {}
        self.saturating: set[str] = set()
        for p in network.populations:
            if p.kind.fires:
                self.tallies[p.name] = Tally(network, p)
            if plan.largest and has_potential(network, p):
                self.saturating.add(p.name)

        self.tf = import_tensorflow()
        self.compiled = self.forward
        if compiled:
            self.compiled = self.tf.function(
                self.forward,
                jit_compile=True,
                autograph=False,
            )

    def forward(self, pixels, record: bool = False) -> Found:
        """Counts and outputs of a batch; with `record` also every spike."""
        raise NotImplementedError

    def drive(self, p: Population, values: dict) -> Any:
        """Weighted sums of all that feeds `p`."""
        arriving = []
        for c in self.network.incoming(p.name):
            operator = self.operators[c.name]
            arriving.append(operator(values[c.pre]))
        return self.tf.add_n(arriving)

    def constant(self, p: Population, field: str) -> np.ndarray:
        """A field of a population, shaped to broadcast over a batch."""
        values = np.broadcast_to(getattr(p, field), p.shape)
        return values.astype(self.dtype)

    def pixels(self, inputs: np.ndarray, first: int = 0, seed: int = 0) -> dict[str, np.ndarray]:
        """What each input population is given.

        Returns
        -------
        name -> (batch, *shape) pixels of its part of `inputs`, or (steps, batch, *shape) events.
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
                given[p.name] = by_step.reshape(len(by_step), -1, *p.shape)
            else:
                pixels = parts[p.name].reshape(-1, *p.shape)
                given[p.name] = pixels.astype(self.dtype)
        return given

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
        found = self.compiled(pixels)
        batch = slice(start, start + size)

        for name, tallied in found.tallied.items():
            steps = self._steps(name)
            tally = self.tallies[name]
            tally.fill(tallied, counts, batch, steps)

        for name, outputs in found.outputs.items():
            by_sample = _by_sample(outputs)
            counts.output(name)[batch] = by_sample[:size]

        for name, losses in found.lost.items():
            held = np.asarray(losses)
            counts.saturations[name][batch] = held[:size]

        for first in range(0, rasters, RASTER_BATCH):
            last = min(first + RASTER_BATCH, rasters)
            recorded = inputs[first:last]
            self._record(recorded, counts, start + first, part)

    def _record(self, inputs: np.ndarray, counts: Counts, start: int, part: Part) -> None:
        """Write every spike of a few samples, `start` onwards."""
        pixels = self.pixels(inputs, part.first + start, part.seed)
        found = self.forward(pixels, record=True)

        samples = slice(start, start + len(inputs))
        for name, train in found.trains.items():
            spikes = np.asarray(train).astype(np.int8)
            by_sample = spikes.swapaxes(0, 1)
            raster = by_sample.reshape(*by_sample.shape[:2], -1)

            steps = self._steps(name)
            counts.rasters[name][samples, steps] = raster

    def _steps(self, population: str) -> slice:
        """Steps that a tally or a train of `population` covers."""
        if self.plan.streaming:
            return slice(0, self.plan.steps)
        window = self.plan.windows[population]
        return slice(window.start, window.stop)


def _by_sample(outputs) -> np.ndarray:
    """(steps, batch, *shape) as integers (batch, steps, neurons)."""
    integers = np.round(np.asarray(outputs)).astype(np.int64)
    by_sample = integers.swapaxes(0, 1)
    samples, steps, *_ = by_sample.shape
    return by_sample.reshape(samples, steps, -1)
