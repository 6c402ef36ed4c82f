"""The kinds of rows by name: who adds one writes a class, and its line here."""

from __future__ import annotations

from .network import NetworkRow
from .odin import OdinRow
from .size import SizeRow

ROW_KINDS = {kind.name: kind for kind in (NetworkRow, OdinRow, SizeRow)}
"""Name -> class."""

USUAL = NetworkRow.name  # of a file that says no kind
