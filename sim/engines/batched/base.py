"""What batches of both kinds of codes share: operators, tallies, and filling the counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, events, has_potential, split_inputs
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
        self.operators = {c.name: Operator(network, c, dtype) for c in network.connections}
        self.tallies = {p.name: Tally(network, p) for p in network.populations if p.kind.fires}
        self.saturating = {
            p.name for p in network.populations if plan.largest and has_potential(network, p)
        }
        self.encoded = network.input_code.encoded
        self.tf = import_tensorflow()
        self.compiled = self.forward
        if compiled:
            self.compiled = self.tf.function(self.forward, jit_compile=True, autograph=False)

    def forward(self, pixels, record: bool = False) -> Found:
        """Counts and outputs of a batch; with `record` also every spike."""
        raise NotImplementedError

    def drive(self, p: Population, values: dict) -> Any:
        """Weighted sums of all that feeds `p`."""
        arriving = [self.operators[c.name](values[c.pre]) for c in self.network.incoming(p.name)]
        return self.tf.add_n(arriving)

    def constant(self, p: Population, field: str) -> np.ndarray:
        """A field of a population, shaped to broadcast over a batch."""
        return np.broadcast_to(getattr(p, field), p.shape).astype(self.dtype)

    def pixels(self, inputs: np.ndarray, first: int = 0, seed: int = 0) -> dict[str, np.ndarray]:
        """What each input population is given.

        Returns
        -------
        name -> (batch, *shape) pixels of its part of `inputs`, or (steps, batch, *shape) events.
        """
        parts = split_inputs(self.network, inputs)
        shapes = {p.name: p.shape for p in self.network.inputs}
        if encoded := events(self.network, parts, self.plan.steps, seed, first):
            return {
                name: part.swapaxes(0, 1).reshape(part.shape[1], -1, *shapes[name])
                for name, part in encoded.items()
            }
        return {
            name: part.reshape(-1, *shapes[name]).astype(self.dtype) for name, part in parts.items()
        }

    def run(
        self, inputs: np.ndarray, counts: Counts, start: int, size: int, rasters: int, seed: int
    ) -> None:
        """Run one batch and write its counts.

        Parameters
        ----------
        inputs : (batch, neurons) integers; `size` of them are samples `start` onwards, the rest is
            padding.
        rasters : how many of them are recorded spike by spike.
        """
        found = self.compiled(self.pixels(inputs, start, seed))
        part = slice(start, start + size)
        for name, tallied in found.tallied.items():
            self.tallies[name].fill(tallied, counts, part, self._steps(name))
        for p in self.network.readouts:
            counts.output(p.name)[part] = _by_sample(found.outputs[p.name])[:size]
        for name, losses in found.lost.items():
            counts.saturations[name][part] = np.asarray(losses)[:size]

        for first in range(0, rasters, RASTER_BATCH):
            recorded = inputs[first : min(first + RASTER_BATCH, rasters)]
            self._record(recorded, counts, start + first, seed)

    def _record(self, inputs: np.ndarray, counts: Counts, start: int, seed: int) -> None:
        """Write every spike of a few samples, `start` onwards."""
        found = self.forward(self.pixels(inputs, start, seed), record=True)
        part = slice(start, start + len(inputs))
        for name, train in found.trains.items():
            spikes = np.asarray(train).astype(np.int8).swapaxes(0, 1)
            raster = spikes.reshape(*spikes.shape[:2], -1)
            counts.rasters[name][part, self._steps(name)] = raster

    def _steps(self, population: str) -> slice:
        """Steps that a tally or a train of `population` covers."""
        window = self.plan.windows[population]
        return (
            slice(0, self.plan.steps) if self.plan.streaming else slice(window.start, window.stop)
        )


def _by_sample(outputs) -> np.ndarray:
    """(steps, batch, *shape) as integers (batch, steps, neurons)."""
    outputs = np.round(np.asarray(outputs)).astype(np.int64).swapaxes(0, 1)
    return outputs.reshape(*outputs.shape[:2], -1)
