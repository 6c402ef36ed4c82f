"""Fewer planes: by layer, by the activity of a stream, or of neurons that wake late."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....errors import SpikewattError
from ....sim.gating.planes import with_planes
from ....sim.gating.wake import with_wake
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.staged.choosing.allocate import allocate
from ....sim.staged.choosing.evaluated import POINT
from ....sim.staged.choosing.monitors import choose_monitor
from ....sim.staged.monitored import run_monitored
from ..kinds.method import MethodRow
from .applied import VALIDATED, Applied, accuracy_of, static
from .subject import Subject


def allocated(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    """To each layer its number, once for all images."""
    found = allocate(
        subject.network,
        subject.validation,
        subject.validation_labels,
        budget_points=row.method.settings.budget_points,
    )
    planes = ", ".join(f"{name} {number}" for name, number in found.planes.items())
    said = f"planes: {planes}; {found.lost_points:.2f} {VALIDATED}"
    return static(subject, found.network, None, said)


def monitored(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    """Numbers that follow the activity of the stream of images."""
    asked = row.method.monitor
    assert asked is not None
    choice = choose_monitor(
        subject.network,
        subject.validation,
        subject.validation_labels,
        planes=asked.planes,
        quantiles=asked.quantiles,
        budget_points=asked.budget_points,
        window=asked.window,
    )
    monitor = choice.monitor
    work = run_monitored(subject.network, subject.prepared.test, monitor)
    said = (
        f"{monitor.low} to {monitor.high} planes by activity, a decision every {monitor.window} "
        f"images; {choice.lost_points:.2f} {VALIDATED}"
    )
    networks = _that_ran(subject.network, work)
    return Applied(work, networks, subject.network.hash, work.mean_planes(), said)


def _that_ran(network: SpikingNetwork, work) -> tuple[SpikingNetwork, ...]:
    """The networks of a monitored stream, from the planes that its images met."""
    names = list(work.planes)
    met = np.unique(np.stack([work.planes[name] for name in names], axis=1), axis=0)
    return tuple(
        with_planes(network, {name: int(n) for name, n in zip(names, each, strict=True)})
        for each in met
    )


def waking(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    """The number within which a neuron wakes, or stays silent."""
    asked = row.method.wake
    assert asked is not None
    x, labels = subject.validation, subject.validation_labels
    before = accuracy_of(subject.network, x, labels)[0]
    tried = [(each, with_wake(subject.network, each)) for each in asked.planes]
    found = [(*accuracy_of(network, x, labels), each, network) for each, network in tried]
    within = [one for one in found if before - one[0] <= asked.budget_points * POINT + 1e-12]
    if not within:
        best = max(one[0] for one in found)
        missing = (before - best) / POINT - asked.budget_points
        where, law = f"row {row.row}: method.wake", "has planes within its budget"
        raise SpikewattError(where, law, f"{missing:.2f} points too many at best")
    accuracy, _, planes, network = min(within, key=lambda one: one[1])
    said = (
        f"a neuron wakes within its first {planes} planes, or not; "
        f"{(before - accuracy) / POINT:.2f} {VALIDATED}"
    )
    return static(subject, network, None, said)
