"""The batched engine: TensorFlow on whole batches, on CPU or GPU; the same integers as the reference engine.

Exact codes need no loop over time: one integer forward pass gives q = clip(floor(v / θ), 0, L) of every neuron, and spikes per
step, operations and outputs follow in closed form (radix: the bits of q; sync_rate: a spike in each of the first q steps).
Streaming codes loop over time, and keep nothing of a step but its counts.
"""

from __future__ import annotations

import numpy as np

from .batched_operators import Operator, import_tensorflow
from .encoders import ENCODERS
from .engine import Counts, Progress, events, has_potential, largest_potential, split_inputs
from .network import SpikingNetwork
from .population import Population
from .schedule import Schedule, Window, schedule

MEMORY_BYTES = 400e6  # of the largest tensor of a batch; a handful of its size are alive at once
EXACT_FLOAT32 = 2**24
MAX_BATCH = 1000
RASTER_BATCH = 16  # samples whose every spike is kept at once
COMPILE_FROM = 2_000_000  # neuron updates of a run; below, compiling takes longer than running


def run(
    network: SpikingNetwork, inputs: np.ndarray, plan: Schedule, rasters: int = 0, progress: Progress | None = None, seed: int = 0
) -> Counts:
    """Run `inputs` (samples, neurons; integers) in batches of bounded memory; `seed` is that of Poisson inputs."""
    widest = max(p.size for p in network.populations)
    steps = plan.steps if plan.streaming else max(1, *(w.stop - w.start for w in plan.windows.values()))
    batch = int(np.clip(MEMORY_BYTES / (widest * 4 * steps), 1, min(MAX_BATCH, len(inputs))))
    runner = Runner(network, plan, batch, compiled=len(inputs) * widest * plan.steps > COMPILE_FROM)
    return runner.run(inputs, rasters, progress, seed)


class Runner:
    """A network made ready to run batches of `batch` samples; `compiled` by XLA, which pays for long runs."""

    def __init__(self, network: SpikingNetwork, plan: Schedule, batch: int, compiled: bool):
        self.network, self.plan, self.batch = network, plan, batch
        dtype = np.float32 if largest_potential(network, plan) < EXACT_FLOAT32 else np.float64
        self.step = (_Streaming if plan.streaming else _Exact)(network, plan, dtype, compiled)

    def run(self, inputs: np.ndarray, rasters: int = 0, progress: Progress | None = None, seed: int = 0) -> Counts:
        """Run `inputs` (samples, neurons; integers)."""
        samples, batch = len(inputs), self.batch
        counts = Counts.empty(self.network, samples, self.plan.steps, rasters)
        for start in range(0, samples, batch):
            part = inputs[start : start + batch]
            missing = batch - len(part)
            padded = (
                np.concatenate([part, np.zeros((missing, part.shape[1]), part.dtype)]) if missing else part
            )  # one shape, one compilation
            self.step.run(padded, counts, start, len(part), max(min(rasters - start, len(part)), 0), seed)
            if progress:
                progress("simulate", min(start + batch, samples), samples)
        return counts


