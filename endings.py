"""How the program ends: signals clean up as Ctrl-C does, and nothing outlives its parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import NoReturn

INTERRUPTED = 128 + signal.SIGINT
LIBC = ctypes.CDLL(None)
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


class Ended(KeyboardInterrupt):
    """A signal that ends the program.

    Parameters
    ----------
    number : int
        Of the signal.
    """

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.number = number


def end_like_an_interrupt() -> None:
    """Let SIGTERM and SIGHUP unwind the stack, so that half-written files and workers go.

    A signal that is ignored (as `nohup` does) stays ignored.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # once is enough
    raise Ended(number)


@contextlib.contextmanager
def keeping(kept: Callable[[], str]) -> Iterator[None]:
    """Whoever interrupts the block is told what of it is kept, and taken up by the same call.

    Parameters
    ----------
    kept : callable
        Says that in words, or "" where there is nothing; the interrupt gets it as a note.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        if said := kept():
            stop.add_note(said)
        raise


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the block ends.

    A library whose import is cut short is half there, and says that something is not installed.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def exit_code(error: KeyboardInterrupt) -> int:
    """128 plus the number of the signal, as shells have it."""
    return 128 + error.number if isinstance(error, Ended) else INTERRUPTED


def end_group_when_closed(handle: int) -> None:
    """Kill this process and all of its group when the other end of a pipe closes.

    That end lies in the parent: the system closes it however the parent ends.

    Parameters
    ----------
    handle : int
        Of the pipe, to read; nothing is ever written to it.
    """

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(handle, 1):
                pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def end_with_parent() -> None:
    """Have the system kill this process when its parent dies, where it can (Linux)."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    LIBC.prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
