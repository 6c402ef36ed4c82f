"""The code that ANNarchy compiles for a network: its equations and ours, and no size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .build import FLAGS, SINGLE_FLAG, compiled_folder
from .compiled import is_there
from .flat_population import POPULATION_CODE
from .layout import Layout
from .neurons import NEVER, OBSERVER, OBSERVER_FIELDS, Model, model_of
from .parameters import neurons_of, observers_of
from .plan import is_single
from .projection import PROJECTION_CODE


@dataclass(frozen=True)
class Code:
    """No more than a network needs.

    Parameters
    ----------
    cell, observer : the two kinds of neurons.
    saturates : bool, whether they are held within a width.
    single : bool, in single precision.
    """

    cell: Model
    observer: Model
    saturates: bool
    single: bool

    @classmethod
    def of(cls, neurons: np.ndarray, observers: np.ndarray, single: bool) -> Code:
        """For (NEURON_FIELDS, neurons) and (OBSERVER_FIELDS, rows) parameters."""
        highest = observers[OBSERVER_FIELDS.index("highest")]
        saturates = bool((highest < NEVER).any())
        cell, observer = model_of(neurons), OBSERVER
        if saturates:
            cell, observer = cell.narrow(), observer.narrow()
        return cls(cell, observer, saturates, single)

    @property
    def flags(self) -> str:
        """Of the compiler."""
        return f"{FLAGS} {SINGLE_FLAG}" if self.single else FLAGS

    @property
    def real(self) -> type[np.floating]:
        """What ANNarchy computes in."""
        return np.float32 if self.single else np.float64

    @property
    def folder(self) -> Path:
        """Where it is kept compiled."""
        code = (self.cell, self.observer, self.flags, POPULATION_CODE, PROJECTION_CODE)
        return compiled_folder(repr(code))


def is_compiled(layout: Layout) -> bool:
    """Whether the simulator of a network lies in the cache, compiled for one of any size."""
    code = Code.of(neurons_of(layout), observers_of(layout), is_single(layout))
    return is_there(code.folder)
