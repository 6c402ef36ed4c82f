"""What the page of a run shows, collected from the files in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ....energy.bill import Bill
from ....energy.cards.parametric_core import is_parametric
from ....energy.devices.chip.table import cores_in_use
from ....energy.devices.registry import device_kind
from ....energy.pricing.order import ordered
from ....energy.pricing.prices import Prices
from ....errors import SpikewattError
from ....sim.trace.trace import Trace
from ....sim.zeros.activation_zeros import MATCHED_NETWORK
from ...job import steps
from ...job.config import RunConfig
from ..rows import ASSUMPTIONS, SENTENCE, data_in
from . import charts
from .coefficients import offered_steps, sides
from .laws import home_voltage_v, knobs
from .model import Page
from .points import add_points
from .rules import add_rules
from .run_files import CONFIG, RunFiles
from .tables import table

KEPT_JSON = {"verification": "RTL against what it must do", "synthesis": "Synthesis"}
NEARLY = 1e-9
NO_VERDICT = "No verdict: this run kept none. What it found is below."


def run_page(folder: str | Path) -> Page:
    """The page of the run in `folder`.

    Raises
    ------
    SpikewattError
        The folder is not one of a run.
    FileFormatError
        One of its files is damaged.
    """
    files = RunFiles(folder)
    trace, config = files.trace(), files.config()
    title = f"{files.name}: {Path(config.network).name} on {Path(config.dataset).name}"
    verdict, *others = _verdict(files)
    page = Page("run.html", title, "Run", verdict)
    page.below = [*others, *_below(files, trace)]

    prices = _priced(page, files, trace, config)
    if prices is not None:
        _add_live(page, files, trace, config, prices)
        page.parts["mappings"] = _mappings(page, trace, prices)
    add_points(page, files, config.period_s)
    _add_layers(page, files)
    add_rules(page, trace, prices, files.zeros(MATCHED_NETWORK))
    page.parts |= {
        "energy": _shown(files.frame("energy"), "Energy by layer and component", spent=True),
        "prices": _shown(files.frame("energy_totals"), "Energy of one inference", spent=True),
        "zeros": _shown(files.frame("zeros"), "Zeros among the activations of the ANN"),
        "tornado": _shown(files.frame("tornado"), "What matters most"),
        "hardware": _hardware(files),
        "assumptions": [line for line in files.text(ASSUMPTIONS).splitlines() if line],
        "provenance": _provenance(files, trace),
        "config": files.text(CONFIG),
    }
    return page


# ------------------------------------------------------------------ head


def _verdict(files: RunFiles) -> list[str]:
    """The sentences of the run as it said them, that of the deciding tolerance first.

    Those of an earlier version stand in its table alone. None are made up from other tables: what
    they call a winner may be one of another accuracy.
    """
    if lines := [line for line in files.text(SENTENCE).splitlines() if line]:
        return lines
    best = files.frame("best")
    if "sentence" in best and len(best):
        return [str(sentence) for sentence in best["sentence"]]
    return [NO_VERDICT]


def _below(files: RunFiles, trace: Trace) -> list[str]:
    """What ran, and how right it is."""
    settings = trace.settings
    lines = [
        f"Code {settings.code}, {trace.steps} steps, {settings.weight_bits}-bit weights; "
        f"{trace.samples:,} test samples; engine {settings.engine}."
    ]
    summary = files.frame("summary")
    if {"snn_accuracy", "ann_accuracy"} <= set(summary.columns) and len(summary):
        row = summary.iloc[0]
        lines.append(
            f"Accuracy: spiking {row['snn_accuracy']:.1%} after {trace.steps} steps, "
            f"Keras {row['ann_accuracy']:.1%}{_of_few_bits(files, row)}.".replace("%", " %")
        )
    return lines


def _of_few_bits(files: RunFiles, row: pd.Series) -> str:
    """The accuracies of the int8 network and of the ANN of equal capacity, where measured."""
    said = ""
    if "int8_accuracy" in row:
        said += f", int8 {row['int8_accuracy']:.1%}"
    zeros = files.frame("zeros")
    if "matched_accuracy" in row and {"network", "title"} <= set(zeros.columns):
        titles = zeros[zeros["network"] == MATCHED_NETWORK]["title"]
        said += f", {titles.iloc[0]} {row['matched_accuracy']:.1%}" if len(titles) else ""
    return said


# ------------------------------------------------------------------ prices that move


def _priced(page: Page, files: RunFiles, trace: Trace, config: RunConfig) -> Prices | None:
    """The prices of today; None, and a warning, where a card is gone."""
    try:
        prices = steps.price(config, trace, files.zeros())
    except SpikewattError as error:
        page.warnings.append(f"No controls: the devices cannot be priced again ({error}).")
        return None
    if not prices.bills:
        return None
    if _differs(prices.totals(idle=False), files.frame("energy_totals")):
        page.warnings.append(
            "Cards or laws changed since this run: controls price with those of today, tables "
            "show what the run found."
        )
    return prices


def _differs(now: pd.DataFrame, then: pd.DataFrame) -> bool:
    """Whether a price is another than that in the folder."""
    if "energy_j" not in then:
        return False
    both = now.merge(then, on=["device", "workload"], suffixes=("", "_then"))
    change = (both["energy_j"] / both["energy_j_then"] - 1).abs()
    return bool((change > NEARLY).any())


def _add_live(page: Page, files: RunFiles, trace: Trace, config: RunConfig, prices: Prices) -> None:
    """Coefficients, knobs and the charts that follow them."""

    zeros = files.zeros()

    def pricing(shorter: Trace, period_s: float) -> Prices:
        return steps.price(config.model_copy(update={"period_s": period_s}), shorter, zeros)

    offered = offered_steps(trace)
    found = sides(trace, pricing, offered)
    if not found:
        return

    turned, devices = _knobs(config, prices.bills)
    hosts = list(dict.fromkeys(side["host"] for side in found if side["host"]))
    first, second, against = _compared(found, files.frame("verdicts"))
    page.live = charts.live()
    page.parts |= {"live": True, "steps": offered, "hosts": hosts}
    page.data |= {
        "sides": found,
        "knobs": turned,
        "steps": offered,
        "settings": {
            "step": len(offered) - 1,
            "period_s": config.period_s,
            "counted": "period" if len(files.frame("points")) else "inference",
            "host": against if against in hosts else "",
            "first": first,
            "second": second,
            "devices": devices,
        },
        **_accuracies(files, trace, offered),
    }


def _knobs(config: RunConfig, bills: tuple[Bill, ...]) -> tuple[dict, dict]:
    """Name of each card, hosts too -> its knobs; and where they stand."""
    order = ordered(config.devices, **config.as_run)
    turnable = {"clock_hz": None, "supply_v": None}
    as_they_come = ordered(config.devices, **{**config.as_run, **turnable})
    plain = {card.name: card for card in (*as_they_come.devices.values(), *as_they_come.hosts)}
    given = {order.devices[asked].name: point.supply_v for asked, point in order.points.items()}

    turned: dict[str, dict] = {}
    devices: dict[str, dict] = {}
    for bill in bills:
        for card in (bill.card, bill.host):
            if card is None or card.name in turned:
                continue
            base = plain.get(card.name, card)
            turned[card.name] = knobs(base)
            if turned[card.name]:
                asked = bill.instead_of or card.name
                volt = given.get(asked) if is_parametric(card.name) else None
                devices[card.name] = {
                    "clock_hz": card["clock_hz"].value,
                    "voltage_v": volt or home_voltage_v(card),
                }
    return turned, devices


def _compared(found: list[dict], verdicts: pd.DataFrame) -> tuple[int, int, str]:
    """Places of the two sides that a page compares first, and the card of the second.

    The first spiking side of the run, and the int8 network that does best against it.
    """
    bare = list(dict.fromkeys((side["card"], side["workload"]) for side in found))
    spiking = [i for i, (_, workload) in enumerate(bare) if workload == "snn"]
    first = spiking[0] if spiking else 0
    card, workload = bare[first]
    second = next((i for i in range(len(bare)) if i != first), first)
    if "first" in verdicts:
        names = {f"{name} {what}": i for i, (name, what) in enumerate(bare)}
        own = verdicts[verdicts["first"] == f"{card} {workload}"]
        int8 = own[own["second"].str.endswith(" int8_ann") & own["second"].isin(list(names))]
        if len(int8):
            second = names[int8.sort_values("ratio")["second"].iloc[-1]]
    return first, second, bare[second][0]


def _accuracies(files: RunFiles, trace: Trace, offered: list[int]) -> dict[str, Any]:
    """Accuracy after each offered number of steps and, where it was executed, of int8."""
    found: dict[str, Any] = {"accuracy": None, "int8_accuracy": None}
    frame = files.frame("accuracy_against_steps")
    if {"step", "snn_accuracy"} <= set(frame.columns) and len(frame):
        by_step = frame.set_index("step")["snn_accuracy"]
        found["accuracy"] = [float(by_step.get(step, float("nan"))) for step in offered]
    points = files.frame("points")
    if {"side", "accuracy"} <= set(points.columns):
        int8 = points[points["side"] == "int8_ann"]["accuracy"].dropna()
        if len(int8):
            found["int8_accuracy"] = float(int8.iloc[0])
    return found


# ------------------------------------------------------------------ tables and still charts


def _shown(frame: pd.DataFrame, title: str, spent: bool = False) -> dict | None:
    """A table for the template; None where there is nothing."""
    if not len(frame):
        return None
    leave_out = ("cycles",) if spent else ()
    return table(frame, title, leave_out)


def _add_layers(page: Page, files: RunFiles) -> None:
    layers = files.frame("layers")
    if not len(layers):
        return
    page.charts |= charts.layers(layers)
    page.parts["layers"] = table(layers, "Mean per inference")


def _mappings(page: Page, trace: Trace, prices: Prices) -> list[dict]:
    """Each core's mapping: how many, how full, who lives where."""
    found = []
    seen = set()
    for bill in prices.bills:
        card = bill.card
        if not device_kind(card).places_neurons or card.name in seen:
            continue
        seen.add(card.name)
        rows, words, _ = cores_in_use(trace, card, hosted=bill.device != card.name)
        cores = pd.DataFrame(rows)
        name = f"cores_{len(found)}"
        page.charts[name] = charts.cores(cores)
        found.append(
            {
                "device": card.name,
                "says": "; ".join(words),
                "chart": name,
                "table": table(cores, "Cores"),
            }
        )
    return found


def _hardware(files: RunFiles) -> list[dict]:
    """What `verify --json` and `synth --json` left in the folder."""
    parts = []
    for name, title in KEPT_JSON.items():
        found = data_in(files.document(f"{name}.json"), f"{files.folder}/{name}.json")
        tables = [
            table(_plain(rows), key.replace("_", " "))
            for key, rows in found.items()
            if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)
        ]
        notes = found.get("notes", [])
        lines = [str(line) for line in notes] if isinstance(notes, list) else []
        if tables or lines:
            parts.append({"title": title, "tables": tables, "lines": lines})
    return parts


def _plain(rows: list[dict]) -> pd.DataFrame:
    """Rows without what has parts of its own."""
    return pd.DataFrame(
        [{k: v for k, v in row.items() if not isinstance(v, dict | list)} for row in rows]
    )


def _provenance(files: RunFiles, trace: Trace) -> list[tuple[str, str]]:
    """Versions and hashes."""
    rows = [(name, str(value)) for name, value in files.document("versions.json").items()]
    rows.append(("network", trace.network_hash))
    rows.append(("trace", trace.content_hash()))
    _, is_there, digest = files.text(CONFIG).rpartition("# data: ")
    if is_there:
        rows.append(("data", digest.strip()))
    return rows
