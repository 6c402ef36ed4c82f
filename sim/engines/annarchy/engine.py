"""The ANNarchy engine: worker processes that each hold the compiled network, fed with chunks of samples."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from ....errors import SpikewattError
from ....progress import Progress, silent
from ...network.spiking_network import SpikingNetwork
from ..counts import Counts
from ..schedule import Schedule
from .build import check_toolchain
from .plan import Layout


class _Workers:
    """Worker processes on one folder; leaving the block ends them and whatever compiler they started."""

    def __init__(self, folder: Path, count: int):
        command = [sys.executable, "-m", f"{__package__}.worker", str(folder)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.logs = [folder / f"worker{i}.log" for i in range(count)]
        self.processes = []
        for log in self.logs:
            with open(log, "wb") as stderr:
                self.processes.append(
                    subprocess.Popen(
                        command,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=stderr,
                        env=environment,
                        cwd=folder,
                        text=True,
                        bufsize=1,
                        start_new_session=True,
                    )
                )

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        for process in self.processes:
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()  # ends the worker's loop, so that ANNarchy can clear up behind itself
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=None if failure is None else 1)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()  # type: ignore[union-attr]

    def answers(self):
        """Yield (worker, words) for each line that a worker prints; a worker that dies is an error with its log."""
        with selectors.DefaultSelector() as selector:
            for i, process in enumerate(self.processes):
                assert process.stdout is not None
                selector.register(process.stdout, selectors.EVENT_READ, i)
            while True:
                for key, _ in selector.select():
                    line = key.fileobj.readline()  # type: ignore[union-attr]
                    if not line:
                        raise SpikewattError(
                            "annarchy engine",
                            "its worker must not fail",
                            _last_lines(self.logs[key.data]),
                        )
                    yield key.data, line.split()


def _last_lines(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " | ".join(lines[-5:]) or "a worker that ended without a word"


def run(
    network: SpikingNetwork,
    inputs: np.ndarray,
    schedule: Schedule,
    rasters: int = 0,
    progress: Progress | None = None,
    seed: int = 0,
    workers: int | None = None,
) -> Counts:
    """Run `inputs` (samples, neurons; integers) in ANNarchy; same counts as the reference engine, bit for bit.

    Raises
    ------
    MissingToolError : no compiler, cmake or Python headers.
    SpikewattError : a worker failed (its last lines are quoted), or workers < 1.
    """
    check_toolchain()
    samples = len(inputs)
    workers = workers if workers is not None else len(os.sched_getaffinity(0))
    workers = min(
        workers, -(-samples // 8)
    )  # a second process that runs fewer than 8 samples costs more than it saves
    report = progress or silent
    layout = Layout(network, schedule)
    counts = Counts.empty(network, samples, schedule.steps, rasters)
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
        folder = Path(name)
        plan, values = layout.plan(inputs)
        plan.save(folder / "plan.npz")
        np.save(folder / "inputs.npy", values)
        chunk = max(1, min(32, -(-samples // (8 * workers))))
        waiting = iter(range(0, samples, chunk))
        report("compile", 0, 1)
        done = 0
        with _Workers(folder, workers) as pool:
            for worker, words in pool.answers():
                if words[0] == "ready":
                    report("compile", 1, 1)
                else:
                    start, stop = int(words[1]), int(words[2])
                    with np.load(folder / f"{start}.npz", allow_pickle=False) as result:
                        layout.read(counts, start, result["recorded"], result["lost"])
                        for sample in range(start, min(stop, rasters)):
                            layout.read_raster(counts, sample, result[f"raster_{sample}"])
                    (folder / f"{start}.npz").unlink()
                    (folder / f"{start}.events.npy").unlink(missing_ok=True)
                    done += stop - start
                    report("simulate", done, samples)
                if (start := next(waiting, None)) is not None:
                    stdin = pool.processes[worker].stdin
                    assert stdin is not None
                    stop = min(start + chunk, samples)
                    if (events := layout.events(inputs[start:stop], start, seed)) is not None:
                        np.save(folder / f"{start}.events.npy", events)
                    stdin.write(f"{start} {stop} {rasters}\n")
                elif done == samples:
                    break
    return counts
