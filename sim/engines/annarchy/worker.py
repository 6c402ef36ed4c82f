"""A process that holds one compiled ANNarchy network and runs samples on request.

``python -m spikewatt.sim.engines.annarchy.worker FOLDER``: reads FOLDER/plan.npz and FOLDER/inputs.npy, prints ``ready``,
then answers each line ``start stop`` on its input with the file FOLDER/START.npz and the line ``done start stop``.
Every spike comes from ANNarchy's own neuron equations below; nothing is replayed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from .build import cache_folder, import_annarchy, no_arguments
from .plan import NEURON_FIELDS, NEVER, OBSERVER_FIELDS, Plan

# One neuron for all codes. Between start_step and stop_step it fires when v reaches threshold * gain, and gain halves at each step
# under `doubling`; it takes a spike back when v is below 0 if it `retracts`. A spike delivers weight * value. A neuron that
# `repeats` sends what it is given, at once. n sums the values sent, so that an input's n exceeds the pool's own exactly when the
# window's maximum rises.
NEURON = dict(
    parameters="\n".join(f"{field} = 0.0" for field in NEURON_FIELDS),
    equations="""
        gain = ite(t > start_step, ite(doubling > 0.5, 0.5 * gain, gain), gain) : init = 1.0
        open = ite(t >= start_step, ite(t < stop_step, 1.0, 0.0), 0.0) : init = 0.0
        v = g_exc + v + bias * open : init = 0.0
        up = ite(counts_maximum > 0.5, ite(g_window > 0.5, 1.0, 0.0), ite(v >= threshold * gain, 1.0, 0.0)) : init = 0.0
        down = ite(retracts > 0.5, ite(v < 0.0, ite(n > 0.0, 1.0, 0.0), 0.0), 0.0) : init = 0.0
        value = open * ite(repeats > 0.5, v, gain * (ite(n < cap, up, 0.0) - down)) : init = 0.0
        n = n : init = 0.0
    """,
    spike="value * value > 0.0",
    reset="""
        v = ite(resets_to_zero > 0.5, 0.0, v - threshold * value)
        n += value
    """,
)
# The same neuron where every spike is worth 1 and none is taken back or held back, as in most networks of the rate code: less to
# compute and to read per step, a third faster.
PLAIN_NEURON = dict(
    parameters=NEURON["parameters"],
    equations="""
        open = ite(t >= start_step, ite(t < stop_step, 1.0, 0.0), 0.0) : init = 0.0
        v = g_exc + v + bias * open : init = 0.0
        value = open * ite(counts_maximum > 0.5, ite(g_window > 0.5, 1.0, 0.0), ite(v >= threshold, 1.0, 0.0)) : init = 0.0
        n = n : init = 0.0
    """,
    spike="value > 0.5",
    reset="""
        v -= threshold
        n += 1.0
    """,
)
OBSERVER = dict(
    parameters="\n".join(f"{field} = 0.0" for field in OBSERVER_FIELDS),
    equations="""
        open = ite(t >= start_step, ite(t < stop_step, 1.0, 0.0), 0.0) : init = 0.0
        c = g_exc + g_count + keeps * c + bias * open : init = 0.0
    """,
    spike="c < -1.0e300",
    reset="",
)
# A narrow potential: while open it is held within lowest..highest, and `lost` counts how often. It costs a sixth of the time of a
# run, so that only networks whose potentials can saturate are compiled with it.
HELD = """{state} = ite(open > 0.5, clip(sum_, lowest, highest), sum_) : init = 0.0
        lost = lost + open * ite(sum_ > highest, 1.0, ite(sum_ < lowest, 1.0, 0.0)) : init = 0.0"""


def _narrow(model: dict, state: str) -> dict:
    """The neuron `model` with its `state` held within its width."""
    lines = model["equations"].splitlines()
    (at,) = [i for i, line in enumerate(lines) if line.strip().startswith(f"{state} = ")]
    lines[at : at + 1] = [
        lines[at].replace(f"{state} = ", "sum_ = ", 1),
        "        " + HELD.format(state=state),
    ]
    return {**model, "equations": "\n".join(lines)}


def _is_plain(plan: Plan) -> bool:
    """Whether PLAIN_NEURON does what NEURON does, for all neurons of a plan whose potentials cannot saturate."""
    field = dict(zip(NEURON_FIELDS, plan.neurons, strict=True))
    special = any(
        field[name].any() for name in ("doubling", "retracts", "resets_to_zero", "repeats")
    )
    limited = (field["cap"][field["threshold"] < NEVER] < NEVER).any()
    return not special and not limited and bool((plan.gain == 1).all())


WEIGHTED = dict(pre_spike="g_target += w * pre.value")
WINDOW = dict(pre_spike="g_target += ite(pre.n > post.n, 1.0, 0.0)")


class _Rows:
    """A sparse matrix (post x pre) in the list-of-lists form that ANNarchy's connectivity loader takes."""

    requires_sorting = False

    def __init__(self, matrix: csr_array):
        matrix.sort_indices()
        used, start = np.flatnonzero(np.diff(matrix.indptr)), matrix.indptr
        columns, values = matrix.indices.tolist(), matrix.data.tolist()
        self.post_rank = used.tolist()
        self.pre_rank = [columns[start[i] : start[i + 1]] for i in used]
        self.w = [values[start[i] : start[i + 1]] for i in used]
        self.delay = [[0]]


