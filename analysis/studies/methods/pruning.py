"""Pruning: a network of a committed file, or pruned in the run."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

from .... import files
from ....errors import SpikewattError
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.pruning.prune import prune
from ....sim.pruning.tuning.tuning import Tuning
from ....sim.staged.choosing.evaluated import POINT
from ..kinds.method import MethodRow, Pruning
from .applied import VALIDATED, Applied, accuracy_of, static
from .subject import Subject

NETWORKS = "networks"  # folder of a study


def pruned(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    """Synapses and channels that the budget lets go."""
    asked = row.method.prune
    assert asked is not None
    network, how = pruned_network(asked, row, subject, folder)
    weights = [c.weights for c in network.connections if c.weights is not None]
    left = sum(int((each != 0).sum()) for each in weights)
    before = sum(c.weights.size for c in subject.network.connections if c.weights is not None)
    said = (
        f"{how}: {left:,} of {before:,} weights are left; "
        f"{_lost(row, subject, network):.2f} {VALIDATED}"
    )
    return static(subject, network, row.without.steps, said)


def _lost(row: MethodRow, subject: Subject, network: SpikingNetwork) -> float:
    steps = row.without.steps
    before, after = (
        accuracy_of(each, subject.plain, subject.plain_labels, steps)[0]
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
        made = read_made(path)
        _check_made(path, made, subject.network)
        return made, f"networks/{path.name}"

    network = _pruned(asked, row, subject)
    if path is not None:
        write_made(network, subject.prepared.places.folder / NETWORKS / path.name)
    return network, "pruned in this run"


def _check_made(path: Path, made: SpikingNetwork, before: SpikingNetwork) -> None:
    """Raise unless the network of a file has the layers and the code of the one before."""

    def facts(network: SpikingNetwork) -> tuple:
        layers = tuple((p.name, p.levels) for p in network.populations)
        ends = (network.inputs[0].shape, network.readouts[0].shape)
        widths = (network.weight_bits, network.input_levels)
        return (network.code.name, network.input_code.name, *ends, *widths, layers)

    if facts(made) != facts(before):
        law = "was pruned from the network of the row: the same code, layers and levels"
        raise SpikewattError(str(path), law, made.hash[:12], before.hash[:12])


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
