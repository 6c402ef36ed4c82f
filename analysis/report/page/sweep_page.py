"""The page of a sweep: the front, what each axis does, what failed and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ...sweep.results import Sweep, read_sweep
from ...sweep.store import SPACE, read_identity
from ..numbers import percent, with_prefix
from . import charts
from .model import Page
from .tables import table

MOST_ROWS = 300_000  # that are all looked at; of more those that may lie on the front
MOST_POINTS = 1_500  # that are drawn beside the front
MOST_VALUES = 8  # of an axis, beyond which numbers are taken together
MOST_FRONT = 100  # rows of the front
WHERE_FROM = ("network_point", "hardware_point", "on_front", "reason", "cheapest_strategy")
SIDE = ("workload", "device", "host")
NOT_SET = "not set"  # the device lacks the axis, or keeps its own
SEED = 0


def sweep_page(folder: str | Path) -> Page:
    """The page of the sweep in `folder`.

    Parameters
    ----------
    folder : str or Path
        A store, also while it is still written to.

    Raises
    ------
    SpikewattError
        No store, a damaged one, or one without rows.
    """
    path = Path(folder)
    found, counts = Sweep(path), Sweep(path).counts()
    whole = counts.rows <= MOST_ROWS
    rows = read_sweep(path, front=not whole)
    axes = _axes(path, rows)

    page = Page("sweep.html", path.resolve().name, "Sweep", found.sentence())
    page.below = [
        f"{counts.rows:,} rows, {counts.priced:,} with a price; "
        f"{rows['network_point'].nunique():,} networks."
    ]
    if not whole:
        page.below.append("Charts and axes show only rows that no other of their network beats.")
    _add_points(page, rows)
    front = found.front
    page.parts = {
        "front": table(
            _in_order(front.head(MOST_FRONT), axes), f"The front, {len(front):,} points", WHERE_FROM
        ),
        "axes": _effects(page, rows, axes),
        "failed": _failed(counts.failed),
        "config": (path / SPACE).read_text("utf-8"),
    }
    return page


def _axes(path: Path, rows: pd.DataFrame) -> list[str]:
    """Columns of the axes that have more than one value."""
    space = read_identity(path)["space"]
    names = dict.fromkeys(
        name for part in ("network", "hardware") for block in space[part] for name in block
    )
    columns = [name for name in (*names, *SIDE) if name in rows]
    return [name for name in dict.fromkeys(columns) if rows[name].nunique(dropna=False) > 1]


def _in_order(front: pd.DataFrame, axes: list[str]) -> pd.DataFrame:
    """What was chosen first, then what it gives; nothing that is the same in all rows."""
    given = [name for name in front.columns if name.startswith(("accuracy", "energy", "time"))]
    sizes = [name for name in ("cores", "mm2", "memory_bytes", "within") if name in front]
    chosen = [name for name in axes if name in front and name != "design"]
    return front[[*chosen, *given, *sizes]]


def _failed(frame: pd.DataFrame) -> dict | None:
    """How many points have no price, and why; the reason last, which is long."""
    if not len(frame):
        return None
    words = [name for name in frame.columns if name != "reason"]
    return table(frame[[*words, "reason"]], "Points without a price")


# ------------------------------------------------------------------ chart


def _add_points(page: Page, rows: pd.DataFrame) -> None:
    """Accuracy on validation images against energy: the front, and some of what it beats."""
    priced = rows[rows["energy_j"].notna() & rows["accuracy_validation"].notna()]
    if not len(priced):
        return
    front = priced[priced["on_front"]]
    beaten = priced[~priced["on_front"]]
    shown = pd.concat([front, beaten.sample(min(MOST_POINTS, len(beaten)), random_state=SEED)])
    drawn = pd.DataFrame(
        {
            "accuracy": shown["accuracy_validation"],
            "energy_j": shown["energy_j"],
            "on_front": shown["on_front"],
            "side": [_side(row) for row in shown[list(SIDE)].to_dict("records")],
            "label": [_label(row) for row in shown.to_dict("records")],
        }
    )
    page.charts["points"] = charts.points(drawn, "side")


def _side(row: dict[str, Any]) -> str:
    host = row["host"]
    beside = f"+{host}" if host and host != "none" and host == host else ""
    return f"{row['device']}{beside} {row['workload']}"


def _label(row: dict[str, Any]) -> str:
    energy = with_prefix(row["energy_j"], "J")
    return f"{_side(row)}: {percent(row['accuracy_validation'])} for {energy}"


# ------------------------------------------------------------------ axes


def _effects(page: Page, rows: pd.DataFrame, axes: list[str]) -> list[dict]:
    """Per axis a table and a chart: the best that is left where it has a value."""
    found = []
    for axis in axes:
        frame = _effect(rows, axis)
        if len(frame) < 2:
            continue
        name = f"axis_{len(found)}"
        page.charts[name] = charts.effect(frame)
        found.append({"name": axis, "chart": name, "table": table(frame, axis)})
    return found


def _effect(rows: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Per value of an axis: rows, the best accuracy, the least energy, and that within."""
    in_order = rows.sort_values(axis, kind="stable", key=_numbers_first)
    by = in_order.groupby(_values(in_order[axis]), sort=False)
    found = by.agg(
        rows=("energy_j", "size"),
        with_price=("energy_j", "count"),
        accuracy=("accuracy_validation", "max"),
        least_energy_j=("energy_j", "min"),
    )
    within = rows[rows["within"]]
    least = within.groupby(_values(rows[axis])[within.index])["energy_j"].min()
    found["least_energy_within_j"] = least.reindex(found.index)
    return found.reset_index(names="value")


def _numbers_first(column: pd.Series) -> pd.Series:
    """What numbers are sorted by; words keep their order."""
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers if numbers.notna().any() else pd.Series(0, column.index)


def _values(column: pd.Series) -> pd.Series:
    """Values as text; numbers that are too many as ranges."""
    numbers = pd.to_numeric(column, errors="coerce")
    if not numbers.notna().any():
        return column.astype(object).fillna(NOT_SET).replace("", NOT_SET).astype(str)
    if numbers.nunique() > MOST_VALUES:
        cut = pd.qcut(numbers, MOST_VALUES, duplicates="drop").astype(object)
        return cut.map(lambda part: f"{part.left:.4g} to {part.right:.4g}", "ignore").fillna(
            NOT_SET
        )
    words = column.astype(object).fillna(NOT_SET).replace("", NOT_SET)
    return numbers.map("{:.6g}".format).where(numbers.notna(), words).astype(str)
