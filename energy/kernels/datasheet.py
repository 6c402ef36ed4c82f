"""How much more power a network takes than the data sheet's figure for running code."""

from __future__ import annotations

from math import exp, log, sqrt
from pathlib import Path
from typing import Any, NamedTuple

from .layer_table import FOLDER, numbers, read_table
from .power import PowerModel, log_scale

CURRENTS = FOLDER / "datasheet_currents.csv"
COLUMNS = ("chip", "ua_per_mhz", "supply_v", "regulator", "code", "source")
TYPICAL = "typical"  # code like a benchmark's; the front page's loop is none
# Before any chip, a network is taken to need somewhat more than the data sheet's loop, and as much
# is known of how chips differ as four of them would tell. Assumed.
USUAL_FACTOR = 1.35
FACTOR_DEVIATION = 0.25
WORTH_CHIPS = 4


class Datasheet(NamedTuple):
    """Energy per cycle while code runs, by the data sheet, at a supply [V] and its regulator."""

    per_cycle_j: float
    supply_v: float
    regulator: str


def power_over_datasheet(
    power: PowerModel, source: str | Path = CURRENTS, without: str = ""
) -> dict[str, Any]:
    """Measured energy per cycle over current · supply of the data sheet, for a chip without rows.

    ln(factor) of the n chips that have both, and of WORTH_CHIPS chips of the usual factor and
    deviation before them, has a mean and a variance; that of another chip follows Student's t
    with n + WORTH_CHIPS - 1 degrees of freedom, beside what submissions and networks add.

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
        value, low, high (5 and 95 %), chips: chip -> its own factor.
    """
    from scipy.stats import t

    factors = {
        chip: power.middle(chip, sheet.supply_v) - log(sheet.per_cycle_j)
        for chip, sheet in datasheet_energies(source).items()
        if chip != without and power.regulators.get(chip) == sheet.regulator
    }
    logs = [log(USUAL_FACTOR)] * WORTH_CHIPS + list(factors.values())
    middle = sum(logs) / len(logs)
    squares = WORTH_CHIPS * FACTOR_DEVIATION**2 + sum((value - middle) ** 2 for value in logs)
    freedom = len(logs) - 1
    of_chips = squares / len(logs) * (1 + 1 / len(logs))

    beside = power.widths.submission**2 + power.widths.misfit**2
    half = float(t.ppf(0.95, freedom)) * sqrt(of_chips + beside)
    return {
        "value": exp(middle),
        "low": exp(middle - half),
        "high": exp(middle + half),
        "chips": {chip: exp(value) for chip, value in factors.items()},
    }


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
