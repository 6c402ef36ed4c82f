"""The files that a row of sizes leaves: what each design takes, and each module of two of them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ....errors import SpikewattError
from ..results import write_table
from .sizes import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

SIZES, MODULES, PLACEMENTS = "sizes.csv", "modules.csv", "placements.png"
NAMED = ("study", "row")
MODULE_COLUMNS = ("design", "device", "module", "luts", "flip_flops", "block_rams")
WORDS = {
    *NAMED,
    "cell",
    "network",
    "network_hash",
    "design",
    "code",
    "target",
    "kind",
    "frequency_by",
    "refused",
    "tools",
}


def write_sizes(folder: Path, study: str, row: str, frame: pd.DataFrame) -> None:
    """Write ``sizes.csv``: the frame of `compare_sizes`, named."""
    named = frame.copy()
    for place, (column, value) in enumerate({"study": study, "row": row}.items()):
        named.insert(place, column, value)
    write_table(folder / SIZES, named)


def write_modules(
    folder: Path, device: str, counts: Mapping[str, Mapping[str, Mapping[str, int]]]
) -> None:
    """Write ``modules.csv``: design -> module -> kind of cell -> how many."""
    import pandas as pd

    lines = [
        (design, device, module, *kinds.values())
        for design, modules in counts.items()
        for module, kinds in modules.items()
    ]
    write_table(folder / MODULES, pd.DataFrame(lines, columns=list(MODULE_COLUMNS)))


def read_sizes(folder: Path) -> pd.DataFrame:
    """What ``sizes.csv`` says.

    Raises
    ------
    SpikewattError : no such file, or other columns.
    """
    return _read(folder / SIZES, (*NAMED, *COLUMNS))


def read_modules(folder: Path) -> pd.DataFrame:
    """What ``modules.csv`` says; as `read_sizes`."""
    return _read(folder / MODULES, MODULE_COLUMNS)


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        law = "is left by the study's row of sizes"
        raise SpikewattError(str(path), law, "no such file", "`spikewatt study run`")
    text = path.read_text(encoding="utf-8")
    frame = pd.read_csv(io.StringIO(text), dtype=dict.fromkeys(WORDS, str))
    if list(frame.columns) != list(columns):
        law = "has the columns of this table"
        raise SpikewattError(str(path), law, ", ".join(frame.columns), ", ".join(columns))

    words = [column for column in columns if column in WORDS]
    frame[words] = frame[words].fillna("")
    return frame
