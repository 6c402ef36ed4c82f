"""Streaming codes in batches: a loop over time that keeps nothing of a step but its counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...network.connection import Connection
from ...network.neurons import LargestCount, Retracting, Silent
from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ..schedule import Schedule
from .base import Batch, Found, State
from .loop import Loop
from .parts import Values


class Streaming(Batch):
    """rate and signed: one loop over time that adds, compares and counts."""

    def __init__(
        self, network: SpikingNetwork, plan: Schedule, compiled: bool = False, lossy: bool = False
    ):
        super().__init__(network, plan, compiled, lossy)
        self.spiking: list[Population] = []
        for p in network.populations:
            silent = isinstance(network.rule(p), Silent)
            if p.kind.fires and not silent:
                self.spiking.append(p)
        self.loop = Loop(self)

    def sent(self, c: Connection) -> Values:
        """Spikes of a step times what they are worth; counts so far, to a max pool."""
        network, plan = self.network, self.plan
        pre = network.population(c.pre)
        if pre.kind.is_input and network.input_code.analog:
            return Values(network.input_levels, network.input_code.takes_negative)

        window = plan.windows[c.pre]
        gains = [window.gain(t) for t in range(plan.steps)]
        signed = self.retracts(pre)
        if c.kind.compares:
            return Values(sum(gains), signed)
        return Values(max(gains), signed)

    def forward(self, pixels, arrive, record: bool = False) -> Found:
        """Counts and outputs of a batch; with `record` also every spike."""
        tf, steps = self.tf, self.plan.steps
        arrive = {name: self.at_every_step(name, given) for name, given in arrive.items()}
        pixels = {name: tf.convert_to_tensor(given) for name, given in pixels.items()}
        potential, bias = self.start(pixels)
        first = self.first_state(potential, record)

        def goes_on(t, *_):
            return t < steps

        def body(t, *parts):
            state = State(*parts).copy()
            return t + 1, *self.loop.step(t, state, pixels, bias, arrive)

        _, *parts = tf.while_loop(
            goes_on,
            body,
            (0, *first),
            maximum_iterations=steps,
        )
        last = State(*parts)

        def stacked(arrays: dict) -> dict:
            return {name: array.stack() for name, array in arrays.items()}

        return Found(stacked(last.tallied), stacked(last.outputs), stacked(last.kept), last.lost)

    def at_every_step(self, name: str, arrive) -> Any:
        """(steps, batch, neurons) which spikes of population `name` arrive.

        None is fired outside of its window.
        """
        window = self.plan.windows[name]
        around = [[window.start, self.plan.steps - window.stop], [0, 0], [0, 0]]
        return self.tf.pad(self.tf.convert_to_tensor(arrive), around)

    def start(self, pixels) -> tuple[dict, dict]:
        """Before the first step.

        Returns
        -------
        population -> (batch, neurons) potentials; and biases of a step, without a batch axis where
        samples share it: less to read.
        """
        tf, network = self.tf, self.network
        any_pixels = next(iter(pixels.values()))
        batch = tf.shape(any_pixels)[1 if self.encoded else 0]

        start, bias = {}, {}
        for p in network.populations:
            zeros = tf.zeros((batch, p.size), self.types[p.name])
            first = self.constant(p, "initial_potential")
            start[p.name] = zeros + first
            bias[p.name] = tf.constant(self.constant(p, "bias"))

        def add(to: dict, name: str, values) -> None:
            to[name] = to[name] + self.row(network.population(name), values)

        code = network.input_code
        for p in network.inputs:
            given = pixels[p.name]
            if code.integrates:
                add(bias, p.name, given)
            elif code.doubles:
                add(start, p.name, given)
            elif code.analog:
                to = bias if network.code.bias_each_step else start
                for c in network.outgoing(p.name):
                    add(to, c.post, self.sums[c.name](given))
        return start, bias

    def first_state(self, potential: dict, record: bool) -> State:
        """The state before the first step, with empty arrays over time."""
        tf, steps = self.tf, self.plan.steps
        any_potential = next(iter(potential.values()))
        batch = tf.shape(any_potential)[0]

        def over_time(dtype):
            return tf.TensorArray(dtype, size=steps)

        counts, arrived, tallied, kept = {}, {}, {}, {}
        for p in self.spiking:
            name = p.name
            tallied[name] = over_time(self.tallies[name].type)
            if self.is_counted(p):
                counts[name] = tf.zeros_like(potential[name])
            if self.lossy and self.is_compared(p):
                arrived[name] = tf.zeros_like(potential[name])
            if record:
                kept[name] = over_time(np.int8)

        integrating = [p.name for p in self.network.populations if self.network.rule(p).integrates]
        readouts = [p.name for p in self.network.readouts]
        return State(
            potential={name: potential[name] for name in integrating},
            counts=counts,
            arrived=arrived,
            tallied=tallied,
            outputs={name: over_time(self.types[name]) for name in readouts},
            kept=kept,
            lost={name: tf.zeros(batch, tf.int64) for name in sorted(self.saturating)},
        )

    def is_counted(self, p: Population) -> bool:
        """Whether a rule asks what `p` has fired so far: its own, or that of a max pool."""
        network = self.network
        if network.code.negative_spikes:
            return True
        if isinstance(network.rule(p), Retracting | LargestCount):
            return True
        return self.is_compared(p)

    def is_compared(self, p: Population) -> bool:
        """Whether a max pool hears `p`."""
        return any(c.kind.compares for c in self.network.outgoing(p.name))
