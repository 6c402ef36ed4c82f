"""Streaming codes in batches: one step of all populations, as a loop over time repeats it."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...network.neurons import (
    Given,
    Integrate,
    IntegrateAndFire,
    LargestCount,
    Retracting,
    Silent,
)
from ...network.population import Population
from .base import Batch


class State(NamedTuple):
    """What is carried from step to step, each by population; tensors are (batch, *shape).

    Parameters
    ----------
    potential : of all that integrate.
    counts : what was sent so far, where a rule asks for it.
    tallied : arrays over time of the sums of `Tally.count`.
    outputs : arrays over time of the potentials of read-outs.
    kept : arrays over time of every spike, where they are recorded.
    lost : (batch,) how often a potential was held.
    """

    potential: dict[str, Any]
    counts: dict[str, Any]
    tallied: dict[str, list]
    outputs: dict[str, Any]
    kept: dict[str, Any]
    lost: dict[str, Any]

    def copy(self) -> State:
        """The same tensors in dictionaries of their own: a step replaces entries."""
        tallied = {name: list(arrays) for name, arrays in self.tallied.items()}
        copies = (dict(part) for part in self)
        return State(*copies)._replace(tallied=tallied)


class Loop:
    """The body of the loop over time: what does not change from step to step.

    Parameters
    ----------
    always : populations that are never shut, and whose spikes are always worth 1.
    summed : population -> a pool that sums its spikes anyway; see `summing_pools`.
    pixels : input population -> what it is given.
    bias : population -> what it adds at each step.
    """

    def __init__(
        self,
        batch: Batch,
        always: set[str],
        summed: dict[str, tuple[str, int]],
        pixels: dict,
        bias: dict,
    ):
        self.batch, self.tf = batch, batch.tf
        self.network = batch.network
        self.always, self.summed = always, summed
        self.pixels, self.bias = pixels, bias

        # Of each population, at each step: what a spike is worth, and 1 while it may fire, else 0.
        self.gains: dict[str, Any] = {}
        self.active: dict[str, Any] = {}
        steps = range(batch.plan.steps)
        for name, window in batch.plan.windows.items():
            gains = [window.gain(t) for t in steps]
            active = [window.active(t) for t in steps]
            self.gains[name] = batch.tf.constant(gains, batch.dtype)
            self.active[name] = batch.tf.constant(active, batch.dtype)

    def step(self, t, state: State) -> State:
        """One step of all populations, in order."""
        self.t, self.state = t, state
        self.arriving: dict[str, Any] = {}  # connection -> what this step brings to its end
        for p in self.network.populations:
            rule = self.network.rule(p)
            step = STEPS[type(rule)]
            spikes = step(self, p)
            if spikes is not None:
                self.send(p, spikes)
        return self.state

    def integrate(self, p: Population) -> Any:
        """v + Σ W sent + bias, held within its width."""
        name = p.name
        drive = self.bias[name]
        if p.kind.is_input:
            drive = self.while_open(p, drive)

        v = self.state.potential[name] + drive
        for c in self.network.incoming(name):
            if c.name in self.arriving:
                v = v + self.arriving[c.name]
        return self.held(name, v)

    def held(self, name: str, v) -> Any:
        """`v` within the width of a potential; what it lost is counted."""
        batch, tf = self.batch, self.tf
        if name not in batch.saturating:
            return v

        largest = batch.plan.largest
        held = tf.clip_by_value(v, -largest - 1, largest)
        lost = tf.cast(held != v, tf.int64)
        neurons = list(range(1, v.shape.rank))
        self.state.lost[name] += tf.reduce_sum(lost, axis=neurons)
        return held

    def threshold(self, p: Population) -> Any:
        """θ · gain of this step."""
        threshold = self.batch.constant(p, "threshold")
        return self.at_worth(p, threshold)

    def at_worth(self, p: Population, values) -> Any:
        """`values` times the gain of this step."""
        if p.name in self.always:
            return values
        gain = self.gains[p.name][self.t]
        return values * gain

    def while_open(self, p: Population, spikes) -> Any:
        """`spikes`, or 0 outside of the window."""
        if p.name in self.always:
            return spikes
        active = self.active[p.name][self.t]
        return spikes * active

    def cast(self, condition) -> Any:
        """1 where true, else 0."""
        return self.tf.cast(condition, self.batch.dtype)

    def send(self, p: Population, spikes) -> None:
        """Pass the `spikes` of `p` on, and count them."""
        name, state = p.name, self.state
        sent = self.at_worth(p, spikes)

        for c in self.network.outgoing(name):
            if not c.kind.compares:
                operator = self.batch.operators[c.name]
                self.arriving[c.name] = operator(sent)

        if name in state.counts:
            before = state.counts[name]
            state.counts[name] = before + sent

        written = []
        found = self.tally(p, spikes)
        for array, sums in zip(state.tallied[name], found, strict=True):
            array = array.write(self.t, sums[0])
            written.append(array)
        state.tallied[name] = written

        if name in state.kept:
            kept = state.kept[name]
            state.kept[name] = kept.write(self.t, spikes)

    def tally(self, p: Population, spikes) -> list:
        """Sums of the spikes of this step, each (1, batch)."""
        tf, batch = self.tf, self.batch

        # What a pool adds up anyway is the spikes, each `fan` times.
        if p.name in self.summed and p.name in self.always:
            connection, fan = self.summed[p.name]
            arriving = self.arriving[connection]
            neurons = list(range(1, arriving.shape.rank))
            summed = tf.reduce_sum(arriving, axis=neurons)
            summed = tf.cast(summed, tf.float64)
            return [summed[None] / fan]

        encoded = batch.encoded and p.kind.is_input
        if encoded or self.network.code.negative_spikes:
            spikes = tf.abs(spikes)
        tally = batch.tallies[p.name]
        return tally.count(spikes[None])


# One step of each firing rule, as in the reference engine: what a population sends; None where it
# cannot.


def _integrate_and_fire(loop: Loop, p: Population) -> Any:
    """Add what arrives; fire while the window is open."""
    tf, potential = loop.tf, loop.state.potential
    v = loop.integrate(p)
    h = loop.threshold(p)
    fires = loop.cast(v >= h)
    spikes = loop.while_open(p, fires)

    if p.reset == "zero":
        potential[p.name] = tf.where(spikes != 0, tf.zeros_like(v), v)
    else:
        potential[p.name] = v - h * spikes
    return spikes


def _retracting(loop: Loop, p: Population) -> Any:
    """Add what arrives; fire, or take a spike back."""
    tf, state = loop.tf, loop.state
    v = loop.integrate(p)
    h = loop.threshold(p)
    sent = state.counts[p.name]

    up = tf.logical_and(v >= h, sent < p.levels)
    down = tf.logical_and(v < 0, sent > 0)
    spikes = loop.cast(up) - loop.cast(down)
    spikes = loop.while_open(p, spikes)

    state.potential[p.name] = v - h * spikes
    return spikes


def _largest_count(loop: Loop, p: Population) -> Any:
    """Repeat the largest count of the window."""
    tf, counts = loop.tf, loop.state.counts
    found = []
    for c in loop.network.incoming(p.name):
        operator = loop.batch.operators[c.name]
        largest = operator(counts[c.pre])
        found.append(largest)

    largest = tf.reduce_max(tf.stack(found), axis=0)
    return loop.cast(largest > counts[p.name])


def _integrate(loop: Loop, p: Population) -> None:
    """Add what arrives; the potential is the answer."""
    v = loop.integrate(p)
    loop.state.potential[p.name] = v

    outputs = loop.state.outputs
    outputs[p.name] = outputs[p.name].write(loop.t, v)


def _given(loop: Loop, p: Population) -> Any:
    """The events that an encoder made."""
    events = loop.pixels[p.name]
    return loop.cast(events[loop.t])


def _silent(loop: Loop, p: Population) -> None:
    """Nothing: a host multiplied it before the first step."""


STEPS = {
    IntegrateAndFire: _integrate_and_fire,
    Retracting: _retracting,
    LargestCount: _largest_count,
    Integrate: _integrate,
    Given: _given,
    Silent: _silent,
}
