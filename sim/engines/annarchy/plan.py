"""The arrays from which a worker builds and runs an ANNarchy network."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from .layout import Layout
from .neurons import NEURON_FIELDS, OBSERVER_FIELDS
from .parameters import neurons_of, observers_of
from .samples import samples_of, sets_bias
from .synapses import synapses_of


@dataclass(frozen=True)
class Plan:
    """What a worker needs.

    Parameters
    ----------
    neurons : (NEURON_FIELDS, neurons) parameters, padded to a size class.
    observers : (OBSERVER_FIELDS, rows) parameters, padded likewise.
    potential : (neurons,) start values.
    gain : (neurons,) worth of the first spike.
    kept : (rows,) start values of the observers.
    synapses : (neurons, neurons) post x pre weights.
    windows : (neurons, neurons) post x pre, max pooling.
    read : (rows, neurons) weights into the read-outs.
    counted : (rows, neurons) what one spike counts.
    sample_index : entries of (neurons, rows) that each sample sets, to the columns of its input.
    sample_bias : 1 if they are biases, 0 if start values.
    steps : int, steps to run.
    """

    neurons: np.ndarray
    observers: np.ndarray
    potential: np.ndarray
    gain: np.ndarray
    kept: np.ndarray
    synapses: csr_array
    windows: csr_array
    read: csr_array
    counted: csr_array
    sample_index: np.ndarray
    sample_bias: int
    steps: int

    def save(self, path: Path) -> None:
        """Write the arrays for the worker processes."""
        arrays: dict[str, np.ndarray] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, csr_array):
                arrays[field.name] = np.asarray(value)
                continue
            for part in SPARSE_PARTS:
                key = f"{field.name}.{part}"
                arrays[key] = np.asarray(getattr(value, part))
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read what `save` wrote."""
        found = {}
        with np.load(path, allow_pickle=False) as arrays:
            for field in fields(cls):
                found[field.name] = _loaded(arrays, field.name)
        return cls(**found)


SPARSE_PARTS = ("data", "indices", "indptr", "shape")


def _loaded(arrays, name: str) -> Any:
    """A field of a Plan: sparse, dense or a number."""
    if f"{name}.data" in arrays:
        parts = [arrays[f"{name}.{part}"] for part in SPARSE_PARTS]
        data, indices, indptr, shape = parts
        return csr_array((data, indices, indptr), shape=tuple(shape))

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
    the plan, padded to a size class; and (samples, len(sample_index)) what each sample sets.
    """
    neurons, potential, gain = neurons_of(layout)
    observers, kept = observers_of(layout)
    size = neurons.shape[1]
    rows = observers.shape[1]
    parts = synapses_of(layout)

    # Samples set biases or start values, of neurons and observers in one list.
    by_bias = sets_bias(layout.network)
    if by_bias:
        of_neurons = neurons[NEURON_FIELDS.index("bias")]
        of_observers = observers[OBSERVER_FIELDS.index("bias")]
        base = np.concatenate([of_neurons, of_observers])
    else:
        base = np.concatenate([potential, kept])
    index, values = samples_of(layout, inputs, base, size)

    plan = Plan(
        neurons=neurons,
        observers=observers,
        potential=potential,
        gain=gain,
        kept=kept,
        synapses=parts.synapses.matrix((size, size)),
        windows=parts.windows.matrix((size, size)),
        read=parts.read.matrix((rows, size)),
        counted=parts.counted.matrix((rows, size)),
        sample_index=index,
        sample_bias=int(by_bias),
        steps=layout.steps,
    )
    return plan, values
