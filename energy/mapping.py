"""Mapping: which neurons sit on which core, and which events each core has to sweep."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..errors import DoesNotFitError
from ..sim.encoders import ENCODERS
from ..sim.geometry import Geometry
from ..sim.trace import LayerSummary, Trace
from .cards import Card


@dataclass
class Core:
    """One core while it is filled: resident (population, first, last) neurons, and pre population -> number of axons used."""

    residents: list[tuple[str, int, int]] = field(default_factory=list)
    axons: dict[str, int] = field(default_factory=dict)

    @property
    def neurons(self) -> int:
        """Neurons in use."""
        return sum(last - first for _, first, last in self.residents)


@dataclass(frozen=True)
class Mapping:
    """Cores in use, and the geometry that they were filled to."""

    cores: tuple[Core, ...]
    neurons_per_core: int
    axons_per_core: int

    def describe(self) -> str:
        """One line: cores and how full they are."""
        neurons = sum(core.neurons for core in self.cores)
        axons = sum(sum(core.axons.values()) for core in self.cores)
        n = len(self.cores)
        return (
            f"{n} core{'s' if n > 1 else ''}; {neurons} of {n * self.neurons_per_core} neurons and "
            f"{axons} of {n * self.axons_per_core} axons used"
        )


def map_network(trace: Trace, card: Card) -> Mapping:
    """Place the populations in order, each core filled up to its neurons and axons before the next is begun.

    An axon is one pre neuron that the core listens to. Input neurons integrate their pixel and need no axon; the
    events of an encoder come from outside and need no neuron.

    Raises
    ------
    DoesNotFitError : weights too wide, a firing rule that the core lacks, or one neuron with more inputs than a core has axons.
    """
    neurons_limit, axons_limit = card.limits["neurons_per_core"], card.limits["axons_per_core"]
    if trace.settings["weight_bits"] > card.limits["weight_bits"]:
        raise DoesNotFitError(
            f"device {card.name!r}",
            "weights fit into its synapses",
            f"{trace.settings['weight_bits']} bits",
            f"<= {card.limits['weight_bits']}",
        )
    faults = {
        "radix doubles the accumulator at each step": trace.settings["code"] == "radix" or trace.settings["input_code"] == "bitplane",
        "a negative spike takes one back": trace.settings["code"] == "signed",
        "an analog first layer needs a host that multiplies": trace.settings["input_code"] == "analog",
        "a reset to zero is not a subtraction": "zero" in trace.settings["resets"],
        "an event of the input has one worth": trace.settings["input_code"] in ENCODERS
        and bool(ENCODERS[trace.settings["input_code"]].gains(1)),
        "an event of the input is positive": trace.settings["input_code"] in ENCODERS and ENCODERS[trace.settings["input_code"]].signed,
    }
    for law, present in faults.items():
        if present:
            got = f"code {trace.settings['code']}, input code {trace.settings['input_code']}"
            raise DoesNotFitError(
                f"device {card.name!r}",
                f"integrates and fires with signed weights only: {law}",
                got,
                "rate, sync_rate; if, poisson, constant, bursting",
            )
    incoming: dict[str, list[LayerSummary]] = {name: [layer for layer in trace.layers if layer.post == name] for name in trace.neurons}
    for layer in trace.layers:
        where = f"device {card.name!r}: layer {layer.post!r}"
        if layer.kind == "max_pool":
            raise DoesNotFitError(
                where,
                "the core integrates and fires; max pooling counts the spikes of each input",
                "max_pool",
                "average pooling or a strided convolution",
            )
        fan_in = sum(other.fan_in for other in incoming[layer.post])
        if fan_in > axons_limit:
            raise DoesNotFitError(
                where,
                f"a neuron has at most {axons_limit} inputs (axons_per_core)",
                fan_in,
                f"a card with axons_per_core >= {fan_in}, or a narrower layer",
            )
    cores = [Core()]
    for name, size in trace.neurons.items():
        if trace.settings["input_code"] in ENCODERS and not incoming[name]:
            continue  # its events come from outside
        first = 0
        while first < size:
            core = cores[-1]
            room = neurons_limit - core.neurons
            last, axons = _fill(incoming[name], first, min(size, first + room), core.axons, axons_limit)
            if last == first:
                if not core.residents:  # not even one neuron fits an empty core: dense layers share one set of axons
                    need = sum(int(np.prod(layer.pre_shape)) for layer in incoming[name])
                    raise DoesNotFitError(f"device {card.name!r}: layer {name!r}", f"its inputs fit {axons_limit} axons", need)
                cores.append(Core())
                continue
            core.residents.append((name, first, last))
            core.axons = axons
            first = last
    return Mapping(tuple(cores), neurons_limit, axons_limit)


def _fill(layers: list[LayerSummary], first: int, last: int, axons: dict[str, int], limit: int) -> tuple[int, dict[str, int]]:
    """The end of the longest run of neurons from `first` whose axons fit beside those in use, and the axons then in use."""
    if all(layer.kind == "dense" for layer in layers):
        # One population feeds all: an axon that is already listened to is shared.
        wanted = {**axons, **{layer.pre: int(np.prod(layer.pre_shape)) for layer in layers}}
        return (last, wanted) if last > first and sum(wanted.values()) <= limit else (first, axons)
    used, end = axons, first
    heard = {layer.pre: np.zeros(layer.pre_shape, bool) for layer in layers}
    for neuron in range(first, last):
        for layer in layers:
            _listen(layer, neuron, heard[layer.pre])
        wanted = dict(axons)
        for pre, mask in heard.items():  # axons that other residents use are not assumed to be the same ones
            wanted[pre] = min(axons.get(pre, 0) + int(mask.sum()), mask.size)
        if sum(wanted.values()) > limit:
            break
        used, end = wanted, neuron + 1
    return end, used


def _listen(layer: LayerSummary, neuron: int, heard: np.ndarray) -> None:
    """Mark in `heard` (pre shape) the inputs of one post neuron."""
    at = np.unravel_index(neuron, layer.post_shape)
    if layer.kind == "identity" and layer.pooled is None:
        heard[at] = True
        return
    if layer.geometry is None and layer.kind != "identity":
        heard[...] = True
        return
    geometry = Geometry.from_lists(layer.geometry) if layer.geometry else Geometry((1, 1), (1, 1))
    span = []
    for axis in (0, 1):
        start = int(at[axis]) * geometry.strides[axis] - geometry.padding[axis][0]
        stop = start + geometry.window[axis]
        if layer.pooled:
            pooled = Geometry.from_lists(layer.pooled)
            stop = (stop - 1) * pooled.strides[axis] - pooled.padding[axis][0] + pooled.window[axis]
            start = max(start, 0) * pooled.strides[axis] - pooled.padding[axis][0]
        span.append(slice(max(start, 0), max(stop, 0)))
    channel = int(at[2]) * layer.pre_shape[2] // layer.post_shape[2]  # of a depthwise layer, several post channels share one
    heard[span[0], span[1], slice(None) if layer.kind == "conv2d" else slice(channel, channel + 1)] = True
