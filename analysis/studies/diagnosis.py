"""Where did the accuracy go? Each layer of a spiking network beside the Keras layer that it came from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import SpikewattError
from ...models.keras_backend import import_keras
from ...sim.conversion.activations import activations_of
from ...sim.conversion.builder import nodes_of
from ...sim.conversion.graph_values import Node
from ...sim.engines.schedule import schedule
from ...sim.engines.simulate import simulate
from ...sim.network.population import Population
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace

# Where advice begins; our choice, no more than a hint.
COARSE_THRESHOLD = 16  # below, rounding moves a threshold by more than 3 %
FEW_BITS = 6
NOTED = {"clipped": 0.02, "dead": 0.05, "bias": 0.05, "error": 0.05}


def diagnose(
    model,
    network: SpikingNetwork,
    x,
    labels: np.ndarray | None = None,
    steps: int | None = None,
    state_bits: int | None = None,
) -> pd.DataFrame:
    """One row per ReLU and output of `model`, in order.

    ``agreement`` = 1 − Σ(spiking − Keras)² / Σ Keras², with errors of earlier layers;
    ``mean_error`` = (Σ spiking − Σ Keras) / Σ |Keras|;
    ``clipped_share`` of the active Keras values that lie above the largest value a spike train carries; ``dead_share`` of the neurons
    that Keras sees active and that never spike; ``saturated_share`` of the transmitted values that are the largest; ``saturations``
    of the potential per inference (none unless `state_bits` is narrower than needed); ``threshold`` the smallest of the layer, and
    ``threshold_resolution`` = 1 / (2 θ), the relative error of rounding it; ``keras_accuracy`` on
    these samples, and ``accuracy_from_here``: that of Keras when it goes on from the values of the spiking layer; where it falls,
    accuracy is lost (NaN where the graph has branches around the layer);
    ``try_next`` what to change first.

    Parameters
    ----------
    model, network : the Keras network, and what `convert` made of it.
    x : (samples, …) inputs; every spike of theirs is kept, so a few hundred at most. labels : (samples,) for the accuracy.
    steps, state_bits : as in `simulate`.

    Raises
    ------
    SpikewattError : layers of the model that the network does not have, or has in another shape; labels that do not fit.
    """
    trace = simulate(network, x, "batched", steps, rasters=2**31 - 1, state_bits=state_bits)
    names = {p.name for p in network.populations}
    nodes = [
        n
        for n in nodes_of(model, network.code, network.input_code.takes_negative)
        if n.kind in ("relu", "readout")
    ]
    if missing := [node.name for node in nodes if node.name not in names]:
        raise SpikewattError(
            "diagnose.network",
            "was made of this model",
            f"no population {', '.join(missing)}",
            ", ".join(sorted(names)),
        )
    if other := [node.name for node in nodes if network.population(node.name).shape != node.shape]:
        raise SpikewattError(
            "diagnose.network", "was made of this model", f"other shapes of {', '.join(other)}"
        )
    parts = x if isinstance(x, list | tuple) and len(model.inputs) > 1 else [x]
    inputs = [
        np.asarray(part, np.float32).reshape(-1, *t.shape[1:])
        for part, t in zip(parts, model.inputs, strict=True)
    ]
    if labels is not None:
        trace.accuracy(labels)  # refuses labels of another kind or number
        labels = np.asarray(labels)
    wanted = activations_of(model, nodes, inputs)
    keras_accuracy = np.nan
    if labels is not None:
        keras_accuracy = float((wanted[nodes[-1].name].argmax(axis=-1) == labels).mean())
    rows = []
    for node in nodes:
        population, keras_value = (
            network.population(node.name),
            wanted[node.name].astype(np.float64),
        )
        if population.kind != "readout":
            keras_value = np.maximum(
                keras_value, 0.0
            )  # an output that fires cannot say less than nothing
        value = _transmitted(network, population, trace).reshape(keras_value.shape)
        row = _row(network, population, trace, value, keras_value)
        row["keras_accuracy"] = keras_accuracy
        row["accuracy_from_here"] = (
            np.nan if labels is None else _accuracy_from(model, node, value, labels)
        )
        rows.append(row | {"try_next": _advice(network, row)})
    return pd.DataFrame(rows)


def _transmitted(network: SpikingNetwork, population: Population, trace: Trace) -> np.ndarray:
    """(samples, neurons) values, in the terms of Keras, that the spikes of a population stand for."""
    unit = np.broadcast_to(population.unit, population.shape).reshape(-1)
    if population.kind == "readout":
        part = trace.settings.outputs[population.name]
        total = trace.outputs[:, -1, part]
    else:
        window = schedule(network, trace.steps if network.code.streaming else None).windows[
            population.name
        ]
        worth = np.array([window.gain(t) for t in range(trace.steps)], np.int64)
        total = np.einsum("stn,t->sn", trace.rasters[population.name].astype(np.int64), worth)
    return total * unit / (trace.steps if network.code == "rate" else 1)


def _row(
    network: SpikingNetwork,
    population: Population,
    trace: Trace,
    value: np.ndarray,
    keras_value: np.ndarray,
) -> dict:
    firing = population.kind != "readout"
    row: dict = {
        "layer": population.name,
        "neurons": population.size,
        "levels": population.levels or None,
    }
    size, total = np.sum(keras_value**2), np.sum(keras_value)
    row["agreement"] = (
        1 - np.sum((value - keras_value) ** 2) / size if size else float(not value.any())
    )
    row["mean_error"] = (value.sum() - total) / np.abs(keras_value).sum() if size else 0.0
    row |= dict.fromkeys(("clipped_share", "dead_share", "saturated_share"), np.nan)
    if firing:
        largest = np.broadcast_to(population.unit * max(population.levels, 1), population.shape)
        active = keras_value > 0
        row["clipped_share"] = (
            float((keras_value > largest)[active].mean()) if active.any() else 0.0
        )
        row["dead_share"] = float((active.any(axis=0) & ~value.any(axis=0)).mean())
        row["saturated_share"] = float((value > largest * (1 - 1e-9)).mean())
    row["saturations"] = float(trace.saturations[population.name].mean())
    threshold = int(population.threshold.min())
    row["threshold"], row["threshold_resolution"] = (
        (threshold, 0.5 / threshold) if firing else (None, np.nan)
    )
    return row


def _accuracy_from(model, node: Node, value: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy of Keras from the tensor of `node` on, given `value` there."""
    if node.kind == "readout":
        return float((value.argmax(axis=-1) == labels).mean())
    if node.channels != slice(0, node.tensor.shape[-1]):
        return float("nan")  # a block of a concatenation is not the whole tensor
    try:
        rest = import_keras().Model(node.tensor, model.outputs[0])
        found = np.asarray(rest.predict(value.astype(np.float32), batch_size=256, verbose=0))
    except ValueError:  # another path leads around this tensor
        return float("nan")
    return float((found.reshape(len(labels), -1).argmax(axis=-1) == labels).mean())


