"""Tables of a run: layers, classes, and the summary that is printed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...sim.trace.trace import Trace


def layer_table(trace: Trace) -> pd.DataFrame:
    """One row per population: neurons, spikes and synaptic operations per inference, firing rate and sparsity.

    ``firing_rate`` = spikes / (neurons · steps), ``sparsity`` = 1 - firing_rate; the operations are those of the connections that
    feed the population, on all synapses and on those of weight != 0. ``saturations`` of potentials per inference, where their width
    is narrower than the worst case needs.
    """
    rows = []
    for population, neurons in trace.neurons.items():
        feeding = [layer.name for layer in trace.layers if layer.post == population]
        row: dict[str, object] = {"layer": population, "neurons": neurons}
        if population in trace.spikes:
            spikes = float(trace.spikes[population].sum(axis=1).mean())
            row |= {"spikes_per_inference": spikes, "firing_rate": spikes / (neurons * trace.steps)}
            row["sparsity"] = 1 - spikes / (neurons * trace.steps)
        for column in ("synapses", "nonzero"):
            row[f"sops_{column}"] = sum(
                float(trace.ledger(column)[name].sum(axis=1).mean()) for name in feeding
            )
        if trace.settings.state_bits < trace.settings.needed_state_bits:
            row["saturations"] = (
                float(trace.saturations[population].mean())
                if population in trace.saturations
                else 0.0
            )
        row["macs"] = sum(
            layer.macs
            for layer in trace.layers
            if layer.post == population and layer.kind in ("dense", "conv2d")
        )
        rows.append(row)
    return pd.DataFrame(rows)


def class_report(labels: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Precision, recall, F1 and number of samples per class."""
    from sklearn.metrics import precision_recall_fscore_support

    classes = np.unique(np.concatenate([labels, predicted]))
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=0.0
    )  # type: ignore[arg-type]
    return pd.DataFrame(
        {"class": classes, "precision": precision, "recall": recall, "f1": f1, "samples": support}
    )
