"""Rows of a store: read, with all that only the whole of them can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...energy.cards.parametric_core import is_parametric, parse_choices
from ..design.front import on_front
from .axes import is_number
from .hardware.axes import HARDWARE_AXES, NO_HOST, Geometry
from .hardware.bills import PERIOD
from .hardware.pricing import AMOUNTS
from .space import OBJECTIVES
from .store import CLASH, read_identity, read_table

if TYPE_CHECKING:
    import pandas as pd

WORDS_UP_TO = 1_000_000  # rows whose texts are plain; of more they are categories
ROUNDING = 1e-9
LEAST_ENERGY = ("accuracy_validation", "energy_j")  # what `Sweep.best` compares
SIZES = ("mm2", "memory_bytes")  # that a device with a price may lack
OF_ONE_CHOICE = ("energy_j", "strategy", "voltage_v", "clock_hz", "reason")
AT = ("voltage_v", "clock_hz")  # of the parametric core, as they are in each row
OF_DESIGN = ("device", "host")
FIRST_SAID = {"network": 0, "code": 1, "steps": 2}


def read_sweep(path: str | Path, front: bool = False) -> pd.DataFrame:
    """All rows of a store, in the order of the space.

    Parameters
    ----------
    path : str or Path
        The folder that `sweep` wrote, also while it still does.
    front : bool, default False
        Only rows that no other row of the same network point beats, by the objectives or by
        energy; of millions of rows these are a few. The front and the best lie among them.

    Returns
    -------
    DataFrame
        One row per point and workload: ``network_point`` and ``hardware_point`` (their places in
        the space), the network axes, ``workload`` (snn, int8_ann), ``device``, ``host``,
        ``library``, ``strategy``, the hardware axes (``voltage_v`` and ``clock_hz`` as they are;
        ``core_weight_bits`` where networks have an axis of that name), ``accuracy_validation``,
        ``accuracy`` (on test images), ``keras_accuracy_validation``, ``keras_accuracy``,
        ``energy_j``, ``energy_low_j``, ``energy_high_j``, ``time_s``, ``time_low_s``,
        ``time_high_s`` (empty in stores of earlier versions), ``cores``, ``mm2``,
        ``memory_bytes``, ``decides`` (whether it can be an answer, see `Deciding`), ``reason``
        (why there is no energy; "" where there is), ``loss`` (points of percent below the best
        Keras network, on validation images), ``within`` (the accuracy loss of the space),
        ``on_front`` (of the points that decide, with the same period; rows that lack a size are
        compared with one another) and, with several strategies, ``cheapest_strategy``.
        A network point that failed has one row.

    Raises
    ------
    SpikewattError
        No store, a damaged one, or one without rows.

    Examples
    --------
    >>> rows = read_sweep("my.sweep")  # doctest: +SKIP
    >>> rows[rows["within"]].groupby("device")["energy_j"].min()  # doctest: +SKIP
    """
    path = Path(path)
    identity = read_identity(path)["space"]
    table = read_table(path)
    best = _best_keras(table)
    if front:
        import pyarrow.compute as compute

        table = table.filter(compute.field("candidate"))
    frame = table.to_pandas()
    if len(frame) <= WORDS_UP_TO:
        for name in frame.select_dtypes("category"):
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "").astype(str)

    frame = _with_all_amounts(frame)
    frame["loss"] = 100 * (best - frame["accuracy_validation"])
    frame["within"] = frame["loss"] <= identity["accuracy_loss"] + ROUNDING
    frame["on_front"] = False
    for _, rows in frame[frame["candidate"]].groupby(_period(frame), dropna=False):
        frame.loc[rows.index, "on_front"] = _comparable_front(rows, identity["objectives"])
    frame = frame.drop(columns="candidate")
    strategies = frame["strategy"].nunique() > 1 and not front
    return _with_cheapest(frame, identity) if strategies else frame


def _with_all_amounts(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the amounts that earlier versions did not store, which are missing there."""
    for before, name in pairwise(AMOUNTS):
        if name not in frame:
            frame.insert(frame.columns.get_loc(before) + 1, name, np.nan)
    return frame


def _period(frame: pd.DataFrame) -> pd.Series:
    """The period of each row: how often there is work is a fact, and nothing to choose."""
    if PERIOD in frame:
        return frame[PERIOD]
    return frame["network_point"] * np.nan


def _best_keras(table: Any) -> float:
    import pyarrow.compute as compute

    found = compute.max(table.column("keras_accuracy_validation")).as_py()
    return float("nan") if found is None else found


