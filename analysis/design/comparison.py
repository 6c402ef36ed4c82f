"""Runs side by side: what differs in what they were asked for, and in what they found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ...energy.bill import INT8_WORKLOADS, SPIKING
from ...energy.pricing.prices import ENERGIES, TIMES
from ...errors import SpikewattError, warn
from ..report.findings import Column, Findings, Table
from ..report.numbers import percent, with_prefix
from ..report.page.run_files import RunFiles
from ..report.times import time_columns
from ..report.units import JOULES, PERCENT, PLAIN
from .deciding import can_stand
from .front import on_front

BEST = {"accuracy": "most", "energy_j": "least"}
FEWEST = 2
OF_THE_RUN = ("name", "data_dir", "workers")  # settings that change no number
SIDE = ["device", "workload"]
BESIDE = r"\+(?!:|$)"  # between a core and its host; a Cortex-M0+ ends with one itself
PRICE_KEYS = (*ENERGIES, *TIMES)


@dataclass(frozen=True)
class _Run:
    """A run that is compared: its name in tables, and its files."""

    label: str
    files: RunFiles


def compare_runs(folders: Sequence[str | Path]) -> Findings:
    """Put runs side by side.

    Parameters
    ----------
    folders : sequence of str or Path
        Two or more folders that `run` left; differences are those to the first.

    Returns
    -------
    Findings
        Tables ``runs`` (accuracy, steps, spikes, operations), ``prices`` (energy and time per run,
        device and workload; ratio to the first run; decides: it can stand for a side, which a core
        without its host and a rule cannot; on_front: it does, and no other is more accurate and
        cheaper) and ``configuration`` (settings that differ).

    Raises
    ------
    SpikewattError
        Fewer than two, one twice, or a folder that is not one of a run.

    Examples
    --------
    >>> import spikewatt as sw
    >>> found = sw.compare_runs(["runs/mine", "runs/mine-2"])  # doctest: +SKIP
    >>> found["prices"].frame.query("on_front")  # doctest: +SKIP
    """
    runs = _runs(folders)
    _warn_of_other_data(runs)
    prices = _prices(runs)
    return Findings(
        (_run_table(runs), _price_table(prices), _differences(runs)),
        sentence=_sentence(prices),
    )


def _runs(folders: Sequence[str | Path]) -> list[_Run]:
    """The runs, each under a name of its own."""
    paths = [Path(folder).resolve() for folder in folders]
    if len(paths) < FEWEST:
        raise SpikewattError("compare", "takes runs to compare", len(paths), f">= {FEWEST}")
    twice = [path for path, times in Counter(paths).items() if times > 1]
    if twice:
        raise SpikewattError("compare", "takes each run once", str(twice[0]))

    files = [RunFiles(folder) for folder in folders]
    names = Counter(found.name for found in files)
    return [
        _Run(found.name if names[found.name] == 1 else f"{path.parent.name}/{found.name}", found)
        for path, found in zip(paths, files, strict=True)
    ]


def _warn_of_other_data(runs: Sequence[_Run]) -> None:
    """Accuracies on different data are no comparison."""
    data = dict.fromkeys(str(run.files.settings().get("dataset")) for run in runs)
    if len(data) > 1:
        law = "accuracies are comparable on the same data"
        warn("compare", law, ", ".join(data), "runs of one data set")


# ------------------------------------------------------------------ tables


def _run_table(runs: Sequence[_Run]) -> Table:
    """One row per run."""
    rows = []
    for run in runs:
        settings = run.files.settings()
        row: dict[str, Any] = {
            "run": run.label,
            "network": Path(str(settings.get("network"))).name,
            "code": settings.get("code"),
            "steps": len(run.files.frame("accuracy_against_steps")) or None,
        }
        summary = run.files.frame("summary")
        row |= summary.iloc[0].to_dict() if len(summary) else {}
        rows.append(row)

    frame = pd.DataFrame(rows)
    columns = [Column(key, (key,)) for key in ("run", "network", "code", "steps")]
    titles = {
        "snn_accuracy": ("spiking", PERCENT),
        "ann_accuracy": ("Keras", PERCENT),
        "spikes_per_inference": ("spikes", None),
        "sops_per_inference": ("SOPs", None),
    }
    columns += [
        Column(title, (key,), unit=unit, leave_out=place)
        for place, (key, (title, unit)) in enumerate(titles.items())
        if key in frame
    ]
    return Table("runs", "Runs", frame, columns)


def _prices(runs: Sequence[_Run]) -> pd.DataFrame:
    """Accuracy, energy and time of every run on every device."""
    parts = [_prices_of(run) for run in runs]
    frame = pd.concat(parts, ignore_index=True)
    if not len(frame):
        raise SpikewattError("compare", "a run has a price", "no device could execute the networks")

    first = parts[0].set_index(SIDE)["energy_j"] if len(parts[0]) else {}
    base = [first.get((device, workload)) for device, workload in frame[SIDE].to_numpy()]
    frame["to_first"] = frame["energy_j"] / pd.Series(base, dtype=float)

    frame["decides"] = _decides(frame)
    frame["on_front"] = False
    able = frame["accuracy"].notna() & frame["decides"]
    frame.loc[able, "on_front"] = on_front(frame[able], BEST)
    return frame


def _decides(frame: pd.DataFrame) -> pd.Series:
    """Which rows can stand for a side, from the tables alone; see `deciding`.

    A core alone does not where one of the runs has it beside a host, too; nor does a rule, the
    price of which has no range.
    """
    devices = frame["device"].astype(str)
    cores = devices.str.split(BESIDE, n=1, regex=True).str[0]
    hosted = devices.str.contains(BESIDE, regex=True)
    ranged = frame["energy_low_j"] < frame["energy_high_j"]
    return pd.Series(can_stand(list(cores), list(hosted), list(ranged)), frame.index)


def _prices_of(run: _Run) -> pd.DataFrame:
    totals = run.files.frame("energy_totals")
    columns = ["run", *SIDE, "accuracy", *PRICE_KEYS]
    if not len(totals):
        return pd.DataFrame(columns=columns)
    summary = run.files.frame("summary")
    by_workload = {}
    if len(summary):
        by_workload = {SPIKING: float(summary["snn_accuracy"].iloc[0])}
        by_workload |= dict.fromkeys(INT8_WORKLOADS, _int8_accuracy(run.files))
    totals.insert(0, "run", run.label)
    totals["accuracy"] = totals["workload"].map(by_workload).astype(float)
    return totals.reindex(columns=columns)


def _int8_accuracy(files: RunFiles) -> float:
    """That which the run measured; NaN where it executed none: that of Keras is another."""
    points = files.frame("points")
    if not {"side", "accuracy"} <= set(points.columns):
        return float("nan")
    measured = points.loc[points["side"] == "int8_ann", "accuracy"].dropna()
    return float(measured.iloc[0]) if len(measured) else float("nan")


def _price_table(frame: pd.DataFrame) -> Table:
    columns = (
        Column("run", ("run",)),
        Column("device", ("device",)),
        Column("workload", ("workload",)),
        Column("accuracy", ("accuracy",), unit=PERCENT),
        Column("energy", ("energy_j",), unit=JOULES),
        *time_columns(frame, leave_out=2),
        Column("times the first", ("to_first",), unit=PLAIN),
        Column("front", ("on_front",), lambda front: "yes" if front else "", leave_out=1),
    )
    return Table("prices", "Accuracy, energy and time of an inference", frame, columns)


def _differences(runs: Sequence[_Run]) -> Table:
    """Settings that are not the same in all runs: a row each, a column per run."""
    settings = [run.files.settings() for run in runs]
    keys = dict.fromkeys(key for each in settings for key in each if key not in OF_THE_RUN)
    rows = []
    for key in keys:
        values = [_shown(each.get(key)) for each in settings]
        if len(set(values)) > 1:
            labelled = zip((run.label for run in runs), values, strict=True)
            rows.append({"setting": key, **dict(labelled)})
    frame = pd.DataFrame(rows, columns=["setting", *(run.label for run in runs)])
    columns = [Column(str(key), (key,)) for key in frame.columns]
    return Table("configuration", "Settings that differ", frame, columns)


def _shown(value: object) -> str:
    if value is None:
        return "by default"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _sentence(prices: pd.DataFrame) -> str:
    """What is best: the cheapest, and the most accurate of the front."""
    front = prices[prices["on_front"]]
    if not len(front):
        return "Nothing that can decide has an accuracy: there is no front."
    cheapest = front.sort_values("energy_j").iloc[0]
    surest = front.sort_values(["accuracy", "energy_j"], ascending=[False, True]).iloc[0]
    if cheapest.name == surest.name:
        said = f"No other is cheaper or more accurate than {_point(cheapest)}."
    else:
        said = f"Least energy: {_point(cheapest)}. Most accurate: {_point(surest)}."
    return said + _unknown(prices)


def _unknown(prices: pd.DataFrame) -> str:
    """Runs of which int8 has no accuracy, and is left out."""
    unknown = (prices["workload"] == "int8_ann") & prices["accuracy"].isna() & prices["decides"]
    runs = dict.fromkeys(prices.loc[unknown, "run"])
    return f" Left out, as it was not executed: int8 of {', '.join(runs)}." if runs else ""


def _point(row: pd.Series) -> str:
    energy = with_prefix(row["energy_j"], "J")
    return (
        f"{row['run']} as {row['workload']} on {row['device']}, "
        f"{percent(row['accuracy'])} for {energy}"
    )
