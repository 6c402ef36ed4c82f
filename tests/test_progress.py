"""What a reader sees of long work: nothing of what is short, else how much is left."""

from __future__ import annotations

import io

import pytest
from spikewatt.progress import LONG_S, TimeLeft, announce, expect, in_words, silent
from spikewatt.shown_progress import LINES_S, PATIENCE_S, ShownProgress


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def run(shown: ShownProgress, clock: Clock, seconds: float, parts: int = 100) -> None:
    """A stage that takes `seconds`, in equal parts."""
    shown("simulate", 0, parts)
    for part in range(1, parts + 1):
        clock.now_s += seconds / parts
        shown("simulate", part, parts)


def make(stream) -> tuple[ShownProgress, Clock]:
    clock = Clock()
    return ShownProgress(stream, clock, ticks=False), clock


@pytest.mark.parametrize("stream", [io.StringIO, Screen])
def test_what_is_short_is_not_shown(stream):
    shown, clock = make(stream())
    with shown:
        run(shown, clock, PATIENCE_S - 0.1)
    assert shown.stream.getvalue() == ""


def test_a_pipe_gets_a_few_plain_lines():
    shown, clock = make(io.StringIO())
    with shown:
        run(shown, clock, 600, parts=1200)
    lines = shown.stream.getvalue().splitlines()
    assert 600 / LINES_S[1] < len(lines) < 600 / LINES_S[0]
    assert not any(character in shown.stream.getvalue() for character in "\r\x1b")
    assert lines[0] == "Simulating: 10/1,200 5.0 s, 9 min 55 s left"
    assert lines[-1] == "Simulating: 1,200/1,200 in 10 min 0 s"


def test_a_terminal_gets_one_line_that_is_drawn_again():
    shown, clock = make(Screen())
    with shown:
        run(shown, clock, 20)
    text = shown.stream.getvalue()
    assert text.count("\n") == 1
    assert text.endswith("Simulating: 100/100 in 20 s\n")
    drawn = text.split("\r\x1b[K")[1:]
    assert len(drawn) > 10
    assert drawn[0] == "Simulating: [######..................] 25/100 5.0 s, 15 s left"


def test_a_failure_leaves_no_half_line():
    shown, clock = make(Screen())
    shown("simulate", 0, 10)
    clock.now_s += 10
    shown("simulate", 5, 10)
    assert shown.stream.getvalue().endswith(" left")
    shown.close(failed=True)
    assert shown.stream.getvalue().endswith("\r\x1b[K")


def test_what_is_expected_is_shown_at_once():
    shown, clock = make(io.StringIO())
    expect(shown, "compile", 90.0)
    with shown:
        shown("compile", 0, 1)
        clock.now_s += 30
        shown("compile", 0, 1)
        clock.now_s += 70
        shown("compile", 1, 1)
    said, first, second, last = shown.stream.getvalue().splitlines()
    assert said.startswith("spikewatt: Making ANNarchy's simulator ready")
    assert said.endswith(": about 1 min 30 s, by estimate")
    assert first.endswith("0.00 s, 1 min 30 s left")
    assert second.endswith("30 s, 1 min 0 s left")
    assert last.endswith("in 1 min 40 s")


def test_what_takes_a_minute_is_announced_once():
    shown, _ = make(io.StringIO())
    announce(shown, LONG_S - 1, "a sweep")
    assert shown.stream.getvalue() == ""
    announce(shown, LONG_S, "a sweep of 60 points")
    expect(shown, "sweep", 300.0)
    said = "spikewatt: a sweep of 60 points: about 1 min 0 s, by estimate\n"
    assert shown.stream.getvalue() == said


def test_an_announcement_leaves_the_line_before_it():
    shown, clock = make(Screen())
    shown("compile", 0, 2)
    clock.now_s += 10
    shown("compile", 1, 2)
    announce(shown, 90.0, "play")
    *_, before, said, end = shown.stream.getvalue().split("\n")
    assert before.endswith("left")
    assert (said, end) == ("spikewatt: play: about 1 min 30 s, by estimate", "")


def test_whoever_does_not_listen_is_told_nothing():
    for deaf in (silent, None):
        expect(deaf, "compile", 90.0)
        announce(deaf, 90.0, "compile")


def test_time_left_follows_the_rate_of_late():
    """First 1/s, then 10/s."""
    left = TimeLeft(0.0)
    assert left(0.0) is None
    for second in range(1, 11):
        left.moved(float(second), second, 1000)
    assert left(10.0) == pytest.approx(990)
    for second in range(11, 61):
        left.moved(float(second), 10 + 10 * (second - 10), 1000)
    assert left(60.0) == pytest.approx((1000 - 510) / 10)
    assert left(62.0) == pytest.approx((1000 - 510) / 10 - 2)


def test_work_that_was_begun_before_it_was_seen_does_not_count():
    """The first report comes with 500 done: from there on 1/s."""
    left = TimeLeft(10.0)
    left.moved(10.0, 500, 600)
    assert left(10.0) is None
    left.moved(20.0, 510, 600)
    assert left(20.0) == pytest.approx(90)


def test_a_stage_that_comes_again_begins_anew():
    shown, clock = make(io.StringIO())
    run(shown, clock, 30)
    before = len(shown.stream.getvalue().splitlines())
    run(shown, clock, 2)
    assert before > 1
    assert len(shown.stream.getvalue().splitlines()) == before


def test_times_in_words():
    assert [in_words(s) for s in (0.5, 59.6, 60, 3599.9, 7260)] == [
        "0.50 s",
        "1 min 0 s",
        "1 min 0 s",
        "1 h 0 min",
        "2 h 1 min",
    ]
