"""The ``.trace`` file: sealed HDF5 with one JSON text for what is static, one array per count.

Versions 4 and 5 had no seal and strings of variable length; version 4 knew no merged layers. Up to
version 6 every number had 8 bytes; now it has as many as the array needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ... import hdf5
from ...resources import available_memory
from ..engines.blocks import ahead
from ..engines.counts import LEDGERS
from .layer_summary import LayerSummary
from .recorder import Column, arrays_of, narrowest, recording, unpacked
from .run_settings import RunSettings
from .stored import Stored

FORMAT = "spikewatt-trace"
VERSION = 7
READABLE = (4, 5, 6, VERSION)
SEALED_FROM = 6
LARGE = 2**28  # bytes of counts that are not read into memory before they are asked for
ANY_SIZE = 2**62


def about(trace) -> dict:
    """What is static, as JSON takes it."""
    return {
        "network_hash": trace.network_hash,
        "data_hash": trace.data_hash,
        "settings": trace.settings.as_json(),
        "neurons": trace.neurons,
        "layers": [layer.as_json() for layer in trace.layers],
    }


def save(trace, path) -> None:
    """Write one file, whole or not at all."""
    columns = {key: _column(array) for key, array in arrays_of(trace).items()}
    with recording(path, FORMAT, VERSION, columns, trace.samples) as recorder:
        for part in trace.parts(recorder.chunk):
            recorder.put(part)
        recorder.finish(about(trace), trace.content_hash())


def _column(array: Any) -> Column:
    lowest, highest = int(array.min(initial=0)), int(array.max(initial=0))
    return Column(tuple(array.shape[1:]), narrowest(lowest, highest))


def load(trace_type, path):
    """Read a file into a `trace_type`; the counts of a large one stay there until asked for.

    Raises
    ------
    FileFormatError : a truncated, foreign or altered file, one of an unknown version, or one whose
        header or counts break a law.
    """
    path = Path(path)
    with hdf5.faults_named(path, FORMAT):
        file = hdf5.opened(path, FORMAT, READABLE, SEALED_FROM, ANY_SIZE)
        stays = False
        try:
            trace = _read(trace_type, file)
            stays = sum(array.nbytes for array in arrays_of(trace).values()) > LARGE
            if not stays:
                trace = trace.in_memory()
            _check(path, trace, hdf5.stored_hash(file))
        finally:
            if not stays:
                file.close()
    return trace


def reopened(trace, path):
    """`trace`, whose counts were written to `path` just now, with those counts."""
    import h5py

    path = Path(path)
    with hdf5.faults_named(path, FORMAT):
        file = h5py.File(path, "r")
        found = {key: Stored(file[key]) for key in arrays_of(trace)}
        return trace.with_arrays(found)


def _read(trace_type, file):
    """A trace whose header is right, and whose counts have the types and shapes that it says."""
    from .header import checked_header
    from .laws import check_header

    head = checked_header(hdf5.take_json(file, "about"))
    neurons = head["neurons"]
    layers = tuple(LayerSummary.from_json(layer) for layer in head["layers"])
    settings = RunSettings.from_json(head["settings"])
    check_header(layers, neurons, settings)

    outputs = _stored(file, "outputs")
    width = sum(part.stop - part.start for part in settings.outputs.values())
    if outputs.ndim != 3 or outputs.shape[1:] != (settings.steps, width):
        raise ValueError(f"outputs have shape {outputs.shape}")
    samples = outputs.shape[0]
    per_step = (samples, settings.steps)

    operations: dict[str, dict[str, Any]] = {}
    for ledger in LEDGERS:
        operations[ledger] = {}
        for layer in layers:
            key = f"synaptic_operations/{ledger}/{layer.name}"
            operations[ledger][layer.name] = _stored(file, key, per_step)

    spikes = {}
    for name in neurons:
        if name in settings.schedule.windows:
            spikes[name] = _stored(file, f"spikes/{name}", per_step)

    saturations = {}
    for name in _there(file, "saturations", neurons):
        saturations[name] = _stored(file, f"saturations/{name}", (samples,))

    return trace_type(
        spikes=spikes,
        synaptic_operations=operations,
        outputs=outputs,
        layers=layers,
        neurons=neurons,
        network_hash=head["network_hash"],
        data_hash=head["data_hash"],
        settings=settings,
        rasters=_rasters(file, neurons, samples, settings.steps),
        saturations=saturations,
    )


def _check(path: Path, trace, stored_hash: str) -> None:
    """Raise for the first law that the counts break, and where they are not those of the hash."""
    from .laws import check_counts

    for part in ahead(trace.parts()):
        check_counts(part)
    hdf5.same_hash(path, stored_hash, trace.content_hash())


def _stored(file, key: str, shape: tuple[int, ...] | None = None) -> Stored:
    return Stored(hdf5.data_of(file, key, shape))


def _there(file, group: str, populations) -> list[str]:
    """The populations that have data in `group`; no other has."""
    found = set(file[group]) if group in file else set()
    unknown = sorted(found - set(populations))
    if unknown:
        raise ValueError(f"{group}/{unknown[0]} is of no population")
    return [name for name in populations if name in found]


def _rasters(file, neurons: dict[str, int], samples: int, steps: int) -> dict[str, np.ndarray]:
    """Population -> raster, of those that have one."""
    rasters = {}
    for population in _there(file, "rasters", neurons):
        most = available_memory() // 16  # a bit of two planes becomes a byte, twice on the way
        planes = hdf5.take(file, f"rasters/{population}", kind=np.uint8, most=most)
        size = neurons[population]
        per_step = -(-size // 8)
        recorded = planes.shape[1] if planes.ndim == 4 else 0
        if planes.shape != (2, recorded, steps, per_step) or recorded > samples:
            raise ValueError(f"rasters/{population} has shape {planes.shape}")
        rasters[population] = unpacked(planes, size)
    return rasters
