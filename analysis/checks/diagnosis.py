"""Where did the accuracy go? Each layer of a spiking network beside its Keras layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...errors import SpikewattError
from ...models.decision import decided_by
from ...models.keras_backend import import_keras
from ...progress import Progress
from ...sim.conversion.graph.keras_values import activations_of
from ...sim.conversion.graph.nodes import Node, ReadoutNode
from ...sim.conversion.reading.reader import read
from ...sim.conversion.reading.rules import ReadingRules
from ...sim.engines.simulate import simulate
from ...sim.network.population import Population
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.labels import checked_labels
from ...sim.trace.trace import Trace

ALL = 2**31 - 1  # samples whose every spike is kept

# Where advice begins; our choice, no more than a hint.
COARSE_THRESHOLD = 16  # below, rounding moves a threshold by more than 3 %
FEW_BITS = 6
MOST_BITS = 16
MUCH_CLIPPED = 0.02
MANY_DEAD = 0.05
LARGE_BIAS = 0.05
LARGE_ERROR = 0.05
SHARES = ("clipped_share", "dead_share", "saturated_share")
ALMOST = 1 - 1e-9  # of the largest value: a value that is equal to it in float


def diagnose(
    model,
    network: SpikingNetwork,
    x,
    labels: np.ndarray | None = None,
    steps: int | None = None,
    state_bits: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """One row per ReLU and output of `model`, in order.

    Parameters
    ----------
    model : keras.Model
        The Keras network.
    network : SpikingNetwork
        What `convert` made of it.
    x : ndarray, (samples, …), or a list of them
        Inputs; every spike of theirs is kept, so a few hundred at most.
    labels : ndarray of int, (samples,), default None
        Classes, for the accuracy.
    steps : int, default None
        Simulated steps of a streaming code, as in `simulate`.
    state_bits : int, default None
        Width of a potential, as in `simulate`.
    progress : Progress, default None
        Called as the work goes on.

    Returns
    -------
    DataFrame
        ``layer``, ``neurons``, ``levels``;
        ``agreement`` = 1 − Σ (spiking − Keras)² / Σ Keras², with errors of earlier layers;
        ``mean_error`` = (Σ spiking − Σ Keras) / Σ |Keras|;
        ``clipped_share`` of the active Keras values that lie above the largest value that a spike
        train carries; ``dead_share`` of the neurons that Keras sees active and that never spike;
        ``saturated_share`` of the transmitted values that are the largest;
        ``saturations`` of the potential per inference;
        ``threshold``, the smallest of the layer, and ``threshold_resolution`` = 1 / (2 θ), the
        relative error of rounding it;
        ``keras_accuracy`` on these samples, and ``accuracy_from_here``: that of Keras when it goes
        on from the values of the spiking layer; where it falls, accuracy is lost (NaN where the
        graph has branches around the layer);
        ``try_next``, what to change first.

    Raises
    ------
    SpikewattError
        Layers of the model that the network does not have, or has in another shape; labels that
        do not fit.

    Examples
    --------
    >>> import spikewatt as sw
    >>> sw.diagnose(model, network, x, labels, steps=32)  # doctest: +SKIP
    """
    labels = _checked_labels(network, labels, x)
    trace = simulate(
        network,
        x,
        "batched",
        steps,
        rasters=ALL,
        progress=progress,
        state_bits=state_bits,
    )
    graph = read(model, ReadingRules.of(network.code, network.input_code))
    _check_layers(graph.layers, network)
    wanted = activations_of(graph, graph.layers, _keras_inputs(model, x))
    keras_accuracy = _accuracy(wanted[graph.layers[-1].name], labels)
    rows = []
    for node in graph.layers:
        population = network.population(node.name)
        keras_value = wanted[node.name].astype(np.float64)
        if not population.kind.is_readout:  # what fires cannot say less than nothing
            keras_value = np.maximum(keras_value, 0.0)
        spiking = _transmitted(network, population, trace)
        value = spiking.reshape(keras_value.shape)

        row = _row(population, trace, value, keras_value)
        row["keras_accuracy"] = keras_accuracy
        row["accuracy_from_here"] = _accuracy_from(model, node, value, labels)
        row["try_next"] = _advice(network, row)
        rows.append(row)

    return pd.DataFrame(rows)


def _checked_labels(network: SpikingNetwork, labels, x) -> np.ndarray | None:
    """`labels` as an array, if they are those of the one output of the network."""
    if labels is None:
        return None

    where = "diagnose.labels"
    outputs = len(network.readouts)
    if outputs > 1:
        law = "are those of the one output of a network"
        raise SpikewattError(where, law, f"{outputs} outputs", hint="labels=None")

    several = isinstance(x, list | tuple) and len(network.inputs) > 1
    parts = list(x) if several else [x]
    return checked_labels(where, labels, network.readouts[0].size, len(parts[0]))


def _check_layers(nodes: Sequence[Node], network: SpikingNetwork) -> None:
    """Raise unless each ReLU and output of the model has its population."""
    where, law = "diagnose.network", "was made of this model"
    names = {population.name for population in network.populations}
    missing = [node.name for node in nodes if node.name not in names]
    if missing:
        found = f"no population {', '.join(missing)}"
        known = ", ".join(sorted(names))
        raise SpikewattError(where, law, found, known)

    other = [n.name for n in nodes if network.population(n.name).shape != n.shape]
    if other:
        raise SpikewattError(where, law, f"other shapes of {', '.join(other)}")


def _keras_inputs(model, x) -> list[np.ndarray]:
    """One array per input of the model, in its shape."""
    several = isinstance(x, list | tuple) and len(model.inputs) > 1
    parts = x if several else [x]
    inputs = []
    for part, tensor in zip(parts, model.inputs, strict=True):
        values = np.asarray(part, np.float32)
        shape = tensor.shape[1:]
        inputs.append(values.reshape(-1, *shape))

    return inputs


def _transmitted(network: SpikingNetwork, population: Population, trace: Trace) -> np.ndarray:
    """(samples, neurons) values, in Keras' terms, that the spikes of a population stand for."""
    if population.kind.is_readout:
        total = trace.output(population.name)[:, -1]
    else:
        window = trace.settings.schedule.windows[population.name]
        gains = [window.gain(step) for step in range(trace.steps)]
        worth = np.array(gains, np.int64)
        spikes = trace.rasters[population.name].astype(np.int64)
        total = np.einsum("stn,t->sn", spikes, worth)  # samples, steps, neurons

    units = np.broadcast_to(population.unit, population.shape)
    value = total * units.reshape(-1)
    if network.code.limited:
        return value
    return value / trace.steps  # a rate: the share of steps with a spike


