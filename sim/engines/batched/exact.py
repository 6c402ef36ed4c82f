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
        q = self.transmitted(pixels)
        tallied: dict[str, list] = {}
        outputs: dict[str, Any] = {}
        trains: dict[str, Any] = {}

        for p in self.network.populations:
            name, rule = p.name, self.network.rule(p)
            if isinstance(rule, Silent):
                continue
            if not rule.fires:
                outputs[name] = self.readout(p, q, trains)
                continue

            value = q[name]
            if p.kind.is_input:
                value = self.tf.convert_to_tensor(pixels[name])
            trains[name] = self.train(p, value)
            tallied[name] = self.tallies[name].count(trains[name])

        kept = trains if record else {}
        return Found(tallied, outputs, kept, lost={})

    def transmitted(self, pixels) -> dict[str, Any]:
        """Population -> (batch, *shape) values q: one integer forward pass."""
        q: dict[str, Any] = {}
        for p in self.network.populations:
            if p.kind.is_input:
                q[p.name] = self.sent_by_input(p, pixels[p.name])
            elif p.kind.fires:
                value_of = VALUES[type(self.network.rule(p))]
                q[p.name] = value_of(self, p, q)
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
        tf = self.tf
        window = self.plan.windows[p.name]
        steps = np.arange(window.length, dtype=self.dtype)
        at = steps.reshape(-1, *[1] * q.shape.rank)
        q = q[None]

        # A neuron that integrates its pixel has sent floor((t q + v₀) / θ) spikes after t steps.
        if p.kind.is_input and self.network.input_code.integrates:
            threshold = self.constant(p, "threshold")
            first = self.constant(p, "initial_potential")
            v_before = at * q + first
            v_after = (at + 1) * q + first
            before = self.quotient(v_before, threshold)
            after = self.quotient(v_after, threshold)
            return after - before

        # The bits of q, most significant first.
        if window.gains:
            gain = 2.0 ** (window.length - 1 - at)
            shifted = tf.floor(q / gain.astype(self.dtype))
            halved = tf.floor(shifted / 2)
            return shifted - 2 * halved

        # A spike in each of the first q steps.
        return tf.cast(q > at, q.dtype)

    def quotient(self, v, threshold) -> Any:
        """floor(v / θ) of integers, exactly.

        A compiler may multiply by 1/θ, which is one too low or high at times.
        """
        tf = self.tf
        q = tf.floor((v + 0.5) / threshold)
        rest = v - q * threshold
        too_low = tf.cast(rest >= threshold, v.dtype)
        too_high = tf.cast(rest < 0, v.dtype)
        return q + too_low - too_high

    def readout(self, p: Population, q: dict, trains: dict) -> Any:
        """(steps, batch, neurons) potential after every step."""
        tf = self.tf
        first = self.constant(p, "initial_potential")
        changes = []
        for c in self.network.incoming(p.name):
            # An analog input was multiplied before the first step.
            if self.plan.windows[c.pre].length == 0:
                first = first + self.operators[c.name](q[c.pre])
            else:
                change = self.change(p, c, trains[c.pre])
                changes.append(change)

        if not changes:
            return tf.repeat(first[None], self.plan.steps, axis=0)
        total = tf.add_n(changes)
        return first + tf.cumsum(total, axis=0)

    def change(self, p: Population, c, train) -> Any:
        """(steps, batch, neurons) what connection `c` adds to read-out `p` at every step."""
        tf = self.tf
        window = self.plan.windows[c.pre]
        operator = self.operators[c.name]

        # All steps at once: steps and samples are one long batch.
        flat = tf.reshape(train, (-1, *operator.pre_shape))
        sums = operator(flat)
        sums = tf.reshape(sums, (window.length, -1, p.size))

        steps = range(window.start, window.stop)
        gains = [window.gain(t) for t in steps]
        worth = np.array(gains, self.dtype)
        arriving = sums * worth[:, None, None]

        # Nothing arrives outside of the window.
        before = window.start
        after = self.plan.steps - window.stop
        return tf.pad(arriving, [[before, after], [0, 0], [0, 0]])


# The value that each firing rule transmits, from those of the populations before.


def _integrate_and_fire(batch: Exact, p: Population, q: dict) -> Any:
    """q = clip(floor((Σ W q + v₀) / θ), 0, L)."""
    v = batch.drive(p, q)
    v = v + batch.constant(p, "initial_potential")
    threshold = batch.constant(p, "threshold")
    fired = batch.quotient(v, threshold)
    return batch.tf.clip_by_value(fired, 0, p.levels)


def _largest_count(batch: Exact, p: Population, q: dict) -> Any:
    """The largest value of the window."""
    (c,) = batch.network.incoming(p.name)
    return batch.operators[c.name](q[c.pre])


VALUES = {IntegrateAndFire: _integrate_and_fire, LargestCount: _largest_count}
# Read-outs and inputs are no values of this kind; an exact code takes nothing back and draws no
# events.
ELSEWHERE = (Integrate, Silent, Given, Retracting)
