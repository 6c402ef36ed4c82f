"""Lines of the tables: ANNarchy's own converter, and ours on the same images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ....sim.engines.simulate import simulate
from ..cells.conversion import ENGINE, converted
from ..cells.lines import line_of
from ..cells.prepared import PreparedRow
from .asked import OURS_BESIDE, OWN_CONVERTER, OwnConverter
from .converter import classes_of_own_converter


def lines_beside(study: str, prepared: PreparedRow, asked: OwnConverter) -> list[Mapping[str, Any]]:
    """Two lines: the accuracy of ANNarchy's own converter, and of our first cell beside it.

    Raises
    ------
    SpikewattError : a network that ANNarchy's converter cannot read.
    """
    images = min(asked.images, len(prepared.test))
    x, labels = prepared.test[:images], prepared.labels[:images]
    keras = prepared.keras_classes[:images]
    cell = prepared.row.cells[0]
    network = converted(prepared, cell)

    theirs = _kept_classes(prepared, asked, images)
    ours = simulate(network, x, ENGINE, max(cell.durations, default=None), seed=cell.seed)
    found = ours.predictions()
    return [
        line_of(study, prepared, OWN_CONVERTER, images, int((theirs == labels).sum()))
        | {"code": asked.input_encoding, "steps": asked.steps}
        | {"agreement": float((theirs == keras).mean())},
        line_of(study, prepared, OURS_BESIDE, images, int((found == labels).sum()))
        | {"code": network.code.name, "steps": ours.steps, "network_hash": network.hash}
        | {"agreement": float((found == keras).mean())},
    ]


def _kept_classes(prepared: PreparedRow, asked: OwnConverter, images: int) -> np.ndarray:
    depends = {
        "model": prepared.model_fingerprint,
        "images": prepared.images_fingerprint(0, images),
        "steps": asked.steps,
        "input_encoding": asked.input_encoding,
    }

    def work() -> list[int]:
        return classes_of_own_converter(
            prepared.model,
            prepared.test[:images],
            asked.steps,
            asked.input_encoding,
            prepared.told(OWN_CONVERTER),
        ).tolist()

    return np.asarray(prepared.kept(OWN_CONVERTER, depends, work))
