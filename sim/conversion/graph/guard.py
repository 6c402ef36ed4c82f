"""The guard: what was read of a Keras model is run on a few samples, and must equal Keras.

From Keras' own values of the populations before it, every population and every output is computed
in float64 and compared with the Keras tensor that it came from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....errors import SpikewattError
from .blocks import evaluated
from .graph import Graph, LayerCall, where
from .keras_values import tensors_of
from .nodes import InputNode, ReluNode, Values

CALIBRATION_SAMPLES = 4
RANDOM_SAMPLES = 2
EPSILON = {
    "float64": 2.0**-23,
    "float32": 2.0**-23,
    "bfloat16": 2.0**-7,
    "float16": 2.0**-10,
}
FAULT_OF_READER = "rounding only; this is a fault of the reader of this layer: please report it"
ROUNDINGS = 100  # how many epsilons of its data type the result of a layer may be away
TIES = 0.02  # share of quantised activations that may round to the level beside


def check_against_keras(
    graph: Graph,
    calibration: list[np.ndarray],
    lowest: float,
    largest: float,
) -> None:
    """Raise unless what was read computes what Keras computes.

    Parameters
    ----------
    graph : Graph
        What was read.
    calibration : list of array, (samples, *shape)
        One array per input of the model; a few samples of it are taken.
    lowest, largest : float
        Range of the inputs, in which a few more samples are drawn.

    Raises
    ------
    SpikewattError : a difference; it names the first layer that differs.
    """
    x = _samples(calibration, lowest, largest)
    outputs = {id(tensor) for tensor in graph.outputs}

    def closes(call: LayerCall) -> bool:
        return bool(call.nodes) or id(call.tensor) in outputs

    closing = [call for call in graph.calls if closes(call)]

    if _first_fault(graph, x, closing) is None:
        return

    # Something differs: look at every layer, also at those that were merged.
    fault = _first_fault(graph, x, graph.calls)
    assert fault is not None
    raise fault


def _first_fault(
    graph: Graph,
    x: list[np.ndarray],
    calls: Sequence[LayerCall],
) -> SpikewattError | None:
    """The error about the first of `calls` that was read wrongly, or None."""
    values = _inputs(graph, x)
    expected = tensors_of(graph, [call.tensor for call in calls], x)

    for call, wanted in zip(calls, expected, strict=True):
        before = dict(values)
        try:
            found = _run(call, values)
        except ValueError as error:  # arrays that do not fit
            return misread(call.layer, str(error))
        if not _equal(call, found, wanted, before):
            return _fault(call, found, wanted)

        # What follows is computed from Keras' own values: errors do not add up.
        for node in call.nodes:
            if node.tensor is call.tensor:
                values[node.name] = node.part_of(wanted)

    return None


def _run(call: LayerCall, values: Values) -> np.ndarray:
    """(samples, …) what a call gives; keeps what its populations transmit in `values`."""
    for node in call.nodes:
        values[node.name] = node.evaluate(values)
    found = evaluated(call.value, values)
    shape = call.tensor.shape[1:]
    return found.reshape(len(found), *shape)


def _samples(calibration: list[np.ndarray], lowest: float, largest: float) -> list[np.ndarray]:
    """A few samples of the calibration, apart from each other, and a few random ones."""
    random = np.random.default_rng(0)
    last = len(calibration[0]) - 1
    places = np.unique(np.linspace(0, last, CALIBRATION_SAMPLES).astype(int))

    found = []
    for part in calibration:
        shape = (RANDOM_SAMPLES, *part.shape[1:])
        drawn = random.uniform(lowest, largest, shape)
        both = [part[places], drawn.astype(np.float32)]
        found.append(np.concatenate(both))

    return found


def _inputs(graph: Graph, x: list[np.ndarray]) -> Values:
    nodes = [node for node in graph.nodes if isinstance(node, InputNode)]
    pairs = zip(nodes, x, strict=True)
    return {
        node.name: part.astype(np.float64).reshape(len(part), *node.shape) for node, part in pairs
    }


def _equal(
    call: LayerCall,
    found: np.ndarray,
    wanted: np.ndarray,
    before: Values,
) -> bool:
    """Whether `found` is what Keras gives, up to the rounding of its sums."""
    rounding = ROUNDINGS * EPSILON[_dtype(call)]
    if call.rectified:
        wanted = np.maximum(wanted, 0.0)
    if call.squashed == "sigmoid":
        found = _sigmoid(found)
    if call.squashed == "softmax":
        smallest = rounding**4  # smaller shares are noise
        found = _log_softmax(found, smallest)
        wanted = np.log(np.maximum(wanted, smallest))

    difference = np.abs(found - wanted)
    tolerance = rounding * np.abs(wanted).max()
    if (difference <= tolerance).all():
        return True

    # Large terms may have cancelled: then their size decides, not that of their sum.
    tolerance = np.maximum(tolerance, rounding * _sizes(call, before))
    wrong = ~(difference <= tolerance)
    if wrong.mean() <= TIES:
        wrong = ~(difference <= tolerance + _step(call))

    return not wrong.any()


def _step(call: LayerCall) -> float:
    """From one level to the next of a quantised activation, whose ties may fall either way."""
    relus = [node for node in call.nodes if isinstance(node, ReluNode)]
    return max((node.step for node in relus), default=0.0)


def _sizes(call: LayerCall, before: Values) -> np.ndarray:
    """Σ |weight| |value| + |bias| of everything in `call`."""
    sizes = {name: np.abs(value) for name, value in before.items()}
    for node in call.nodes:
        sizes[node.name] = node.size(sizes)
    found = evaluated([block.absolute() for block in call.value], sizes)
    shape = call.tensor.shape[1:]
    return found.reshape(len(found), *shape)


def _dtype(call: LayerCall) -> str:
    """In which Keras computes: of a layer its own, of an operation that of its result."""
    return getattr(call.layer, "compute_dtype", None) or str(call.tensor.dtype)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(logits / 2))


def _log_softmax(logits: np.ndarray, smallest: float) -> np.ndarray:
    largest = logits.max(axis=-1, keepdims=True)
    shifted = logits - largest  # so that no exponential overflows
    total = np.exp(shifted).sum(axis=-1, keepdims=True)

    found = shifted - np.log(total)
    return np.maximum(found, np.log(smallest))


def _fault(call: LayerCall, found: np.ndarray, wanted: np.ndarray) -> SpikewattError:
    """The error about a call that was read wrongly."""
    if call.squashed == "softmax":
        found = np.exp(_log_softmax(found, 1e-300))
    if call.squashed == "sigmoid":
        found = _sigmoid(found)

    difference = np.abs(found - wanted).max()
    largest = np.abs(wanted).max()
    got = f"values that differ by {difference:.2g} where Keras gives up to {largest:.2g}"
    return misread(call.layer, got)


def misread(layer, got: str) -> SpikewattError:
    """The error about a layer whose reader errs."""
    law = "the network read must equal Keras"
    return SpikewattError(where(layer), law, got, FAULT_OF_READER)
