"""The main job where something is missing: it ends in its result or in one line, and recovers."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

JOB = ("run", "--epochs", "2", "--steps", "8", "--test-samples", "20", "--diagnosis-samples", "10")
NAME = "digits-mlp-64-48-10"
KILLS = 10


def job(cwd: Path, *words: str, before=None, **environment: str | None):
    """The finished process of the main job; None takes a variable away."""
    variables = {**os.environ, **environment}
    kept = {key: value for key, value in variables.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-m", "spikewatt.cli", *JOB, *words],
        cwd=cwd,
        env=kept,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=600,
        preexec_fn=before,
    )


def ends_well(result: subprocess.CompletedProcess) -> bool:
    """Whether there is a result; else checks that there is one line."""
    assert "Traceback" not in result.stderr, result.stderr[-2000:]
    if result.returncode == 0:
        return True
    own = [line for line in result.stderr.splitlines() if line.startswith("spikewatt: ")]
    assert result.returncode == 2, (result.returncode, result.stderr[-2000:])
    assert len(own) == 1, result.stderr[-2000:]
    assert "not foreseen" not in own[0], own[0]
    return False


def whole(folder: Path) -> None:
    """A run's folder with everything in it."""
    assert (folder / "spikes.trace").stat().st_size > 0
    assert (folder / "summary.csv").stat().st_size > 0
    assert len(list(folder.glob("*.png"))) >= 7


ENVIRONMENTS = {
    "no HOME": {"HOME": None},
    "a HOME that is not there": {"HOME": "/nowhere", "XDG_CACHE_HOME": None},
    "a cache that cannot be written": {"XDG_CACHE_HOME": "/proc/cache"},
    "C": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "40 columns": {"COLUMNS": "40", "LINES": "10"},
    "no compiler": {"PATH": "/nowhere"},
}
MUST_WORK = ("no HOME", "C", "ASCII", "40 columns")


@pytest.mark.parametrize("engine", ["annarchy", "reference"])
@pytest.mark.parametrize("which", ENVIRONMENTS)
def test_the_main_job_in_a_poor_environment(which, engine, tmp_path):
    result = job(tmp_path, "--engine", engine, **ENVIRONMENTS[which])
    if ends_well(result):
        whole(tmp_path / "runs" / NAME)
    else:
        assert which not in MUST_WORK, result.stderr
    assert ends_well(job(tmp_path, "--engine", "reference"))


def full_disk(folder: Path, size: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize("size", ["16k", "128k", "400k"])
def test_a_full_disk(size, tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    if not full_disk(runs, size):
        pytest.skip("no right to mount")
    try:
        result = job(tmp_path, "--engine", "reference")
        assert not ends_well(result)
        assert "No space left on device" in result.stderr
        assert not (runs / NAME).exists()
        subprocess.run(["mount", "-o", "remount,size=64m", str(runs)], check=True)
        assert ends_well(job(tmp_path, "--engine", "reference"))
        whole(runs / NAME)
    finally:
        subprocess.run(["umount", str(runs)], check=True)


def test_a_limit_on_the_size_of_files(tmp_path):
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    assert not ends_well(job(tmp_path, "--engine", "reference", before=limit))
    assert ends_well(job(tmp_path, "--engine", "reference"))
    whole(tmp_path / "runs" / NAME)


def test_kill_9_at_ten_moments_and_run_again(tmp_path):
    started = time.monotonic()
    assert ends_well(job(tmp_path, "--engine", "reference"))
    seconds = time.monotonic() - started
    for moment in range(KILLS):
        root = tmp_path / f"killed{moment}"
        root.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", "spikewatt.cli", *JOB, "--engine", "reference"],
            cwd=root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(seconds * (moment + 0.5) / KILLS)
        process.kill()
        process.wait()
        assert ends_well(job(root, "--engine", "reference")), moment
        found = sorted(path.name for path in (root / "runs").iterdir())
        assert found[0] in (NAME, f".{NAME}.lock"), found
        whole(root / "runs" / NAME)
        assert not list((root / "runs").glob("*.partial"))


def test_two_runs_of_one_name_at_once(tmp_path):
    words = [sys.executable, "-m", "spikewatt.cli", *JOB, "--engine", "reference", "--name", "one"]
    two = [
        subprocess.Popen(
            words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    ends = [process.communicate(timeout=600) for process in two]
    codes = sorted(process.returncode for process in two)
    assert codes == [0, 2], ends
    refused = next(error for (_, error), p in zip(ends, two, strict=True) if p.returncode == 2)
    assert "a run goes to a new folder" in refused
    whole(tmp_path / "runs" / "one")
