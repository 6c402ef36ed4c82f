"""How much is said: quiet, as usual, with the log."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
from spikewatt.cli.habits import voice
from spikewatt.shown_progress import ShownProgress


def spikewatt(*words: str, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "spikewatt.cli", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory, trace, mlp_network) -> Path:
    folder = tmp_path_factory.mktemp("voice")
    trace.save(folder / "t.trace")
    mlp_network.save(folder / "n.spk")
    return folder


PRICE = ("price", "t.trace", "--device", "odin_style", "--device", "stm32l4r5")


@pytest.mark.parametrize("words", [("--quiet", *PRICE), (*PRICE, "-q")])
def test_quiet_is_the_sentence_alone(words, files):
    found = spikewatt(*words, cwd=files)
    assert (found.returncode, found.stderr) == (0, "")
    (line,) = found.stdout.splitlines()
    assert "spikes on odin_style+stm32l4r5" in line


def test_quiet_says_nothing_where_there_is_no_sentence(files):
    found = spikewatt("-q", "map", "t.trace", cwd=files)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_quiet_prints_the_document_that_is_asked_for(files):
    found = spikewatt("-q", "map", "t.trace", "--json", cwd=files)
    assert found.stdout.startswith('{\n  "schema": "spikewatt/')


def test_the_log_says_engine_cache_and_files(files):
    words = ("simulate", "n.spk", "-o", "v.trace", "--samples", "4", "--steps", "4")
    found = spikewatt("-v", *words, "--engine", "event", cwd=files)
    assert found.returncode == 0, found.stderr
    lines = [line.partition(" ")[2] for line in found.stderr.splitlines()]
    assert lines[0].startswith("spikewatt.sim.engines.simulate: event: 4 samples, 4 steps")
    assert lines[1].startswith("spikewatt.sim.engines.event.compiled: kernel ")
    assert lines[-1] == "spikewatt.files: wrote v.trace"
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in found.stderr.splitlines())


def test_without_it_nothing_is_logged(files):
    words = ("simulate", "n.spk", "-o", "w.trace", "--samples", "4", "--steps", "4")
    assert spikewatt(*words, "--engine", "event", cwd=files).stderr == ""


@pytest.fixture
def state(monkeypatch):
    """The state of the program, put back after the test."""
    for name in ("_quiet", "_verbose", "_shown"):
        monkeypatch.setattr(voice, name, getattr(voice, name))
    logger = logging.getLogger("spikewatt")
    for name in ("handlers", "propagate", "level"):
        monkeypatch.setattr(logger, name, getattr(logger, name))
    return voice


def test_quiet_shows_no_progress(state):
    with state.show_progress() as progress:
        assert isinstance(progress, ShownProgress)
    state.be_quiet()
    with state.show_progress() as progress:
        progress("simulate", 0, 10)
        assert not isinstance(progress, ShownProgress)


def test_a_verb_that_shows_no_progress_says_so_after_a_minute(state, monkeypatch, capsys):
    import time

    monkeypatch.setattr(state, "LONG_S", 0.01)
    with state.minded("calibrate"):
        time.sleep(0.3)
    expected = "calibrate has taken a minute; there is no estimate of how long it takes"
    assert capsys.readouterr().err == f"spikewatt: {expected}\n"

    with state.minded("calibrate"), state.show_progress() as progress:
        progress("simulate", 0, 10)
        time.sleep(0.3)
    state.be_quiet()
    with state.minded("calibrate"):
        time.sleep(0.3)
    assert capsys.readouterr().err == ""


def test_completion_is_installed_by_the_program_itself(files):
    shown = spikewatt("--help", cwd=files).stdout
    assert "--install-completion" in shown
