"""Numbers as C: arrays, and names that are none of C's own."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

C_TYPES = {"int8": "int8_t", "uint8": "uint8_t", "uint16": "uint16_t", "int32": "int32_t"}
PER_LINE = 16


def array(name: str, values: np.ndarray, qualifier: str = "static const") -> str:
    """A one-dimensional array with its numbers; words begin at words.

    >>> print(array("weights", np.array([1, -2], np.int8)))
    static const int8_t weights[2] __attribute__((aligned(4))) = {
        1, -2,
    };
    <BLANKLINE>
    """
    flat = np.ravel(values)
    lines = [
        "    " + ", ".join(map(str, flat[first : first + PER_LINE].tolist())) + ","
        for first in range(0, len(flat), PER_LINE)
    ]
    kind = C_TYPES[flat.dtype.name]
    head = f"{qualifier} {kind} {name}[{len(flat)}] __attribute__((aligned(4))) = {{"
    return "\n".join([head, *lines, "};", ""])


def structures(name: str, kind: str, rows: Iterable[Iterable[int]]) -> str:
    """An array of structures, one line each."""
    lines = ["    {" + ", ".join(map(str, row)) + "}," for row in rows]
    return "\n".join([f"static const {kind} {name}[{len(lines)}] = {{", *lines, "};", ""])


def identifier(name: str) -> str:
    """`name` with what C does not take in a name replaced.

    >>> identifier("conv-1/relu")
    'conv_1_relu'
    """
    return re.sub(r"\W", "_", name, flags=re.ASCII)
