"""A process that holds one compiled ANNarchy network and runs samples on request.

``python -m spikewatt.sim.engines.annarchy.worker FOLDER PIPE``: reads FOLDER/plan.npz and
FOLDER/inputs.npy, prints ``ready``, then answers each line ``start stop rasters`` on its input with
the file FOLDER/START.npz and the line ``done start stop``. Every spike comes from ANNarchy's own
neuron equations (neurons.py); nothing is replayed.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import numpy as np

from ....endings import end_group_when_closed, end_with_parent
from .build import import_annarchy, no_arguments
from .code import Code
from .compiled import compiled
from .flat_population import population
from .neurons import NEURON_FIELDS, OBSERVER_FIELDS, STEPS
from .plan import Plan
from .projection import RISING, UNWEIGHTED, WEIGHTED, projection


class Simulator:
    """The compiled network of a plan, in the `folder` of a job."""

    def __init__(self, plan: Plan, folder: Path):
        self.plan, self.ann = plan, import_annarchy()
        self.folder = folder
        self.code = Code.of(plan.neurons, plan.observers, bool(plan.single))
        self.network = self.ann.Network()
        # More threads are 60 times slower: one barrier per spike.
        precision = self.ann.float32 if plan.single else self.ann.float64
        self.network.config(dt=1.0, num_threads=1, dtype=precision)

        self._populate()
        self._connect()
        self.counts = self.network.monitor(self.observers, ["c"])
        self.raster = self.network.monitor(self.neurons, ["value"], start=False)
        self._compile()
        self._set_parameters()

    def _populate(self) -> None:
        """The two populations of the plan."""
        code = self.code
        _, neurons = self.plan.neurons.shape
        _, observers = self.plan.observers.shape
        self.neurons = population(self.network, neurons, code.cell, code.real)
        self.observers = population(self.network, observers, code.observer, code.real)

    def _connect(self) -> None:
        """The projections of the plan."""
        plan, neurons, observers = self.plan, self.neurons, self.observers
        by_weight = WEIGHTED if self.code.cell.sends_values else UNWEIGHTED
        projections = [
            (neurons, "exc", plan.synapses, by_weight),
            (observers, "exc", plan.read, by_weight),
            (observers, "count", plan.counted, UNWEIGHTED),
        ]
        if self.code.cell.compares:
            projections.append((neurons, "window", plan.windows, RISING))
        for post, target, arrows, effect in projections:
            projection(self.network, neurons, post, target, arrows, effect, self.code.real)

    def _compile(self) -> None:
        """Compile, or take what was compiled for these equations."""
        code = self.code
        with compiled(code.folder, self.folder) as folder, no_arguments():
            self.network.compile(directory=str(folder), silent=True, compiler_flags=code.flags)

    def _set_parameters(self) -> None:
        """Parameters that no sample changes, and where each sample's numbers belong."""
        plan = self.plan
        for of, table, fields in (
            (self.neurons, plan.neurons, NEURON_FIELDS),
            (self.observers, plan.observers, OBSERVER_FIELDS),
        ):
            for values, field in zip(table, fields, strict=True):
                if field in of.attributes:
                    setattr(of, field, values.astype(int) if field in STEPS else values)

        _, size = plan.neurons.shape
        self.to_neurons = plan.sample_index < size
        index = plan.sample_index
        self.neurons.cyInstance.places = index[self.to_neurons].tolist()
        self.observers.cyInstance.places = (index[~self.to_neurons] - size).tolist()

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
        self.network.instance.set_time(0)
        self.neurons.cyInstance.reset()
        self.observers.cyInstance.reset()
        if with_raster:
            self.raster.resume()
        if events is None:
            self._give(values)
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

    def _give(self, values: np.ndarray) -> None:
        """Biases or start values of a sample."""
        values = values.astype(self.code.real)
        for to, part in (
            (self.neurons.cyInstance, values[self.to_neurons]),
            (self.observers.cyInstance, values[~self.to_neurons]),
        ):
            give = to.give_bias if self.plan.sample_bias else to.give_start
            give(part.tobytes())

    def _run_on(self, events: np.ndarray) -> None:
        """Step by step, each with the events of the step as biases."""
        none = np.zeros_like(events[0])
        for t in range(self.plan.steps):
            # After the last event, steps go on until it has arrived.
            self._give(events[t] if t < len(events) else none)
            self.network.instance.run(1)

    def _losses(self) -> np.ndarray:
        """How often each neuron and observer was held; empty where none can be."""
        if not self.code.saturates:
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
    gc.freeze()  # ANNarchy's own objects are looked through no more
    print("ready", file=answers)
    for request in sys.stdin:
        print(serve(simulator, folder, inputs, request), file=answers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
