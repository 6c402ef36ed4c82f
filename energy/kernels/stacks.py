"""What stacks have in common: the cycles of one, a library on a chip, predict those of another.

The logarithm of a coefficient c_k of a stack is a sum of Gaussian effects,

    ln c_k = usual_k + core + family + steps of versions + mode + family on core + chip + build

and each effect has a width, the same for all k but for a part of its own, so that

    cov(ln c_k(s), ln c_l(s')) = Σ over the effects that s and s' share  width² (1 + apart² [k = l])

A measured row is ln cycles = ln(Σ c_k counts_k + assumed cycles) + misfit. With the widths given,
linear algebra yields the most probable ln c of any stack, measured or not, and its covariance: the
less a stack shares with measured ones, the less it is known. The widths are those under which the
rows are most probable, times a weak prior of each (`fit_widths`).

Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, chapter 2 and 5.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .law import FITTED, PRICED_BY
from .overhead import overhead_cycles, overhead_values
from .stack_fit import ELEMENT_CYCLES
from .versions import Library, named

if TYPE_CHECKING:
    import pandas as pd

# Medians of the coefficients before any row, and the deviation of their logarithms. Assumed.
USUAL = {"cycles_per_mac_dense": 3.0, "cycles_per_mac_conv": 2.0, "cycles_per_output": 60.0}
USUAL_DEVIATION = 1.0
WIDTH_DEVIATION = 0.7  # of the logarithm of a width about its usual value; assumed
EFFECTS = ("core", "family", "step", "mode", "family_on_core", "chip", "build")
TOO_FAR = 1.0  # a step of Gauss and Newton's, in logarithms
CONVERGED = 1e-9
MOST_STEPS = 50

Work = Mapping[str, Mapping[str, float]]  # network -> counts as of `law.work`


@dataclass(frozen=True)
class Widths:
    """Standard deviations of ln c by effect; the defaults are usual values, assumed.

    Parameters
    ----------
    core : float
        From core to core.
    family : float
        From family to family of libraries.
    step : float
        From one version to the next.
    mode : float
        Of a mode of a library, such as least memory.
    family_on_core : float
        How a family is better or worse on one core.
    chip : float
        From chip to chip with one core: caches, flash, buses.
    build : float
        From submission to submission of one library for one chip: compiler, options, board.
    apart : float
        The part of each effect that coefficients have for themselves, over its width.
    misfit : float
        Of ln cycles of a network about the law.
    """

    core: float = 0.6
    family: float = 0.3
    step: float = 0.1
    mode: float = 0.4
    family_on_core: float = 0.1
    chip: float = 0.15
    build: float = 0.05
    apart: float = 0.5
    misfit: float = 0.04


class Stack(NamedTuple):
    """A library on a core; chip and build are "" for one that was not measured."""

    library: Library
    core: str
    chip: str = ""
    build: str = ""


class Known(NamedTuple):
    """What rows tell of a stack: means and covariance of ln c, in the order of FITTED."""

    mean: np.ndarray
    covariance: np.ndarray


def shared(one: Stack, other: Stack) -> tuple[float, ...]:
    """How many times two stacks share each of EFFECTS."""
    same_core = one.core == other.core
    kin = one.library.kin == other.library.kin
    same_mode = kin and bool(one.library.mode) and one.library.mode == other.library.mode
    return (
        same_core,
        kin,
        min(one.library.steps, other.library.steps) if kin else 0,
        same_mode,
        kin and same_core,
        bool(one.chip) and one.chip == other.chip,
        bool(one.build) and one.build == other.build,
    )


class StackModel:
    """Measured stacks, from which any other is predicted.

    Parameters
    ----------
    rows : DataFrame
        As of `measured.read_measured`.
    work_of : mapping
        Whether dead channels are pruned -> network -> counts.
    widths : Widths
    """

    def __init__(
        self, rows: pd.DataFrame, work_of: Mapping[bool, Work], widths: Widths | None = None
    ):
        places: dict[Stack, int] = {}
        self.row_stacks = []
        counts, fixed = [], []
        for row in rows.itertuples():
            library = named(row.library)
            stack = Stack(library, row.core, str(row.chip), row.submission)
            self.row_stacks.append(places.setdefault(stack, len(places)))
            done = work_of[library.prunes][row.network]
            counts.append([done[what] for what, key in PRICED_BY.items() if key in FITTED])
            fixed.append(assumed_cycles(done, overhead_values(library, row.core)))

        self.stacks = tuple(places)
        self.counts = np.array(counts, float)
        self.fixed = np.array(fixed, float)
        self.log_cycles = np.log(rows["cycles"].to_numpy(float))
        self.shared = _shared(self.stacks, self.stacks)
        self.widths = widths or Widths()
        self._solve(np.tile(_usual(), len(self.stacks)))

    def with_widths(self, widths: Widths) -> StackModel:
        """The same rows with other widths; changes this model, and returns it."""
        self.widths = widths
        self._solve(self.logarithms)
        return self

    def _solve(self, start: np.ndarray) -> None:
        """The most probable logarithms of all coefficients, by Gauss and Newton's steps."""
        prior = _covariance(self.shared, self.widths)
        usual = np.tile(_usual(), len(self.stacks))
        self.logarithms, step = start, np.full(len(start), np.inf)
        for _ in range(MOST_STEPS):
            self._straighten(usual, prior)
            wanted = usual + prior @ (self._slopes.T @ self._weights)
            step = wanted - self.logarithms
            self.logarithms = self.logarithms + np.clip(step, -TOO_FAR, TOO_FAR)
            if np.abs(step).max() < CONVERGED:
                break

    def _straighten(self, usual: np.ndarray, prior: np.ndarray) -> None:
        """The law as a plane at the present logarithms: slopes, surprise, how it weighs."""
        at, keys = np.arange(len(self.log_cycles)), len(FITTED)
        each = self.counts * np.exp(self.logarithms.reshape(-1, keys)[self.row_stacks])
        total = each.sum(1) + self.fixed
        self._slopes = np.zeros((len(at), len(self.logarithms)))
        for k in range(keys):
            self._slopes[at, keys * np.array(self.row_stacks) + k] = each[:, k] / total

        self.residuals = np.log(total) - self.log_cycles
        self._surprise = self._slopes @ (self.logarithms - usual) - self.residuals
        noise = self.widths.misfit**2 * np.eye(len(at))
        self._spread = self._slopes @ prior @ self._slopes.T + noise
        self._weights = np.linalg.solve(self._spread, self._surprise)

    @property
    def log_probability(self) -> float:
        """Of the rows under the widths, the law straightened at the most probable point."""
        _, log_determinant = np.linalg.slogdet(self._spread)
        return float(-0.5 * (self._surprise @ self._weights + log_determinant))

    def known(self, library: Library, core: str, chip: str = "") -> Known:
        """What the rows tell of a build of `library` that nobody measured.

        Parameters
        ----------
        library : Library
            A version that some family states.
        core : str
        chip : str, default ""
            "" for a chip that nobody measured.
        """
        stack = Stack(library, core, chip)
        cross = _covariance(_shared((stack,), self.stacks), self.widths) @ self._slopes.T
        # Its own chip and build count in full, though no row may share them.
        whole = stack._replace(chip=chip or "another", build="another")
        itself = _covariance(_shared((whole,), (whole,)), self.widths)
        return Known(
            mean=_usual() + cross @ self._weights,
            covariance=itself - cross @ np.linalg.solve(self._spread, cross.T),
        )


