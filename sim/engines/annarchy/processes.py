"""Worker processes of the ANNarchy engine.

Started, listened to, and ended with whatever compiler they started.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ....errors import SpikewattError
from ....files import cache_folder

LAST_LINES = 5
CACHE = "XDG_CACHE_HOME"


WORKER = f"{__package__}.worker"


class Workers:
    """`count` worker processes on one folder; leaving the block ends them.

    Each runs ``python -m MODULE FOLDER PIPE`` of a `module` that uses ANNarchy.
    """

    def __init__(self, folder: Path, count: int, module: str = WORKER):
        self.logs = [folder / f"worker{i}.log" for i in range(count)]
        self.processes: list[subprocess.Popen] = []
        # Whose other end closes when this process ends, however it ends.
        watched, self.alive = os.pipe()
        try:
            for log in self.logs:
                self.processes.append(_start(module, folder, log, watched))
        except BaseException as error:
            self.__exit__(type(error))
            raise
        finally:
            os.close(watched)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, failure, *_) -> None:
        try:
            self._end(failure)
        finally:
            os.close(self.alive)

    def _end(self, failure) -> None:
        for process in self.processes:
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()  # ends the worker's loop, so that ANNarchy can clear up

        patience = None if failure is None else 1
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=patience)
            # A compiler that the worker started lives in its group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def ask(self, worker: int, request: str) -> None:
        """Send one line to a worker."""
        stdin = self.processes[worker].stdin
        assert stdin is not None
        stdin.write(request + "\n")

    def answers(self) -> Iterator[tuple[int, list[str]]]:
        """(worker, words) of each line that a worker prints.

        A worker that dies is an error with its log.
        """
        with selectors.DefaultSelector() as selector:
            for i, process in enumerate(self.processes):
                assert process.stdout is not None
                selector.register(process.stdout, selectors.EVENT_READ, i)

            while True:
                for key, _ in selector.select():
                    worker = key.data
                    line = key.fileobj.readline()  # type: ignore[union-attr]
                    if not line:
                        law = "its worker must not fail"
                        last = _last_lines(self.logs[worker])
                        raise SpikewattError("annarchy engine", law, last)
                    yield worker, line.split()


def _start(module: str, folder: Path, log: Path, watched: int) -> subprocess.Popen:
    """One worker in a session of its own, so that a compiler that it started ends with it.

    `watched` is an end of a pipe: when it closes, the worker and its compiler end.
    """
    command = [sys.executable, "-m", module, str(folder), str(watched)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", CACHE: str(cache_folder().parent)}
    environment["PYTHONPATH"] = _absolute_paths(environment.get("PYTHONPATH", ""))
    with open(log, "wb") as stderr:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment,
            cwd=folder,
            text=True,
            bufsize=1,
            start_new_session=True,
            pass_fds=(watched,),
        )


def _absolute_paths(paths: str) -> str:
    """A worker stands in another folder: what was relative to this one is made absolute."""
    return os.pathsep.join(os.path.abspath(path) for path in paths.split(os.pathsep) if path)


def _last_lines(log: Path) -> str:
    text = log.read_text(errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    last = " | ".join(lines[-LAST_LINES:])
    return last or "a worker that ended without a word"
