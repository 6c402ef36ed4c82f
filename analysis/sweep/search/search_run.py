"""One go through a space by a search: each evaluation into a part of its own."""

from __future__ import annotations

import numpy as np

from ....energy.bill import SPIKING
from ....sim.trace.trace import Trace
from ..hardware.points import batches_of, parts_of
from ..hardware.pricing import Priced, Pricer
from ..methods import METHODS
from ..network_points import NetworkPoint, Simulation
from ..run import STAGE, Run
from ..samples import Sample
from ..space import OBJECTIVES
from ..work.network import ONCE, NetworkFound
from .search import ACCURACY, Found, leaves_hardware_open, network_count, search


class SearchRun(Run):
    """What was found decides what is looked at next."""

    def all(self) -> None:
        """As many points as it takes, each evaluation into a part of its own."""
        space = self.plan.space
        evaluations = METHODS[space.method].count(space.points)
        if leaves_hardware_open(space):
            evaluations = min(evaluations, network_count(space))
        self.done, self.total = 0, evaluations
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

        pricer = Pricer(self._trace(point, found), True, self.plan.space.max_cores)
        if not sample.hardware:
            sample = self._with_best_hardware(sample, pricer.trace)
        block = self.plan.space.hardware[sample.block]
        batches = batches_of([(number, sample.hardware)], block)
        if self.store.has(name):
            priced = [each for batch in batches for each in pricer.price(batch)]
        else:
            priced = self._write(name, point, found, pricer, batches)
        self._one_more()
        return self._as_found(point, found, priced[0])

    def _with_best_hardware(self, sample: Sample, trace: Trace) -> Sample:
        """The sample with the hardware that has the best of the one objective, of all there is.

        Only of what decides; where nothing of it fits, with the first.
        """
        space = self.plan.space
        (objective,) = space.objectives
        sign = 1.0 if OBJECTIVES[objective] == "least" else -1.0
        pricer = Pricer(trace, False, space.max_cores)
        best, least, first = None, np.inf, None
        for number, block in enumerate(space.hardware):
            for batch in (batch for part in parts_of(block) for batch in part):
                first = first or sample._replace(block=number, hardware=batch.point(0))
                if not self.store.deciding(batch.structure):
                    continue
                best = best or sample._replace(block=number, hardware=batch.point(0))
                for priced in pricer.price(batch):
                    if priced.workload != SPIKING or objective not in priced.columns:
                        continue
                    values = np.broadcast_to(sign * priced.columns[objective], len(batch))
                    fits = np.broadcast_to(priced.columns["reason"], len(batch)) == ""
                    values = np.where(fits, values, np.inf)
                    place = int(np.argmin(values))
                    if values[place] < least:
                        least = values[place]
                        best = sample._replace(block=number, hardware=batch.point(place))
        best = best or first
        assert best is not None
        return best

    def _as_found(self, point: NetworkPoint, found: NetworkFound, priced: Priced) -> Found:
        """What the search is told: the spiking network's, if it decides."""
        if not self.store.deciding(priced.batch.structure):
            return Found({}, 0.0)
        steps = ONCE if point.steps is None else point.steps
        accuracy = found.accuracy(priced.workload, steps)[ACCURACY]
        values = {ACCURACY: accuracy}
        for name in self.plan.space.objectives:
            if name in priced.columns:
                values[name] = float(np.ravel(priced.columns[name])[0])
        loss = 100 * (self.best_keras - accuracy)
        return Found(values, loss - self.plan.space.accuracy_loss)
