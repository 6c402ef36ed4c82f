"""run_monitored: a stream of samples, in which activity says how many planes are sent."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...errors import SpikewattError, one_of
from ...progress import Progress, silent
from ..engines.inputs import Inputs
from ..gating.planes import check_sends_bits, planes_of, with_planes
from ..network.spiking_network import SpikingNetwork
from .dynamic_trace import DynamicTrace
from .monitor import Monitor, firing_shares
from .part import Part, joined
from .run import simulated_again

WHERE = "run_monitored"


@dataclass(frozen=True, eq=False, repr=False)
class MonitoredTrace(DynamicTrace):
    """What happened in a stream.

    `parts` are the samples that met the same planes.

    Parameters
    ----------
    planes : population -> (samples,) planes that it sent.
    activity : population -> (samples,) exponential mean of its firing share, after each sample.
    """

    planes: dict[str, np.ndarray] = field(default_factory=dict)
    activity: dict[str, np.ndarray] = field(default_factory=dict)

    def mean_planes(self) -> float:
        """Planes per inference: mean of populations, mean over samples."""
        return float(np.mean([planes.mean() for planes in self.planes.values()]))


def run_monitored(
    network: SpikingNetwork,
    x,
    monitor: Monitor,
    engine: str = "event",
    workers: int | None = None,
    progress: Progress | None = None,
) -> MonitoredTrace:
    """Run a stream of samples, in order, with the planes that the monitor decides.

    All planes are sent at first. Charged are a counter update per spike of the first `low` planes
    of what is watched, and for each population and window a comparison: each a neuron update.

    Parameters
    ----------
    network : SpikingNetwork, under radix.
    x : the stream, as of `simulate`.
    monitor : Monitor, of populations of `network`.
    engine, workers : as of `simulate`; every engine gives the same.
    progress : called with the stage ``simulate``, samples done, and all.

    Raises
    ------
    SpikewattError : another code, a monitor of other populations; as `simulate`.

    Examples
    --------
    >>> run_monitored(network, stream, monitor).mean_planes()  # doctest: +SKIP
    """
    now = _begin(network, monitor)
    inputs = Inputs(network, x)
    inputs.check_scale()
    samples = inputs.samples
    means: dict[str, float] = {}
    planes = {name: np.zeros(samples, np.int64) for name in planes_of(network)}
    activity = {name: np.zeros(samples) for name in monitor.bounds}
    done: list[Part] = []
    outputs: list[np.ndarray] = []

    for start in range(0, samples, monitor.window):
        which = np.arange(start, min(samples, start + monitor.window))
        running = with_planes(network, now)
        trace = simulated_again(running, x, which, engine, workers)
        outputs.append(np.asarray(trace.outputs[:, -1]))
        for name, number in planes_of(running).items():
            planes[name][which] = number

        shares = firing_shares(trace, monitor.low)
        for name in monitor.bounds:
            for i, share in zip(which, shares[name], strict=True):
                mean = means.get(name, share)
                means[name] = mean + monitor.decay * (share - mean)
                activity[name][i] = means[name]
            now[name] = monitor.decided(name, means[name], now[name])
        done.append(Part(trace, which, _updates(trace, shares, monitor)))
        (progress or silent)("simulate", int(which[-1]) + 1, samples)

    starts = max(len(np.unique(each)) for each in planes.values())
    whole = np.concatenate(outputs)
    return MonitoredTrace(joined(done), whole, planes, activity, extra_starts=starts - 1)


def _begin(network: SpikingNetwork, monitor: Monitor) -> dict[str, int]:
    """Population -> planes before anything was seen: all that it may send."""
    check_sends_bits(WHERE, network)
    if not isinstance(monitor, Monitor):
        raise SpikewattError(f"{WHERE}.monitor", "must be a Monitor", type(monitor).__name__)
    known = planes_of(network)
    for name in monitor.bounds:
        law = "watches populations that integrate and fire"
        one_of(f"{WHERE}.monitor", law, name, known)
    return {name: min(monitor.high, known[name]) for name in monitor.bounds}


def _updates(trace, shares: dict[str, np.ndarray], monitor: Monitor) -> np.ndarray:
    """(samples,) counter updates of the spikes that are watched, and the comparisons' share."""
    counted = np.full(trace.samples, len(monitor.bounds) / trace.samples)
    for name in monitor.bounds:
        counted += shares[name] * trace.neurons[name] * monitor.low
    return counted
