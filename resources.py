"""What the machine has: folders that can be written to, memory. Asked for before the long work."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import tempfile
from pathlib import Path

from .errors import SpikewattError

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def check_writable(folder: Path) -> None:
    """Raise SpikewattError unless a file can be made in `folder`, or in what it is made in.

    A file is made there and removed: permissions alone do not know of read-only file systems.

    Parameters
    ----------
    folder : Path
        May not exist yet; then the nearest folder above it that does is tried.
    """
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise SpikewattError(str(there), "must be a folder to write into", "a file")
    try:
        handle, name = tempfile.mkstemp(dir=there, prefix=".spikewatt.", suffix=".partial")
    except OSError as error:
        reason = error.strerror or str(error)
        raise SpikewattError(str(there), "must be a folder to write into", reason) from error
    os.close(handle)
    os.unlink(name)


@functools.cache
def processor() -> str:
    """The processor and what it can do, as text: what compiled code and times belong to."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    said = {line for line in lines if line.startswith(("model name", "flags", "Features"))}
    return "\n".join([platform.machine(), *sorted(said)])


def available_memory() -> int:
    """Bytes that can be had without swapping; where the system does not say, no limit."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return 2**63 - 1
    found = dict(line.split(":", 1) for line in lines)
    machine = int(found["MemAvailable"].split()[0]) * 1024
    return min(machine, _left_to_the_group())


def _left_to_the_group() -> int:
    """Bytes that the container leaves, if this is one."""
    group = Path("/sys/fs/cgroup")
    try:
        most = (group / "memory.max").read_text("ascii").strip()
        used = int((group / "memory.current").read_text("ascii"))
    except (OSError, ValueError):
        return 2**63 - 1
    return 2**63 - 1 if most == "max" else max(int(most) - used, 0)


def check_memory(where: str, what: str, needed: int, hint: str) -> None:
    """Raise SpikewattError where `needed` bytes are more than there are.

    Parameters
    ----------
    where : str
        What is asked for, for the message.
    what : str
        What the memory is for.
    needed : int, bytes
        An estimate.
    hint : str
        What to do instead.
    """
    free = available_memory()
    if needed > free:
        law = f"{what} fits into memory"
        got = f"about {readable(needed)} where {readable(free)} are free"
        raise SpikewattError(where, law, got, hint=hint)


def check_disk(path: Path, what: str, needed: int) -> None:
    """Raise SpikewattError where the disk of `path` has not `needed` bytes left."""
    free = shutil.disk_usage(path.absolute().parent).free
    if needed > free:
        got = f"about {readable(needed)} where {readable(free)} are free"
        raise SpikewattError(str(path), f"{what} fits on the disk", got)


def readable(size: int) -> str:
    """Bytes in words.

    >>> readable(160_000_000_000)
    '160 GB'
    """
    amount = float(size)
    for unit in UNITS:
        if amount < 1000 or unit == UNITS[-1]:
            return f"{amount:,.0f} {unit}"
        amount /= 1000
    raise AssertionError
