"""What the terminal shows: progress bars, tables, assumptions; and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...energy.cards.card import Card
from ...energy.devices.registry import device_kind

if TYPE_CHECKING:
    import pandas as pd

    from ...energy.pricing.prices import Prices
    from ..job.run import RunResult

WIDTH = 130  # of tables in a pipe or file, where there is no terminal to ask
LABELS = {
    "saturated_share": "at the largest value",
    "accuracy_from_here": "Keras from here on",
    "keras_accuracy": "Keras alone",
}
STAGES = {
    "train": "Training",
    "compile": "Making ANNarchy's simulator ready (compiled once per size)",
    "simulate": "Simulating",
    "report": "Report",
}


def with_prefix(value: float, unit: str) -> str:
    """Three digits with an SI prefix: 3.27e-09 J is "3.27 nJ"."""
    for exponent, prefix in (
        (9, "G"),
        (6, "M"),
        (3, "k"),
        (0, ""),
        (-3, "m"),
        (-6, "µ"),
        (-9, "n"),
        (-12, "p"),
        (-15, "f"),
    ):
        if abs(value) >= 0.9995 * 10.0**exponent:
            return f"{value / 10.0**exponent:#.3g}".rstrip(".") + f" {prefix}{unit}"
    return f"{value:.3g} {unit}"


def duration(seconds: float) -> str:
    """A battery life in words."""
    for size, unit in ((365.25 * 86400, "years"), (86400, "days"), (3600, "hours")):
        if seconds >= size:
            return (
                f"{seconds / size:.2g} {unit}"
                if seconds / size < 10
                else f"{seconds / size:.0f} {unit}"
            )
    return f"{seconds:.0f} s"


@contextmanager
def stages() -> Iterator:
    """Progress bars on stderr, one per stage; yields the ``progress(stage, done, total)`` that the API takes."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as bars:
        tasks: dict = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield progress


def diagnosis_rows(table: pd.DataFrame, raw: bool) -> list[dict]:
    """Rows of a diagnosis; as they are with `raw` (None where there is no value), else short and in percent."""
    rows = records(table)
    if raw:
        return rows
    percent = (
        "agreement",
        "mean_error",
        "clipped_share",
        "dead_share",
        "saturated_share",
        "keras_accuracy",
        "accuracy_from_here",
    )
    return [
        {
            "layer": row["layer"],
            "smallest θ": "" if row["threshold"] is None else int(row["threshold"]),
            **{
                LABELS.get(key, key.removesuffix("_share").replace("_", " ")): ""
                if row[key] is None
                else f"{row[key] * 100:.1f} %"
                for key in percent
            },
            "potentials held": row["saturations"],
            "try next": row["try_next"],
        }
        for row in rows
    ]


