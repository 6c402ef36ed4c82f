"""One comparison for traces, networks, counts and whatever else consists of arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.trace.trace import Trace

COUNTS = ("spikes", "rasters", "saturations")
LEDGERS = ("synapses", "nonzero")


def assert_equal(one: Any, other: Any) -> int:
    """Fail at the first difference of two things of one class, and name it.

    Parameters
    ----------
    one, other : Trace, SpikingNetwork, any dataclass, mapping, sequence or array
        Of traces all counts are compared, not the settings of the engine; of networks all but
        what their hash leaves out.

    Returns
    -------
    int
        How many numbers were compared.
    """
    mine, theirs = dict(_leaves("", one)), dict(_leaves("", other))
    unmatched = sorted(mine.keys() ^ theirs.keys())
    assert not unmatched, f"only one of both has {', '.join(unmatched[:5])}"

    for name, values in mine.items():
        difference = _difference(np.asarray(values), np.asarray(theirs[name]))
        assert not difference, f"{name or type(one).__name__}{difference}"
    return sum(np.size(values) for values in mine.values())


def _difference(one: np.ndarray, other: np.ndarray) -> str:
    """Where two arrays differ first, in words; empty where they are equal."""
    if one.shape != other.shape:
        return f": shape {one.shape} is not {other.shape}"
    if np.array_equal(one, other):
        return ""

    places = np.argwhere(one != other)
    first = tuple(int(i) for i in places[0])
    at = f"[{', '.join(map(str, first))}]" if first else ""
    return f"{at}: {one[first]} is not {other[first]} ({len(places)} of {one.size} differ)"


def _leaves(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    """(name, array or value) of every part of a thing that has no parts itself."""
    parts = parts_of(thing)
    if parts is None:
        yield name, thing
        return
    for key, part in parts.items():
        yield from _leaves(f"{name}.{key}" if name else key, part)


@singledispatch
def parts_of(thing: Any) -> Mapping[str, Any] | None:
    """Name -> part of a thing; None where it is a value or an array."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {field.name: getattr(thing, field.name) for field in fields(thing)}
    if isinstance(thing, Mapping):
        return {str(key): value for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return {str(i): value for i, value in enumerate(thing)}
    return None


@parts_of.register
def _(trace: Trace) -> Mapping[str, Any]:
    counts = {name: getattr(trace, name) for name in COUNTS}
    ledgers = {f"ledger {column}": trace.ledger(column) for column in LEDGERS}
    return {**counts, "outputs": trace.outputs, **ledgers}


@parts_of.register
def _(network: SpikingNetwork) -> Mapping[str, Any]:
    populations = {p.name: p for p in network.populations}
    connections = {c.name: c for c in network.connections}
    plain = ("name", "code", "input_code", "input_unit", "output_unit", "weight_bits")
    facts = {field: getattr(network, field) for field in (*plain, "largest_input")}
    order = [*populations, *connections]
    return {**facts, "order": order, "populations": populations, "connections": connections}
