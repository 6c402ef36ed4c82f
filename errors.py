"""The one error that a user of spikewatt sees, the one warning, and the checks that raise them.

It says where, the law, what was got, and what is allowed.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from operator import index
from typing import Self

# C0 and C1 (escape sequences begin there), and what turns the direction of writing.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?<!-)"
LONGEST_NAME = 100
CALLER = 3  # frames up from the warning: who called the function that checks
SHOWN = 80  # characters of a wrong value that an error shows
ALIKE = 0.75  # of two names, one of which was perhaps meant to be the other
LONGEST_VALUE = 400  # characters of a value that a message repeats at all
UNKNOWN_KEY = "unknown key"


class SpikewattWarning(UserWarning):
    """Something that is allowed, and probably not meant."""


def printable(text: str) -> str:
    """`text` without what moves a terminal's cursor or colours it: such a character is escaped.

    Examples
    --------
    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    safe = text.encode(errors="backslashreplace").decode()
    return CONTROLS.sub(lambda found: repr(found.group())[1:-1], safe)


def _shown(value: object) -> str:
    """A value as a message repeats it; that of thousands of digits has no text of its own."""
    try:
        text = str(value)
    except ValueError:
        text = f"a {type(value).__name__} of thousands of digits"
    if len(text) <= LONGEST_VALUE:
        return text
    return f"{text[:LONGEST_VALUE]}… ({len(text):,} characters)"


class SpikewattError(ValueError):
    """Refused input, as one line ``where: law; got …; allowed: …; hint: …``.

    Parameters
    ----------
    where : str
        The object, file or key that is wrong, e.g. ``"convert.weight_bits"``.
    law : str
        What must hold, in words.
    got : object, default None
        What was found instead; left out where the law says it all.
    allowed : object, default None
        What would be accepted.
    hint : str, default None
        What to do now, in words.

    Examples
    --------
    >>> str(SpikewattError("convert.weight_bits", "must be a width", 99, "2..16"))
    'convert.weight_bits: must be a width; got 99; allowed: 2..16'
    """

    def __init__(
        self,
        where: str,
        law: str,
        got: object = None,
        allowed: object = None,
        hint: str | None = None,
    ):
        super().__init__(_line(where, law, got, allowed, hint))
        self.where = where
        self.law = law
        self.got = got
        self.allowed = allowed
        self.hint = hint

    def with_hint(self, hint: str) -> Self:
        """The same error, which says what to do now."""
        return type(self)(self.where, self.law, self.got, self.allowed, hint)


def _line(where: str, law: str, got: object, allowed: object, hint: str | None) -> str:
    """What an error or a warning says, as one line."""
    text = f"{_shown(where)}: {law}"
    if got is not None:
        text += f"; got {_shown(got)}"
    if allowed is not None:
        text += f"; allowed: {allowed}"
    if hint is not None:
        text += f"; hint: {hint}"
    return printable(" ".join(text.split()))


class ManyFaults(SpikewattError):
    """Refused input with several faults, one line for each.

    Parameters
    ----------
    faults : sequence of SpikewattError
        At least one; `where`, `law` and the like are those of the first.

    Examples
    --------
    >>> print(ManyFaults([SpikewattError("a", "is one"), SpikewattError("b", "is two")]))
    a: is one
    b: is two
    """

    def __init__(self, faults: Sequence[SpikewattError]):
        first = faults[0]
        super().__init__(first.where, first.law, first.got, first.allowed, first.hint)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))

    def with_hint(self, hint: str) -> Self:
        """The same faults, of which the last says what to do now."""
        *others, last = self.faults
        return type(self)([*others, last.with_hint(hint)])


def raise_faults(faults: Sequence[SpikewattError]) -> None:
    """Raise what was found: nothing, the one fault, or all of them together.

    Raises
    ------
    SpikewattError
        Where there is a fault; of several a `ManyFaults`.
    """
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise ManyFaults(faults)


class FileFormatError(SpikewattError):
    """A file that is truncated, of another kind, or of another format version."""