def print_table(title: str, rows: list[dict], as_json: bool, extra: dict | None = None) -> None:
    """Print `rows` as a table, or as JSON with `extra` beside them."""
    if as_json:
        print(json.dumps({"rows": rows, **(extra or {})}, indent=2, default=float))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left")
    for key in rows[0] if rows else ():
        numbers = all(isinstance(row.get(key), int | float) for row in rows)
        table.add_column(
            key.replace("_", " "), justify="right" if numbers else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    console = Console()
    Console(width=None if console.is_terminal else WIDTH).print(table)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def print_lines(lines: list[str]) -> None:
    """Print assumptions below a table."""
    for line in lines:
        print(f"  {line}")


def price_rows(
    prices: Prices, raw: bool = False, battery: pd.DataFrame | None = None
) -> list[dict]:
    """One row per device and workload: energy of the inference alone with its range, time; with a period current and battery life.

    `raw` keeps SI numbers with units in the keys, for JSON.
    """
    bills = prices.bills
    if battery is None and bills and all(bill.period_s is not None for bill in bills):
        battery = prices.battery_life()
    inference, timed = (
        prices.totals(idle=False),
        {bill.device: device_kind(bill.card).has_time for bill in bills},
    )
    rows = []
    for i, row in enumerate(inference.to_dict("records")):
        life = battery.iloc[i].to_dict() if battery is not None else {}
        if raw:
            rows.append({**row, **{key: value for key, value in life.items() if key not in row}})
            continue
        shown = {
            "device": row["device"],
            "workload": row["workload"],
            "energy": with_prefix(row["energy_j"], "J"),
            "low to high": f"{with_prefix(row['energy_low_j'], 'J')} to {with_prefix(row['energy_high_j'], 'J')}",
            "time": with_prefix(row["time_s"], "s") if timed[row["device"]] else "",
        }
        if life:
            shown |= {
                "average current": with_prefix(life["average_current_a"], "A"),
                f"{life['battery']} lasts": f"{duration(life['battery_life_s'])} ({duration(life['battery_life_low_s'])} to "
                f"{duration(life['battery_life_high_s'])})",
            }
        rows.append(shown)
    return rows


def print_price(title: str, prices: Prices, as_json: bool, extra: dict | None = None) -> None:
    """Prices, current and battery life where there is a period, and the assumptions that end every result."""
    assumptions = prices.assumptions
    print_table(
        title,
        price_rows(prices, raw=as_json),
        as_json,
        {"assumptions": assumptions, **(extra or {})},
    )
    if not as_json:
        print_lines(assumptions)


def records(table: pd.DataFrame) -> list[dict]:
    """Rows of a table, with None where there is no value."""
    return [
        {str(key): None if value != value else value for key, value in row.items()}
        for row in table.to_dict("records")
    ]


def verdict_rows(rows: list[dict]) -> list[dict]:
    """Verdicts in a few words: ``3.59 (1.73 to 9.73)``."""
    shown = []
    for row in rows:
        part = {
            "first": row["first"],
            "second": row["second"],
            "first / second": f"{row['ratio']:.3g}",
        }
        part |= {
            "5 % to 95 %": f"{row['ratio_low']:.3g} to {row['ratio_high']:.3g}",
            "the first": row["verdict"],
        }
        if "break_even_period_s" in row:
            period = row["break_even_period_s"]
            part["equal average power at a period of"] = (
                "" if period is None else with_prefix(period, "s")
            )
            rested = row["ratio_at_period"]
            part["at the period asked for"] = (
                "" if rested is None else f"{rested:.3g}, {row['verdict_at_period']}"
            )
        shown.append(part)
    return shown


def difference_rows(rows: list[dict]) -> list[dict]:
    """Rows whose energies get an SI prefix and whose shares get a percent sign."""

    def shown(key: str, value: object) -> object:
        if key.endswith("_j") and isinstance(value, float):
            return with_prefix(value, "J")
        return (
            f"{value * 100:.1f} %"
            if key.startswith("share") and isinstance(value, float)
            else value
        )

    return [
        {key.removesuffix("_j"): shown(key, value) for key, value in row.items()} for row in rows
    ]


def validation_rows(table: pd.DataFrame, raw: bool) -> list[dict]:
    """Rows of a validation, short where not `raw`."""
    rows = records(table)
    if raw:
        return rows
    return [
        {
            "what": row["what"],
            "published": with_prefix(row["published"], row["unit"])
            if row["unit"]
            else f"{row['published']:.4g}",
            "predicted": with_prefix(row["predicted"], row["unit"])
            if row["unit"]
            else f"{row['predicted']:.4g}",
            "error": f"{row['error'] * 100:+.1f} %",
            "kind": row["kind"],
        }
        for row in rows
    ]


def card_rows(card: Card) -> list[dict]:
    """Every value of a card in SI units with its range and provenance."""
    units = card.kind.units
    rows = [
        {
            "key": key,
            "value": f"{q.value:.4g} {units[key]}".strip(),
            "low": f"{q.low:.4g}",
            "high": f"{q.high:.4g}",
            "status": q.status,
            "conditions": q.conditions,
            "source": q.source,
        }
        for key, q in card.values.items()
    ]
    return rows + [
        {
            "key": key,
            "value": str(v),
            "low": "",
            "high": "",
            "status": "limit",
            "conditions": "",
            "source": "",
        }
        for key, v in card.limits.items()
    ]


def run_as_json(result: RunResult) -> dict:
    """A run's numbers in SI units."""
    from .tables import layer_table

    return {
        "folder": str(result.folder),
        "ann_accuracy": result.ann_accuracy,
        "snn_accuracy": float(result.snn_accuracy[-1]),
        "samples": result.trace.samples,
        "steps": result.trace.steps,
        "network_hash": result.network.hash,
        "layers": json.loads(layer_table(result.trace).to_json(orient="records") or "[]"),
        "prices": price_rows(result.prices, raw=True, battery=result.battery),
        "verdicts": records(result.prices.verdicts()),
        "does_not_fit": result.does_not_fit,
        "assumptions": result.prices.assumptions,
    }


def print_run(result: RunResult) -> None:
    """The tables of a run, what does not fit, and the assumptions."""
    trace = result.trace
    spikes = sum(float(c.sum(axis=1).mean()) for c in trace.spikes.values())
    sops = sum(float(c.sum(axis=1).mean()) for c in trace.sops.values())
    print_table(
        f"Network on {trace.samples} test images, {trace.steps} steps",
        [
            {
                "Keras accuracy (%)": result.ann_accuracy * 100,
                "spiking accuracy (%)": float(result.snn_accuracy[-1]) * 100,
                "spikes per inference": spikes,
                "SOPs per inference": sops,
            }
        ],
        False,
    )
    if result.prices.bills:
        print_table(
            "Price of one inference", price_rows(result.prices, battery=result.battery), False
        )
        if len(pairs := result.prices.verdicts(everything=False)):
            print_table("Verdicts: energy of one inference", verdict_rows(records(pairs)), False)
    for reason in result.does_not_fit.values():
        print(f"does not fit: {reason}")
    print("Assumptions")
    print_lines(
        [
            *result.prices.assumptions,
            "low to high: 5th and 95th percentile that the ranges of a card imply; wins, loses: over that whole range of the ratio; "
            "average current and battery life include the time between inferences.",
        ]
    )
    print(
        f"\nEverything is in {result.folder}/ (pictures: *.png, *.svg; numbers: *.csv, network.spk, trace.h5)"
    )
