"""What a trace is checked for that was put together by hand, before anybody takes means of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ...errors import SpikewattError, whole_number
from ..engines.counts import LEDGERS
from .laws import check_operations, check_spikes, check_structure
from .layer_summary import LayerSummary
from .run_settings import RunSettings
from .stored import Stored
from .trace import Trace

LARGEST = 2**62
WIDEST = 4096  # bits
COUNTED = ("synapses", "nonzero_synapses", "macs", "parameters", "fan_in", "host_macs")
NUMBERS = "biuf"  # kinds of dtypes whose sums are counts
NOT_OF_ITS_TYPE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


def check_trace(where: str, trace: object) -> Trace:
    """The trace, if its header agrees with itself, and its counts with its header.

    Names and shapes of all arrays are looked at, and the numbers of those that lie in memory;
    those of a large file were checked when it was loaded. Of rasters and saturations, which cost
    nothing, the shapes are enough.

    Parameters
    ----------
    where : str
        What an error begins with.
    trace : object

    Raises
    ------
    SpikewattError
        It is no trace, or breaks a law; names the array, the law, and what was got.
    """
    if not isinstance(trace, Trace):
        raise SpikewattError(where, "must be a Trace", type(trace).__name__)
    try:
        _check_static(trace)
        _check_arrays(trace)
        _check_numbers(trace)
    except SpikewattError as error:
        at = f"{where}: {error.where}"
        raise SpikewattError(at, error.law, error.got, error.allowed, error.hint) from error
    return trace


def _check_static(trace: Trace) -> None:
    """Layers, populations and settings."""
    if not isinstance(trace.settings, RunSettings):
        raise SpikewattError("settings", "must be RunSettings", type(trace.settings).__name__)
    right = isinstance(trace.layers, tuple | list) and trace.layers
    if not right or not all(isinstance(layer, LayerSummary) for layer in trace.layers):
        law = "must be a tuple of LayerSummary, one at least"
        raise SpikewattError("layers", law, type(trace.layers).__name__)
    if not isinstance(trace.neurons, Mapping):
        law = "must map populations to numbers of neurons"
        raise SpikewattError("neurons", law, type(trace.neurons).__name__)

    _check_names("neurons", trace.neurons, _populations(trace))
    for name, size in trace.neurons.items():
        whole_number(f"neurons[{name!r}]", "must be a number of neurons", size, 1, LARGEST)
    for layer in trace.layers:
        for key in COUNTED:
            at, law = f"layers: {layer.name}: {key}", "must be a count"
            whole_number(at, law, getattr(layer, key), 0, LARGEST)
    _check_layers(trace)
    try:
        check_structure(tuple(trace.layers), dict(trace.neurons), trace.settings)
    except SpikewattError:
        raise
    except NOT_OF_ITS_TYPE as error:
        law = "must have the types of a trace that was simulated"
        raise SpikewattError("layers and settings", law, str(error)) from error


def _check_layers(trace: Trace) -> None:
    """What a network has that was simulated: weights, layers after what feeds them."""
    for key in ("weight_bits", "state_bits", "needed_state_bits"):
        width = getattr(trace.settings, key)
        whole_number(f"settings: {key}", "must be a number of bits", width, 1, WIDEST)

    posts = {layer.post for layer in trace.layers}
    known = set(trace.neurons) - posts  # the inputs
    for layer in trace.layers:
        where = f"layers: {layer.name}"
        if layer.pre not in known:
            law = "stands after the layers that feed it"
            raise SpikewattError(where, law, f"nothing feeds {layer.pre!r} before")
        known.add(layer.post)
        # Layers that several connections carry are counted in one of them: the others have none.
        if layer.kind.multiplies and layer.synapses and not layer.macs and layer.executed is None:
            law = "must be those of a layer with synapses"
            raise SpikewattError(f"{where}: macs", law, layer.macs, ">= 1")


def _populations(trace: Trace) -> list[str]:
    """Those of the layers, in order."""
    return list(dict.fromkeys(name for layer in trace.layers for name in (layer.pre, layer.post)))


def _check_arrays(trace: Trace) -> None:
    """Names and shapes."""
    width = sum(part.stop - part.start for part in trace.settings.outputs.values())
    steps = trace.settings.steps
    _check_array("outputs", trace.outputs, (None, steps, width), "(samples, steps, outputs)")

    per_step = (trace.samples, steps)
    firing = [name for name in trace.neurons if name in trace.settings.schedule.windows]
    _check_table("spikes", trace.spikes, firing, per_step, "(samples, steps)")

    _check_names("synaptic_operations", trace.synaptic_operations, LEDGERS)
    connections = [layer.name for layer in trace.layers]
    for ledger, table in trace.synaptic_operations.items():
        where = f"synaptic_operations[{ledger!r}]"
        _check_table(where, table, connections, per_step, "(samples, steps)")

    for name, held in _some("saturations", trace.saturations, trace.neurons).items():
        _check_array(f"saturations[{name!r}]", held, (trace.samples,), "(samples,)")
    for name, raster in _some("rasters", trace.rasters, firing).items():
        shape = (None, steps, trace.neurons[name])
        _check_array(f"rasters[{name!r}]", raster, shape, "(samples, steps, neurons)")


def _check_table(
    where: str, table: object, names: Iterable[str], shape: tuple[int | None, ...], axes: str
) -> None:
    """One array of a shape for each name."""
    for name, array in _check_names(where, table, names).items():
        _check_array(f"{where}[{name!r}]", array, shape, axes)


def _check_names(where: str, table: object, names: Iterable[str]) -> Mapping[str, Any]:
    """A mapping with exactly these keys."""
    found = _some(where, table, names)
    missing = [name for name in names if name not in found]
    if missing:
        law = f"must hold all of {', '.join(names)}"
        raise SpikewattError(where, law, f"{', '.join(missing)} missing")
    return found


def _some(where: str, table: object, names: Iterable[str]) -> Mapping[str, Any]:
    """A mapping with no other keys than these."""
    if not isinstance(table, Mapping):
        raise SpikewattError(where, "must be a mapping by name", type(table).__name__)
    known = list(names)
    unknown = [str(name) for name in table if name not in known]
    if unknown:
        law = "must have no other names than the layers"
        raise SpikewattError(where, law, ", ".join(unknown), ", ".join(known))
    return table


def _check_array(where: str, array: object, shape: tuple[int | None, ...], axes: str) -> None:
    """An array of numbers of a shape; None is any size but nothing."""
    if not isinstance(array, np.ndarray | Stored):
        raise SpikewattError(where, "must be an array of numbers", type(array).__name__)
    if array.dtype.kind not in NUMBERS:
        raise SpikewattError(where, "must be an array of numbers", f"dtype {array.dtype}")

    found = array.shape
    fits = len(found) == len(shape) and all(
        (size > 0 if expected is None else size == expected)
        for size, expected in zip(found, shape, strict=True)
    )
    if not fits:
        sizes = ", ".join("1 or more" if size is None else str(size) for size in shape)
        raise SpikewattError(where, f"must have the shape {axes}", found, f"({sizes})")


def _check_numbers(trace: Trace) -> None:
    """What lies in memory: numbers that can be, and the laws of counts."""
    tables = {"spikes": trace.spikes}
    tables |= {f"synaptic_operations[{name!r}]": each for name, each in _ledgers(trace)}
    for where, table in tables.items():
        for name, array in table.items():
            if not isinstance(array, Stored) and not np.isfinite(array).all():
                raise SpikewattError(f"{where}[{name!r}]", "must be finite", "nan or infinite")
    if not any(isinstance(array, Stored) for array in trace.spikes.values()):
        check_spikes(trace)
        check_operations(trace)


def _ledgers(trace: Trace) -> Iterable[tuple[str, dict[str, np.ndarray]]]:
    return trace.synaptic_operations.items()
