"""What holds in every trace: its header agrees with itself, its counts with its header."""

from __future__ import annotations

from math import prod

import numpy as np

from ...errors import SpikewattError
from ..engines.counts import LEDGERS
from ..network.connection_kinds import Convolution, Dense, Depthwise, Identity
from ..network.geometry import Geometry
from ..network.neurons import RESETS
from .layer_summary import LayerSummary
from .run_settings import RunSettings


def check_header(
    layers: tuple[LayerSummary, ...], neurons: dict[str, int], settings: RunSettings
) -> None:
    """Raise SpikewattError for the first law that the static part of a trace breaks."""
    check_structure(layers, neurons, settings)
    for layer in layers:
        _check_counts_of(f"layer {layer.name!r}", layer)


def check_structure(
    layers: tuple[LayerSummary, ...], neurons: dict[str, int], settings: RunSettings
) -> None:
    """Raise SpikewattError where names, shapes, kinds and windows do not agree.

    Synapses and multiply-accumulates are held against what may be at most, and to no closed form.
    """
    names = [layer.name for layer in layers]
    _law("header.layers", "have different names", len(set(names)) == len(names))
    for layer in layers:
        _check_layer(layer, neurons)
    _check_populations(layers)
    _check_settings(layers, neurons, settings)


def _law(where: str, law: str, holds: object, got: object = None, allowed: object = None) -> None:
    if not holds:
        raise SpikewattError(where, law, got, allowed)


# Layers


def _check_layer(layer: LayerSummary, neurons: dict[str, int]) -> None:
    where = f"layer {layer.name!r}"
    for population, shape in ((layer.pre, layer.pre_shape), (layer.post, layer.post_shape)):
        law = f"population {population!r} has as many neurons as its shape"
        size = prod(shape)
        _law(where, law, neurons.get(population) == size, size, neurons.get(population))

    pre, post = prod(layer.pre_shape), prod(layer.post_shape)
    all_to_all = pre * post
    _law(where, "has no more synapses than pairs", layer.synapses <= all_to_all, layer.synapses)
    fewer = layer.nonzero_synapses <= layer.synapses
    _law(where, "has no more synapses with weights than synapses", fewer, layer.nonzero_synapses)
    _law(where, "has a fan-in within its pre population", layer.fan_in <= pre, layer.fan_in, pre)
    _law(where, "has no more mixed axons than axons", layer.mixed_axons <= pre, layer.mixed_axons)
    matched = layer.kind.compares == layer.post_kind.compares
    _law(where, "has a kind that its post population takes", matched, layer.post_kind)

    windowed = layer.kind.windowed
    has_window = (layer.geometry is not None) == windowed
    _law(where, "has a window where its kind has one", has_window, layer.kind)


def _check_counts_of(where: str, layer: LayerSummary) -> None:
    """Synapses and multiply-accumulates in closed form."""
    kind = layer.kind
    seen = _seen(layer)
    geometry = Geometry.from_lists(layer.geometry) if layer.geometry else None
    taps, post = kind.taps(geometry, seen), prod(layer.post_shape)

    if geometry is not None:
        axes = len(seen) - 1
        fits = geometry.axes == axes and layer.post_shape[:-1] == geometry.output_size(seen[:-1])
        _law(where, "has the shape that its window gives", fits, layer.post_shape)

    found = _synapses(layer, geometry, seen)
    if found is not None:
        _law(where, "has the synapses of its kind", layer.synapses == found, layer.synapses, found)
    if layer.host_macs:
        law = "has the host multiply each tap"
        _law(where, law, layer.host_macs == taps * post, layer.host_macs, taps * post)

    macs = taps * post
    if layer.executed is not None:
        macs = sum(merged.macs for merged in layer.executed)
        parameters = sum(merged.parameters for merged in layer.executed)
        law = "has the parameters of its merged layers"
        _law(where, law, layer.parameters == parameters, layer.parameters, parameters)
    _law(where, "has the macs of its layers", layer.macs == macs, layer.macs, macs)


def _seen(layer: LayerSummary) -> tuple[int, ...]:
    """Shape that the weights see."""
    if layer.pooled is None:
        return layer.pre_shape
    pooled = Geometry.from_lists(layer.pooled)
    return (*pooled.output_size(layer.pre_shape[:-1]), layer.pre_shape[-1])


def _synapses(layer: LayerSummary, geometry: Geometry | None, seen: tuple[int, ...]) -> int | None:
    """In closed form; None of a kind whose count depends on more than shapes."""
    if layer.pooled is not None:
        return None
    if isinstance(layer.kind, Dense):
        return prod(seen) * prod(layer.post_shape)
    if isinstance(layer.kind, Identity):
        return prod(layer.pre_shape)
    if geometry is None:
        return None

    # One channel in, one channel out: taps that lie on an input, over all positions.
    plane = layer.kind.fan_out(None, geometry, (*seen[:-1], 1), layer.post_shape, False)
    taps = int(plane.sum())
    channels, outputs = seen[-1], layer.post_shape[-1]
    if isinstance(layer.kind, Convolution):
        return taps * channels * outputs
    if isinstance(layer.kind, Depthwise):
        return taps * outputs
    return taps * channels


# Populations and settings


