"""Monitor: from how active a population is to how many planes it sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...errors import SpikewattError, whole_number
from ..gating.planes import check_sends_bits, planes_of
from ..network.population import MOST_BITS
from ..network.spiking_network import SpikingNetwork
from ..trace.trace import Trace
from .margins import is_number

WHERE = "Monitor"
LONGEST = 10**9


@dataclass(frozen=True)
class Monitor:
    """Planes of each population, from an exponential mean of its firing share.

    With the share r(n) of the neurons and steps of its first `low` planes in which a population
    fires in sample n, the mean m ← m + decay (r(n) − m), and the bounds (r_low, r_high) of it,

        target = low + (high − low) · clip((m − r_low) / (r_high − r_low), 0, 1)

    After every `window` samples a population whose planes are one plane or more from the target
    gets round(target): the hysteresis of one plane. The first `low` planes are always sent, so that
    what is measured does not depend on what was decided.

    Parameters
    ----------
    low, high : planes, 1 <= low <= high.
    bounds : population -> (r_low, r_high), shares 0..1 in ascending order.
    decay : 0..1, of the mean, default 0.02.
    window : samples between two decisions, default 50.

    Raises
    ------
    SpikewattError : numbers that are none of these.
    """

    low: int
    high: int
    bounds: Mapping[str, tuple[float, float]]
    decay: float = 0.02
    window: int = 50

    def __post_init__(self):
        law = "is a number of planes"
        whole_number(f"{WHERE}.low", law, self.low, 1, MOST_BITS)
        whole_number(f"{WHERE}.high", law, self.high, self.low, MOST_BITS)
        whole_number(f"{WHERE}.window", "is a number of samples", self.window, 1, LONGEST)
        if not is_number(self.decay) or not 0 < self.decay <= 1:
            raise SpikewattError(f"{WHERE}.decay", "is a share", repr(self.decay), "0..1")
        if not isinstance(self.bounds, Mapping) or not self.bounds:
            law = "maps populations to two shares"
            raise SpikewattError(f"{WHERE}.bounds", law, repr(self.bounds))
        for name, pair in self.bounds.items():
            _check_bounds(f"{WHERE}.bounds[{name!r}]", pair)

    def target(self, name: str, mean: float) -> float:
        """Planes, not rounded, at this mean share."""
        lowest, highest = self.bounds[name]
        share = min(1.0, max(0.0, (mean - lowest) / (highest - lowest)))
        return self.low + (self.high - self.low) * share

    def decided(self, name: str, mean: float, now: int) -> int:
        """Planes from now on."""
        target = self.target(name, mean)
        return now if abs(target - now) < 1 else round(target)


def firing_shares(trace: Trace, planes: int) -> dict[str, np.ndarray]:
    """Population -> (samples,) share of neurons and steps with a spike, in its first planes."""
    found = {}
    for name, spikes in trace.spikes.items():
        start = trace.settings.schedule.windows[name].start
        counted = np.asarray(spikes[:, start : start + planes].sum(axis=1))
        found[name] = counted / (trace.neurons[name] * planes)
    return found


def monitor_of(
    network: SpikingNetwork,
    trace: Trace,
    low: int,
    high: int,
    *,
    quantiles: tuple[float, float] = (0.05, 0.95),
    decay: float = 0.02,
    window: int = 50,
) -> Monitor:
    """A monitor, whose bounds are quantiles of the shares of validation samples.

    Parameters
    ----------
    network : SpikingNetwork, under radix.
    trace : Trace, of it on validation samples.
    low, high, decay, window : as of `Monitor`.
    quantiles : of the share of single samples, where planes are `low` and `high`.

    Raises
    ------
    SpikewattError : another code or network, quantiles that are none.

    Examples
    --------
    >>> monitor = monitor_of(network, trace_of_validation, low=2, high=4)  # doctest: +SKIP
    >>> run_monitored(network, stream, monitor).mean_planes()  # doctest: +SKIP
    """
    check_sends_bits("monitor_of", network)
    if trace.network_hash != network.hash:
        law = "is of this network"
        raise SpikewattError("monitor_of.trace", law, trace.network_hash[:12], network.hash[:12])
    _check_bounds("monitor_of.quantiles", quantiles)

    sent = planes_of(network)
    own = [name for name, number in sent.items() if number > low]
    if not own:
        law, most = "is less than some population sends", max(sent.values(), default=0)
        raise SpikewattError("monitor_of.low", law, low, f"1..{most - 1}" if most > 1 else "none")
    shares, bounds = firing_shares(trace, low), {}
    for name in own:
        lowest, highest = np.quantile(shares[name], quantiles)
        bounds[name] = (float(lowest), float(max(highest, lowest + 1e-9)))
    return Monitor(low, high, bounds, decay, window)


def with_bounds(monitor: Monitor, bounds: Mapping[str, tuple[float, float]]) -> Monitor:
    """The same monitor between other shares."""
    return replace(monitor, bounds=bounds)


def _check_bounds(where: str, pair: object) -> None:
    if isinstance(pair, tuple | list) and len(pair) == 2 and all(map(is_number, pair)):
        lowest, highest = pair
        if 0 <= lowest < highest <= 1 + 1e-9:
            return
    raise SpikewattError(where, "are two shares in ascending order", repr(pair), "0..1")
