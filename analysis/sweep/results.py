"""What a sweep found, read from its store: all rows, the front, the best at equal accuracy."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ... import files
from ...energy.bill import WORKLOADS
from ...errors import SpikewattError, one_of
from ..design.front import on_front
from ..report.numbers import percent, with_prefix
from ..report.rows import write_frame
from .hardware.axes import HARDWARE_AXES, NO_HOST, Geometry
from .hardware.bills import PERIOD
from .space import OBJECTIVES, Space
from .store import CLASH, read_identity, read_table

if TYPE_CHECKING:
    import pandas as pd

WORDS_UP_TO = 1_000_000  # rows whose texts are plain; of more they are categories
ROUNDING = 1e-9
CSV, PARQUET = ".csv", ".parquet"
EXPORTS = (CSV, PARQUET)
OF_ONE_CHOICE = ("energy_j", "strategy", "voltage_v", "clock_hz", "reason")


def read_sweep(path: str | Path, front: bool = False) -> pd.DataFrame:
    """All rows of a store, in the order of the space.

    Parameters
    ----------
    path : str or Path
        The folder that `sweep` wrote, also while it still does.
    front : bool, default False
        Only rows that no other row of the same network point beats; of millions of rows these
        are a few. The front lies among them.

    Returns
    -------
    DataFrame
        One row per point and workload: ``network_point`` and ``hardware_point`` (their places in
        the space), the network axes, ``workload`` (snn, int8_ann), ``device``, ``host``,
        ``library``, ``strategy``, the hardware axes (``voltage_v`` and ``clock_hz`` as they are;
        ``core_weight_bits`` where networks have an axis of that name), ``accuracy_validation``,
        ``accuracy`` (on test images), ``keras_accuracy_validation``, ``keras_accuracy``,
        ``energy_j``, ``energy_low_j``, ``energy_high_j``, ``time_s``, ``cores``, ``mm2``,
        ``memory_bytes``, ``reason`` (why there is no energy; "" where there is), ``loss`` (points
        of percent below the best Keras network, on validation images), ``within`` (the accuracy
        loss of the space), ``on_front`` (of the points with the same period) and, with several
        strategies, ``cheapest_strategy``.
        A network point that failed has one row.

    Raises
    ------
    SpikewattError
        No store, a damaged one, or one without rows.
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
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "")

    frame["loss"] = 100 * (best - frame["accuracy_validation"])
    frame["within"] = frame["loss"] <= identity["accuracy_loss"] + ROUNDING
    frame["on_front"] = False
    goals = {name: OBJECTIVES[name] for name in identity["objectives"]}
    for _, rows in frame[frame["candidate"]].groupby(_period(frame), dropna=False):
        frame.loc[rows.index, "on_front"] = on_front(rows, goals)
    frame = frame.drop(columns="candidate")
    strategies = frame["strategy"].nunique() > 1 and not front
    return _with_cheapest(frame, identity) if strategies else frame


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


