"""sweep: every network of a space, once; all its hardware, in bulk; rows into a store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ... import files
from ...endings import keeping
from ...progress import Progress, announce, listens, silent
from .methods import METHODS
from .plan import Plan
from .results import Sweep
from .run import Run
from .search.search_run import SearchRun
from .space import Space, make_space
from .store import Store
from .work.local import LocalWork, OwnWork
from .work.network import KeptNetworks

# Of an estimate: as measured with small networks on two cores; large ones take longer.
SECONDS_TO_START, SECONDS_PER_EPOCH, SECONDS_PER_SIMULATION = 6.0, 0.25, 1.0
SECONDS_PER_POINT = 3e-6


def sweep(
    space: Mapping | str | Path | Space,
    store: str | Path | None = None,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    method: str | None = None,
    points: int | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Go through a space of networks and hardware, and keep every point in a store.

    A network point is trained, converted and simulated once on a machine; hardware points are
    priced again in bulk. What was done is never done again: the same call goes on where a sweep
    was interrupted, or killed.

    Parameters
    ----------
    space : Mapping, path of a YAML file, or Space
        What is varied: see `docs/space.yaml`.
    store : str or Path, optional
        Folder for the rows; by default one in the cache.
    workers : int, optional
        Processes on this machine; by default one per core. 0: no further process.
    scheduler : str, optional
        Of a Dask cluster, ``tcp://host:port``, whose workers do the work instead.
    method : str, optional
        ``grid``, ``latin_hypercube``, ``tpe`` or ``nsga2``, in place of that of the space.
    points : int, optional
        How many points a sample or a search takes.
    progress : Progress, optional
        Called with network points done, and all.

    Returns
    -------
    Sweep
        With `frame`, `front` and `best`; a point that failed is in it, with its reason.

    Raises
    ------
    SpikewattError
        A space that cannot be, a store of another space or one that cannot be written, a
        scheduler that does not answer.

    Examples
    --------
    >>> import spikewatt as sw
    >>> space = {"network": {"steps": [8, 16]}, "hardware": {"voltage_v": [0.55, 0.8]}}
    >>> sw.sweep(space, "my.sweep").best()  # doctest: +SKIP
    """
    checked = make_space(space, method=method, points=points)
    path = Path(store) if store is not None else files.cache_folder("sweep", checked.hash[:16])
    plan = Plan.of(checked)
    kept = keeping(lambda: f"what is done is kept in {path}" if path.is_dir() else "")
    with kept, Store(path, checked).open() as opened, _work(workers, scheduler) as work:
        kind = SearchRun if METHODS[checked.method].searches else Run
        run = kind(plan, opened, work, progress or silent)
        if scheduler is None and listens(progress):
            seconds = estimated(plan, workers).seconds
            announce(progress, seconds, f"a sweep of {plan.rows:,} points")
        run.all()
    return Sweep(path, run.simulated, run.reused, checked)


def _work(workers: int | None, scheduler: str | None) -> Any:
    if scheduler is None:
        return OwnWork() if workers == 0 else LocalWork(workers)
    from .work.dask_cluster import DaskWork

    return DaskWork(scheduler)


class Cost(NamedTuple):
    """What a sweep would take."""

    simulations: int
    known: int
    trainings: int
    seconds: float


def estimated(plan: Plan, workers: int | None = None) -> Cost:
    """How much there is to do, and about how long it takes on this machine."""
    kept = KeptNetworks()
    found = {each.simulation.key: each.simulation for each in plan.wanted if each.simulation}
    new = [each for key, each in found.items() if not kept.has(key)]
    training = {each.training: each.settings["epochs"] for each in new}
    points = plan.rows * SECONDS_PER_POINT
    if METHODS[plan.space.method].searches:
        new = new[: plan.rows]
    networks = sum(training.values()) * SECONDS_PER_EPOCH + len(new) * SECONDS_PER_SIMULATION
    at_once = min(workers or len(os.sched_getaffinity(0)), max(1, len(new)))
    start = SECONDS_TO_START if new else 0.0
    seconds = start + networks / at_once + points
    return Cost(len(new), len(found) - len(new), len(training), seconds)
