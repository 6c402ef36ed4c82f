"""Copies of what cannot change cannot change either."""

from __future__ import annotations

from dataclasses import fields


class Rebuilt:
    """A frozen dataclass that is pickled and copied through its constructor.

    Its arrays are read-only in each copy, its laws are checked, and what it remembers of itself (a
    hash) is computed anew.
    """

    def __reduce__(self):
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        values = {name: getattr(self, name) for name in names}
        return _rebuilt, (type(self), values)


def _rebuilt(kind: type, values: dict):
    return kind(**values)
