"""What was found of the rows of a study: tables, each a committed CSV file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import files
from ...errors import SpikewattError, warn
from .methods.columns import METHOD_COLUMNS, METHODS, ROBUSTNESS, ROBUSTNESS_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

RESULTS = "results.csv"
PRICES = "prices.csv"
MEASURES = "measures.csv"
# One line per row, cell and number of steps that was looked at. Steps are simulated ones, from the
# first input to the last output; those per layer are K of radix, L of sync_rate. Accuracies are
# shares with the ends of their 95 % intervals; spikes and operations are per image.
RESULT_COLUMNS = (
    "study",
    "row",
    "cell",
    "code",
    "steps",
    "steps_per_layer",
    "images",
    "ann_accuracy",
    "ann_low",
    "ann_high",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "agreement",
    "spikes_per_image",
    "synaptic_operations_per_image",
    "synaptic_operations_without_first_layer",
    "multiply_accumulates",
    "annarchy_images",
    "annarchy_equal",
    "seed",
    "network_hash",
    "spikewatt",
    "tensorflow",
    "annarchy",
)
AMOUNTS = ("energy_j", "energy_low_j", "energy_high_j", "time_s", "time_low_s", "time_high_s")
# One line per device and workload of those lines; of a device that refuses, why. A core is priced
# in the nearest geometry that holds the network, which `priced_as` names.
PRICE_COLUMNS = (
    "study",
    "row",
    "cell",
    "steps",
    "device",
    "priced_as",
    "workload",
    *AMOUNTS,
    "cores",
    "refused",
)
# One line per measure of a cell that has no column of its own; most studies have none.
MEASURE_COLUMNS = ("study", "row", "cell", "measure", "value")
WORDS = {
    "study",
    "row",
    "cell",
    "code",
    "network_hash",
    "device",
    "priced_as",
    "workload",
    "refused",
    "measure",
    "chosen",
    "network",
    "fault",
}
VERSIONS = {"spikewatt", "tensorflow", "annarchy"}
WHOLE = {"steps", "steps_per_layer", "images", "annarchy_images", "seed", "cores"}
DIGITS = 9  # of a number in a file


@dataclass
class Results:
    """Lines of the tables.

    Parameters
    ----------
    lines : list of mapping from column to value
        Of `RESULT_COLUMNS`.
    prices : list of mapping from column to value
        Of `PRICE_COLUMNS`.
    measures : list of mapping from column to value
        Of `MEASURE_COLUMNS`.
    methods : list of mapping from column to value
        Of `METHOD_COLUMNS`.
    robustness : list of mapping from column to value
        Of `ROBUSTNESS_COLUMNS`.
    """

    lines: list[Mapping[str, Any]] = field(default_factory=list)
    prices: list[Mapping[str, Any]] = field(default_factory=list)
    measures: list[Mapping[str, Any]] = field(default_factory=list)
    methods: list[Mapping[str, Any]] = field(default_factory=list)
    robustness: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, other: Results) -> None:
        """Append the lines of `other`."""
        self.lines.extend(other.lines)
        self.prices.extend(other.prices)
        self.measures.extend(other.measures)
        self.methods.extend(other.methods)
        self.robustness.extend(other.robustness)

    def of_row(self, row: str) -> list[Mapping[str, Any]]:
        """The lines of one row."""
        return [line for line in self.lines if line["row"] == row]

    def measures_of(self, row: str) -> dict[str, dict[str, float]]:
        """Cell -> measure -> value, of one row."""
        found: dict[str, dict[str, float]] = {}
        for line in self.measures:
            if line["row"] == row:
                found.setdefault(line["cell"], {})[line["measure"]] = line["value"]
        return found

    def replaced_by(self, newer: Results) -> Results:
        """With the rows of `newer` in the place of those of the same name."""
        rows = {line["row"] for line in newer.lines}

        def kept(lines: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
            return [line for line in lines if line["row"] not in rows]

        tables = (self.lines, self.prices, self.measures, self.methods, self.robustness)
        whole = Results(*map(kept, tables))
        whole.add(newer)
        return whole

    def filled(self) -> Results:
        """With every column in each line: None where it says nothing, as files are read."""

        def filled(
            lines: list[Mapping[str, Any]], columns: tuple[str, ...]
        ) -> list[Mapping[str, Any]]:
            return [{name: _or_none(line.get(name)) for name in columns} for line in lines]

        lines, prices = filled(self.lines, RESULT_COLUMNS), filled(self.prices, PRICE_COLUMNS)
        measures = filled(self.measures, MEASURE_COLUMNS)
        methods = filled(self.methods, METHOD_COLUMNS)
        robustness = filled(self.robustness, ROBUSTNESS_COLUMNS)
        return Results(lines, prices, measures, methods, robustness)

    def write(self, folder: Path) -> None:
        """Write the files into `folder`, rows in the order of their names."""
        write_table(folder / RESULTS, _by_row(self.lines, RESULT_COLUMNS))
        write_table(folder / PRICES, _by_row(self.prices, PRICE_COLUMNS))
        few = {
            MEASURES: (self.measures, MEASURE_COLUMNS),
            METHODS: (self.methods, METHOD_COLUMNS),
            ROBUSTNESS: (self.robustness, ROBUSTNESS_COLUMNS),
        }
        for name, (lines, columns) in few.items():
            if lines or (folder / name).exists():
                write_table(folder / name, _by_row(lines, columns))


def read_results(folder: Path) -> Results:
    """What the files in `folder` say; nothing where there are none.

    Warns where there are results without their prices.

    Raises
    ------
    SpikewattError : as `read_table`.
    """
    lines = read_table(folder / RESULTS, RESULT_COLUMNS)
    prices = read_table(folder / PRICES, PRICE_COLUMNS)
    if lines and not (folder / PRICES).exists():
        warn(str(folder / PRICES), f"is missing beside {RESULTS}: energies are left out")
    measures = read_table(folder / MEASURES, MEASURE_COLUMNS)
    methods = read_table(folder / METHODS, METHOD_COLUMNS)
    robustness = read_table(folder / ROBUSTNESS, ROBUSTNESS_COLUMNS)
    return Results(lines, prices, measures, methods, robustness)


def _or_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value else value


def _by_row(lines: list[Mapping[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(lines, columns=list(columns))
    return frame.sort_values(["study", "row"], kind="stable")


def write_table(path: Path, frame: pd.DataFrame, digits: int = DIGITS) -> None:
    """Write a table of a study, numbers with so many digits."""
    text = frame.to_csv(index=False, float_format=f"%.{digits}g", lineterminator="\n")
    files.write(path, text)


def read_table(path: Path, columns: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """The lines of one file; none where there is no such file.

    Raises
    ------
    SpikewattError : a folder, no table, other columns, or a word where a number belongs.
    """
    import pandas as pd

    law = "is a table of a study"
    if path.is_dir():
        raise SpikewattError(str(path), law, "a folder")
    if not path.is_file():
        return []

    words = dict.fromkeys(WORDS | VERSIONS, str)
    try:
        text = path.read_text(encoding="utf-8")
        frame = pd.read_csv(io.StringIO(text), dtype=words, keep_default_na=False, na_values=[""])
    except ValueError as error:  # no text, nothing in it, or lines of several lengths
        raise SpikewattError(str(path), law, str(error).strip()) from error

    if list(frame.columns) != list(columns):
        law = "has the columns of this table"
        raise SpikewattError(str(path), law, ", ".join(frame.columns), ", ".join(columns))
    for column in columns:
        if column not in words:
            _check_numbers(path, frame[column])

    frame = frame.astype(
        {column: "Int64" for column in WHOLE & set(columns) if _is_whole(frame[column])}
    )
    known = frame.astype(object).where(frame.notna(), None)
    return [dict(zip(columns, values, strict=True)) for values in known.itertuples(index=False)]


def _check_numbers(path: Path, column) -> None:
    import pandas as pd

    words = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
    if len(words):
        raise SpikewattError(f"{path}: {column.name}", "holds numbers", words.iloc[0])


def _is_whole(column) -> bool:
    """Whether all its numbers are whole; mean cores of several networks need not be."""
    return bool((column.dropna() % 1 == 0).all())
