"""How `Simulation.run` and a bench, which runs inside of a simulator, hand each other arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

JOB, RESULT = "job.npz", "result.npz"
JOB_FOLDER = "SPIKEWATT_BENCH"  # environment variable that tells a bench where its job lies
PROGRESS_FILE = "SPIKEWATT_PROGRESS"  # one that tells it where to say how far it is


def write_job(folder: Path, job: Mapping[str, np.ndarray]) -> None:
    """Before a bench runs: put the arrays that it shall read into `folder`."""
    np.savez(folder / JOB, allow_pickle=False, **job)


def load_job() -> tuple[Path, dict[str, np.ndarray]]:
    """In a bench: the folder and the job that `Simulation.run` was given."""
    folder = Path(os.environ[JOB_FOLDER])
    with np.load(folder / JOB, allow_pickle=False) as file:
        return folder, dict(file)


def store(folder: Path, **result) -> None:
    """In a bench: hand arrays and numbers back to `Simulation.run`."""
    np.savez(folder / RESULT, allow_pickle=False, **result)


def read_result(folder: Path) -> dict[str, np.ndarray] | None:
    """After a bench has run: what it stored, or None if it stored nothing."""
    if not (folder / RESULT).is_file():
        return None

    with np.load(folder / RESULT, allow_pickle=False) as file:
        return dict(file)


def tell_progress(done: int) -> None:
    """In a bench: say how far it is, where somebody asked for it."""
    path = os.environ.get(PROGRESS_FILE)
    if path:
        Path(path).write_text(str(done), "ascii")


def read_progress(path: Path) -> int:
    """How far the bench is that was given this file; 0 before it says anything."""
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):  # not there yet, or half written
        return 0
