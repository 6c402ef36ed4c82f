"""Thresholds and first stages, chosen on validation samples: least cost within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....errors import SpikewattError, one_of
from ...gating.planes import with_planes
from ...network.spiking_network import SpikingNetwork
from ...trace.labels import checked_labels
from ..margins import is_number
from ..rule import MarginRule
from ..staged_network import StagedNetwork, checked_stages
from .evaluated import (
    COSTS,
    OPERATIONS,
    PLANES,
    POINT,
    Evaluated,
    Lossy,
    checked_budget,
    checked_reference,
    evaluated,
    points,
)

WHERE = "choose_stages"
TRIED = 400  # thresholds


@dataclass(frozen=True, eq=False)
class Choice(Lossy):
    """A staged network, and what it did on the samples on which it was chosen.

    Parameters
    ----------
    staged : StagedNetwork.
    accuracy : float, share of right answers; of answers like the last stage's where there were no
        labels.
    reference : float, accuracy from which the budget counts.
    cost, alone : float, operations or planes per inference, and those of the last stage alone.
    shares : of each stage, share of the samples that ran it.
    """

    staged: StagedNetwork
    accuracy: float
    reference: float
    cost: float
    alone: float
    shares: tuple[float, ...]

    @property
    def saved(self) -> float:
        """Share of the cost of the last stage alone that is saved."""
        return 1 - self.cost / self.alone


def choose_stages(
    first: Sequence[SpikingNetwork | int],
    last: SpikingNetwork,
    x,
    labels: np.ndarray | None = None,
    *,
    budget_points: float = 0.3,
    cost: str = OPERATIONS,
    most_planes: float | None = None,
    reference: float | None = None,
    engine: str = "event",
    workers: int | None = None,
) -> Choice:
    """The first stage and the threshold that cost least within a budget of accuracy.

    Parameters
    ----------
    first : candidates for the first stage: networks, or numbers of planes of `last`.
    last : SpikingNetwork, the last stage.
    x, labels : validation samples: neither test samples nor those that the networks were calibrated
        on. Samples that the network was trained on give margins that are too large; without labels
        the answers of the last stage count as right, and `most_planes` holds whatever the margins.
    budget_points : percentage points that may be lost, default 0.3.
    cost : ``operations`` (default) or ``planes``, what is to be least.
    most_planes : share 0..1 of the planes of `last` that may be sent, default no limit. Within it
        and the budget the accuracy is then the best, and not the cost the least.
    reference : accuracy from which the budget counts; default that of `last` alone.
    engine, workers : as of `simulate`.

    Raises
    ------
    SpikewattError : a budget that cannot be met by anything that costs less than the last stage
        alone: the error says how near it came.

    Examples
    --------
    >>> found = choose_stages([2, 3, 4], network, x_validation, y_validation)  # doctest: +SKIP
    >>> run_staged(found.staged, x_test).accuracy(y_test)  # doctest: +SKIP
    """
    if not isinstance(first, Sequence) or not len(first):
        law = "are networks, or numbers of planes"
        raise SpikewattError(f"{WHERE}.first", law, repr(first))
    networks = [with_planes(last, int(f)) if isinstance(f, int | np.integer) else f for f in first]
    stages = [checked_stages(WHERE, (network, last)) for network in networks]

    own = evaluated(last, x, engine, workers)
    found: list[Choice] = []
    missed: list[_NothingFoundError] = []
    for candidate, _ in stages:
        runs = [evaluated(candidate, x, engine, workers), own]
        try:
            found.append(_chosen(runs, labels, budget_points, cost, most_planes, reference, WHERE))
        except _NothingFoundError as error:
            missed.append(error)
    if not found:
        raise min(missed, key=lambda error: error.missed_by)
    if most_planes is not None:
        return max(found, key=lambda choice: (choice.accuracy, choice.saved))
    return max(found, key=lambda choice: choice.saved)


def choose_threshold(
    stages: Sequence[SpikingNetwork],
    x,
    labels: np.ndarray | None = None,
    *,
    budget_points: float = 0.3,
    cost: str = OPERATIONS,
    most_planes: float | None = None,
    reference: float | None = None,
    engine: str = "event",
    workers: int | None = None,
) -> Choice:
    """The threshold that costs least within a budget of accuracy, for stages that are given.

    Parameters
    ----------
    stages : as of `StagedNetwork`.
    x, labels, budget_points, cost, most_planes, reference, engine, workers : as of
        `choose_stages`.

    Raises
    ------
    SpikewattError : as `choose_stages`.

    Examples
    --------
    >>> stages = (with_planes(network, 3), network)  # doctest: +SKIP
    >>> choose_threshold(stages, x_validation, y_validation).staged  # doctest: +SKIP
    """
    where = "choose_threshold"
    checked = checked_stages(where, stages)
    runs = [evaluated(stage, x, engine, workers) for stage in checked]
    return _chosen(runs, labels, budget_points, cost, most_planes, reference, where)


class _NothingFoundError(SpikewattError):
    """A budget that cannot be met.

    Facts
    -----
    missed_by : share of accuracy by which it was missed.
    """

    missed_by: float = 0.0


def _chosen(
    runs: Sequence[Evaluated],
    labels,
    budget_points: float,
    cost: str,
    most_planes: float | None,
    reference: float | None,
    where: str,
) -> Choice:
    budget = checked_budget(where, budget_points) * POINT
    one_of(f"{where}.cost", "must name a cost", cost, COSTS)
    ceiling = _checked_ceiling(where, most_planes)
    last = runs[-1]
    expected = _expected(where, last, labels)
    own = float((last.predictions == expected).mean())
    aim = checked_reference(where, reference, own)

    scales = tuple(run.scale for run in runs[:-1])
    alone = float(last.cost(cost).mean())
    within, affordable = [], []
    for threshold in _thresholds(runs[:-1]):
        rule = MarginRule(threshold, scales)
        ran = _ran(runs, rule)
        accuracy = float((_answers(runs, ran) == expected).mean())
        spent, planes = _spent(runs, ran, cost), _spent(runs, ran, PLANES)
        if spent >= alone or planes > ceiling * float(last.cost(PLANES).mean()):
            continue
        tried = (accuracy, spent, rule, [float(each.mean()) for each in ran])
        affordable.append(tried)
        if accuracy >= aim - budget - 1e-12:
            within.append(tried)

    if not within:
        raise _not_met(where, affordable, aim, budget, most_planes)
    by_accuracy = most_planes is not None
    accuracy, spent, rule, shares = min(
        within, key=lambda t: (-t[0], t[1]) if by_accuracy else (t[1], -t[0])
    )
    staged = StagedNetwork(tuple(run.network for run in runs), rule)
    return Choice(staged, accuracy, aim, spent, alone, tuple(shares))


def _expected(where: str, last: Evaluated, labels) -> np.ndarray:
    """What counts as right."""
    if labels is None:
        return last.predictions
    classes = last.network.readouts[0].size
    return checked_labels(f"{where}.labels", labels, classes, last.samples)


def _checked_ceiling(where: str, most_planes: object) -> float:
    if most_planes is None:
        return np.inf
    if not is_number(most_planes) or not 0 < most_planes <= 1:
        law = "is a share of the planes of the last stage"
        raise SpikewattError(f"{where}.most_planes", law, repr(most_planes), "0..1")
    return float(most_planes)


def _thresholds(runs: Sequence[Evaluated]) -> np.ndarray:
    """Shares of the scale between which samples change their way: quantiles of the margins."""
    shares = np.concatenate([run.margins / run.scale for run in runs])
    between = np.quantile(shares, np.linspace(0, 1, TRIED + 1)[:-1])
    return np.unique(np.concatenate(([0.0], np.minimum(between, 1.0), [1.0])))


def _ran(runs: Sequence[Evaluated], rule: MarginRule) -> list[np.ndarray]:
    """(samples,) of each stage, who ran it."""
    ran = [np.ones(runs[0].samples, bool)]
    for i, run in enumerate(runs[:-1]):
        ran.append(ran[-1] & rule.goes_on(i, run.margins))
    return ran


def _answers(runs: Sequence[Evaluated], ran: Sequence[np.ndarray]) -> np.ndarray:
    found = runs[0].predictions
    for run, mask in zip(runs[1:], ran[1:], strict=True):
        found = np.where(mask, run.predictions, found)
    return found


def _spent(runs: Sequence[Evaluated], ran: Sequence[np.ndarray], cost: str) -> float:
    spent = [(run.cost(cost) * mask).mean() for run, mask in zip(runs, ran, strict=True)]
    return float(sum(spent))


def _not_met(where, affordable, aim: float, budget: float, most_planes) -> _NothingFoundError:
    limit = "" if most_planes is None else f" and {most_planes:.0%} of the planes"
    law = f"can be met by stages that cost less than the last alone{limit}"
    if not affordable:
        error = _NothingFoundError(f"{where}.budget_points", law, "no threshold costs less")
        error.missed_by = np.inf
        return error
    best = max(affordable, key=lambda t: (t[0], -t[1]))[0]
    nearest = f"at best {points(aim - best)} lost, {points(aim - best - budget)} too many"
    error = _NothingFoundError(f"{where}.budget_points", law, nearest, f"<= {points(budget)}")
    error.missed_by = aim - best - budget
    return error
