"""The verdict at equal accuracy: the best point of each side within a tolerance, compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...energy.pricing.uncertainty import Estimate, ratio, verdict_of
from .best import nearest_points
from .points import INT8, SPIKING, Point, Points


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
        nearest; None where there is none at all.
    spiking_within, int8_within : bool
        Whether it keeps within it, on test images too.
    ratio : Estimate or None
        Energy of the spiking one over that of the int8 one; None unless both keep within.
    core : Point or None
        The cheapest within on a neuromorphic core, where `spiking` is none.
    core_ratio : Estimate or None
        Its energy over that of the int8 one; None unless it keeps within on test images, too.
    """

    tolerance: float
    keras_accuracy: float
    period_s: float | None
    spiking: Point | None
    int8: Point | None
    spiking_within: bool
    int8_within: bool
    ratio: Estimate | None = None
    core: Point | None = None
    core_ratio: Estimate | None = None

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
    spiking = _cheapest(able, SPIKING, number)
    int8 = _cheapest(able, INT8, number)
    spiking_within = spiking is not None and spiking.within(number, tolerance)
    int8_within = int8 is not None and int8.within(number, tolerance)

    compared = core = core_ratio = None
    if spiking is not None and int8 is not None and spiking_within and int8_within:
        compared = ratio(spiking.side, int8.side)
        if not spiking.on_a_core:
            on_cores = [point for point in able if point.on_a_core]
            core = _cheapest(on_cores, SPIKING, number)
            if core is not None and core.within(number, tolerance):
                core_ratio = ratio(core.side, int8.side)

    nearest = nearest_points(found.points)
    of_int8 = [point for point in able if point.workload == INT8]
    return Verdict(
        tolerance,
        found.keras_accuracy,
        found.period_s,
        spiking or (nearest[0] if nearest else None),
        int8 or min(of_int8, key=lambda point: point.energy_j, default=None),
        spiking_within,
        int8_within,
        compared,
        core,
        core_ratio,
    )


def _cheapest(points: Sequence[Point], side: str, number: int) -> Point | None:
    """The cheapest of those that were chosen on their devices."""
    able = [point for point in points if point.workload == side and point.chosen[number]]
    return min(able, key=lambda point: point.energy_j, default=None)