def values(network: SpikingNetwork, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Population -> (samples, *shape) values q that an exact code transmits for `inputs` (samples, neurons; integers)."""
    plan = schedule(network)
    forward = _Exact(network, plan, np.float32 if largest_potential(network, plan) < EXACT_FLOAT32 else np.float64)
    parts = []
    for start in range(0, len(inputs), 64):
        pixels = forward.pixels(inputs[start : start + 64])
        parts.append({name: np.asarray(q) for name, q in forward.transmitted(pixels).items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


class _Batch:
    """What both kinds of codes share: operators, fan-outs, and filling the counts."""

    def __init__(self, network: SpikingNetwork, plan: Schedule, dtype, compiled: bool = False):
        self.network, self.plan, self.dtype = network, plan, dtype
        self.operators = {c.name: Operator(network, c, dtype) for c in network.connections}
        self.ledgers: dict[str, list[tuple[str, str, int | np.ndarray]]] = {}
        for p in network.populations:
            found = []
            for c in network.outgoing(p.name):
                for column in ("synapses", "nonzero"):
                    fan = network.fan_out(c, column == "nonzero")
                    found.append((c.name, column, int(fan[0]) if fan.min() == fan.max() else fan.astype(np.float64)))
            self.ledgers[p.name] = found
        self.saturating = {p.name for p in network.populations if plan.largest and has_potential(network, p)}
        self.encoded = network.input_code in ENCODERS
        self.tf = import_tensorflow()
        self.compiled = self.tf.function(self.forward, jit_compile=True, autograph=False) if compiled else self.forward

    def forward(self, pixels, record: bool = False):
        """Counts and outputs of a batch; with `record` also every spike."""
        raise NotImplementedError

    def drive(self, p: Population, values: dict):
        """Weighted sums of all that feed `p`."""
        return self.tf.add_n([self.operators[c.name](values[c.pre]) for c in self.network.incoming(p.name)])

    def constant(self, p: Population, field: str):
        """A field of a population, shaped to broadcast over a batch."""
        return np.broadcast_to(getattr(p, field), p.shape).astype(self.dtype)

    def tally(self, p: Population, spikes) -> list:
        """Per sample and step: spikes (…, steps) and, for each ledger entry that is no multiple of them, operations.

        `spikes` is (steps, batch, *shape) of 0 and 1. Sums that may reach 2^24 are taken by rows, which are added in float64.
        """
        tf, steps = self.tf, spikes.shape[0]
        fans = [np.ones(p.size), *(fan for *_, fan in self.ledgers[p.name] if not isinstance(fan, int))]
        if max(fan.sum() for fan in fans) < EXACT_FLOAT32:  # one product reads the spikes once
            sums = tf.matmul(tf.reshape(spikes, (-1, p.size)), np.stack(fans, axis=1).astype(self.dtype))
            sums = tf.cast(tf.reshape(sums, (steps, -1, len(fans))), tf.float64)
            return [sums[:, :, i] for i in range(len(fans))]
        rows = tf.reshape(spikes, (steps, -1, p.shape[0], p.size // p.shape[0]))
        found = []
        for fan in fans:
            by_row = fan.reshape(p.shape[0], -1)
            kind = spikes.dtype if by_row.sum(axis=1).max() < EXACT_FLOAT32 else tf.float64
            weighted = tf.reduce_sum(tf.cast(rows, kind) * tf.cast(by_row, kind), axis=3)
            found.append(tf.reduce_sum(tf.cast(weighted, tf.float64), axis=2))
        return found

    def fill(self, p: Population, tallied: list, counts: Counts, part: slice, steps: slice) -> None:
        """Write what `tally` found into the counts of samples `part` at `steps`."""
        size = part.stop - part.start
        tallied = [np.asarray(t).T[:size].astype(np.int64) for t in tallied]
        counts.spikes[p.name][part, steps] = tallied[0]
        rest = iter(tallied[1:])
        for name, column, fan in self.ledgers[p.name]:
            counts.synaptic_operations[column][name][part, steps] = tallied[0] * fan if isinstance(fan, int) else next(rest)

    def pixels(self, inputs: np.ndarray, first: int = 0, seed: int = 0) -> dict[str, np.ndarray]:
        """Input population -> (batch, *shape) of its part of `inputs`, or (steps, batch, *shape) of its events."""
        parts = split_inputs(self.network, inputs)
        if encoded := events(self.network, parts, self.plan.steps, seed, first):
            shapes = {name: self.network.population(name).shape for name in parts}
            return {name: part.swapaxes(0, 1).reshape(part.shape[1], -1, *shapes[name]) for name, part in encoded.items()}
        return {name: part.reshape(-1, *self.network.population(name).shape).astype(self.dtype) for name, part in parts.items()}

    def by_sample(self, outputs) -> np.ndarray:
        """(steps, batch, *shape) as integers (batch, steps, neurons)."""
        outputs = np.round(np.asarray(outputs)).astype(np.int64).swapaxes(0, 1)
        return outputs.reshape(*outputs.shape[:2], -1)

    def run(self, inputs: np.ndarray, counts: Counts, start: int, size: int, rasters: int, seed: int) -> None:
        """One batch: `size` of the inputs are samples `start` onwards, the rest is padding."""
        tallied, outputs, _, lost = self.compiled(self.pixels(inputs, start, seed))
        part = slice(start, start + size)
        for p in self.network.populations:
            if p.kind == "readout":
                counts.output(p.name)[part] = self.by_sample(outputs[p.name])[:size]
            elif p.name in tallied:
                window = self.plan.windows[p.name]
                steps = slice(0, self.plan.steps) if self.plan.streaming else slice(window.start, window.stop)
                self.fill(p, tallied[p.name], counts, part, steps)
        for name, losses in lost.items():
            counts.saturations[name][part] = np.asarray(losses)[:size]
        for first in range(0, rasters, RASTER_BATCH):
            part = inputs[first : min(first + RASTER_BATCH, rasters)]
            for name, raster in self.rasters(self.pixels(part, start + first, seed)).items():
                window = self.plan.windows[name]
                steps = slice(0, self.plan.steps) if self.plan.streaming else slice(window.start, window.stop)
                counts.rasters[name][start + first : start + first + len(part), steps] = raster.reshape(len(part), raster.shape[1], -1)

    def rasters(self, pixels: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Population -> (samples, steps of its window, *shape) spikes of a few samples."""
        raise NotImplementedError


class _Exact(_Batch):
    """radix and sync_rate: integers forward, no loop over time."""

    def train(self, p: Population, q):
        """(steps of the window, batch, *shape) spikes of values `q`; for an ``if`` input, q is the pixel."""
        tf, window = self.tf, self.plan.windows[p.name]
        length = window.stop - window.start
        at = np.arange(length, dtype=self.dtype).reshape(-1, *[1] * q.shape.rank)
        if p.kind == "input" and self.network.input_code == "if":
            threshold, first = self.constant(p, "threshold"), self.constant(p, "initial_potential")
            return self.quotient((at + 1) * q[None] + first, threshold) - self.quotient(at * q[None] + first, threshold)
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
                    q[p.name] = tf.reduce_sum(self.train(p, tf.convert_to_tensor(pixels[p.name])), axis=0)
            elif p.kind == "max_pool":
                (c,) = self.network.incoming(p.name)
                q[p.name] = self.operators[c.name](q[c.pre])
            elif p.kind != "readout":
                v = self.drive(p, q) + self.constant(p, "initial_potential")
                q[p.name] = tf.clip_by_value(self.quotient(v, self.constant(p, "threshold")), 0, p.levels)
        return q

    def forward(self, pixels, record: bool = False):
        """Counts and outputs of a batch; with `record` also the spike trains."""
        network, q = self.network, self.transmitted(pixels)
        tallied, outputs, trains = {}, {}, {}
        for p in network.populations:
            if p.kind == "readout":
                outputs[p.name] = self.readout(p, q, trains)
            elif p.kind != "input" or network.input_code != "analog":
                trains[p.name] = self.train(p, self.tf.convert_to_tensor(pixels[p.name]) if p.kind == "input" else q[p.name])
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
            change = tf.reshape(self.operators[c.name](flat), (length, -1, p.size)) * gains[:, None, None]
            changes.append(tf.pad(change, [[window.start, self.plan.steps - window.stop], [0, 0], [0, 0]]))
        if not changes:
            return tf.repeat(total[None], self.plan.steps, axis=0)
        return tf.cumsum(tf.add_n(changes), axis=0) + total

    def rasters(self, pixels: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        _, _, trains, _ = self.forward(pixels, record=True)
        return {name: np.asarray(train).astype(np.int8).swapaxes(0, 1) for name, train in trains.items()}


class _Streaming(_Batch):
    """rate and signed: one loop over time that adds, compares and counts; nothing but counts is kept of a step."""

    def __init__(self, network: SpikingNetwork, plan: Schedule, dtype, compiled: bool = False):
        # Where an average pool sums all spikes of a population, each `fan` times, the count is the sum of a few sums. The sums are
        # there anyway, and adding up all spikes once more costs a sixth of the time of a run.
        self.summed: dict[str, tuple[str, int]] = {}
        for c in network.connections if network.code == "rate" and network.input_code not in ENCODERS else ():
            fans = [network.fan_out(d, nonzero) for d in network.outgoing(c.pre) for nonzero in (False, True)]
            if c.kind == "pool" and all(fan.min() == fan.max() for fan in fans) and network.fan_out(c).sum() < EXACT_FLOAT32:
                self.summed[c.pre] = (c.name, int(network.fan_out(c)[0]))
        super().__init__(network, plan, dtype, compiled)

    def start(self, pixels) -> tuple[dict, dict]:
        """Population -> (batch, *shape) potentials before the first step, and biases of a step."""
        tf, network = self.tf, self.network
        batch = tf.shape(next(iter(pixels.values())))[1 if self.encoded else 0]
        zeros = {p.name: tf.zeros((batch, *p.shape), self.dtype) for p in network.populations}
        start = {p.name: zeros[p.name] + self.constant(p, "initial_potential") for p in network.populations}
        bias = {p.name: self.constant(p, "bias") for p in network.populations}  # no batch axis where samples share it: less to read
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
        spiking = [p for p in self.network.populations if p.kind != "readout" and not (analog and p.kind == "input")]
        windows = {p.name: self.plan.windows[p.name] for p in spiking}
        gains = {p.name: tf.constant([windows[p.name].gain(t) for t in range(steps)], self.dtype) for p in spiking}
        active = {p.name: tf.constant([windows[p.name].active(t) for t in range(steps)], self.dtype) for p in spiking}
        pooled = {c.pre for c in self.network.connections if c.kind == "max_pool"}
        signed = self.network.code == "signed"
        count = {p.name: tf.zeros_like(potential[p.name]) for p in spiking if signed or p.kind == "max_pool" or p.name in pooled}
        always = {p.name for p in spiking if windows[p.name] == Window(0, steps)}  # its gain is 1 and it is never shut

        def array():
            return tf.TensorArray(tf.float64, size=steps)

        tallied = {p.name: [array() for _ in range(1 + sum(not isinstance(fan, int) for *_, fan in self.ledgers[p.name]))] for p in spiking}
        outputs = {p.name: tf.TensorArray(self.dtype, size=steps) for p in self.network.readouts}
        kept = {p.name: tf.TensorArray(self.dtype, size=steps) for p in spiking if record}

        def step(t, potential, count, tallied, outputs, kept, lost):
            drives: dict = {}  # what this step brings to the end of each connection; nothing from an analog input
            potential, count, tallied = dict(potential), dict(count), {name: list(arrays) for name, arrays in tallied.items()}
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
                    drive = bias[name] if name in always or p.kind != "input" else bias[name] * active[name][t]
                    v = self.held(name, sum(into, potential[name] + drive), lost)
                    h = self.constant(p, "threshold") * (1 if name in always else gains[name][t])
                    s = tf.cast(v >= h, self.dtype)
                    if signed and p.kind != "input":
                        n = count[name]
                        s = s * tf.cast(n < p.levels, self.dtype) - tf.cast(tf.logical_and(v < 0, n > 0), self.dtype)
                    if name not in always:
                        s = s * active[name][t]
                    potential[name] = tf.where(s != 0, tf.zeros_like(v), v) if p.reset == "zero" else v - h * s
                sent = s if name in always else s * gains[name][t]
                drives |= {c.name: self.operators[c.name](sent) for c in self.network.outgoing(name) if c.kind != "max_pool"}
                if name in count:
                    count[name] = count[name] + sent
                if name in self.summed and name in always:
                    connection, fan = self.summed[name]
                    summed = tf.reduce_sum(drives[connection], axis=list(range(1, drives[connection].shape.rank)))
                    found = [tf.cast(summed, tf.float64)[None] / fan]
                else:
                    found = self.tally(p, (tf.abs(s) if signed or (self.encoded and p.kind == "input") else s)[None])
                tallied[name] = [a.write(t, tally[0]) for a, tally in zip(tallied[name], found, strict=True)]
                if record:
                    kept[name] = kept[name].write(t, s)
            return t + 1, potential, count, tallied, outputs, kept, lost

        lost = {name: tf.zeros(batch, tf.int64) for name in self.saturating}
        state = (0, potential, count, tallied, outputs, kept, lost)
        *_, tallied, outputs, kept, lost = tf.while_loop(lambda t, *_: t < steps, step, state, maximum_iterations=steps)
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
        lost[name] = lost[name] + self.tf.reduce_sum(self.tf.cast(held != v, self.tf.int64), axis=list(range(1, v.shape.rank)))
        return held

    def rasters(self, pixels: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        _, _, kept, _ = self.forward(pixels, record=True)
        return {name: np.asarray(spikes).astype(np.int8).swapaxes(0, 1) for name, spikes in kept.items()}
