"""Writing counts while they arrive: in chunks of samples, compressed beside the run."""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import hdf5
from ...hdf5_stream import Growing, growing, write_chunk
from ..engines.blocks import parts
from .stored import Stored

CHUNK_BYTES = 2**22  # of the largest chunk, as it is in memory
LONGEST_CHUNK = 4096  # samples
LEVEL = 1  # of compression; with runs only it is twice as fast as without, and smaller
MEMORY = 9  # of zlib, the most
NARROW = tuple(np.dtype(f"<{kind}{size}") for size in (1, 2, 4, 8) for kind in "ui")


@dataclass(frozen=True)
class Column:
    """One array of a trace in its file.

    Parameters
    ----------
    shape : of one sample.
    dtype : of the numbers in the file.
    """

    shape: tuple[int, ...]
    dtype: np.dtype


def narrowest(lowest: int, highest: int) -> np.dtype:
    """The narrowest type of integers that holds both.

    >>> narrowest(0, 200), narrowest(-1, 200)
    (dtype('uint8'), dtype('int16'))
    """
    for dtype in NARROW:
        info = np.iinfo(dtype)
        if info.min <= lowest and highest <= info.max:
            return dtype
    return np.dtype("<i8")


def arrays_of(counts: Any) -> dict[str, Any]:
    """Key in the file -> array (samples, …) of what has the counts of a trace, or is one."""
    found = {"outputs": counts.outputs}
    found |= {f"saturations/{name}": array for name, array in counts.saturations.items()}
    found |= {f"spikes/{name}": array for name, array in counts.spikes.items()}
    for ledger, operations in counts.synaptic_operations.items():
        for connection, array in operations.items():
            found[f"synaptic_operations/{ledger}/{connection}"] = array
    return found


def chunk_of(columns: Mapping[str, Column], samples: int) -> int:
    """Samples of one chunk of all arrays."""
    widest = max(8 * math.prod(column.shape) for column in columns.values())
    return max(1, min(CHUNK_BYTES // max(1, widest), LONGEST_CHUNK, samples))


@contextmanager
def recording(
    path, file_format: str, version: int, columns: Mapping[str, Column], samples: int
) -> Iterator[Recorder]:
    """A file that is filled with the counts of `samples` samples, and then has its name."""
    with growing(path, file_format, version) as new:
        recorder = Recorder(new, columns, samples)
        try:
            yield recorder
        finally:
            recorder.close()


class Recorder:
    """Takes blocks of counts in order, and writes them in a thread of its own.

    Parameters
    ----------
    new : the file.
    columns : key in the file -> what is written there.
    samples : in all.
    """

    def __init__(self, new: Growing, columns: Mapping[str, Column], samples: int):
        self.new, self.columns, self.samples = new, columns, samples
        self.chunk = chunk_of(columns, samples)
        self.done = 0
        self.recorded: dict[str, list[np.ndarray]] = {}
        self.pending: Future[None] | None = None
        self.writer = ThreadPoolExecutor(1, "spikewatt-writing")
        self.packers = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "spikewatt-packing")
        self.data = {key: self._created(key, column) for key, column in columns.items()}

    def _created(self, key: str, column: Column) -> Any:
        shape = (self.samples, *column.shape)
        options = {}
        if math.prod(shape) > hdf5.SMALL:
            options = {
                "chunks": (self.chunk, *column.shape),
                "compression": "gzip",
                "compression_opts": LEVEL,
                "shuffle": True,
            }
        return self.new.file.create_dataset(key, shape, column.dtype, **options)

    def put(self, counts: Any) -> None:
        """Write the counts of the next samples: whole chunks, but for the last block."""
        self.wait()
        start = self.done
        self.done += len(counts.outputs)
        assert start % self.chunk == 0
        assert self.done % self.chunk == 0 or self.done == self.samples
        self.pending = self.writer.submit(self._write, start, counts)

    def wait(self) -> None:
        """Until all is written that was put; raises what went wrong."""
        if self.pending is not None:
            self.pending.result()

    def arrays(self) -> dict[str, Stored]:
        """Key -> what was written there."""
        self.wait()
        return {key: Stored(data) for key, data in self.data.items()}

    def rasters(self) -> dict[str, np.ndarray]:
        """Population -> raster of all samples of which one was put."""
        self.wait()
        return {name: np.concatenate(found) for name, found in self.recorded.items()}

    def finish(self, about: dict, content_hash: str) -> None:
        """Add what is known only when all was put."""
        self.wait()
        assert self.done == self.samples
        # In the thread, too: an interrupt, which the main one hears, is not heard inside of HDF5.
        rasters = self.rasters()
        self.pending = self.writer.submit(self._finish, about, content_hash, rasters)
        self.wait()

    def _finish(self, about: dict, content_hash: str, rasters: dict[str, np.ndarray]) -> None:
        file = self.new.file
        file.attrs["hash"] = np.bytes_(content_hash)
        hdf5.put_json(file, "about", about)
        for population, raster in rasters.items():
            hdf5.put(file, f"rasters/{population}", packed(raster))
        self.new.check()

    def close(self) -> None:
        """End the threads."""
        for pool in (self.writer, self.packers):
            pool.shutdown(wait=True, cancel_futures=True)

    def _write(self, start: int, counts: Any) -> None:
        for key, array in arrays_of(counts).items():
            self._write_array(key, start, array)
            self.new.check()
        for population, raster in counts.rasters.items():
            self.recorded.setdefault(population, []).append(raster)

    def _write_array(self, key: str, start: int, array: np.ndarray) -> None:
        data, column = self.data[key], self.columns[key]
        if data.chunks is None:
            data[start : start + len(array)] = _narrowed(array, column.dtype)
            return

        pieces = [array[first:last] for first, last in parts(len(array), self.chunk)]
        chunks = self.packers.map(lambda piece: _chunk(piece, column.dtype, self.chunk), pieces)
        for i, chunk in enumerate(chunks):
            place = (start + i * self.chunk, *(0 for _ in column.shape))
            write_chunk(data, place, chunk)


def _narrowed(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    found = array.astype(dtype)
    assert np.array_equal(found, array), "counts are within their bounds"
    return found


def _chunk(array: np.ndarray, dtype: np.dtype, samples: int) -> bytes:
    """A chunk as the filters of HDF5 make it: bytes of one rank together, then deflated."""
    numbers = _narrowed(array, dtype)
    if len(numbers) < samples:
        rest = [(0, samples - len(numbers)), *[(0, 0)] * (numbers.ndim - 1)]
        numbers = np.pad(numbers, rest)
    if dtype.itemsize > 1:
        ranks = numbers.reshape(-1).view(np.uint8).reshape(-1, dtype.itemsize)
        numbers = np.ascontiguousarray(ranks.T)
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, MEMORY, zlib.Z_RLE)
    return deflate.compress(numbers.data) + deflate.flush()


# Rasters


def packed(raster: np.ndarray) -> np.ndarray:
    """Spikes −1, 0 or 1 as two planes of bits: up and down."""
    up = np.packbits(raster > 0, axis=-1)
    down = np.packbits(raster < 0, axis=-1)
    return np.stack([up, down])


def unpacked(planes: np.ndarray, size: int) -> np.ndarray:
    """Inverse of `packed`."""
    bits = np.unpackbits(planes, axis=-1, count=size)
    up, down = bits.astype(np.int8)
    return up - down
