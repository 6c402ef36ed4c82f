"""The points that a run searched for the best of each side: their chart, and the chosen ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ....energy.pricing.prices import ENERGIES, TIMES
from ..numbers import percent, with_prefix
from . import charts
from .model import Page
from .run_files import RunFiles
from .tables import table

NEEDED = {"side", "device", "code", "steps", "options", "accuracy", "energy_j"}
NEEDED |= {"accuracy_low", "accuracy_high", "on_front", "chosen_at", "asked"}
WITHIN = "cheapest within"
SHOWN = ("device", "side", "code", "steps", "options", "accuracy", "accuracy_low", "accuracy_high")
SHOWN += (*ENERGIES, *TIMES, "accuracy_validation")
INTERVAL = ("accuracy_low", "accuracy_high")
SIDES = {"snn": "spikes", "int8_ann": "int8"}  # side of a verdict -> its name in the chart
NEARLY = 1e-9


def add_points(page: Page, files: RunFiles, period_s: float) -> None:
    """Accuracy on test images against energy, of those that were confirmed there; and a table.

    The table has those that were chosen or asked for, and int8.

    Parameters
    ----------
    page : Page
    files : RunFiles
    period_s : float
        s, of the run; energies are those of a whole period.
    """
    points = files.frame("points")
    if not set(points.columns) >= NEEDED or not len(points):
        return
    rows = points.to_dict("records")
    drawn = pd.DataFrame(
        {
            **{key: points[key] for key in ("energy_j", "accuracy", *INTERVAL)},
            "on_front": points["on_front"].astype(bool),
            "side": points["device"] + " " + points["side"],
            "name": _names(points, files.frame("best")),
            "label": [_label(row) for row in rows],
        }
    ).dropna(subset=["accuracy"])
    title = f"energy of a period of {with_prefix(period_s, 's')}"
    page.charts["points"] = charts.points(drawn, "side", title, "name")
    page.parts["searched"] = (len(drawn), len(points))

    chosen = points["chosen_at"].notna() & (points["chosen_at"].astype(str) != "")
    shown = points[chosen | points["asked"].astype(bool) | (points["side"] == "int8_ann")]
    shown = shown.rename(columns={"chosen_at": WITHIN})
    kept = [name for name in (*SHOWN, WITHIN) if name in shown]
    page.parts["points"] = table(shown[kept], f"Chosen and asked for, of {len(points):,} points")


def _names(points: pd.DataFrame, best: pd.DataFrame) -> pd.Series:
    """``spikes`` and ``int8`` at what the verdict compares; "" for all others."""
    names = pd.Series("", points.index)
    if not len(best):
        return names
    first = best.iloc[0]
    for side, name in SIDES.items():
        energy_j = first.get(f"{side}_energy_j")
        if energy_j is None or energy_j != energy_j:
            continue
        nearly = (points["energy_j"] / energy_j - 1).abs() < NEARLY
        named = points[nearly & (points["side"] == side)]
        if len(named):
            names[named.index[0]] = name
    return names


def _label(row: Mapping[str, Any]) -> str:
    """The whole point, for who points at it."""
    parts = [row["device"], "int8" if row["side"] == "int8_ann" else str(row["code"])]
    if row["steps"] == row["steps"]:
        parts.append(f"{row['steps']:g} steps")
    if isinstance(row["options"], str) and row["options"]:
        parts.append(row["options"])
    return f"{', '.join(parts)}: {percent(row['accuracy'])}, {with_prefix(row['energy_j'], 'J')}"
