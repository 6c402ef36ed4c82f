"""The ``.trace`` file: HDF5 with one JSON text for what is static and one array per count.

Version 4 had the same layout, and knew no merged layers.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ... import files
from ..engines.counts import LEDGERS
from .layer_summary import LayerSummary
from .run_settings import RunSettings

FORMAT = "spikewatt-trace"
VERSION = 5
READABLE = (4, VERSION)


def save(trace, path) -> None:
    """Write one file, whole or not at all."""
    about = {
        "network_hash": trace.network_hash,
        "data_hash": trace.data_hash,
        "settings": trace.settings.as_json(),
        "neurons": trace.neurons,
        "layers": [layer.as_json() for layer in trace.layers],
    }
    with files.writing(path, FORMAT, VERSION) as file:
        file.attrs["hash"] = trace.content_hash()
        file.attrs["about"] = json.dumps(about)

        files.put(file, "outputs", trace.outputs)
        for population, counts in trace.saturations.items():
            files.put(file, f"saturations/{population}", counts)
        for population, counts in trace.spikes.items():
            files.put(file, f"spikes/{population}", counts)
        for ledger, connections in trace.synaptic_operations.items():
            for connection, counts in connections.items():
                key = f"synaptic_operations/{ledger}/{connection}"
                files.put(file, key, counts)
        for population, raster in trace.rasters.items():
            files.put(file, f"rasters/{population}", _packed(raster))


def load(trace_type, path):
    """Read a file into a `trace_type`.

    Raises
    ------
    FileFormatError : a truncated, foreign or altered file, or one of an unknown version.
    """
    with files.reading(Path(path), FORMAT, READABLE) as file:
        about = json.loads(file.attrs["about"])
        neurons = about["neurons"]
        layers = tuple(LayerSummary.from_json(layer) for layer in about["layers"])

        operations: dict[str, dict[str, np.ndarray]] = {}
        for ledger in LEDGERS:
            operations[ledger] = {}
            for layer in layers:
                key = f"synaptic_operations/{ledger}/{layer.name}"
                operations[ledger][layer.name] = file[key][()]

        rasters = {}
        for population, planes in _stored(file, "rasters", neurons).items():
            rasters[population] = _unpacked(planes, neurons[population])

        firing = {layer.pre for layer in layers}
        spikes = {p: file[f"spikes/{p}"][()] for p in neurons if p in firing}
        trace = trace_type(
            spikes=spikes,
            synaptic_operations=operations,
            outputs=file["outputs"][()],
            layers=layers,
            neurons=neurons,
            network_hash=about["network_hash"],
            data_hash=about["data_hash"],
            settings=RunSettings.from_json(about["settings"]),
            rasters=rasters,
            saturations=_stored(file, "saturations", neurons),
        )
        files.same_hash(Path(path), file.attrs["hash"], trace.content_hash())
    return trace


def _stored(file, group: str, populations) -> dict[str, np.ndarray]:
    """Population -> its array in `group`, for those that have one there."""
    found = {}
    for population in populations:
        key = f"{group}/{population}"
        if key in file:
            found[population] = file[key][()]
    return found


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
