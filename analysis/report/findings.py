"""Findings: what a run or a verb found, as named tables. Nothing here prints.

Console (`terminal`), JSON and CSV (`rows`) and pictures (`figures`) render the same tables. A frame
keeps SI numbers, with the unit at the end of the column's name (``energy_j``); the columns of a
table say how a reader sees them (``3.27`` under ``energy (nJ)``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING

from .numbers import is_missing
from .units import Prefixed, Scale, Unit, counted

if TYPE_CHECKING:
    import pandas as pd

# End of a column's name -> its unit.
UNITS = {
    "_j": "J",
    "_s": "s",
    "_w": "W",
    "_a": "A",
    "_hz": "Hz",
    "_m2": "m²",
    "_bytes": "B",
}


def unit_of(key: str) -> str:
    """The unit that the name of a column ends in; "" of a plain number or a word.

    Examples
    --------
    >>> unit_of("energy_low_j"), unit_of("time_s"), unit_of("spikes")
    ('J', 's', '')
    """
    for end, unit in UNITS.items():
        if key.endswith(end):
            return unit

    return ""


@dataclass(frozen=True)
class Column:
    """How a reader sees one or more columns of a frame.

    Parameters
    ----------
    title : str
        Head of the column.
    keys : tuple of str
        Columns of the frame whose values stand in a cell.
    write : callable, default None
        Text, or a number, from the values of `keys`; None shows the value of the one key as it
        is. It is not called where the first value is missing.
    unit : Unit, default None
        Of the values, in place of `write`: two are from where to where, three a value and its
        range. All columns of a table that have it are shown on one scale, which their heads name.
    leave_out : int, default 0
        Where a page is too narrow the column with the largest is left out first; that with 0
        never.
    between : str, default " to "
        Word between two values of a `unit`.
    narrow : float, default 0.0
        A range from where to where is not shown if it is no wider than this share of its low end.
    number : bool, default False
        What `write` returns begins with a number, and is aligned as one.
    """

    title: str
    keys: tuple[str, ...]
    write: Callable[..., object] | None = None
    unit: Unit | None = None
    leave_out: int = 0
    number: bool = False
    between: str = " to "
    narrow: float = 0.0

    def shown(self, rows: Sequence[Mapping], scales: Mapping[Unit, Scale | None]) -> ShownColumn:
        """The column of `rows`, where `scales` serve the columns of a table together."""
        if self.unit is None:
            cells = [self._cell(row) for row in rows]
            number = self.number or _are_numbers(cells)
            return ShownColumn(self.title, cells, number, self.leave_out)

        scale = scales[self.unit]
        write = scale.write if scale else self.unit.alone
        cells = [self._range(row, write) for row in rows]
        head = f"{self.title} ({scale.unit})" if scale and scale.unit else self.title
        return ShownColumn(head, cells, True, self.leave_out)

    def _range(self, row: Mapping, write: Callable[[float], str]) -> str:
        """One value, two as a range, or a value with its range; "" where the first is missing.

        Where another is missing, there is no range.
        """
        values = [row[key] for key in self.keys]
        if is_missing(values[0]):
            return ""

        known = [value for value in values if not is_missing(value)]
        first, *rest = map(write, known)
        if len(known) < len(values) or not rest:
            return first
        if len(rest) == 1:
            if self.narrow and values[1] <= values[0] * (1 + self.narrow):
                return ""
            return f"{first}{self.between}{rest[0]}"
        return f"{first} ({rest[0]} to {rest[1]})"

    def _cell(self, row: Mapping[str, object]) -> object:
        """What stands in the cell of `row`: text, or a number as it is; "" for no value."""
        values = [row.get(key) for key in self.keys]
        first = values[0]
        if self.write is None:
            return "" if first is None else first
        if is_missing(first):
            return ""

        return self.write(*values)


@dataclass(frozen=True)
class ShownColumn:
    """What a reader sees of a column.

    Parameters
    ----------
    head : str
        Title, with the unit.
    cells : sequence
        Per row a text, or a number as it is.
    number : bool
        Whether they are numbers.
    leave_out : int
        See `Column`.
    """

    head: str
    cells: Sequence[object]
    number: bool
    leave_out: int


def _are_numbers(cells: Sequence[object]) -> bool:
    """Whether all cells that are not empty are numbers, and there is one."""
    full = [cell for cell in cells if not isinstance(cell, str) or cell]
    return bool(full) and all(_is_number(cell) for cell in full)


def _is_number(cell: object) -> bool:
    return isinstance(cell, Real) and not isinstance(cell, bool)


@dataclass(frozen=True, eq=False)
class Table:
    """A named table.

    Parameters
    ----------
    name : str
        Its key in JSON, its file (``<name>.csv``) in a folder.
    title : str
        Head line for a reader.
    frame : DataFrame
        Everything, in SI units, with the unit in the name of a column.
    columns : sequence of Column, default ()
        What a reader sees, in this order; empty for all columns of the frame as they are.
    brief : DataFrame, default None
        The rows that a reader sees, where the whole frame would be too long.
    footnotes : sequence of str, default ()
        Lines below the table that explain marks in it.

    Examples
    --------
    >>> import pandas as pd
    >>> from .units import JOULES
    >>> energy = Column("energy", ("energy_j",), unit=JOULES)
    >>> table = Table("prices", "Price", pd.DataFrame({"energy_j": [2e-9]}), [energy])
    >>> table.cells()
    [{'energy (nJ)': '2.00'}]
    >>> table.units()
    {'energy_j': 'J'}
    """

    name: str
    title: str
    frame: pd.DataFrame
    columns: Sequence[Column] = ()
    brief: pd.DataFrame | None = None
    footnotes: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        columns = ", ".join(map(str, self.frame.columns))
        return f"Table({self.name!r}, {len(self)} rows: {columns})"

    def units(self) -> dict[str, str]:
        """Column of the frame -> its unit, for those that have one."""
        found = {}
        for column in self.frame.columns:
            key = str(column)
            if unit := unit_of(key):
                found[key] = unit

        return found

    def shown(self) -> list[ShownColumn]:
        """What a reader sees, column by column."""
        frame = self.frame if self.brief is None else self.brief
        columns = self.columns or _as_they_are([str(key) for key in frame.columns])
        rows = frame.to_dict("records")

        found: dict[Unit, list[float]] = {}
        for column in columns:
            if column.unit is not None:
                values = [row[key] for row in rows for key in column.keys if key in row]
                found.setdefault(column.unit, []).extend(v for v in values if v is not None)

        scales = {unit: unit.scale(counted(values)) for unit, values in found.items()}
        return [column.shown(rows, scales) for column in columns]

    def cells(self) -> list[dict[str, object]]:
        """The same row by row: head of the column -> text, or a number as it is."""
        columns = self.shown()
        heads = [column.head for column in columns]
        rows = zip(*(column.cells for column in columns), strict=True)
        return [dict(zip(heads, row, strict=True)) for row in rows]

    def _repr_html_(self) -> str:
        import pandas as pd

        shown = pd.DataFrame(self.cells())
        body = shown.to_html(index=False)
        return f"<h4>{self.title}</h4>{body}"


def _as_they_are(keys: list[str]) -> list[Column]:
    """The columns of a frame, under their own names; the first stays where there is no room."""
    columns = []
    for place, key in enumerate(keys):
        end = next((end for end in UNITS if key.endswith(end)), "")
        title = key.removesuffix(end).replace("_", " ")
        unit = Prefixed(UNITS[end]) if end else None
        columns.append(Column(title, (key,), unit=unit, leave_out=place))

    return columns


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found: a sentence, tables in order, the assumptions, and what did not fit.

    Parameters
    ----------
    tables : tuple of Table
        In the order in which a reader sees them, each with a name of its own.
    assumptions : tuple of str, default ()
        Lines that end every result.
    in_brief : tuple of str, default ()
        The same in short lines, which a terminal shows in their place.
    does_not_fit : mapping from str to str, default {}
        Device -> why it cannot hold or execute the network.
    facts : mapping from str to object, default {}
        Single values: accuracy, folder, hash and the like.
    notes : tuple of str, default ()
        Further lines for a reader: sums, hints, where files are.
    sentence : str, default ""
        The answer, which a reader sees before everything else; of several networks a line each.

    Examples
    --------
    >>> import pandas as pd
    >>> layers = Table("layers", "Layers", pd.DataFrame({"layer": ["hidden"], "neurons": [48]}))
    >>> found = Findings((layers,), ("leakage is included",))
    >>> found
    Findings(layers; 1 assumption)
    >>> found["layers"].frame["neurons"].sum()
    np.int64(48)
    """

    tables: tuple[Table, ...] = ()
    assumptions: tuple[str, ...] = ()
    does_not_fit: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sentence: str = ""
    in_brief: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [table.name for table in self.tables]
        once = set(names)
        assert len(once) == len(names), names

    def __getitem__(self, name: str) -> Table:
        for table in self.tables:
            if table.name == name:
                return table

        raise KeyError(name)

    def __contains__(self, name: str) -> bool:
        return any(table.name == name for table in self.tables)

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables)

    def __repr__(self) -> str:
        number = len(self.assumptions)
        plural = "" if number == 1 else "s"
        names = ", ".join(table.name for table in self.tables)
        return f"Findings({names}; {number} assumption{plural})"

    def only(self, *names: str) -> Findings:
        """The same with the tables called `names` alone, in their order here, if they are there."""
        chosen = [table for table in self.tables if table.name in names]
        return replace(self, tables=tuple(chosen))

    def without(self, *names: str) -> Findings:
        """The same without the tables called `names`."""
        kept = [table for table in self.tables if table.name not in names]
        return replace(self, tables=tuple(kept))

    def _repr_html_(self) -> str:
        tables = [table._repr_html_() for table in self.tables]
        lines = [f"<li>{line}</li>" for line in self.assumptions]
        answer = [f"<p><b>{line}</b></p>" for line in self.sentence.splitlines()]
        return f"{''.join(answer)}{''.join(tables)}<ul>{''.join(lines)}</ul>"