def _row(
    population: Population, trace: Trace, value: np.ndarray, keras_value: np.ndarray
) -> dict[str, Any]:
    """The measures of one layer: `value` is what its spikes say, `keras_value` what Keras says."""
    firing = population.kind.fires
    row: dict[str, Any] = {
        "layer": population.name,
        "neurons": population.size,
        "levels": population.levels or None,
    }
    row |= _errors(value, keras_value)
    if firing:
        unit = population.unit * max(population.levels, 1)
        largest = np.broadcast_to(unit, population.shape)
        row |= _shares(value, keras_value, largest)
    else:
        row |= dict.fromkeys(SHARES, np.nan)

    held = trace.saturations[population.name]
    row["saturations"] = float(held.mean())
    threshold = int(population.threshold.min())
    row["threshold"] = threshold if firing else None
    row["threshold_resolution"] = 0.5 / threshold if firing else np.nan
    return row


def _errors(value: np.ndarray, keras_value: np.ndarray) -> dict[str, float]:
    """Agreement and mean error; of a layer that Keras leaves at nothing, whether we do too."""
    size = np.sum(keras_value**2)
    if not size:
        return {"agreement": float(not value.any()), "mean_error": 0.0}

    squares = np.sum((value - keras_value) ** 2)
    too_much = value.sum() - np.sum(keras_value)
    return {
        "agreement": 1 - squares / size,
        "mean_error": too_much / np.abs(keras_value).sum(),
    }


def _shares(value: np.ndarray, keras_value: np.ndarray, largest: np.ndarray) -> dict[str, float]:
    """What is clipped, dead and saturated; `largest` is what a spike train carries at most."""
    active = keras_value > 0
    clipped = (keras_value > largest)[active]
    dead = active.any(axis=0) & ~value.any(axis=0)
    return {
        "clipped_share": float(clipped.mean()) if active.any() else 0.0,
        "dead_share": float(dead.mean()),
        "saturated_share": float((value > largest * ALMOST).mean()),
    }


def _accuracy(outputs: np.ndarray, labels: np.ndarray | None) -> float:
    """Share of the samples whose largest output is their label; NaN without labels."""
    if labels is None:
        return float("nan")
    right = decided_by(outputs) == labels
    return float(right.mean())


def _accuracy_from(model, node: Node, value: np.ndarray, labels: np.ndarray | None) -> float:
    """Accuracy of Keras from the tensor of `node` on, given `value` there."""
    if labels is None or isinstance(node, ReadoutNode):
        return _accuracy(value, labels)
    if not node.whole:
        return float("nan")  # a block of a concatenation is not the whole tensor

    keras = import_keras()
    try:
        rest = keras.Model(node.tensor, model.outputs[0])
        found = rest.predict(value.astype(np.float32), batch_size=256, verbose=0)
    except ValueError:  # another path leads around this tensor
        return float("nan")

    outputs = np.asarray(found)
    return _accuracy(outputs.reshape(len(labels), -1), labels)


def _advice(network: SpikingNetwork, row: dict) -> str:
    """The first thing to change, by what stands out most."""
    streaming = network.code.streaming
    wrong = row["agreement"] < 1 - LARGE_ERROR
    longer = f"more steps for this layer: convert(steps={{{row['layer']!r}: …}})"
    if not network.code.limited:
        longer = "more simulated steps"

    if row["saturations"]:
        return "a wider potential: simulate(state_bits=…)"
    coarse = row["threshold"] is not None and row["threshold"] < COARSE_THRESHOLD
    if coarse and wrong and network.weight_bits < MOST_BITS:
        return "more weight_bits, or per_channel=True: thresholds are coarse"
    if row["clipped_share"] > MUCH_CLIPPED:
        larger = "a larger clip: method='robust', or more calibration samples"
        return larger if streaming else longer
    if wrong and network.weight_bits < FEW_BITS:
        return "more weight_bits"
    if wrong and row["threshold"] is None:
        return "the layers before it" if network.code.limited else longer
    if row["dead_share"] > MANY_DEAD:
        return longer
    if wrong and abs(row["mean_error"]) > LARGE_BIAS:
        return longer if streaming else "bias_correction=2"
    return longer if wrong else "nothing"
