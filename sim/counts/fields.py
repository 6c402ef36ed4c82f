"""Fields of counts: what each may be, as a value of Python, a cell of a table, or in a schema.

A kind of field is a class; the tables of this file are the one place that says which there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any

from ...errors import SpikewattError, one_of, quoted, whole_number
from ..network.neurons import RESETS

MOST = 10**15  # neurons, steps or spikes of one inference
LONGEST_NAME = 200
ROWS_OF_PRICES = ("all", "chip", "cores")  # what a price calls what belongs to no single layer
CONTROLS = r"\u0000-\u001f\u007f-\u00a0\u2028\u2029"  # of characters that no line is printed with
TRUE, FALSE = ("true", "1"), ("false", "0")


class Kind:
    """What a field may be."""

    def checked(self, where: str, value: Any) -> Any:
        """The value, or SpikewattError about `where`."""
        raise NotImplementedError

    def read(self, where: str, cell: str) -> Any:
        """What a cell of a table says, or SpikewattError about `where`."""
        return self.checked(where, cell)

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        raise NotImplementedError


class Name(Kind):
    """A name that can be printed on a line."""

    def checked(self, where: str, value: Any) -> str:
        """Not empty, and not longer than a line."""
        if not isinstance(value, str):
            raise SpikewattError(where, "must be text", quoted(value)[:LONGEST_NAME])
        if len(value) > LONGEST_NAME:
            law = f"must be a name of at most {LONGEST_NAME} characters"
            raise SpikewattError(where, law, f"{len(value):,}")
        if not value.strip() or not value.isprintable():
            law = "must be a name that can be printed: no line breaks or tabs, and not empty"
            raise SpikewattError(where, law, quoted(value))
        if value in ROWS_OF_PRICES:
            law = "must be another name than a row of a price has"
            allowed = f"not {', '.join(ROWS_OF_PRICES)}"
            raise SpikewattError(where, law, quoted(value), allowed)
        return value

    def schema(self) -> dict[str, Any]:
        """Text."""
        return {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_NAME,
            "pattern": rf"^[^{CONTROLS}]*[^{CONTROLS} ][^{CONTROLS}]*$",
            "not": {"enum": list(ROWS_OF_PRICES)},
        }


class Flag(Kind):
    """True or false."""

    def checked(self, where: str, value: Any) -> bool:
        """No 0 and no 1."""
        if type(value).__name__ not in ("bool", "bool_"):  # numpy's is no bool
            raise SpikewattError(where, "must be true or false", quoted(value))
        return bool(value)

    def read(self, where: str, cell: str) -> bool:
        """As spreadsheets write it, in capitals or not; 1 and 0."""
        if cell.lower() not in (*TRUE, *FALSE):
            raise SpikewattError(where, "must be true or false", quoted(cell))
        return cell.lower() in TRUE

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number from 1 on; 256.0, as tables hold it, is one."""

    law: str = "must be a whole number"

    def checked(self, where: str, value: Any) -> int:
        """An int."""
        number = _as_float(value) if isinstance(value, Real) else math.nan  # numpy's, too
        if not isinstance(value, bool) and not isinstance(value, int) and number.is_integer():
            value = int(number)
        return whole_number(where, self.law, value, 1, MOST)

    def read(self, where: str, cell: str) -> int:
        """Of 256, 256.0 or 1e6."""
        return self.checked(where, _number(cell))

    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": 1, "maximum": MOST}


@dataclass(frozen=True)
class Number(Kind):
    """A finite number from 0 on, or above 0."""

    above_zero: bool = False

    def checked(self, where: str, value: Any) -> float:
        """A float."""
        number = math.nan
        if isinstance(value, Real) and not isinstance(value, bool):
            number = _as_float(value)
        if not 0 <= number < math.inf or (self.above_zero and number == 0):
            allowed = "> 0" if self.above_zero else ">= 0"
            raise SpikewattError(where, "must be a finite number", quoted(value), allowed)
        return number

    def read(self, where: str, cell: str) -> float:
        """Of 12, 12.5 or 1.25e1."""
        return self.checked(where, _number(cell))

    def schema(self) -> dict[str, Any]:
        """A number."""
        return {"type": "number", "exclusiveMinimum" if self.above_zero else "minimum": 0}


@dataclass(frozen=True)
class Word(Kind):
    """One of a few words."""

    words: tuple[str, ...]

    def checked(self, where: str, value: Any) -> str:
        """As it stands."""
        return one_of(where, "must be one of these words", value, self.words)

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(self.words)}


def is_table_row(given: object) -> bool:
    """Whether it is a row of a pandas table: values by name, and no Mapping."""
    return type(given).__name__ == "Series" and hasattr(given, "keys")


def is_missing(value: object) -> bool:
    """Whether it is what a table holds in place of a value: NaN, or NA of pandas."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, Real) and math.isnan(_as_float(value))


def _number(cell: str) -> Any:
    """The number that a cell holds, else its text; 1_000 and ١ are none."""
    try:
        return float(cell) if cell.isascii() and "_" not in cell else cell
    except ValueError:
        return cell


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond all floats
        return math.inf


REQUIRED: dict[str, Kind] = {
    "name": Name(),
    "neurons": Whole(),
    "fan_out": Number(),
    "spikes": Number(),
    "synaptic_operations": Number(),
}
OPTIONAL: dict[str, Kind] = {
    "is_input": Flag(),
    "active_updates": Number(),
    "idle_updates": Number(),
    "cores": Whole(),
    "row_length": Number(above_zero=True),
    "parameters": Whole(),
}
LAYER: dict[str, Kind] = REQUIRED | OPTIONAL
STEPS: dict[str, Kind] = {"steps": Whole("must be a number of steps")}
BESIDES: dict[str, Kind] = {
    "time_s": Number(above_zero=True),
    "spikes_per_step": Whole("must be the most spikes of a neuron in one step"),
    "leaks": Flag(),
    "reset": Word(tuple(RESETS)),
}
INFERENCE: dict[str, Kind] = STEPS | BESIDES  # what holds for all layers
MAY_BE_UNKNOWN = ("time_s",)


def check_known(
    where: str, given: Iterable[object], required: Iterable[str], optional: Iterable[str]
) -> None:
    """Raise SpikewattError that names all keys that are missing, and all that nobody knows."""
    names = [str(name) for name in given]
    missing = [name for name in required if name not in names]
    known = [*required, *optional]
    unknown = [name for name in names if name not in known]
    faults = [f"{', '.join(missing)} missing"] if missing else []
    faults += [f"{', '.join(unknown)} unknown"] if unknown else []
    if faults:
        law = f"must have {', '.join(required)}"
        allowed = f"besides {', '.join(optional)}"
        raise SpikewattError(where, law, "; ".join(faults), allowed)
