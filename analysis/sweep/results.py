"""What a sweep found: all rows, the front, the best at equal accuracy, what matters most."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ... import files
from ...energy.bill import INT8, SPIKING
from ...errors import SpikewattError, one_of
from ..report.numbers import with_prefix
from ..report.rows import write_frame
from .hardware.bills import PERIOD
from .rows import ROUNDING, Names, read_sweep
from .space import Space
from .store import read_identity, read_table

if TYPE_CHECKING:
    import pandas as pd

CSV, PARQUET = ".csv", ".parquet"
EXPORTS = (CSV, PARQUET)
# A store is that of one tolerance; what was simulated is known to another.
BEYOND = "a larger accuracy_loss with another --store, or more steps"


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

    Examples
    --------
    >>> found = Sweep(Path("my.sweep"))  # doctest: +SKIP
    >>> found.best(accuracy_loss=1.0)["energy_j"]  # doctest: +SKIP
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
        """The rows that no other beats, the least energy first, each with its ``design``."""
        found = read_sweep(self.path, front=True)
        rows = found[found["on_front"]]
        rows = rows.sort_values(["energy_j", "hardware_point"], ignore_index=True)
        names = self.names
        return rows.assign(design=[names.design(row) for row in rows.to_dict("records")])

    @property
    def accuracy_loss(self) -> float:
        """The tolerance of the space, in points of percent."""
        return read_identity(self.path)["space"]["accuracy_loss"]

    def best(
        self,
        accuracy_loss: float | None = None,
        workload: str = SPIKING,
        period_s: float | None = None,
    ) -> pd.Series:
        """The row with the least energy whose accuracy keeps within the tolerance.

        Of the rows that decide (see `Deciding`), whatever the objectives of the space are.

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
        one_of("Sweep.best.workload", "must name a workload", workload, (SPIKING, INT8))
        tolerance = self.accuracy_loss if accuracy_loss is None else accuracy_loss
        found = read_sweep(self.path, front=True)
        found = found[(found["workload"] == workload) & found["energy_j"].notna()]
        if self.periods_s:
            chosen = self.periods_s[0] if period_s is None else period_s
            found = found[found[PERIOD] == chosen]
        law = f"a point keeps within {tolerance:g} points of Keras' accuracy"
        if found.empty or found["loss"].isna().all():
            got = f"no {workload} that decides, and has an accuracy and a price"
            raise SpikewattError(str(self.path), law, got)

        found = found.sort_values(["energy_j", "hardware_point", "network_point"], kind="stable")
        within = found[found["loss"] <= tolerance + ROUNDING]
        if within.empty:
            near = found.loc[found["loss"].idxmin()]
            got = f"the nearest loses {near['loss']:.2f}: {self.names.described(near)}"
            raise SpikewattError(str(self.path), law, got, hint=BEYOND)
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

    def sensitivity(self, base: int = 256, workload: str = SPIKING) -> pd.DataFrame:
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
    def names(self) -> Names:
        """How its points are said."""
        return Names(read_identity(self.path)["space"])

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
        found = f"{100 * best['accuracy_validation']:.1f} % on validation images, "
        found += f"{100 * best['accuracy']:.1f} % on test images"
        point = self.names.described(best, (PERIOD,))  # the period was said
        return (
            f"Least energy within {self.accuracy_loss:g} points of Keras' accuracy{every}: "
            f"{with_prefix(best['energy_j'], 'J')}, {point} ({found})."
        )
