"""Tables of a run: layers, classes, and the summary that is printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ...energy.cards.card import Card
from ...energy.pricing.price import COLUMNS, price, price_layers
from ...errors import DoesNotFitError, SpikewattError
from ...sim.network.spiking_network import SpikingNetwork
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


def price_devices(
    trace: Trace,
    devices: Sequence[str | Card],
    period_s: float | None,
    network: SpikingNetwork | None = None,
    host: str | Card | None = None,
    library: str | None = None,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Prices on every device that can hold and execute the network, and device -> reason for the others."""

    def price_on(device: str | Card) -> pd.DataFrame:
        return price(trace, device, network=network, period_s=period_s, host=host, library=library)

    return _collected(devices, period_s, price_on)


def price_layers_on_devices(
    table: Path | pd.DataFrame,
    devices: Sequence[str | Card],
    period_s: float | None,
    network: str | None = None,
    library: str | None = None,
    clock_hz: float | None = None,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Prices of an int8 network on every microcontroller that can hold it, and device -> reason for the others."""
    return _collected(
        devices,
        period_s,
        lambda device: price_layers(table, device, library, clock_hz, network, period_s),
    )


def _collected(
    devices: Sequence[str | Card],
    period_s: float | None,
    price_on: Callable[[str | Card], pd.DataFrame],
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The prices that `price_on` gives, as one, and device -> reason for the devices that the network does not fit."""
    frames, does_not_fit = [], {}
    names = [device if isinstance(device, str) else device.name for device in devices]
    if len(set(names)) < len(names):
        raise SpikewattError(
            "price.devices", "must have different names (the key `name` of a card)", names
        )
    for device, name in zip(devices, names, strict=True):
        try:
            frames.append(price_on(device))
        except DoesNotFitError as error:
            does_not_fit[name] = str(error)
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    attrs = {
        key: [entry for f in frames for entry in f.attrs[key]] for key in ("assumptions", "bills")
    }
    frame.attrs = {**attrs, "period_s": period_s}
    return frame, does_not_fit


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
