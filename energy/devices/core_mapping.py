"""Mapping: which neurons sit on which core, and which events each core has to sweep."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil, log2

import numpy as np

from ...errors import DoesNotFitError
from ...sim.network.encoders import ENCODERS
from ...sim.network.geometry import Geometry
from ...sim.trace.trace import LayerSummary, Trace
from ..cards.card import Card, Quantity

WORD_BITS = 32  # of the port that loads the weights


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
    weight_bits: int

    @property
    def neurons(self) -> int:
        """Neurons in use."""
        return sum(core.neurons for core in self.cores)

    @property
    def axons(self) -> int:
        """Axons in use."""
        return sum(sum(core.axons.values()) for core in self.cores)

    @property
    def memory_bits(self) -> int:
        """Synapse memory of all cores, which is loaded once."""
        return len(self.cores) * self.neurons_per_core * self.axons_per_core * self.weight_bits

    def describe(self) -> str:
        """One line: cores and how full they are."""
        n = len(self.cores)
        return (
            f"{n} core{'s' if n > 1 else ''}; {self.neurons} of {n * self.neurons_per_core} neurons and "
            f"{self.axons} of {n * self.axons_per_core} axons used"
        )

    def area_m2(self, card: Card) -> Quantity:
        """Area of all cores: n (A_besides · N / 256 + A_bit · bits), with its range."""
        bits, besides = card["area_per_synapse_bit_m2"], card["area_besides_synapses_m2"]
        share = len(self.cores) * self.neurons_per_core / 256
        ends = {
            end: share * getattr(besides, end) + self.memory_bits * getattr(bits, end)
            for end in ("value", "low", "high")
        }
        return replace(
            bits, **ends, conditions="synapse memory and the rest of the core", measurement="area"
        )

    def loading(self, card: Card) -> str:
        """One line: what it takes to load the weights once, in words of 32 bits, and the area."""
        words = self.memory_bits / WORD_BITS
        energy, area = words * card["energy_per_neuron_access_j"].value, self.area_m2(card)
        seconds = (
            words
            / len(self.cores)
            * card["cycles_per_neuron_access"].value
            / card["clock_hz"].value
        )
        return (
            f"loading {self.memory_bits / 8 / 1024:,.0f} KiB of weights once (not included): about {energy * 1e6:.2g} µJ and "
            f"{seconds * 1e3:.2g} ms; area {area.value * 1e6:.3g} mm² ({area.low * 1e6:.3g} to {area.high * 1e6:.3g})."
        )


def map_network(trace: Trace, card: Card, hosted: bool = False) -> Mapping:
    """Place the populations in order, each core filled up to its neurons and axons before the next is begun.

    An axon is one pre neuron that the core listens to. Input neurons integrate their pixel and need no axon; the
    events of an encoder come from outside and need no neuron.

    Raises
    ------
    DoesNotFitError : weights too wide, a firing rule that the core lacks, or one neuron with more inputs than a core has axons.
    """
    neurons_limit, axons_limit = card.limits["neurons_per_core"], card.limits["axons_per_core"]
    if trace.settings.weight_bits > card.limits["weight_bits"]:
        raise DoesNotFitError(
            f"device {card.name!r}",
            "weights fit into its synapses",
            f"{trace.settings.weight_bits} bits",
            f"<= {card.limits['weight_bits']}",
        )
    if trace.settings.state_bits > card.limits["state_bits"]:
        raise DoesNotFitError(
            f"device {card.name!r}",
            "potentials fit",
            f"{trace.settings.state_bits} bits",
            f"<= {card.limits['state_bits']}",
        )
    faults = {
        "radix doubles the accumulator at each step": (
            trace.settings.code == "radix" or trace.settings.input_code == "bitplane"
        )
        and not card.limits["doubling_accumulator"],
        "a negative spike takes one back": trace.settings.code == "signed",
        "an analog first layer needs a host that multiplies": trace.settings.input_code == "analog"
        and not hosted,
        "a reset to zero is not a subtraction": "zero" in trace.settings.resets,
        "an event of the input has one worth": trace.settings.input_code in ENCODERS
        and bool(ENCODERS[trace.settings.input_code].gains(1)),
        "an event of the input is positive": trace.settings.input_code in ENCODERS
        and trace.settings.input_code.takes_negative,
    }
    for law, present in faults.items():
        if present:
            got = f"code {trace.settings.code}, input code {trace.settings.input_code}"
            raise DoesNotFitError(
                f"device {card.name!r}",
                f"integrates and fires with signed weights only: {law}",
                got,
                "rate, sync_rate; if, poisson, constant, bursting; analog with a host; radix with a doubling_accumulator",
            )
    incoming: dict[str, list[LayerSummary]] = {
        name: [layer for layer in trace.layers if layer.post == name and not layer.host_macs]
        for name in trace.neurons
    }
    # With one sign per axon, an axon with weights of both signs becomes two, and each of its events is swept twice.
    signed = card.limits["signs_per_axon"] == 1
    copies = {
        layer.name: 1 + layer.mixed_axons / int(np.prod(layer.pre_shape)) if signed else 1.0
        for layer in trace.layers
    }
    for layer in (layer for layer in trace.layers if not layer.host_macs):
        where = f"device {card.name!r}: layer {layer.post!r}"
        if layer.kind == "max_pool":
            raise DoesNotFitError(
                where,
                "the core integrates and fires; max pooling counts the spikes of each input",
                "max_pool",
                "average pooling or a strided convolution",
            )
        fan_in = sum(ceil(other.fan_in * copies[other.name]) for other in incoming[layer.post])
        if fan_in > axons_limit:
            doubled = (
                " (axons with weights of both signs count twice)"
                if any(copies[o.name] > 1 for o in incoming[layer.post])
                else ""
            )
            raise DoesNotFitError(
                where,
                f"a neuron has at most {axons_limit} inputs (axons_per_core){doubled}",
                fan_in,
                f"a card with axons_per_core >= {fan_in} (odin_style:axons_per_core={2 ** ceil(log2(fan_in))}), or a narrower layer",
            )
    cores, fed = [Core()], {layer.post for layer in trace.layers}
    for name, size in trace.neurons.items():
        if name not in fed and (
            trace.settings.input_code in ENCODERS or trace.settings.input_code == "analog"
        ):
            continue  # its events come from outside, or its values from the host
        first = 0
        while first < size:
            core = cores[-1]
            room = neurons_limit - core.neurons
            last, axons = _fill(
                incoming[name], first, min(size, first + room), core.axons, axons_limit, copies
            )
            if last == first:
                if (
                    not core.residents
                ):  # not even one neuron fits an empty core: dense layers share one set of axons
                    need = sum(
                        ceil(int(np.prod(layer.pre_shape)) * copies[layer.name])
                        for layer in incoming[name]
                    )
                    nearest = f"odin_style:axons_per_core={2 ** ceil(log2(need))}"
                    raise DoesNotFitError(
                        f"device {card.name!r}: layer {name!r}",
                        f"its inputs fit {axons_limit} axons",
                        need,
                        nearest,
                    )
                cores.append(Core())
                continue
            core.residents.append((name, first, last))
            core.axons = axons
            first = last
    return Mapping(tuple(cores), neurons_limit, axons_limit, card.limits["weight_bits"])


def _fill(
    layers: list[LayerSummary],
    first: int,
    last: int,
    axons: dict[str, int],
    limit: int,
    copies: dict[str, float],
) -> tuple[int, dict[str, int]]:
    """The end of the longest run of neurons from `first` whose axons fit beside those in use, and the axons then in use."""
    if all(layer.kind == "dense" for layer in layers):
        # One population feeds all: an axon that is already listened to is shared.
        wanted = {
            **axons,
            **{
                layer.pre: ceil(int(np.prod(layer.pre_shape)) * copies[layer.name])
                for layer in layers
            },
        }
        return (last, wanted) if last > first and sum(wanted.values()) <= limit else (first, axons)
    used, end = axons, first
    doubled = {layer.pre: copies[layer.name] for layer in layers}
    heard = {layer.pre: np.zeros(layer.pre_shape, bool) for layer in layers}
    for neuron in range(first, last):
        for layer in layers:
            _listen(layer, neuron, heard[layer.pre])
        wanted = dict(axons)
        for (
            pre,
            mask,
        ) in heard.items():  # axons that other residents use are not assumed to be the same ones
            wanted[pre] = min(
                axons.get(pre, 0) + ceil(int(mask.sum()) * doubled[pre]),
                ceil(mask.size * doubled[pre]),
            )
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
    channel = (
        int(at[2]) * layer.pre_shape[2] // layer.post_shape[2]
    )  # of a depthwise layer, several post channels share one
    heard[
        span[0], span[1], slice(None) if layer.kind == "conv2d" else slice(channel, channel + 1)
    ] = True


def core_table(mapping: Mapping) -> list[dict]:
    """One row per core: who lives there, neurons and axons in use and their share."""
    return [
        {
            "core": i,
            "neurons": core.neurons,
            "neurons_used": core.neurons / mapping.neurons_per_core,
            "axons": sum(core.axons.values()),
            "axons_used": sum(core.axons.values()) / mapping.axons_per_core,
            "residents": ", ".join(
                f"{name}[{first}:{last}]" for name, first, last in core.residents
            ),
        }
        for i, core in enumerate(mapping.cores)
    ]
