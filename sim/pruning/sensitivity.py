"""Sensitivity: in which order shares of which knobs go, so that most is saved for least."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...progress import Progress, silent
from ..network.spiking_network import SpikingNetwork
from .activity import Activity
from .cut import Cut
from .judge import Judge
from .knobs import Knob

SHARES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Increment:
    """A knob is turned on to `share`.

    Parameters
    ----------
    knob : Knob
    share : float, 0..1
    saved, disturbance : float
        More than at the share before, with this knob alone.
    """

    knob: Knob
    share: float
    saved: float
    disturbance: float


def in_order(
    judge: Judge,
    knobs: Sequence[Knob],
    activity: Activity | None,
    progress: Progress = silent,
) -> list[Increment]:
    """Increments of all knobs, the one first that disturbs the outputs least for what it saves.

    Each knob is turned alone, and the network run on the judge's samples. Of its curve the lower
    convex hull is kept, so that what it costs to save more only rises.

    Parameters
    ----------
    judge : Judge
        Its network is the one that is cut.
    knobs : sequence of Knob
    activity : Activity or None
        For bias compensation; None: without it.
    progress : Progress
        Called with ("sensitivity", knobs done, knobs).
    """
    queue: list[tuple[float, int, int, list[Increment]]] = []
    for number, knob in enumerate(knobs):
        progress("sensitivity", number, len(knobs))
        hull = _hull(knob, _curve(judge, knob, activity))
        if hull:
            heapq.heappush(queue, (_price(hull[0]), number, 0, hull))
    progress("sensitivity", len(knobs), len(knobs))

    found = []
    while queue:
        _, number, at, hull = heapq.heappop(queue)
        found.append(hull[at])
        if at + 1 < len(hull):
            heapq.heappush(queue, (_price(hull[at + 1]), number, at + 1, hull))
    return found


def cut_of(increments: Sequence[Increment]) -> Cut:
    """What is kept after `increments`: of each knob the largest share counts."""
    shares: dict[int, Increment] = {}
    for each in increments:
        shares[id(each.knob)] = each
    cut = Cut()
    for each in shares.values():
        cut = cut.also(each.knob.cut(each.share))
    return cut


def _curve(judge: Judge, knob: Knob, activity: Activity | None) -> list[tuple[float, float, float]]:
    """(share, saved, disturbance) at each of SHARES."""
    points = [(0.0, 0.0, 0.0)]
    for share in SHARES:
        pruned: SpikingNetwork = knob.cut(share).applied(judge.network, activity)
        trace = judge.run(pruned)
        points.append((share, judge.saved(pruned, trace), judge.disturbance(trace)))
    return points


def _hull(knob: Knob, points: list[tuple[float, float, float]]) -> list[Increment]:
    """Steps along the lower convex hull of disturbance over what is saved."""
    hull = [points[0]]
    for point in points[1:]:
        if point[1] <= hull[-1][1]:
            continue
        while len(hull) > 1 and _slope(hull[-2], point) <= _slope(hull[-2], hull[-1]):
            hull.pop()
        hull.append(point)
    return [
        Increment(knob, new[0], new[1] - old[1], max(new[2] - old[2], 0.0))
        for old, new in pairwise(hull)
    ]


def _slope(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    return (other[2] - one[2]) / (other[1] - one[1])


def _price(each: Increment) -> float:
    return each.disturbance / each.saved
