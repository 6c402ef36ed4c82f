"""Streaming codes in batches: a loop over time that keeps nothing of a step but its counts."""

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
from ...network.spiking_network import SpikingNetwork
from ..schedule import Schedule, Window
from .base import Batch, Found
from .tally import EXACT_FLOAT32


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


class Streaming(Batch):
    """rate and signed: one loop over time that adds, compares and counts."""

    def __init__(
        self, network: SpikingNetwork, plan: Schedule, dtype: type, compiled: bool = False
    ):
        super().__init__(network, plan, dtype, compiled)
        self.summed = _summed(network)
        self.spiking = [
            p
            for p in network.populations
            if p.kind.fires and not isinstance(network.rule(p), Silent)
        ]
        # Its gain is 1 and it is never shut.
        self.always = {
            p.name for p in self.spiking if plan.windows[p.name] == Window(0, plan.steps)
        }

    def forward(self, pixels, record: bool = False) -> Found:
        """Counts and outputs of a batch; with `record` also every spike."""
        tf, steps = self.tf, self.plan.steps
        potential, bias = self.start(pixels)
        loop = Loop(self, pixels, bias)
        state = self.first_state(potential, record)

        def body(t, *parts):
            return t + 1, *loop.step(t, State(*parts).copy())

        _, *parts = tf.while_loop(
            lambda t, *_: t < steps, body, (0, *state), maximum_iterations=steps
        )
        last = State(*parts)
        return Found(
            {name: [array.stack() for array in arrays] for name, arrays in last.tallied.items()},
            {name: array.stack() for name, array in last.outputs.items()},
            {name: array.stack() for name, array in last.kept.items()},
            last.lost,
        )

    def start(self, pixels) -> tuple[dict, dict]:
        """Before the first step.

        Returns
        -------
        population -> (batch, *shape) potentials; and biases of a step, without a batch axis where
        samples share it: less to read.
        """
        tf, network = self.tf, self.network
        batch = tf.shape(next(iter(pixels.values())))[1 if self.encoded else 0]
        start, bias = {}, {}
        for p in network.populations:
            zeros = tf.zeros((batch, *p.shape), self.dtype)
            start[p.name] = zeros + self.constant(p, "initial_potential")
            bias[p.name] = self.constant(p, "bias")

        code = network.input_code
        for p in network.inputs:
            if code.integrates:
                bias[p.name] = bias[p.name] + pixels[p.name]
            elif code.doubles:
                start[p.name] = start[p.name] + pixels[p.name]
            elif code.analog:
                kept = bias if network.code.bias_each_step else start
                for c in network.outgoing(p.name):
                    kept[c.post] = kept[c.post] + self.operators[c.name](pixels[p.name])
        return start, bias

    def first_state(self, potential: dict, record: bool) -> State:
        """The state before the first step, with empty arrays over time."""
        tf, steps, network = self.tf, self.plan.steps, self.network
        batch = tf.shape(next(iter(potential.values())))[0]
        asked = {c.pre for c in network.connections if c.kind.compares}

        def counted(p: Population) -> bool:
            rule = network.rule(p)
            return isinstance(rule, Retracting | LargestCount) or p.name in asked

        def over_time(dtype):
            return tf.TensorArray(dtype, size=steps)

        counted_names = [p.name for p in self.spiking if counted(p) or network.code.negative_spikes]
        return State(
            potential=potential,
            counts={name: tf.zeros_like(potential[name]) for name in counted_names},
            tallied={
                p.name: [over_time(tf.float64) for _ in self.tallies[p.name].fans]
                for p in self.spiking
            },
            outputs={p.name: over_time(self.dtype) for p in network.readouts},
            kept={p.name: over_time(self.dtype) for p in self.spiking if record},
            lost={name: tf.zeros(batch, tf.int64) for name in self.saturating},
        )


