"""Streaming codes in batches: one step of all populations, as a loop over time repeats it."""

from __future__ import annotations

from typing import Any, NamedTuple

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
from ..schedule import Window
from .base import Batch, State
from .blocks import block

LARGEST_BYTE = 255


class Heard(NamedTuple):
    """What a population knows in a step.

    Parameters
    ----------
    v : potential before the step, or None.
    bias : added to it.
    count : what it has sent so far, or None where no rule asks.
    products : of each connection into it; see `Sums.products`.
    events : (batch, neurons) of an encoded input, or None.
    arrive : (batch, neurons) 0 where a spike is lost, else 1; None where none is.
    arrived : what it has sent that was not lost, or None where nobody asks.
    gain : what a spike is worth.
    active : 1 while it may fire, else 0.
    """

    v: Any
    bias: Any
    count: Any
    products: list
    events: Any
    gain: Any
    active: Any
    arrive: Any = None
    arrived: Any = None


class Done(NamedTuple):
    """What a population does in a step.

    Parameters
    ----------
    v : potential after it, or None.
    spikes : −1, 0 or 1, or None where it has none; in bytes once the step is over.
    lost : (batch,) neurons whose potential was held, or None.
    sent : spikes times what they are worth, or None where that is 1.
    count : sum of what was fired, or None where no rule asks.
    arrived : sum of what was not lost, or None where nobody asks.
    """

    v: Any = None
    spikes: Any = None
    lost: Any = None
    sent: Any = None
    count: Any = None
    arrived: Any = None


class Loop:
    """The body of the loop over time."""

    def __init__(self, batch: Batch):
        self.batch, self.tf = batch, batch.tf
        self.network = batch.network
        self.blocks = {p.name: block(self._block(p)) for p in self.network.populations}

        self.always: set[str] = set()  # populations whose gain is 1 and that are never shut
        steps = range(batch.plan.steps)
        for name, window in batch.plan.windows.items():
            if window == Window(0, batch.plan.steps):
                self.always.add(name)

        # Of each population, at each step: what a spike is worth, and 1 while it may fire, else 0.
        self.gains: dict[str, list[int]] = {}
        self.active: dict[str, list[bool]] = {}
        for name, window in batch.plan.windows.items():
            self.gains[name] = [window.gain(t) for t in steps]
            self.active[name] = [window.active(t) for t in steps]

    def step(self, t, state: State, pixels: dict, bias: dict, arrive: dict) -> State:
        """One step of all populations, in order.

        Parameters
        ----------
        pixels : input population -> what it is given.
        bias : population -> what it adds at each step.
        arrive : population -> (steps, batch, neurons) which spikes arrive; empty where all do.
        """
        batch = self.batch
        sent: dict[str, Any] = {}
        for p in self.network.populations:
            name = p.name
            if isinstance(self.network.rule(p), Silent):
                continue
            heard = self.heard(p, t, state, sent, pixels, bias)
            if name in arrive:
                heard = heard._replace(arrive=arrive[name][t], arrived=state.arrived.get(name))
            found = self.blocks[name](heard)

            if found.v is not None:
                state.potential[name] = found.v
            if found.lost is not None:
                state.lost[name] += found.lost
            if found.count is not None:
                state.counts[name] = found.count
            if found.arrived is not None:
                state.arrived[name] = found.arrived
            if name in state.outputs:
                state.outputs[name] = state.outputs[name].write(t, found.v)

            spikes = found.spikes
            if spikes is None:
                continue
            sent[name] = spikes if found.sent is None else found.sent
            fired = self.tf.cast(self.tf.abs(spikes), "uint8") if batch.retracts(p) else spikes
            tally = batch.tallies[name].of_step(fired)
            state.tallied[name] = state.tallied[name].write(t, tally)
            if name in state.kept:
                train = self.tf.cast(spikes, "int8")
                state.kept[name] = state.kept[name].write(t, train)
        return state

    def heard(self, p: Population, t, state: State, sent: dict, pixels: dict, bias: dict) -> Heard:
        """What `p` knows at step `t`."""
        name, batch = p.name, self.batch
        products = []
        for c in self.network.incoming(name):
            given = self.compared(c.pre, state) if c.kind.compares else sent.get(c.pre)
            if given is not None:
                products.append(batch.sums[c.name].products(given))

        gain = active = None
        if name in self.gains and name not in self.always:
            gain = self.at(t, self.gains[name], batch.types[name])
            active = self.at(t, self.active[name], batch.types[name])
        encoded = isinstance(self.network.rule(p), Given)
        return Heard(
            v=state.potential.get(name),
            bias=bias[name],
            count=state.counts.get(name),
            products=products,
            events=pixels[name][t] if encoded else None,
            gain=gain,
            active=active,
        )

    def compared(self, name: str, state: State) -> Any:
        """What a max pool has heard of population `name`."""
        return state.arrived[name] if self.batch.lossy else state.counts[name]

    def at(self, t, numbers: list, dtype: type) -> Any:
        """Entry `t` of `numbers`; a step is a plain number where the loop is not compiled."""
        if isinstance(t, int):
            return self.tf.constant(numbers[t], dtype)
        return self.tf.constant(numbers, dtype)[t]

    def _block(self, p: Population):
        """From what `p` hears to what it does: as few results as there can be, each is a pass."""
        tf, batch = self.tf, self.batch
        rule = type(self.network.rule(p))

        def step(heard: Heard) -> Done:
            v, spikes, lost, *_ = STEPS[rule](self, p, heard)
            if spikes is None:
                return Done(v, lost=lost)

            fired = spikes
            if heard.arrive is not None:
                spikes = fired * tf.cast(heard.arrive, fired.dtype)

            one = tf.cast(spikes, np.int8 if batch.retracts(p) else np.uint8)
            if heard.gain is None and heard.count is None:
                return Done(v, one, lost)

            worth = at_worth(heard, tf.cast(spikes, batch.types[p.name]))
            sent = None if heard.gain is None else tf.cast(worth, self.sent_type(p))
            arrived = None if heard.arrived is None else heard.arrived + worth
            if heard.arrive is not None:
                worth = at_worth(heard, tf.cast(fired, batch.types[p.name]))
            count = None if heard.count is None else heard.count + worth
            return Done(v, one, lost, sent, count, arrived)

        return step

    def sent_type(self, p: Population) -> type:
        """Of what `p` sends at a step: a byte where it fits."""
        values = [self.batch.sent(c) for c in self.network.outgoing(p.name) if not c.kind.compares]
        largest = max((v.largest for v in values), default=1)
        return np.int32 if self.batch.retracts(p) or largest > LARGEST_BYTE else np.uint8

    def integrate(self, p: Population, heard: Heard) -> tuple:
        """v + Σ W sent + bias, held within its width; and how often it was held, or None."""
        drive = heard.bias
        if p.kind.is_input:
            drive = while_open(heard, drive)
        v = heard.v + drive

        incoming = self.network.incoming(p.name)
        heard_of = [c for c in incoming if not self.is_silent(c.pre)]
        for c, products in zip(heard_of, heard.products, strict=True):
            arriving = self.batch.sums[c.name].total(products)
            v = v + self.batch.row(p, arriving)
        return self.held(p.name, v)

    def is_silent(self, name: str) -> bool:
        """Whether a host multiplied population `name` before the first step."""
        return isinstance(self.network.rule(self.network.population(name)), Silent)

    def held(self, name: str, v) -> tuple:
        """`v` within the width of a potential, and what it lost, or None."""
        batch, tf = self.batch, self.tf
        if name not in batch.saturating:
            return v, None

        largest = batch.plan.largest
        held = tf.clip_by_value(v, -largest - 1, largest)
        lost = tf.cast(held != v, tf.int64)
        return held, tf.reduce_sum(lost, axis=1)

    def threshold(self, p: Population, heard: Heard) -> Any:
        """θ · gain of this step."""
        return at_worth(heard, self.batch.constant(p, "threshold"))


