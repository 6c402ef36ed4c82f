"""Findings: what a run or a verb found, as named tables. Nothing here prints.

Console (`console`), JSON and CSV (`rows`) and pictures (`figures`) render the same tables. A frame
keeps SI numbers, with the unit at the end of the column's name (``energy_j``); the columns of a
table say how a reader sees them (``3.27 nJ``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .numbers import is_missing

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
    """

    title: str
    keys: tuple[str, ...]
    write: Callable[..., object] | None = None

    def cell(self, row: Mapping[str, object]) -> object:
        """What stands in the cell of `row`: text, or a number as it is; "" for no value."""
        values = [row.get(key) for key in self.keys]
        first = values[0]
        if self.write is None:
            return "" if first is None else first
        if is_missing(first):
            return ""

        return self.write(*values)


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

    Examples
    --------
    >>> import pandas as pd
    >>> from .numbers import with_prefix
    >>> energy = Column("energy", ("energy_j",), lambda joules: with_prefix(joules, "J"))
    >>> table = Table("prices", "Price", pd.DataFrame({"energy_j": [2e-9]}), [energy])
    >>> table.cells()
    [{'energy': '2.00 nJ'}]
    >>> table.units()
    {'energy_j': 'J'}
    """

    name: str
    title: str
    frame: pd.DataFrame
    columns: Sequence[Column] = ()
    brief: pd.DataFrame | None = None

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

    def cells(self) -> list[dict[str, object]]:
        """What a reader sees: per row, title of the column -> text, or a number as it is."""
        frame = self.frame if self.brief is None else self.brief
        columns = self.columns or [_as_it_is(str(key)) for key in frame.columns]

        shown = []
        for row in frame.to_dict("records"):
            cells = {column.title: column.cell(row) for column in columns}
            shown.append(cells)

        return shown

    def _repr_html_(self) -> str:
        import pandas as pd

        shown = pd.DataFrame(self.cells())
        body = shown.to_html(index=False)
        return f"<h4>{self.title}</h4>{body}"


def _as_it_is(key: str) -> Column:
    """The column of a frame, under its own name."""
    return Column(key.replace("_", " "), (key,))


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found: a sentence, tables in order, the assumptions, and what did not fit.

    Parameters
    ----------
    tables : tuple of Table
        In the order in which a reader sees them, each with a name of its own.
    assumptions : tuple of str, default ()
        Lines that end every result.
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
