"""The store of a sweep: a folder of Parquet parts, each written whole or not at all.

A part holds the rows of one network point on some of the hardware, or of one evaluation of a
search. Its name says which: a part that is there is never made again. Rows hold no time of day
and nothing of the machine, so that the same space gives the same rows anywhere.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import files
from ...errors import SpikewattError
from ...installed import not_installed
from ...resources import check_writable
from .axes import is_number
from .hardware.axes import HARDWARE_AXES
from .hardware.deciding import Deciding
from .hardware.pricing import AMOUNTS, Priced
from .network_points import NetworkPoint
from .space import Space
from .work.network import ACCURACIES, ONCE, NetworkFound

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 2
SPACE, ENDING = "space.json", ".parquet"
WORDS = ("workload", "device", "host", "library", "strategy", "reason")
NUMBERS = ("network_point", "hardware_point")
CLASH = "core_"  # before a hardware axis that is called like one of networks


class Columns:
    """What the rows of a space have: its axes, and what is found.

    Parameters
    ----------
    space : Space
    """

    def __init__(self, space: Space):
        self.network = _types(space)
        names = dict.fromkeys(axis.name for block in space.hardware for axis in block)
        self.hardware = [name for name in names if name not in WORDS]
        for name in ("voltage_v", "clock_hz"):
            if name not in self.hardware:
                self.hardware.append(name)

    def column(self, axis: str) -> str:
        """The column of a hardware axis."""
        return CLASH + axis if axis in self.network else axis

    def schema(self) -> pa.Schema:
        """Names and types, in order."""
        arrow = _pyarrow()
        text = arrow.dictionary(arrow.int32(), arrow.string())
        kinds = {int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_(), str: text}
        fields = [(name, arrow.int64()) for name in NUMBERS]
        fields += [(name, kinds[kind]) for name, kind in self.network.items()]
        fields += [(name, text) for name in WORDS[:-1]]
        for name in self.hardware:
            is_word = HARDWARE_AXES[name].words
            fields.append((self.column(name), text if is_word else arrow.float64()))
        fields += [(name, arrow.float64()) for name in (*ACCURACIES, *AMOUNTS)]
        fields += [("decides", arrow.bool_()), ("candidate", arrow.bool_()), ("reason", text)]
        return arrow.schema(fields)


def _types(space: Space) -> dict[str, type]:
    """Network axis -> type of its column."""
    values: dict[str, list] = {}
    for block in space.network:
        for axis in block:
            values.setdefault(axis.name, []).extend(axis.values)
    return {name: _type(found) for name, found in values.items()}


def _type(values: Sequence) -> type:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return bool
    if known and all(is_number(value) for value in known):
        return int if all(isinstance(value, int) for value in known) else float
    return str


def as_cell(value: object, kind: type) -> object:
    """A value of a network axis as it stands in its column.

    >>> as_cell({"dense": 4}, str), as_cell(8, int)
    ('{"dense": 4}', 8)
    """
    if kind is not str or value is None or isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True)


class Store:
    """A folder of parts.

    Parameters
    ----------
    path : Path
        The folder; it may not exist yet.
    space : Space
        Whose rows they are.
    """

    def __init__(self, path: Path, space: Space):
        self.path, self.space = path, space
        self.columns = Columns(space)
        self.schema = self.columns.schema()
        self.deciding = Deciding(space.hardware)

    @contextmanager
    def open(self) -> Iterator[Store]:
        """Claim the folder for this sweep alone.

        Raises
        ------
        SpikewattError
            A folder that cannot be written to, that holds another space or something else, or
            that another sweep writes to.
        """
        from filelock import FileLock, Timeout

        if self.path.exists() and not self.path.is_dir():
            raise SpikewattError(str(self.path), "a store is a folder", "a file")
        check_writable(self.path)
        self._check_space()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / ".lock")
            lock.acquire(timeout=0)
        except Timeout:
            raise SpikewattError(str(self.path), "one sweep writes to it", "another one") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise SpikewattError(str(self.path), "can be written", reason) from error
        try:
            self._begin()
            yield self
        finally:
            lock.release()

    def _check_space(self) -> None:
        """Raise unless the folder is new, empty, or of this very space."""
        kept = self.path / SPACE
        if not self.path.exists():
            return
        if not kept.exists():
            strangers = [each.name for each in self.path.iterdir() if each.name[:1] != "."]
            if strangers:
                law = "a store is new, or that of a sweep"
                got = f"a folder with {strangers[0]!r}"
                raise SpikewattError(str(self.path), law, got, "another --store")
            return
        found = read_identity(self.path)["hash"]
        if found != self.space.hash:
            law = "holds the rows of this space and no other"
            got = f"those of another space ({found[:12]})"
            hint = "another --store, or remove it"
            raise SpikewattError(str(self.path), law, got, f"space {self.space.hash[:12]}", hint)

    def _begin(self) -> None:
        for left in self.path.glob(".*.partial"):  # of a sweep that was killed while it wrote
            left.unlink(missing_ok=True)
        if not (self.path / SPACE).exists():
            identity = {"format": FORMAT, "hash": self.space.hash, "space": self.space.as_json()}
            files.write(self.path / SPACE, json.dumps(identity, indent=1) + "\n")

    def has(self, part: str) -> bool:
        """Whether a part is there."""
        return (self.path / f"{part}{ENDING}").exists()

    def write(self, part: str, table: pa.Table) -> None:
        """Write a part, whole or not at all."""
        from pyarrow import parquet

        buffer = io.BytesIO()
        text = [each.name for each in self.schema if str(each.type).startswith("dictionary")]
        parquet.write_table(
            table, buffer, compression="zstd", compression_level=1, use_dictionary=text
        )
        files.write(self.path / f"{part}{ENDING}", buffer.getvalue())

    def table(self, point: NetworkPoint, found: NetworkFound, priced: Iterable[Priced]) -> pa.Table:
        """Rows of a network point, of all that was priced."""
        arrow = _pyarrow()
        tables = []
        for each in priced:
            accuracies = found.accuracy(each.workload, ONCE if point.steps is None else point.steps)
            tables.append(self._rows(point, accuracies, each))
        return arrow.concat_tables(tables).unify_dictionaries().combine_chunks()

    def failed(self, point: NetworkPoint, reason: str, number: int = -1) -> pa.Table:
        """The one row of a network point that failed."""
        found = {"network_point": point.number, "hardware_point": number, "reason": reason}
        found |= {"decides": False, "candidate": False}
        return self._as_table(1, found | self._of_network(point))

    def _of_network(self, point: NetworkPoint) -> dict[str, Any]:
        kinds = self.columns.network
        return {name: as_cell(value, kinds[name]) for name, value in point.values.items()}

    def _rows(self, point: NetworkPoint, accuracies: dict[str, float], priced: Priced) -> pa.Table:
        batch, structure = priced.batch, priced.batch.structure
        found: dict[str, Any] = {
            "network_point": point.number,
            "hardware_point": batch.numbers,
            "workload": priced.workload,
            "device": structure.device,
            "decides": self.deciding(structure),
            **self._of_network(point),
            **accuracies,
        }
        for name, value in (*structure.values, *batch.arrays.items()):
            found[name if name in WORDS else self.columns.column(name)] = value
        found.setdefault("reason", "")
        found |= priced.columns
        return self._as_table(len(batch), found)

    def _as_table(self, size: int, found: dict[str, Any]) -> pa.Table:
        arrow = _pyarrow()
        arrays = []
        for column in self.schema:
            value = found.get(column.name)
            if isinstance(value, np.ndarray):
                plain = arrow.array(value, from_pandas=True)
                array = plain.dictionary_encode() if value.dtype == object else plain
                arrays.append(array.cast(column.type))
            elif str(column.type).startswith("dictionary"):
                places = arrow.array(np.zeros(size, np.int32), mask=np.full(size, value is None))
                words = arrow.array([""] if value is None else [str(value)])
                arrays.append(arrow.DictionaryArray.from_arrays(places, words))
            else:
                arrays.append(arrow.repeat(arrow.scalar(value, column.type), size))
        return arrow.Table.from_arrays(arrays, schema=self.schema)


def read_identity(path: Path) -> dict[str, Any]:
    """What `space.json` of a store says: format, hash, space.

    Raises
    ------
    SpikewattError
        No store, or one of another format.
    """
    try:
        found = json.loads((path / SPACE).read_text("utf-8"))
        if found["format"] == FORMAT and isinstance(found["hash"], str):
            return found
        got = f"format {found['format']}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        got = "no such folder" if not path.exists() else f"no readable {SPACE} ({error})"
    raise SpikewattError(str(path), "must be the store of a sweep", got, f"format {FORMAT}")


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All parts of a store, in the order of their names; raises SpikewattError where one cannot."""
    arrow = _pyarrow()
    from pyarrow import parquet

    parts = sorted(path.glob(f"*{ENDING}"))
    if not parts:
        raise SpikewattError(str(path), "a store has rows", "none yet", "spikewatt sweep")
    tables = []
    for part in parts:
        try:
            tables.append(parquet.read_table(part, columns=list(columns) if columns else None))
        except (OSError, arrow.ArrowException) as error:
            law, hint = "must be a part of a store", "remove it, and sweep again"
            raise SpikewattError(str(part), law, str(error)[:200], hint=hint) from error
    return arrow.concat_tables(tables, promote_options="default").unify_dictionaries()


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise not_installed("sweep.store", "needs pyarrow", "pyarrow") from error
    return pyarrow
