"""A fitted value with its range, and least squares that says its spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..cards.card import Card

NORMAL_90 = 1.6448536269514722  # standard deviations from the median to the 95th percentile


class Fitted(NamedTuple):
    """Median, 5th and 95th percentile, in SI units."""

    value: float
    low: float
    high: float

    def wider(self, by: float) -> Fitted:
        """Its distances to either end combined with another, independent one of `by`; never < 0.

        >>> Fitted(10.0, 7.0, 13.0).wider(4.0)
        Fitted(value=10.0, low=5.0, high=15.0)
        """
        down = float(np.hypot(self.value - self.low, by))
        up = float(np.hypot(self.high - self.value, by))
        return Fitted(self.value, max(0.0, self.value - down), self.value + up)


def least_squares(
    counts: np.ndarray, wanted: np.ndarray, spread: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Values x with counts · x nearest to `wanted`, and their standard errors.

    Parameters
    ----------
    counts : np.ndarray
        (rows, values).
    wanted : np.ndarray
        (rows,).
    spread : np.ndarray, optional
        (rows,) standard deviations of the rows; where unknown they are equal, and estimated from
        the residuals.
    """
    known = np.ones(len(wanted)) if spread is None else spread
    scaled, target = counts / known[:, None], wanted / known
    found, *_ = np.linalg.lstsq(scaled, target, rcond=None)
    covariance = np.linalg.inv(scaled.T @ scaled)
    if spread is None:
        residuals = target - scaled @ found
        free = max(1, len(wanted) - counts.shape[1])
        covariance = covariance * float(residuals @ residuals) / free
    return found, np.sqrt(np.diag(covariance))


def hull(values: Sequence[float], errors: Sequence[float], middle: int) -> Fitted:
    """The value number `middle`, from the lowest to the highest end of all of them."""
    low = min(value - NORMAL_90 * error for value, error in zip(values, errors, strict=True))
    high = max(value + NORMAL_90 * error for value, error in zip(values, errors, strict=True))
    return Fitted(values[middle], max(0.0, low), high)


def with_values(card: Card, fitted: dict[str, Fitted]) -> Card:
    """`card` with other fitted values, all else as it says."""
    values = {key: replace(card[key], **found._asdict()) for key, found in fitted.items()}
    return replace(card, values={**card.values, **values})
