"""The ``.trace`` file: sealed HDF5 with one JSON text for what is static, one array per count.

Versions 4 and 5 had no seal and strings of variable length; version 4 knew no merged layers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ... import hdf5
from ..engines.counts import LEDGERS
from .layer_summary import LayerSummary
from .run_settings import RunSettings

FORMAT = "spikewatt-trace"
VERSION = 6
READABLE = (4, 5, VERSION)


def save(trace, path) -> None:
    """Write one file, whole or not at all."""
    about = {
        "network_hash": trace.network_hash,
        "data_hash": trace.data_hash,
        "settings": trace.settings.as_json(),
        "neurons": trace.neurons,
        "layers": [layer.as_json() for layer in trace.layers],
    }
    with hdf5.writing(path, FORMAT, VERSION) as file:
        file.attrs["hash"] = np.bytes_(trace.content_hash())
        hdf5.put_json(file, "about", about)

        hdf5.put(file, "outputs", trace.outputs)
        for population, counts in trace.saturations.items():
            hdf5.put(file, f"saturations/{population}", counts)
        for population, counts in trace.spikes.items():
            hdf5.put(file, f"spikes/{population}", counts)
        for ledger, connections in trace.synaptic_operations.items():
            for connection, counts in connections.items():
                key = f"synaptic_operations/{ledger}/{connection}"
                hdf5.put(file, key, counts)
        for population, raster in trace.rasters.items():
            hdf5.put(file, f"rasters/{population}", _packed(raster))


def load(trace_type, path):
    """Read a file into a `trace_type`.

    Raises
    ------
    FileFormatError : a truncated, foreign or altered file, one of an unknown version, or one whose
        header or counts break a law.
    """
    from .header import checked_header
    from .laws import check_counts, check_header

    with hdf5.reading(Path(path), FORMAT, READABLE, sealed_from=VERSION) as file:
        about = checked_header(hdf5.take_json(file, "about"))
        neurons = about["neurons"]
        layers = tuple(LayerSummary.from_json(layer) for layer in about["layers"])
        settings = RunSettings.from_json(about["settings"])
        check_header(layers, neurons, settings)

        outputs = hdf5.take(file, "outputs")
        width = sum(part.stop - part.start for part in settings.outputs.values())
        if outputs.ndim != 3 or outputs.shape[1:] != (settings.steps, width):
            raise ValueError(f"outputs have shape {outputs.shape}")
        samples = outputs.shape[0]
        per_step = (samples, settings.steps)

        operations: dict[str, dict[str, np.ndarray]] = {}
        for ledger in LEDGERS:
            operations[ledger] = {}
            for layer in layers:
                key = f"synaptic_operations/{ledger}/{layer.name}"
                operations[ledger][layer.name] = hdf5.take(file, key, per_step)

        spikes = {}
        for name in neurons:
            if name in settings.schedule.windows:
                spikes[name] = hdf5.take(file, f"spikes/{name}", per_step)

        saturations = {}
        for name in _there(file, "saturations", neurons):
            saturations[name] = hdf5.take(file, f"saturations/{name}", (samples,))

        trace = trace_type(
            spikes=spikes,
            synaptic_operations=operations,
            outputs=outputs,
            layers=layers,
            neurons=neurons,
            network_hash=about["network_hash"],
            data_hash=about["data_hash"],
            settings=settings,
            rasters=_rasters(file, neurons, samples, settings.steps),
            saturations=saturations,
        )
        check_counts(trace)
        hdf5.same_hash(Path(path), hdf5.stored_hash(file), trace.content_hash())
    return trace


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
        planes = hdf5.take(file, f"rasters/{population}", kind=np.uint8)
        size = neurons[population]
        packed = -(-size // 8)
        recorded = planes.shape[1] if planes.ndim == 4 else 0
        if planes.shape != (2, recorded, steps, packed) or recorded > samples:
            raise ValueError(f"rasters/{population} has shape {planes.shape}")
        rasters[population] = _unpacked(planes, size)
    return rasters


def _packed(raster: np.ndarray) -> np.ndarray:
    """Spikes −1, 0 or 1 as two planes of bits: up and down."""
    up = np.packbits(raster > 0, axis=-1)
    down = np.packbits(raster < 0, axis=-1)
    return np.stack([up, down])


def _unpacked(planes: np.ndarray, size: int) -> np.ndarray:
    """Inverse of `_packed`."""
    bits = np.unpackbits(planes, axis=-1, count=size)
    up, down = bits.astype(np.int8)
    return up - down
