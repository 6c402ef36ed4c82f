"""The page of runs that were put side by side."""

from __future__ import annotations

from ..findings import Findings
from . import charts
from .model import Page
from .tables import table


def comparison_page(found: Findings) -> Page:
    """The page of what `compare_runs` found."""
    names = found["runs"].frame["run"].tolist()
    page = Page("comparison.html", " and ".join(names), "Comparison", found.sentence)
    prices = found["prices"].frame
    known = prices[prices["accuracy"].notna()]
    if len(known):
        drawn = known.assign(
            label=[_label(row) for row in known.to_dict("records")],
            side=known["device"] + " " + known["workload"],
            name=known["run"].where(known["on_front"].astype(bool), ""),
        )
        kept = ["energy_j", "accuracy", "on_front", "label", "side", "name"]
        page.charts["points"] = charts.points(drawn[kept], "side", names="name")
    differences = found["configuration"].frame
    faded = (~prices["on_front"].astype(bool)).tolist()
    page.parts = {
        "runs": table(found["runs"].frame, "Runs"),
        "prices": table(prices, "Accuracy, energy and time of an inference", faded=faded),
        "differences": table(differences, "Settings that differ") if len(differences) else None,
    }
    return page


def _label(row: dict) -> str:
    side = f"{row['device']} {row['workload']}"
    return f"{row['run']}, {side}: {100 * row['accuracy']:.1f} %"
