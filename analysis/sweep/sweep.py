"""sweep: every network of a space, once; all its hardware, in bulk; rows into a store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ... import files
from ...energy.pricing.break_even import first_steps
from ...progress import Progress, silent
from ...sim.trace.trace import Trace
from .hardware.bills import PERIOD
from .hardware.points import Batch, HardwarePoints, batches_of, hardware_points
from .hardware.pricing import Priced, Pricer
from .methods import METHODS
from .network_points import NetworkPoint, Simulation, network_points
from .results import Sweep
from .rows import front_of
from .samples import Sample, latin_hypercube
from .search import ACCURACY, Found, search
from .space import Space, make_space
from .store import Store
from .work.local import LocalWork, OwnWork
from .work.network import ONCE, KeptNetworks, NetworkFound, trace_of

# Of an estimate: as measured with small networks on two cores; large ones take longer.
SECONDS_TO_START, SECONDS_PER_EPOCH, SECONDS_PER_SIMULATION = 6.0, 0.25, 1.0
SECONDS_PER_POINT = 3e-6
RANGES_UP_TO = 100_000  # rows of a store that have a low and a high energy
STAGE, PRICE_STAGE = "sweep", "price"


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
    with Store(path, checked).open() as opened, _work(workers, scheduler) as work:
        run = _Run(plan, opened, work, progress or silent)
        if METHODS[checked.method].searches:
            run.search()
        else:
            run.all()
    return Sweep(path, run.simulated, run.reused, checked)


def _work(workers: int | None, scheduler: str | None) -> Any:
    if scheduler is None:
        return OwnWork() if workers == 0 else LocalWork(workers)
    from .work.dask_cluster import DaskWork

    return DaskWork(scheduler)


@dataclass(frozen=True)
class Plan:
    """What a sweep has to do.

    Parameters
    ----------
    space : Space
    networks : list of NetworkPoint
    hardware : HardwarePoints
        Of a grid; empty of other methods.
    samples : dict
        Network point -> (number, sample), where points are drawn.
    """

    space: Space
    networks: list[NetworkPoint]
    hardware: HardwarePoints
    samples: dict[int, list[tuple[int, Sample]]] = field(default_factory=dict)

    @classmethod
    def of(cls, space: Space) -> Plan:
        """The plan of a space."""
        networks = network_points(space)
        method = METHODS[space.method]
        if method.name == "grid":
            return cls(space, networks, hardware_points(space))
        samples: dict[int, list[tuple[int, Sample]]] = {}
        if not method.searches:
            drawn = latin_hypercube(space, method.count(space.points))
            for number, sample in enumerate(drawn):
                samples.setdefault(sample.network, []).append((number, sample))
        return cls(space, networks, HardwarePoints(), samples)

    @property
    def wanted(self) -> list[NetworkPoint]:
        """Network points that it looks at; of a search all that it may."""
        if not self.samples:
            return self.networks
        return [point for point in self.networks if point.number in self.samples]

    @property
    def rows(self) -> int:
        """How many points it looks at."""
        if self.hardware.groups:
            return len(self.networks) * self.hardware.size
        return METHODS[self.space.method].count(self.space.points)

    def part_count(self, point: NetworkPoint) -> int:
        """Parts of the store that a network point has."""
        return 1 if self.samples or point.config is None else self.hardware.part_count

    def parts(self, point: NetworkPoint) -> Iterable[list[Batch]]:
        """All hardware of a network point, part by part."""
        if not self.samples:
            yield from self.hardware.parts()
            return
        by_block: dict[int, list[tuple[int, dict]]] = {}
        for number, sample in self.samples[point.number]:
            by_block.setdefault(sample.block, []).append((number, sample.hardware))
        yield [
            batch
            for block, found in sorted(by_block.items())
            for batch in batches_of(found, self.space.hardware[block])
        ]


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


class _Run:
    """One go through a plan.

    Parameters
    ----------
    plan, store, work, progress
        What to do, where to, who does it, whom to tell.
    """

    def __init__(self, plan: Plan, store: Store, work: Any, progress: Progress):
        self.plan, self.store, self.work, self.progress = plan, store, work, progress
        self.kept = KeptNetworks()
        self.simulated = self.reused = 0
        self.known: dict[str, NetworkFound] = {}
        self.traces: dict[str, Trace] = {}

    # Everything

    def all(self) -> None:
        """All points that the store lacks."""
        wanted = self.plan.wanted
        lacking = [point for point in wanted if not self._is_done(point)]
        self.done, self.total = len(wanted) - len(lacking), len(wanted)
        self.progress(STAGE, self.done, self.total)

        waiting: dict[str, list[NetworkPoint]] = {}
        simulations: dict[str, Simulation] = {}
        for point in lacking:
            if point.simulation is None:
                self._write_failed(point, point.reason)
                continue
            waiting.setdefault(point.simulation.key, []).append(point)
            simulations[point.simulation.key] = point.simulation
        for simulation, found in self._found(list(simulations.values())):
            for point in waiting[simulation.key]:
                self._price(point, found)

    def _is_done(self, point: NetworkPoint) -> bool:
        parts = range(self.plan.part_count(point))
        return all(self.store.has(_part(point, part)) for part in parts) or self.store.has(
            _failed(point)
        )

    def _write_failed(self, point: NetworkPoint, reason: str) -> None:
        self.store.write(_failed(point), self.store.failed(point, reason))
        self._one_more()

    def _one_more(self) -> None:
        self.done += 1
        self.progress(STAGE, self.done, self.total)

    def _price(self, point: NetworkPoint, found: NetworkFound) -> None:
        """All hardware of a network point into the store."""
        if found.reason:
            self._write_failed(point, found.reason)
            return
        ranges = self.plan.rows <= RANGES_UP_TO
        pricer = Pricer(self._trace(point, found), ranges, self.plan.space.max_cores)
        count = self.plan.part_count(point)
        for number, part in enumerate(self.plan.parts(point)):
            if not self.store.has(_part(point, number)):
                self._write(_part(point, number), point, found, pricer, part)
            if count > 1:
                self.progress(PRICE_STAGE, number + 1, count)
        self._one_more()

    def _write(
        self,
        name: str,
        point: NetworkPoint,
        found: NetworkFound,
        pricer: Pricer,
        part: list[Batch],
    ) -> list[Priced]:
        priced = [each for batch in part for each in pricer.price(batch)]
        table = self.store.table(point, found, priced)
        objectives = list(self.plan.space.objectives)
        periods = [name for name in (PERIOD,) if name in table.column_names]
        rows = table.select(["workload", "network_point", *periods, *objectives]).to_pandas()
        candidates = front_of(rows, objectives)
        place = table.schema.get_field_index("candidate")
        table = table.set_column(place, table.schema.field(place), [candidates])
        self.store.write(name, table)
        return priced

    # Networks

    def _found(self, simulations: Sequence[Simulation]):
        """Each simulation with what was found: what is kept first, then as they come."""
        new = []
        for simulation in simulations:
            kept = self.known.get(simulation.key) or self.kept.get(simulation.key)
            if kept is None:
                new.append(simulation)
            else:
                self.reused += 1
                yield simulation, kept
        for simulation, found in self.work.run(_spread(new)) if new else ():
            self.simulated += 1
            if not found.reason:
                self.kept.put(simulation.key, found)
            yield simulation, found

    def _trace(self, point: NetworkPoint, found: NetworkFound) -> Trace:
        """The trace of a network point, of the steps that it has."""
        assert point.simulation is not None
        key = point.simulation.key
        if key not in self.traces:
            self.traces.clear()  # one at a time: they can be large
            self.traces[key] = trace_of(found)
        trace = self.traces[key]
        return trace if point.steps is None else first_steps(trace, point.steps)

    # A search

    def search(self) -> None:
        """As many points as it takes, each evaluation into a part of its own."""
        space = self.plan.space
        self.done, self.total = 0, METHODS[space.method].count(space.points)
        self.progress(STAGE, 0, self.total)
        self.best_keras = self._best_keras()
        search(space, self.total, self._evaluate)

    def _best_keras(self) -> float:
        """The best accuracy of all Keras networks of the space, which are trained for it."""
        first: dict[str, Simulation] = {}
        for point in self.plan.networks:
            if point.simulation is not None:
                first.setdefault(point.simulation.training, point.simulation)
        best = float("nan")
        for simulation, found in self._found(list(first.values())):
            self.known[simulation.key] = found
            if found.keras:
                best = float(np.nanmax([best, found.keras[0]]))
        return best

    def _evaluate(self, samples: list[Sample]) -> list[Found]:
        points = [self.plan.networks[sample.network] for sample in samples]
        needed = {point.simulation.key: point.simulation for point in points if point.simulation}
        lacking = [each for key, each in needed.items() if key not in self.known]
        for simulation, found in self._found(lacking):
            self.known[simulation.key] = found
        return [self._evaluated(*each) for each in zip(points, samples, strict=True)]

    def _evaluated(self, point: NetworkPoint, sample: Sample) -> Found:
        """One point, into the store, unless it is there."""
        number, name = self.done, f"evaluation-{self.done:08d}"
        found = None if point.simulation is None else self.known[point.simulation.key]
        reason = point.reason if found is None else found.reason
        if found is None or reason:
            if not self.store.has(name):
                self.store.write(name, self.store.failed(point, reason, number))
            self._one_more()
            return Found({}, 0.0)

        block = self.plan.space.hardware[sample.block]
        batches = batches_of([(number, sample.hardware)], block)
        pricer = Pricer(self._trace(point, found), True, self.plan.space.max_cores)
        if self.store.has(name):
            priced = [each for batch in batches for each in pricer.price(batch)]
        else:
            priced = self._write(name, point, found, pricer, batches)
        self._one_more()
        return self._as_found(point, found, priced[0])

    def _as_found(self, point: NetworkPoint, found: NetworkFound, priced: Priced) -> Found:
        """What the search is told: the spiking network's."""
        steps = ONCE if point.steps is None else point.steps
        accuracy = found.accuracy(priced.workload, steps)[ACCURACY]
        values = {ACCURACY: accuracy}
        for name in self.plan.space.objectives:
            if name in priced.columns:
                values[name] = float(np.ravel(priced.columns[name])[0])
        loss = 100 * (self.best_keras - accuracy)
        return Found(values, loss - self.plan.space.accuracy_loss)


def _part(point: NetworkPoint, part: int) -> str:
    return f"{point.number:06d}-{part:06d}"


def _failed(point: NetworkPoint) -> str:
    return f"{point.number:06d}-failed"


def _spread(simulations: list[Simulation]) -> list[Simulation]:
    """Networks that are trained first, each by another worker; then the rest."""
    seen: set[str] = set()
    first, rest = [], []
    for simulation in simulations:
        (rest if simulation.training in seen else first).append(simulation)
        seen.add(simulation.training)
    return [*first, *rest]
