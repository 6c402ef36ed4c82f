"""Tables of a network and its trace: populations, layers, classes, accuracy, diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..design.interval import wilson
from .findings import Column, Table
from .numbers import cell, with_prefix
from .units import ERROR, PERCENT

if TYPE_CHECKING:
    from ...sim.network.population import Population
    from ...sim.network.spiking_network import SpikingNetwork
    from ...sim.trace.trace import Trace


# ------------------------------------------------------------------ the network


def population_table(network: SpikingNetwork, title: str, name: str = "rows") -> Table:
    """One row per population: kind, shape, and the thresholds of those that fire."""
    rows = [
        {
            "population": population.name,
            "kind": str(population.kind),
            "shape": "x".join(map(str, population.shape)),
            "threshold": _thresholds(population),
        }
        for population in network.populations
    ]
    return Table(name, title, pd.DataFrame(rows))


def _thresholds(population: Population) -> str:
    """The threshold of a population that integrates and fires, or its smallest and largest."""
    if population.kind != "integrate_and_fire":
        return ""
    low, high = int(population.threshold.min()), int(population.threshold.max())
    return str(low) if low == high else f"{low}..{high}"


# ------------------------------------------------------------------ the trace


def layer_table(trace: Trace) -> pd.DataFrame:
    """One row per population: what it sends and receives in an inference, mean over the samples.

    Parameters
    ----------
    trace : Trace
        What happened in the network.

    Returns
    -------
    DataFrame
        ``layer``, ``neurons``; ``spikes_per_inference``; ``firing_rate`` = spikes / (neurons ·
        steps) and ``sparsity`` = 1 − firing_rate, empty for a read-out; ``sops_synapses`` and
        ``sops_nonzero``, operations of the connections that feed it; ``saturations`` of its
        potentials, where they are narrower than the worst case needs; ``macs`` that an ANN
        executes for the same connections.
    """
    return pd.DataFrame([_layer_row(trace, population) for population in trace.neurons])


def _layer_row(trace: Trace, population: str) -> dict[str, object]:
    neurons = trace.neurons[population]
    feeding = [layer for layer in trace.layers if layer.post == population]
    row: dict[str, object] = {"layer": population, "neurons": neurons}
    if population in trace.spikes:
        spikes = trace.mean_spikes(population)
        row["spikes_per_inference"] = spikes
        row["firing_rate"] = spikes / (neurons * trace.steps)
        row["sparsity"] = 1 - spikes / (neurons * trace.steps)

    for ledger in ("synapses", "nonzero"):
        row[f"sops_{ledger}"] = sum(trace.mean_operations(layer.name, ledger) for layer in feeding)

    if trace.settings.can_saturate:
        held = trace.saturations.get(population)
        row["saturations"] = 0.0 if held is None else float(held.mean())

    row["macs"] = sum(layer.macs for layer in feeding if layer.kind.multiplies)
    return row


def layers(trace: Trace, title: str, name: str = "layers") -> Table:
    """`layer_table` as it is shown."""
    frame = layer_table(trace)
    columns = [_of_layers(str(key), place) for place, key in enumerate(frame.columns)]
    return Table(name, title, frame, columns)


def _of_layers(key: str, place: int) -> Column:
    unit = PERCENT if key in ("firing_rate", "sparsity") else None
    return Column(key.replace("_", " "), (key,), unit=unit, leave_out=place)


def summary(
    trace: Trace,
    ann_accuracy: float,
    snn_accuracy: float,
    others: Mapping[str, tuple[str, float | None]] | None = None,
) -> Table:
    """The network in one row: accuracies with their intervals, spikes and operations.

    Parameters
    ----------
    trace : Trace
    ann_accuracy, snn_accuracy : float
        Of Keras and of the spiking network.
    others : mapping, optional
        Key of a further accuracy -> its title and itself; None where there is none.
    """
    known = {key: pair for key, pair in (others or {}).items() if pair[1] is not None}
    row = {
        **_accuracy("ann_accuracy", ann_accuracy, trace.samples),
        **_accuracy("snn_accuracy", snn_accuracy, trace.samples),
        "spikes_per_inference": trace.mean_spikes(),
        "sops_per_inference": trace.mean_operations(),
    }
    for key, (_, share) in known.items():
        row |= _accuracy(key, float(share or 0.0), trace.samples)
    columns = (
        Column("Keras accuracy", _with_interval("ann_accuracy"), unit=PERCENT),
        Column("spiking accuracy", _with_interval("snn_accuracy"), unit=PERCENT),
        *(Column(title, _with_interval(key), unit=PERCENT) for key, (title, _) in known.items()),
        Column("spikes per inference", ("spikes_per_inference",)),
        Column("SOPs per inference", ("sops_per_inference",)),
    )
    title = f"Network on {trace.samples} test images, {trace.steps} steps (accuracy: 95 % interval)"
    return Table("summary", title, pd.DataFrame([row]), columns)


def _with_interval(key: str) -> tuple[str, str, str]:
    return key, f"{key}_low", f"{key}_high"


def _accuracy(key: str, share: float, samples: int) -> dict[str, float]:
    """An accuracy that was counted on `samples`, with its binomial 95 % interval."""
    found = (share, *wilson(round(share * samples), samples))
    return dict(zip(_with_interval(key), found, strict=True))


def accuracy_table(snn_accuracy: np.ndarray, ann_accuracy: float, samples: int) -> Table:
    """Accuracy after each step, beside that of Keras, each with its binomial 95 % interval."""
    rows = []
    for step, share in enumerate(snn_accuracy, start=1):
        spiking = _accuracy("snn_accuracy", float(share), samples)
        keras = _accuracy("ann_accuracy", ann_accuracy, samples)
        rows.append({"step": step, **spiking, **keras})

    columns = (
        Column("step", ("step",)),
        Column("spiking accuracy", _with_interval("snn_accuracy"), unit=PERCENT),
        Column("Keras accuracy", _with_interval("ann_accuracy"), unit=PERCENT, leave_out=1),
    )
    title = "Accuracy after each step (binomial 95 % interval)"
    return Table("accuracy_against_steps", title, pd.DataFrame(rows), columns)


def class_report(labels: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Precision, recall, F1 and number of samples per class.

    Parameters
    ----------
    labels : ndarray of int, (samples,)
        The right classes.
    predicted : ndarray of int, (samples,)
        The classes that the network gave.

    Returns
    -------
    DataFrame
        ``class``, ``precision``, ``recall``, ``f1``, ``samples``.
    """
    from sklearn.metrics import precision_recall_fscore_support

    classes = np.unique(np.concatenate([labels, predicted]))
    precision, recall, f1, samples = precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=0.0  # type: ignore[arg-type]
    )  # fmt: skip
    return pd.DataFrame(
        {
            "class": classes,
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "samples": samples,
        }
    )


