"""Streaming codes in batches: a loop over time that keeps nothing of a step but its counts."""

from __future__ import annotations

import numpy as np

from ...network.encoders import ENCODERS
from ...network.spiking_network import SpikingNetwork
from ..schedule import Schedule, Window
from .base import EXACT_FLOAT32, Batch


class Streaming(Batch):
    """rate and signed: one loop over time that adds, compares and counts; nothing but counts is kept of a step."""

    def __init__(self, network: SpikingNetwork, plan: Schedule, dtype, compiled: bool = False):
        # Where an average pool sums all spikes of a population, each `fan` times, the count is the sum of a few sums. The sums are
        # there anyway, and adding up all spikes once more costs a sixth of the time of a run.
        self.summed: dict[str, tuple[str, int]] = {}
        for c in (
            network.connections
            if network.code == "rate" and network.input_code not in ENCODERS
            else ()
        ):
            fans = [
                network.fan_out(d, nonzero)
                for d in network.outgoing(c.pre)
                for nonzero in (False, True)
            ]
            if (
                c.kind == "pool"
                and all(fan.min() == fan.max() for fan in fans)
                and network.fan_out(c).sum() < EXACT_FLOAT32
            ):
                self.summed[c.pre] = (c.name, int(network.fan_out(c)[0]))
        super().__init__(network, plan, dtype, compiled)

    def start(self, pixels) -> tuple[dict, dict]:
        """Population -> (batch, *shape) potentials before the first step, and biases of a step."""
        tf, network = self.tf, self.network
        batch = tf.shape(next(iter(pixels.values())))[1 if self.encoded else 0]
        zeros = {p.name: tf.zeros((batch, *p.shape), self.dtype) for p in network.populations}
        start = {
            p.name: zeros[p.name] + self.constant(p, "initial_potential")
            for p in network.populations
        }
        bias = {
            p.name: self.constant(p, "bias") for p in network.populations
        }  # no batch axis where samples share it: less to read
        for p in network.inputs:
            if network.input_code == "analog":
                target = bias if network.code == "rate" else start
                for c in network.outgoing(p.name):
                    target[c.post] = target[c.post] + self.operators[c.name](pixels[p.name])
            elif not self.encoded:
                target = bias if network.input_code == "if" else start
                target[p.name] = target[p.name] + pixels[p.name]
        return start, bias

    def forward(self, pixels, record: bool = False):
        """Counts and outputs of a batch; with `record` also every spike."""
        tf, steps = self.tf, self.plan.steps
        potential, bias = self.start(pixels)
        batch = tf.shape(next(iter(potential.values())))[0]
        analog = self.network.input_code == "analog"
        spiking = [
            p
            for p in self.network.populations
            if p.kind != "readout" and not (analog and p.kind == "input")
        ]
        windows = {p.name: self.plan.windows[p.name] for p in spiking}
        gains = {
            p.name: tf.constant([windows[p.name].gain(t) for t in range(steps)], self.dtype)
            for p in spiking
        }
        active = {
            p.name: tf.constant([windows[p.name].active(t) for t in range(steps)], self.dtype)
            for p in spiking
        }
        pooled = {c.pre for c in self.network.connections if c.kind == "max_pool"}
        signed = self.network.code == "signed"
        count = {
            p.name: tf.zeros_like(potential[p.name])
            for p in spiking
            if signed or p.kind == "max_pool" or p.name in pooled
        }
        always = {
            p.name for p in spiking if windows[p.name] == Window(0, steps)
        }  # its gain is 1 and it is never shut

        def array():
            return tf.TensorArray(tf.float64, size=steps)

        tallied = {
            p.name: [
                array()
                for _ in range(
                    1 + sum(not isinstance(fan, int) for *_, fan in self.ledgers[p.name])
                )
            ]
            for p in spiking
        }
        outputs = {p.name: tf.TensorArray(self.dtype, size=steps) for p in self.network.readouts}
        kept = {p.name: tf.TensorArray(self.dtype, size=steps) for p in spiking if record}

        def step(t, potential, count, tallied, outputs, kept, lost):
            drives: dict = {}  # what this step brings to the end of each connection; nothing from an analog input
            potential, count, tallied = (
                dict(potential),
                dict(count),
                {name: list(arrays) for name, arrays in tallied.items()},
            )
            outputs, kept, lost = dict(outputs), dict(kept), dict(lost)
            for p in self.network.populations:
                name, incoming = p.name, self.network.incoming(p.name)
                into = [drives[c.name] for c in incoming if c.name in drives]
                if p.kind == "input" and self.encoded:
                    s = tf.cast(pixels[name][t], self.dtype)
                elif p.kind == "max_pool":
                    largest = [self.operators[c.name](count[c.pre]) for c in incoming]
                    s = tf.cast(tf.reduce_max(tf.stack(largest), axis=0) > count[name], self.dtype)
                elif p.kind == "readout":
                    v = sum(into, potential[name] + bias[name])
                    potential[name] = self.held(name, v, lost)
                    outputs[name] = outputs[name].write(t, potential[name])
                    continue
                elif name not in tallied:
                    continue  # an analog input sends nothing
                else:
                    drive = (
                        bias[name]
                        if name in always or p.kind != "input"
                        else bias[name] * active[name][t]
                    )
                    v = self.held(name, sum(into, potential[name] + drive), lost)
                    h = self.constant(p, "threshold") * (1 if name in always else gains[name][t])
                    s = tf.cast(v >= h, self.dtype)
                    if signed and p.kind != "input":
                        n = count[name]
                        s = s * tf.cast(n < p.levels, self.dtype) - tf.cast(
                            tf.logical_and(v < 0, n > 0), self.dtype
                        )
                    if name not in always:
                        s = s * active[name][t]
                    potential[name] = (
                        tf.where(s != 0, tf.zeros_like(v), v) if p.reset == "zero" else v - h * s
                    )
                sent = s if name in always else s * gains[name][t]
                drives |= {
                    c.name: self.operators[c.name](sent)
                    for c in self.network.outgoing(name)
                    if c.kind != "max_pool"
                }
                if name in count:
                    count[name] = count[name] + sent
                if name in self.summed and name in always:
                    connection, fan = self.summed[name]
                    summed = tf.reduce_sum(
                        drives[connection], axis=list(range(1, drives[connection].shape.rank))
                    )
                    found = [tf.cast(summed, tf.float64)[None] / fan]
                else:
                    found = self.tally(
                        p,
                        (tf.abs(s) if signed or (self.encoded and p.kind == "input") else s)[None],
                    )
                tallied[name] = [
                    a.write(t, tally[0]) for a, tally in zip(tallied[name], found, strict=True)
                ]
                if record:
                    kept[name] = kept[name].write(t, s)
            return t + 1, potential, count, tallied, outputs, kept, lost

        lost = {name: tf.zeros(batch, tf.int64) for name in self.saturating}
        state = (0, potential, count, tallied, outputs, kept, lost)
        *_, tallied, outputs, kept, lost = tf.while_loop(
            lambda t, *_: t < steps, step, state, maximum_iterations=steps
        )
        return (
            {name: [a.stack() for a in arrays] for name, arrays in tallied.items()},
            {name: a.stack() for name, a in outputs.items()},
            {name: a.stack() for name, a in kept.items()},
            lost,
        )

    def held(self, name: str, v, lost: dict):
        """`v` within the width of a potential; what it lost is counted in `lost`."""
        if name not in self.saturating:
            return v
        held = self.tf.clip_by_value(v, -self.plan.largest - 1, self.plan.largest)
        lost[name] = lost[name] + self.tf.reduce_sum(
            self.tf.cast(held != v, self.tf.int64), axis=list(range(1, v.shape.rank))
        )
        return held

    def rasters(self, pixels: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        _, _, kept, _ = self.forward(pixels, record=True)
        return {
            name: np.asarray(spikes).astype(np.int8).swapaxes(0, 1) for name, spikes in kept.items()
        }
