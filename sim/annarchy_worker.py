"""A process that holds one compiled ANNarchy network and runs samples on request.

``python -m spikewatt.sim.annarchy_worker FOLDER``: reads FOLDER/plan.npz and FOLDER/inputs.npy, prints ``ready``,
then answers each line ``start stop`` on its input with the file FOLDER/START.npz and the line ``done start stop``.
Every spike comes from ANNarchy's own neuron equations below; nothing is replayed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from .annarchy_build import cache_folder, import_annarchy, no_arguments
from .annarchy_plan import Plan

NEURON = dict(
    parameters="threshold = 1.0\n start_step = 0.0\n bias = 0.0\n counts_maximum = 0.0",
    equations="v = ite(counts_maximum > 0.5, g_window, g_exc + v + ite(t >= start_step, bias, 0.0)) : init = 0.0\nn = n : init = 0.0",
    spike="v >= threshold",
    reset="v -= threshold\n n += 1.0",
)
OBSERVER = dict(
    parameters="keeps = 0.0\n start_step = 0.0\n bias = 0.0",
    equations="c = g_exc + keeps * c + ite(t >= start_step, bias, 0.0) : init = 0.0",
    spike="c < -1.0e300",
    reset="",
)
# n counts a neuron's own spikes, so that an input's count exceeds the pool's own exactly when the window's maximum rises.
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
    projection._store_connectivity(lambda pre, post, *_: _Rows(matrix), (), 0.0, "csr", "pre_to_post")


class Simulator:
    """The compiled network of a plan."""

    def __init__(self, plan: Plan):
        from filelock import FileLock

        self.plan, self.ann = plan, import_annarchy()
        ann = self.ann
        self.network = ann.Network()
        self.network.config(dt=1.0, num_threads=1)  # more threads are 60 times slower: one barrier per spike
        self.neurons = self.network.create(len(plan.threshold), ann.Neuron(**NEURON))
        self.observers = self.network.create(len(plan.observer_keeps), ann.Neuron(**OBSERVER))
        _load(self.network.connect(self.neurons, self.neurons, target="exc"), plan.synapses)
        _load(self.network.connect(self.neurons, self.neurons, target="window", synapse=ann.Synapse(**WINDOW)), plan.windows)
        _load(self.network.connect(self.neurons, self.observers, target="exc"), plan.observed)
        self.counts = self.network.monitor(self.observers, ["c"])
        self.raster = self.network.monitor(self.neurons, ["spike"], start=False)
        folder = cache_folder(repr((NEURON, OBSERVER, WINDOW)), len(plan.threshold), len(plan.observer_keeps))
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")), no_arguments():
            self.network.compile(directory=str(folder), silent=True)
        self.neurons.threshold, self.neurons.start_step = plan.threshold, plan.start_step
        self.neurons.counts_maximum = plan.counts_maximum
        self.observers.keeps, self.observers.start_step, self.observers.bias = plan.observer_keeps, plan.observer_start, plan.observer_bias
        self.zeros = [0.0] * len(plan.threshold)
        self.observer_zeros = [0.0] * len(plan.observer_keeps)
        self.start_potential, self.bias = plan.initial_potential.tolist(), plan.bias.tolist()

    def run(self, pixels: np.ndarray, steps: int, with_raster: bool) -> tuple[np.ndarray, np.ndarray]:
        """One sample: (steps + depth, observers) recorded, and the (2, spikes) neurons and steps of the raster."""
        cells, observers = self.neurons.cyInstance, self.observers.cyInstance
        self.network.instance.set_time(0)
        cells.reset()
        self.bias[: self.plan.input_size] = pixels.tolist()
        cells.bias, cells.v, cells.n = self.bias, self.start_potential, self.zeros
        cells.g_exc, cells.g_window = self.zeros, self.zeros
        observers.c = observers.g_exc = self.observer_zeros
        if with_raster:
            self.raster.resume()
        self.network.instance.run(steps + self.plan.depth)
        raster = np.zeros((2, 0), np.int64)
        if with_raster:
            fired = self.raster.get("spike")
            self.raster.pause()
            raster = np.array([(neuron, step) for neuron, at in fired.items() for step in at], np.int64).reshape(-1, 2).T
        return np.asarray(self.counts.get("c")), raster


def main(folder: Path) -> None:
    """Serve requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever ANNarchy or a compiler prints goes to the log
    inputs = np.load(folder / "inputs.npy", mmap_mode="r")
    simulator = Simulator(Plan.load(folder / "plan.npz"))
    print("ready", file=answers)
    for line in sys.stdin:
        start, stop, steps, rasters = map(int, line.split())
        results = [simulator.run(inputs[i], steps, i < rasters) for i in range(start, stop)]
        arrays = {f"raster_{start + i}": raster for i, (_, raster) in enumerate(results) if start + i < rasters}
        np.savez(folder / f"{start}.npz", allow_pickle=False, recorded=np.array([recorded for recorded, _ in results]), **arrays)
        print("done", start, stop, file=answers)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