def fit_widths(model: StackModel) -> Widths:
    """The most probable widths, by the rows of `model` and the weak prior of each width.

    Maximises log_probability - Σ (ln(width / usual width) / WIDTH_DEVIATION)² / 2.
    """
    from scipy.optimize import minimize

    usual = np.log(astuple(Widths()))

    def improbable(logarithms: np.ndarray) -> float:
        model.with_widths(Widths(*np.exp(logarithms).tolist()))
        far = (logarithms - usual) / WIDTH_DEVIATION
        return float(far @ far / 2 - model.log_probability)

    start = np.log(astuple(model.widths))
    options = {"ftol": 1e-8, "eps": 1e-5, "maxiter": 100}
    found = minimize(improbable, start, method="L-BFGS-B", options=options)
    return Widths(*np.exp(found.x).tolist())


def assumed_cycles(done: Mapping[str, float], overhead: Mapping[str, float]) -> float:
    """Cycles of what no row tells apart: of elements, layers, inferences."""
    return ELEMENT_CYCLES[0] * done["elements"] + overhead_cycles(done, overhead)


def _usual() -> np.ndarray:
    return np.log([USUAL[key] for key in FITTED])


def _shared(ones: Sequence[Stack], others: Sequence[Stack]) -> np.ndarray:
    """(ones, others, EFFECTS) of `shared`."""
    return np.array([[shared(one, other) for other in others] for one in ones], float)


def _covariance(effects: np.ndarray, widths: Widths) -> np.ndarray:
    """Of ln c of all stacks and coefficients: (3 ones, 3 others), coefficients innermost."""
    of_effects = effects @ np.array([getattr(widths, name) ** 2 for name in EFFECTS])
    keys = np.eye(len(FITTED))
    together = np.kron(of_effects, 1 + widths.apart**2 * keys)
    return together + np.kron(np.ones_like(of_effects), USUAL_DEVIATION**2 * keys)
