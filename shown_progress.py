"""A Progress that a reader sees: what takes long, how much of it is done, the time left."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from .progress import LONG_S, TimeLeft, in_words

STAGES = {
    "train": "Training",
    "sweep": "Sweeping, network points",
    "convert": "Converting",
    "compile": "Making ANNarchy's simulator ready (compiled once)",
    "simulate": "Simulating",
    "search": "Seeking the cheapest codes and steps",
    "seal": "Sealing the trace",
    "verify": "Verifying",
    "build": "Building the simulation of the RTL (once per size)",
    "play": "Simulating the RTL, clock cycles",
    "rtl": "Writing the RTL",
    "odin": "Running the twin",
    "synthesise": "Synthesising, placing and routing",
    "map": "Mapping to cells",
    "price": "Pricing",
    "report": "Report",
}
"""Stage -> its name for a reader."""

PATIENCE_S = 5.0  # what takes no longer is not shown
REDRAWN_S = 0.5  # of a line on a terminal
LINES_S = (10.0, 60.0)  # from one line to the next where nothing is redrawn: at first, at last
BAR = 24  # characters


class _Stage:
    """What is known of one stage."""

    def __init__(self, name: str, now_s: float, expected_s: float):
        self.title = STAGES.get(name, name)
        self.start_s = now_s
        self.left = TimeLeft(now_s, expected_s)
        self.done = self.total = 0
        self.shown = False  # whether a reader has seen it

    @property
    def over(self) -> bool:
        return self.total > 0 and self.done >= self.total

    def moved(self, now_s: float, done: int, total: int) -> None:
        """As `TimeLeft.moved`; what goes back to less begins anew."""
        if done < self.done or total != self.total:
            self.start_s = now_s if done < self.done else self.start_s
            self.left = TimeLeft(self.start_s, self.left.expected_s)
        self.done, self.total = done, total
        self.left.moved(now_s, done, total)

    def text(self, now_s: float, bar: bool) -> str:
        """A line: what, how much of it, how long still."""
        counted = f" {self.done:,}/{self.total:,}" if self.total > 1 else ""
        taken_s = now_s - self.start_s
        if self.over:
            return f"{self.title}:{counted} in {in_words(taken_s)}"
        left_s = self.left(now_s)
        left = f"{in_words(left_s)} left" if left_s is not None else "time left not known"
        filled = round(BAR * self.done / self.total) if self.total > 1 else 0
        drawn = f" [{'#' * filled}{'.' * (BAR - filled)}]" if bar and self.total > 1 else ""
        return f"{self.title}:{drawn}{counted} {in_words(taken_s)}, {left}"


class ShownProgress:
    """A Progress that a reader sees: what takes long, how much of it is done, and the time left.

    On a terminal one line per stage, redrawn; elsewhere a plain line now and then. What is over
    within five seconds is not shown.

    Parameters
    ----------
    stream : text file, default stderr
        Where it is shown.
    clock : callable, default time.monotonic
        Seconds, since whenever.
    ticks : bool, default True
        Whether a thread shows it while the work says nothing.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        ticks: bool = True,
    ):
        self.stream = stream or sys.stderr
        self.clock, self.ticks = clock, ticks
        self.terminal = bool(getattr(self.stream, "isatty", lambda: False)())
        self.expected: dict[str, float] = {}
        self.stages: dict[str, _Stage] = {}
        self.now: _Stage | None = None
        self.drawn_s = -float("inf")
        self.pause_s = LINES_S[0]
        self.open_line = False
        self.announced = False
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.thread: threading.Thread | None = None

    def __enter__(self) -> ShownProgress:
        return self

    def __exit__(self, failure, *_) -> None:
        self.close(failed=failure is not None)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """As every Progress."""
        with self.lock:
            now_s = self.clock()
            if stage not in self.stages:
                self._begin(stage, now_s)
            self.now = self.stages[stage]
            self.now.moved(now_s, done, total)
            self._show(now_s)
            self._tick()

    def expect(self, stage: str, seconds: float) -> None:
        """Say how long a stage will take, before it begins or while it runs."""
        with self.lock:
            self.expected[stage] = seconds
            if known := self.stages.get(stage):
                known.left.expected_s = seconds
            elif not self.announced:
                self.announce(seconds, STAGES.get(stage, stage))

    def announce(self, seconds: float, what: str) -> None:
        """Say beforehand what is estimated to take a minute or longer; nothing of the shorter."""
        if seconds < LONG_S:
            return
        with self.lock:
            self.announced = True
            self._end_line()
            with suppress(OSError, ValueError):
                self.stream.write(f"spikewatt: {what}: about {in_words(seconds)}, by estimate\n")
                self.stream.flush()

    def close(self, failed: bool = False) -> None:
        """Show the last line of what was shown; after a failure leave nothing half drawn."""
        with self.lock:
            self.ended.set()
            if self.open_line and self.now is not None:
                text = "" if failed else self.now.text(self.clock(), bar=False)
                self._write(text, end=not failed)
            self.open_line = False

    def _begin(self, stage: str, now_s: float) -> None:
        """A new stage; the one before is left as it stands."""
        self._end_line()
        self.stages[stage] = _Stage(stage, now_s, self.expected.get(stage, 0.0))
        self.pause_s, self.drawn_s = LINES_S[0], -float("inf")

    def _end_line(self) -> None:
        """Leave the stage that is drawn as it stands."""
        if self.open_line and self.now is not None:
            self._write(self.now.text(self.clock(), bar=False), end=True)

    def _show(self, now_s: float) -> None:
        """Draw the stage, if it is worth it and was not drawn just now."""
        stage = self.now
        if stage is None or (stage.over and not stage.shown):
            return
        waited = now_s - stage.start_s
        if not stage.shown and waited < PATIENCE_S and stage.left.expected_s < PATIENCE_S:
            return
        if stage.over:
            if self.open_line or not self.terminal:
                self._write(stage.text(now_s, bar=False), end=True)
            stage.shown = False  # once
            return
        pause_s = REDRAWN_S if self.terminal else self.pause_s
        if now_s - self.drawn_s < pause_s:
            return
        if stage.shown:
            self.pause_s = min(self.pause_s * 1.5, LINES_S[1])
        stage.shown, self.drawn_s = True, now_s
        self._write(stage.text(now_s, bar=self.terminal), end=False)

    def _write(self, text: str, end: bool) -> None:
        """One line; on a terminal in the place of the last one, unless that was ended."""
        if self.terminal:
            width = shutil.get_terminal_size().columns - 1
            line = f"\r\x1b[K{text[:width]}" + ("\n" if end else "")
            self.open_line = bool(text) and not end
        else:
            line = f"{text}\n" if text else ""
        with suppress(OSError, ValueError):  # a stream that was closed shows nothing
            self.stream.write(line)
            self.stream.flush()

    def _tick(self) -> None:
        """A thread that draws while the work says nothing; it ends with the stage."""
        running = self.thread is not None and self.thread.is_alive()
        if not self.ticks or running or self.now is None or self.now.over:
            return
        self.ended.clear()
        self.thread = threading.Thread(target=self._draw_on, daemon=True)
        self.thread.start()

    def _draw_on(self) -> None:
        while not self.ended.wait(REDRAWN_S):
            with self.lock:
                if self.now is None or self.now.over:
                    return
                self._show(self.clock())


def show_progress() -> ShownProgress:
    """A progress to hand to long work, which shows on stderr how far it is and the time left.

    Examples
    --------
    >>> import spikewatt as sw
    >>> trace = sw.simulate(network, x, progress=sw.show_progress())  # doctest: +SKIP
    """
    return ShownProgress()
