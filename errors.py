"""The one error type that a user of spikewatt sees: where, the law, what was got, what is allowed; and the checks that raise it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


class SpikewattError(ValueError):
    """Refused input, as one line ``where: law; got …; allowed: …``.

    Parameters
    ----------
    where : the object, file or key that is wrong, e.g. ``"convert.weight_bits"``.
    law : what must hold, in words.
    got : what was found instead (left out when the law says it all).
    allowed : what would be accepted, or the remedy.
    """

    def __init__(self, where: str, law: str, got: object = None, allowed: object = None):
        text = f"{where}: {law}"
        if got is not None:
            text += f"; got {got}"
        if allowed is not None:
            text += f"; allowed: {allowed}"
        super().__init__(" ".join(text.split()))
        self.where, self.law, self.got, self.allowed = where, law, got, allowed


class FileFormatError(SpikewattError):
    """A file that is truncated, of another kind, or of another format version."""


class DoesNotFitError(SpikewattError):
    """A network that a device cannot hold or cannot execute."""


class MissingToolError(SpikewattError):
    """A program that the work needs is not installed."""


def one_of(where: str, law: str, value: str, allowed) -> str:
    """Return `value` if it is among `allowed`, else raise SpikewattError naming all choices."""
    if value not in allowed:
        raise SpikewattError(where, law, repr(value), ", ".join(sorted(allowed)))
    return value


def whole_number(where: str, law: str, value: object, low: int, high: int) -> int:
    """Return `value` if it is an integer in low..high (no bool, no 3.0), else raise SpikewattError."""
    from operator import index

    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or not low <= number <= high:
        raise SpikewattError(where, law, repr(value), f"{low}..{high}")
    return number


def check_name(where: str, name: str) -> str:
    """Return `name` if it can be a key, a file name and part of ``pre->post``, else raise SpikewattError."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?<!-)", name) or len(name) > 100:
        raise SpikewattError(
            where, "a name has letters, digits, _ . and - only, at most 100", repr(name)[:120]
        )
    return name


def read_yaml(path: Path) -> object:
    """The content of a YAML file; raises SpikewattError if it is none, or if a key stands in it twice."""
    import yaml

    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            twice = [key for i, key in enumerate(keys) if key in keys[:i]]
            if twice:
                raise ValueError(f"key {twice[0]!r} stands twice")
            return super().construct_mapping(node, deep)

    if not path.is_file():
        raise SpikewattError(str(path), "the file must exist", "no such file")
    try:
        return yaml.load(path.read_text(), Strict)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise SpikewattError(str(path), "must be YAML", str(error)[:200]) from error


def first_fault(where: str, error, known: Iterable[str] = ()) -> SpikewattError:
    """The first fault in a pydantic ValidationError of the file or object `where`, in the words of this project; `known`: its keys."""
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    got = "nothing" if fault["type"] == "missing" else repr(fault["input"])[:80]
    law = "unknown key" if fault["type"] == "extra_forbidden" else fault["msg"]
    listed = (
        ", ".join(known) if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1 else None
    )
    return SpikewattError(
        f"{where}: {key}" if key else where,
        law,
        got,
        fault.get("ctx", {}).get("expected") or listed,
    )
