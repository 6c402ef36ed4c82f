"""What a k-bit network has done after each step, and from when on its answer is the exact one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ....errors import SpikewattError
from ....sim.engines.simulate import simulate
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace
from ..cells.conversion import ENGINE, converted
from ..cells.prepared import PreparedRow
from .row import KBitRow
from .rule import zou_ann_operations, zou_operations

PART = 250  # images; every spike of them is held at once
SUMMED = ("right", "settled", "positive_spikes", "negative_spikes", "operations")


def steps_of_row(prepared: PreparedRow, row: KBitRow) -> dict[str, Any]:
    """Sums over the test images, after each step.

    Returns
    -------
    mapping : ``images``, ``neurons`` that fire, ``ann_operations`` of one image, and lists with a
        number per step: ``right`` answers, ``settled`` images (all outputs equal those of the exact
        code, from then on), ``positive_spikes``, ``negative_spikes`` and ``operations`` so far.

    Raises
    ------
    SpikewattError : the two networks do not count their outputs in the same unit.
    """
    signed, exact = converted(prepared, row.signed), converted(prepared, row.exact)
    check_same_unit(signed, exact)
    images = min(row.signed.images, len(prepared.test))
    tell = prepared.told("steps")

    parts = []
    for start in range(0, images, PART):
        tell(start, images)
        parts.append(_kept_part(prepared, signed, exact, start, min(start + PART, images)))
    tell(images, images)
    return added(parts)


def check_same_unit(signed: SpikingNetwork, exact: SpikingNetwork) -> None:
    """Raise unless equal outputs mean equal answers."""
    units = [network.output_units for network in (signed, exact)]
    if units[0] != units[1]:
        law = "count their outputs in the same unit"
        raise SpikewattError("signed and exact network", law, units[0], units[1])


def _kept_part(
    prepared: PreparedRow, signed: SpikingNetwork, exact: SpikingNetwork, start: int, stop: int
) -> dict[str, Any]:
    asked = {
        "signed": signed.hash,
        "exact": exact.hash,
        "images": prepared.images_fingerprint(start, stop),
    }

    def work() -> dict[str, Any]:
        x, labels = prepared.test[start:stop], prepared.labels[start:stop]
        answers = simulate(exact, x, ENGINE).outputs[:, -1]
        trace = simulate(signed, x, ENGINE, rasters=len(x))
        return counted(trace, answers, labels)

    return prepared.kept("steps", asked, work)


def counted(trace: Trace, answers: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """What a trace, with rasters of all its samples, has done after each step.

    Parameters
    ----------
    trace : Trace
        Of the signed network.
    answers : (samples, classes) outputs of the exact one.
    labels : (samples,) classes.
    """
    right = [int((trace.predictions(step) == labels).sum()) for step in range(trace.steps)]
    equal = (trace.outputs == answers[:, None]).all(axis=2)
    settled = np.logical_and.accumulate(equal[:, ::-1], axis=1)[:, ::-1]
    per_step = {
        "settled": settled.sum(axis=0),
        "positive_spikes": np.cumsum(_spikes_of(trace, 1)),
        "negative_spikes": np.cumsum(_spikes_of(trace, -1)),
        "operations": np.cumsum(zou_operations(trace).sum(axis=0)),
    }
    fire = [name for name, counts in trace.spikes.items() if counts.any()]
    return {
        "images": trace.samples,
        "neurons": sum(trace.neurons[name] for name in fire),
        "ann_operations": zou_ann_operations(trace),
        "right": right,
        **{name: np.asarray(values).astype(int).tolist() for name, values in per_step.items()},
    }


def _spikes_of(trace: Trace, sign: int) -> np.ndarray:
    """(steps,) spikes of one sign."""
    return np.sum([(raster == sign).sum(axis=(0, 2)) for raster in trace.rasters.values()], axis=0)


def added(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Sums of parts."""
    whole: dict[str, Any] = {
        "images": sum(part["images"] for part in parts),
        "neurons": max(part["neurons"] for part in parts),
        "ann_operations": parts[0]["ann_operations"],
    }
    for name in SUMMED:
        whole[name] = np.sum([part[name] for part in parts], axis=0).tolist()
    return whole


def per_image(sums: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One line per step: shares and means per image."""
    images = sums["images"]
    return [
        {
            "step": step + 1,
            "images": images,
            "neurons": sums["neurons"],
            "accuracy": sums["right"][step] / images,
            "settled": sums["settled"][step] / images,
            "positive_spikes_per_image": sums["positive_spikes"][step] / images,
            "negative_spikes_per_image": sums["negative_spikes"][step] / images,
            "operations_per_image": sums["operations"][step] / images,
            "ann_operations": sums["ann_operations"],
        }
        for step in range(len(sums["right"]))
    ]
