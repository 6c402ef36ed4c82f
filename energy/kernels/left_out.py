"""Which measured rows are left out together, so that none is predicted by its own like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

BUILD = "build"  # all rows of one submission; other software on its board stays known
BOARD = "board"  # all rows of one chip; other chips with its core stay known
COLUMN = {BUILD: "submission", BOARD: "chip"}


def groups(rows: pd.DataFrame, scheme: str) -> Iterator[tuple[str, np.ndarray]]:
    """Each group of a scheme by its name, and which rows are in it.

    Parameters
    ----------
    rows : DataFrame
        As of `measured.read_measured`.
    scheme : str
        BUILD or BOARD.
    """
    column = rows[COLUMN[scheme]]
    for name in dict.fromkeys(column):
        yield str(name), (column == name).to_numpy()
