"""The batched engine: TensorFlow on whole batches, on CPU or GPU; the same integers as the reference engine.

Exact codes need no loop over time: one integer forward pass gives q = clip(floor(v / θ), 0, L) of every neuron, and spikes per
step, operations and outputs follow in closed form (radix: the bits of q; sync_rate: a spike in each of the first q steps).
Streaming codes go layer by layer: the sums of all steps in one batched operation, then a loop over time that only adds and compares.
"""

from __future__ import annotations

import numpy as np

from .batched_operators import Operator, import_tensorflow
from .engine import Counts, Progress, largest_potential, split_inputs
from .network import Population, SpikingNetwork
from .schedule import Schedule, schedule

MEMORY_BYTES = 400e6  # of the largest tensor of a batch; a handful of its size are alive at once
EXACT_FLOAT32 = 2**24
COMPILE_FROM = 2_000_000  # neuron updates of a run; below, compiling takes longer than running


def run(network: SpikingNetwork, inputs: np.ndarray, plan: Schedule, rasters: int = 0, progress: Progress | None = None) -> Counts:
    """Run `inputs` (samples, neurons; integers) in batches of bounded memory."""
    samples = len(inputs)
    counts = Counts.empty(network, samples, plan.steps, rasters)
    dtype = np.float32 if largest_potential(network, plan) < EXACT_FLOAT32 else np.float64
    widest = max(p.size for p in network.populations)
    compiled = samples * widest * plan.steps > COMPILE_FROM
    step = (_Streaming if plan.streaming else _Exact)(network, plan, dtype, compiled)
    batch = int(np.clip(MEMORY_BYTES / (widest * np.dtype(dtype).itemsize * step.tensors), 1, 1000))
    for start in range(0, samples, batch):
        part = inputs[start : start + batch]
        padded = np.concatenate(
            [part, np.zeros((min(batch, samples) - len(part), part.shape[1]), part.dtype)]
        )  # one shape, one compilation
        step.run(padded, counts, start, len(part), max(min(rasters - start, len(part)), 0))
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
        self.tf = import_tensorflow()
        self.compiled = self.tf.function(self.forward, jit_compile=True) if compiled else self.forward

    def forward(self, pixels):
        raise NotImplementedError

    def drive(self, p: Population, values: dict):
        """Weighted sums of all that feed `p`."""
        return self.tf.add_n([self.operators[c.name](values[c.pre]) for c in self.network.incoming(p.name)])

    def constant(self, p: Population, field: str):
        """A field of a population, shaped to broadcast over a batch."""
        return np.broadcast_to(getattr(p, field), p.shape).astype(self.dtype)

    def tally(self, p: Population, spikes) -> list:
        """Per sample and step: spikes (…, steps) and, for each ledger entry that is no multiple of them, operations.

        `spikes` is (steps, batch, *shape) of 0 and 1. Sums over a row stay below 2^24; rows are added in float64.
        """
        tf = self.tf
        steps = spikes.shape[0]
        rows = tf.reshape(spikes, (steps, -1, p.shape[0], p.size // p.shape[0]))
        per_row = tf.reduce_sum(rows, axis=3)
        found = [tf.reduce_sum(tf.cast(per_row, tf.float64), axis=2)]
        for _, _, fan in self.ledgers[p.name]:
            if not isinstance(fan, int):
                by_row = fan.reshape(p.shape[0], -1)
                exact = by_row.sum(axis=1).max() < EXACT_FLOAT32
                kind = spikes.dtype if exact else tf.float64
                weighted = tf.einsum("tbrk,rk->tbr", tf.cast(rows, kind), tf.cast(by_row, kind))
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

    def pixels(self, inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Input population -> (batch, *shape) of its part of `inputs`."""
        parts = split_inputs(self.network, inputs)
        return {name: part.reshape(-1, *self.network.population(name).shape).astype(self.dtype) for name, part in parts.items()}

    def run(self, inputs: np.ndarray, counts: Counts, start: int, size: int, rasters: int) -> None:
        """One batch: `size` of the inputs are samples `start` onwards, the rest is padding."""
        tallied, outputs, kept = self.compiled(self.pixels(inputs))
        part = slice(start, start + size)
        for p in self.network.populations:
            if p.kind == "readout":
                counts.output(p.name)[part] = np.round(np.asarray(outputs[p.name])).astype(np.int64).swapaxes(0, 1)[:size]
            elif p.name in tallied:
                window = self.plan.windows[p.name]
                steps = slice(0, self.plan.steps) if self.plan.streaming else slice(window.start, window.stop)
                self.fill(p, tallied[p.name], counts, part, steps)
                if rasters:
                    raster = self.raster(p, kept[p.name], rasters)
                    counts.rasters[p.name][start : start + rasters, steps] = raster.reshape(rasters, -1, p.size)

    def raster(self, p: Population, kept, rasters: int) -> np.ndarray:
        raise NotImplementedError


class _Exact(_Batch):
    """radix and sync_rate: integers forward, no loop over time."""

    @property
    def tensors(self) -> int:
        """Tensors of a population's size that its spikes unfold into."""
        return max([w.stop - w.start for w in self.plan.windows.values()], default=1)

    def train(self, p: Population, q):
        """(steps of the window, batch, *shape) spikes of values `q`; for an ``if`` input, q is the pixel."""
        tf, window = self.tf, self.plan.windows[p.name]
        length = window.stop - window.start
        at = np.arange(length, dtype=self.dtype).reshape(-1, *[1] * q.shape.rank)
        if p.kind == "input" and self.network.input_code == "if":
            threshold, first = self.constant(p, "threshold"), self.constant(p, "initial_potential")
            return self.quotient((at + 1) * q[None] + first, threshold) - self.quotient(at * q[None] + first, threshold)
        if window.doubling:
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

    def forward(self, pixels):
        network, q = self.network, self.transmitted(pixels)
        tallied, outputs, kept, trains = {}, {}, {}, {}
        for p in network.populations:
            if p.kind == "readout":
                outputs[p.name] = self.readout(p, q, trains)
            elif p.kind != "input" or network.input_code != "analog":
                kept[p.name] = self.tf.convert_to_tensor(pixels[p.name]) if p.kind == "input" else q[p.name]
                trains[p.name] = self.train(p, kept[p.name])
                tallied[p.name] = self.tally(p, trains[p.name])
        return tallied, outputs, kept

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

    def raster(self, p: Population, kept, rasters: int) -> np.ndarray:
        return np.asarray(self.train(p, kept[:rasters])).astype(np.int8).swapaxes(0, 1)


class _Streaming(_Batch):
    """rate and signed: layer by layer over the whole time."""

    @property
    def tensors(self) -> int:
        """A population's spikes at all steps are alive at once."""
        return self.plan.steps

    def forward(self, pixels):
        tf, network, steps = self.tf, self.network, self.plan.steps
        sent: dict = {}
        start = {p.name: self.constant(p, "initial_potential") for p in network.populations}
        bias = {p.name: self.constant(p, "bias") for p in network.populations}
        tallied, outputs, kept = {}, {}, {}
        for p in network.populations:
            incoming = [c for c in network.incoming(p.name) if c.pre in sent]
            if p.kind == "input":
                if network.input_code == "analog":
                    for c in network.outgoing(p.name):
                        target = bias if network.code == "rate" else start
                        target[c.post] = target[c.post] + self.operators[c.name](pixels[p.name])
                    continue
                target = bias if network.input_code == "if" else start
                target[p.name] = target[p.name] + pixels[p.name]
            sums = None
            for c in incoming:
                if c.kind == "max_pool":
                    continue
                flat = self.operators[c.name](tf.reshape(sent[c.pre], (-1, *self.operators[c.name].pre_shape)))
                flat = tf.reshape(flat, (steps, -1, *p.shape))
                sums = flat if sums is None else sums + flat
            if p.kind == "max_pool":
                largest = None
                for c in incoming:
                    flat = tf.reshape(tf.cumsum(sent[c.pre], axis=0), (-1, *self.operators[c.name].pre_shape))
                    found = tf.reshape(self.operators[c.name](flat), (steps, -1, *p.shape))
                    largest = found if largest is None else tf.maximum(largest, found)
                assert largest is not None
                spikes = tf.concat([largest[:1], largest[1:] - largest[:-1]], axis=0)
                sent[p.name] = spikes
            else:
                batch = tf.shape(next(iter(pixels.values())))[0]
                zeros = tf.zeros((batch, *p.shape), self.dtype)
                if p.kind == "readout":
                    if sums is None:
                        sums = tf.zeros((steps, batch, *p.shape), self.dtype)
                    outputs[p.name] = tf.cumsum(sums + bias[p.name], axis=0) + start[p.name]
                    continue
                spikes = self.fire(p, sums, bias[p.name] + zeros, start[p.name] + zeros)
                gains = np.array([self.plan.windows[p.name].gain(t) for t in range(steps)], self.dtype)
                sent[p.name] = spikes if (gains == 1).all() else spikes * gains.reshape(-1, *[1] * (len(p.shape) + 1))
            tallied[p.name] = self.tally(p, tf.abs(spikes) if network.code == "signed" else spikes)
            kept[p.name] = spikes
        return tallied, outputs, kept

    def fire(self, p: Population, sums, bias, start):
        """(steps, batch, *shape) spikes of a population that receives `sums`."""
        tf, steps = self.tf, self.plan.steps
        window = self.plan.windows[p.name]
        threshold = self.constant(p, "threshold")
        retracts = self.network.code == "signed" and p.kind != "input"
        record = tf.TensorArray(self.dtype, size=steps, element_shape=start.shape)
        gains = tf.constant([window.gain(t) for t in range(steps)], self.dtype)
        active = tf.constant([window.active(t) for t in range(steps)], self.dtype)

        def step(t, v, n, record):
            v = v + bias * (active[t] if p.kind == "input" else 1.0)
            if sums is not None:
                v = v + sums[t]
            h = threshold * gains[t]
            s = tf.cast(v >= h, v.dtype)
            if retracts:
                s = s * tf.cast(n < p.levels, v.dtype) - tf.cast(tf.logical_and(v < 0, n > 0), v.dtype)
            s = s * active[t]
            v = tf.where(s != 0, tf.zeros_like(v), v) if p.reset == "zero" else v - h * s
            return t + 1, v, n + s * gains[t], record.write(t, s)

        *_, record = tf.while_loop(lambda t, *_: t < steps, step, (0, start, tf.zeros_like(start), record), maximum_iterations=steps)
        return record.stack()

    def raster(self, p: Population, kept, rasters: int) -> np.ndarray:
        return np.asarray(kept[:, :rasters]).astype(np.int8).swapaxes(0, 1)
