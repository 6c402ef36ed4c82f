"""What a frame of sizes says of each network on each target: the median over the seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LOWEST, HIGHEST, SEEDS = "frequency_lowest_hz", "frequency_highest_hz", "seeds"


def median_lines(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A line per network and target: that of the seed whose clock is the lower median.

    With ``seeds``, how many there were, and the lowest and the highest clock among them, Hz.

    Parameters
    ----------
    frame : of `compare_sizes`, or of ``sizes.csv``
    """
    lines = []
    filled = frame.copy()
    filled["refused"] = filled["refused"].astype(object).fillna("")
    for _, same in filled.groupby(["cell", "target"], sort=False):
        ordered = same.sort_values(["frequency_hz", "seed"], kind="stable")
        middle = ordered.iloc[(len(ordered) - 1) // 2].to_dict()
        clocks = ordered["frequency_hz"]
        lines.append(middle | {SEEDS: len(ordered), LOWEST: clocks.min(), HIGHEST: clocks.max()})

    return lines
