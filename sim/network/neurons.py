"""What a neuron does in one step: pure functions of arrays, and the rules that name them.

The reference engine and the golden model of the RTL core call these; the other engines mirror them,
rule by rule. Potentials, drives, thresholds and spikes are integer arrays that broadcast against
each other.
"""

from __future__ import annotations

import numpy as np

from .named import Named, by_name

# Steps


def hold(v: np.ndarray, lowest: int, highest: int) -> tuple[np.ndarray, np.ndarray]:
    """Potentials held within the width of a register.

    Returns
    -------
    potentials within lowest..highest, and where they had to be held.

    >>> potential, held = hold(np.array([-9, 3, 8]), -8, 7)
    >>> potential.tolist(), held.tolist()
    ([-8, 3, 7], [True, False, True])
    """
    within = np.clip(v, lowest, highest)
    return within, within != v


def fire(v: np.ndarray, threshold: np.ndarray, reset: Reset) -> tuple[np.ndarray, np.ndarray]:
    """Integrate-and-fire after its input was added: s = 1 where v >= θ.

    Returns
    -------
    potentials after the reset, and spikes (0 or 1).

    >>> v, spikes = fire(np.array([4, 5, 13]), np.array(5), Subtract())
    >>> v.tolist(), spikes.tolist()
    ([4, 0, 8], [0, 1, 1])
    """
    spikes = (v >= threshold).astype(np.int64)
    left = reset.after(v, spikes, threshold)
    return left, spikes


def fire_or_retract(
    v: np.ndarray, threshold: np.ndarray, sent: np.ndarray, levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """As `fire`, up to `levels` spikes.

    And s = −1 where v < 0 and a spike was sent that can be taken back.

    Parameters
    ----------
    sent : spikes sent so far, those taken back subtracted.
    levels : most that may be sent, >= 1.

    Returns
    -------
    potentials after the reset by subtraction, and spikes (−1, 0 or 1).
    """
    up = (v >= threshold) & (sent < levels)
    down = (v < 0) & (sent > 0)
    spikes = up.astype(np.int64) - down
    left = Subtract().after(v, spikes, threshold)
    return left, spikes


def rise(largest: np.ndarray, sent: np.ndarray) -> np.ndarray:
    """Max pool: s = 1 where the `largest` count of the window exceeds what the neuron has sent."""
    rises = largest > sent
    return rises.astype(np.int64)


# What is left of the potential after a spike


class Reset(Named):
    """What a spike does to the potential."""

    def after(self, v: np.ndarray, spikes: np.ndarray, threshold: np.ndarray) -> np.ndarray:
        """Potentials after `spikes` (1, 0 or −1)."""
        raise NotImplementedError


class Subtract(Reset):
    """v − θ s: nothing is lost."""

    name = "subtract"

    def after(self, v: np.ndarray, spikes: np.ndarray, threshold: np.ndarray) -> np.ndarray:
        """v − θ s."""
        return v - threshold * spikes


class Zero(Reset):
    """0 where there was a spike: what exceeded the threshold is lost."""

    name = "zero"

    def after(self, v: np.ndarray, spikes: np.ndarray, threshold: np.ndarray) -> np.ndarray:
        """0 where s is not 0, else v."""
        return np.where(spikes != 0, 0, v)


RESETS = by_name((Subtract(), Zero()))


# Which of these a population follows


class FiringRule(Named):
    """How the neurons of a population decide at a step.

    `SpikingNetwork.rule` says which rule a population follows.

    Facts: `integrates` (has a potential, which can saturate), `fires` (sends spikes).
    """

    integrates = True
    fires = True


class IntegrateAndFire(FiringRule):
    """Adds its input, fires at the threshold; see `fire`."""

    name = "integrate_and_fire"


class Retracting(FiringRule):
    """Integrate-and-fire that takes a spike back when it sent too many; see `fire_or_retract`."""

    name = "retracting"


class LargestCount(FiringRule):
    """A max pool: repeats the largest count of its window; see `rise`."""

    name = "largest_count"
    integrates = False


class Integrate(FiringRule):
    """A read-out: adds its input and never fires."""

    name = "integrate"
    fires = False


class Given(FiringRule):
    """An input whose events are made outside; see encoders.py."""

    name = "given"
    integrates = False


class Silent(FiringRule):
    """An analog input: a host multiplies it, no spike is sent."""

    name = "silent"
    integrates = False


FIRING_RULES = by_name(
    (IntegrateAndFire(), Retracting(), LargestCount(), Integrate(), Given(), Silent())
)
