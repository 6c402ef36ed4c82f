"""What a method did on the test images, and what all methods need to say it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....models.decision import decided_by
from ....sim.engines.simulate import simulate
from ....sim.gating.planes import mean_planes
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.staged.dynamic_trace import DynamicTrace, undivided
from ..cells.conversion import ENGINE
from .subject import Subject

VALIDATED = "points lost on validation images"


@dataclass(frozen=True, eq=False)
class Applied:
    """What happened on the test images.

    Parameters
    ----------
    work : DynamicTrace
    networks : tuple of SpikingNetwork
        All that ran.
    hash : str
        Of what was run.
    planes : float or None
        Planes of an inference, mean over populations and images; None of a streaming code.
    chosen : str, default ""
        Settings, and what they did on the validation images.
    """

    work: DynamicTrace
    networks: tuple[SpikingNetwork, ...]
    hash: str
    planes: float | None = None
    chosen: str = ""


def static(
    subject: Subject, network: SpikingNetwork, steps: int | None, chosen: str = ""
) -> Applied:
    """One network for all images."""
    trace = simulate(network, subject.prepared.test, ENGINE, steps)
    planes = mean_planes(network) if network.code.doubles else None
    return Applied(undivided(trace), (network,), network.hash, planes, chosen)


def accuracy_of(
    network: SpikingNetwork, x, labels, steps: int | None = None
) -> tuple[float, float]:
    """(accuracy, operations per image)."""
    trace = simulate(network, x, ENGINE, steps)
    right = decided_by(np.asarray(trace.outputs[:, -1])) == labels
    return float(right.mean()), trace.mean_operations()
