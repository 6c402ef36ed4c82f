"""Rules for λ, the value at which a neuron fires at every step: one small class each.

A rule first sees what Keras computes on the calibration data (`from_activations`), and then the
weights and the spikes of the layers before, as they became integers (`in_spikes`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

CANDIDATES = np.linspace(0.15, 1.0, 60)  # of the largest activation
LARGEST_SAMPLE = 200_000  # activations per layer that a clip is chosen on
RATE_LEVELS = 32  # for which λ of a streaming rate is tuned; the optimum is flat around it

Clip = float | np.ndarray
"""λ of a layer, or (channels,) of each output channel."""


@dataclass(frozen=True)
class Drive:
    """What reaches a layer in one step.

    Parameters
    ----------
    largest_weights : list of float
        Per connection the largest weight, in the terms of Keras.
    positive_sums : list of float
        Per connection the largest sum of the positive weights of a neuron, in value per step.
    positive_bias : float
        The largest bias, or 0.
    largest : function
        Simulates the layers before; returns the largest weighted sum of a step.
    """

    largest_weights: list[float]
    positive_sums: list[float]
    positive_bias: float
    largest: Callable[[], float]


@dataclass(frozen=True)
class ClipRule:
    """How λ of a layer is chosen.

    Parameters
    ----------
    keeps_trained : bool, default False
        A layer that was trained with a clip keeps it.
    needs_trained : bool, default False
        Every layer was trained with one.
    """

    keeps_trained: bool = False
    needs_trained: bool = False

    by_channel: ClassVar[bool] = False  # whether activations of a channel alone can choose it

    @property
    def of_output(self) -> ClipRule:
        """The rule for an output that fires."""
        return self

    def from_activations(
        self,
        values: np.ndarray,
        largest: float,
        levels: int,
        percentile: float,
    ) -> float:
        """λ from the activations of a layer.

        Parameters
        ----------
        values : array
            Activations above zero, at least one.
        largest : float
            Of them, or the cap of the layer.
        levels : int
            L that the layer transmits; 0 under a streaming rate.
        percentile : float
            Of the method.
        """
        return largest

    def in_spikes(self, clip: Clip, drive: Drive) -> Clip:
        """λ from `clip`, that of the activations, and from what reaches the layer."""
        return clip


class Percentile(ClipRule):
    """A percentile of the activations."""

    by_channel = True

    def from_activations(
        self,
        values: np.ndarray,
        largest: float,
        levels: int,
        percentile: float,
    ) -> float:
        """The percentile."""
        return min(float(np.percentile(values, percentile)), largest)


class LeastError(ClipRule):
    """The λ whose L levels are closest to the activations: Σ (λ/L round(a L/λ) − a)² is least."""

    by_channel = True

    @property
    def of_output(self) -> ClipRule:
        """Not this one: an output that saturates would tie its best classes."""
        return Percentile()

    def from_activations(
        self,
        values: np.ndarray,
        largest: float,
        levels: int,
        percentile: float,
    ) -> float:
        """The best of 60 candidates."""
        if len(values) > LARGEST_SAMPLE:
            values = np.random.default_rng(0).choice(values, LARGEST_SAMPLE, replace=False)

        candidates = CANDIDATES * largest
        errors = [_mean_error(values, clip, levels or RATE_LEVELS) for clip in candidates]
        return float(candidates[int(np.argmin(errors))])


class LargestWeightOrActivation(ClipRule):
    """The largest activation, or weight of the layer if that is larger."""

    def in_spikes(self, clip: Clip, drive: Drive) -> float:
        """The larger one."""
        return max(float(clip), *drive.largest_weights)


class WorstCase(ClipRule):
    """What a neuron gets when all inputs with a positive weight fire."""

    def in_spikes(self, clip: Clip, drive: Drive) -> float:
        """max(b, 0) + Σ max(w, 0), the largest of the layer."""
        total = drive.positive_bias
        for positive_sum in drive.positive_sums:
            total = total + positive_sum
        return total or 1.0


class LargestDrive(ClipRule):
    """The largest weighted sum of a step, simulated layer by layer."""

    def in_spikes(self, clip: Clip, drive: Drive) -> float:
        """The largest sum; 1 for a layer that nothing drives."""
        largest = drive.largest()
        return largest if largest > 0 else 1.0


def _mean_error(values: np.ndarray, clip: float, levels: int) -> float:
    transmitted = np.round(values / clip * levels)
    transmitted = np.clip(transmitted, 0, levels)
    quantised = transmitted * clip / levels
    return float(np.mean((quantised - values) ** 2))


RULES: dict[str, ClipRule] = {
    "least_error": LeastError(keeps_trained=True),
    "percentile": Percentile(),
    "largest_weight_or_activation": LargestWeightOrActivation(),
    "worst_case": WorstCase(),
    "largest_drive": LargestDrive(),
    "trained": ClipRule(keeps_trained=True, needs_trained=True),
}
"""Name -> rule."""
