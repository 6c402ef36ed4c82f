"""When a streaming code may stop: chosen on validation samples, fewest steps within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ....errors import SpikewattError
from ....models.decision import decided_by
from ...trace.labels import checked_labels
from ...trace.trace import Trace
from ..early_exit import EarlyExit, exit_steps, scale_of
from .evaluated import POINT, Lossy, checked_budget, checked_reference, points

WHERE = "choose_exit"
THRESHOLDS = np.concatenate((np.arange(0, 0.3, 0.01), np.arange(0.3, 1.001, 0.05)))


@dataclass(frozen=True)
class ExitChoice(Lossy):
    """A rule, and what it did on the samples on which it was chosen.

    Parameters
    ----------
    rule : EarlyExit.
    accuracy, reference : float, with it and after all steps.
    mean_steps : float.
    steps : int, all of them.
    """

    rule: EarlyExit
    accuracy: float
    reference: float
    mean_steps: float
    steps: int


def choose_exit(
    trace: Trace,
    labels: np.ndarray | None = None,
    *,
    budget_points: float = 0.3,
    consecutive: Sequence[int] = (1, 2, 3),
    first_step: Sequence[int] = (1, 2, 4, 8),
    reference: float | None = None,
) -> ExitChoice:
    """The rule with the fewest mean steps, within a budget of accuracy.

    Parameters
    ----------
    trace : Trace, of a streaming code on validation samples.
    labels : (samples,) classes; without them the answers after all steps count as right.
    budget_points : percentage points that may be lost, default 0.3.
    consecutive, first_step : what is tried of `EarlyExit`, beside thresholds.
    reference : accuracy from which the budget counts; default that after all steps.

    Raises
    ------
    SpikewattError : a budget that no rule with fewer steps meets: the error says how near it came.

    Examples
    --------
    >>> found = choose_exit(trace_of_validation, y_validation)  # doctest: +SKIP
    >>> run_early_exit(network, x_test, found.rule).mean_steps()  # doctest: +SKIP
    """
    budget = checked_budget(WHERE, budget_points) * POINT
    answers = decided_by(np.asarray(trace.outputs))
    expected = answers[:, -1]
    if labels is not None:
        classes = trace.outputs.shape[2]
        expected = checked_labels(f"{WHERE}.labels", labels, classes, trace.samples)
    aim = checked_reference(WHERE, reference, float((answers[:, -1] == expected).mean()))

    first = EarlyExit(0, scale_of(trace))
    tried: list[tuple[float, float, EarlyExit]] = []
    for threshold in THRESHOLDS:
        for row in consecutive:
            for begin in first_step:
                rule = replace(first, threshold=threshold, consecutive=row, first_step=begin)
                if begin + row - 1 > trace.steps:
                    continue
                steps = exit_steps(trace, rule)
                answer = answers[np.arange(len(steps)), steps - 1]
                mean = float(steps.mean())
                if mean < trace.steps:
                    tried.append((float((answer == expected).mean()), mean, rule))

    within = [t for t in tried if t[0] >= aim - budget - 1e-12]
    if not within:
        law = "can be met in fewer than all steps"
        got = "no rule stops earlier"
        if tried:
            best = max(tried, key=lambda t: (t[0], -t[1]))[0]
            got = f"at best {points(aim - best)} lost, {points(aim - best - budget)} too many"
        raise SpikewattError(f"{WHERE}.budget_points", law, got, f"<= {points(budget)}")
    accuracy, mean, rule = min(within, key=lambda t: (t[1], -t[0]))
    return ExitChoice(rule, accuracy, aim, mean, trace.steps)
