"""Measured latencies and energies of int8 networks on Cortex-M boards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SpikewattError
from ..layer_tables.layer_table import FOLDER, numbers, read_table
from .versions import MODES, named

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# results.txt of github mlcommons/tiny_results_v0.5, v0.7, v1.0, v1.1, v1.2, v1.3
MEASURED = FOLDER / "mlperf_tiny_measured.csv"
COLUMNS = (
    "round",
    "submitter",
    "board",
    "core",
    "clock_mhz",
    "software",
    "benchmark",
    "latency_ms",
    "energy_uj",
    "supply_note",
    "source",
)
# Schemes by which rows are left out together, so that none is predicted by its own like.
BUILD = "build"  # all rows of one submission; other software on its board stays known
BOARD = "board"  # all rows of one chip; other chips with its core stay known
COLUMN = {BUILD: "submission", BOARD: "chip"}
# In the name of a board -> its chip.
CHIPS = {
    "L4R5": "stm32l4r5",
    "U575": "stm32u575",
    "H7A3": "stm32h7a3",
    "G0B1": "stm32g0b1",
    "F746": "stm32f746",
    "NRF5340": "nrf5340",
    "RA6M4": "ra6m4",
    "CY8CPROTO_062": "psoc62",
}
# What feeds the core of each: where the note of a row says SMPS it is one, else by data sheet.
REGULATORS = {
    "stm32l4r5": "ldo",
    "stm32u575": "dcdc",
    "stm32h7a3": "dcdc",
    "stm32g0b1": "ldo",
    "stm32f746": "ldo",
    "ra6m4": "ldo",
}


def read_measured(source: str | Path | pd.DataFrame = MEASURED) -> pd.DataFrame:
    """Measured rows, one per submission (round, submitter, board, library) and network.

    Parameters
    ----------
    source : str, Path or DataFrame, default MEASURED
        With the columns COLUMNS.

    Returns
    -------
    DataFrame
        Columns round, submitter, board, core, source, library, network, chip, regulator (``ldo``,
        ``dcdc``), submission, clock_hz, latency_s, energy_j, supply_v, cycles. Chip, regulator,
        supply and energy are nan where the source has none.

    Raises
    ------
    SpikewattError
        Missing column, unknown software, text for a number, a network twice in one submission.
    """
    where, frame = read_table(source, COLUMNS, "measurements")
    boards = frame["board"].str.upper()
    any_chip = f"({'|'.join(CHIPS)})"
    chip = boards.str.extract(any_chip)[0].map(CHIPS)
    volts = frame["supply_note"].str.extract(r"([\d.]+) ?V")[0].astype(float)

    rows = frame[["round", "submitter", "board", "core", "source"]].assign(
        library=list(map(_library, frame["software"], frame["board"])),
        network=frame["benchmark"],
        chip=chip,
        regulator=chip.map(REGULATORS),
        clock_hz=numbers(where, frame, "clock_mhz") * 1e6,
        latency_s=numbers(where, frame, "latency_ms") * 1e-3,
        energy_j=numbers(where, frame, "energy_uj", needed=False) * 1e-6,
        supply_v=volts,
    )
    rows["cycles"] = rows["latency_s"] * rows["clock_hz"]
    parts = ["round", "submitter", "board", "library"]
    rows["submission"] = rows[parts].agg(" ".join, axis=1)

    twice = rows[rows.duplicated(["submission", "network"])]
    if len(twice):
        law = "one row per round, submitter, board, library and network"
        raise SpikewattError(where, law, ", ".join(twice.iloc[0][["submission", "network"]]))
    return rows


def _library(software: str, board: str) -> str:
    """Name of the library; HALE's mode stands in the name of the board."""
    spelt = board.lower().replace("_", "-")
    mode = next((mode for mode in MODES if mode in spelt), "")
    return str(named(f"{software} {mode}" if mode else software))


def sources_of(rows: pd.DataFrame) -> list[str]:
    """Folders of the results, without the part that differs by network."""
    return sorted({source.rsplit("/", 3)[0] for source in rows["source"]})


def groups(rows: pd.DataFrame, scheme: str) -> Iterator[tuple[str, np.ndarray]]:
    """Rows that are left out together: each group of a scheme by its name, and which are in it.

    Parameters
    ----------
    rows : DataFrame
        As of `measured.read_measured`.
    scheme : str
        BUILD or BOARD.
    """
    column = rows[COLUMN[scheme]]
    for name in dict.fromkeys(column):
        yield str(name), (column == name).to_numpy()