def _advice(network: SpikingNetwork, row: dict) -> str:
    """The first thing to change, by what stands out most."""
    streaming = network.code.streaming
    longer = (
        "more simulated steps"
        if network.code == "rate"
        else f"more steps for this layer: convert(steps={{{row['layer']!r}: …}})"
    )
    if row["saturations"]:
        return "a wider potential: simulate(state_bits=…)"
    if row["threshold"] is not None and row["threshold"] < COARSE_THRESHOLD:
        return "more weight_bits, or per_channel=True: thresholds are coarse"
    if row["clipped_share"] > NOTED["clipped"]:
        return (
            "a larger clip: method='robust', or more calibration samples" if streaming else longer
        )
    if row["agreement"] < 1 - NOTED["error"] and network.weight_bits < FEW_BITS:
        return "more weight_bits"
    if row["threshold"] is None and row["agreement"] < 1 - NOTED["error"]:
        return "the layers before it" if network.code != "rate" else longer
    if row["dead_share"] > NOTED["dead"]:
        return longer
    if row["agreement"] < 1 - NOTED["error"] and abs(row["mean_error"]) > NOTED["bias"]:
        return longer if streaming else "bias_correction=2"
    if row["agreement"] < 1 - NOTED["error"]:
        return longer
    return "nothing"
