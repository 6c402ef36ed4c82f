"""Workers on this machine: processes of their own, which are started again where one dies."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any

from ....errors import whole_number
from ....files import cache_folder
from ..network_points import Simulation
from .network import NetworkFound
from .worker import receive, send

TRIES = 3  # of a network point whose worker dies
LAST_LETTERS = 300
CACHE = "XDG_CACHE_HOME"
# One thread each: workers do not take each other's cores, and sums have one order.
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ),
    "1",
)
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
Found = tuple[Simulation, NetworkFound]


class WorkerDied(Exception):
    """A worker process ended before it answered."""


class WorkerProcess:
    """One worker process."""

    def __init__(self) -> None:
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 closed by `end`
        environment = {**os.environ, **ONE_THREAD, **QUIET, CACHE: str(cache_folder().parent)}
        paths = environment.get("PYTHONPATH", "").split(os.pathsep)
        environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(p) for p in paths if p)
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=environment,
            start_new_session=True,  # Ctrl-C is the parent's to answer
        )

    def ask(self, simulation: Simulation) -> NetworkFound:
        """The answer to one request; raises WorkerDied."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            send(self.process.stdin, simulation)  # type: ignore[arg-type]
            return receive(self.process.stdout)  # type: ignore[return-value, arg-type]
        except (EOFError, OSError) as error:
            raise WorkerDied(self._last_words()) from error

    def end(self) -> None:
        """Kill it and what it started; a worker has nothing to lose."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.log):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]

    def _last_words(self) -> str:
        code = self.process.wait()
        self.log.seek(0)
        text = " ".join(self.log.read().decode(errors="replace").split())
        ended = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{ended} {text[-LAST_LETTERS:]}".strip()


class Workers:
    """A few worker processes, started when there is work for them."""

    def __init__(self) -> None:
        self.idle: queue.SimpleQueue[WorkerProcess] = queue.SimpleQueue()
        self.all: list[WorkerProcess] = []
        self.closed = False

    def work(self, simulation: Simulation) -> NetworkFound:
        """Do one network point; a worker that dies is replaced, and the point begun again."""
        said = ""
        for _ in range(TRIES):
            if self.closed:
                break
            process = self._take()
            try:
                found = process.ask(simulation)
            except WorkerDied as error:
                process.end()
                said = str(error)
            else:
                self.idle.put(process)
                return found
        return NetworkFound(reason=f"its worker died {TRIES} times: {said}", passing=True)

    def _take(self) -> WorkerProcess:
        try:
            return self.idle.get_nowait()
        except queue.Empty:
            process = WorkerProcess()
            self.all.append(process)
            return process

    def end(self) -> None:
        """End all of them."""
        self.closed = True
        for process in self.all:
            process.end()


class OwnWork:
    """Network points in this very process, one after the other."""

    def __enter__(self) -> OwnWork:
        return self

    def __exit__(self, *_: Any) -> None:
        return

    def run(self, simulations: Iterable[Simulation]) -> Iterator[Found]:
        """Each with what was found."""
        from .network import work

        for simulation in simulations:
            yield simulation, work(simulation)


class LocalWork:
    """Network points on this machine, `workers` at a time.

    Parameters
    ----------
    workers : int, optional
        Processes; by default one per core.

    Raises
    ------
    SpikewattError
        A number of workers that cannot be.
    """

    def __init__(self, workers: int | None = None):
        cores = len(os.sched_getaffinity(0))
        law = "must be a number of processes"
        self.count = (
            cores if workers is None else whole_number("sweep.workers", law, workers, 0, 1024)
        )
        self.workers = Workers()
        self.threads = ThreadPoolExecutor(self.count)

    def __enter__(self) -> LocalWork:
        return self

    def __exit__(self, *_: Any) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.workers.end()

    def run(self, simulations: Iterable[Simulation]) -> Iterator[Found]:
        """Each with what was found, as they come."""
        asked: dict[Future[NetworkFound], Simulation] = {}
        for simulation in simulations:
            asked[self.threads.submit(self.workers.work, simulation)] = simulation
        for future in as_completed(asked):
            yield asked.pop(future), future.result()  # and nobody holds its trace
