"""Progress: what long work calls to say how far it is, and how long it still takes."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Takes the stage (``train``, ``compile``, ``simulate`` …), how much of it is done, and how much
there is.
"""

LONG_S = 60.0  # what takes as long is announced
RECENT = 0.3  # of the time until now, the part from which the rate is told
RECENT_S = 5.0  # at least


def silent(stage: str, done: int, total: int) -> None:
    """Says nothing."""


def listens(progress: Progress | None) -> bool:
    """Whether `progress` wants to know beforehand how long a stage will take."""
    return hasattr(progress, "expect")


def expect(progress: Progress | None, stage: str, seconds: float) -> None:
    """Tell `progress`, if it listens to that, how long a stage will take.

    Parameters
    ----------
    progress : Progress or None
        One with a method ``expect(stage, seconds)``, as `ShownProgress`, shows it.
    stage : str
        As it will be called with.
    seconds : float
        An estimate; one that is no number is not told.
    """
    if listens(progress) and 0 < seconds < float("inf"):
        progress.expect(stage, seconds)  # type: ignore[union-attr]


def announce(progress: Progress | None, seconds: float, what: str) -> None:
    """Tell `progress`, if it listens to that, what is to come, in words and in all its seconds.

    Parameters
    ----------
    progress : Progress or None
        One with a method ``announce(seconds, what)``, as `ShownProgress`, says it where it is long.
    seconds : float
        An estimate of all of it.
    what : str
        What it is, as a line begins.
    """
    if listens(progress) and 0 < seconds < float("inf"):
        progress.announce(seconds, what)  # type: ignore[union-attr]


def in_words(seconds: float) -> str:
    """A time for a reader.

    Examples
    --------
    >>> [in_words(s) for s in (0.042, 3.21, 42, 125, 4000, float("inf"))]
    ['0.04 s', '3.2 s', '42 s', '2 min 5 s', '1 h 7 min', 'for ever']
    """
    if seconds == float("inf"):
        return "for ever"
    for limit, digits in ((1.0, 2), (10.0, 1)):
        if seconds < limit:
            return f"{seconds:.{digits}f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


class TimeLeft:
    """How long a stage still takes, from the rate at which it went on of late.

    Parameters
    ----------
    start_s : float
        When it began, on any clock.
    expected_s : float, default 0
        What an estimate says that it takes; 0 where there is none. It counts until the stage has
        been seen to move.

    Examples
    --------
    >>> left = TimeLeft(0.0, expected_s=60.0)
    >>> left(15.0)
    45.0
    >>> left.moved(20.0, 25, 100)
    >>> left(20.0), left(25.0)
    (60.0, 55.0)
    """

    def __init__(self, start_s: float, expected_s: float = 0.0):
        self.start_s, self.expected_s = start_s, expected_s
        self.seen = [(start_s, 0)]
        self.total = 0

    def moved(self, now_s: float, done: int, total: int) -> None:
        """At `now_s`, `done` of `total` were done."""
        self.total = total
        if now_s <= self.seen[0][0]:
            self.seen = [(now_s, done)]  # nobody saw how long the first took
        elif done > self.seen[-1][1]:
            self.seen.append((now_s, done))
        # Of what is old, one is kept to measure from.
        recent = now_s - max(RECENT * (now_s - self.start_s), RECENT_S)
        while len(self.seen) > 2 and self.seen[1][0] <= recent:
            del self.seen[0]

    def __call__(self, now_s: float) -> float | None:
        """Seconds left; None where nobody knows."""
        (first_s, first), (last_s, last) = self.seen[0], self.seen[-1]
        if last > first and last_s > first_s:
            rate = (last - first) / (last_s - first_s)
            left = (self.total - last) / rate - (now_s - last_s)
            return max(left, 0.0)
        if self.expected_s:
            left = self.expected_s - (now_s - self.start_s)
            return left if left > 0 else None
        return None
