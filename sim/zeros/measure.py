"""activation_zeros: counts the zeros of an ANN's activations on samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import SpikewattError, whole_number
from ...models.capacity import capacity_bits
from ...models.int8 import Int8Network
from ...models.int8_baseline import int8_baseline
from ...models.int8_tensors import WeightedOperator, levels_at, weighted_operators
from ..conversion.calibration import checked_inputs
from ..conversion.few_bits import MOST_BITS, FewBitNetwork, with_few_bits
from ..conversion.graph.blocks import evaluated
from ..conversion.graph.graph import Graph, LayerCall
from ..conversion.graph.keras_values import BATCH, tensors_of
from ..conversion.graph.nodes import InputNode, Values
from ..conversion.options import ConversionOptions
from ..conversion.reading.reader import read
from .activation_zeros import FLOAT_NETWORK, INT8_NETWORK, MATCHED_NETWORK, ActivationZeros
from .count import Counting
from .executed import Executed, executed_layers

INT8_BITS = 8
PROBES = 16  # samples by which an operator of the int8 network is told from the others


def activation_zeros(
    model,
    x,
    calibration=None,
    *,
    bits: int | None = None,
    steps: int | None = None,
    code: str = "rate",
    **options,
) -> ActivationZeros:
    """Count the zeros among the activations of a Keras network, and what is left to multiply.

    Of each layer that multiplies: the share of its inputs that are zero, and the
    multiply-accumulates whose activation is not, borders, strides and groups exact. Layers have
    the names of the populations and connections of a trace of the same `code`.

    Parameters
    ----------
    model : Keras model
        As of `convert`.
    x : array or list of array, (samples, *shape)
        Inputs as the model takes them.
    calibration : array or list of array, optional
        Typical inputs for the ranges of a network of few bits; by default `x`.
    bits : int, optional
        Of an activation. 8: the int8 network as TensorFlow Lite executes it, where zero is its
        zero point. 1..16 else: levels from 0 to the clip that a conversion chooses, see
        `few_bits`. By default the network as Keras computes it.
    steps : int, optional
        In place of `bits`: as many as so many steps carry, see `capacity_bits`.
    code : str, default "rate"
        Of the trace: it says which pools are populations of their own.
    **options
        Others of `convert`: `input_max`, `input_code`, `method` …

    Returns
    -------
    ActivationZeros

    Raises
    ------
    SpikewattError
        As of `convert`; bits and steps at once; an int8 network that cannot be had.

    Examples
    --------
    >>> import numpy as np
    >>> from spikewatt.models.networks import build_network
    >>> model = build_network("mlp-4-3-2", (2, 2, 1), 2)
    >>> images = np.zeros((3, 2, 2, 1), np.float32)
    >>> images[:, 0] = 1.0
    >>> zeros = activation_zeros(model, images)
    >>> [layer.population for layer in zeros.layers], zeros.shares["input"]
    (['hidden1', 'output'], 0.5)
    """
    if bits is not None and steps is not None:
        law = "takes bits, or the steps whose bits they are"
        raise SpikewattError("activation_zeros", law, f"bits={bits} and steps={steps}")
    where = "activation_zeros."
    checked = ConversionOptions.checked(where, {"code": code, **options})
    samples = checked_inputs(model, x, checked)
    graph = read(model, checked.reading_rules)
    layers = executed_layers(graph, checked.reading_rules)
    if not layers:
        raise SpikewattError("activation_zeros.model", "has a layer that multiplies", model.name)

    given = samples if calibration is None else checked_inputs(model, calibration, checked)
    if bits == INT8_BITS:
        return zeros_of_int8(int8_baseline(model, _only(given)), graph, layers, samples)
    if bits is None and steps is None:
        return zeros_of_float(graph, layers, samples)
    width = capacity_bits(steps) if steps is not None else bits
    width = whole_number("activation_zeros.bits", "must be a width", width, 1, MOST_BITS)
    return zeros_of_few_bits(with_few_bits(graph, given, width, checked), layers, samples)


def zeros_of_float(
    graph: Graph, layers: Sequence[Executed], x: list[np.ndarray]
) -> ActivationZeros:
    """Of the network as Keras computes it.

    Parameters
    ----------
    graph : Graph
    layers : sequence of Executed
        Of the graph.
    x : list of array, (samples, *shape)
        One array per input.
    """
    countings = [Counting(layer) for layer in layers]
    for start in range(0, len(x[0]), BATCH):
        found = _at_sources(graph, layers, [values[start : start + BATCH] for values in x])
        for counting in countings:
            executed = counting.executed
            counting.add(executed.inputs(found[id(executed.source)]) != 0)
    return _found(FLOAT_NETWORK, len(x[0]), countings)


def zeros_of_few_bits(
    network: FewBitNetwork, layers: Sequence[Executed], x: list[np.ndarray]
) -> ActivationZeros:
    """Of a network with few bits of activation.

    Parameters
    ----------
    network : FewBitNetwork
    layers : sequence of Executed
        Of its graph.
    x : list of array, (samples, *shape)
        One array per input.
    """
    graph = network.graph
    calls = {id(call.tensor): call for call in graph.calls}
    countings = [Counting(layer) for layer in layers]
    for values in network.values(x):
        for counting in countings:
            executed = counting.executed
            counting.add(executed.inputs(_read_at(graph, calls, executed.source, values)) != 0)
    return _found(MATCHED_NETWORK, len(x[0]), countings, network.bits)


def zeros_of_int8(
    network: Int8Network, graph: Graph, layers: Sequence[Executed], x: list[np.ndarray]
) -> ActivationZeros:
    """Of an int8 network as it is executed: activations at their zero point.

    Parameters
    ----------
    network : Int8Network
        Of the model.
    graph : Graph
        Of the model.
    layers : sequence of Executed
        Of the graph.
    x : list of array, (samples, *shape)
        One array.

    Raises
    ------
    SpikewattError
        A layer that none of its operators stands for.
    """
    operators = _operators_of(network, graph, layers, x)
    countings = [Counting(layer) for layer in layers]
    tensors = sorted({operator.tensor for operator in operators})
    for levels in levels_at(network, tensors, _only(x)):
        for counting, operator in zip(countings, operators, strict=True):
            counting.add(levels[operator.tensor] != operator.zero)
    return _found(INT8_NETWORK, len(x[0]), countings)


def _found(
    network: str, samples: int, countings: Sequence[Counting], bits: int | None = None
) -> ActivationZeros:
    return ActivationZeros(network, samples, [each.result() for each in countings], bits)


def _only(x: list[np.ndarray]) -> np.ndarray:
    """The one input; an int8 network has no other."""
    if len(x) != 1:
        raise SpikewattError("activation_zeros.bits", "int8 networks have one input", len(x))
    return x[0]


def _at_sources(
    graph: Graph, layers: Sequence[Executed], x: list[np.ndarray]
) -> dict[int, np.ndarray]:
    """Id of the tensor that a layer takes -> its values, as Keras computes them."""
    found = {id(tensor): part for tensor, part in zip(graph.inputs, x, strict=True)}
    sources = {id(each.source): each.source for each in layers}
    computed = [tensor for key, tensor in sources.items() if key not in found]
    if computed:
        values = tensors_of(graph, computed, x)
        found |= {id(t): value for t, value in zip(computed, values, strict=True)}
    return found


def _read_at(graph: Graph, calls: dict[int, LayerCall], tensor, values: Values) -> np.ndarray:
    """(samples, …) what a tensor holds, by the `values` of the nodes."""
    if call := calls.get(id(tensor)):
        return evaluated(call.value, values)
    inputs = [node for node in graph.nodes if isinstance(node, InputNode)]
    at = [id(given) for given in graph.inputs].index(id(tensor))
    return values[inputs[at].name]


def _operators_of(
    network: Int8Network, graph: Graph, layers: Sequence[Executed], x: list[np.ndarray]
) -> list[WeightedOperator]:
    """The operator in place of each layer: of those with as many weights and inputs, the one whose
    inputs are nearest to those of Keras."""
    few = [part[:PROBES] for part in x]
    known = _at_sources(graph, layers, few)
    operators = weighted_operators(network)
    tensors = sorted({operator.tensor for operator in operators})
    parts = list(levels_at(network, tensors, _only(few)))
    levels = {t: np.concatenate([part[t] for part in parts]) for t in tensors}

    found = []
    for executed in layers:
        wanted = executed.inputs(known[id(executed.source)])
        same = [o for o in operators if _can_be(o, executed)]
        if not same:
            law = "has an operator with as many inputs and weights"
            where = f"int8 network: layer {executed.layer.name!r}"
            raise SpikewattError(where, law, "none")
        found.append(min(same, key=lambda o: _distance(o, levels[o.tensor], wanted)))
    return found


def _can_be(operator: WeightedOperator, executed: Executed) -> bool:
    inputs = len(executed.reach)
    return operator.inputs == inputs and operator.weights == executed.term.weights.size


def _distance(operator: WeightedOperator, levels: np.ndarray, wanted: np.ndarray) -> float:
    """Between what goes into an operator and what Keras computes there."""
    values = operator.scale * (levels.astype(np.float64) - operator.zero)
    return float(np.square(values - wanted).sum())