def _load(projection, matrix: csr_array) -> None:
    """Give `projection` its synapses. ANNarchy's public from_sparse does the same one column at a time, 10 times slower."""
    projection.connector_name = projection.connector_description = "Sparse connectivity matrix"
    projection._store_connectivity(
        lambda pre, post, *_: _Rows(matrix), (), 0.0, "csr", "pre_to_post"
    )


class Simulator:
    """The compiled network of a plan."""

    def __init__(self, plan: Plan):
        from filelock import FileLock

        self.plan, self.ann = plan, import_annarchy()
        ann = self.ann
        self.network = ann.Network()
        self.network.config(
            dt=1.0, num_threads=1
        )  # more threads are 60 times slower: one barrier per spike
        neurons, observers = plan.neurons.shape[1], plan.observers.shape[1]
        self.saturates = bool((plan.observers[OBSERVER_FIELDS.index("highest")] < NEVER).any())
        cell, observer = (
            (_narrow(NEURON, "v"), _narrow(OBSERVER, "c")) if self.saturates else (NEURON, OBSERVER)
        )
        self.plain = not self.saturates and _is_plain(plan)
        cell, weighted = (PLAIN_NEURON, None) if self.plain else (cell, WEIGHTED)
        self.neurons = self.network.create(neurons, ann.Neuron(**cell))
        self.observers = self.network.create(observers, ann.Neuron(**observer))
        for pre, post, target, matrix, synapse in (
            (self.neurons, self.neurons, "exc", plan.synapses, weighted),
            (self.neurons, self.neurons, "window", plan.windows, WINDOW),
            (self.neurons, self.observers, "exc", plan.read, weighted),
            (self.neurons, self.observers, "count", plan.counted, None),
        ):
            _load(
                self.network.connect(
                    pre, post, target=target, synapse=ann.Synapse(**synapse) if synapse else None
                ),
                matrix,
            )
        self.counts = self.network.monitor(self.observers, ["c"])
        self.raster = self.network.monitor(self.neurons, ["value"], start=False)
        folder = cache_folder(repr((cell, observer, weighted, WINDOW)), neurons, observers)
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")), no_arguments():
            self.network.compile(directory=str(folder), silent=True)
        for i, field in enumerate(NEURON_FIELDS):
            setattr(self.neurons, field, plan.neurons[i])
        for i, field in enumerate(OBSERVER_FIELDS):
            setattr(self.observers, field, plan.observers[i])
        self.zeros, self.observer_zeros = [0.0] * neurons, [0.0] * observers
        self.gain = plan.gain.tolist()
        bias = np.concatenate(
            [
                plan.neurons[NEURON_FIELDS.index("bias")],
                plan.observers[OBSERVER_FIELDS.index("bias")],
            ]
        )
        self.set_by_sample = (
            bias if plan.sample_bias else np.concatenate([plan.potential, plan.kept])
        )
        self.other = (plan.potential.tolist(), plan.kept.tolist()) if plan.sample_bias else ([], [])

    def run(
        self, values: np.ndarray, with_raster: bool, events: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """One sample: (steps, observers) recorded, losses of neurons and observers, the (steps, neurons) signs of its spikes if asked for.

        Encoded inputs are given `events` (steps, inputs), one row at each step, in place of `values`.
        """
        cells, observers, plan = self.neurons.cyInstance, self.observers.cyInstance, self.plan
        self.network.instance.set_time(0)
        cells.reset()
        self.set_by_sample[plan.sample_index] = values
        entries = self.set_by_sample.tolist()
        mine = (entries[: len(self.zeros)], entries[len(self.zeros) :])
        if plan.sample_bias:
            (cells.bias, observers.bias), (cells.v, observers.c) = mine, self.other
        else:
            cells.v, observers.c = mine
        cells.n = self.zeros
        if not self.plain:
            cells.gain = self.gain
        if self.saturates:
            cells.lost, observers.lost = self.zeros, self.observer_zeros
        cells.g_exc = cells.g_window = self.zeros
        observers.g_exc = observers.g_count = self.observer_zeros
        if with_raster:
            self.raster.resume()
        if events is None:
            self.network.instance.run(plan.steps)
        else:
            for t in range(plan.steps):
                self.set_by_sample[plan.sample_index] = events[t] if t < len(events) else 0
                cells.bias = self.set_by_sample[: len(self.zeros)].tolist()
                self.network.instance.run(1)
        raster = None
        if with_raster:
            raster = np.sign(np.asarray(self.raster.get("value"))).astype(np.int8)
            self.raster.pause()
        lost = (
            np.array([*cells.lost, *observers.lost], np.int64)
            if self.saturates
            else np.zeros(0, np.int64)
        )
        return np.asarray(self.counts.get("c")), lost, raster


def main(folder: Path) -> None:
    """Serve requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever ANNarchy or a compiler prints goes to the log
    inputs = np.load(folder / "inputs.npy", mmap_mode="r")
    simulator = Simulator(Plan.load(folder / "plan.npz"))
    print("ready", file=answers)
    for line in sys.stdin:
        start, stop, rasters = map(int, line.split())
        given = folder / f"{start}.events.npy"
        events = np.load(given) if given.is_file() else [None] * (stop - start)
        results = [
            simulator.run(inputs[i], i < rasters, events[i - start]) for i in range(start, stop)
        ]
        arrays = {
            f"raster_{start + i}": raster
            for i, (*_, raster) in enumerate(results)
            if raster is not None
        }
        arrays |= {
            "recorded": np.array([recorded for recorded, *_ in results]),
            "lost": np.array([lost for _, lost, _ in results]),
        }
        np.savez(folder / f"{start}.npz", allow_pickle=False, **arrays)
        print("done", start, stop, file=answers)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