class Loop:
    """The body of the loop over time: what does not change from step to step."""

    def __init__(self, batch: Streaming, pixels: dict, bias: dict):
        self.batch, self.tf, self.network = batch, batch.tf, batch.network
        self.pixels, self.bias = pixels, bias
        steps = range(batch.plan.steps)
        self.gains, self.active = {}, {}
        for p in batch.spiking:
            window = batch.plan.windows[p.name]
            gains, active = [window.gain(t) for t in steps], [window.active(t) for t in steps]
            self.gains[p.name] = self.tf.constant(gains, batch.dtype)
            self.active[p.name] = self.tf.constant(active, batch.dtype)

    def step(self, t, state: State) -> State:
        """One step of all populations, in order."""
        self.t, self.state = t, state
        self.arriving: dict[str, Any] = {}  # connection -> what this step brings to its end
        for p in self.network.populations:
            spikes = STEPS[type(self.network.rule(p))](self, p)
            if spikes is not None:
                self.send(p, spikes)
        return self.state

    def integrate(self, p: Population) -> Any:
        """v + Σ W sent + bias, held within its width."""
        name = p.name
        drive = self.bias[name]
        if p.kind.is_input and name not in self.batch.always:
            drive = drive * self.active[name][self.t]
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
        held = tf.clip_by_value(v, -batch.plan.largest - 1, batch.plan.largest)
        lost = tf.cast(held != v, tf.int64)
        neurons = list(range(1, v.shape.rank))
        self.state.lost[name] += tf.reduce_sum(lost, axis=neurons)
        return held

    def threshold(self, p: Population) -> Any:
        """θ · gain of this step."""
        threshold = self.batch.constant(p, "threshold")
        return threshold if p.name in self.batch.always else threshold * self.gains[p.name][self.t]

    def while_open(self, p: Population, spikes) -> Any:
        """`spikes`, or 0 outside of the window."""
        return spikes if p.name in self.batch.always else spikes * self.active[p.name][self.t]

    def cast(self, condition) -> Any:
        """1 where true, else 0."""
        return self.tf.cast(condition, self.batch.dtype)

    def send(self, p: Population, spikes) -> None:
        """Pass the `spikes` of `p` on, and count them."""
        name, state = p.name, self.state
        sent = spikes if name in self.batch.always else spikes * self.gains[name][self.t]
        for c in self.network.outgoing(name):
            if not c.kind.compares:
                self.arriving[c.name] = self.batch.operators[c.name](sent)
        if name in state.counts:
            state.counts[name] = state.counts[name] + sent

        found = self.tally(p, spikes)
        arrays = zip(state.tallied[name], found, strict=True)
        state.tallied[name] = [array.write(self.t, sums[0]) for array, sums in arrays]
        if name in state.kept:
            state.kept[name] = state.kept[name].write(self.t, spikes)

    def tally(self, p: Population, spikes) -> list:
        """Sums of the spikes of this step, each (1, batch)."""
        tf, batch = self.tf, self.batch
        if p.name in batch.summed and p.name in batch.always:
            connection, fan = batch.summed[p.name]
            arriving = self.arriving[connection]
            summed = tf.reduce_sum(arriving, axis=list(range(1, arriving.shape.rank)))
            return [tf.cast(summed, tf.float64)[None] / fan]
        negative = self.network.code.negative_spikes or (batch.encoded and p.kind.is_input)
        return batch.tallies[p.name].count((tf.abs(spikes) if negative else spikes)[None])


# One step of each firing rule, as in the reference engine: what a population sends; None where it
# cannot.


def _integrate_and_fire(loop: Loop, p: Population) -> Any:
    """Add what arrives; fire while the window is open."""
    v, h = loop.integrate(p), loop.threshold(p)
    spikes = loop.while_open(p, loop.cast(v >= h))
    if p.reset == "zero":
        loop.state.potential[p.name] = loop.tf.where(spikes != 0, loop.tf.zeros_like(v), v)
    else:
        loop.state.potential[p.name] = v - h * spikes
    return spikes


def _retracting(loop: Loop, p: Population) -> Any:
    """Add what arrives; fire, or take a spike back."""
    v, h, sent = loop.integrate(p), loop.threshold(p), loop.state.counts[p.name]
    up = loop.cast(v >= h) * loop.cast(sent < p.levels)
    down = loop.cast(loop.tf.logical_and(v < 0, sent > 0))
    spikes = loop.while_open(p, up - down)
    loop.state.potential[p.name] = v - h * spikes
    return spikes


def _largest_count(loop: Loop, p: Population) -> Any:
    """Repeat the largest count of the window."""
    tf, state = loop.tf, loop.state
    largest = [
        loop.batch.operators[c.name](state.counts[c.pre]) for c in loop.network.incoming(p.name)
    ]
    rises = tf.reduce_max(tf.stack(largest), axis=0) > state.counts[p.name]
    return loop.cast(rises)


def _integrate(loop: Loop, p: Population) -> None:
    """Add what arrives; the potential is the answer."""
    v = loop.integrate(p)
    loop.state.potential[p.name] = v
    loop.state.outputs[p.name] = loop.state.outputs[p.name].write(loop.t, v)


def _given(loop: Loop, p: Population) -> Any:
    """The events that an encoder made."""
    return loop.cast(loop.pixels[p.name][loop.t])


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


def _summed(network: SpikingNetwork) -> dict[str, tuple[str, int]]:
    """Population -> a pool that sums all of its spikes, each `fan` times, and `fan`.

    Its count is the sum of a few sums.

    The sums are there anyway, and adding up all spikes once more costs a sixth of the time of a
    run.
    """
    if network.code.negative_spikes or network.input_code.encoded:
        return {}
    found = {}
    for c in network.connections:
        if c.kind.weighted or c.kind.compares:
            continue
        every = [
            network.fan_out(d, only) for d in network.outgoing(c.pre) for only in (False, True)
        ]
        fan = network.fan_out(c)
        if all(f.min() == f.max() for f in every) and fan.sum() < EXACT_FLOAT32:
            found[c.pre] = (c.name, int(fan[0]))
    return found
