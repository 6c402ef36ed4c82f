"""Ctrl-C in a real process: one line that says how to go on, and nothing half written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from spikewatt.cli.habits.stopped import said_of_stop
from spikewatt.endings import keeping, uninterrupted

RUN = ("run", "--engine", "event", "--test-samples", "40", "--epochs")
# What a shell starts in the background ignores the signal; a program on a terminal does not.
HEEDING = partial(signal.signal, signal.SIGINT, signal.default_int_handler)


def stopped(folder: Path, words: tuple[str, ...], when: Callable[[], bool]) -> tuple[int, str]:
    """Exit code and stderr of a verb that Ctrl-C reaches `when` it is so far."""
    process = subprocess.Popen(
        [sys.executable, "-m", "spikewatt.cli", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=HEEDING,
    )
    deadline = time.monotonic() + 240
    while not when() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all of its processes
    _, text = process.communicate(timeout=120)
    return process.returncode, text


def test_a_run_in_training_leaves_nothing(tmp_path):
    begun = tmp_path / "runs" / "digits-mlp-64-48-10.partial" / "versions.json"
    code, text = stopped(tmp_path, (*RUN, "10000"), begun.is_file)
    assert (code, text.splitlines()[-1]) == (130, "spikewatt: stopped: nothing was written")
    assert "Traceback" not in text
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.slow
def test_a_trained_run_says_what_is_kept_and_takes_it_up(tmp_path):
    partial_folder = tmp_path / "runs" / "digits-mlp-64-48-10.partial"
    words = (*RUN, "2")
    code, text = stopped(tmp_path, words, (partial_folder / "training.csv").is_file)
    kept = "the training is kept in runs/digits-mlp-64-48-10.partial"
    line = f"spikewatt: stopped: run the same line again; {kept}"
    assert (code, text.splitlines()[-1]) == (130, line)
    assert not list(tmp_path.rglob(".*.partial")) + list(tmp_path.rglob("*.lock"))

    trained = (partial_folder / "model.keras").read_bytes()
    again = [sys.executable, "-m", "spikewatt.cli", "--quiet", *words]
    done = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "runs/digits-mlp-64-48-10"
    final = tmp_path / "runs" / "digits-mlp-64-48-10"
    assert (final / "model.keras").read_bytes() == trained


@pytest.mark.slow
def test_a_sweep_says_where_it_goes_on(tmp_path):
    (tmp_path / "s.yaml").write_text(
        "dataset: digits\nepochs: 10000\nnetwork: {steps: [4]}\nhardware: {device: [stm32l4r5]}\n"
    )
    store = tmp_path / "s.sweep"
    words = ("sweep", "s.yaml", "--workers", "0")
    code, text = stopped(tmp_path, words, lambda: store.is_dir() and any(store.iterdir()))
    line = "spikewatt: stopped: run the same line again; what is done is kept in s.sweep"
    assert (code, text.splitlines()[-1]) == (130, line)
    assert "Traceback" not in text


def test_what_was_written_until_then_is_named(tmp_path, monkeypatch):
    from spikewatt import files

    monkeypatch.setattr(files, "_written", {})
    monkeypatch.chdir(tmp_path)
    files.write("whole.csv", "a\n1\n")
    files.write("gone.csv", "a\n1\n")
    os.unlink("gone.csv")
    assert said_of_stop(KeyboardInterrupt()) == (
        "stopped: written until then, each whole: whole.csv"
    )


def test_a_stop_says_what_is_kept_once():
    with pytest.raises(KeyboardInterrupt) as stop:  # noqa: SIM117
        with keeping(lambda: "a is kept in b"), keeping(lambda: "a is kept in b"):
            raise KeyboardInterrupt
    assert said_of_stop(stop.value) == "stopped: run the same line again; a is kept in b"


def test_ctrl_c_waits_until_a_library_is_whole():
    done = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012, SIM117
            with uninterrupted():
                signal.raise_signal(signal.SIGINT)
                done.append("imported")
        assert done == ["imported"]
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_gets_no_note():
    with pytest.raises(ValueError, match="other") as error, keeping(lambda: "kept"):
        raise ValueError("other")
    assert not hasattr(error.value, "__notes__")
