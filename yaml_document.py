"""A YAML file under limits, which knows the line of each of its keys."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .errors import SpikewattError

LARGEST = 2**22  # bytes
MOST_NODES = 2**20  # after aliases are followed
MOST_TWICE = 100  # keys that stand twice, of which each is told
LONGEST_REASON = 200
WHOLE_WITH_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$")
LAW = "must be YAML"
HINTS = {
    "\t": "lines are indented by spaces, never by tabs",
    ":": "a text that holds a colon stands in quotes",
}


@dataclass(frozen=True)
class Document:
    """What a YAML file says, and where.

    Parameters
    ----------
    path : Path
    content : object
        Mappings, lists, numbers and texts; of a key that stands twice, the last.
    twice : tuple of (int, SpikewattError)
        Keys that stand twice, each with its line.
    text : str
    root : object
        The node of the whole, as PyYAML composes it; None of an empty file.
    nodes : int
        Mappings, lists, keys, numbers and texts in it, where an alias stands in for all it names.
    """

    path: Path
    content: object
    twice: tuple[tuple[int, SpikewattError], ...]
    text: str
    root: Any
    nodes: int

    @property
    def faults(self) -> list[SpikewattError]:
        """What is wrong with the file, whatever it says."""
        return [fault for _, fault in self.twice]

    def line(self, *location: Hashable) -> int:
        """The line, from 1, of the key or item at `location`; of what holds it, if it is not there.

        Parameters
        ----------
        *location : str or int
            Keys of mappings and indices of lists, from the outside.
        """
        node, at = self.root, None
        for part in location:
            key, node = _child(node, part)
            if node is None:
                break
            at = key
        return 1 if at is None else _line(self.text, at.start_mark)

    def where(self, *location: Hashable) -> str:
        """The file and the line, as editors and compilers write it: ``mine.yaml:12``."""
        return f"{self.path}:{self.line(*location)}"


def read_document(path: Path) -> Document:
    """A YAML file with the lines of its keys.

    Parameters
    ----------
    path : Path

    Raises
    ------
    SpikewattError
        No file, no YAML, or larger than any card or configuration.
    """
    import yaml

    if not path.is_file():
        raise SpikewattError(str(path), "the file must exist", "no such file")
    text = ""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise ValueError(f"{size:,} bytes; at most {LARGEST:,} are read")
        text = path.read_text(encoding="utf-8")
        return _parsed(path, text)
    except yaml.MarkedYAMLError as error:
        raise _no_yaml(path, text, error) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OSError) as error:
        raise SpikewattError(str(path), LAW, str(error)[:LONGEST_REASON]) from error


def _no_yaml(path: Path, text: str, error) -> SpikewattError:
    """What PyYAML says, at the line where that began which it did not understand."""
    end = error.problem_mark
    start = error.context_mark or end
    said = f"{error.context}: {error.problem}" if error.context else str(error.problem)
    if start is None or end is None:
        return SpikewattError(str(path), LAW, said[:LONGEST_REASON])

    began, ended = _line(text, start), _line(text, end)
    beyond = f" (line {ended})" if ended != began else ""
    got = said[:LONGEST_REASON] + beyond
    return SpikewattError(f"{path}:{began}", LAW, got, hint=_hint(text, end))


def _hint(text: str, mark) -> str | None:
    """What is usually meant by the character that PyYAML stopped at."""
    return HINTS.get(text[mark.index : mark.index + 1])


def _parsed(path: Path, text: str) -> Document:
    loader = _strict_loader()(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return Document(path, None, (), text, None, 0)
        nodes = _nodes(root, {})
        if nodes > MOST_NODES:
            raise ValueError("aliases that repeat each other without end")
        content = loader.construct_document(root)
    finally:
        loader.dispose()

    twice = []
    for key, node in loader.twice[:MOST_TWICE]:
        line = _line(text, node.start_mark)
        twice.append((line, SpikewattError(f"{path}:{line}", LAW, f"key {key!r} stands twice")))
    if more := len(loader.twice) - len(twice):
        line = twice[-1][0]
        fault = SpikewattError(f"{path}:{line}", LAW, f"{more:,} further keys that stand twice")
        twice.append((line, fault))
    return Document(path, content, tuple(twice), text, root, nodes)


@cache
def _strict_loader() -> type:
    import yaml

    # The parser in C, which is ten times faster and ends with an error where lists nest too deep.
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Strict(base):
        """Collects keys that stand twice, and says where a value cannot be read."""

        def __init__(self, text: str):
            super().__init__(text)
            self.twice: list[tuple[Hashable, Any]] = []

        def construct_mapping(self, node, deep=False):
            seen = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if key in seen:
                    self.twice.append((key, key_node))
                seen.add(key)
            return super().construct_mapping(node, deep)

        def construct_object(self, node, deep=False):
            try:
                return super().construct_object(node, deep)
            except (ValueError, TypeError) as error:  # such as the 31st of June
                reason = str(error)
                raise yaml.constructor.ConstructorError(
                    None, None, reason, node.start_mark
                ) from error

    # 64e6 is a number in YAML 1.2, and what a user writes; pyyaml reads YAML 1.1, where it is none.
    Strict.add_implicit_resolver(
        "tag:yaml.org,2002:float", WHOLE_WITH_EXPONENT, list("-+0123456789")
    )
    return Strict


def _line(text: str, mark) -> int:
    """From 1, as editors count: PyYAML takes further characters for ends of lines."""
    return text.count("\n", 0, mark.index) + 1


def _child(node, part: Hashable) -> tuple[Any, Any]:
    """The node that names a part of `node`, and that of its content; None where it is not there."""
    if isinstance(node.value, str):
        return None, None
    if isinstance(part, int) and node.value and not isinstance(node.value[0], tuple):
        return (node.value[part],) * 2 if 0 <= part < len(node.value) else (None, None)

    named = [pair for pair in node.value if isinstance(pair, tuple) and pair[0].value == str(part)]
    return named[-1] if named else (None, None)


def _nodes(node, known: dict[int, int]) -> int:
    """Nodes below and with `node`, aliases followed; a node that holds itself is an error."""
    if id(node) in known:
        count = known[id(node)]
        if not count:
            raise ValueError("an alias stands inside of what it names")
        return count

    known[id(node)] = 0
    parts = node.value if isinstance(node.value, list) else []
    count = 1
    for part in parts:
        pair = part if isinstance(part, tuple) else (part,)
        count += sum(_nodes(child, known) for child in pair)
    known[id(node)] = count
    return count
