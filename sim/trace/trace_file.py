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
                files.put(file, f"synaptic_operations/{ledger}/{connection}", counts)
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
        layers = tuple(LayerSummary.from_json(layer) for layer in about["layers"])
        neurons, names = about["neurons"], [layer.name for layer in layers]
        firing = {layer.pre for layer in layers}

        rasters = {}
        for population, size in neurons.items():
            if f"rasters/{population}" in file:
                rasters[population] = _unpacked(file[f"rasters/{population}"][()], size)

        trace = trace_type(
            spikes={p: file[f"spikes/{p}"][()] for p in neurons if p in firing},
            synaptic_operations={
                ledger: {name: file[f"synaptic_operations/{ledger}/{name}"][()] for name in names}
                for ledger in LEDGERS
            },
            outputs=file["outputs"][()],
            layers=layers,
            neurons=neurons,
            network_hash=about["network_hash"],
            data_hash=about["data_hash"],
            settings=RunSettings.from_json(about["settings"]),
            rasters=rasters,
            saturations={
                p: file[f"saturations/{p}"][()] for p in neurons if f"saturations/{p}" in file
            },
        )
        files.same_hash(Path(path), file.attrs["hash"], trace.content_hash())
    return trace


def _packed(raster: np.ndarray) -> np.ndarray:
    """Spikes −1, 0 or 1 as two planes of bits: up and down."""
    return np.stack([np.packbits(raster > 0, axis=-1), np.packbits(raster < 0, axis=-1)])


def _unpacked(planes: np.ndarray, size: int) -> np.ndarray:
    """Inverse of `_packed`."""
    up, down = np.unpackbits(planes, axis=-1, count=size).astype(np.int8)
    return up - down
