"""What a microcontroller has to do: counts per layer and inference, by the card value of each.

The int8 network is the one that Keras executes: where layers were merged into one connection, the
layers as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import singledispatch
from itertools import pairwise
from math import prod
from typing import NamedTuple

from ...sim.network.connection import ExecutedLayer
from ...sim.network.connection_kinds import (
    ConnectionKind,
    Dense,
    Depthwise,
    Identity,
    MaxPool,
    Pool,
)
from ...sim.trace.blueprint import Blueprint
from ...sim.trace.layer_summary import LayerSummary
from ...sim.trace.trace import Trace
from ..kernels.law import ELEMENT, LAYER
from ..layer_tables.memory import BYTES_BEYOND_PARAMETERS
from .software_limits import SoftwareNeed

POTENTIAL_BYTES = 4  # int32 potential per neuron
CODE_BYTES = 65_536  # kernels, runtime and start-up code: assumed
STACK_BYTES = 8_192  # stack and buffers: assumed

Counts = Mapping[str, float]  # card value -> events


class PricedBy(NamedTuple):
    """Card values of a connection in software: of a multiply-accumulate, and of a synapse.

    `gathers`: its outputs gather what spiked, which costs something for each of them.
    """

    mac: str
    synapse: str
    gathers: bool


@singledispatch
def priced_by(kind: ConnectionKind) -> PricedBy:
    """Card values that price a connection: an indexed target, unless its kind says otherwise."""
    return PricedBy("cycles_per_mac_conv", "cycles_per_synapse_sparse", gathers=True)


@priced_by.register
def _(kind: Dense) -> PricedBy:
    """A row of weights, one after the other."""
    return PricedBy("cycles_per_mac_dense", "cycles_per_synapse_dense", gathers=True)


@priced_by.register(Depthwise)
@priced_by.register(Pool)
@priced_by.register(MaxPool)
@priced_by.register(Identity)
def _(kind: ConnectionKind) -> PricedBy:
    """One target after the other, each found by itself."""
    return PricedBy("cycles_per_mac_conv", "cycles_per_synapse_single", gathers=False)


def int8_work(layer: LayerSummary, prunes: bool = False) -> Counts:
    """What the int8 network does in place of one connection.

    Layers that multiply count their multiply-accumulates and outputs, as Keras executes them;
    others the elements that they touch. An average pool that was merged into the connection
    is a layer, too, and touches its inputs. A library that `prunes` does not multiply for dead
    channels.
    """
    done: Counter[str] = Counter()
    if layer.executed is not None:
        done.update(_executed_work(layer, prunes))
    elif not layer.kind.multiplies:
        done.update({ELEMENT: layer.macs, LAYER: 1})
    else:
        mac = priced_by(layer.kind).mac
        done.update({mac: layer.macs, "cycles_per_output": layer.post_neurons, LAYER: 1})
    if layer.pooled:
        done.update({ELEMENT: prod(layer.pre_shape), LAYER: 1})
    return dict(done)


def _executed_work(layer: LayerSummary, prunes: bool) -> Counts:
    """The Keras layers that became this connection, one by one."""
    done: Counter[str] = Counter()
    for part in layer.executed or ():
        macs = part.computed_macs(prunes)
        done.update({priced_by(part.kind).mac: macs, "cycles_per_output": part.outputs})
        done[LAYER] += 1
    return dict(done)


def analog_work(layer: LayerSummary) -> Counts:
    """An analog first layer, which multiplies once per inference."""
    return {priced_by(layer.kind).mac: layer.host_macs}


def spiking_work(trace: Trace, layer: LayerSummary) -> Counts:
    """One spiking layer, mean per inference: synapses and spikes taken in.

    Where outputs gather, each of them is visited at each step at which its inputs may spike.
    """
    if layer.host_macs:
        return analog_work(layer)
    priced = priced_by(layer.kind)
    done = {
        priced.synapse: trace.mean_operations(layer.name),
        "cycles_per_spike": trace.mean_spikes(layer.pre),
    }
    if priced.gathers:
        visits = trace.settings.active_steps(layer.pre)
        done["cycles_per_neuron_gather"] = layer.post_neurons * visits
    return done


def update_work(trace: Trace, population: str) -> Counts:
    """The neurons of a population, which are visited at each step of its window."""
    visits = trace.settings.active_steps(population)
    return {
        "cycles_per_neuron_update": trace.neurons[population] * visits,
        "cycles_per_step": visits,
    }


def software_needs(blueprint: Blueprint) -> dict[str, SoftwareNeed]:
    """Workload -> flash and RAM that it needs, code and stack included, and its widths.

    int8 weights, per output channel an int32 bias, multiplier and shift; an int32 potential per
    neuron, or the activations that live at once. The int8 network has bytes for weights, however
    wide those of the spiking one are.
    """
    spiking = sum(_stored_bytes(layer) for layer in blueprint.layers)
    int8 = sum(_executed_bytes(layer) for layer in blueprint.layers)
    potentials = sum(blueprint.neurons.values()) * POTENTIAL_BYTES
    settings = blueprint.settings
    return {
        "snn": SoftwareNeed(
            flash_bytes=spiking + CODE_BYTES,
            ram_bytes=potentials + STACK_BYTES,
            weight_bits=settings.weight_bits,
            state_bits=settings.state_bits,
            gated=settings.wakes_in_time,
        ),
        "int8_ann": SoftwareNeed(
            flash_bytes=int8 + CODE_BYTES,
            ram_bytes=_live_bytes(blueprint) + STACK_BYTES,
        ),
    }


def host_need(trace: Trace) -> SoftwareNeed:
    """What a host beside cores needs: an analog first layer in flash, values and results in RAM."""
    layers = [layer for layer in trace.layers if layer.host_macs]
    fed = {layer.post for layer in trace.layers}
    computed = {layer.post for layer in layers}
    passed = [
        neurons
        for name, neurons in trace.neurons.items()
        if name in computed or name not in fed or name not in trace.spikes
    ]
    return SoftwareNeed(
        flash_bytes=sum(map(_stored_bytes, layers)) + CODE_BYTES,
        ram_bytes=sum(passed) * POTENTIAL_BYTES + STACK_BYTES,
        weight_bits=trace.settings.weight_bits if layers else 0,
    )


def _channels_bytes(parameters: int, channels: int) -> int:
    """Flash of a layer whose parameters, biases among them, count one byte each."""
    return parameters + BYTES_BEYOND_PARAMETERS * channels if parameters else 0


def _stored_bytes(layer: LayerSummary) -> int:
    """Flash of the connection as the spiking network stores it."""
    channels = layer.post_shape[-1]
    if layer.executed is None:
        return _channels_bytes(layer.parameters, channels)
    # `parameters` are those of the merged layers: count the weights of the connection itself.
    pool_window = prod(layer.pooled[0]) if layer.pooled else 1
    inputs_weighted = layer.fan_in // pool_window
    return _channels_bytes((inputs_weighted + 1) * channels, channels)


def _executed_bytes(layer: LayerSummary) -> int:
    """Flash of the layers that the int8 network executes in place of the connection."""
    if layer.executed is None:
        return _channels_bytes(layer.parameters, layer.post_shape[-1])
    return sum(_channels_bytes(part.parameters, channels_of(part)) for part in layer.executed)


def channels_of(part: ExecutedLayer) -> int:
    """Output channels of a layer that applies its kernel at every position.

    With k weights, c channels and p positions: macs = p k, outputs = p c, parameters = k + c.
    """
    positions = (part.macs + part.outputs) // max(part.parameters, 1)
    return part.outputs // max(positions, 1)


def _live_bytes(blueprint: Blueprint) -> int:
    """Largest sum of int8 activations that are needed at once, layer after layer."""
    last_use = {layer.pre: i for i, layer in enumerate(blueprint.layers)}
    alive: dict[str, int] = {}
    most = 0
    for i, layer in enumerate(blueprint.layers):
        for population in (layer.pre, layer.post):
            alive[population] = blueprint.neurons[population]
        for population in list(alive):
            if last_use.get(population, i) < i:
                del alive[population]

        most = max(most, sum(alive.values()))
        if layer.executed:
            most = max(most, _between(layer, alive))
    return most


def _between(layer: LayerSummary, alive: Mapping[str, int]) -> int:
    """Most that lives at once while merged layers run one by one."""
    own = (layer.pre, layer.post)
    others = [size for name, size in alive.items() if name not in own]

    tensors = [prod(layer.pre_shape)]
    for part in layer.executed or ():
        tensors.append(part.outputs)
    read_and_written = [first + second for first, second in pairwise(tensors)]
    return sum(others) + max(read_and_written)