def _with_cheapest(frame: pd.DataFrame, identity: Mapping) -> pd.DataFrame:
    """Which strategy uses least, of all points that are alike but for what it chooses."""
    axes = {name for block in identity["hardware"] for name in block}
    network = {name for block in identity["network"] for name in block}
    named = {CLASH + name if name in network else name for name in axes}
    alike = [name for name in (*named, "host", "library") if name not in OF_ONE_CHOICE]
    keys = ["network_point", "workload", *sorted(set(alike) & set(frame.columns))]

    priced = frame[frame["energy_j"].notna()]
    cheapest = priced.sort_values("energy_j", kind="stable").drop_duplicates(keys)
    columns = [*keys, "strategy"]
    named_so = cheapest[columns].rename(columns={"strategy": "cheapest_strategy"})
    return frame.merge(named_so, how="left", on=keys)


def front_of(rows: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Which rows of a part may lie on the front: those that none of their kind beats.

    Of one kind are rows of one workload and one period, which decide.
    """
    candidates = np.zeros(len(rows), bool)
    alike = [rows["workload"].astype(object), _period(rows), rows["decides"]]
    for (*_, decides), places in rows.groupby(alike, dropna=False).indices.items():
        if decides:
            candidates[places] = _comparable_front(rows.iloc[places], names)
    return candidates


def _comparable_front(rows: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Which rows no other dominates. What has no size is neither smaller nor larger than others.

    So those that lack one are compared with one another, by the rest of the objectives.
    """
    found = np.zeros(len(rows), bool)
    sizes = [name for name in names if name in SIZES]
    lacking = rows[sizes].isna().to_numpy()
    priced = rows["energy_j"].notna().to_numpy()
    for kind in np.unique(lacking, axis=0) if len(rows) else ():
        left_out = {name for name, lacks in zip(sizes, kind, strict=True) if lacks}
        goals = {name: OBJECTIVES[name] for name in names if name not in left_out}
        places = np.flatnonzero((lacking == kind).all(axis=1) & priced)
        if goals:
            found[places] = on_front(rows.iloc[places], goals)
    return found


class Names:
    """How points of a store are said: their networks, and their hardware.

    Parameters
    ----------
    space : mapping
        As `store.read_identity` has it under ``space``.
    """

    def __init__(self, space: Mapping[str, Any]):
        self.network = _axes(space["network"])
        self.hardware = _axes(space["hardware"])
        self.varied = _varied(space["hardware"])
        axes = [axis for block in space["hardware"] for axis in block.items()]
        self.factors = {name for name, axis in axes if axis["factor"]}

    def column(self, axis: str) -> str:
        """The column of a hardware axis."""
        return CLASH + axis if axis in self.network else axis

    def described(self, row: Mapping[str, Any], without: Sequence[str] = ()) -> str:
        """A row in a few words: its network along the axes that vary, and its hardware.

        With the value of every axis of the hardware that varies, but of those in `without`.
        """
        network = []
        for name in sorted(self.network, key=lambda name: FIRST_SAID.get(name, len(FIRST_SAID))):
            value = row.get(name)
            if not _is_known(value):
                continue
            text = f"{value:g}" if isinstance(value, float) else str(value)
            said = "{} steps" if name == "steps" else "{}" if name in FIRST_SAID else f"{name} {{}}"
            network.append(said.format(text))
        hardware = ", ".join([self.design(row), *self._beside(row, without)])
        return f"{' '.join(network)} on {hardware}".strip()

    def _beside(self, row: Mapping[str, Any], without: Sequence[str]) -> list[str]:
        """What varies of its hardware and is no part of its `design`."""
        parametric = is_parametric(str(row["device"]))
        found = []
        for name in self.varied:
            in_design = parametric and (name in AT or isinstance(HARDWARE_AXES[name], Geometry))
            value = row.get(self.column(name))
            if name in (*OF_DESIGN, *without) or in_design or not _is_known(value):
                continue
            text = f"{value:.6g}" if is_number(value) else str(value)
            found.append(f"{name} {'× ' if name in self.factors else ''}{text}")
        return found

    def design(self, row: Mapping[str, Any]) -> str:
        """Its hardware as `price` takes it: a card, with values of its own, a host after a +."""
        text = str(row["device"])
        name, colon, _ = text.partition(":")
        if is_parametric(text):
            chosen: dict[str, Any] = dict(parse_choices(text)) if colon else {}
            for axis, kind in HARDWARE_AXES.items():
                is_size = axis in self.hardware and isinstance(kind, Geometry)
                if is_size or axis in AT:
                    chosen[axis] = row.get(self.column(axis))
            given = [f"{key}={value:.12g}" for key, value in chosen.items() if is_number(value)]
            text = f"{name}:{','.join(given)}"
        host = row.get("host")
        return f"{text}+{host}" if host and host != NO_HOST else text


def _is_known(value: object) -> bool:
    """Whether a cell has something in it."""
    return value is not None and value == value and value != ""


def _varied(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Axes that do not have the same one value in all blocks."""
    found = []
    for name in _axes(blocks):
        values = [block[name]["values"] if name in block else None for block in blocks]
        if values[0] is None or len(values[0]) != 1 or any(each != values[0] for each in values):
            found.append(name)
    return found


def _axes(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for block in blocks for name in block))
