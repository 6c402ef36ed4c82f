"""Where each activation lies in one arena: those that live at different times share bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ALIGNMENT_BYTES = 4


@dataclass(frozen=True)
class Buffer:
    """Bytes that are needed from one layer to another.

    Parameters
    ----------
    name : str
    size_bytes : int
    first, last : int
        Layers, both included.
    """

    name: str
    size_bytes: int
    first: int
    last: int

    def meets(self, other: Buffer) -> bool:
        """Whether both are needed at the same time."""
        return self.first <= other.last and other.first <= self.last

    @property
    def whole_bytes(self) -> int:
        """Its size, up to the next word."""
        return -(-self.size_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


@dataclass(frozen=True)
class MemoryPlan:
    """Offsets of buffers in an arena.

    Parameters
    ----------
    offsets : dict from name to int
        In bytes.
    size_bytes : int
        Of the arena.
    """

    offsets: dict[str, int]
    size_bytes: int


def plan_memory(buffers: Iterable[Buffer]) -> MemoryPlan:
    """Place the largest first, each at the lowest bytes that are free while it lives.

    Examples
    --------
    >>> plan_memory([Buffer("a", 8, 0, 1), Buffer("b", 4, 1, 2), Buffer("c", 8, 2, 3)]).offsets
    {'a': 0, 'c': 0, 'b': 8}
    """
    offsets: dict[str, int] = {}
    placed: list[Buffer] = []
    for buffer in sorted(buffers, key=lambda b: (-b.whole_bytes, b.first, b.name)):
        taken = sorted(
            (offsets[other.name], offsets[other.name] + other.whole_bytes)
            for other in placed
            if other.meets(buffer)
        )
        offset = 0
        for start, end in taken:
            if offset + buffer.whole_bytes <= start:
                break
            offset = max(offset, end)
        offsets[buffer.name] = offset
        placed.append(buffer)

    ends = [offsets[buffer.name] + buffer.whole_bytes for buffer in placed]
    return MemoryPlan(offsets, max(ends, default=0))
