"""A row that is a network: Keras, int8 and each conversion, as lines of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....errors import SpikewattError
from ....models.int8 import NoInt8KernelError, quantise_int8
from ..annarchy.asked import OURS_BESIDE, OWN_CONVERTER
from ..annarchy.beside import lines_beside
from ..annarchy.classes import write_class_report
from ..kept import fingerprint
from ..kinds.network import NetworkRow
from ..places import Places
from ..results import Results, read_results
from ..row import INT8, INT8_DEVICE, KERAS, Cell
from .conversion import annarchy_equal, converted, run_cell
from .lines import line_of, named
from .prepared import INT8_CALIBRATION, PreparedRow, prepare


def run_network_row(study: str, row: NetworkRow, places: Places) -> Results:
    """Lines of the tables for `row`; what an earlier run kept is not done again.

    Raises
    ------
    SpikewattError
        Missing data or weights; ANNarchy gives other spikes, operations or outputs.
    """
    prepared = prepare(row, places)
    found = Results([_keras_line(study, prepared)])
    found.add(_int8_lines(study, prepared))
    for cell in row.cells:
        found.add(_cell_lines(study, prepared, cell))
    found.lines.extend(_beside_lines(study, prepared))
    if row.classes is not None:
        write_class_report(study, prepared, row.classes, places)

    return found


def _keras_line(study: str, prepared: PreparedRow) -> Mapping[str, Any]:
    images = len(prepared.test)
    prepared.told(KERAS)(0, 1)
    right = prepared.ann_right(images)
    prepared.told(KERAS)(1, 1)
    return line_of(study, prepared, KERAS, images, right)


def _int8_lines(study: str, prepared: PreparedRow) -> Results:
    """The network in int8, executed; where TensorFlow Lite has no kernel for a layer, why."""
    images = len(prepared.test)
    calibration = prepared.train[:INT8_CALIBRATION]
    asked = {
        "model": prepared.model_fingerprint,
        "images": prepared.images_fingerprint(0, images),
        "calibration": fingerprint(calibration),
    }

    def work() -> dict[str, Any]:
        try:
            network = quantise_int8(prepared.model, calibration)
        except NoInt8KernelError as error:
            return {"refused": str(error)}
        answers = network.predictions(prepared.test)
        same = int((answers == prepared.keras_classes).sum())
        return {"right": int((answers == prepared.labels).sum()), "same": same}

    prepared.told(INT8)(0, 1)
    found = prepared.kept(f"{INT8}.answers", asked, work)
    prepared.told(INT8)(1, 1)
    if "refused" in found:
        device = {"device": INT8_DEVICE, "refused": found["refused"]}
        return Results(prices=[named(study, prepared, INT8) | device])
    line = line_of(study, prepared, INT8, images, found["right"])
    return Results([line | {"agreement": found["same"] / images}])


def _beside_lines(study: str, prepared: PreparedRow) -> list[Mapping[str, Any]]:
    """ANNarchy's own converter and ours on its images; where it does not run, an earlier run's."""
    row, places = prepared.row, prepared.places
    if row.own_converter is None:
        return []
    if places.with_own_converter:
        return lines_beside(study, prepared, row.own_converter)
    earlier = read_results(places.folder).of_row(row.row)
    return [line for line in earlier if line["cell"] in (OWN_CONVERTER, OURS_BESIDE)]


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
            {
                **line_of(study, prepared, cell.cell, counts["images"], counts["right"]),
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
            named(study, prepared, cell.cell) | {"steps": counts["steps"]} | line
            for line in counts["prices"]
        )
    return found
