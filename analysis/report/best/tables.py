"""Tables of the search: every point with its accuracy and energy, and the verdict within each
tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from ....energy.pricing.prices import TIMES
from ...design.points import Point, Points
from ...design.search import SLACK
from ...design.verdict import Verdict, verdicts_of
from ..findings import Column, Table
from ..numbers import is_missing, percent, with_prefix
from ..sentence import often, points_of, verdict_parts, verdict_sentence
from ..times import time_columns
from ..units import JOULES, PLAIN

if TYPE_CHECKING:
    from ....energy.pricing.uncertainty import Estimate

IN_WORDS = {"snn": "spikes", "int8_ann": "int8"}
OF_A_SIDE = ("", "_accuracy", "_loss", "_within", "_energy_j", *(f"_{key}" for key in TIMES))


def verdict_lines(points: Points) -> str:
    """The sentence of the deciding tolerance on a line, what it says besides on the next; then a
    line for each other tolerance.
    """
    first, *others = verdicts_of(points)
    answer, *besides = verdict_parts(first)
    lines = [answer, *([" ".join(besides)] if besides else [])]
    for verdict in others:
        said = verdict_sentence(verdict)
        if not said.startswith("No winner within"):
            said = f"Within {points_of(verdict.tolerance)}: {said[0].lower()}{said[1:]}"
        lines.append(said)
    return "\n".join(lines)


def beyond(
    tolerance: float, keras_accuracy: float, snn_accuracy: float, points: Points | None
) -> dict[str, float]:
    """Workload -> points of percent that it loses, of those that lose more than `tolerance`."""
    accuracies = {"snn": snn_accuracy, "int8_ann": None if points is None else points.int8_accuracy}
    losses = {
        workload: 100 * (keras_accuracy - accuracy)
        for workload, accuracy in accuracies.items()
        if accuracy is not None
    }
    return {workload: loss for workload, loss in losses.items() if loss > tolerance + SLACK}


def points_table(points: Points) -> Table:
    """Every point; a reader sees those that were chosen or asked for, of what can decide."""
    frame = points.frame
    telling = (frame["chosen_at"] != "") | frame["asked"] | (frame["side"] == "int8_ann")
    shown = frame[telling & frame["decides"]].sort_values(["side", "energy_j"])
    columns = (
        Column("design", ("device", "side", "code", "steps", "options", "asked"), _design),
        Column("accuracy (%)", ("accuracy",), percent_points, number=True),
        Column("95 %", ("accuracy_low", "accuracy_high"), _interval, leave_out=2),
        Column("points lost", ("loss",), lambda loss: f"{loss + 0.0:.2f}", number=True),
        Column("energy", ("energy_j",), unit=JOULES),
        Column("low to high", ("energy_low_j", "energy_high_j"), unit=JOULES, leave_out=1),
        *time_columns(shown, leave_out=3),
        Column("cheapest within", ("chosen_at",)),
    )
    title = (
        f"Accuracy and energy {often(points.period_s)}; chosen on {points.validation_samples:,} "
        f"validation images, accuracy on {points.test_samples:,} test images, "
        f"Keras {percent(points.keras_accuracy)}"
    )
    return Table("points", title, frame, columns, shown)


def _design(device: str, side: str, code: str, steps: float, options: str, asked: bool) -> str:
    if side == "int8_ann":
        return f"int8 on {device}"
    words = [f"{device}: {code} {steps:.0f}", options, "asked for" if asked else ""]
    return ", ".join(word for word in words if word)


def percent_points(share: float) -> str:
    """A share in percent, without the sign.

    >>> percent_points(0.9694)
    '96.9'
    """
    return f"{100 * share:.1f}"


def _interval(low: float, high: float) -> str:
    return f"{percent_points(low)} to {percent_points(high)}"


def best_table(points: Points) -> Table:
    """One row per tolerance: the best point of each side, the ratio of their energies, who wins."""
    rows = [_row(verdict) for verdict in verdicts_of(points)]
    alone = ("inference_ratio", "inference_ratio_low", "inference_ratio_high")
    columns = (
        Column("points", ("accuracy_loss",)),
        Column("as spikes", ("snn", "snn_accuracy", "snn_energy_j"), _side),
        Column("as int8", ("int8_ann", "int8_ann_accuracy", "int8_ann_energy_j"), _side),
        Column("spikes / int8", ("ratio", "ratio_low", "ratio_high"), unit=PLAIN),
        Column("inference alone", alone, unit=PLAIN, leave_out=1),
        Column("less energy", ("verdict",), lambda outcome: IN_WORDS.get(outcome, outcome)),
    )
    title = f"The cheapest within so many points of Keras, {often(points.period_s)}"
    return Table("best", title, pd.DataFrame(rows), columns)


def _row(verdict: Verdict) -> dict[str, object]:
    return {
        "accuracy_loss": verdict.tolerance,
        "verdict": verdict.outcome,
        **_of_side("snn", verdict.spiking, verdict.spiking_within),
        **_of_side("int8_ann", verdict.int8, verdict.int8_within),
        **_of_ratio("ratio", verdict.ratio),
        **_of_ratio("inference_ratio", verdict.ratio_of_inference),
        "keras_accuracy": verdict.keras_accuracy,
        "sentence": verdict_sentence(verdict),
    }


def _of_side(name: str, point: Point | None, within: bool) -> dict[str, object]:
    """The columns of one side; empty where it has no point."""
    row: dict[str, object] = {key: None for key in OF_A_SIDE}
    if point is not None:
        network = point.network
        code, steps = ("", 0.0) if network is None else (network.config.code, network.steps)
        test, time = point.test, point.time
        row = {
            "": _design(point.bill.device, point.workload, code, steps, point.options, False),
            "_accuracy": None if test is None else test.accuracy,
            "_loss": None if is_missing(point.loss) else point.loss,
            "_within": within,
            "_energy_j": point.energy_j,
            "_time_s": time.value,
            "_time_low_s": time.low,
            "_time_high_s": time.high,
        }
    return {f"{name}{key}": value for key, value in row.items()}


def _of_ratio(name: str, found: Estimate | None) -> dict[str, object]:
    values: Sequence[object] = (None,) * 3
    if found is not None:
        values = (found.value, found.low, found.high)
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _side(design: str, accuracy: float, energy_j: float) -> str:
    known = "accuracy not known" if is_missing(accuracy) else percent(accuracy)
    return f"{design}: {known}, {with_prefix(energy_j, 'J')}"
