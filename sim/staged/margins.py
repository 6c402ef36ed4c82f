"""How sure an answer is: the margin between its potential and the next one."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np

from ...errors import SpikewattError


def margins(potentials: np.ndarray) -> np.ndarray:
    """Largest minus second potential of a read-out, in its own integers.

    Of a single neuron, which decides between two classes by its sign, the distance from 0.

    Parameters
    ----------
    potentials : (…, classes) integers.

    Returns
    -------
    int64 (…)

    >>> margins(np.array([[3, 9, -2], [4, 4, 1]])).tolist(), margins(np.array([[-5]])).tolist()
    ([6, 0], [5])
    """
    potentials = np.asarray(potentials, np.int64)
    if potentials.shape[-1] == 1:
        return np.abs(potentials[..., 0])
    two = np.partition(potentials, -2, axis=-1)[..., -2:]
    return two[..., 1] - two[..., 0]


def checked_share(where: str, value: object) -> float:
    """A threshold, as a share 0..1 of a scale.

    Raises
    ------
    SpikewattError : anything else.
    """
    if not is_number(value) or not 0 <= value <= 1:
        raise SpikewattError(where, "is a share of the largest margin", repr(value), "0..1")
    return float(value)


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a plain real number; a truth value is none."""
    number = isinstance(value, float | int | np.floating | np.integer)
    return number and not isinstance(value, bool)


def largest_margin(potentials: np.ndarray) -> int:
    """The integer scale of thresholds, from samples that are not test samples; 1 at least."""
    return max(1, int(margins(potentials).max(initial=1)))
