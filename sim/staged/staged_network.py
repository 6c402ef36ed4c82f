"""StagedNetwork: the same answer in growing precision, as far as a sample needs it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...errors import SpikewattError
from ...frozen import Rebuilt
from ..gating.planes import mean_planes
from ..network.population import GATES
from ..network.spiking_network import SpikingNetwork
from ..trace.labels import check_one_readout
from . import staged_file
from .rule import MarginRule

WHERE = "StagedNetwork"


@dataclass(frozen=True, eq=False, repr=False)
class StagedNetwork(Rebuilt):
    """Networks of growing precision; the next runs only for samples of which the last was not sure.

    Every stage is an ordinary SpikingNetwork, which every engine runs. A stage begins anew: nothing
    of the stage before is used again, and all that it did is counted.

    Parameters
    ----------
    stages : two or more SpikingNetworks of an exact code, with the same inputs and the same one
        read-out. Made by `with_planes` of one network they share its weights; others may be of
        conversions and trainings of their own, and need memory for each.
    rule : MarginRule, with a scale for each stage but the last.

    Raises
    ------
    SpikewattError : fewer stages than two, a streaming code (early exit is for those), several
        read-outs, shapes or inputs that differ, a stage with fewer planes than the one before.
    """

    stages: tuple[SpikingNetwork, ...]
    rule: MarginRule

    def __post_init__(self):
        object.__setattr__(self, "stages", checked_stages(WHERE, self.stages))
        if not isinstance(self.rule, MarginRule):
            law = "must be a MarginRule"
            raise SpikewattError(f"{WHERE}.rule", law, type(self.rule).__name__)
        asked, given = len(self.stages) - 1, len(self.rule.scales)
        if asked != given:
            law = "has a scale for each stage but the last"
            raise SpikewattError(f"{WHERE}.rule", law, given, asked)

    def __repr__(self) -> str:
        planes = ", ".join(f"{mean_planes(stage):.3g}" for stage in self.stages)
        memory = "one memory" if self.shares_weights else f"{len(self.stages)} memories"
        return f"StagedNetwork({planes} planes, threshold {self.rule.threshold:g}, {memory})"

    @cached_property
    def shares_weights(self) -> bool:
        """Whether one image of the memories serves all stages, but for starts and gates."""
        return len({_bare(stage).hash for stage in self.stages}) == 1

    @cached_property
    def hash(self) -> str:
        """SHA-256 over stages and rule."""
        parts = [stage.hash for stage in self.stages]
        text = json.dumps([*parts, self.rule.threshold, *self.rule.scales])
        return hashlib.sha256(text.encode()).hexdigest()

    def with_threshold(self, threshold: float) -> StagedNetwork:
        """The same stages, which are sure at another margin."""
        return replace(self, rule=replace(self.rule, threshold=threshold))

    def save(self, path) -> None:
        """Write one ``.spks`` file (HDF5), whole or not at all."""
        staged_file.save(self, path)

    @classmethod
    def load(cls, path) -> StagedNetwork:
        """Read what `save` wrote; FileFormatError on a truncated, foreign or altered file."""
        return staged_file.load(cls, path)


def checked_stages(where: str, stages: Sequence[SpikingNetwork]) -> tuple[SpikingNetwork, ...]:
    """The stages, if they can follow each other."""
    if not isinstance(stages, tuple | list) or len(stages) < 2:
        got = len(stages) if isinstance(stages, tuple | list) else type(stages).__name__
        raise SpikewattError(f"{where}.stages", "are two SpikingNetworks or more", got)
    for i, stage in enumerate(stages):
        _check_stage(f"{where}.stages[{i}]", stage)

    first = stages[0]
    for i, stage in enumerate(stages[1:], 1):
        _check_alike(f"{where}.stages[{i}]", first, stage)
        before, own = mean_planes(stages[i - 1]), mean_planes(stage)
        if own < before:
            law = "sends no fewer planes than the stage before"
            raise SpikewattError(f"{where}.stages[{i}]", law, f"{own:g}", f">= {before:g}")
    return tuple(stages)


def _check_stage(where: str, stage: SpikingNetwork) -> None:
    if not isinstance(stage, SpikingNetwork):
        raise SpikewattError(where, "must be a SpikingNetwork", type(stage).__name__)
    if stage.code.streaming:
        law = f"answers once, at its last step: early exit is for code {stage.code}"
        raise SpikewattError(where, law, None, "radix, sync_rate", "EarlyExit")
    check_one_readout(where, (p.name for p in stage.readouts))


def _check_alike(where: str, first: SpikingNetwork, stage: SpikingNetwork) -> None:
    """Raise unless both take the same samples and answer in the same classes."""
    facts = {
        "inputs": ([p.shape for p in stage.inputs], [p.shape for p in first.inputs]),
        "read-out": (stage.readouts[0].shape, first.readouts[0].shape),
    }
    for what, (own, expected) in facts.items():
        if own != expected:
            law = f"has the shape of the first stage's {what}"
            raise SpikewattError(where, law, own, expected)
    if not np.allclose(stage.input_range, first.input_range, rtol=1e-6, atol=0):
        law = "has the input range of the first stage"
        raise SpikewattError(where, law, stage.input_range, first.input_range)


def _bare(network: SpikingNetwork) -> SpikingNetwork:
    """Without starts and gates."""
    nothing = {"initial_potential": 0, **dict.fromkeys(GATES, 0)}
    populations = [replace(p, **nothing) for p in network.populations]
    return replace(network, populations=populations)
