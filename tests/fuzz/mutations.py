"""What happens to files: bits flip, sectors are lost, and people edit text."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable

SECTOR = 512
# Numbers, words and signs that were never meant.
NASTY = (
    "nan", "-nan", "inf", "-inf", ".nan", ".inf", "Infinity", "-1", "-0.0", "0", "1e-320", "1e400",
    "9" * 30, "9" * 5000, "-" + "9" * 400, "28.9", "0x10", "1_000", "²", "٣", "", " ", "true",
    "null", "~", "[]", "{}", "[1, 2]", "'", '"', "\x1b[31mred", "\x00", "\u202ereversed", "=1+1",
    "@SUM(A1)", "-2+3", "PJ", "J**9**9**9", "kg", "furlong", "../../etc/passwd", "é" * 300,
    "x" * 10000, "!!python/object/apply:os.system ['true']", "*nowhere", "&a [*a, *a]", "%s%n",
)  # fmt: skip
NUMBER = re.compile(r"(?<![A-Za-z_])-?\d+(?:\.\d+)?(?:e-?\d+)?")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def raw(content: bytes, chance: random.Random) -> bytes:
    """One to three faults of a disk, a cable or a careless program."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        content = chance.choice(RAW)(content, chance)
    return content


def _flip(content: bytes, chance: random.Random) -> bytes:
    if not content:
        return content
    changed = bytearray(content)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _set(content: bytes, chance: random.Random) -> bytes:
    if not content:
        return content
    changed = bytearray(content)
    changed[chance.randrange(len(changed))] = chance.choice((0, 0x7F, 0x80, 0xFF))
    return bytes(changed)


def _zero_sector(content: bytes, chance: random.Random) -> bytes:
    start, size = chance.randrange(len(content) + 1), chance.choice((8, 64, SECTOR))
    return content[:start] + bytes(min(size, len(content) - start)) + content[start + size :]


