"""What was counted and priced of a run, as sums that several runs share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ....energy.bill import SPIKING
from ....energy.cards.load import load_card
from ....energy.devices.core.activity import activity
from ....energy.devices.core.mapping import map_network
from ....energy.devices.registry import device_kind
from ....energy.staged.distribution import SHARES, WHAT, Distribution, Spread, price_distribution
from ....sim.staged.dynamic_trace import DynamicTrace
from ..cells.conversion import steps_per_layer
from ..cells.prices import lines_of_prices, mean_of_parts
from ..kinds.method import MethodRow
from .applied import Applied
from .subject import Subject

SUMMED = (
    "images",
    "right",
    "ann_right",
    "same",
    "spikes",
    "operations",
    "nonzero_operations",
    "later_operations",
    "steps_sum",
    "planes_sum",
    "full_planes_sum",
    "updates",
    "reran",
)


def measured(row: MethodRow, subject: Subject, run: Applied) -> dict[str, Any]:
    """Sums over the test images, prices, and the spread of single inferences, as JSON holds it."""
    work, prepared = run.work, subject.prepared
    answers, labels = work.predictions(), prepared.labels
    samples = work.samples
    inputs = {p.name for network in run.networks for p in network.inputs}
    last = run.networks[-1]
    in_parts = [len(part.samples) for part in work.parts]
    counts = {
        "images": samples,
        "right": (answers == labels).sum(),
        "ann_right": prepared.ann_right(samples),
        "same": (answers == prepared.keras_classes).sum(),
        "spikes": round(work.mean_spikes() * samples),
        "operations": work.operations().sum(),
        "nonzero_operations": work.operations("nonzero").sum(),
        "later_operations": _later(work, inputs),
        "steps_sum": work.steps().sum(),
        "updates": work.monitor_updates().sum(),
        "reran": sum(in_parts) - samples,
    }
    found: dict[str, Any] = {name: int(value) for name, value in counts.items()}
    full = steps_per_layer(subject.network) if run.planes is not None else None
    if run.planes is not None and full is not None:
        found["planes_sum"] = run.planes * samples
        found["full_planes_sum"] = full * samples

    spread = price_distribution(work, *row.devices, inferences=row.inferences, skip_unfit=True)
    return found | {
        "steps": int(max(part.trace.steps for part in work.parts)),
        "steps_per_layer": steps_per_layer(last),
        "multiply_accumulates": int(sum(layer.macs for layer in work.parts[-1].trace.layers)),
        "prices": [line for line in lines_of_prices(spread.prices) if _is_spiking(line)],
        "devices": _devices(work, spread),
        "chosen": run.chosen,
        "network_hash": run.hash,
        "code": last.code.name,
    }


def _is_spiking(line: Mapping[str, Any]) -> bool:
    """The int8 network beside it is that of other rows; a device that refuses names none."""
    return line["workload"] in (SPIKING, "")


def _later(work: DynamicTrace, inputs: set[str]) -> int:
    """Operations without those of the first layer."""
    return sum(
        int(np.asarray(part.trace.sops[layer.name]).sum())
        for part in work.parts
        for layer in part.trace.layers
        if layer.pre not in inputs
    )


def _devices(work: DynamicTrace, found: Distribution) -> list[dict[str, Any]]:
    """Of each device that was priced: what it takes up, what it performs, single inferences."""
    totals = found.prices.totals()
    lines = []
    for bill, spread in zip(found.prices.bills, found.spreads, strict=True):
        total = totals[(totals.device == bill.device) & (totals.workload == SPIKING)].iloc[0]
        lines.append(
            {
                "device": bill.instead_of or bill.device,
                "priced_as": bill.device,
                "memory_bytes": _number(total.memory_bytes),
                "cores": _number(total.cores),
                "physical_operations": _performed(work, bill.device),
                "weights": spread.weights.tolist(),
                "energies_j": spread.energy_j.tolist(),
                "times_s": spread.time_s.tolist(),
                "energy_j": _number(spread.mean_energy_j),
                "time_s": _number(spread.mean_time_s),
            }
        )
    return lines


def _performed(work: DynamicTrace, device: str) -> float | None:
    """Operations that cores perform, per inference: those of zero weights, too, if it does them."""
    card = load_card(device)
    if not device_kind(card).maps_traces(card):
        return None
    total = 0.0
    for part in work.parts:
        mapping = map_network(part.trace, card, max_cores=None)
        total += len(part.samples) * activity(part.trace, card, mapping).operations
    return total / work.samples


def _number(value: Any) -> float | None:
    """None of what a device does not have: a rule takes no time."""
    return None if value is None or value != value or value == 0 else float(value)


def together(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several runs, of one fold each, as one."""
    whole = dict(parts[0])
    for name in SUMMED:
        if name in whole:
            whole[name] = sum(part[name] for part in parts)
    if len(parts) == 1:
        return whole

    images = whole["images"]
    whole["prices"] = mean_of_parts((part["images"], part["prices"]) for part in parts)
    whole["chosen"] = f"first of {len(parts)} folds: {parts[0]['chosen']}"
    whole["devices"] = [
        _joined([(part["images"] / images, part["devices"][i]) for part in parts])
        for i in range(len(whole["devices"]))
    ]
    return whole


def _joined(parts: Sequence[tuple[float, Mapping[str, Any]]]) -> dict[str, Any]:
    """One device over several runs, each with its share of the images."""
    whole = dict(parts[0][1])
    for name in ("energy_j", "time_s", "physical_operations"):
        if whole[name] is not None:
            whole[name] = sum(share * part[name] for share, part in parts)
    for name in ("memory_bytes", "cores"):
        if whole[name] is not None:
            whole[name] = max(part[name] for _, part in parts)
    whole["weights"] = [share * each for share, part in parts for each in part["weights"]]
    for name in ("energies_j", "times_s"):
        whole[name] = [each for _, part in parts for each in part[name]]
    return whole


def tails(device: Mapping[str, Any]) -> dict[str, float]:
    """Median, 95th and 99th percentile and largest of energy and time."""
    weights = np.array(device["weights"])
    energies_j, times_s = (np.array(device[name]) for name in ("energies_j", "times_s"))
    means = [device[what] or 0.0 for what in WHAT]
    spread = Spread(device["device"], energies_j, times_s, weights, means[0], means[1])
    found = {}
    for what in WHAT:
        name, unit = what.split("_")
        for label, share in SHARES.items():
            if device[what] is not None:
                found[f"{name}_{label}_{unit}"] = spread.at(what, share)
    return found
