"""Coefficients of a stack as values with one deviation each, such that their sums have a range.

On a card the coefficients of a stack move together. Their deviations s_k are therefore not those
of each alone, but those with which the range of a sum is that of its prediction: of each measured
network n, whose cycles are made up of shares w_nk,

    Σ_k w_nk s_k ≈ sqrt(Σ_kl w_nk cov_kl w_nl + misfit²),   s_k ≥ misfit

and where a coefficient dominates, as no network here has it, its own deviation counts a little.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .law import FITTED, PRICED_BY
from .library import Coefficient, Entry
from .overhead import overhead_values
from .ratios import plain_factor
from .stacks import Known, StackModel, Work, assumed_cycles
from .versions import Library, all_libraries

CORES = ("Cortex-M0+", "Cortex-M33", "Cortex-M4", "Cortex-M7")  # that rows are of
ALONE = 0.1  # weight of a coefficient's own deviation beside that of a network; assumed


class FittedStacks:
    """Entries of any stack by a model that was fitted just now; see `library.CommittedStacks`."""

    def __init__(self, model: StackModel, work_of: Mapping[bool, Work], unseen: bool = False):
        self.model = model
        self.work_of = work_of
        self.unseen = unseen
        self.step = model.widths.step
        self.mode = model.widths.mode
        self.plain = Coefficient(*plain_factor()[:2])

    def libraries(self) -> list[Library]:
        """Libraries that have rows; all where those `unseen` are predicted, too."""
        measured = {stack.library for stack in self.model.stacks}
        return [known for known in all_libraries() if known in measured or self.unseen]

    def cores(self) -> list[str]:
        """Cores that have rows; all where those `unseen` are predicted, too."""
        measured = {stack.core for stack in self.model.stacks}
        return sorted(measured | set(CORES) if self.unseen else measured)

    def chips(self, library: Library, core: str) -> list[str]:
        """Chips on which a library was measured."""
        stacks = self.model.stacks
        return sorted({s.chip for s in stacks if (s.library, s.core) == (library, core)})

    def chips_of(self, core: str) -> list[str]:
        """Chips with `core` on which anything was measured."""
        return sorted({stack.chip for stack in self.model.stacks if stack.core == core})

    def entry(self, library: Library, core: str, chip: str = "") -> Entry:
        """Coefficients of a measured library on any core; `chip` is "" for an unknown one."""
        known = self.model.known(library, core, chip)
        works = self.work_of[library.prunes]
        overhead = overhead_values(library, core)
        return entry_of(known, self.model.widths.misfit, works, overhead)


def entry_of(known: Known, misfit: float, works: Work, overhead: Mapping[str, float]) -> Entry:
    """The coefficients with the deviations of the module's law.

    Parameters
    ----------
    known : Known
    misfit : float
        Standard deviation of ln cycles of one network about the law.
    works : mapping
        Networks whose sums have the right range.
    overhead : mapping
        Cycles of a layer and of an inference, as of `overhead_values`.
    """
    from scipy.optimize import nnls

    values = np.exp(known.mean)
    networks = [done for done in works.values() if _has_macs(done)]
    shares = np.array([_shares(values, done, overhead) for done in networks])
    alone = np.eye(len(FITTED))
    mixes = np.vstack([shares, alone])
    weights = np.r_[np.ones(len(shares)), np.full(len(alone), ALONE)]

    variances = np.einsum("nk,kl,nl->n", mixes, known.covariance, mixes) + misfit**2
    beyond = np.sqrt(variances) - mixes.sum(1) * misfit
    more, _ = nnls(weights[:, None] * mixes, weights * beyond)
    return {
        key: Coefficient(float(value), float(misfit + extra))
        for key, value, extra in zip(FITTED, values, more, strict=True)
    }


def _shares(
    values: np.ndarray, done: Mapping[str, float], overhead: Mapping[str, float]
) -> np.ndarray:
    """Shares of the cycles of a network, by FITTED."""
    counts = [done[what] for what, key in PRICED_BY.items() if key in FITTED]
    each = values * np.array(counts, float)
    return each / (each.sum() + assumed_cycles(done, overhead))


def _has_macs(done: Mapping[str, float]) -> bool:
    return done["mac_dense"] + done["mac_conv"] > 0
