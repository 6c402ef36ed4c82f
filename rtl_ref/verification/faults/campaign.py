"""Runs faults: each is planted and checked, the nearest check first, until one sees it."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ....errors import SpikewattError
from ...design import RTL, source_files
from .checks import CHECKS, Check, checks_of
from .equivalent import is_equivalent
from .fault import Fault, enumerate_faults, plant
from .hand_written import HAND_WRITTEN

LIMIT_S = 120  # of a check; a fault that hangs the simulator was seen
SELECTION_SEED = 5
OF_EACH_MODULE = 5
# Laws of parameters, whose tests elaborate what breaks each in three tools; and what is packed for
# a board, which has tests of its own.
ELSEWHERE = ("law.sv", "self_test.sv")


def selected() -> list[Fault]:
    """The faults of `verify`: those written by hand, and some of every module, chosen by a seed."""
    random = np.random.default_rng(SELECTION_SEED)
    faults = list(HAND_WRITTEN)
    for file in source_files():
        if file.name in ELSEWHERE:
            continue
        found = [fault for fault in enumerate_faults(file) if not is_equivalent(fault)]
        order = random.permutation(len(found))
        faults += [found[i] for i in order[:OF_EACH_MODULE]]
    return faults


def all_faults(files: Sequence[Path] = ()) -> Iterator[Fault]:
    """Every fault that the rules make, and those written by hand.

    Parameters
    ----------
    files : of SystemVerilog, default all
    """
    inside = [file for file in source_files() if file.name not in ELSEWHERE]
    for file in files or inside:
        yield from (fault for fault in HAND_WRITTEN if fault.file == file.name)
        yield from enumerate_faults(file)


def without_fault() -> int:
    """Raise SpikewattError unless every check passes on the RTL as it is; what they compared.

    Else what they see is no fault of ours.
    """
    compared = 0
    for check in CHECKS:
        row = check.run(None)
        compared += row["compared"]
        if row["mismatches"] or not row["compared"]:
            got = f"{check.name}: {row['where'] or 'nothing compared'}"
            raise SpikewattError("verify.faults", "the checks pass without a fault", got)
    return compared


def caught(fault: Fault, proofs: bool = True) -> dict:
    """Plant a fault, and run the checks of its file until one sees it.

    Parameters
    ----------
    fault : what is planted
    proofs : whether proofs are among the checks, default True

    Returns
    -------
    A row: ``fault``, ``file``, ``line``, ``builds``, ``caught``, ``seen by``, ``seconds``.
    """
    started = time.perf_counter()
    text = (RTL / fault.file).read_text("utf-8")
    seen_by, builds = "", True
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as name, _builds_in(name):
        sources = Path(name, "rtl")
        sources.mkdir()
        plant(fault, sources)
        for check in checks_of(fault.file, proofs):
            try:
                seen_by = _look(check, sources)
            except _DoesNotBuildError as error:
                builds, seen_by = False, f"does not build: {error}"
            if seen_by:
                break

    return {
        "fault": fault.name,
        "file": fault.file,
        "line": fault.line(text),
        "builds": builds,
        "caught": bool(seen_by),
        "seen by": seen_by or "SURVIVED",
        "seconds": time.perf_counter() - started,
    }


class _DoesNotBuildError(Exception):
    """The text with the fault is no RTL."""


class _TooLongError(Exception):
    """A check takes longer than its limit."""


def _look(check: Check, sources: Path) -> str:
    """What a check sees, in words that begin with its name; nothing if it passes."""
    try:
        with _limit():
            row = check.run(sources)
    except _TooLongError:
        return f"{check.name}: hangs"
    except SpikewattError as error:
        if "must build" in str(error):
            raise _DoesNotBuildError(str(error)[-60:]) from error
        return f"{check.name}: {str(error)[-80:]}"
    except (AssertionError, ValueError, IndexError, KeyError) as error:
        # What the bench handed back is not even of the right form.
        return f"{check.name}: {type(error).__name__} {error}"[:80]

    return f"{check.name}: {row['where']}" if row["mismatches"] else ""


@contextmanager
def _limit() -> Iterator[None]:
    def stop(*_) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _builds_in(folder: str) -> Iterator[None]:
    """Keep the builds of faults out of the user's cache."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(Path(folder, "cache"))
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before
