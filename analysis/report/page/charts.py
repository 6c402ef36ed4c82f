"""Charts of a page, as Vega: drawn by Altair, filled by the page where they are priced again.

Each has its width from the page, units on its axes with SI prefixes, and the colours of the other
pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..figures.style import BLUE, GREEN, GREY, RED, SKY
from .axes import LABELS, LEGEND_LIMIT, PAIR, PALETTE, SHAPES, amount, percent, rows_of, vega

if TYPE_CHECKING:
    import pandas as pd

ROW = 26  # pixels of a row of bars
MOST_ROWS = 60
FEW_CORES = 16  # beyond which they are lines


def live() -> dict[str, dict]:
    """The charts that the page fills and fills again: name of the chart and its data -> Vega."""
    return {
        "front": vega(_front()),
        "components": vega(_components()),
        "latency": vega(_latency()),
        "tornado_first": vega(_tornado("tornado_first")),
        "tornado_second": vega(_tornado("tornado_second")),
    }


def _front() -> Any:
    """Accuracy against energy: a line over the steps of a streaming code, and where we are."""
    import altair as alt

    colour = alt.Color("side:N", title=None, sort=None, scale=alt.Scale(range=list(PALETTE)))
    shape = alt.Shape("side:N", title=None, sort=None, scale=alt.Scale(range=list(SHAPES)))
    base = alt.Chart(alt.NamedData("front")).encode(
        x=amount("energy_j", "energy", "J"),
        y=percent("accuracy", "accuracy"),
        tooltip=["label:N"],
    )
    plain = base.encode(color=colour.legend(None))
    line = plain.mark_line(strokeWidth=1.5, opacity=0.6).encode(order=alt.Order("steps:Q"))
    dots = plain.mark_point(size=22, filled=True, opacity=0.8)
    only_here = plain.transform_filter("datum.here")
    reach = only_here.mark_rule(strokeWidth=3, opacity=0.5).encode(
        x=amount("low_j", "energy", "J"), x2="high_j:Q"
    )
    here = (
        base.transform_filter("datum.here")
        .mark_point(size=150, filled=True, stroke="#000", opacity=1)
        .encode(color=colour, shape=shape)
    )
    return alt.layer(line, dots, reach, here).properties(width="container", height=320)


def _components() -> Any:
    """Energy by component of both sides, with ranges."""
    import altair as alt

    colour = alt.Color("side:N", title=None, sort=None, scale=alt.Scale(range=list(PAIR)))
    base = alt.Chart(alt.NamedData("components")).encode(
        y=alt.Y("component:N", title=None, sort=None, axis=alt.Axis(grid=True, **LABELS)),
        yOffset=alt.YOffset("side:N", sort=None),
        tooltip=["label:N"],
    )
    title = "energy, 5 % to 95 %"
    reach = base.mark_rule(strokeWidth=4, opacity=0.45).encode(
        x=amount("low_j", title, "J"), x2="high_j:Q", color=colour.legend(None)
    )
    point = base.mark_point(size=80, filled=True, opacity=1).encode(
        x=amount("energy_j", title, "J"),
        color=colour,
        shape=alt.Shape("side:N", title=None, sort=None),
    )
    return alt.layer(reach, point).properties(width="container", height=alt.Step(17))


def _latency() -> Any:
    """Time of an inference on every device, with its range; the period as a dashed line."""
    import altair as alt

    base = alt.Chart(alt.NamedData("latency"))
    title = "time of an inference"
    rows = base.transform_filter("!datum.is_period").encode(
        y=alt.Y("side:N", title=None, sort=None, axis=alt.Axis(**LABELS)),
        tooltip=["label:N"],
    )
    reach = rows.mark_rule(strokeWidth=4, opacity=0.45, color=BLUE).encode(
        x=amount("low_s", title, "s"), x2="high_s:Q"
    )
    at_time = rows.encode(x=amount("time_s", title, "s"))
    point = at_time.mark_point(size=80, filled=True, color=BLUE, opacity=1)
    text = at_time.mark_text(align="center", dy=-12).encode(text="shown:N")
    period = (
        base.transform_filter("datum.is_period")
        .mark_rule(strokeDash=[5, 4], color=RED)
        .encode(x="time_s:Q", tooltip=["label:N"])
    )
    return alt.layer(period, reach, point, text).properties(width="container", height=alt.Step(34))


def _tornado(name: str) -> Any:
    """What a measurement at its low and its high end makes of the energy."""
    import altair as alt

    base = alt.Chart(alt.NamedData(name)).encode(
        y=alt.Y("measurement:N", title=None, sort=None, axis=alt.Axis(**LABELS)),
        tooltip=["label:N"],
    )
    title = "energy, one value at its ends"
    low = base.mark_bar(color=SKY).encode(x=amount("low_j", title, "J", False), x2="nominal_j:Q")
    high = base.mark_bar(color=BLUE).encode(x=amount("high_j", title, "J", False), x2="nominal_j:Q")
    return alt.layer(low, high).properties(width="container", height=alt.Step(ROW))


# ------------------------------------------------------------------ charts with their data


def layers(frame: pd.DataFrame) -> dict[str, dict]:
    """Operations that arrive at each layer, and the share of its neurons that fire in a step."""
    import altair as alt

    shown = frame.head(MOST_ROWS)
    y = alt.Y("layer:N", title=None, sort=None, axis=alt.Axis(**LABELS))
    operations = (
        alt.Chart(rows_of(shown[["layer", "sops_synapses"]]))
        .transform_filter("datum.sops_synapses > 0")
        .mark_bar(color=BLUE)
        .encode(
            y=y,
            x=amount("sops_synapses", "synaptic operations per inference", "", False).scale(
                zero=True
            ),
            tooltip=["layer:N", alt.Tooltip("sops_synapses:Q", format=",.0f")],
        )
    )
    found = {"operations": _tall(operations)}
    if "firing_rate" in shown and shown["firing_rate"].notna().any():
        rate = (
            alt.Chart(rows_of(shown[["layer", "firing_rate"]].dropna()))
            .mark_bar(color=GREEN)
            .encode(
                y=y,
                x=alt.X(
                    "firing_rate:Q",
                    title="spikes per neuron and step (1 − sparsity)",
                    axis=alt.Axis(format=".1~%", tickCount=5),
                ),
                tooltip=["layer:N", alt.Tooltip("firing_rate:Q", format=".2%")],
            )
        )
        found["sparsity"] = _tall(rate)
    return found


def _tall(chart: Any) -> dict:
    import altair as alt

    return vega(chart.properties(width="container", height=alt.Step(ROW)))


def cores(frame: pd.DataFrame) -> dict:
    """How full each core is, neurons and axons: bars of few, lines over the numbers of many."""
    import altair as alt

    of = {"neurons_used": "neurons", "axons_used": "axons"}
    of = {column: what for column, what in of.items() if column in frame}
    used = frame[["core", *of]].rename(columns=of)
    long = used.melt("core", list(of.values()), "of", "share")
    colour = alt.Color(
        "of:N", title=None, sort=list(of.values()), scale=alt.Scale(range=list(PAIR))
    )
    scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format="~%", tickCount=5)
    chart = alt.Chart(rows_of(long)).encode(
        color=colour, tooltip=["core:N", "of:N", alt.Tooltip("share:Q", format=".1%")]
    )
    if len(frame) > FEW_CORES:
        lines = chart.mark_line(interpolate="step", strokeWidth=1.5).encode(
            x=alt.X("core:Q", title="core", axis=alt.Axis(format=",d", tickMinStep=1)),
            y=alt.Y("share:Q", title="in use", scale=scale, axis=axis),
        )
        return vega(lines.properties(width="container", height=180))

    named = alt.Axis(labelExpr="'core ' + datum.value")
    bars = chart.mark_bar().encode(
        y=alt.Y("core:N", title=None, sort=None, axis=named),
        yOffset=alt.YOffset("of:N", sort=list(of.values())),
        x=alt.X("share:Q", title="in use", scale=scale, axis=axis),
    )
    return vega(bars.properties(width="container", height=alt.Step(12)))


def points(
    frame: pd.DataFrame, group: str, title: str = "energy of an inference", names: str = ""
) -> dict:
    """Accuracy against energy of points; those that others beat are faded.

    Parameters
    ----------
    frame : DataFrame
        Columns energy_j, accuracy, on_front, label, `group`, `names` and, if known, accuracy_low
        and accuracy_high.
    group : str
        Column by which points are coloured.
    title : str, default "energy of an inference"
        Of the axis of energy.
    names : str, default ""
        Column of names that stand beside points, "" for none.
    """
    import altair as alt

    base = alt.Chart(rows_of(frame)).encode(
        x=amount("energy_j", title, "J"), y=percent("accuracy", "accuracy")
    )
    front = (
        base.transform_filter("datum.on_front")
        .mark_line(interpolate="step-after", color=GREY, strokeDash=[4, 3])
        .encode(order=alt.Order("energy_j:Q"))
    )
    dots = base.mark_point(filled=True, size=70).encode(
        color=alt.Color(f"{group}:N", title=None, scale=alt.Scale(range=list(PALETTE))),
        shape=alt.Shape(f"{group}:N", title=None, scale=alt.Scale(range=list(SHAPES))),
        opacity=alt.condition("datum.on_front", alt.value(1.0), alt.value(0.35)),
        tooltip=["label:N"],
    )
    drawn = [front, dots]
    if names:
        drawn += _named(base, names, "accuracy_low" in frame)
    return vega(alt.layer(*drawn).properties(width="container", height=340))


def _named(base: Any, names: str, interval: bool) -> list[Any]:
    """A ring and a name at those points that have one, and the interval of their accuracy."""
    import altair as alt

    named = base.transform_filter(f"datum['{names}'] != ''")
    right = "scale('x', datum.energy_j) > width / 2"  # there a name goes to the left
    text = named.mark_text(
        align=alt.ExprRef(f"{right} ? 'right' : 'left'"),
        dx=alt.ExprRef(f"{right} ? -10 : 10"),
        dy=-9,
        limit=LEGEND_LIMIT / 2,
    ).encode(text=f"{names}:N")
    ring = named.mark_point(size=190, color="#000", strokeWidth=1.5, opacity=1)
    if not interval:
        return [ring, text]
    reach = named.mark_rule(strokeWidth=1.5).encode(
        y=percent("accuracy_low", "accuracy"), y2="accuracy_high:Q"
    )
    return [reach, ring, text]


def effect(frame: pd.DataFrame) -> dict:
    """Least energy per value of an axis, and least within the tolerated loss of accuracy."""
    import altair as alt

    columns = {"least_energy_j": "at any accuracy", "least_energy_within_j": "within the loss"}
    long = frame.rename(columns=columns).melt("value", list(columns.values()), "of", "energy_j")
    kinds = list(columns.values())
    chart = (
        alt.Chart(rows_of(long.dropna()))
        .mark_point(filled=True, size=80, opacity=1)
        .encode(
            y=alt.Y("value:N", title=None, sort=None, axis=alt.Axis(grid=True, **LABELS)),
            x=amount("energy_j", "least energy of an inference", "J"),
            color=alt.Color("of:N", title=None, sort=kinds, scale=alt.Scale(range=[SKY, BLUE])),
            shape=alt.Shape("of:N", title=None, sort=kinds),
            tooltip=["value:N", "of:N", alt.Tooltip("energy_j:Q", format=".3s")],
        )
        .properties(width="container", height=alt.Step(ROW))
    )
    return vega(chart)
