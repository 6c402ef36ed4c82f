"""HDF5 that is written to the disk as it grows, behind a seal that is put on when it is whole.

Inside of libhdf5 a full disk was a segmentation fault. So the library never sees one: what the disk
refuses is kept in memory from then on, and the refusal is raised outside.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import numpy as np

from . import files
from .errors import SpikewattError
from .hdf5_seal import BLOCK, CHUNK, head, seal


@contextmanager
def growing(path, file_format: str, version: int) -> Iterator[Growing]:
    """A new HDF5 file that grows on the disk, and appears when the block ends without an error.

    Parameters
    ----------
    path : str or Path
        The file.
    file_format : str
        Name of the format.
    version : int
        Of the format.

    Raises
    ------
    SpikewattError
        As of `files.write`.
    """
    with files.growing(path) as raw:
        new = Growing(path, raw)
        try:
            new.file.attrs["format"] = np.bytes_(file_format)
            new.file.attrs["version"] = version
            yield new
            new.file.close()
            new.check()
        except BaseException:
            new.drop()
            raise
        _put_seal_on(raw, file_format, version)


class Growing:
    """An HDF5 file while it is written.

    Parameters
    ----------
    path : str or Path
        Its name when it is whole.
    raw : file
        Open, empty.
    """

    def __init__(self, path, raw: BinaryIO):
        import h5py

        self.path = path
        self.disk = _BehindTheSeal(raw)
        self.file: Any = h5py.File(self.disk, "w")

    def check(self) -> None:
        """Raise SpikewattError if the disk refused something."""
        refusal = self.disk.refusal
        if refusal is not None:
            reason = refusal.strerror or str(refusal)
            raise SpikewattError(str(self.path), "can be written", reason) from refusal

    def drop(self) -> None:
        """Close what is not wanted any more; nothing of it reaches the disk."""
        self.disk.refusal = self.disk.refusal or OSError("dropped")
        with suppress(Exception):
            self.file.close()


def write_chunk(data: Any, place: tuple[int, ...], chunk: bytes) -> None:
    """Write a chunk, packed as the filters of `data` pack it, at a `place` of an h5py.Dataset.

    All that h5py does holds its lock, since libhdf5 serves one thread at a time; what it calls here
    does not. Beside a thread that reads, that was a segmentation fault.
    """
    from h5py._objects import phil

    with phil:
        data.id.write_direct_chunk(place, chunk)


class _BehindTheSeal:
    """A file as h5py wants it, that begins where the seal ends.

    What the disk refuses lies in `kept`, (place, bytes) in the order of writing: no more than the
    library writes before somebody asks whether all went well.
    """

    def __init__(self, raw: BinaryIO):
        self.handle = raw.fileno()
        self.place = 0
        self.size = 0
        self.refusal: OSError | None = None
        self.kept: list[tuple[int, bytes]] = []

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Where the next bytes are read or written."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.place, os.SEEK_END: self.size}[whence]
        self.place = start + offset
        return self.place

    def tell(self) -> int:
        """The place."""
        return self.place

    def read(self, size: int) -> bytes:
        """The bytes at the place."""
        found = bytearray(os.pread(self.handle, size, BLOCK + self.place).ljust(size, b"\0"))
        for start, part in self.kept:
            first = max(start, self.place)
            last = min(start + len(part), self.place + size)
            if first < last:
                found[first - self.place : last - self.place] = part[first - start : last - start]
        self.place += size
        return bytes(found)

    def write(self, data) -> int:
        """Write bytes at the place."""
        view = memoryview(data).cast("B")
        if self.refusal is None:
            try:
                self._write_all(view)
            except OSError as error:
                self.refusal = error
        if self.refusal is not None:
            self.kept.append((self.place, bytes(view)))
        self.place += len(view)
        self.size = max(self.size, self.place)
        return len(view)

    def _write_all(self, view: memoryview) -> None:
        done = 0
        while done < len(view):
            done += os.pwrite(self.handle, view[done:], BLOCK + self.place + done)

    def truncate(self, size: int) -> int:
        """Make it as long as `size`."""
        self.size = size
        if self.refusal is None:
            try:
                os.ftruncate(self.handle, BLOCK + size)
            except OSError as error:
                self.refusal = error
        return size

    def flush(self) -> None:
        """Nothing waits."""


def _put_seal_on(raw: BinaryIO, file_format: str, version: int) -> None:
    """Hash all that stands after the seal, and write it."""
    digest, size = hashlib.sha256(head(file_format, version)), 0
    raw.seek(BLOCK)
    while part := raw.read(CHUNK):
        digest.update(part)
        size += len(part)
    raw.seek(0)
    raw.write(seal(file_format, version, size, digest.hexdigest()))
