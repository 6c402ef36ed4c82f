"""run_staged: each stage on the samples that need it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError, SpikewattWarning
from ...progress import Progress
from ..engines.samples import some_of
from ..engines.simulate import simulate
from ..gating.planes import mean_planes
from ..network.spiking_network import SpikingNetwork
from ..trace.blueprint import NetworkPlan
from ..trace.trace import Trace
from .dynamic_trace import DynamicTrace
from .margins import margins
from .part import Part
from .staged_network import StagedNetwork


@dataclass(frozen=True, eq=False, repr=False)
class StagedTrace(DynamicTrace):
    """What happened in a staged network.

    `parts` are the stages that ran, in order, each with its trace and its samples; those of a later
    stage are among those of the one before.

    Parameters
    ----------
    planes : of each stage, planes per population, mean over those that integrate and fire.
    network_hash : of the StagedNetwork.
    """

    planes: tuple[float, ...] = ()
    network_hash: str = ""

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Of the stages that ran."""
        return tuple(part.trace for part in self.parts)

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the samples that each stage ran; 0 of one that none reached."""
        ran = [len(part.samples) / self.samples for part in self.parts]
        return (*ran, *[0.0] * (len(self.planes) - len(ran)))

    @property
    def stage(self) -> np.ndarray:
        """(samples,) the stage that answered."""
        found = np.zeros(self.samples, np.int64)
        for i, part in enumerate(self.parts):
            found[part.samples] = i
        return found

    def planes_of_samples(self) -> np.ndarray:
        """(samples,) planes over all stages that a sample went through, mean of populations."""
        planes = [
            np.full(len(part.samples), own)
            for part, own in zip(self.parts, self.planes, strict=False)
        ]
        return self._summed(planes)

    def mean_planes(self) -> float:
        """Planes per inference: sum over its stages, mean of populations, mean over samples."""
        return float(self.planes_of_samples().mean())


def run_staged(
    staged: StagedNetwork,
    x,
    engine: str = "event",
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    rasters: int = 0,
) -> StagedTrace:
    """Run the first stage on all samples, and each other stage on those that it was not sure of.

    After each stage but the last the margin of n outputs is looked at, which is charged as n neuron
    updates.

    Parameters
    ----------
    staged : StagedNetwork.
    x, engine, workers, progress : as of `simulate`; every engine gives the same.
    rasters : int, as of `simulate`, in each stage.

    Raises
    ------
    SpikewattError : no StagedNetwork; as `simulate`.

    Examples
    --------
    >>> done = run_staged(staged, x_test)  # doctest: +SKIP
    >>> done.mean_planes(), done.accuracy(y_test)  # doctest: +SKIP
    """
    if not isinstance(staged, StagedNetwork):
        law = "must be a StagedNetwork"
        raise SpikewattError("run_staged.staged", law, type(staged).__name__)

    parts: list[Part] = []
    which, outputs, last = np.zeros(0, np.int64), np.zeros((0, 0), np.int64), len(staged.stages) - 1
    for i, stage in enumerate(staged.stages):
        if i == 0:
            trace = simulate(stage, x, engine, None, rasters, workers, progress)
        else:
            trace = simulated_again(stage, x, which, engine, workers, progress, rasters)
        found = np.asarray(trace.outputs[:, -1])
        if i == 0:
            which, outputs = np.arange(trace.samples), np.empty_like(found)
        outputs[which] = found

        watched = 0 if i == last else found.shape[1]
        parts.append(Part(trace, which, np.full(len(which), watched)))
        if i == last:
            break
        which = which[staged.rule.goes_on(i, margins(found))]
        if not len(which):
            break

    planes = tuple(mean_planes(stage) for stage in staged.stages)
    return StagedTrace(
        tuple(parts),
        outputs,
        planes,
        staged.hash,
        shares_weights=staged.shares_weights,
        extra_starts=last if staged.shares_weights else 0,
        unreached=tuple(NetworkPlan.of(stage) for stage in staged.stages[len(parts) :]),
    )


def simulated_again(
    network: SpikingNetwork,
    x,
    which: np.ndarray,
    engine: str,
    workers: int | None = None,
    progress: Progress | None = None,
    rasters: int = 0,
) -> Trace:
    """The trace of some samples, all of which were looked at before: warnings were given then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpikewattWarning)
        some = some_of(network, x, which)
        return simulate(network, some, engine, None, rasters, workers, progress)
