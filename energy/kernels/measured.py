"""Measured latencies and energies of int8 networks on Cortex-M boards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SpikewattError, one_of
from .layer_table import FOLDER, numbers, read_table

if TYPE_CHECKING:
    import pandas as pd

# results.txt of github mlcommons/tiny_results_v0.5, v0.7, v1.0, v1.1
MEASURED = FOLDER / "mlperf_tiny_measured.csv"
COLUMNS = (
    "round",
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
LIBRARIES = {
    "microTVM+CMSIS-NN": "cmsis-nn",
    "microTVM native": "tvm",
    "TFLM v2.3.1 (stock)": "tflm",
    "X-CUBE-AI v7.3.0": "x-cube-ai",
    "X-CUBE-AI v7.1.0": "x-cube-ai-7.1",
    "Bosch HALE version 1.0": "hale",
}
CHIPS = {
    "L4R5": "stm32l4r5",
    "U575": "stm32u575",
    "H7A3": "stm32h7a3",
    "G0B1": "stm32g0b1",
    "NRF5340": "nrf5340",
}


def read_measured(source: str | Path | pd.DataFrame = MEASURED) -> pd.DataFrame:
    """Measured rows, one per library, core and network.

    Parameters
    ----------
    source : str, Path or DataFrame, default MEASURED
        With the columns COLUMNS.

    Returns
    -------
    DataFrame
        Columns library, core, network, chip, board, round, source, clock_hz, latency_s, cycles,
        energy_j, supply_v. Supply and energy are nan where the source has none.

    Raises
    ------
    SpikewattError
        Missing column, unknown software, text for a number, a network twice in one stack.
    """
    where, frame = read_table(source, COLUMNS, "measurements")
    for software in frame["software"]:
        one_of(f"{where}: software", "must be a known kernel library", software, LIBRARIES)

    any_chip = f"({'|'.join(CHIPS)})"
    chip = frame["board"].str.upper().str.extract(any_chip)[0].map(CHIPS)
    volts = frame["supply_note"].str.extract(r"([\d.]+) ?V")[0].astype(float)
    rows = frame[["round", "board", "core", "source"]].assign(
        library=frame["software"].map(LIBRARIES),
        network=frame["benchmark"],
        chip=chip,
        clock_hz=numbers(where, frame, "clock_mhz") * 1e6,
        latency_s=numbers(where, frame, "latency_ms") * 1e-3,
        energy_j=numbers(where, frame, "energy_uj", needed=False) * 1e-6,
        supply_v=volts,
    )
    rows["cycles"] = rows["latency_s"] * rows["clock_hz"]

    stack = ["library", "core", "network"]
    twice = rows[rows.duplicated(stack)]
    if len(twice):
        law = "one row per library, core and network"
        raise SpikewattError(where, law, ", ".join(twice.iloc[0][stack]))
    return rows


def sources_of(rows: pd.DataFrame) -> list[str]:
    """Folders of the results, without the part that differs by network."""
    return sorted({source.rsplit("/", 3)[0] for source in rows["source"]})
