"""Bounds of an activity monitor, chosen on validation samples: fewest operations in a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....errors import SpikewattError
from ...engines.simulate import simulate
from ...gating.planes import check_sends_bits
from ...network.spiking_network import SpikingNetwork
from ...trace.labels import check_one_readout
from ..monitor import Monitor, monitor_of
from ..monitored import run_monitored
from .evaluated import POINT, Lossy, checked_budget, points

WHERE = "choose_monitor"
Pair = tuple[float, float]


@dataclass(frozen=True)
class MonitorChoice(Lossy):
    """A monitor, and what it did on the samples on which it was chosen.

    Parameters
    ----------
    monitor : Monitor.
    accuracy, reference : float, with it and without.
    operations, operations_before : float, per inference.
    """

    monitor: Monitor
    accuracy: float
    reference: float
    operations: float
    operations_before: float


def choose_monitor(
    network: SpikingNetwork,
    x,
    labels: np.ndarray | None = None,
    *,
    planes: Sequence[tuple[int, int]],
    quantiles: Sequence[Pair] = ((0.05, 0.95), (0.25, 0.95), (0.5, 0.99)),
    budget_points: float = 0.3,
    window: int = 50,
    decay: float = 0.02,
    engine: str = "event",
    workers: int | None = None,
) -> MonitorChoice:
    """The monitor with the fewest operations, within a budget of accuracy.

    Parameters
    ----------
    network : SpikingNetwork, under radix.
    x, labels : validation samples, as a stream; without labels the answers of `network` count as
        right.
    planes : pairs (low, high) that are tried.
    quantiles : pairs, of the firing shares of samples, where bounds are tried.
    budget_points : percentage points that may be lost, default 0.3.
    window, decay : as of `Monitor`.
    engine, workers : as of `simulate`.

    Raises
    ------
    SpikewattError : a budget that none of them meets: the error says how near it came.

    Examples
    --------
    >>> found = choose_monitor(network, x, labels, planes=[(2, 4)])  # doctest: +SKIP
    >>> run_monitored(network, stream, found.monitor).mean_planes()  # doctest: +SKIP
    """
    budget = checked_budget(WHERE, budget_points) * POINT
    check_sends_bits(WHERE, network)
    check_one_readout(f"{WHERE}.network", (p.name for p in network.readouts))
    _check_pairs(f"{WHERE}.planes", planes)
    _check_pairs(f"{WHERE}.quantiles", quantiles)
    whole = simulate(network, x, engine, workers=workers)
    if labels is None:
        labels = whole.predictions()
    reference, before = float(whole.accuracy(labels)[-1]), whole.mean_operations()

    tried: list[MonitorChoice] = []
    for low, high in planes:
        for pair in quantiles:
            options = {"quantiles": pair, "window": window, "decay": decay}
            monitor = monitor_of(network, whole, low, high, **options)
            run = run_monitored(network, x, monitor, engine, workers)
            accuracy, operations = run.accuracy(labels), run.mean_operations()
            tried.append(MonitorChoice(monitor, accuracy, reference, operations, before))
    within = [t for t in tried if t.accuracy >= reference - budget - 1e-12]
    cheaper = [t for t in within if t.operations < before]
    if not cheaper:
        law = "can be met by a monitor that saves operations"
        lost = reference - max(t.accuracy for t in tried)
        got = f"at best {points(lost)} lost, {points(lost - budget)} too many"
        if within:
            got = "none with fewer operations"
        raise SpikewattError(f"{WHERE}.budget_points", law, got, f"<= {points(budget)}")
    return min(cheaper, key=lambda t: (t.operations, -t.accuracy))


def _check_pairs(where: str, pairs: object) -> None:
    """What is in them is checked where it is used."""
    listed = list(pairs) if isinstance(pairs, tuple | list) else []
    if not listed or not all(isinstance(p, tuple | list) and len(p) == 2 for p in listed):
        raise SpikewattError(where, "are pairs (low, high), one at least", repr(pairs))
