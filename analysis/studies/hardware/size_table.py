"""What a frame of sizes says of each network on each target: the median over the seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LOWEST, HIGHEST, SEEDS = "frequency_lowest_hz", "frequency_highest_hz", "seeds"
LUTS, BLOCK_RAMS, CLOCK = "luts", "block_rams", "frequency_hz"


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


def measures_of(study: str, row: str, device: str, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Lines of ``measures.csv``: what each network takes of one FPGA, at the median clock.

    Parameters
    ----------
    study, row : whose they are
    device : name of the FPGA, without its grade
    frame : as `median_lines`
    """
    return [
        {
            "study": study,
            "row": row,
            "cell": line["cell"],
            "measure": measure,
            "value": line[measure],
        }
        for line in median_lines(frame)
        if line["target"].startswith(device) and not line["refused"]
        for measure in (LUTS, BLOCK_RAMS, CLOCK)
    ]
