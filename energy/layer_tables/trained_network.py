"""Layers of a trained network, read from its file as a layer table would hold them."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..kernels import law
from ..kernels.law import Int8Layer, Operator

if TYPE_CHECKING:
    from ...sim.conversion.graph.graph import Graph, LayerCall
    from ...sim.network.connection import ExecutedLayer

# Keras layers and operations that become part of the layer before them, or do nothing.
FOLDED = (
    "Activation",
    "ActivityRegularization",
    "BatchNormalization",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "InputLayer",
    "QCFS",
    "ReLU",
    "Relu",
    "Relu6",
    "SpatialDropout1D",
    "SpatialDropout2D",
)
RESHAPED = ("Flatten", "Reshape", "ExpandDims", "Squeeze")
ADDED = ("Add", "Subtract", "Average")
SQUASHED = {"softmax": law.SOFTMAX, "sigmoid": law.ELEMENTWISE}


def layers_of_network(path: str | Path) -> tuple[Int8Layer, ...]:
    """The int8 layers of a trained network, with the MACs that dead channels leave.

    Batch norms and ReLUs are taken to be folded into the layer before them, as converters do;
    what is neither known to be folded nor multiplied, pooled or added touches its outputs one by
    one.

    Parameters
    ----------
    path : str or Path
        A file that `models.loading.load.load_keras` reads: ``.keras``, ``.h5``, ``.tflite``, …

    Raises
    ------
    FileFormatError
        No network.
    SpikewattError
        No such file, or a layer that a conversion does not read.
    """
    from ...models.loading.load import load_keras

    return layers_of_model(load_keras(path))


def layers_of_model(model: Any) -> tuple[Int8Layer, ...]:
    """As `layers_of_network`, of a Keras model."""
    from ...sim.conversion.reading.reader import read
    from ...sim.conversion.reading.rules import ReadingRules

    # Pools stay layers of their own, and inputs may be below zero.
    graph = read(model, ReadingRules(merge_pools=False, flips=False, negative=True))
    return tuple(_layers(graph))


def _layers(graph: Graph) -> Iterator[Int8Layer]:
    from ...sim.conversion.graph.live import live_macs
    from ...sim.conversion.reading.order import sources_of

    live = live_macs(graph)
    executed = _executed(graph)
    for call in graph.calls:
        name = call.layer.name
        inputs = [prod(source.shape[1:]) for source in sources_of(call.tensor)]
        outputs = prod(call.tensor.shape[1:])
        parts = _taken(executed, call)
        if parts:
            yield from _multiplied(parts, live, inputs[0], outputs)
        else:
            for number, operator in enumerate(_operators(call, len(inputs))):
                own = f"{name}.{number + 1}" if number else name
                yield _other(own, operator, inputs[0], outputs)
        if call.squashed:
            yield _other(f"{name}.{call.squashed}", SQUASHED[call.squashed], outputs, outputs)


def _executed(graph: Graph) -> list[ExecutedLayer]:
    """What multiplies, each once, in order."""
    found = {
        id(layer): layer for node in graph.nodes for term in node.signals for layer in term.executed
    }
    return list(found.values())


def _taken(executed: list[ExecutedLayer], call: LayerCall) -> list[ExecutedLayer]:
    """What a call executes, taken from `executed`: one kernel, or the two of a separable layer."""
    name = call.layer.name
    own = (name,), (f"{name}.depthwise", f"{name}.pointwise")
    for names in own:
        parts = [next((x for x in executed if x.name == each), None) for each in names]
        found = [part for part in parts if part is not None]
        if found:
            for part in found:
                executed.remove(part)
            return found
    return []


def _multiplied(
    parts: list[ExecutedLayer], live: dict[int, int], inputs: int, outputs: int
) -> Iterator[Int8Layer]:
    """The kernels of one Keras layer, one after the other."""
    from ...sim.network.connection_kinds import Dense, Depthwise

    before = inputs
    for number, part in enumerate(parts, start=1):
        # With k weights, c channels and p positions: macs = p k, outputs = p c, parameters = k + c.
        positions = (part.macs + part.outputs) // part.parameters
        channels = part.outputs // positions
        operator = law.CONV
        if isinstance(part.kind, Dense):
            operator = law.DENSE
        elif isinstance(part.kind, Depthwise):
            operator = law.DEPTHWISE
        made = outputs if number == len(parts) else part.outputs
        yield Int8Layer(
            name=part.name,
            kind=operator.name,
            macs=part.macs,
            outputs=made,
            elements=0,
            weights=part.parameters - channels,
            biases=channels,
            input_elements=before,
            output_elements=made,
            live_macs=live[id(part)],
        )
        before = made


def _operators(call: LayerCall, inputs: int) -> tuple[Operator, ...]:
    """What a call that does not multiply runs as."""
    kind = type(call.layer).__name__
    if kind in FOLDED or call.squashed:
        return ()
    if kind in RESHAPED:
        return (law.RESHAPE,)
    if "Pooling" in kind:
        return (law.POOL,)
    if kind in ADDED and inputs > 1:
        return (law.ADD,) * (inputs - 1)
    return (law.ELEMENTWISE,)


def _other(name: str, operator: Operator, inputs: int, outputs: int) -> Int8Layer:
    """A layer that has no weights."""
    touched = {"": 0, "input": inputs, "output": outputs}
    return Int8Layer(
        name=name,
        kind=operator.name,
        macs=0,
        outputs=0,
        elements=touched[operator.elements],
        weights=0,
        biases=0,
        input_elements=inputs,
        output_elements=outputs,
    )
