"""A measured value of a chip beside its prediction, and what the pair is worth."""

from __future__ import annotations

from typing import NamedTuple

SILICON = "silicon"
# What a row is worth, the most first.
HELD_OUT = "held out"
PRIOR = "held out, known"
LEFT_OUT = "left out"
CONSTANTS = "constants"
OWN_IDLE = "idle its own"
TIME_GIVEN = "time given"
IN_PART = "fitted in part"
SAME_BOARD = "same board"
FITTED = "fitted"
IDENTITY = "no prediction"
MEANT = {
    HELD_OUT: "no fit ever saw it",
    PRIOR: "no fit saw it, but the range of its time is a prior of people who knew it",
    LEFT_OUT: "predicted by a fit without it",
    CONSTANTS: "published constants alone",
    OWN_IDLE: "nine tenths of it are idle power, measured on this board; no fit saw the rest",
    TIME_GIVEN: "no fit saw it, but most of it is a known power times its measured time",
    IN_PART: "a parameter that was fitted, here by a fit without one network",
    SAME_BOARD: "events and idle power were derived from these very loads",
    FITTED: "the card was fitted to it, which validates nothing",
    IDENTITY: "a measured power times a measured time",
}
# Quantities.
DYNAMIC, TOTAL, TIME = "dynamic", "total", "time"
POWER, ABOVE_IDLE = "power", "power above idle"
GIVEN = ", time given"  # the measured time in place of a predicted one
PER_UPDATE = "per neuron, step"
EVENT = "event"  # energy of one, alone


class SiliconRow(NamedTuple):
    """One measured value beside its prediction.

    Parameters
    ----------
    what : str
        Chip and network.
    quantity : str
        What of it; with GIVEN the card was told how long it took.
    boundary : str
        What was measured: ``chip``, ``board`` or ``host``.
    measured : float
    predicted, low, high : float
        Median, 5th and 95th percentile; the ends are nan where nothing says them.
    unit : str
    worth : str
        A key of MEANT.
    source : str
    """

    what: str
    quantity: str
    boundary: str
    measured: float
    predicted: float
    low: float
    high: float
    unit: str
    worth: str
    source: str

    @property
    def error(self) -> float:
        """predicted / measured - 1."""
        return self.predicted / self.measured - 1

    @property
    def inside(self) -> bool:
        """Whether the measured value lies within the range."""
        return self.low <= self.measured <= self.high