class DoesNotFitError(SpikewattError):
    """A network that a device cannot hold or cannot execute.

    Parameters
    ----------
    where, law, got, allowed, hint
        As of `SpikewattError`.
    instead : str, default None
        A device that would do it, as it is named to `price`.
    """

    def __init__(
        self,
        where: str,
        law: str,
        got: object = None,
        allowed: object = None,
        hint: str | None = None,
        instead: str | None = None,
    ):
        super().__init__(where, law, got, allowed, hint)
        self.instead = instead

    def with_hint(self, hint: str) -> Self:
        """The same error, which says what to do now."""
        return type(self)(self.where, self.law, self.got, self.allowed, hint, self.instead)


class MissingToolError(SpikewattError):
    """A program that the work needs is not installed."""


def warn(where: str, law: str, got: object = None, hint: str | None = None) -> None:
    """Warn with a `SpikewattWarning`, in the words of an error.

    Parameters
    ----------
    where, law, got, hint
        As in `SpikewattError`.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn("simulate.x", "uses the range of the network", "all zeros")
    >>> str(caught[0].message)
    'simulate.x: uses the range of the network; got all zeros'
    """
    text = _line(where, law, got, None, hint)
    warnings.warn(text, SpikewattWarning, stacklevel=CALLER)


def one_of(where: str, law: str, value: str, allowed: Iterable[str]) -> str:
    """Return `value` if it is among `allowed`.

    Raises
    ------
    SpikewattError
        Another value; the error names all choices.

    Examples
    --------
    >>> one_of("run.engine", "must name an engine", "batched", ("annarchy", "batched"))
    'batched'
    """
    try:
        known = value in allowed
    except TypeError:  # a list or a mapping is no name
        known = False
    if not known:
        choices = ", ".join(sorted(allowed))
        raise SpikewattError(where, law, repr(value), choices)
    return value


def whole_number(where: str, law: str, value: object, low: int, high: int) -> int:
    """Return `value` if it is an integer in low..high; no bool, no 3.0.

    Raises
    ------
    SpikewattError
        Anything else.

    Examples
    --------
    >>> whole_number("run.steps", "must be a number of steps", 32, 1, 10_000)
    32
    """
    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or not low <= number <= high:
        raise SpikewattError(where, law, quoted(value), f"{low}..{high}")
    return number


def quoted(value: object) -> str:
    """``repr(value)``, which an integer of more than 4,300 digits lacks."""
    try:
        return repr(value)
    except ValueError:
        return _shown(value)


def check_name(where: str, name: str) -> str:
    """Return `name` if it can be a key, a file name and part of ``pre->post``.

    Raises
    ------
    SpikewattError
        Any other name.
    """
    if not re.fullmatch(NAME, name) or len(name) > LONGEST_NAME:
        law = f"a name has letters, digits, _ . and - only, at most {LONGEST_NAME}"
        raise SpikewattError(where, law, repr(name)[:120])
    return name


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The name that was probably meant, if there is one.

    >>> nearest("energy_per_sops_j", ["clock_hz", "energy_per_sop_j"])
    'energy_per_sop_j'
    """
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, sorted(known), n=1, cutoff=ALIKE)), None)


def first_fault(where: str, error, known: Iterable[str] = ()) -> SpikewattError:
    """The first fault in a pydantic ValidationError, in the words of this project.

    Parameters
    ----------
    where : str
        The file or object.
    error : pydantic.ValidationError
        What pydantic found.
    known : iterable of str, default ()
        Keys that the object has, which the error lists where another was given.
    """
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    itself = f"{where}: {key}" if key else where
    law, got, allowed = said_of_fault(fault)
    if law == UNKNOWN_KEY and len(fault["loc"]) == 1:
        allowed = ", ".join(known) or None
    return SpikewattError(itself, law, got, allowed)


def said_of_fault(fault) -> tuple[str, str, str | None]:
    """The law, what was got and what is allowed, of one fault that pydantic found."""
    got = "nothing" if fault["type"] == "missing" else quoted(fault["input"])[:SHOWN]
    if fault["type"] == "extra_forbidden":
        return UNKNOWN_KEY, got, None
    return fault["msg"], got, fault.get("ctx", {}).get("expected")
