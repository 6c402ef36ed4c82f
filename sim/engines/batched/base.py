"""What batches of both kinds of codes share: operators, fan-outs, and filling the counts."""

from __future__ import annotations

import numpy as np

from ...network.encoders import ENCODERS
from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, events, has_potential, split_inputs
from ..schedule import Schedule
from .operators import Operator, import_tensorflow

EXACT_FLOAT32 = 2**24
RASTER_BATCH = 16  # samples whose every spike is kept at once


class Batch:
    """What both kinds of codes share: operators, fan-outs, and filling the counts."""

    def __init__(self, network: SpikingNetwork, plan: Schedule, dtype, compiled: bool = False):
        self.network, self.plan, self.dtype = network, plan, dtype
        self.operators = {c.name: Operator(network, c, dtype) for c in network.connections}
        self.ledgers: dict[str, list[tuple[str, str, int | np.ndarray]]] = {}
        for p in network.populations:
            found = []
            for c in network.outgoing(p.name):
                for column in ("synapses", "nonzero"):
                    fan = network.fan_out(c, column == "nonzero")
                    found.append(
                        (
                            c.name,
                            column,
                            int(fan[0]) if fan.min() == fan.max() else fan.astype(np.float64),
                        )
                    )
            self.ledgers[p.name] = found
        self.saturating = {
            p.name for p in network.populations if plan.largest and has_potential(network, p)
        }
        self.encoded = network.input_code in ENCODERS
        self.tf = import_tensorflow()
        self.compiled = (
            self.tf.function(self.forward, jit_compile=True, autograph=False)
            if compiled
            else self.forward
        )

    def forward(self, pixels, record: bool = False):
        """Counts and outputs of a batch; with `record` also every spike."""
        raise NotImplementedError

    def drive(self, p: Population, values: dict):
        """Weighted sums of all that feed `p`."""
        return self.tf.add_n(
            [self.operators[c.name](values[c.pre]) for c in self.network.incoming(p.name)]
        )

    def constant(self, p: Population, field: str):
        """A field of a population, shaped to broadcast over a batch."""
        return np.broadcast_to(getattr(p, field), p.shape).astype(self.dtype)

    def tally(self, p: Population, spikes) -> list:
        """Per sample and step: spikes (…, steps) and, for each ledger entry that is no multiple of them, operations.

        `spikes` is (steps, batch, *shape) of 0 and 1. Sums that may reach 2^24 are taken by rows, which are added in float64.
        """
        tf, steps = self.tf, spikes.shape[0]
        fans = [
            np.ones(p.size),
            *(fan for *_, fan in self.ledgers[p.name] if not isinstance(fan, int)),
        ]
        if max(fan.sum() for fan in fans) < EXACT_FLOAT32:  # one product reads the spikes once
            sums = tf.matmul(
                tf.reshape(spikes, (-1, p.size)), np.stack(fans, axis=1).astype(self.dtype)
            )
            sums = tf.cast(tf.reshape(sums, (steps, -1, len(fans))), tf.float64)
            return [sums[:, :, i] for i in range(len(fans))]
        rows = tf.reshape(spikes, (steps, -1, p.shape[0], p.size // p.shape[0]))
        found = []
        for fan in fans:
            by_row = fan.reshape(p.shape[0], -1)
            kind = spikes.dtype if by_row.sum(axis=1).max() < EXACT_FLOAT32 else tf.float64
            weighted = tf.reduce_sum(tf.cast(rows, kind) * tf.cast(by_row, kind), axis=3)
            found.append(tf.reduce_sum(tf.cast(weighted, tf.float64), axis=2))
        return found

    def fill(self, p: Population, tallied: list, counts: Counts, part: slice, steps: slice) -> None:
        """Write what `tally` found into the counts of samples `part` at `steps`."""
        size = part.stop - part.start
        tallied = [np.asarray(t).T[:size].astype(np.int64) for t in tallied]
        counts.spikes[p.name][part, steps] = tallied[0]
        rest = iter(tallied[1:])
        for name, column, fan in self.ledgers[p.name]:
            counts.synaptic_operations[column][name][part, steps] = (
                tallied[0] * fan if isinstance(fan, int) else next(rest)
            )

    def pixels(self, inputs: np.ndarray, first: int = 0, seed: int = 0) -> dict[str, np.ndarray]:
        """Input population -> (batch, *shape) of its part of `inputs`, or (steps, batch, *shape) of its events."""
        parts = split_inputs(self.network, inputs)
        if encoded := events(self.network, parts, self.plan.steps, seed, first):
            shapes = {name: self.network.population(name).shape for name in parts}
            return {
                name: part.swapaxes(0, 1).reshape(part.shape[1], -1, *shapes[name])
                for name, part in encoded.items()
            }
        return {
            name: part.reshape(-1, *self.network.population(name).shape).astype(self.dtype)
            for name, part in parts.items()
        }

    def by_sample(self, outputs) -> np.ndarray:
        """(steps, batch, *shape) as integers (batch, steps, neurons)."""
        outputs = np.round(np.asarray(outputs)).astype(np.int64).swapaxes(0, 1)
        return outputs.reshape(*outputs.shape[:2], -1)

    def run(
        self, inputs: np.ndarray, counts: Counts, start: int, size: int, rasters: int, seed: int
    ) -> None:
        """One batch: `size` of the inputs are samples `start` onwards, the rest is padding."""
        tallied, outputs, _, lost = self.compiled(self.pixels(inputs, start, seed))
        part = slice(start, start + size)
        for p in self.network.populations:
            if p.kind == "readout":
                counts.output(p.name)[part] = self.by_sample(outputs[p.name])[:size]
            elif p.name in tallied:
                window = self.plan.windows[p.name]
                steps = (
                    slice(0, self.plan.steps)
                    if self.plan.streaming
                    else slice(window.start, window.stop)
                )
                self.fill(p, tallied[p.name], counts, part, steps)
        for name, losses in lost.items():
            counts.saturations[name][part] = np.asarray(losses)[:size]
        for first in range(0, rasters, RASTER_BATCH):
            part = inputs[first : min(first + RASTER_BATCH, rasters)]
            for name, raster in self.rasters(self.pixels(part, start + first, seed)).items():
                window = self.plan.windows[name]
                steps = (
                    slice(0, self.plan.steps)
                    if self.plan.streaming
                    else slice(window.start, window.stop)
                )
                counts.rasters[name][start + first : start + first + len(part), steps] = (
                    raster.reshape(len(part), raster.shape[1], -1)
                )

    def rasters(self, pixels: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Population -> (samples, steps of its window, *shape) spikes of a few samples."""
        raise NotImplementedError