# ------------------------------------------------------------------ studies


SHARES = {
    "agreement": "agreement",
    "mean_error": "mean error",
    "clipped_share": "clipped",
    "dead_share": "dead",
    "saturated_share": "at the largest value",
    "keras_accuracy": "Keras alone",
    "accuracy_from_here": "Keras from here on",
}

# Of a diagnosis, where a page is too narrow: the largest first.
LEFT_OUT = {"keras_accuracy": 6, "mean_error": 5, "saturated_share": 2, "clipped_share": 1}


def diagnosis(frame: pd.DataFrame, title: str, name: str = "diagnosis") -> Table:
    """A diagnosis, in percent; see `diagnose`."""
    columns = (
        Column("layer", ("layer",)),
        Column(
            "threshold", ("threshold",), lambda least: f"{int(least):,}", leave_out=3, number=True
        ),
        *(
            Column(title, (key,), unit=PERCENT, leave_out=LEFT_OUT.get(key, 0))
            for key, title in SHARES.items()
        ),
        Column("potentials held", ("saturations",), leave_out=4),
        Column("try next", ("try_next",)),
    )
    return Table(name, title, frame, columns)


def validation(frame: pd.DataFrame, name: str = "rows") -> Table:
    """A validation, with SI prefixes, laws of a published chip last; see `validate`."""
    frame = frame.sort_values("kind", key=lambda kind: kind.str.startswith("law"), kind="stable")
    columns = (
        Column("what", ("what",)),
        Column("published", ("published", "unit"), _with_unit, number=True),
        Column("predicted", ("predicted", "unit"), _with_unit, number=True),
        Column("error", ("error",), unit=ERROR),
        Column("kind", ("kind",), leave_out=1),
    )
    return Table(name, "Predictions against published and measured values", frame, columns)


def left_out(frame: pd.DataFrame, name: str = "left_out") -> Table:
    """How well predictions of left-out rows hold; see `left_out.summary`."""
    columns = (
        Column("left out", ("scheme",)),
        Column("quantity", ("quantity",)),
        Column("of", ("apart",)),
        Column("rows", ("rows",)),
        Column("median error", ("median_error",), unit=PERCENT),
        Column("worst", ("worst_error",), unit=PERCENT),
        Column("in range", ("in_range",), unit=PERCENT),
        Column("high / low", ("high_over_low",), "{:.2f}".format, number=True),
    )
    title = "Measured int8 networks, predicted without their own submission or board"
    return Table(name, title, frame, columns)


def silicon(frame: pd.DataFrame, name: str = "silicon") -> Table:
    """Measured spiking networks beside what their cards say; see `checks.silicon`."""
    shown = frame.assign(inside=frame["inside"].map({True: "yes", False: "no"}))
    columns = (
        Column("what", ("what",)),
        Column("quantity", ("quantity",)),
        Column("measured", ("published", "unit"), _with_unit, number=True),
        Column("predicted", ("predicted", "unit"), _with_unit, number=True),
        Column("low", ("low", "unit"), _with_unit, number=True, leave_out=1),
        Column("high", ("high", "unit"), _with_unit, number=True, leave_out=2),
        Column("error", ("error",), unit=ERROR),
        Column("inside", ("inside",)),
        Column("of", ("boundary",)),
        Column("worth", ("worth",)),
    )
    title = "Spiking networks measured on chips, and what their cards say"
    return Table(name, title, shown, columns)


def _with_unit(value: float, unit: str) -> str:
    return with_prefix(value, unit) if unit else cell(value)


def crosscheck_table(frame: pd.DataFrame, name: str = "rows") -> Table:
    """A cross-check, with a word on each row: are the counts equal; see `crosscheck`."""
    counted = [None if np.isnan(count) else int(count) for count in frame["counted"]]
    equal = [_equal(*pair) for pair in zip(counted, frame["ours"], strict=True)]
    shown = frame.assign(counted=pd.Series(counted, dtype=object), equal=equal)
    return Table(name, "Synaptic operations per connection and sample", shown)


def _equal(counted: int | None, ours: int) -> str:
    if counted is None:
        return "not counted"
    return "yes" if counted == ours else "no"
