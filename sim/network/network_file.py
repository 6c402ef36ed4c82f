"""The ``.spk`` file of a network.

Sealed HDF5 with one JSON text for the structure and one array per number.

Versions 3 and 4 had no seal. Version 3 knew no merged layers; a connection of such a file is one
layer as it stands.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ... import hdf5
from .connection import Connection, ExecutedLayer
from .geometry import Geometry
from .population import GATES, Population

FORMAT = "spikewatt-network"
VERSION = 5
READABLE = (3, 4, VERSION)
NUMBERS = ("threshold", "bias", "initial_potential")
STRUCTURE = {
    "name",
    "code",
    "weight_bits",
    "input_code",
    "largest_input",
    "input_unit",
    "output_unit",
    "populations",
    "connections",
}


def structure_of(network) -> dict:
    """All of a network but its arrays, as JSON takes it.

    What is not set is left out, so that older hashes hold.
    """
    return {
        "name": network.name,
        "code": str(network.code),
        "weight_bits": network.weight_bits,
        "input_code": str(network.input_code),
        "largest_input": network.largest_input,
        "input_unit": float(network.input_unit),
        "output_unit": last_output_unit(network),
        "populations": [_population_entry(p) for p in network.populations],
        "connections": [_connection_entry(c) for c in network.connections],
    }


def last_output_unit(network) -> float:
    """The value of a unit of the last read-out; those of all others are in their populations."""
    units = network.output_unit
    return list(units.values())[-1] if isinstance(units, dict) else float(units)


def _population_entry(p: Population) -> dict:
    """JSON form; gates are left out where there are none, so that older hashes hold."""
    gates = {field: getattr(p, field) for field in GATES if getattr(p, field)}
    return {
        "name": p.name,
        "shape": list(p.shape),
        "kind": str(p.kind),
        "levels": p.levels,
        "reset": str(p.reset),
        "unit": np.asarray(p.unit).tolist(),
        **gates,
    }


def _connection_entry(c: Connection) -> dict:
    entry = {
        "pre": c.pre,
        "post": c.post,
        "kind": str(c.kind),
        "geometry": c.geometry.as_lists() if c.geometry else None,
        "pooled": c.pooled.as_lists() if c.pooled else None,
        "branch": c.branch,
    }
    if c.executed is not None:
        entry["executed"] = [executed_entry(layer) for layer in c.executed]
    return entry


def executed_entry(layer: ExecutedLayer) -> dict:
    """JSON form of a merged layer, read back by ``ExecutedLayer(**entry)``.

    Live operations are left out where all are, so that older hashes hold.
    """
    entry = {**vars(layer), "kind": str(layer.kind)}
    if layer.live_macs == layer.macs:
        del entry["live_macs"]
    return entry


def executed_layers(entries: list[dict] | None) -> tuple[ExecutedLayer, ...] | None:
    """Inverse of a list of `executed_entry`; None stays None."""
    if entries is None:
        return None
    return tuple(ExecutedLayer(**entry) for entry in entries)


def arrays_of(network) -> dict[str, np.ndarray]:
    """Key in the file -> integers."""
    arrays = {}
    for i, c in enumerate(network.connections):
        if c.weights is not None:
            arrays[f"connection_{i}_weights"] = c.weights
    for i, p in enumerate(network.populations):
        for field in NUMBERS:
            arrays[f"population_{i}_{field}"] = getattr(p, field)
    return arrays


def save(network, path) -> None:
    """Write one file, whole or not at all."""
    with hdf5.writing(path, FORMAT, VERSION) as file:
        put_network(file, network)


def put_network(file, network) -> None:
    """Write a network into an open file, or a group of one."""
    hdf5.put_json(file, "structure", structure_of(network))
    file.attrs["hash"] = np.bytes_(network.hash)
    for key, array in arrays_of(network).items():
        hdf5.put(file, key, array)


def load(network_type, path):
    """Read a file into a `network_type`.

    Raises
    ------
    FileFormatError : a truncated, foreign or altered file, or one of an unknown version.
    """
    with hdf5.reading(path, FORMAT, READABLE, sealed_from=VERSION) as file:
        network = take_network(network_type, file)
        hdf5.same_hash(Path(path), hdf5.stored_hash(file), network.hash)
    return network


def take_network(network_type, file):
    """The network that `put_network` wrote into an open file or group; its hash is not checked."""
    structure = hdf5.take_json(file, "structure")
    hdf5.check_keys("structure", structure, STRUCTURE)
    _check_data(file, structure)

    populations = []
    for i, entry in enumerate(structure["populations"]):
        populations.append(_population(file, i, entry))
    connections = []
    for i, entry in enumerate(structure["connections"]):
        connections.append(_connection(file, i, entry))

    fields = {
        **structure,
        "populations": populations,
        "connections": connections,
    }
    return network_type(**fields)


def _check_data(file, structure: dict) -> None:
    """Raise unless the file holds the numbers of its populations and connections, no others."""
    expected = set()
    for i in range(len(structure["populations"])):
        expected |= {f"population_{i}_{field}" for field in NUMBERS}
    for i in range(len(structure["connections"])):
        key = f"connection_{i}_weights"
        if key in file:
            expected.add(key)
    if "structure" in file:
        expected.add("structure")
    hdf5.check_names(file, expected)


def _population(file, i: int, entry: dict) -> Population:
    fields = {**entry, "shape": tuple(entry["shape"])}
    for field in NUMBERS:
        fields[field] = hdf5.take(file, f"population_{i}_{field}")
    return Population(**fields)


def _connection(file, i: int, entry: dict) -> Connection:
    weights = None
    key = f"connection_{i}_weights"
    if key in file:
        weights = hdf5.take(file, key)

    return Connection(
        entry["pre"],
        entry["post"],
        entry["kind"],
        weights,
        geometry=_geometry(entry["geometry"]),
        pooled=_geometry(entry["pooled"]),
        branch=entry["branch"],
        executed=executed_layers(entry.get("executed")),
    )


def _geometry(lists: list | None) -> Geometry | None:
    return Geometry.from_lists(lists) if lists else None
