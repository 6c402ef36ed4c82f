"""Power while networks run, of chips of which no power was measured.

With a data sheet it is its figure for running code times what networks take beyond it; without one
it is what data sheets of known chips differ by.
"""

from __future__ import annotations

from functools import cache
from math import exp, hypot, log, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..layer_tables.layer_table import FOLDER, numbers, read_table
from .library import NORMAL_90
from .power import LEAST_SUPPLY_V, WIDTH_DEVIATION, PowerModel, log_scale

CURRENTS = FOLDER / "datasheet_currents.csv"
CURRENT = ("ua_per_mhz", "low_ua_per_mhz", "high_ua_per_mhz")
COLUMNS = ("chip", *CURRENT, "supply_v", "regulator", "code", "source")
TYPICAL = "typical"  # code like a benchmark's; the front page's loop is none
# Before any chip the factor may be anything about 1, so that chips alone say what it is. How far
# they differ was assumed in sight of the measured rows; in logarithms, like every width.
USUAL_FACTOR, FACTOR_DEVIATION = 1.0, 1.0
USUAL_WIDTH = 0.2
WIDTHS = tuple(0.01 * 1.05**step for step in range(100))  # tried: 0.01 to 1.25


class Datasheet(NamedTuple):
    """Energy per cycle while code runs, by the data sheet, at a supply [V] and its regulator."""

    per_cycle_j: float
    low_j: float
    high_j: float
    supply_v: float
    regulator: str

    @property
    def deviation(self) -> float:
        """Standard deviation of ln(energy per cycle)."""
        return log(self.high_j / self.low_j) / (2 * NORMAL_90)

    @property
    def least_supply_j(self) -> float:
        """Energy per cycle at LEAST_SUPPLY_V."""
        return self.per_cycle_j * exp(-log_scale(self.regulator, self.supply_v))


def power_over_datasheet(
    power: PowerModel, source: str | Path = CURRENTS, without: str = ""
) -> dict[str, Any]:
    """Measured energy per cycle over current · supply of the data sheet, for a chip without rows.

    ln(factor) of a chip is a mean, known before as USUAL_FACTOR, and what is the chip's own, of the
    width that the chips with both make most probable, times the weak prior of every width. What a
    data sheet leaves open counts as noise of its chip. The range of another chip holds both, and
    what submissions and networks add.

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
    sheets = datasheet_energies(source)
    factors = {
        chip: power.middle(chip, sheet.supply_v) - log(sheet.per_cycle_j)
        for chip, sheet in sheets.items()
        if chip != without and power.regulators.get(chip) == sheet.regulator
    }
    spread = {chip: power.variance(chip) + sheets[chip].deviation ** 2 for chip in factors}
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


def power_of_any_chip(
    power: PowerModel, source: str | Path = CURRENTS, without: str = ""
) -> dict[str, Any]:
    """Energy per cycle at LEAST_SUPPLY_V while a network runs, of a chip of which nothing is known.

    ln(energy) is normal over chips: mean and deviation of those with a data sheet, and what is not
    sure of the factor. The arguments are those of `power_over_datasheet`.

    Returns
    -------
    dict
        value, low, high [J] (5 and 95 %), supply_v, deviation, chips (their number).
    """
    factor = power_over_datasheet(power, source, without)
    sheets = datasheet_energies(source)
    logs = [log(sheet.least_supply_j) for chip, sheet in sheets.items() if chip != without]
    middle = float(np.mean(logs)) + log(factor["value"])
    of_chips = float(np.var(logs, ddof=1)) * (1 + 1 / len(logs))
    of_the_factor = log(factor["high"] / factor["value"]) / NORMAL_90
    deviation = hypot(sqrt(of_chips), of_the_factor)
    half = NORMAL_90 * deviation
    return {
        "value": exp(middle),
        "low": exp(middle - half),
        "high": exp(middle + half),
        "supply_v": LEAST_SUPPLY_V,
        "deviation": deviation,
        "chips": len(logs),
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
    return dict(_committed()) if source == CURRENTS else _read(source)


@cache
def _committed() -> dict[str, Datasheet]:
    return _read(CURRENTS)


def _read(source: str | Path) -> dict[str, Datasheet]:
    """As `datasheet_energies`."""
    where, frame = read_table(source, COLUMNS, "data sheet currents")
    frame = frame[frame["code"] == TYPICAL].drop_duplicates("chip")
    supply_v = numbers(where, frame, "supply_v")
    energies = (numbers(where, frame, end) * 1e-12 * supply_v for end in CURRENT)
    table = zip(frame["chip"], *energies, supply_v, frame["regulator"], strict=True)
    return {
        chip: Datasheet(float(value_j), float(low_j), float(high_j), float(volts), regulator)
        for chip, value_j, low_j, high_j, volts, regulator in table
    }
