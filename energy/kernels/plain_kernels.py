"""How much slower the plain reference kernels of TensorFlow Lite Micro are than CMSIS-NN's.

No submission has them on a board of its own, and compilers and options differ: their cycles are
those of CMSIS-NN on the same core times one factor, the same for all coefficients.
"""

from __future__ import annotations

from math import exp, log, sqrt
from pathlib import Path
from typing import NamedTuple

from ..layer_tables.layer_table import FOLDER, numbers, read_table

PLAIN = FOLDER / "plain_kernels.csv"
COLUMNS = ("group", "core", "network", "plain_ms", "cmsis_nn_ms", "source")
OVER = "cmsis-nn"  # the family whose coefficients are multiplied


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
    12
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
