"""Population: the neurons of one layer and the rule by which they fire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...errors import SpikewattError, check_name, one_of, whole_number

PopulationKind = Literal["input", "integrate_and_fire", "max_pool", "readout"]
POPULATION_KINDS = ("input", "integrate_and_fire", "max_pool", "readout")
RESETS = ("subtract", "zero")


def integers(where: str, value, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Read-only int64 copy of `value`; raises if it is not integer-valued or does not broadcast to `shape`."""
    array = np.asarray(value)
    if (
        array.dtype == object
        or not np.issubdtype(array.dtype, np.number)
        or np.iscomplexobj(array)
        or not (np.abs(array.astype(np.float64)) < 2**53).all()
    ):
        raise SpikewattError(
            where, "every number is an integer below 2^53", array.dtype, "integers"
        )
    if not (np.issubdtype(array.dtype, np.integer) or np.all(array == np.round(array))):
        raise SpikewattError(
            where, "every number of a SpikingNetwork is an integer", array.dtype, "integers"
        )
    if shape is not None:
        try:
            np.broadcast_shapes(array.shape, shape)
            fits = np.broadcast_shapes(array.shape, shape) == tuple(shape)
        except ValueError:
            fits = False
        if not fits:
            raise SpikewattError(
                where, "must broadcast to the population's shape", array.shape, shape
            )
    array = array.astype(np.int64)
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Population:
    """Neurons of one layer, which share a firing rule.

    Parameters
    ----------
    name : unique in the network.
    shape : (channels,) or (height, width, channels).
    kind : ``input`` (integrates the integer pixel, fires at `threshold`), ``integrate_and_fire``,
        ``max_pool`` (fires when the largest cumulative input count of its window rises), ``readout`` (integrates, never fires).
    threshold, bias, initial_potential : integers that broadcast to `shape`; threshold >= 1; the bias is added at every step.
    levels : largest value that one inference transmits, in spikes (or 2^steps - 1 under ``radix``); 0 where there is no limit.
    reset : ``subtract`` the threshold or to ``zero``.
    unit : value of one spike, or of one unit of a read-out's potential, in the terms of the Keras network; one for all or (channels,).
    """

    name: str
    shape: tuple[int, ...]
    kind: PopulationKind
    threshold: np.ndarray
    bias: np.ndarray
    initial_potential: np.ndarray
    levels: int = 0
    reset: str = "subtract"
    unit: np.ndarray | float = 1.0

    def __post_init__(self):
        where = f"Population {self.name!r}"
        check_name(f"{where}.name", self.name)
        one_of(f"{where}.kind", "must be a known kind of population", self.kind, POPULATION_KINDS)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        if not self.shape or min(self.shape) < 1:
            raise SpikewattError(f"{where}.shape", "every dimension is at least 1", self.shape)
        for field in ("threshold", "bias", "initial_potential"):
            object.__setattr__(
                self, field, integers(f"{where}.{field}", getattr(self, field), self.shape)
            )
        one_of(f"{where}.reset", "must be a known reset", self.reset, RESETS)
        unit = np.array(self.unit, np.float64)
        unit = unit.reshape(-1)[:1].reshape(()) if (unit == unit.reshape(-1)[0]).all() else unit
        if unit.shape not in ((), (self.shape[-1],)) or not np.isfinite(unit).all():
            raise SpikewattError(
                f"{where}.unit",
                "is a value, one for all or one per channel",
                unit.shape,
                (self.shape[-1],),
            )
        unit.setflags(write=False)
        object.__setattr__(self, "unit", unit)
        object.__setattr__(
            self,
            "levels",
            whole_number(f"{where}.levels", "is a number of levels, or 0", self.levels, 0, 2**31),
        )
        if self.threshold.min() < 1:
            raise SpikewattError(
                f"{where}.threshold", "must be at least 1", int(self.threshold.min()), ">= 1"
            )

    @property
    def size(self) -> int:
        """Number of neurons."""
        return int(np.prod(self.shape))

    def per_neuron(self, field: str) -> np.ndarray:
        """The (size,) int64 values of ``threshold``, ``bias`` or ``initial_potential``, one per neuron."""
        return np.broadcast_to(getattr(self, field), self.shape).reshape(-1)
