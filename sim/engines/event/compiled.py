"""The kernel, compiled once per machine and kept in the cache.

The compiler is g++, which ANNarchy needs anyway. One library serves every network, since all that
differs between networks is data: the first call on a machine takes the ten seconds that g++ takes,
the first of a later process a millisecond.

Numba was tried first: a plain loop over such patches did 1.4 G operations/s on one core where this
kernel does 11 (LeNet) to 16, since it cannot be told that arrays do not overlap, and it has no
products of bytes; it takes 0.6 s to import, and compiles 0.9 s per loop and width.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from ....errors import MissingToolError, SpikewattError
from ....files import cache_folder

LOG = logging.getLogger(__name__)
SOURCE = Path(__file__).with_name("kernel.cpp")
FLAGS = ("-O3", "-march=native", "-std=c++17", "-shared", "-fPIC", "-pthread")
WIDE = "-mprefer-vector-width=512"
LONGEST = 300  # seconds of compiling
WHERE = "event engine"


@functools.cache
def kernel() -> ctypes.CDLL:
    """The library, compiled if it is not there.

    Raises
    ------
    MissingToolError : no g++. SpikewattError : g++ fails; its last words are in the message.
    """
    compiler = shutil.which("g++")
    if compiler is None:
        law, remedy = "needs a C++ compiler", "apt install g++, or engine='batched'"
        raise MissingToolError(WHERE, law, "no g++", remedy)

    name = f"kernel-{_key(compiler)}.so"
    with contextlib.suppress(OSError):
        return _cached(compiler, cache_folder("event"), name)
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as folder:  # no cache to write to
        return _cached(compiler, Path(folder), name)


def _cached(compiler: str, folder: Path, name: str) -> ctypes.CDLL:
    """Load `name` of `folder`, or make it; one process at a time."""
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    library = folder / name
    digest = library.with_suffix(".sha256")
    with FileLock(library.with_suffix(".lock")):
        if _is_whole(library, digest):
            LOG.info("kernel from the cache: %s", library)
        else:
            start = time.perf_counter()
            _compile(compiler, library)
            LOG.info("kernel compiled in %.1f s: %s", time.perf_counter() - start, library)
            digest.write_text(_digest(library), "utf-8")
        return ctypes.CDLL(str(library))


def _is_whole(library: Path, digest: Path) -> bool:
    """Whether it is as it was left: a part of it would end the process."""
    with contextlib.suppress(OSError):
        return digest.read_text("utf-8") == _digest(library)
    return False


def _digest(library: Path) -> str:
    return hashlib.sha256(library.read_bytes()).hexdigest()


def _compile(compiler: str, library: Path) -> None:
    """Under another name first, so that what has the name is whole."""
    partial = library.with_suffix(".partial")
    wide = [WIDE] if platform.machine() == "x86_64" else []
    command = [compiler, *FLAGS, *wide, "-o", str(partial), str(SOURCE)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired as error:
        raise SpikewattError(WHERE, "compiles", f"nothing after {LONGEST} s") from error
    if done.returncode:
        faults = [line for line in done.stderr.splitlines() if "error" in line]
        said = "; ".join(faults[:3]) or done.stderr[-300:]
        raise SpikewattError(WHERE, "compiles", said, hint="g++ 9 or newer")
    os.replace(partial, library)


def _key(compiler: str) -> str:
    """Of source, flags, compiler and processor: what the library depends on."""
    status = os.stat(compiler)
    parts = [
        *(path.read_text("utf-8") for path in sorted(SOURCE.parent.glob("*.h"))),
        SOURCE.read_text("utf-8"),
        *FLAGS,
        os.path.realpath(compiler),
        str((status.st_size, status.st_mtime_ns)),
        platform.machine(),
        _processor(),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def _processor() -> str:
    """What it can do; -march=native compiles for all of it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    said = [line for line in lines if line.startswith(("model name", "flags", "Features"))]
    return "\n".join(sorted(set(said)))