def at_worth(heard: Heard, values) -> Any:
    """`values` times the gain of this step."""
    return values if heard.gain is None else values * heard.gain


def while_open(heard: Heard, values) -> Any:
    """`values`, or 0 outside of the window."""
    return values if heard.active is None else values * heard.active


# One step of each firing rule, as in the reference engine.


def _integrate_and_fire(loop: Loop, p: Population, heard: Heard) -> Done:
    """Add what arrives; fire while the window is open."""
    tf = loop.tf
    v, lost = loop.integrate(p, heard)
    h = loop.threshold(p, heard)
    spikes = while_open(heard, tf.cast(v >= h, v.dtype))

    if p.reset == "zero":
        left = tf.where(spikes != 0, tf.zeros_like(v), v)
    else:
        left = v - h * spikes
    return Done(left, spikes, lost)


def _retracting(loop: Loop, p: Population, heard: Heard) -> Done:
    """Add what arrives; fire, or take a spike back."""
    tf = loop.tf
    v, lost = loop.integrate(p, heard)
    h = loop.threshold(p, heard)
    sent = heard.count

    up = tf.logical_and(v >= h, sent < p.levels)
    down = tf.logical_and(v < 0, sent > 0)
    spikes = tf.cast(up, v.dtype) - tf.cast(down, v.dtype)
    spikes = while_open(heard, spikes)
    return Done(v - h * spikes, spikes, lost)


def _largest_count(loop: Loop, p: Population, heard: Heard) -> Done:
    """Repeat the largest count of the window."""
    tf, batch = loop.tf, loop.batch
    found = []
    for c, products in zip(loop.network.incoming(p.name), heard.products, strict=True):
        largest = batch.sums[c.name].total(products)
        found.append(batch.row(p, largest))

    largest = tf.reduce_max(tf.stack(found), axis=0)
    return Done(spikes=tf.cast(largest > heard.count, batch.types[p.name]))


def _integrate(loop: Loop, p: Population, heard: Heard) -> Done:
    """Add what arrives; the potential is the answer."""
    v, lost = loop.integrate(p, heard)
    return Done(v, lost=lost)


def _given(loop: Loop, p: Population, heard: Heard) -> Done:
    """The events that an encoder made."""
    return Done(spikes=heard.events)


def _silent(loop: Loop, p: Population, heard: Heard) -> Done:
    """Nothing: a host multiplied it before the first step."""
    return Done()


STEPS = {
    IntegrateAndFire: _integrate_and_fire,
    Retracting: _retracting,
    LargestCount: _largest_count,
    Integrate: _integrate,
    Given: _given,
    Silent: _silent,
}
