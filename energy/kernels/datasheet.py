"""How much more power a network takes than the data sheet's figure for running code."""

from __future__ import annotations

from math import exp, log, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..layer_tables.layer_table import FOLDER, numbers, read_table
from .library import NORMAL_90
from .power import WIDTH_DEVIATION, PowerModel

CURRENTS = FOLDER / "datasheet_currents.csv"
COLUMNS = ("chip", "ua_per_mhz", "supply_v", "regulator", "code", "source")
TYPICAL = "typical"  # code like a benchmark's; the front page's loop is none
# Before any chip: how much more than the data sheet's loop a network needs, how well that is known,
# and how far chips differ; the last in logarithms, like every width. Assumed.
USUAL_FACTOR, FACTOR_DEVIATION = 1.35, 0.3
USUAL_WIDTH = 0.2
WIDTHS = tuple(0.01 * 1.05**step for step in range(100))  # tried: 0.01 to 1.25


class Datasheet(NamedTuple):
    """Energy per cycle while code runs, by the data sheet, at a supply [V] and its regulator."""

    per_cycle_j: float
    supply_v: float
    regulator: str


def power_over_datasheet(
    power: PowerModel, source: str | Path = CURRENTS, without: str = ""
) -> dict[str, Any]:
    """Measured energy per cycle over current · supply of the data sheet, for a chip without rows.

    ln(factor) of a chip is a mean, known before as USUAL_FACTOR, and what is the chip's own, of the
    width that the chips with both make most probable, times the weak prior of every width. The
    range of another chip holds both, and what submissions and networks add.

    Parameters
    ----------
    power : PowerModel
    source : str or Path
        Columns COLUMNS; current in µA/MHz.
    without : str, optional
        A chip that is left out.

    Returns
    -------
    dict
        value, low, high (5 and 95 %), width, chips: chip -> its own factor.
    """
    factors = {
        chip: power.middle(chip, sheet.supply_v) - log(sheet.per_cycle_j)
        for chip, sheet in datasheet_energies(source).items()
        if chip != without and power.regulators.get(chip) == sheet.regulator
    }
    spread = {chip: power.variance(chip) for chip in factors}
    surprise = np.array([value - log(USUAL_FACTOR) for value in factors.values()])
    noise = np.diag([spread[chip] for chip in factors])

    def probability(width: float) -> float:
        matrix = _matrix(width, noise)
        far = log(width / USUAL_WIDTH) / WIDTH_DEVIATION
        of_chips = surprise @ np.linalg.solve(matrix, surprise) + np.linalg.slogdet(matrix)[1]
        return -0.5 * (of_chips + far**2)

    width = max(WIDTHS, key=probability)
    matrix = _matrix(width, noise)
    common = np.full(len(surprise), FACTOR_DEVIATION**2)
    middle = log(USUAL_FACTOR) + float(common @ np.linalg.solve(matrix, surprise))
    of_the_mean = FACTOR_DEVIATION**2 - float(common @ np.linalg.solve(matrix, common))
    beside = power.widths.submission**2 + power.widths.misfit**2
    half = NORMAL_90 * sqrt(of_the_mean + width**2 + beside)
    return {
        "value": exp(middle),
        "low": exp(middle - half),
        "high": exp(middle + half),
        "width": width,
        "chips": {chip: exp(value) for chip, value in factors.items()},
    }


def _matrix(width: float, noise: np.ndarray) -> np.ndarray:
    """Covariance of ln(factor) of the chips."""
    return FACTOR_DEVIATION**2 + width**2 * np.eye(len(noise)) + noise


def datasheet_energies(source: str | Path = CURRENTS) -> dict[str, Datasheet]:
    """Chip -> the energy per cycle of its data sheet, of typical code; the first row of each chip.

    Raises
    ------
    SpikewattError
        As `layer_table.read_table`.
    """
    where, frame = read_table(source, COLUMNS, "data sheet currents")
    frame = frame[frame["code"] == TYPICAL].drop_duplicates("chip")
    per_hertz_a = numbers(where, frame, "ua_per_mhz") * 1e-12
    supply_v = numbers(where, frame, "supply_v")
    return {
        chip: Datasheet(float(current * volts), float(volts), regulator)
        for chip, current, volts, regulator in zip(
            frame["chip"], per_hertz_a, supply_v, frame["regulator"], strict=True
        )
    }
