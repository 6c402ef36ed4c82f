"""Cores that no kernel library was measured on: another core's cycles, times a declared ratio."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple


class BorrowedCore(NamedTuple):
    """A core that is priced by another one.

    Parameters
    ----------
    core : str
        The measured core.
    ratio : float
        Cycles on this core over those on that one.
    deviation : float
        Standard deviation of the logarithm of the ratio.
    why : str
    """

    core: str
    ratio: float
    deviation: float
    why: str


BORROWED_CORES = MappingProxyType(
    {
        "Cortex-M0": BorrowedCore("Cortex-M0+", 1.1, 0.1, "one cycle more per taken branch"),
        "Cortex-M3": BorrowedCore(
            "Cortex-M4",
            2.0,
            0.25,
            "no two multiply-accumulates in one instruction; 1.5 to 3 assumed",
        ),
        "Cortex-M55": BorrowedCore(
            "Cortex-M7",
            0.6,
            0.6,
            "vector instructions, if the library uses them; 0.2 to 1.6 assumed",
        ),
        "Cortex-M85": BorrowedCore(
            "Cortex-M7",
            0.5,
            0.6,
            "vector instructions, if the library uses them; 0.2 to 1.3 assumed",
        ),
    }
)
