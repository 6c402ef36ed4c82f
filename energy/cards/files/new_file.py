"""A new card file: which name and which path it may have, and how a text stands in it."""

from __future__ import annotations

import json
from pathlib import Path

from .... import files
from ....errors import SpikewattError, check_name
from ...kernels.library import measured_chips
from ..load import card_names

# What stands in each file that spikewatt writes for a user to go on with.
HOW_VALUES_ARE_SAID = """\
# Each value has its median, the 5th and 95th percentile (low, high), a unit, and where it is from:
#   status: measured, simulated, estimated or assumed;  conditions: supply, mode, temperature;
#   source: which table of which paper or data sheet. What is not sure has low < value < high.
#   measurement: optional, a name; values of one measurement are high or low together.
"""


def check_new_file(path: Path) -> None:
    """Raise SpikewattError unless a card can be written there, over nothing."""
    if path.suffix not in (".yaml", ".yml"):
        raise SpikewattError(str(path), "a card is a .yaml file", path.name)
    if path.exists():
        law = "an existing file is not written over"
        raise SpikewattError(str(path), law, "it exists", "another name")


def checked_new_name(path: Path, name: str | None) -> str:
    """`name`, or that of the file; by the name of a chip that is known a card claims its rows.

    Raises
    ------
    SpikewattError
        No name, or that of a chip or card that is known here.
    """
    own = check_name("devices new --name", path.stem if name is None else name)
    known = measured_chips() | set(card_names())
    if own.lower() in known:
        raise SpikewattError(
            "devices new --name",
            "must be another name than that of a chip or card that is known here",
            repr(own),
            hint=f"--name my_{own.lower()}, or price with --device {own.lower()}",
        )
    return own


def write_new_file(path: Path, text: str) -> None:
    """Write a card that nothing is lost of."""
    files.promise_new(path)
    files.write(path, text)


def quoted(text: str) -> str:
    """A text as YAML: every text of JSON is one."""
    return json.dumps(text, ensure_ascii=False)
