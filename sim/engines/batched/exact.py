"""Exact codes in batches: one integer forward pass, no loop over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...network.neurons import (
    Given,
    Integrate,
    IntegrateAndFire,
    LargestCount,
    Retracting,
    Silent,
)
from ...network.population import Population
from .base import Batch, Found


class Exact(Batch):
    """radix and sync_rate: integers forward, then the spikes that carry them."""

    def forward(self, pixels, record: bool = False) -> Found:
        """Counts and outputs of a batch; with `record` also the spike trains."""
        network, q = self.network, self.transmitted(pixels)
        tallied, outputs, trains = {}, {}, {}
        for p in network.populations:
            if not p.kind.fires:
                outputs[p.name] = self.readout(p, q, trains)
            elif not isinstance(network.rule(p), Silent):
                value = self.tf.convert_to_tensor(pixels[p.name]) if p.kind.is_input else q[p.name]
                trains[p.name] = self.train(p, value)
                tallied[p.name] = self.tallies[p.name].count(trains[p.name])
        return Found(tallied, outputs, trains if record else {}, {})

    def transmitted(self, pixels) -> dict[str, Any]:
        """Population -> (batch, *shape) values q: one integer forward pass."""
        q: dict[str, Any] = {}
        for p in self.network.populations:
            if p.kind.is_input:
                q[p.name] = self.sent_by_input(p, pixels[p.name])
            elif p.kind.fires:
                q[p.name] = VALUES[type(self.network.rule(p))](self, p, q)
        return q

    def sent_by_input(self, p: Population, pixels) -> Any:
        """The pixel, or the number of spikes that a neuron sends which integrates it."""
        if not self.network.input_code.integrates:
            return pixels
        train = self.train(p, self.tf.convert_to_tensor(pixels))
        return self.tf.reduce_sum(train, axis=0)

    def train(self, p: Population, q) -> Any:
        """(steps of the window, batch, *shape) spikes of values `q`.

        For an ``if`` input, q is the pixel.
        """
        tf, window = self.tf, self.plan.windows[p.name]
        steps = np.arange(window.length, dtype=self.dtype)
        at = steps.reshape(-1, *[1] * q.shape.rank)
        if p.kind.is_input and self.network.input_code.integrates:
            threshold, first = self.constant(p, "threshold"), self.constant(p, "initial_potential")
            after = self.quotient((at + 1) * q[None] + first, threshold)
            return after - self.quotient(at * q[None] + first, threshold)
        if window.gains:  # the bits of q
            gain = (2.0 ** (window.length - 1 - at)).astype(self.dtype)
            halves = tf.floor(q[None] / gain)
            return halves - 2 * tf.floor(halves / 2)
        return tf.cast(q[None] > at, q.dtype)

    def quotient(self, v, threshold) -> Any:
        """floor(v / θ) of integers, exactly.

        A compiler may multiply by 1/θ, which is one too low or high at times.
        """
        tf = self.tf
        q = tf.floor((v + 0.5) / threshold)
        rest = v - q * threshold
        too_low, too_high = rest >= threshold, rest < 0
        return q + tf.cast(too_low, v.dtype) - tf.cast(too_high, v.dtype)

    def readout(self, p: Population, q: dict, trains: dict) -> Any:
        """(steps, batch, neurons) potential after every step."""
        tf, total = self.tf, self.constant(p, "initial_potential")
        changes = []
        for c in self.network.incoming(p.name):
            if (
                self.plan.windows[c.pre].length == 0
            ):  # an analog input, multiplied before the first step
                total = total + self.operators[c.name](q[c.pre])
            else:
                changes.append(self.change(p, c, trains[c.pre]))
        if not changes:
            return tf.repeat(total[None], self.plan.steps, axis=0)
        return tf.cumsum(tf.add_n(changes), axis=0) + total

    def change(self, p: Population, c, train) -> Any:
        """(steps, batch, neurons) what connection `c` adds to read-out `p` at every step."""
        tf, window, operator = self.tf, self.plan.windows[c.pre], self.operators[c.name]
        steps = range(window.start, window.stop)
        gains = np.array([window.gain(t) for t in steps], self.dtype)
        flat = operator(tf.reshape(train, (-1, *operator.pre_shape)))
        arriving = tf.reshape(flat, (window.length, -1, p.size)) * gains[:, None, None]
        return tf.pad(arriving, [[window.start, self.plan.steps - window.stop], [0, 0], [0, 0]])


# The value that each firing rule transmits, from those of the populations before.


def _integrate_and_fire(batch: Exact, p: Population, q: dict) -> Any:
    """q = clip(floor((Σ W q + v₀) / θ), 0, L)."""
    v = batch.drive(p, q) + batch.constant(p, "initial_potential")
    fired = batch.quotient(v, batch.constant(p, "threshold"))
    return batch.tf.clip_by_value(fired, 0, p.levels)


def _largest_count(batch: Exact, p: Population, q: dict) -> Any:
    """The largest value of the window."""
    (c,) = batch.network.incoming(p.name)
    return batch.operators[c.name](q[c.pre])


VALUES = {IntegrateAndFire: _integrate_and_fire, LargestCount: _largest_count}
# Read-outs and inputs are no values of this kind; an exact code takes nothing back and draws no
# events.
ELSEWHERE = (Integrate, Silent, Given, Retracting)
