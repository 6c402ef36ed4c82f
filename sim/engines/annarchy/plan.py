"""The arrays from which a worker builds and runs an ANNarchy network."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ..state_width import largest_potential
from .arrows import Arrows, Synapses
from .layout import EXACT_BITS, Layout
from .neurons import NEURON_FIELDS, OBSERVER_FIELDS
from .parameters import neurons_of, observers_of
from .samples import samples_of, sets_bias


@dataclass(frozen=True)
class Plan:
    """What a worker needs.

    Parameters
    ----------
    neurons : (NEURON_FIELDS, neurons) parameters.
    observers : (OBSERVER_FIELDS, rows) parameters.
    synapses : to neurons, by weight.
    windows : to neurons, max pooling.
    read : to the rows of read-outs, by weight.
    counted : to the rows that count, by what one spike counts.
    sample_index : entries of (neurons, rows) that each sample sets, to the columns of its input.
    sample_bias : 1 if they are biases, 0 if start values.
    steps : int, steps to run.
    single : 1 if every number is exact in single precision.
    """

    neurons: np.ndarray
    observers: np.ndarray
    synapses: Arrows
    windows: Arrows
    read: Arrows
    counted: Arrows
    sample_index: np.ndarray
    sample_bias: int
    steps: int
    single: int

    def save(self, path: Path) -> None:
        """Write the arrays for the worker processes."""
        arrays: dict[str, np.ndarray] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, Arrows):
                arrays[field.name] = np.asarray(value)
                continue
            for part in fields(Arrows):
                key = f"{field.name}.{part.name}"
                arrays[key] = getattr(value, part.name)
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read what `save` wrote."""
        found = {}
        with np.load(path, allow_pickle=False) as arrays:
            for field in fields(cls):
                found[field.name] = _loaded(arrays, field.name)
        return cls(**found)


def _loaded(arrays, name: str) -> Any:
    """A field of a Plan: arrows, an array or a number."""
    if f"{name}.first" in arrays:
        parts = [arrays[f"{name}.{part.name}"] for part in fields(Arrows)]
        return Arrows(*parts)

    value = arrays[name]
    if value.ndim == 0:
        return int(value)
    return value


def plan_of(layout: Layout, inputs: np.ndarray) -> tuple[Plan, np.ndarray]:
    """Arrays for the simulator.

    Parameters
    ----------
    inputs : (samples, neurons of all inputs) integers.

    Returns
    -------
    the plan; and (samples, len(sample_index)) what each sample sets.
    """
    neurons = neurons_of(layout)
    observers = observers_of(layout)
    parts = Synapses(layout)

    # Samples set biases or start values, of neurons and observers in one list.
    by_bias = sets_bias(layout.network)
    field = "bias" if by_bias else "initial"
    of_neurons = neurons[NEURON_FIELDS.index(field)]
    of_observers = observers[OBSERVER_FIELDS.index(field)]
    base = np.concatenate([of_neurons, of_observers])
    index, values = samples_of(layout, inputs, base, layout.size)

    plan = Plan(
        neurons=neurons,
        observers=observers,
        synapses=parts.synapses.arrows(layout.size),
        windows=parts.windows.arrows(layout.size),
        read=parts.read.arrows(layout.size),
        counted=parts.counted.arrows(layout.size),
        sample_index=index,
        sample_bias=int(by_bias),
        steps=layout.steps,
        single=int(is_single(layout)),
    )
    return plan, values


def is_single(layout: Layout) -> bool:
    """Whether every number of a run is exact in single precision.

    Potentials, counts of a step, and all sums on the way to them.
    """
    counts = [int(row.fan_out.sum()) for row in layout.rows]
    potential = largest_potential(layout.network, layout.schedule)
    return max(potential, layout.steps, *counts) < 2**EXACT_BITS
