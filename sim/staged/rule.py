"""MarginRule: who goes on to the next stage."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError, whole_number
from .margins import checked_share

WHERE = "MarginRule"
LARGEST = 2**62


@dataclass(frozen=True)
class MarginRule:
    """A sample goes on to the next stage if its margin is below a share of a scale.

    After stage i, with the margin m and the scale s of that stage, in the integers of its read-out:

        goes on  ⇔  m < ⌈threshold · s⌉,     threshold 0: nobody, 1: everybody

    so that hardware compares whole numbers.

    Parameters
    ----------
    threshold : 0..1.
    scales : integers >= 1, one for each stage but the last: the largest margin on validation
        samples, as `largest_margin` finds it.

    Raises
    ------
    SpikewattError : a threshold outside of 0..1, a scale that is no number of at least 1.

    >>> rule = MarginRule(0.1, (1005,))
    >>> rule.limit(0), rule.goes_on(0, np.array([100, 101])).tolist()
    (101, [True, False])
    """

    threshold: float
    scales: tuple[int, ...]

    def __post_init__(self):
        threshold = checked_share(f"{WHERE}.threshold", self.threshold)
        object.__setattr__(self, "threshold", threshold)
        if not isinstance(self.scales, tuple | list) or not self.scales:
            law = "has a scale for each stage but the last"
            raise SpikewattError(f"{WHERE}.scales", law, repr(self.scales), "integers >= 1")
        law = "is a largest margin"
        scales = tuple(whole_number(f"{WHERE}.scales", law, s, 1, LARGEST) for s in self.scales)
        object.__setattr__(self, "scales", scales)

    def limit(self, stage: int) -> int:
        """The margin from which on stage `stage` is sure enough."""
        return math.ceil(self.threshold * self.scales[stage])

    def goes_on(self, stage: int, found: np.ndarray) -> np.ndarray:
        """Of (samples,) margins after `stage`, whose sample goes on."""
        if self.threshold == 1:
            return np.ones(len(found), bool)
        return found < self.limit(stage)
