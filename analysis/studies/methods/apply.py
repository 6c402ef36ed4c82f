"""A method on a network: settings chosen on validation images, then the test images."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from .... import files
from ....errors import SpikewattError
from ....models.decision import decided_by
from ....sim.engines.simulate import simulate
from ....sim.gating.planes import with_planes
from ....sim.gating.wake import with_wake
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.pruning.prune import prune
from ....sim.pruning.tuning.tuning import Tuning
from ....sim.staged.choosing.allocate import allocate
from ....sim.staged.choosing.exits import choose_exit
from ....sim.staged.choosing.monitors import choose_monitor
from ....sim.staged.choosing.stages import choose_stages
from ....sim.staged.dynamic_trace import DynamicTrace, undivided
from ....sim.staged.exited import run_early_exit
from ....sim.staged.monitored import run_monitored
from ....sim.staged.run import run_staged
from ....sim.staged.staged_network import precision
from ..cells.conversion import ENGINE, converted
from ..cells.prepared import prepare
from ..kinds.method import MethodRow, Pruning
from ..row import Cell
from .subject import Subject, as_network_row

NETWORKS = "networks"  # folder of a study
POINT = 0.01


@dataclass(frozen=True, eq=False)
class Applied:
    """What happened on the test images.

    Parameters
    ----------
    work : DynamicTrace
    networks : tuple of SpikingNetwork
        All that ran.
    hash : str
        Of what was run.
    planes : float or None
        Planes of an inference, mean over populations and images; None of a streaming code.
    chosen : str, default ""
        Settings, and what they did on the validation images.
    """

    work: DynamicTrace
    networks: tuple[SpikingNetwork, ...]
    hash: str
    planes: float | None = None
    chosen: str = ""


def unchanged(row: MethodRow, subject: Subject) -> Applied:
    """The network without the method."""
    return _static(subject, subject.network, row.without.steps)


def applied(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    """The network with the method of the row.

    Parameters
    ----------
    row : MethodRow
    subject : Subject
    folder : Path
        Of the study, with what was made before.

    Raises
    ------
    SpikewattError : a budget that cannot be met.
    """
    return _METHODS[row.method.name](row, subject, folder)


def _static(
    subject: Subject, network: SpikingNetwork, steps: int | None, chosen: str = ""
) -> Applied:
    """One network for all images."""
    trace = simulate(network, subject.prepared.test, ENGINE, steps)
    planes = precision(network) if network.code.doubles else None
    return Applied(undivided(trace), (network,), network.hash, planes, chosen)


def _stages(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    asked = row.method.stages
    assert asked is not None
    first: list[Any] = list(asked.first)
    if asked.weights == "own":
        of = subject.prepared
        if asked.network is not None:
            of = prepare(as_network_row(row, asked.network), of.places)
        first = [converted(of, _with_steps(row.as_cell(), steps)) for steps in asked.first]
    choice = choose_stages(
        first,
        subject.network,
        subject.validation,
        None if asked.agree else subject.validation_labels,
        budget_points=asked.budget_points,
    )
    work = run_staged(choice.staged, subject.prepared.test)
    stages, rule = choice.staged.stages, choice.staged.rule
    said = (
        f"{precision(stages[0]):g} planes first; {choice.shares[-1]:.1%} of the validation images "
        f"go on, below {rule.threshold:.4f} of the largest margin; "
        f"{choice.lost_points:.2f} points lost there"
    )
    return Applied(work, stages, choice.staged.hash, work.mean_planes(), said)


def _with_steps(cell: Cell, steps: int) -> Cell:
    return cell.model_copy(update={"convert": {**cell.convert, "steps": steps}})


def _allocate(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    found = allocate(
        subject.network,
        subject.validation,
        subject.validation_labels,
        budget_points=row.method.settings.budget_points,
    )
    planes = ", ".join(f"{name} {number}" for name, number in found.planes.items())
    lost = (found.reference - found.accuracy) / POINT
    said = f"planes: {planes}; {lost:.2f} points lost on validation images"
    return _static(subject, found.network, None, said)


def _monitor(row: MethodRow, subject: Subject, folder: Path) -> Applied:
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
    lost = (choice.reference - choice.accuracy) / POINT
    said = (
        f"{monitor.low} to {monitor.high} planes by activity, a decision every {monitor.window} "
        f"images; {lost:.2f} points lost on validation images"
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


def _wake(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    asked = row.method.wake
    assert asked is not None
    x, labels = subject.validation, subject.validation_labels
    before = _accuracy(subject.network, x, labels)[0]
    tried = [(each, with_wake(subject.network, each)) for each in asked.planes]
    found = [(*_accuracy(network, x, labels), each, network) for each, network in tried]
    within = [one for one in found if before - one[0] <= asked.budget_points * POINT + 1e-12]
    if not within:
        best = max(one[0] for one in found)
        missing = (before - best) / POINT - asked.budget_points
        where, law = f"row {row.row}: method.wake", "has planes within its budget"
        raise SpikewattError(where, law, f"{missing:.2f} points too many at best")
    accuracy, _, planes, network = min(within, key=lambda one: one[1])
    said = (
        f"a neuron wakes within its first {planes} planes, or not; "
        f"{(before - accuracy) / POINT:.2f} points lost on validation images"
    )
    return _static(subject, network, None, said)


def _accuracy(network: SpikingNetwork, x, labels) -> tuple[float, float]:
    """(accuracy, operations per image)."""
    trace = simulate(network, x, ENGINE)
    right = decided_by(np.asarray(trace.outputs[:, -1])) == labels
    return float(right.mean()), trace.mean_operations()


def _early_exit(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    steps = row.without.steps
    trace = simulate(subject.network, subject.validation, ENGINE, steps)
    choice = choose_exit(
        trace, subject.validation_labels, budget_points=row.method.settings.budget_points
    )
    rule = choice.rule
    work = run_early_exit(subject.network, subject.prepared.test, rule, steps=steps)
    lost = (choice.reference - choice.accuracy) / POINT
    said = (
        f"stops after {rule.consecutive} steps in a row, from step {rule.first_step} on, at "
        f"{rule.threshold:g} of the largest margin; {lost:.2f} points lost on validation images"
    )
    return Applied(work, (subject.network,), subject.network.hash, None, said)


def _prune(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    asked = row.method.prune
    assert asked is not None
    network, how = pruned_network(asked, row, subject, folder)
    weights = [c.weights for c in network.connections if c.weights is not None]
    left = sum(int((each != 0).sum()) for each in weights)
    before = sum(c.weights.size for c in subject.network.connections if c.weights is not None)
    said = (
        f"{how}: {left:,} of {before:,} weights are left; {_lost(subject, network):.2f} points "
        "lost on validation images"
    )
    return _static(subject, network, row.without.steps, said)


def _lost(subject: Subject, network: SpikingNetwork) -> float:
    before, after = (
        _accuracy(each, subject.plain, subject.plain_labels)[0]
        for each in (subject.network, network)
    )
    return (before - after) / POINT


def pruned_network(
    asked: Pruning, row: MethodRow, subject: Subject, folder: Path
) -> tuple[SpikingNetwork, str]:
    """The network of a committed file, or pruned now, and how it came about.

    What is pruned now and has a file's name is left in the folder of the run, so that it can be
    put beside the others.
    """
    path = None if asked.made is None else folder / NETWORKS / asked.made
    if path is not None and path.is_file():
        return read_made(path), f"networks/{path.name}"

    network = _pruned(asked, row, subject)
    if path is not None:
        write_made(network, subject.prepared.places.folder / NETWORKS / path.name)
    return network, "pruned in this run"


def _pruned(asked: Pruning, row: MethodRow, subject: Subject) -> SpikingNetwork:
    """With training it takes minutes; each epoch is kept."""
    prepared = subject.prepared
    calibration = prepared.train[: row.without.calibration]
    tuning = None
    if asked.tuning is not None:
        options = {"input_levels": prepared.levels, "input_max": row.input_max}
        tuning = Tuning(
            prepared.model,
            subject.train,
            subject.train_labels,
            convert=options | row.without.convert,
            calibration=calibration,
            epochs=asked.tuning.epochs,
            seed=asked.tuning.seed,
            folder=prepared.places.kept / f"{row.row}.tuning",
        )

    def progress(stage: str, done: int, total: int) -> None:
        prepared.told(stage)(done, total)

    found = prune(
        subject.network,
        subject.plain,
        subject.plain_labels,
        budget_points=asked.budget_points,
        calibration=calibration,
        what=asked.what,
        aim=asked.aim,
        tuning=tuning,
        rounds=asked.rounds,
        steps=row.without.steps,
        progress=progress,
    )
    return found.network


def read_made(path: Path) -> SpikingNetwork:
    """A network from a compressed file."""
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "network.spk"
        files.write(whole, gzip.decompress(path.read_bytes()))
        return SpikingNetwork.load(whole)


def write_made(network: SpikingNetwork, path: Path) -> None:
    """Write a network compressed; the same network to the same bytes."""
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "network.spk"
        network.save(whole)
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, gzip.compress(whole.read_bytes(), 9, mtime=0))


_METHODS: dict[str, Callable[[MethodRow, Subject, Path], Applied]] = {
    "stages": _stages,
    "allocate": _allocate,
    "monitor": _monitor,
    "wake": _wake,
    "early_exit": _early_exit,
    "prune": _prune,
}
