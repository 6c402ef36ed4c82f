"""What the charts of a page share: colours, axes with SI prefixes, and how Altair becomes Vega."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

PALETTE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, "#000000", GREY)
PAIR = (BLUE, ORANGE)
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left")
LEGEND_LIMIT = 330  # pixels of a name
NAMES_SHARE = 0.36  # of the width of a chart, at most
LABELS: dict[str, Any] = {"labelOverlap": False}


def vega(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """A chart as Vega, which needs no compiler in the page."""
    import vl_convert

    found = vl_convert.vegalite_to_vega(chart.configure(**_look()).to_json(validate=False))
    _merge_legends(found)
    for axis in found["axes"]:
        if axis["orient"] == "left":
            axis["labelLimit"] = {"signal": f"containerSize()[0] * {NAMES_SHARE}"}
    return found


def _merge_legends(chart: dict[str, Any]) -> None:
    """One legend for shape and colour, which Vega-Lite keeps apart where layers differ."""
    legends = chart.get("legends", [])
    shaped = next((legend for legend in legends if "shape" in legend), None)
    if shaped and any(scale["name"] == "color" for scale in chart["scales"]):
        shaped["fill"] = "color"
        shaped["encode"]["symbols"]["update"].pop("fill", None)
        chart["legends"] = [shaped]
    for legend in chart.get("legends", []):
        legend["columns"] = {"signal": "containerSize()[0] < 700 ? 1 : 2"}
        legend["labelLimit"] = {"signal": f"min({LEGEND_LIMIT}, containerSize()[0] - 90)"}


def _look() -> dict[str, Any]:
    return {
        "font": "system-ui, sans-serif",
        "background": "transparent",
        "axis": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": 400, "grid": True},
        "legend": {"orient": "top", "labelFontSize": 12},
        "view": {"stroke": None},
        "text": {"fontSize": 12},
    }


def _with_unit(unit: str) -> str:
    """Label of a number on an axis: three digits at most, an SI prefix and the unit."""
    return f"replace(format(datum.value, '~s'), /([a-zµ]?)$/i, ' $1{unit}')"


# Of a tick of a logarithmic axis: its first digit, and whether it is labelled, which powers of ten
# are and, where the axis has less than two of them, twice and five times that.
FIRST = "toNumber(replace(format(datum.value, '.1e'), /e.*/, ''))"
SHORT = "abs(log(domain('x')[1] / domain('x')[0])) < 2 * LN10"
LABELLED = f"({FIRST} == 1 || ({SHORT} && ({FIRST} == 2 || {FIRST} == 5)))"


def amount(field: str, title: str, unit: str, log: bool = True) -> Any:
    """An axis of an amount with SI prefixes."""
    import altair as alt

    scale = alt.Scale(type="log" if log else "linear", nice=True, zero=False)
    axis = alt.Axis(
        labelExpr=_with_unit(unit), tickCount=5, labelOverlap="greedy", labelSeparation=8
    )
    if log:
        axis["labelExpr"] = f"{LABELLED} ? {_with_unit(unit)} : ''"
        faint = {"condition": {"test": LABELLED, "value": 1}, "value": 0.25}
        axis["gridOpacity"] = axis["tickOpacity"] = faint
    return alt.X(f"{field}:Q", title=title, scale=scale, axis=axis)


def percent(field: str, title: str) -> Any:
    """An axis of shares, in percent."""
    import altair as alt

    axis = alt.Axis(format=".1~%", tickCount=5)
    return alt.Y(f"{field}:Q", title=title, scale=alt.Scale(zero=False, nice=True), axis=axis)


def rows_of(frame: pd.DataFrame) -> Any:
    """Rows of a frame, inside of the chart."""
    import altair as alt

    return alt.Data(values=json.loads(frame.to_json(orient="records", double_precision=15)))