class Counts(NamedTuple):
    """Rows of a store, those with a price, and a table of reasons of the others."""

    rows: int
    priced: int
    failed: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep in its store.

    Parameters
    ----------
    path : Path
        The folder.
    simulated : int, default 0
        Simulations that were done for it.
    reused : int, default 0
        Those that were known from before.
    space : Space, optional
        Where it was just gone through.
    """

    path: Path
    simulated: int = 0
    reused: int = 0
    space: Space | None = None

    def __repr__(self) -> str:
        return f"Sweep({str(self.path)!r}; {self.simulated} simulated, {self.reused} reused)"

    @property
    def frame(self) -> pd.DataFrame:
        """All rows; see `read_sweep`."""
        return read_sweep(self.path)

    @property
    def front(self) -> pd.DataFrame:
        """The rows that no other beats, the least energy first."""
        found = read_sweep(self.path, front=True)
        rows = found[found["on_front"]]
        return rows.sort_values(["energy_j", "hardware_point"], ignore_index=True)

    @property
    def accuracy_loss(self) -> float:
        """The tolerance of the space, in points of percent."""
        return read_identity(self.path)["space"]["accuracy_loss"]

    def best(
        self,
        accuracy_loss: float | None = None,
        workload: str = WORKLOADS[0],
        period_s: float | None = None,
    ) -> pd.Series:
        """The row with the least energy whose accuracy keeps within the tolerance.

        Parameters
        ----------
        accuracy_loss : float, optional
            Points of percent below the best Keras network, on validation images; by default that
            of the space.
        workload : str, default "snn"
        period_s : float, optional
            One of several periods; by default the first of the space.

        Raises
        ------
        SpikewattError
            No point keeps within it; the error names the nearest.
        """
        one_of("Sweep.best.workload", "must name a workload", workload, WORKLOADS)
        tolerance = self.accuracy_loss if accuracy_loss is None else accuracy_loss
        found = read_sweep(self.path, front=True)
        found = found[(found["workload"] == workload) & found["energy_j"].notna()]
        if self.periods_s:
            chosen = self.periods_s[0] if period_s is None else period_s
            found = found[found[PERIOD].isna() | (found[PERIOD] == chosen)]
        law = f"a point keeps within {tolerance:g} points of Keras' accuracy"
        if found.empty or found["loss"].isna().all():
            raise SpikewattError(str(self.path), law, f"no {workload} with an accuracy fits")

        found = found.sort_values(["energy_j", "hardware_point", "network_point"], kind="stable")
        within = found[found["loss"] <= tolerance + ROUNDING]
        if within.empty:
            near = found.loc[found["loss"].idxmin()]
            got = f"the nearest loses {near['loss']:.2f}: {described(near)}"
            raise SpikewattError(str(self.path), law, got, hint="--accuracy-loss, or more steps")
        return within.iloc[0]

    def counts(self) -> Counts:
        """How many rows there are, how many have a price, and why the others have none."""
        import pandas as pd

        columns = ("device", "workload", "reason")
        frame = read_table(self.path, columns).to_pandas()
        failed = frame[frame["reason"] != ""].astype(object).fillna("")
        alike = failed.groupby(list(columns), sort=True).size().reset_index(name="rows")
        assert isinstance(alike, pd.DataFrame)
        return Counts(len(frame), len(frame) - len(failed), alike)

    def save(self, path: str | Path) -> None:
        """All rows as one file, .csv or .parquet; raises SpikewattError for another ending."""
        path = Path(path)
        one_of("Sweep.save", "must be a kind of file", path.suffix, EXPORTS)
        if path.suffix == CSV:
            write_frame(self.frame, path)
            return
        buffer = io.BytesIO()
        self.frame.to_parquet(buffer, index=False)
        files.write(path, buffer.getvalue())

    def sensitivity(self, base: int = 256, workload: str = WORKLOADS[0]) -> pd.DataFrame:
        """What moves the energy over the whole space; see `sensitivity.sensitivity`.

        Raises
        ------
        SpikewattError
            As there; or a network whose trace is no longer in the cache.
        """
        from .sensitivity import pricers_of, sensitivity

        if self.space is None:
            law = "knows its space"
            raise SpikewattError("Sweep.sensitivity", law, "a store alone", "what `sweep` returns")
        return sensitivity(self.space, pricers_of(self.space), base, workload)

    @property
    def periods_s(self) -> list[float]:
        """The periods of the space."""
        blocks = read_identity(self.path)["space"]["hardware"]
        found = [value for block in blocks for value in block.get(PERIOD, {}).get("values", ())]
        return list(dict.fromkeys(map(float, found)))

    def sentence(self) -> str:
        """The answer in one line; of several periods in one for each."""
        return "\n".join(self._sentence(period_s) for period_s in self.periods_s or [None])

    def _sentence(self, period_s: float | None) -> str:
        try:
            best = self.best(period_s=period_s)
        except SpikewattError as error:
            return str(error)
        every = "" if period_s is None else f", one inference every {with_prefix(period_s, 's')}"
        found = f"{percent(best['accuracy_validation'])} on validation images, "
        found += f"{percent(best['accuracy'])} on test images"
        return (
            f"Least energy within {self.accuracy_loss:g} points of Keras' accuracy{every}: "
            f"{with_prefix(best['energy_j'], 'J')}, {described(best)} ({found})."
        )


def described(row: Mapping[str, Any]) -> str:
    """A point in a few words: its network and its hardware."""
    network = [str(row[name]) for name in ("network", "code") if row.get(name)]
    steps = row.get("steps")
    if steps is not None and steps == steps and steps != "":
        network.append(f"{steps:g} steps" if isinstance(steps, float) else f"{steps} steps")
    return f"{' '.join(network)} on {design(row)}".strip()


def design(row: Mapping[str, Any]) -> str:
    """The hardware of a row as `price` takes it: a card, with values of its own, and a host."""
    chosen = []
    for name, kind in HARDWARE_AXES.items():
        column = CLASH + name if CLASH + name in row else name
        is_choice = isinstance(kind, Geometry) or name == "voltage_v"
        if is_choice and column in row and row[column] == row[column]:
            chosen.append(f"{name}={row[column]:g}")
    device = str(row["device"])
    if chosen and device.split(":")[0] == "odin_style":
        device = f"{device.split(':')[0]}:{','.join(chosen)}"
    host = row.get("host")
    return f"{device}+{host}" if host and host not in (NO_HOST, "") else device


def front_of(rows: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Which rows of a part may lie on the front: those that none of their kind beats.

    Of one kind are rows of one workload and one period.
    """
    candidates = np.zeros(len(rows), bool)
    goals = {name: OBJECTIVES[name] for name in names}
    alike = [rows["workload"].astype(object), _period(rows)]
    for places in rows.groupby(alike, dropna=False).indices.values():
        candidates[places] = on_front(rows.iloc[places], goals)
    return candidates