def _check_populations(layers: tuple[LayerSummary, ...]) -> None:
    kinds: dict[str, set[str]] = {}
    for layer in layers:
        kinds.setdefault(layer.post, set()).add(layer.post_kind.name)
    for name, found in kinds.items():
        _law(f"population {name!r}", "has one kind", len(found) == 1, ", ".join(sorted(found)))

    feeding = {layer.pre for layer in layers}
    for layer in layers:
        ends = not layer.post_kind.is_readout or layer.post not in feeding
        _law(f"population {layer.post!r}", "feeds nothing, being a read-out", ends)
        _law(f"population {layer.post!r}", "is no input", not layer.post_kind.is_input)


def _check_settings(
    layers: tuple[LayerSummary, ...], neurons: dict[str, int], settings: RunSettings
) -> None:
    where, windows = "header.settings", settings.schedule.windows
    readouts = {layer.post for layer in layers if layer.post_kind.is_readout}
    firing = set(neurons) - readouts
    _law(where, "have a window for each population that fires", set(windows) == firing)
    for name, window in windows.items():
        within = 0 <= window.start <= window.stop <= settings.steps
        law = f"the window of {name!r} lies within the steps"
        _law(where, law, within, f"{window.start}..{window.stop}", f"0..{settings.steps}")
        if settings.code.streaming and name in {layer.post for layer in layers}:
            whole = (window.start, window.stop) == (0, settings.steps)
            _law(where, f"{name!r} fires at every step", whole, f"{window.start}..{window.stop}")

    # Window after window, as one layer after the other.
    for layer in layers:
        if settings.code.exact and layer.post in windows and not layer.kind.compares:
            before, after = windows[layer.pre], windows[layer.post]
            law = f"the window of {layer.post!r} begins when that of {layer.pre!r} is over"
            over = before.stop + before.doublings
            _law(where, law, after.start >= over, after.start, over)

    last = max((window.stop + window.doublings for window in windows.values()), default=0)
    if settings.code.exact:
        law = "steps end with the last window"
        _law(where, law, settings.steps == max(1, last), settings.steps, last)

    law = "outputs are the read-outs, side by side"
    _law(where, law, set(settings.outputs) == readouts, ", ".join(settings.outputs))
    width = 0
    for name, part in settings.outputs.items():
        beside = (part.start, part.stop) == (width, width + neurons[name])
        _law(where, law, beside, f"{name} {part.start}..{part.stop}")
        width = part.stop

    known = all(reset in RESETS for reset in settings.resets)
    _law(where, "resets are known", known, ", ".join(settings.resets), ", ".join(RESETS))
    _check_hosts(layers, settings)


def _check_hosts(layers: tuple[LayerSummary, ...], settings: RunSettings) -> None:
    """A host multiplies what inputs feed, where they send no spikes."""
    fed = {layer.post for layer in layers}
    for layer in layers:
        hosted = settings.input_code.analog and layer.pre not in fed
        law = "a host multiplies an analog input, and nothing else"
        _law(f"layer {layer.name!r}", law, hosted == (layer.host_macs > 0), layer.host_macs)


# Counts


def check_counts(trace) -> None:
    """Raise SpikewattError for the first law that the counts of a trace break."""
    check_spikes(trace)
    for name, counts in trace.saturations.items():
        most = trace.neurons[name] * trace.steps
        _within(f"saturations of {name!r}", counts, most)
    check_operations(trace)
    for name, raster in trace.rasters.items():
        law = "a raster has the spikes that are counted"
        counted = trace.spikes[name][: len(raster)]
        recorded = np.abs(raster, dtype=np.int64).sum(axis=-1)
        _law(f"raster of {name!r}", law, np.array_equal(recorded, counted))


def check_spikes(trace) -> None:
    """Raise SpikewattError where spikes are more than can be."""
    for name, counts in trace.spikes.items():
        _check_spikes(trace, name, counts)


def check_operations(trace) -> None:
    """Raise SpikewattError where operations are more than their spikes can cause."""
    for layer in trace.layers:
        every, nonzero = (trace.synaptic_operations[column][layer.name] for column in LEDGERS)
        where = f"operations of {layer.name!r}"
        _within(where, every, layer.synapses)
        _within(where, nonzero, layer.nonzero_synapses)
        law = "those with weights are among all"
        _law(where, law, (nonzero <= every).all())
        _check_reach(where, layer, trace.spikes[layer.pre], every)


def _check_spikes(trace, name: str, counts: np.ndarray) -> None:
    """A neuron sends one spike a step, within the window of its population."""
    where = f"spikes of {name!r}"
    _within(where, counts, trace.neurons[name])
    window = trace.settings.schedule.windows[name]
    outside = counts[:, : window.start].any() or counts[:, window.stop :].any()
    _law(where, "lie within its window", not outside)


def _check_reach(where: str, layer: LayerSummary, spikes: np.ndarray, every: np.ndarray) -> None:
    """A spike reaches each post neuron once at most; all of them in a dense layer.

    Windows that are summed may leave neurons out at the border.
    """
    post = layer.post_neurons
    if isinstance(layer.kind, Dense) and layer.pooled is None:
        _law(where, "a spike reaches all post neurons", (every == spikes * post).all())
    elif isinstance(layer.kind, Identity) and layer.pooled is None:
        _law(where, "a spike reaches one neuron", (every == spikes).all())
    else:
        _law(where, "a spike reaches a neuron once", (every <= spikes * post).all())


def _within(where: str, counts: np.ndarray, most: int) -> None:
    lowest, highest = int(counts.min(initial=0)), int(counts.max(initial=0))
    law = "counts are possible"
    _law(where, law, lowest >= 0 and highest <= most, f"{lowest}..{highest}", f"0..{most}")
