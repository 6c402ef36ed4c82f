"""CostModel: what an engine says of a run before it is done."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .probe import Probe
from .records import Features, Record, Records, fitted, predicted
from .work import Work

ENGINES = Path(__file__).parents[1]
MODELS = Path(__file__).with_name("models")
SHORTEST = 0.3  # seconds of a run from which something is learnt


@dataclass(frozen=True)
class Cost:
    """What a run costs in one engine.

    Parameters
    ----------
    ready_s : float, seconds before the first sample: imports, compiling, laying out.
    running_s : float, seconds of all samples.
    memory_bytes : float, beside what Python and its packages hold.
    missing : str, why the engine cannot do it here; empty where it can.
    compiles : bool, whether something is compiled that is then kept on the disk.
    """

    ready_s: float
    running_s: float
    memory_bytes: float
    missing: str = ""
    compiles: bool = False

    @property
    def seconds(self) -> float:
        """In all; infinite where the engine cannot do it."""
        return math.inf if self.missing else self.ready_s + self.running_s


class CostModel:
    """How one engine estimates its own seconds and bytes.

    Seconds are linear in what there is to do: the features of `ready` and `running`, whose worth
    was measured on this machine (`calibration`) and is bettered by each longer run (`learn`).

    Facts
    -----
    engine : its name.
    folder : its source, below the engines.
    calibration_s : about what a calibration takes, which is done once per machine.
    probed : whether a probe shows its time, so that nothing else is measured.
    compile_stage : whether the engine reports a stage ``compile`` until it is ready.
    """

    engine = ""
    folder = ""
    calibration_s = 0.0
    compile_stage = False
    probed = False

    def missing(self) -> str:
        """What the engine lacks on this machine; empty where it lacks nothing."""
        return ""

    def ready(self, work: Work) -> Features:
        """What there is to do before the first sample."""
        raise NotImplementedError

    def running(self, work: Work) -> Features:
        """What all samples take."""
        raise NotImplementedError

    def memory_bytes(self, work: Work) -> float:
        """Memory at its most, beside counts and inputs."""
        raise NotImplementedError

    def compiles(self, work: Work) -> bool:
        """Whether something would be compiled that is then kept on the disk."""
        return False

    def calibration(self) -> Iterator[Record]:
        """Short runs of the engine itself."""
        return iter(())

    # What all share

    @cached_property
    def records(self) -> Records:
        """What was measured here."""
        root = ENGINES / self.folder
        source = root.glob("*.[ch]*") if root.is_dir() else ()
        python = root.glob("*.py") if root.is_dir() else [root.with_suffix(".py")]
        own = MODELS / f"{self.engine}.py"  # which says what the features are
        return Records(self.engine, [*source, *python, own])

    @property
    def calibrated(self) -> bool:
        """Whether a calibration was done on this machine."""
        return any(record.once for record in self.records.read())

    def units(self) -> dict[str, float]:
        """Seconds of one unit of each feature; calibrates where nobody did."""
        known = self.records.read()
        if not any(record.once for record in known):
            made = list(self.calibration())
            self.records.add(*made)
            known = [*known, *made]
        return fitted(known)

    def cost(self, work: Work, probe: Probe | None = None) -> Cost:
        """What `work` costs; `probe` is a run of a few of its samples."""
        memory = self.memory_bytes(work) + work.counts_bytes + work.input_bytes
        if missing := self.missing():
            return Cost(math.inf, math.inf, memory, missing)
        units = self.units()
        ready = predicted(units, self.ready(work))
        running = predicted(units, self.running(work))
        if math.isnan(ready + running):
            return Cost(math.inf, math.inf, memory, "nothing alike was measured here")
        return Cost(ready, running, memory, compiles=self.compiles(work))

    def learn(self, ready: Features, running: Features, ready_s: float, running_s: float) -> None:
        """Keep what a run took, if it was no short one.

        Parameters
        ----------
        ready, running : as they were before the run; what was compiled then may be kept now.
        ready_s, running_s : float, what both took.
        """
        found = []
        for features, seconds in ((ready, ready_s), (running, running_s)):
            amounts = {name: float(amount) for name, amount in features.items() if amount > 0}
            if seconds >= SHORTEST and amounts:
                found.append(Record(amounts, seconds))
        if found:
            self.records.add(*found)
