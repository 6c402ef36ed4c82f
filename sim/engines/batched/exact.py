"""Exact codes in batches: one integer forward pass, no loop over time."""

from __future__ import annotations

import numpy as np

from ...network.population import Population
from .base import Batch


class Exact(Batch):
    """radix and sync_rate: integers forward, no loop over time."""

    def train(self, p: Population, q):
        """(steps of the window, batch, *shape) spikes of values `q`; for an ``if`` input, q is the pixel."""
        tf, window = self.tf, self.plan.windows[p.name]
        length = window.stop - window.start
        at = np.arange(length, dtype=self.dtype).reshape(-1, *[1] * q.shape.rank)
        if p.kind == "input" and self.network.input_code == "if":
            threshold, first = self.constant(p, "threshold"), self.constant(p, "initial_potential")
            return self.quotient((at + 1) * q[None] + first, threshold) - self.quotient(
                at * q[None] + first, threshold
            )
        if window.gains:
            gain = 2.0 ** (length - 1 - at)
            halves = tf.floor(q[None] / gain.astype(self.dtype))
            return halves - 2 * tf.floor(halves / 2)
        return tf.cast(q[None] > at, q.dtype)

    def quotient(self, v, threshold):
        """floor(v / θ) of integers, exactly: a compiler may multiply by 1/θ, which is one too low or high at times."""
        tf = self.tf
        q = tf.floor((v + 0.5) / threshold)
        rest = v - q * threshold
        return q + tf.cast(rest >= threshold, v.dtype) - tf.cast(rest < 0, v.dtype)

    def transmitted(self, pixels) -> dict:
        """Population -> (batch, *shape) values q: one integer forward pass."""
        tf, q = self.tf, {}
        for p in self.network.populations:
            if p.kind == "input":
                q[p.name] = pixels[p.name]
                if self.network.input_code == "if":
                    q[p.name] = tf.reduce_sum(
                        self.train(p, tf.convert_to_tensor(pixels[p.name])), axis=0
                    )
            elif p.kind == "max_pool":
                (c,) = self.network.incoming(p.name)
                q[p.name] = self.operators[c.name](q[c.pre])
            elif p.kind != "readout":
                v = self.drive(p, q) + self.constant(p, "initial_potential")
                q[p.name] = tf.clip_by_value(
                    self.quotient(v, self.constant(p, "threshold")), 0, p.levels
                )
        return q

    def forward(self, pixels, record: bool = False):
        """Counts and outputs of a batch; with `record` also the spike trains."""
        network, q = self.network, self.transmitted(pixels)
        tallied, outputs, trains = {}, {}, {}
        for p in network.populations:
            if p.kind == "readout":
                outputs[p.name] = self.readout(p, q, trains)
            elif p.kind != "input" or network.input_code != "analog":
                trains[p.name] = self.train(
                    p, self.tf.convert_to_tensor(pixels[p.name]) if p.kind == "input" else q[p.name]
                )
                tallied[p.name] = self.tally(p, trains[p.name])
        return tallied, outputs, trains if record else {}, {}

    def readout(self, p: Population, q: dict, trains: dict):
        """(steps, batch, neurons) potential after every step."""
        tf, total = self.tf, self.constant(p, "initial_potential")
        changes = []
        for c in self.network.incoming(p.name):
            window = self.plan.windows[c.pre]
            if window.stop == window.start:
                total = total + self.operators[c.name](q[c.pre])
                continue
            length = window.stop - window.start
            gains = np.array([window.gain(t) for t in range(window.start, window.stop)], self.dtype)
            train = trains[c.pre]
            flat = tf.reshape(train, (-1, *self.operators[c.name].pre_shape))
            change = (
                tf.reshape(self.operators[c.name](flat), (length, -1, p.size))
                * gains[:, None, None]
            )
            changes.append(
                tf.pad(change, [[window.start, self.plan.steps - window.stop], [0, 0], [0, 0]])
            )
        if not changes:
            return tf.repeat(total[None], self.plan.steps, axis=0)
        return tf.cumsum(tf.add_n(changes), axis=0) + total

    def rasters(self, pixels: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        _, _, trains, _ = self.forward(pixels, record=True)
        return {
            name: np.asarray(train).astype(np.int8).swapaxes(0, 1) for name, train in trains.items()
        }
