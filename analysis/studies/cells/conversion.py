"""A cell: one conversion of a network, run on its images part by part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....energy.pricing.break_even import first_steps
from ....sim.conversion.convert import convert
from ....sim.engines.simulate import simulate
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace
from ..kept import kept
from ..row import ANNARCHY_IMAGES, ANNARCHY_STEPS, Cell
from .prepared import PreparedRow
from .prices import mean_of_parts, prices_of

ENGINE = "event"
# Images of a part: so many image-steps take seconds to a few minutes.
IMAGE_STEPS = 100_000
MOST_IMAGES = 1000


def converted(prepared: PreparedRow, cell: Cell) -> SpikingNetwork:
    """The spiking network of a cell."""
    options = {"input_levels": prepared.levels, "input_max": prepared.row.input_max}
    return convert(prepared.model, prepared.train[: cell.calibration], **(options | cell.convert))


def run_cell(prepared: PreparedRow, cell: Cell, network: SpikingNetwork) -> list[dict[str, Any]]:
    """What the network does on the cell's images: per number of steps one mapping.

    With ``steps``, ``images``, ``right``, ``same`` as Keras, sums of ``spikes``, ``operations`` and
    ``later_operations`` (without the first layer's), and mean ``prices``.
    """
    images = min(cell.images, len(prepared.test))
    parts = [
        _kept_part(prepared, cell, network, start, stop) for start, stop in _parts(cell, images)
    ]
    return [_together([part[which] for part in parts]) for which in range(len(parts[0]))]


def _parts(cell: Cell, images: int) -> Iterator[tuple[int, int]]:
    longest = max(cell.durations, default=1)
    at_once = max(1, min(MOST_IMAGES, IMAGE_STEPS // longest))
    for start in range(0, images, at_once):
        yield start, min(start + at_once, images)


def _kept_part(
    prepared: PreparedRow, cell: Cell, network: SpikingNetwork, start: int, stop: int
) -> list[dict[str, Any]]:
    asked = {
        "network": network.hash,
        "dataset": prepared.row.dataset,
        "durations": cell.durations,
        "seed": cell.seed,
        "images": (start, stop),
    }
    name = f"{prepared.row.row}.{cell.cell}"

    def work() -> list[dict[str, Any]]:
        trace = simulate(
            network,
            prepared.test[start:stop],
            ENGINE,
            max(cell.durations, default=None),
            seed=cell.seed + start,  # a part has draws of its own
        )
        return [
            _counted(prepared, network, trace, start, steps) for steps in _looked_at(cell, trace)
        ]

    return kept(prepared.places.kept, name, asked, work)


def _looked_at(cell: Cell, trace: Trace) -> list[int]:
    return sorted(cell.durations) or [trace.steps]


def _counted(
    prepared: PreparedRow, network: SpikingNetwork, trace: Trace, start: int, steps: int
) -> dict[str, Any]:
    """Sums over the images of a trace, after `steps` steps."""
    stop = start + trace.samples
    answers = trace.predictions(steps - 1)
    inputs = {p.name for p in network.populations if p.kind.is_input}
    operations = {
        layer.name: (layer.pre in inputs, trace.sops[layer.name][:, :steps].sum())
        for layer in trace.layers
    }
    whole = steps == trace.steps
    priced = trace if whole or trace.settings.code.limited else first_steps(trace, steps)
    return {
        "steps": steps,
        "steps_per_layer": _steps_per_layer(network, trace),
        "images": trace.samples,
        "right": int((answers == prepared.labels[start:stop]).sum()),
        "same": int((answers == prepared.keras_classes[start:stop]).sum()),
        "spikes": int(sum(abs(counts[:, :steps]).sum() for counts in trace.spikes.values())),
        "operations": int(sum(count for _, count in operations.values())),
        "later_operations": int(sum(count for first, count in operations.values() if not first)),
        "multiply_accumulates": int(sum(layer.macs for layer in trace.layers)),
        "prices": prices_of(network, priced),
    }


def _steps_per_layer(network: SpikingNetwork, trace: Trace) -> int | None:
    """The most steps in which a layer sends a value; None of a code that never ends."""
    if not trace.settings.code.limited:
        return None
    firing = [p.name for p in network.populations if p.name in trace.spikes and not p.kind.is_input]
    return max((trace.settings.active_steps(name) for name in firing), default=None)


def _together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    summed = ("images", "right", "same", "spikes", "operations", "later_operations")
    whole = dict(parts[0]) | {key: sum(part[key] for part in parts) for key in summed}
    priced = mean_of_parts((part["images"], part["prices"]) for part in parts)
    return whole | {"prices": priced}


def annarchy_equal(prepared: PreparedRow, cell: Cell, network: SpikingNetwork) -> tuple[int, bool]:
    """(images, whether ANNarchy gives the same spikes, operations and outputs on them)."""
    images = min(ANNARCHY_IMAGES, cell.images, len(prepared.test))
    longest = max(cell.durations, default=None)
    steps = None if longest is None else min(longest, ANNARCHY_STEPS)
    asked = {"network": network.hash, "images": images, "steps": steps, "seed": cell.seed}

    def work() -> bool:
        x = prepared.test[:images]
        ours, theirs = (
            simulate(network, x, engine, steps, seed=cell.seed).content_hash()
            for engine in (ENGINE, "annarchy")
        )
        return ours == theirs

    name = f"{prepared.row.row}.{cell.cell}.annarchy"
    return images, kept(prepared.places.kept, name, asked, work)
