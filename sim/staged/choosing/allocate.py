"""allocate: to each population its number of planes, by how much accuracy they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ....errors import SpikewattError, whole_number
from ....progress import Progress, silent
from ...gating.planes import check_sends_bits, planes_of, with_planes
from ...network.population import MOST_BITS
from ...network.spiking_network import SpikingNetwork
from ...trace.labels import check_one_readout, checked_labels
from .evaluated import (
    POINT,
    Evaluated,
    Lossy,
    checked_budget,
    checked_reference,
    evaluated,
    points,
)

WHERE = "allocate"


@dataclass(frozen=True)
class Taken:
    """One plane that was taken away.

    Parameters
    ----------
    population : str.
    planes : int, that it sends from then on.
    accuracy : float, on the validation samples.
    operations : float, per inference.
    """

    population: str
    planes: int
    accuracy: float
    operations: float


@dataclass(frozen=True, eq=False)
class Allocation(Lossy):
    """A network with planes, and how it was found.

    Parameters
    ----------
    network : SpikingNetwork, an ordinary one.
    planes : population -> planes that it sends.
    reference, accuracy : float, that from which the budget counts, and with these planes, on the
        validation samples.
    operations_before, operations : float, per inference.
    taken : of Taken, in order.
    """

    network: SpikingNetwork
    planes: Mapping[str, int]
    reference: float
    accuracy: float
    operations_before: float
    operations: float
    taken: tuple[Taken, ...] = field(repr=False)

    @property
    def saved(self) -> float:
        """Share of the operations that is saved, on the validation samples."""
        return 1 - self.operations / self.operations_before


def allocate(
    network: SpikingNetwork,
    x,
    labels: np.ndarray | None = None,
    *,
    budget_points: float = 0.3,
    least: int = 1,
    reference: float | None = None,
    engine: str = "event",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Allocation:
    """Take planes away, one after the other, where they cost least accuracy per operation saved.

    In each round every population that integrates and fires is tried with one plane less; of those
    within the budget the one is taken whose

        accuracy lost / operations saved

    is least, and where several lose nothing the one that saves most. It ends where none is left.
    Weights stay as they are: the memory of a core, too.

    Parameters
    ----------
    network : SpikingNetwork, under radix.
    x, labels : validation samples, as of `choose_stages`; without labels the answers of `network`
        count as right.
    budget_points : percentage points that may be lost in all, default 0.3.
    least : planes that each population keeps, default 1.
    reference : accuracy from which the budget counts; default that of `network`.
    engine, workers : as of `simulate`.
    progress : called with the stage ``allocate``, planes taken, and planes there were.

    Raises
    ------
    SpikewattError : another code, a budget within which no plane can be taken away: the error says
        how near it came.

    Examples
    --------
    >>> found = allocate(network, x_validation, y_validation, budget_points=0.3)  # doctest: +SKIP
    >>> found.network.save("allocated.spk")  # doctest: +SKIP
    """
    budget = checked_budget(WHERE, budget_points) * POINT
    least = whole_number(f"{WHERE}.least", "is a number of planes", least, 1, MOST_BITS)
    progress = progress or silent
    check_sends_bits(WHERE, network)
    check_one_readout(f"{WHERE}.network", (p.name for p in network.readouts))
    before = evaluated(network, x, engine, workers)
    expected = before.predictions
    if labels is not None:
        classes = network.readouts[0].size
        expected = checked_labels(f"{WHERE}.labels", labels, classes, before.samples)

    def accuracy_of(run: Evaluated) -> float:
        return _accuracy(run, expected)

    start = accuracy_of(before)
    aim = checked_reference(WHERE, reference, start)
    now, planes, taken = before, planes_of(network), []
    there = sum(number - least for number in planes.values() if number > least)
    while True:
        progress("allocate", len(taken), max(1, there))
        tried: list[tuple[str, Evaluated]] = []
        for name, number in planes.items():
            if number > least:
                fewer = with_planes(network, {**planes, name: number - 1})
                tried.append((name, evaluated(fewer, x, engine, workers)))
        cheaper = [t for t in tried if t[1].operations.sum() < now.operations.sum()]
        within = [t for t in cheaper if accuracy_of(t[1]) >= aim - budget - 1e-12]
        if not within:
            break
        name, now = min(within, key=lambda t: _worth(t[1], now, expected))
        planes[name] -= 1
        mean = float(now.operations.mean())
        taken.append(Taken(name, planes[name], accuracy_of(now), mean))

    if not taken:
        best = max((accuracy_of(run) for _, run in cheaper), default=None)
        got = "no plane to take"
        if best is not None:
            got = f"the least costs {points(aim - best)}, {points(aim - best - budget)} too many"
        law = "lets a plane be taken away"
        raise SpikewattError(f"{WHERE}.budget_points", law, got, f"<= {points(budget)}")
    return Allocation(
        now.network,
        planes,
        aim,
        accuracy_of(now),
        float(before.operations.mean()),
        float(now.operations.mean()),
        tuple(taken),
    )


def _accuracy(run: Evaluated, expected: np.ndarray) -> float:
    return float((run.predictions == expected).mean())


def _worth(run: Evaluated, before: Evaluated, expected: np.ndarray) -> tuple[float, float]:
    """Accuracy lost per operation saved; of what costs nothing, who saves most."""
    saved = float(before.operations.mean() - run.operations.mean())
    lost = max(0.0, _accuracy(before, expected) - _accuracy(run, expected))
    return lost / saved, -saved
