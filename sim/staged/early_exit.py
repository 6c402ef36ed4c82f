"""EarlyExit: a streaming code's inference ends at the step at which it is sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError, whole_number
from ..network.codes import Code
from ..network.spiking_network import SpikingNetwork
from ..trace.labels import check_one_readout
from ..trace.run_settings import RunSettings
from ..trace.trace import Trace
from .margins import checked_share, largest_margin, margins

WHERE = "EarlyExit"
LONGEST = 10_000


@dataclass(frozen=True)
class EarlyExit:
    """A sample stops once its margin has been large enough for so many steps in a row.

    With the margin m(t) after t steps and the scale s, in the integers of the read-out:

        rate      m(t) ≥ ⌈threshold · s · t⌉     potentials grow with the steps
        signed    m(t) ≥ ⌈threshold · s⌉         potentials settle

    for `consecutive` steps one after the other, the first of them `first_step` or later. Threshold
    0 stops all at once, 1 none before the end. Nothing later is looked at: an engine that stops
    there, and one that runs on, count the same.

    Parameters
    ----------
    threshold : 0..1.
    scale : int >= 1: the largest margin on validation samples, per step under ``rate``, as
        `scale_of` finds it.
    consecutive : int >= 1, default 1.
    first_step : int >= 1, default 1: the first step whose margin counts.

    Raises
    ------
    SpikewattError : a threshold outside of 0..1, numbers below 1.

    >>> EarlyExit(0.2, 100).limits(3, grows=True).tolist()
    [20, 40, 60]
    """

    threshold: float
    scale: int
    consecutive: int = 1
    first_step: int = 1

    def __post_init__(self):
        threshold = checked_share(f"{WHERE}.threshold", self.threshold)
        object.__setattr__(self, "threshold", threshold)
        law = "is a largest margin"
        scale = whole_number(f"{WHERE}.scale", law, self.scale, 1, 2**40)
        object.__setattr__(self, "scale", scale)
        for field in ("consecutive", "first_step"):
            law = "is a number of steps"
            steps = whole_number(f"{WHERE}.{field}", law, getattr(self, field), 1, LONGEST)
            object.__setattr__(self, field, steps)

    def limits(self, steps: int, grows: bool) -> np.ndarray:
        """(steps,) the margin from which on the answer after each step is sure enough."""
        passed = np.arange(1, steps + 1) if grows else np.ones(steps)
        return np.ceil(self.threshold * self.scale * passed).astype(np.int64)


def grows(settings: RunSettings | SpikingNetwork) -> bool:
    """Whether read-out potentials grow with the steps; raises for codes without an early answer."""
    code = settings.code
    _check_streaming(code)
    return not code.limited


def _check_streaming(code: Code) -> None:
    if code.exact:
        law = f"has an answer at every step, which code {code} has not"
        raise SpikewattError(WHERE, law, None, "rate, signed", "stages: StagedNetwork")


def checked_rule(rule: object) -> EarlyExit:
    """The rule, if it is one; raises SpikewattError for anything else."""
    if not isinstance(rule, EarlyExit):
        raise SpikewattError(f"{WHERE}.rule", "must be an EarlyExit", type(rule).__name__)
    return rule


def scale_of(trace: Trace) -> int:
    """The scale of thresholds, from the trace of validation samples: largest margin at the end,
    per step where potentials grow.
    """
    largest = largest_margin(np.asarray(_one_readout(trace)[:, -1]))
    return max(1, -(-largest // trace.steps)) if grows(trace.settings) else largest


def exit_steps(trace: Trace, rule: EarlyExit) -> np.ndarray:
    """(samples,) steps that each sample runs, 1..T; all T where it is never sure.

    Parameters
    ----------
    trace : Trace, of a streaming code, of all T steps.
    rule : EarlyExit.

    Raises
    ------
    SpikewattError : an exact code, several read-outs, more steps asked for than were simulated.

    Examples
    --------
    >>> found = exit_steps(trace, EarlyExit(0.2, 100))  # doctest: +SKIP
    """
    rising, rule = grows(trace.settings), checked_rule(rule)
    potentials = _one_readout(trace)
    steps = trace.steps
    needed = rule.first_step + rule.consecutive - 1
    law = "the first exit lies within the simulated steps"
    whole_number(f"{WHERE}.first_step + consecutive - 1", law, needed, 1, steps)
    if rule.threshold == 1:
        return np.full(trace.samples, steps)

    limits, found = rule.limits(steps, rising), []
    for start in range(0, trace.samples, 1024):
        piece = np.asarray(potentials[start : start + 1024])
        sure = margins(piece) >= limits
        sure[:, : rule.first_step - 1] = False
        found.append(_first_run(sure, rule.consecutive))
    return np.concatenate(found)


def _first_run(sure: np.ndarray, length: int) -> np.ndarray:
    """Steps until the end of the first `length` in a row of (samples, steps) True; else all."""
    steps = sure.shape[1]
    so_far = np.zeros((len(sure), steps + 1), np.int64)
    so_far[:, 1:] = sure.cumsum(axis=1)
    held = so_far[:, length:] - so_far[:, : steps + 1 - length] == length
    return np.where(held.any(axis=1), held.argmax(axis=1) + length, steps)


def _one_readout(trace: Trace):
    check_one_readout(WHERE, trace.settings.outputs)
    return trace.outputs
