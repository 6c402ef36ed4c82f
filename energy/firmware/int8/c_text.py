"""Constants as C text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

WIDTH = 96  # columns of a line of numbers


@dataclass(frozen=True, eq=False)
class Array:
    """A constant array, which lies in flash.

    Parameters
    ----------
    c_type : str
        Of an element.
    name : str
    rows : list of str
        Its elements as C.
    """

    c_type: str
    name: str
    rows: list[str]

    @property
    def text(self) -> str:
        """Its definition."""
        head = f"static const {self.c_type} {self.name}[{len(self.rows)}]"
        return f"{head} __attribute__((aligned(4))) = {{\n{_filled(self.rows)}}};\n"


def array(c_type: str, name: str, values: np.ndarray) -> Array:
    """A constant array of integers."""
    return Array(c_type, name, [_literal(int(value)) for value in values.reshape(-1)])


@dataclass(frozen=True, eq=False)
class Declared:
    """One layer as C.

    Parameters
    ----------
    struct : str
        Its type in ``int8_kernels.h``.
    fields : mapping from name to C text
        Of the struct.
    arrays : tuple of Array
        That it points to.
    kernel : str
        The function that computes it.
    source : str
        The file with that function.
    scratch_bytes : int, default 0
        That it works in.
    """

    struct: str
    fields: Mapping[str, str]
    kernel: str
    source: str
    arrays: tuple[Array, ...] = ()
    scratch_bytes: int = field(default=0)


def struct_text(values: Mapping[str, object]) -> str:
    """A struct with its fields named, in one line.

    >>> struct_text({"rows": 3, "columns": 2})
    '{.rows = 3, .columns = 2}'
    """
    return "{" + ", ".join(f".{name} = {value}" for name, value in values.items()) + "}"


def _literal(value: int) -> str:
    """A decimal; C has none for the smallest int32."""
    return str(value) if value != -(2**31) else "(-2147483647 - 1)"


def _filled(items: list[str]) -> str:
    """Items and commas, as many in a line as fit."""
    lines, line = [], ""
    for item in items:
        if line and len(line) + len(item) + 2 > WIDTH:
            lines.append(f"    {line}\n")
            line = ""
        line += f"{item}," if not line else f" {item},"
    if line:
        lines.append(f"    {line}\n")
    return "".join(lines)
