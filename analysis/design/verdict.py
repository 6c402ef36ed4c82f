"""The verdict at equal accuracy: the best point of each side within a tolerance, compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...energy.bill import INT8, SPIKING
from ...energy.pricing.uncertainty import Estimate, ratio, verdict_of
from .best import nearest
from .points import Point, Points


@dataclass(frozen=True, eq=False)
class Verdict:
    """Who uses less energy, of the best points within a tolerance.

    Parameters
    ----------
    tolerance : float
        Points of percent below Keras.
    keras_accuracy : float
        On test images.
    period_s : float or None
        One inference per so many seconds.
    spiking, int8 : Point or None
        The cheapest of each side that keeps within the tolerance on validation images; else the
        nearest; None where there is none at all. Spikes are those of neuromorphic cores, where
        one was priced.
    spiking_within, int8_within : bool
        Whether it keeps within it, on test images too.
    ratio : Estimate or None
        Energy of the spiking one over that of the int8 one; None unless both keep within.
    ratio_of_inference : Estimate or None
        The same, without what is used between inferences.
    software : Point or None
        Spikes in software, where these are within and cheaper than those of a core.
    software_ratio : Estimate or None
        Their energy over that of the int8 one.
    refused : tuple of str
        Devices that execute none of the networks that were tried, or none within the period.
    too_slow : frozenset of str
        Those that execute one, but not within the period.
    """

    tolerance: float
    keras_accuracy: float
    period_s: float | None
    spiking: Point | None
    int8: Point | None
    spiking_within: bool
    int8_within: bool
    ratio: Estimate | None = None
    ratio_of_inference: Estimate | None = None
    software: Point | None = None
    software_ratio: Estimate | None = None
    refused: tuple[str, ...] = ()
    too_slow: frozenset[str] = frozenset()

    @property
    def winner(self) -> str | None:
        """``snn`` or ``int8_ann``; None if it is undecided or refused."""
        if self.ratio is None:
            return None
        return {"wins": SPIKING, "loses": INT8}.get(verdict_of(self.ratio))

    @property
    def outcome(self) -> str:
        """``snn``, ``int8_ann``, ``undecided``, or ``refused``: no two points within."""
        if self.ratio is None:
            return "refused"
        return self.winner or "undecided"


def verdicts_of(points: Points) -> list[Verdict]:
    """One verdict per tolerance."""
    return [_verdict(points, number) for number in range(len(points.tolerances))]


def _verdict(found: Points, number: int) -> Verdict:
    tolerance = found.tolerances[number]
    able = [point for point in found.points if point.decides]
    of_int8 = [point for point in able if point.workload == INT8]
    of_spikes = [point for point in able if point.workload == SPIKING]
    on_cores = [point for point in of_spikes if point.on_a_core] or of_spikes

    spiking, int8 = _cheapest(on_cores, number), _cheapest(of_int8, number)
    verdict = Verdict(
        tolerance,
        found.keras_accuracy,
        found.period_s,
        spiking or nearest(on_cores),
        int8 or min(of_int8, key=lambda point: point.energy_j, default=None),
        spiking is not None and spiking.within(number, tolerance),
        int8 is not None and int8.within(number, tolerance),
        refused=found.refused,
        too_slow=found.too_slow,
    )
    if spiking is None or int8 is None or not (verdict.spiking_within and verdict.int8_within):
        return verdict

    verdict = replace(
        verdict,
        ratio=ratio(spiking.side, int8.side),
        ratio_of_inference=ratio(spiking.side, int8.side, idle=False),
    )
    software = _cheapest(of_spikes, number)
    if software is None or software is spiking or not software.within(number, tolerance):
        return verdict
    return replace(verdict, software=software, software_ratio=ratio(software.side, int8.side))


def _cheapest(points: Sequence[Point], number: int) -> Point | None:
    """The cheapest of those that were chosen on their devices."""
    able = [point for point in points if point.chosen[number]]
    return min(able, key=lambda point: point.energy_j, default=None)
