"""One go through a plan: networks as they come, all hardware of each in bulk, rows into a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...energy.pricing.break_even import first_steps
from ...progress import Progress
from ...sim.trace.trace import Trace
from .hardware.bills import PERIOD
from .hardware.points import Batch
from .hardware.pricing import Priced, Pricer
from .network_points import NetworkPoint, Simulation
from .plan import Plan
from .rows import LEAST_ENERGY, front_of
from .store import ENDING, Store
from .work.network import KeptNetworks, NetworkFound, trace_of

RANGES_UP_TO = 100_000  # rows of a store that have a low and a high energy
STAGE, PRICE_STAGE = "sweep", "price"


class Run:
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
            self.store.path.joinpath(_passing(point) + ENDING).unlink(missing_ok=True)
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

    def _write_failed(self, point: NetworkPoint, reason: str, passing: bool = False) -> None:
        """Into the store; what may have been the machine's fault is tried again by another go."""
        name = _passing(point) if passing else _failed(point)
        self.store.write(name, self.store.failed(point, reason))
        self._one_more()

    def _one_more(self) -> None:
        self.done += 1
        self.progress(STAGE, self.done, self.total)

    def _price(self, point: NetworkPoint, found: NetworkFound) -> None:
        """All hardware of a network point into the store."""
        if found.reason:
            self._write_failed(point, found.reason, found.passing)
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
        columns = ["workload", "network_point", "decides", *periods, *objectives, *LEAST_ENERGY]
        rows = table.select(list(dict.fromkeys(columns))).to_pandas()
        # The least energy is asked for by name, whatever the objectives are.
        candidates = front_of(rows, objectives) | front_of(rows, LEAST_ENERGY)
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


def _part(point: NetworkPoint, part: int) -> str:
    return f"{point.number:06d}-{part:06d}"


def _failed(point: NetworkPoint) -> str:
    return f"{point.number:06d}-failed"


def _passing(point: NetworkPoint) -> str:
    return f"{point.number:06d}-failed-here"


def _spread(simulations: list[Simulation]) -> list[Simulation]:
    """Networks that are trained first, each by another worker; then the rest."""
    seen: set[str] = set()
    first, rest = [], []
    for simulation in simulations:
        (rest if simulation.training in seen else first).append(simulation)
        seen.add(simulation.training)
    return [*first, *rest]
