"""Streaming codes in batches: a loop over time that keeps nothing of a step but its counts."""

from __future__ import annotations

from ...network.neurons import LargestCount, Retracting, Silent
from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ..schedule import Schedule, Window
from .base import Batch, Found
from .loop import Loop, State
from .tally import EXACT_FLOAT32


class Streaming(Batch):
    """rate and signed: one loop over time that adds, compares and counts."""

    def __init__(
        self, network: SpikingNetwork, plan: Schedule, dtype: type, compiled: bool = False
    ):
        super().__init__(network, plan, dtype, compiled)
        self.summed = summing_pools(network)

        self.spiking: list[Population] = []
        self.always: set[str] = set()  # its gain is 1 and it is never shut
        for p in network.populations:
            silent = isinstance(network.rule(p), Silent)
            if silent or not p.kind.fires:
                continue
            self.spiking.append(p)
            if plan.windows[p.name] == Window(0, plan.steps):
                self.always.add(p.name)

    def forward(self, pixels, record: bool = False) -> Found:
        """Counts and outputs of a batch; with `record` also every spike."""
        tf, steps = self.tf, self.plan.steps
        potential, bias = self.start(pixels)
        first = self.first_state(potential, record)
        loop = Loop(
            self,
            self.always,
            self.summed,
            pixels,
            bias,
        )

        def goes_on(t, *_):
            return t < steps

        def body(t, *parts):
            state = State(*parts).copy()
            return t + 1, *loop.step(t, state)

        _, *parts = tf.while_loop(
            goes_on,
            body,
            (0, *first),
            maximum_iterations=steps,
        )
        last = State(*parts)

        tallied = {}
        for name, arrays in last.tallied.items():
            tallied[name] = [array.stack() for array in arrays]
        outputs = {name: array.stack() for name, array in last.outputs.items()}
        trains = {name: array.stack() for name, array in last.kept.items()}
        return Found(tallied, outputs, trains, last.lost)

    def start(self, pixels) -> tuple[dict, dict]:
        """Before the first step.

        Returns
        -------
        population -> (batch, *shape) potentials; and biases of a step, without a batch axis where
        samples share it: less to read.
        """
        tf, network = self.tf, self.network
        any_pixels = next(iter(pixels.values()))
        batch = tf.shape(any_pixels)[1 if self.encoded else 0]

        start, bias = {}, {}
        for p in network.populations:
            zeros = tf.zeros((batch, *p.shape), self.dtype)
            first = self.constant(p, "initial_potential")
            start[p.name] = zeros + first
            bias[p.name] = self.constant(p, "bias")

        def add(to: dict, name: str, values) -> None:
            to[name] = to[name] + values

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
                    operator = self.operators[c.name]
                    add(to, c.post, operator(given))
        return start, bias

    def first_state(self, potential: dict, record: bool) -> State:
        """The state before the first step, with empty arrays over time."""
        tf, steps = self.tf, self.plan.steps
        any_potential = next(iter(potential.values()))
        batch = tf.shape(any_potential)[0]

        def over_time(dtype):
            return tf.TensorArray(dtype, size=steps)

        counts, tallied, kept = {}, {}, {}
        for p in self.spiking:
            name = p.name
            sums = len(self.tallies[name].fans)
            tallied[name] = [over_time(tf.float64) for _ in range(sums)]
            if self.is_counted(p):
                counts[name] = tf.zeros_like(potential[name])
            if record:
                kept[name] = over_time(self.dtype)

        readouts = [p.name for p in self.network.readouts]
        return State(
            potential=potential,
            counts=counts,
            tallied=tallied,
            outputs={name: over_time(self.dtype) for name in readouts},
            kept=kept,
            lost={name: tf.zeros(batch, tf.int64) for name in self.saturating},
        )

    def is_counted(self, p: Population) -> bool:
        """Whether a rule asks what `p` has sent so far: its own, or that of a max pool."""
        network = self.network
        if network.code.negative_spikes:
            return True
        if isinstance(network.rule(p), Retracting | LargestCount):
            return True
        return any(c.kind.compares for c in network.outgoing(p.name))


def summing_pools(network: SpikingNetwork) -> dict[str, tuple[str, int]]:
    """Population -> a pool that sums all of its spikes, each `fan` times, and `fan`.

    The population's count is the sum of these few sums, which are there anyway: adding up all
    spikes once more costs a sixth of the time of a run.
    """
    if network.code.negative_spikes or network.input_code.encoded:
        return {}

    found = {}
    for c in network.connections:
        if c.kind.weighted or c.kind.compares:
            continue
        fan = network.fan_out(c)
        if _only_multiples(network, c.pre) and fan.sum() < EXACT_FLOAT32:
            found[c.pre] = (c.name, int(fan[0]))
    return found


def _only_multiples(network: SpikingNetwork, population: str) -> bool:
    """Whether all operations of `population` are multiples of its spikes."""
    for c in network.outgoing(population):
        for nonzero in (False, True):
            fan = network.fan_out(c, nonzero)
            if fan.min() != fan.max():
                return False
    return True
