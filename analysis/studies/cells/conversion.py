"""A cell: one conversion of a network, run on its images part by part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....energy.pricing.break_even import first_steps
from ....progress import Progress
from ....sim.conversion.convert import convert
from ....sim.engines.simulate import simulate
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace
from ..row import ANNARCHY_IMAGES, ANNARCHY_STEPS, Cell
from .prepared import PreparedRow
from .prices import cards_fingerprint, mean_of_parts, prices_of

ENGINE = "event"
# Images of a part: so many image-steps take seconds to a few minutes.
IMAGE_STEPS = 100_000
MOST_IMAGES = 1000


def converted(prepared: PreparedRow, cell: Cell) -> SpikingNetwork:
    """The spiking network of a cell."""
    options = {"input_levels": prepared.levels, "input_max": prepared.row.input_max}
    calibration = prepared.train[: cell.calibration]
    tell = prepared.told(f"{cell.cell}, conversion")
    tell(0, 1)
    network = convert(prepared.model, calibration, **(options | cell.convert))
    tell(1, 1)
    return network


def run_cell(prepared: PreparedRow, cell: Cell, network: SpikingNetwork) -> list[dict[str, Any]]:
    """What the network does on the cell's images: per number of steps one mapping.

    With ``steps``, ``images``, ``right``, ``same`` as Keras, sums of ``spikes``, ``operations`` and
    ``later_operations`` (without the first layer's), and mean ``prices``.
    """
    images = min(cell.images, len(prepared.test))
    tell = prepared.told(cell.cell)
    parts = []
    for start, stop in _parts(cell, images):
        tell(start, images)
        parts.append(_kept_part(prepared, cell, network, start, stop, images))
    tell(images, images)

    counted = [_together([part[which] for part in parts]) for which in range(len(parts[0]))]
    return [each for each in counted if not cell.durations or each["steps"] in cell.durations]


def _parts(cell: Cell, images: int) -> Iterator[tuple[int, int]]:
    longest = max(cell.counted_durations, default=1)
    at_once = max(1, min(MOST_IMAGES, IMAGE_STEPS // longest))
    for start in range(0, images, at_once):
        yield start, min(start + at_once, images)


def _kept_part(
    prepared: PreparedRow, cell: Cell, network: SpikingNetwork, start: int, stop: int, images: int
) -> list[dict[str, Any]]:
    asked = {
        "network": network.hash,
        "images": prepared.images_fingerprint(start, stop),
        "first": start,  # draws of a Poisson input depend on it
        "durations": cell.counted_durations,
        "seed": cell.seed,
        "cards": cards_fingerprint(),
    }
    tell = prepared.told(cell.cell)

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "simulate":
            tell(start + done, images)

    def work() -> list[dict[str, Any]]:
        trace = simulate(
            network,
            prepared.test[start:stop],
            ENGINE,
            max(cell.counted_durations, default=None),
            progress=progress,
            seed=cell.seed + start,  # a part has draws of its own
        )
        looked_at = cell.counted_durations or [trace.steps]
        return [_counted(prepared, network, trace, start, steps) for steps in looked_at]

    return prepared.kept(cell.cell, asked, work)


def _counted(
    prepared: PreparedRow, network: SpikingNetwork, trace: Trace, start: int, steps: int
) -> dict[str, Any]:
    """Sums over the images of a trace, after `steps` steps; spikes of either sign are spikes."""
    stop = start + trace.samples
    so_far = trace if steps == trace.steps else first_steps(trace, steps)
    answers = so_far.predictions()
    inputs = {p.name for p in network.inputs}
    operations = {
        layer.name: (layer.pre in inputs, so_far.sops[layer.name].sum()) for layer in trace.layers
    }
    return {
        "steps": steps,
        "steps_per_layer": steps_per_layer(network),
        "images": trace.samples,
        "right": int((answers == prepared.labels[start:stop]).sum()),
        "same": int((answers == prepared.keras_classes[start:stop]).sum()),
        "spikes": int(sum(counts.sum() for counts in so_far.spikes.values())),
        "operations": int(sum(count for _, count in operations.values())),
        "later_operations": int(sum(count for first, count in operations.values() if not first)),
        "multiply_accumulates": int(sum(layer.macs for layer in trace.layers)),
        "prices": prices_of(network, so_far),
    }


def steps_per_layer(network: SpikingNetwork) -> int | None:
    """The most steps in which a layer sends a value; None of a code without a limit.

    K of radix, L of sync_rate and of signed; of layers with steps of their own that of the longest.
    """
    if not network.code.limited:
        return None
    firing = [p for p in network.populations if p.kind.fires and not p.kind.is_input]
    return max((network.code.steps(p.levels) for p in firing), default=None)


def _together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    summed = ("images", "right", "same", "spikes", "operations", "later_operations")
    whole = dict(parts[0]) | {key: sum(part[key] for part in parts) for key in summed}
    priced = mean_of_parts((part["images"], part["prices"]) for part in parts)
    return whole | {"prices": priced}


def annarchy_equal(prepared: PreparedRow, cell: Cell, network: SpikingNetwork) -> tuple[int, bool]:
    """(images, whether ANNarchy gives the same spikes, operations and outputs on them)."""
    images = min(ANNARCHY_IMAGES, cell.images, len(prepared.test))
    longest = max(cell.counted_durations, default=None)
    steps = None if longest is None else min(longest, ANNARCHY_STEPS)
    asked = {
        "network": network.hash,
        "images": prepared.images_fingerprint(0, images),
        "steps": steps,
        "seed": cell.seed,
    }

    def work() -> bool:
        x = prepared.test[:images]
        return equal_in_annarchy(network, x, steps, cell.seed, prepared, cell.cell)

    return images, prepared.kept(f"{cell.cell}.annarchy", asked, work)


def equal_in_annarchy(
    network: SpikingNetwork, x, steps: int | None, seed: int, prepared: PreparedRow, what: str
) -> bool:
    """Whether ANNarchy gives the same spikes, operations and outputs; tells of it as `what`."""

    def progress_of(engine: str) -> Progress:
        def told(stage: str, done: int, total: int) -> None:
            prepared.told(f"{what}, {stage} in {engine}")(done, total)

        return told

    ours, theirs = (
        simulate(network, x, engine, steps, progress=progress_of(engine), seed=seed).content_hash()
        for engine in (ENGINE, "annarchy")
    )
    return ours == theirs
