"""Which engine is the fastest for a run, and what runs teach about that."""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ....errors import SpikewattError, warn
from ....progress import Progress, expect, in_words, listens, silent
from ....resources import available_memory, readable
from ...network.spiking_network import SpikingNetwork
from ..counts import Counts
from ..engines import ENGINES
from ..inputs import Inputs
from ..schedule import Schedule
from .model import SHORTEST, Cost
from .probe import Probe, operations_of, probe, spikes_of
from .records import predicted
from .work import Work, cores

LOG = logging.getLogger(__name__)
AUTO = "auto"  # in the place of an engine's name: the fastest
SMALL_S = 0.05  # a run that takes no longer is not compared with other engines
LONG_S = 60.0  # what is shorter is not foretold
KEPT = 8  # plans of a network whose probe is kept
SHOWN = 0.3  # share of the samples at least, from which the time of all is told

_probes: weakref.WeakKeyDictionary[SpikingNetwork, dict] = weakref.WeakKeyDictionary()


def costs(work: Work, found: Probe, engines: Iterable[str] = tuple(ENGINES)) -> dict[str, Cost]:
    """What `work` costs in each of the `engines`; what was never measured here is measured first.

    An engine for which there is not enough memory cannot do it.
    """
    free = available_memory()
    prices = {}
    for name in engines:
        cost = ENGINES[name].cost_model().cost(work, found)
        prices[name] = _within(free, cost)
    return prices


def _within(free: int, cost: Cost) -> Cost:
    if cost.missing or cost.memory_bytes <= free:
        return cost
    needed, there = readable(int(cost.memory_bytes)), readable(free)
    missing = f"needs about {needed} of memory where {there} are free"
    return Cost(cost.ready_s, cost.running_s, cost.memory_bytes, missing)


def fastest(
    network: SpikingNetwork,
    inputs: Inputs,
    plan: Schedule,
    seed: int = 0,
    workers: int | None = None,
    rasters: int = 0,
    lossy: bool = False,
) -> str:
    """The name of the engine with the least estimated time for `inputs`.

    The network is tried on a few of them once; later runs of the same length remember that. An
    engine that was never measured on this machine is not asked where measuring takes longer than
    the best that is known. Where spikes are lost on their way (`lossy`), engines that can.

    Raises
    ------
    SpikewattError : none can do it.
    """
    found = _remembered(network, inputs, plan, seed, workers)
    work = Work(network, plan, inputs.samples, found.operations, found.spikes, workers, rasters)
    known: dict[str, Cost] = {}
    for name in _in_order():
        if lossy and not ENGINES[name].loses_spikes:
            continue
        best = min((cost.seconds for cost in known.values()), default=np.inf)
        model = ENGINES[name].cost_model()
        if best < SMALL_S or (not model.calibrated and best < model.calibration_s):
            continue
        known |= costs(work, found, [name])

    chosen = min(known, key=lambda name: known[name].seconds)
    LOG.info("auto: %s", ", ".join(f"{n} {in_words(c.seconds)}" for n, c in known.items()))
    if not np.isfinite(known[chosen].seconds):
        why = "; ".join(f"{name}: {cost.missing}" for name, cost in known.items())
        raise SpikewattError("simulate.engine", "one of the engines can do it", why)
    event = known.get("event")
    if event is not None and (missing := event.missing):
        law = "auto takes the event engine where it is fastest"
        warn("simulate.engine", law, missing, f"{chosen} runs; apt install g++")
    return chosen


def _in_order() -> list[str]:
    """The engine that tells its time at once, then those that are measured soonest."""
    models = {name: engine.cost_model() for name, engine in ENGINES.items()}
    return sorted(models, key=lambda name: (not models[name].probed, models[name].calibration_s))


def _remembered(
    network: SpikingNetwork,
    inputs: Inputs,
    plan: Schedule,
    seed: int,
    workers: int | None,
) -> Probe:
    key = (plan.steps, plan.largest, workers, tuple(plan.windows.items()))
    known = _probes.setdefault(network, {})
    if key not in known:
        while len(known) >= KEPT:
            known.pop(next(iter(known)))
        known[key] = probe(network, inputs, plan, seed, workers or cores())
    return known[key]


def foretold(
    engine: str,
    network: SpikingNetwork,
    inputs: Inputs,
    plan: Schedule,
    seed: int = 0,
    workers: int | None = None,
    rasters: int = 0,
) -> float:
    """Seconds of a run in `engine`, by estimate; 0 where it is short, or nothing was measured yet.

    The network is tried on a few inputs only where it would take a minute if every neuron fired at
    every step.
    """
    model = ENGINES[engine].cost_model()
    if model.calibration_s and not model.calibrated:
        return 0.0
    work = Work(network, plan, inputs.samples, 0.0, 0.0, workers, rasters)
    most = replace(work, operations=float(work.macs), spikes=float(work.updates))
    units = model.units()
    if predicted(units, model.ready(most)) + predicted(units, model.running(most)) < LONG_S:
        return 0.0
    found = _remembered(network, inputs, plan, seed, workers)
    known = replace(work, operations=found.operations, spikes=found.spikes)
    return costs(known, found, [engine])[engine].seconds


class Watch:
    """Notes how long an engine takes, so that its next estimate is better.

    Parameters
    ----------
    engine : str, its name.
    work : Work, whose operations and spikes need not be known yet.
    progress : Progress, which is called as the engine reports.
    """

    def __init__(self, engine: str, work: Work, progress: Progress | None):
        self.model = ENGINES[engine].cost_model()
        self.work, self.report = work, progress or silent
        self.ready = self.model.ready(work)
        self.seen: list[tuple[int, float]] = []
        self.samples = 0  # of which the counts were seen
        self.operations = self.spikes = 0.0
        self._tell()
        self.start = time.perf_counter()

    def _tell(self) -> None:
        """Say beforehand how long it takes, to a progress that listens to that."""
        model, work = self.model, self.work
        if not listens(self.report) or not (model.calibrated or not model.calibration_s):
            return
        units = model.units()
        ready_s = predicted(units, self.ready)
        if model.compile_stage:
            expect(self.report, "compile", ready_s)
            return
        running_s = predicted(units, model.running(work))
        expect(self.report, "simulate", ready_s + running_s)
        self.report("simulate", 0, work.samples)

    def progress(self, stage: str, done: int, total: int) -> None:
        """What the engine calls in place of the progress that was given."""
        if stage == "simulate" and done > 0:
            self.seen.append((done, time.perf_counter()))
        self.report(stage, done, total)

    def counted(self, counts: Counts) -> None:
        """The counts of some samples; those of a short run are not looked at."""
        if time.perf_counter() - self.start >= SHORTEST:
            self.samples += counts.samples
            self.operations += operations_of(counts)
            self.spikes += spikes_of(counts)

    def ended(self) -> None:
        """Learn from the run, which has just ended."""
        seconds = time.perf_counter() - self.start
        if not self.samples:
            return
        known = replace(
            self.work,
            operations=self.operations / self.samples,
            spikes=self.spikes / self.samples,
        )
        running = self.model.running(known)
        if (running_s := self._running_s()) is None:
            self.model.learn({**self.ready, **running}, {}, seconds, 0.0)
        else:
            self.model.learn(self.ready, running, max(seconds - running_s, 0.0), running_s)

    def _running_s(self) -> float | None:
        """Seconds of all samples, where enough of them ran between two reports to tell."""
        if len(self.seen) < 2:
            return None
        (first, began), (last, ended) = self.seen[0], self.seen[-1]
        if last - first < SHOWN * self.work.samples:
            return None
        return (ended - began) * self.work.samples / (last - first)
