"""A process that holds one compiled ANNarchy network and runs samples on request.

``python -m spikewatt.sim.engines.annarchy.worker FOLDER PIPE``: reads FOLDER/plan.npz and
FOLDER/inputs.npy, prints ``ready``, then answers each line ``start stop rasters`` on its input with
the file FOLDER/START.npz and the line ``done start stop``. Every spike comes from ANNarchy's own
neuron equations (neurons.py); nothing is replayed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from ....endings import end_group_when_closed, end_with_parent
from .build import compiled_folder, import_annarchy, no_arguments
from .compiled import compiled
from .neurons import (
    NEURON,
    NEURON_FIELDS,
    NEVER,
    OBSERVER,
    OBSERVER_FIELDS,
    PLAIN_NEURON,
    WEIGHTED,
    WINDOW,
    is_plain,
    narrow,
)
from .plan import Plan


class _Rows:
    """A sparse matrix (post x pre) in the list-of-lists form that ANNarchy's connectivity loader
    takes.
    """

    requires_sorting = False

    def __init__(self, matrix: csr_array):
        matrix.sort_indices()
        start = matrix.indptr
        used = np.flatnonzero(np.diff(start))
        columns = matrix.indices.tolist()
        values = matrix.data.tolist()

        rows = [slice(start[i], start[i + 1]) for i in used]
        self.post_rank = used.tolist()
        self.pre_rank = [columns[row] for row in rows]
        self.w = [values[row] for row in rows]
        self.delay = [[0]]


def _load(projection, matrix: csr_array) -> None:
    """Give `projection` its synapses.

    ANNarchy's public from_sparse does the same one column at a time, 10 times slower.
    """
    projection.connector_name = "Sparse connectivity matrix"
    projection.connector_description = projection.connector_name

    def rows(pre, post, *_):
        return _Rows(matrix)

    projection._store_connectivity(rows, (), 0.0, "csr", "pre_to_post")


class Simulator:
    """The compiled network of a plan, in the `folder` of a job."""

    def __init__(self, plan: Plan, folder: Path):
        self.plan, self.ann = plan, import_annarchy()
        self.folder = folder
        self.network = self.ann.Network()
        # More threads are 60 times slower: one barrier per spike.
        self.network.config(dt=1.0, num_threads=1)

        self._choose_equations()
        self._connect()
        self.counts = self.network.monitor(self.observers, ["c"])
        self.raster = self.network.monitor(self.neurons, ["value"], start=False)
        self._compile()
        self._set_parameters()

    def _choose_equations(self) -> None:
        """Equations and populations: no more than the plan needs."""
        plan = self.plan
        highest = plan.observers[OBSERVER_FIELDS.index("highest")]
        self.saturates = bool((highest < NEVER).any())
        self.plain = not self.saturates and is_plain(plan.neurons, plan.gain)

        self.cell = NEURON
        self.observer = OBSERVER
        self.weighted = WEIGHTED
        if self.saturates:
            self.cell = narrow(NEURON, "v")
            self.observer = narrow(OBSERVER, "c")
        elif self.plain:
            self.cell = PLAIN_NEURON
            self.weighted = None

        _, neurons = plan.neurons.shape
        _, observers = plan.observers.shape
        neuron = self.ann.Neuron(**self.cell)
        observer = self.ann.Neuron(**self.observer)
        self.neurons = self.network.create(neurons, neuron)
        self.observers = self.network.create(observers, observer)

    def _connect(self) -> None:
        """The four projections of the plan."""
        plan, neurons, observers = self.plan, self.neurons, self.observers
        for post, target, matrix, equations in (
            (neurons, "exc", plan.synapses, self.weighted),
            (neurons, "window", plan.windows, WINDOW),
            (observers, "exc", plan.read, self.weighted),
            (observers, "count", plan.counted, None),
        ):
            synapse = None
            if equations is not None:
                synapse = self.ann.Synapse(**equations)
            projection = self.network.connect(
                neurons,
                post,
                target=target,
                synapse=synapse,
            )
            _load(projection, matrix)

    def _compile(self) -> None:
        """Compile, or take what was compiled for these equations and sizes."""
        equations = repr((self.cell, self.observer, self.weighted, WINDOW))
        sizes = self.plan.neurons.shape[1], self.plan.observers.shape[1]
        with compiled(compiled_folder(equations, *sizes), self.folder) as folder, no_arguments():
            self.network.compile(directory=str(folder), silent=True)

    def _set_parameters(self) -> None:
        """Parameters that no sample changes, and lists that every sample starts from."""
        plan = self.plan
        for i, field in enumerate(NEURON_FIELDS):
            setattr(self.neurons, field, plan.neurons[i])
        for i, field in enumerate(OBSERVER_FIELDS):
            setattr(self.observers, field, plan.observers[i])

        self.zeros = [0.0] * plan.neurons.shape[1]
        self.observer_zeros = [0.0] * plan.observers.shape[1]
        self.gain = plan.gain.tolist()
        self.start = plan.potential.tolist(), plan.kept.tolist()

        # Biases or start values, of neurons and observers in one list.
        of_neurons, of_observers = plan.potential, plan.kept
        if plan.sample_bias:
            of_neurons = plan.neurons[NEURON_FIELDS.index("bias")]
            of_observers = plan.observers[OBSERVER_FIELDS.index("bias")]
        self.set_by_sample = np.concatenate([of_neurons, of_observers])

    def run(
        self, values: np.ndarray, with_raster: bool, events: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Run one sample.

        Parameters
        ----------
        values : (entries,) what the sample sets.
        with_raster : whether every spike is recorded.
        events : (steps, inputs) in place of `values` for encoded inputs, one row at each step.

        Returns
        -------
        (steps, observers) recorded; losses of neurons and observers; (steps, neurons) signs of the
        spikes, if asked for.
        """
        self._reset(values)
        if with_raster:
            self.raster.resume()
        if events is None:
            self.network.instance.run(self.plan.steps)
        else:
            self._run_on(events)

        raster = None
        if with_raster:
            sent = np.asarray(self.raster.get("value"))
            raster = np.sign(sent).astype(np.int8)
            self.raster.pause()
        recorded = np.asarray(self.counts.get("c"))
        return recorded, self._losses(), raster

    def _reset(self, values: np.ndarray) -> None:
        """The state before the first step of a sample."""
        cells, observers = self.neurons.cyInstance, self.observers.cyInstance
        self.network.instance.set_time(0)
        cells.reset()

        self.set_by_sample[self.plan.sample_index] = values
        entries = self.set_by_sample.tolist()
        size = len(self.zeros)
        of_cells, of_observers = entries[:size], entries[size:]
        if self.plan.sample_bias:
            cells.bias, observers.bias = of_cells, of_observers
            cells.v, observers.c = self.start
        else:
            cells.v, observers.c = of_cells, of_observers

        cells.n = self.zeros
        if not self.plain:
            cells.gain = self.gain
        if self.saturates:
            cells.lost = self.zeros
            observers.lost = self.observer_zeros

        # What was on its way when the last sample ended.
        cells.g_exc = cells.g_window = self.zeros
        observers.g_exc = observers.g_count = self.observer_zeros

    def _run_on(self, events: np.ndarray) -> None:
        """Step by step, each with the events of the step as biases."""
        cells = self.neurons.cyInstance
        size = len(self.zeros)
        places = self.plan.sample_index
        for t in range(self.plan.steps):
            # After the last event, steps go on until it has arrived.
            now = events[t] if t < len(events) else 0
            self.set_by_sample[places] = now
            cells.bias = self.set_by_sample[:size].tolist()
            self.network.instance.run(1)

    def _losses(self) -> np.ndarray:
        """How often each neuron and observer was held; empty where none can be."""
        if not self.saturates:
            return np.zeros(0, np.int64)
        cells, observers = self.neurons.cyInstance, self.observers.cyInstance
        return np.array([*cells.lost, *observers.lost], np.int64)


