"""Energy per cycle of chips while networks run, for a build, board and submitter not yet seen.

    ln(energy per cycle) = chip + law of its regulator + submission + misfit of the network

Behind an LDO the current stays, and energy goes with the supply; behind a switching regulator the
energy stays. Submission, misfit and what a supply that nobody stated adds have widths, which are
the most probable ones times a weak prior of each.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from math import log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import one_of

if TYPE_CHECKING:
    import pandas as pd

USUAL_J = 200e-12  # energy per cycle of a chip before its rows; assumed in sight of them
WIDTH_DEVIATION = 0.7  # of the logarithm of a width about its usual value; assumed
LEAST_SUPPLY_V = 1.8  # that a row without a stated supply is taken to have been run at


@dataclass(frozen=True)
class PowerWidths:
    """Standard deviations of ln(energy per cycle); the defaults are usual values, assumed.

    Parameters
    ----------
    chip : float
        From chip to chip.
    submission : float
        From one board, build and bench to the next, for one chip.
    unstated : float
        More of it where the supply was not stated.
    misfit : float
        From network to network.
    """

    chip: float = 0.7
    submission: float = 0.1
    unstated: float = 0.1
    misfit: float = 0.04


class KnownPower(NamedTuple):
    """Mean and variance of ln(energy per cycle [J])."""

    mean: float
    variance: float


class PowerModel:
    """Measured energies per cycle, from which those of other submissions are predicted.

    Parameters
    ----------
    rows : DataFrame
        As of `measured.read_measured`; those without an energy are left out.
    widths : PowerWidths, optional
    """

    def __init__(self, rows: pd.DataFrame, widths: PowerWidths | None = None):
        rows = rows[rows["energy_j"].notna()]
        self.chips = rows["chip"].to_numpy(str)
        self.submissions = rows["submission"].to_numpy(str)
        self.unstated = rows["supply_v"].isna().to_numpy()
        self.regulators = dict(zip(self.chips, rows["regulator"], strict=True))

        supply_v = rows["supply_v"].fillna(LEAST_SUPPLY_V).to_numpy(float)
        scale = [
            log_scale(regulator, volts)
            for regulator, volts in zip(rows["regulator"], supply_v, strict=True)
        ]
        per_cycle_j = (rows["energy_j"] / rows["cycles"]).to_numpy(float)
        self.surprise = np.log(per_cycle_j) - np.array(scale) - log(USUAL_J)
        self.with_widths(widths or PowerWidths())

    def with_widths(self, widths: PowerWidths) -> PowerModel:
        """The same rows with other widths; changes this model, and returns it."""
        self.widths = widths
        same_chip = self.chips[:, None] == self.chips
        same_submission = self.submissions[:, None] == self.submissions
        of_submissions = widths.submission**2 + widths.unstated**2 * self.unstated
        self._spread = (
            widths.chip**2 * same_chip
            + of_submissions * same_submission
            + widths.misfit**2 * np.eye(len(self.chips))
        )
        self._weights = np.linalg.solve(self._spread, self.surprise)
        return self

    @property
    def log_probability(self) -> float:
        """Of the rows under the widths."""
        _, log_determinant = np.linalg.slogdet(self._spread)
        return float(-0.5 * (self.surprise @ self._weights + log_determinant))

    def known(self, chip: str, supply_v: float) -> KnownPower:
        """What the rows tell of `chip` at a supply, in a submission that nobody made yet.

        Raises
        ------
        SpikewattError
            A chip without rows.
        """
        one_of("chip", "must be one whose power was measured", chip, self.regulators)
        middle, variance = self._of_the_chip(chip)
        beside = self.widths.submission**2 + self.widths.misfit**2
        mean = middle + log_scale(self.regulators[chip], supply_v)
        return KnownPower(mean, variance + beside)

    def middle(self, chip: str, supply_v: float) -> float:
        """ln(energy per cycle [J]) of a chip at a supply, mean over submissions."""
        return self._of_the_chip(chip)[0] + log_scale(self.regulators[chip], supply_v)

    def variance(self, chip: str) -> float:
        """Of `middle`."""
        return self._of_the_chip(chip)[1]

    def _of_the_chip(self, chip: str) -> tuple[float, float]:
        """Mean and variance of its effect, at LEAST_SUPPLY_V."""
        cross = self.widths.chip**2 * (self.chips == chip)
        variance = self.widths.chip**2 - cross @ np.linalg.solve(self._spread, cross)
        return log(USUAL_J) + float(cross @ self._weights), float(variance)


def energy_ratio(regulator: object, from_v: float, to_v: float) -> float:
    """Energy per cycle at a supply over that at another: behind an LDO the current stays.

    >>> energy_ratio("ldo", 1.8, 3.6), energy_ratio("dcdc", 1.8, 3.6)
    (2.0, 1.0)
    """
    return to_v / from_v if regulator == "ldo" else 1.0


def log_scale(regulator: object, supply_v: float) -> float:
    """Logarithm of energy per cycle at a supply, over that at LEAST_SUPPLY_V.

    >>> log_scale("dcdc", 3.3), round(log_scale("ldo", 3.6), 3)
    (0.0, 0.693)
    """
    return log(energy_ratio(regulator, LEAST_SUPPLY_V, supply_v))


def fit_power_widths(model: PowerModel) -> PowerWidths:
    """The most probable widths, by the rows of `model` and the weak prior of each."""
    from scipy.optimize import minimize

    usual = np.log(astuple(PowerWidths()))

    def improbable(logarithms: np.ndarray) -> float:
        model.with_widths(PowerWidths(*np.exp(logarithms).tolist()))
        far = (logarithms - usual) / WIDTH_DEVIATION
        return float(far @ far / 2 - model.log_probability)

    found = minimize(improbable, usual, method="L-BFGS-B", options={"ftol": 1e-10})
    return PowerWidths(*np.exp(found.x).tolist())
