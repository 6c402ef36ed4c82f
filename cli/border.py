"""The border of the program: whatever happens inside leaves as one line and an exit code.

Refusals (`SpikewattError`) and files that cannot be read or written are the user's to mend: exit
code 2. What nobody foresaw is one line too, with the files and the step, and the traceback with
``-v``.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from math import isfinite
from pathlib import Path
from typing import NoReturn

import typer

from ..endings import exit_code
from ..errors import SpikewattError, SpikewattWarning, printable
from ..installed import missing_package
from .habits.stopped import said_of_stop
from .habits.voice import is_verbose

REFUSED = 2
PIPE_CLOSED = 141  # 128 + SIGPIPE
OURS = Path(__file__).parents[1]
# What libraries without an error of their own for it say of a full disk.
FULL = ("No space left on device", "File too large", "Disk quota exceeded")
LONGEST_REASON = 300  # characters of what another library says
# Parameters of verbs that name what is written; the others name what is read.
WRITTEN = ("output", "runs_dir", "store", "junit", "picture")

# What a terminal without our own characters shows in their place.
PLAINLY = {
    "µ": "u",
    "θ": "theta",
    "×": "x",
    "−": "-",
    "─": "-",
    "²": "2",
    "≠": "!=",
    "…": "...",
    "∞": "inf",
}


def plain_streams() -> None:
    """A character that the terminal's encoding lacks is written plainly, and ends nothing."""
    codecs.register_error("plainly", _plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plainly")


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that cannot be encoded: uJ for µJ, a question mark for others."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAINLY.get(character, "?") for character in lacking), error.end


@contextmanager
def border(verb: str, given: Mapping[str, object]) -> Iterator[None]:
    """Turn what a verb raises into one line on stderr and an exit code.

    Parameters
    ----------
    verb : str
        Its name, for messages.
    given : mapping from str to object
        Its arguments.

    Raises
    ------
    typer.Exit
        In place of any other error.
    """
    try:
        with _warnings_as_lines():
            _check_arguments(verb, given)
            yield
            sys.stdout.flush()  # a full disk is found here, not while Python ends
    except (typer.Exit, typer.Abort, SystemExit):
        raise
    except SpikewattError as error:
        _leave(str(error), REFUSED)
    except BrokenPipeError:
        _leave_pipe()
    except OSError as error:
        _leave(_of_the_system(error, given), REFUSED)
    except KeyboardInterrupt as error:
        _leave(said_of_stop(error), exit_code(error))
    except ImportError as error:
        missing = missing_package(verb, error)
        _leave(str(missing) if missing else _unforeseen(verb, given, error), REFUSED)
    except MemoryError as error:
        _leave(f"{_subject(verb, given)}: needs more memory than there is ({error})", REFUSED)
    except Exception as error:
        if "click" in type(error).__module__:
            raise  # a wrong option: the parser has lines of its own
        if full := next((words for words in FULL if words in str(error)), None):
            _leave(_of_the_system(OSError(errno.ENOSPC, full), given), REFUSED)
        _leave(_unforeseen(verb, given, error), REFUSED)


def _leave(lines: str, code: int) -> NoReturn:
    """One line, or one for each fault of a file, and in verbose mode the traceback before it."""
    if is_verbose():
        traceback.print_exc()
    with suppress(OSError):
        for each in printable(lines).split("\n"):
            print(f"spikewatt: {each}", file=sys.stderr)
    raise typer.Exit(code) from None


def _leave_pipe() -> NoReturn:
    """Whoever read the output wants no more of it: say nothing, now and while Python ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    raise typer.Exit(PIPE_CLOSED) from None


# ------------------------------------------------------------------ what went wrong


def _of_the_system(error: OSError, given: Mapping[str, object]) -> str:
    """What the operating system refused, with the file: that of the error, else the output."""
    outputs = [given[key] for key in WRITTEN if given.get(key) is not None]
    where = error.filename or next(iter(outputs), None)
    if where is None:
        where = "standard output" if error.errno in (errno.ENOSPC, errno.EIO) else "file"
    return f"{_name(where)}: {error.strerror or error}"


def _unforeseen(verb: str, given: Mapping[str, object], error: Exception) -> str:
    """An error that is not ours: the files, what it was, the step, and what to do now."""
    reason = " ".join(str(error).split())[:LONGEST_REASON]
    what = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    hint = "please report this line; the traceback is shown by `spikewatt -v …`"
    return f"{_subject(verb, given)}: not foreseen: {what} (in {_step(error)}); hint: {hint}"


def _subject(verb: str, given: Mapping[str, object]) -> str:
    """The verb and the files that it was given to read."""
    files = [_name(value) for key, value in given.items() if _is_read(key, value)]
    return " ".join([verb, *files])


def _is_read(key: str, value: object) -> bool:
    return isinstance(value, Path) and key not in WRITTEN


def _name(path: object) -> str:
    return os.fsdecode(path) if isinstance(path, bytes) else str(path)


def _step(error: Exception) -> str:
    """The innermost place of this package that the error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(OURS)]
    if not own:
        return "unknown"
    last = own[-1]
    return f"{Path(last.filename).relative_to(OURS)}, {last.name}, line {last.lineno}"


# ------------------------------------------------------------------ what is given


def _check_arguments(verb: str, given: Mapping[str, object]) -> None:
    """Raise where an argument is no finite number, or a name that is not text."""
    for key, value in given.items():
        where = f"{verb} --{key.replace('_', '-')}"
        for item in value if isinstance(value, list | tuple) else (value,):
            if isinstance(item, float) and not isfinite(item):
                raise SpikewattError(where, "must be a finite number", item)
            if isinstance(item, str | Path):
                _check_text(where, str(item))


def _check_text(where: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = text.encode(errors="backslashreplace").decode()
        hint = "rename it, or set PYTHONUTF8=1 where the locale is C"
        raise SpikewattError(where, "must be text in Unicode", shown, hint=hint) from None
    if "\0" in text:
        raise SpikewattError(where, "must be text without NUL", repr(text))


# ------------------------------------------------------------------ warnings, standard output


@contextmanager
def _warnings_as_lines() -> Iterator[None]:
    """Our own warnings are one line each; those of other libraries are shown when verbose."""
    with warnings.catch_warnings():
        if not is_verbose():
            warnings.simplefilter("ignore")
        warnings.simplefilter("always", SpikewattWarning)
        foreign = warnings.showwarning

        def show(message, category, *rest, **more) -> None:
            if issubclass(category, SpikewattWarning):
                print(f"spikewatt: warning: {printable(str(message))}", file=sys.stderr)
            else:
                foreign(message, category, *rest, **more)

        warnings.showwarning = show
        yield
