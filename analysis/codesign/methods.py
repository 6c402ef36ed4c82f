"""Methods by which a network sends less than it could: each chosen on validation images."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ... import files
from ...errors import SpikewattError, one_of, whole_number
from ...progress import Progress, silent
from ...sim.engines.simulate import simulate
from ...sim.gating.planes import check_sends_bits, mean_planes, planes_of, with_planes
from ...sim.network.codes import CODES, names_of
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.staged.choosing.allocate import allocate
from ...sim.staged.choosing.evaluated import checked_budget, evaluated
from ...sim.staged.choosing.exits import choose_exit
from ...sim.staged.choosing.stages import choose_stages
from ...sim.staged.dynamic_trace import DynamicTrace, undivided
from ...sim.staged.early_exit import EarlyExit, scale_of
from ...sim.staged.exited import exited
from ...sim.staged.margins import checked_share
from ...sim.staged.rule import MarginRule
from ...sim.staged.run import StagedTrace, run_staged
from ...sim.staged.staged_network import StagedNetwork
from ...sim.trace.trace import Trace


@dataclass(frozen=True, eq=False)
class Sample:
    """Images as a network takes them, and their classes; without them its own answers are right."""

    x: np.ndarray
    labels: np.ndarray | None


@dataclass(frozen=True)
class Wanted:
    """What a method is asked for.

    Parameters
    ----------
    budget_points : float
        Percentage points of accuracy that may be lost on validation images.
    threshold : float, optional
        0..1, in place of one that is chosen; the budget then chooses nothing.
    planes : tuple of int, default ()
        Of the first stage: candidates; by default every number below all.
    steps : int, optional
        Simulated steps of a streaming code.
    seed : int
    """

    budget_points: float = 0.3
    threshold: float | None = None
    planes: tuple[int, ...] = ()
    steps: int | None = None
    seed: int = 0


class Method:
    """A way to send less.

    Facts: its `name`, the `file` that it leaves, what it is `counted` in, whether it asks for a
    margin that is large enough (`has_threshold`), and for the planes of a first stage
    (`has_first_stage`).
    """

    name: ClassVar[str]
    file: ClassVar[str]
    counted: ClassVar[str] = "planes"
    has_threshold: ClassVar[bool] = True
    has_first_stage: ClassVar[bool] = False

    def check(self, where: str, network: SpikingNetwork) -> None:
        """Raise where the code of `network` cannot be run so."""
        check_sends_bits(where, network)

    def choose(
        self, network: SpikingNetwork, validation: Sample, wanted: Wanted, progress: Progress
    ) -> Chosen:
        """The cheapest within the budget; raises where there is none, and says how near it came."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Chosen:
    """What a method made of a network.

    Parameters
    ----------
    method : Method
    network : SpikingNetwork
        As it was.
    made : SpikingNetwork, StagedNetwork or EarlyExit
    """

    method: Method
    network: SpikingNetwork
    made: Any

    def run(self, x, whole: Trace) -> DynamicTrace:
        """The images `x`, of which `whole` is the run without the method."""
        if isinstance(self.made, StagedNetwork):
            return run_staged(self.made, x)
        if isinstance(self.made, EarlyExit):
            return exited(whole, self.made)
        return undivided(simulate(self.made, x, "event"))

    def amount(self, work: DynamicTrace) -> float:
        """Planes or steps per inference."""
        if isinstance(work, StagedTrace):
            return work.mean_planes()
        if isinstance(self.made, EarlyExit):
            return work.mean_steps()
        return mean_planes(self.made)

    @property
    def whole_amount(self) -> float | None:
        """The same without the method; None of steps, which a run knows."""
        return None if isinstance(self.made, EarlyExit) else mean_planes(self.network)

    @property
    def said(self) -> str:
        """In words."""
        if isinstance(self.made, StagedNetwork):
            planes = " and ".join(f"{mean_planes(stage):.3g}" for stage in self.made.stages)
            return f"Stages of {planes} planes, threshold {self.made.rule.threshold:.3g}"
        if isinstance(self.made, EarlyExit):
            rule = self.made
            row = f"{rule.consecutive} steps in a row" if rule.consecutive > 1 else "at once"
            begin, threshold = rule.first_step, f"{rule.threshold:.3g}"
            return f"Early exit from step {begin} on, {row}, threshold {threshold}"
        planes = planes_of(self.made)
        return f"Planes by layer ({', '.join(f'{n} {k}' for n, k in planes.items())})"

    def save(self, folder: Path) -> None:
        """Write `method.file` into a folder."""
        path = folder / self.method.file
        if isinstance(self.made, EarlyExit):
            rule = {"network_hash": self.network.hash, **asdict(self.made)}
            files.write(path, json.dumps(rule, indent=1) + "\n")
        else:
            self.made.save(path)


