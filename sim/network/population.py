"""Population: the neurons of one layer, and what they are there for."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from ...errors import SpikewattError, check_name, whole_number
from ...frozen import Rebuilt
from .integers import integers
from .named import Named, by_name, named
from .neurons import RESETS, Reset, Subtract

GATES = ("planes", "wakes_within")
MOST_BITS = 31  # of a value that is transmitted


class PopulationKind(Named):
    """What the neurons of a population are there for.

    Facts: `is_input`, `is_readout`, `compares` (a max pool), `fires` (sends spikes).
    """

    is_input = False
    is_readout = False
    compares = False

    @property
    def fires(self) -> bool:
        """Whether its neurons may send spikes: all but those of a read-out."""
        return not self.is_readout


class Input(PopulationKind):
    """Turns pixels into spikes, as the network's input code says."""

    name = "input"
    is_input = True


class IntegrateAndFire(PopulationKind):
    """Adds what arrives, fires at the threshold."""

    name = "integrate_and_fire"


class MaxPool(PopulationKind):
    """Fires when the largest cumulative count of its window rises."""

    name = "max_pool"
    compares = True


class Readout(PopulationKind):
    """Adds what arrives, and never fires."""

    name = "readout"
    is_readout = True


POPULATION_KINDS: dict[str, PopulationKind] = by_name(
    (Input(), IntegrateAndFire(), MaxPool(), Readout())
)


@dataclass(frozen=True, eq=False)
class Population(Rebuilt):
    """Neurons of one layer, which share a firing rule.

    Parameters
    ----------
    name : str, unique in the network.
    shape : (channels,), (length, channels) or (rows, columns, channels).
    kind : PopulationKind or its name: ``input`` (integrates the integer pixel, fires at
        `threshold`), ``integrate_and_fire``, ``max_pool`` (fires when the largest cumulative count
        of its window rises), ``readout`` (integrates, never fires).
    threshold : integers >= 1 that broadcast to `shape`.
    bias : integers that broadcast to `shape`, added at every step.
    initial_potential : integers that broadcast to `shape`.
    levels : int, largest value that one inference transmits, in units of the last spike; default 0,
        no limit.
    reset : Reset or its name: ``subtract`` the threshold (default) or to ``zero``.
    planes : int, spikes of its train that a neuron may send, the most significant first; the rest
        of its steps never comes. Default 0, all of them. For codes in which a spike is worth twice
        the next.
    wakes_within : int, a neuron that has not fired in the first so many steps of its window stays
        silent for the rest of it. Default 0, no such gate. For ``integrate_and_fire`` under such a
        code.
    unit : value of one spike, or of one unit of a read-out's potential, as the Keras network has
        it; one for all, or (channels,). Default 1.

    Raises
    ------
    SpikewattError : a name, kind, shape or number that is none of these.

    >>> Population("hidden", (4, 4, 8), "integrate_and_fire", 12, 0, 6).size
    128
    """

    name: str
    shape: tuple[int, ...]
    kind: PopulationKind
    threshold: np.ndarray
    bias: np.ndarray
    initial_potential: np.ndarray
    levels: int = 0
    reset: Reset = Subtract()  # noqa: RUF009  (frozen, without state)
    unit: np.ndarray | float = 1.0
    planes: int = 0
    wakes_within: int = 0

    def __post_init__(self):
        where = f"Population {self.name!r}"
        check_name(f"{where}.name", self.name)
        law = "must be a known kind of population"
        kind = named(f"{where}.kind", law, self.kind, POPULATION_KINDS)
        self._set("kind", kind)

        self._set("shape", tuple(int(n) for n in self.shape))
        if not self.shape or min(self.shape) < 1:
            law = "every dimension is at least 1"
            raise SpikewattError(f"{where}.shape", law, self.shape)

        for field in ("threshold", "bias", "initial_potential"):
            numbers = integers(f"{where}.{field}", getattr(self, field), self.shape)
            self._set(field, numbers)

        law = "must be a known reset"
        reset = named(f"{where}.reset", law, self.reset, RESETS)
        self._set("reset", reset)

        unit = _unit(where, self.unit, self.shape[-1])
        self._set("unit", unit)

        law = "is a number of levels, or 0"
        levels = whole_number(f"{where}.levels", law, self.levels, 0, 2**31)
        self._set("levels", levels)

        for field in GATES:
            law = "is a number of steps, or 0"
            steps = whole_number(f"{where}.{field}", law, getattr(self, field), 0, MOST_BITS)
            self._set(field, steps)

        lowest = int(self.threshold.min())
        if lowest < 1:
            law = "must be at least 1"
            raise SpikewattError(f"{where}.threshold", law, lowest, ">= 1")

    def _set(self, field: str, value) -> None:
        object.__setattr__(self, field, value)

    @property
    def gated(self) -> bool:
        """Whether some of what it could send is held back."""
        return any(getattr(self, field) for field in GATES)

    @property
    def size(self) -> int:
        """Number of neurons."""
        return prod(self.shape)

    def per_neuron(self, field: str) -> np.ndarray:
        """The (size,) int64 values of ``threshold``, ``bias`` or ``initial_potential``, one per
        neuron.
        """
        values = getattr(self, field)
        return np.broadcast_to(values, self.shape).reshape(-1)


def passed(p: Population) -> tuple[int, int]:
    """What the gates of `p` let pass of the values 0..levels: the least one beside 0, and the
    step from one to the next.

    >>> passed(Population("a", (1,), "integrate_and_fire", 1, 0, 0, 63, planes=4, wakes_within=3))
    (8, 4)
    """
    bits = p.levels.bit_length()
    held_back = bits - p.planes if p.planes else 0
    least = 1 << (bits - p.wakes_within) if p.wakes_within else 1
    return max(least, 1 << held_back), 1 << held_back


def _unit(where: str, value, channels: int) -> np.ndarray:
    """`value` as a read-only scalar where all are equal, else as (channels,)."""
    unit = np.array(value, np.float64)
    first = unit.reshape(-1)[:1].reshape(())
    if (unit == first).all():
        unit = first

    known_shape = unit.shape in ((), (channels,))
    if not known_shape or not np.isfinite(unit).all():
        law = "is a value, one for all or one per channel"
        raise SpikewattError(f"{where}.unit", law, unit.shape, (channels,))
    unit.setflags(write=False)
    return unit
