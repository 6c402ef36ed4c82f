"""Ratios that stand in for rows: cores that no library was measured on, and plain kernels.

The plain reference kernels of TensorFlow Lite Micro have no submission of their own, and compilers
and options differ: their cycles are those of CMSIS-NN on the same core times one factor.
"""

from __future__ import annotations

from math import exp, log, sqrt
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from ..layer_tables.layer_table import FOLDER, numbers, read_table

PLAIN = FOLDER / "plain_kernels.csv"
COLUMNS = ("group", "core", "network", "plain_ms", "cmsis_nn_ms", "source")
OVER = "cmsis-nn"  # the family whose coefficients are multiplied


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


class PlainFactor(NamedTuple):
    """Cycles of plain kernels over those of CMSIS-NN, and the deviation of its logarithm."""

    value: float
    deviation: float
    sources: tuple[str, ...]


def plain_factor(source: str | Path = PLAIN) -> PlainFactor:
    """Geometric mean over groups of rows, each one build, and how much another build may differ.

    value = exp(mean of the groups), deviation² = variance of the groups · (1 + 1 / groups).

    Raises
    ------
    SpikewattError
        As `layer_table.read_table`.

    Examples
    --------
    >>> round(plain_factor().value)
    13
    """
    where, frame = read_table(source, COLUMNS, "plain kernels")
    ratio = numbers(where, frame, "plain_ms") / numbers(where, frame, "cmsis_nn_ms")
    groups: dict[str, list[float]] = {}
    for group, value in zip(frame["group"], ratio, strict=True):
        groups.setdefault(group, []).append(log(value))
    means = [sum(logs) / len(logs) for logs in groups.values()]
    middle = sum(means) / len(means)
    variance = sum((mean - middle) ** 2 for mean in means) / (len(means) - 1)
    return PlainFactor(
        value=exp(middle),
        deviation=sqrt(variance * (1 + 1 / len(means))),
        sources=tuple(dict.fromkeys(frame["source"])),
    )
