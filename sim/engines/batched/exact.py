"""Exact codes in batches: one forward pass in whole numbers, no loop over time."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...network.connection import Connection
from ...network.neurons import (
    Given,
    Integrate,
    IntegrateAndFire,
    LargestCount,
    Retracting,
    Silent,
)
from ...network.population import Population, passed
from ...network.spiking_network import SpikingNetwork
from ..schedule import Schedule
from .base import Batch, Found
from .blocks import block
from .operators import Operator
from .parts import Values
from .sums import Sums
from .tally import SPIKES

LARGEST_BYTE = 255
EXACT_QUOTIENT = 2**20  # levels below which a quotient in float32 is wrong by less than 1


class Exact(Batch):
    """radix and sync_rate: values forward, then the spikes that carry them."""

    def __init__(
        self, network: SpikingNetwork, plan: Schedule, compiled: bool = False, lossy: bool = False
    ):
        super().__init__(network, plan, compiled, lossy)
        self.blocks = {p.name: block(self._block(p)) for p in network.populations}

        # Read-outs hear spike by spike.
        self.by_spike: dict[str, Sums] = {}
        for p in network.readouts:
            for c in network.incoming(p.name):
                operator = Operator(network, c, np.int64)
                self.by_spike[c.name] = Sums(operator, SPIKES, compiled)

    def sent(self, c: Connection) -> Values:
        """Values of what the pre population transmits."""
        pre = self.network.population(c.pre)
        if pre.kind.is_input and self.network.input_code.analog:
            return Values(self.network.input_levels, self.network.input_code.takes_negative)
        return Values(max(pre.levels, 1))

    def forward(self, pixels, arrive, record: bool = False) -> Found:
        """Counts and outputs of a batch; with `record` also the spike trains."""
        q: dict[str, Any] = {}
        changes: dict[str, Any] = {}  # connection -> what its spikes change in a read-out
        tallied: dict[str, Any] = {}
        outputs: dict[str, Any] = {}
        trains: dict[str, Any] = {}
        heard: dict[str, Any] = {}  # population -> its spikes, where a max pool counts them

        for p in self.network.populations:
            name, rule = p.name, self.network.rule(p)
            if isinstance(rule, Silent):
                q[name] = pixels[name]
                continue
            if not rule.fires:
                outputs[name] = self.readout(p, q, changes)
                continue

            q[name], train = self.blocks[name](self.given(p, q, pixels))
            if name in arrive:
                if p.kind.compares and not self.plan.windows[name].gains:
                    train = self.rises(p, heard)
                q[name], train = self.arrived(p, train, arrive[name])
                if any(c.kind.compares for c in self.network.outgoing(name)):
                    heard[name] = train
            for c in self.network.outgoing(name):
                if c.name in self.by_spike:
                    changes[c.name] = self.change(c, train)

            # The next population waits: the trains of one lie in memory at a time.
            tallied[name] = self.tallies[name].count(train)
            with self.tf.control_dependencies([tallied[name]]):
                q[name] = self.tf.identity(q[name])
            if record:
                trains[name] = train

        return Found(tallied, outputs, trains, lost={})

    def transmitted(self, pixels) -> dict[str, Any]:
        """Population -> (batch, neurons) values q: one forward pass."""
        q: dict[str, Any] = {}
        for p in self.network.populations:
            rule = self.network.rule(p)
            if isinstance(rule, Silent):
                q[p.name] = pixels[p.name]
            elif rule.fires:
                q[p.name] = self.value(p, self.given(p, q, pixels))
        return q

    def given(self, p: Population, q: dict, pixels: dict) -> list:
        """What the block of `p` is given: pixels, or the products of what feeds it."""
        if p.kind.is_input:
            return [self.tf.convert_to_tensor(pixels[p.name])]
        return [self.sums[c.name].products(q[c.pre]) for c in self.network.incoming(p.name)]

    def _block(self, p: Population):
        """From what `p` is given to its values and its spikes."""

        def values_and_spikes(given: list) -> tuple:
            q = self.value(p, given)
            by_pixel = p.kind.is_input and self.network.input_code.integrates
            return q, self.train(p, given[0] if by_pixel else q)

        return values_and_spikes

    def value(self, p: Population, given: list) -> Any:
        """(batch, neurons) the values that `p` transmits, bytes where they fit."""
        if p.kind.is_input:
            q = self.sent_by_input(p, given[0])
        else:
            value_of = VALUES[type(self.network.rule(p))]
            arriving = []
            for c, products in zip(self.network.incoming(p.name), given, strict=True):
                sums = self.sums[c.name].total(products)
                arriving.append(self.row(p, sums))
            q = value_of(self, p, arriving)
        q = self.gated(p, q)
        return self.tf.cast(q, self.value_type(p))

    def gated(self, p: Population, q) -> Any:
        """What the gates of `p` let pass of values `q`: the planes that are sent, of values that
        are large enough to wake their neuron.
        """
        least, step = passed(p)
        if step > 1:
            q = q - self.tf.math.floormod(q, self.tf.cast(step, q.dtype))
        if least > 1:
            q = self.tf.where(q >= self.tf.cast(least, q.dtype), q, self.tf.zeros_like(q))
        return q

    def sent_by_input(self, p: Population, pixels) -> Any:
        """The pixel, or the number of spikes that a neuron sends which integrates it."""
        if not self.network.input_code.integrates:
            return pixels
        after = self.spikes_until(p, pixels, self.plan.windows[p.name].length)
        return after - self.spikes_until(p, pixels, 0)

    def spikes_until(self, p: Population, pixels, step) -> Any:
        """floor((t q + v₀) / θ) of pixels q: the spikes of an ``if`` input after t steps."""
        dtype = self.types[p.name]
        pixels = self.tf.cast(pixels, dtype)
        first = self.constant(p, "initial_potential")
        v = pixels * self.tf.cast(step, dtype) + first
        return self.tf.math.floordiv(v, self.constant(p, "threshold"))

    def train(self, p: Population, q) -> Any:
        """(steps of the window, batch, neurons) spikes of values `q`, bytes of 0 and 1.

        For an ``if`` input, q is the pixel.
        """
        tf = self.tf
        window = self.plan.windows[p.name]
        steps = np.arange(window.length)[:, None, None]

        # A neuron that integrates its pixel.
        if p.kind.is_input and self.network.input_code.integrates:
            before = self.spikes_until(p, q[None], steps)
            after = self.spikes_until(p, q[None], steps + 1)
            return tf.cast(after - before, tf.uint8)

        # The bits of q, most significant first.
        dtype = q.dtype
        if window.gains:
            places = (p.levels.bit_length() - 1 - steps).astype(dtype.as_numpy_dtype)
            shifted = tf.bitwise.right_shift(q[None], places)
            bits = tf.bitwise.bitwise_and(shifted, tf.constant(1, dtype))
            return tf.cast(bits, tf.uint8)

        # A spike in each of the first q steps.
        return tf.cast(q[None] > steps.astype(dtype.as_numpy_dtype), tf.uint8)

    def arrived(self, p: Population, train, arrive) -> tuple:
        """The values and spikes of `p` that are not lost."""
        tf = self.tf
        window = self.plan.windows[p.name]
        worth = [window.gain(t) for t in range(window.start, window.stop)]

        train = train * arrive
        by_step = tf.cast(train, np.int32) * np.array(worth, np.int32)[:, None, None]
        q = tf.reduce_sum(by_step, axis=0)
        return tf.cast(q, self.value_type(p)), train

    def rises(self, p: Population, heard: dict) -> Any:
        """Spikes of a max pool that counts one by one: at each step the rise of the largest count.

        Without losses these are the first q steps.
        """
        tf = self.tf
        (c,) = self.network.incoming(p.name)
        pre = self.network.population(c.pre)
        counts = tf.cumsum(tf.cast(heard[c.pre], np.int32), axis=0)
        flat = tf.reshape(tf.cast(counts, self.value_type(pre)), (-1, pre.size))
        largest = self.row(p, self.sums[c.name](flat))

        length = self.plan.windows[p.name].length
        largest = tf.reshape(largest, (length, -1, p.size))
        before = tf.pad(largest[:-1], [[1, 0], [0, 0], [0, 0]])
        return tf.cast(largest - before, np.uint8)

    def value_type(self, p: Population) -> type:
        """Of values: bytes where they fit."""
        return np.uint8 if p.levels <= LARGEST_BYTE else np.int32

    def quotient(self, v, threshold: np.ndarray, levels: int) -> Any:
        """min(max(floor(v / θ), 0), L) of whole numbers, exactly.

        v is held in 0 … L θ first, so that v / θ <= L. A float quotient, of which each step is
        wrong by a few units of 2^-24, is then wrong by less than 1 for L < 2^20 (in float64 for any
        L): its floor is at most one too low or high, and the rest says which.
        """
        tf = self.tf
        dtype = tf.float32 if levels < EXACT_QUOTIENT else tf.float64
        held = tf.clip_by_value(v, 0, threshold * threshold.dtype.type(levels))
        ratio = tf.cast(held, dtype) / tf.cast(threshold, dtype)
        q = tf.cast(ratio, v.dtype)

        rest = held - q * threshold
        too_low = tf.cast(rest >= threshold, v.dtype)
        too_high = tf.cast(rest < 0, v.dtype)
        return q + too_low - too_high

    def readout(self, p: Population, q: dict, changes: dict) -> Any:
        """(steps, batch, neurons) potential after every step."""
        tf = self.tf
        dtype = self.types[p.name]
        start: Any = self.constant(p, "initial_potential")
        arriving = []
        for c in self.network.incoming(p.name):
            # An analog input was multiplied before the first step.
            if self.plan.windows[c.pre].length == 0:
                start = start + self.row(p, self.sums[c.name](q[c.pre]))
            else:
                arriving.append(self.padded(c, changes[c.name], dtype))

        if not arriving:
            return tf.repeat(start[None], self.plan.steps, axis=0)
        total = tf.add_n(arriving)
        return start + tf.cumsum(total, axis=0)

    def change(self, c: Connection, train) -> Any:
        """(steps of the window, batch, neurons) what connection `c` adds, spikes counting 1."""
        tf = self.tf
        sums = self.by_spike[c.name]

        # All steps at once: steps and samples are one long batch.
        flat = tf.reshape(train, (-1, prod(sums.operator.pre_shape)))
        found = sums(flat)
        steps, batch = tf.shape(train)[0], tf.shape(train)[1]
        return tf.reshape(found, (steps, batch, prod(sums.operator.post_shape)))

    def padded(self, c: Connection, change, dtype: type) -> Any:
        """(steps, batch, neurons) what `c` adds at every step of the run."""
        tf = self.tf
        window = self.plan.windows[c.pre]
        steps = range(window.start, window.stop)
        worth = np.array([window.gain(t) for t in steps], dtype)
        arriving = tf.cast(change, dtype) * worth[:, None, None]

        # Nothing arrives outside of the window.
        around = [window.start, self.plan.steps - window.stop]
        return tf.pad(arriving, [around, [0, 0], [0, 0]])


# The value that each firing rule transmits, from what arrives.


def _integrate_and_fire(batch: Exact, p: Population, arriving: list) -> Any:
    """q = clip(floor((Σ W q + v₀) / θ), 0, L)."""
    v = batch.constant(p, "initial_potential")
    for sums in arriving:
        v = v + sums
    threshold = batch.constant(p, "threshold")
    return batch.quotient(v, threshold, p.levels)


def _largest_count(batch: Exact, p: Population, arriving: list) -> Any:
    """The largest value of the window."""
    (largest,) = arriving
    return largest


VALUES = {IntegrateAndFire: _integrate_and_fire, LargestCount: _largest_count}
# Read-outs and inputs are no values of this kind; an exact code takes nothing back and draws no
# events.
ELSEWHERE = (Integrate, Silent, Given, Retracting)
