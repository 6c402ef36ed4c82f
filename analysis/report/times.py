"""How a reader sees the time of an inference: with its range, where that says something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .findings import Column
from .units import SECONDS

if TYPE_CHECKING:
    import pandas as pd

TIME, ENDS = "time_s", ("time_low_s", "time_high_s")
NARROW = 0.03  # a range up to this share of its low end is not shown: three digits hide it


def time_columns(frame: pd.DataFrame, leave_out: int) -> list[Column]:
    """Time of an inference and, where one of `frame` has a range to speak of, from where to where.

    Parameters
    ----------
    frame : DataFrame
        What is shown, with the column TIME and, but for files of earlier versions, ENDS.
    leave_out : int
        Of the time; its range is left out before it.
    """
    columns = [Column("time", (TIME,), unit=SECONDS, leave_out=leave_out)]
    low, high = (frame.get(end) for end in ENDS)
    if low is not None and high is not None and (high > low * (1 + NARROW)).any():
        columns.append(
            Column(
                "time low to high",
                ENDS,
                unit=SECONDS,
                leave_out=leave_out + 1,
                narrow=NARROW,
            )
        )
    return columns