def serve(simulator: Simulator, folder: Path, inputs: np.ndarray, request: str) -> str:
    """Run the samples of one `request`, leave a file, and return the answer."""
    start, stop, rasters = map(int, request.split())
    given = folder / f"{start}.events.npy"
    events = [None] * (stop - start)
    if given.is_file():
        events = np.load(given)

    arrays = {}
    recorded, losses = [], []
    for sample in range(start, stop):
        states, lost, raster = simulator.run(
            inputs[sample],
            with_raster=sample < rasters,
            events=events[sample - start],
        )
        recorded.append(states)
        losses.append(lost)
        if raster is not None:
            arrays[f"raster_{sample}"] = raster

    arrays["recorded"] = np.array(recorded)
    arrays["lost"] = np.array(losses)
    np.savez(folder / f"{start}.npz", allow_pickle=False, **arrays)
    return f"done {start} {stop}"


def main(folder: Path, watched: int) -> None:
    """Serve requests until the input ends; `watched` closes when the parent is no more."""
    end_group_when_closed(watched)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever ANNarchy or a compiler prints goes to the log
    inputs = np.load(folder / "inputs.npy", mmap_mode="r")
    simulator = Simulator(Plan.load(folder / "plan.npz"), folder)
    end_with_parent()  # no compiler runs from here on
    print("ready", file=answers)
    for request in sys.stdin:
        print(serve(simulator, folder, inputs, request), file=answers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