@dataclass(frozen=True)
class Stages(Method):
    """The most significant planes first; all of them where the margin of the answer is small."""

    name = "stages"
    file = "staged.spks"
    has_first_stage = True

    def choose(self, network, validation, wanted, progress):
        """Planes of the first stage, and the threshold."""
        there = max(planes_of(network).values(), default=0)
        planes = wanted.planes or tuple(range(1, there))
        if not planes:
            raise SpikewattError("stages", "has more than one plane to send", there, ">= 2")
        for number in wanted.planes:
            law = "is fewer planes than all"
            whole_number("stages.planes", law, number, 1, there - 1)
        if wanted.threshold is None:
            found = choose_stages(
                list(planes),
                network,
                validation.x,
                validation.labels,
                budget_points=wanted.budget_points,
            )
            return Chosen(self, network, found.staged)

        if len(planes) != 1 or not wanted.planes:
            law = "goes with the planes of the first stage"
            got = ", ".join(map(str, wanted.planes)) or "none"
            raise SpikewattError("stages.threshold", law, got, "one number, --planes 3")
        first = with_planes(network, planes[0])
        rule = MarginRule(wanted.threshold, (evaluated(first, validation.x).scale,))
        return Chosen(self, network, StagedNetwork((first, network), rule))


@dataclass(frozen=True)
class Allocate(Method):
    """To each layer its own number of planes, the same for all images."""

    name = "allocate"
    file = "quantised.spk"
    has_threshold = False

    def choose(self, network, validation, wanted, progress):
        """Planes of each layer."""
        found = allocate(
            network,
            validation.x,
            validation.labels,
            budget_points=wanted.budget_points,
            progress=progress,
        )
        return Chosen(self, network, found.network)


@dataclass(frozen=True)
class Exit(Method):
    """A streaming code ends at the step at which its answer is sure."""

    name = "exit"
    file = "exit.json"
    counted = "steps"

    def check(self, where, network):
        """Streaming codes have an answer at each step."""
        if network.code.exact:
            law = "exit ends a code that has an answer at every step"
            able = names_of(code for code in CODES.values() if code.streaming)
            raise SpikewattError(where, law, f"code {network.code}", able)

    def choose(self, network, validation, wanted, progress):
        """The threshold, the first step, and how many in a row."""
        seen = simulate(network, validation.x, "event", wanted.steps, seed=wanted.seed)
        if wanted.threshold is not None:
            return Chosen(self, network, EarlyExit(wanted.threshold, scale_of(seen)))
        found = choose_exit(seen, validation.labels, budget_points=wanted.budget_points)
        return Chosen(self, network, found.rule)


METHODS: dict[str, Method] = {m.name: m for m in (Stages(), Allocate(), Exit())}


def method_named(where: str, name: str) -> Method:
    """The method called so; raises SpikewattError for another name."""
    return METHODS[one_of(where, "must be a method", name, METHODS)]


def method_for(network: SpikingNetwork) -> Method:
    """What ends a sure inference early: stages of an exact code, exit of a streaming one."""
    return METHODS["stages" if network.code.exact else "exit"]


def chosen(
    where: str,
    method: Method,
    network: SpikingNetwork,
    validation: Sample,
    wanted: Wanted,
    progress: Progress = silent,
) -> Chosen:
    """What `method` makes of `network`, once it is known that it can.

    Raises
    ------
    SpikewattError
        A code that the method is not for, a threshold outside of 0..1, planes that are none, a
        budget that cannot be met: the error says how near it came.
    """
    method.check(where, network)
    checked_budget(where, wanted.budget_points)
    if wanted.threshold is not None:
        if not method.has_threshold:
            law = f"{method.name} asks for no margin"
            raise SpikewattError(f"{where}.threshold", law, wanted.threshold, "none")
        checked_share(f"{where}.threshold", wanted.threshold)
    if wanted.planes and not method.has_first_stage:
        law = f"are those of a first stage, which {method.name} has not"
        raise SpikewattError(f"{where}.planes", law, ", ".join(map(str, wanted.planes)), "none")
    return method.choose(network, validation, wanted, progress)