def _truncate(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _cut(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start + chance.randrange(1, 64) :]


def _insert(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + chance.randbytes(chance.randrange(1, 32)) + content[start:]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    piece = content[start : start + chance.randrange(1, 256)]
    return content[:start] + piece * chance.choice((2, 3, 50)) + content[start + len(piece) :]


def _empty(content: bytes, chance: random.Random) -> bytes:
    return b""


RAW: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip, _flip, _flip, _set, _zero_sector, _truncate, _cut, _insert, _repeat, _empty,
)  # fmt: skip


# ------------------------------------------------------------------ text


def text(content: bytes, chance: random.Random) -> bytes:
    """One to three edits of a line, a number or a word; or a fault of the disk."""
    if chance.random() < 0.15:
        return raw(content, chance)
    lines = content.decode("utf-8", "replace")
    for _ in range(chance.choice((1, 1, 2, 3))):
        lines = chance.choice(EDITS)(lines, chance)
    return lines.encode("utf-8", "replace")


def _another(pattern: re.Pattern) -> Callable[[str, random.Random], str]:
    def replace(lines: str, chance: random.Random) -> str:
        found = list(pattern.finditer(lines))
        if not found:
            return lines
        one = chance.choice(found)
        return lines[: one.start()] + chance.choice(NASTY) + lines[one.end() :]

    return replace


def _scale(lines: str, chance: random.Random) -> str:
    """A number that is a number still."""
    found = list(NUMBER.finditer(lines))
    if not found:
        return lines
    one = chance.choice(found)
    factor = chance.choice((-1.0, 0.0, 0.1, 1.5, 1e3, 1e-9, 1e12))
    return f"{lines[: one.start()]}{float(one.group()) * factor:g}{lines[one.end() :]}"


def _line(change: Callable[[list[str], int, random.Random], None]):
    def edit(lines: str, chance: random.Random) -> str:
        parts = lines.split("\n")
        change(parts, chance.randrange(len(parts)), chance)
        return "\n".join(parts)

    return edit


def _delete(parts: list[str], i: int, chance: random.Random) -> None:
    del parts[i]


def _double(parts: list[str], i: int, chance: random.Random) -> None:
    parts.insert(i, parts[i])


def _move(parts: list[str], i: int, chance: random.Random) -> None:
    parts.insert(chance.randrange(len(parts)), parts.pop(i))


def _indent(parts: list[str], i: int, chance: random.Random) -> None:
    parts[i] = chance.choice((" ", "    ", "\t", "- ")) + parts[i]


def _add(parts: list[str], i: int, chance: random.Random) -> None:
    parts.insert(i, chance.choice(NASTY))


def _deep(parts: list[str], i: int, chance: random.Random) -> None:
    parts[i] += chance.choice(("[", "{", "(", '"', "- ", "a: ")) * chance.choice((3, 2000))


EDITS = (
    _another(NUMBER), _another(NUMBER), _another(WORD), _another(re.compile(r"[:,\-{}\[\]]")),
    _scale, _scale, *map(_line, (_delete, _double, _move, _indent, _add, _deep)),
)  # fmt: skip


# ------------------------------------------------------------------ archives and HDF5


def archive(content: bytes, chance: random.Random) -> bytes:
    """Members of a zip file change, and their checksums with them; or the archive itself."""
    if chance.random() < 0.3:
        return raw(content, chance)
    for first in (True, False, False)[: chance.choice((1, 2, 3))]:
        content = _member(content, chance, first)
    return content


def _member(content: bytes, chance: random.Random, whole: bool) -> bytes:
    """One member changes; HDF5 is opened only while it is `whole`, since h5py hangs on some."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    if not members:
        return content
    name = chance.choice(list(members))
    fate = chance.random()
    if fate < 0.1:
        del members[name]
    elif fate < 0.15:
        members[f"{name}2"] = members.pop(name)
    elif name.endswith((".json", ".yaml")):
        members[name] = text(members[name], chance)
    elif name.endswith(".h5") and whole:
        members[name] = hdf5(members[name], chance)
    elif fate < 0.5:
        head = members[name][:128].decode("latin-1")
        changed = _another(NUMBER)(head, chance).encode("latin-1", "replace")
        members[name] = changed + members[name][128:]
    else:
        members[name] = raw(members[name], chance)

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for key, value in members.items():
            new.writestr(key, value)
    return made.getvalue()


def hdf5(content: bytes, chance: random.Random) -> bytes:
    """An object inside of the file changes, as a program would do it; or the bytes."""
    if chance.random() < 0.5:
        return raw(content, chance)
    import h5py

    made = io.BytesIO(content)
    with h5py.File(made, "a") as file:
        holders: list = [file]
        file.visititems(lambda _, item: holders.append(item))
        item = chance.choice(holders)
        if len(item.attrs) and chance.random() < 0.6:
            _change_attribute(item, chance)
        elif isinstance(item, h5py.Dataset):
            _change_data(item, chance)
        elif len(item):
            _change_group(item, chance)
    return made.getvalue()


def _values(chance: random.Random):
    import numpy as np

    return chance.choice(
        (
            -1, 0, 2**62, 1.5, float("nan"), float("inf"), "", "nonsense", "{" * 2000, b"\xff\xfe",
            "=1+1", "\x1b[31m", np.arange(7), np.zeros((2, 0)), np.array([["a"]], dtype="S3"), True,
        )
    )  # fmt: skip


def _change_attribute(item, chance: random.Random) -> None:
    name = chance.choice(list(item.attrs))
    value = item.attrs[name]
    if chance.random() < 0.2:
        del item.attrs[name]
    elif isinstance(value, str) and len(value) > 1 and chance.random() < 0.7:
        edited = text(value.encode(), chance).decode("utf-8", "replace")
        item.attrs[name] = edited.replace("\0", "0")[:30000]
    else:
        item.attrs[name] = _values(chance)


def _change_data(item, chance: random.Random) -> None:
    import numpy as np

    parent, name, value = item.parent, item.name, item[()]
    attributes = dict(item.attrs)
    fate = chance.random()
    if fate < 0.4 and getattr(value, "size", 0) and value.dtype.kind in "iuf":
        flat = value.reshape(-1).copy()
        wrong = float(chance.choice((-1, 0, 1, 127, 2**31 - 1)))
        if flat.dtype.kind in "iu":
            ends = np.iinfo(flat.dtype)
            wrong = int(min(max(wrong, ends.min), ends.max))
        flat[chance.randrange(flat.size)] = wrong
        new = flat.reshape(value.shape)
    elif fate < 0.6 and getattr(value, "ndim", 0):
        new = chance.choice((value[:-1], value.reshape(-1), value[None]))
    else:
        new = _values(chance)
    del parent[name]
    if chance.random() < 0.1:
        made = parent.create_dataset(name, shape=(10**6, 10**6), dtype="i8", chunks=(1000, 1000))
    else:
        made = parent.create_dataset(name, data=new)
    for key, kept in attributes.items():
        made.attrs[key] = kept


def _change_group(item, chance: random.Random) -> None:
    import h5py

    name = chance.choice(list(item))
    fate = chance.random()
    if fate < 0.3:
        del item[name]
    elif fate < 0.5:
        item.move(name, f"{name}_")
    elif fate < 0.7:
        del item[name]
        item[name] = h5py.SoftLink(item.name)
    elif fate < 0.85:
        del item[name]
        item[name] = h5py.ExternalLink("elsewhere.h5", "/")
    else:
        item.create_group(f"{name}_more")
