"""A row that is a network: Keras, int8 and each conversion, as lines of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ....errors import SpikewattError
from ....models.int8 import quantise_int8
from ...design.interval import wilson
from ..judgement import INT8, KERAS
from ..kept import kept
from ..kinds.network import NetworkRow
from ..places import Places
from ..results import Results
from ..row import Cell
from .conversion import annarchy_equal, converted, run_cell
from .prepared import PreparedRow, prepare

INT8_CALIBRATION = 500  # training images


def run_network_row(study: str, row: NetworkRow, places: Places) -> Results:
    """Lines of the tables for `row`; what an earlier run kept is not done again.

    Raises
    ------
    SpikewattError
        Missing data or weights; ANNarchy gives other spikes, operations or outputs.
    """
    done, parts = 0, len(row.cells) + 2

    def tell() -> None:
        nonlocal done
        done += 1
        places.progress(row.row, done, parts)

    places.progress(row.row, 0, parts)
    prepared = prepare(row, places)
    found = Results([_keras_line(study, prepared)])
    tell()
    found.lines.extend(_int8_lines(study, prepared))
    tell()
    for cell in row.cells:
        found.add(_cell_lines(study, prepared, cell))
        tell()

    return found


def _keras_line(study: str, prepared: PreparedRow) -> dict[str, Any]:
    images = len(prepared.test)
    return _line(study, prepared, KERAS, images, prepared.ann_right(images))


def _int8_lines(study: str, prepared: PreparedRow) -> list[dict[str, Any]]:
    """The network in int8, executed; none where TensorFlow Lite has no kernel for a layer."""
    asked = {"model": prepared.row.network, "images": len(prepared.test)}

    def work() -> list[int] | None:
        try:
            network = quantise_int8(prepared.model, prepared.train[:INT8_CALIBRATION])
        except SpikewattError:
            return None
        answers = network.predictions(prepared.test)
        same = int((answers == prepared.keras_classes).sum())
        return [int((answers == prepared.labels).sum()), same]

    found = kept(prepared.places.kept, f"{prepared.row.row}.{INT8}", asked, work)
    if found is None:
        return []
    right, same = found
    images = len(prepared.test)
    return [_line(study, prepared, INT8, images, right) | {"agreement": same / images}]


def _cell_lines(study: str, prepared: PreparedRow, cell: Cell) -> Results:
    network = converted(prepared, cell)
    images, equal = annarchy_equal(prepared, cell, network)
    if not equal:
        where = f"study {study}, row {prepared.row.row}, cell {cell.cell}"
        raise SpikewattError(where, "ANNarchy gives the same spikes as the event engine", "others")

    found = Results()
    code = network.code.name
    for counts in run_cell(prepared, cell, network):
        found.lines.append(
            _line(study, prepared, cell.cell, counts["images"], counts["right"])
            | {
                "code": code,
                "steps": counts["steps"],
                "steps_per_layer": counts["steps_per_layer"],
                "agreement": counts["same"] / counts["images"],
                "spikes_per_image": counts["spikes"] / counts["images"],
                "synaptic_operations_per_image": counts["operations"] / counts["images"],
                "synaptic_operations_without_first_layer": counts["later_operations"]
                / counts["images"],
                "multiply_accumulates": counts["multiply_accumulates"],
                "annarchy_images": images,
                "annarchy_equal": equal,
                "seed": cell.seed,
                "network_hash": network.hash,
            }
        )
        found.prices.extend(
            _named(study, prepared, cell.cell) | {"steps": counts["steps"]} | line
            for line in counts["prices"]
        )
    return found


def _named(study: str, prepared: PreparedRow, cell: str) -> dict[str, Any]:
    return {"study": study, "row": prepared.row.row, "cell": cell}


def _line(
    study: str, prepared: PreparedRow, cell: str, images: int, right: int
) -> Mapping[str, Any]:
    """A line with accuracies: of the ANN on the same images, and of the cell."""
    ann = prepared.ann_right(images)
    ann_low, ann_high = wilson(ann, images)
    low, high = wilson(right, images)
    return {
        **_named(study, prepared, cell),
        "images": images,
        "ann_accuracy": ann / images,
        "ann_low": ann_low,
        "ann_high": ann_high,
        "accuracy": right / images,
        "accuracy_low": low,
        "accuracy_high": high,
        **versions(),
    }


def versions() -> dict[str, str]:
    """Of what ran."""
    return {
        "spikewatt": _version("spikewatt"),
        "tensorflow": _version("tensorflow"),
        "annarchy": _version("ANNarchy"),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
