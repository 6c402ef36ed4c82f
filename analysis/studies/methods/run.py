"""A row of a method: its network without and with it, as lines of the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ....errors import SpikewattError
from ....sim.network.spiking_network import SpikingNetwork
from ..cells.conversion import equal_in_annarchy
from ..cells.lines import accuracies
from ..cells.prepared import versions
from ..cells.prices import cards_fingerprint
from ..kept import fingerprint
from ..kinds.method import CELLS, WITHOUT, MethodRow
from ..places import Places
from ..results import Results
from ..row import ANNARCHY_IMAGES, ANNARCHY_STEPS
from .applied import Applied
from .apply import applied, unchanged
from .measured import measured, together
from .pruning import NETWORKS
from .subject import Subject, subjects
from .table import method_lines

STUDIES = Path(__file__).parents[1]


def run_method_row(study: str, row: MethodRow, places: Places) -> Results:
    """Lines of the tables for `row`.

    Each cell and fold is kept as soon as it is done, with what was chosen on validation images.

    Raises
    ------
    SpikewattError
        Missing data or weights; a budget that cannot be met; ANNarchy gives other spikes,
        operations or outputs.
    """
    runs: dict[str, list[dict[str, Any]]] = {cell: [] for cell in CELLS}
    for subject in subjects(row, places):
        for cell in CELLS:
            runs[cell].append(_kept(study, row, cell, subject))
    for cell, parts in runs.items():
        if not all(part["annarchy_equal"] for part in parts):
            where = f"study {study}, row {row.row}, cell {cell}"
            raise SpikewattError(where, "ANNarchy gives the same spikes as the event engine")

    found = {cell: together(parts) for cell, parts in runs.items()}
    results = Results()
    for cell, run in found.items():
        results.lines.append(_line(study, row, cell, run, runs[cell]))
        named = {"study": study, "row": row.row, "cell": cell, "steps": run["steps"]}
        results.prices.extend(named | line for line in run["prices"])
    results.methods.extend(method_lines(study, row.row, found))
    return results


def _kept(study: str, row: MethodRow, cell: str, subject: Subject) -> dict[str, Any]:
    """A cell of one network, from what was kept of an earlier run or anew."""
    prepared, folder = subject.prepared, STUDIES / study
    images = min(row.images, len(prepared.test))
    annarchy = min(ANNARCHY_IMAGES, images)
    asked = {
        "model": prepared.model_fingerprint,
        "network": subject.network.hash,
        "images": prepared.images_fingerprint(0, images),
        "cards": cards_fingerprint(row.devices),
        "inferences": row.inferences,
        "steps": row.without.steps,
    }
    if cell != WITHOUT:
        asked |= {
            "method": row.method.model_dump_json(),
            "validation": fingerprint(subject.validation, subject.validation_labels),
            "made": _made_fingerprint(row, folder),
        }
    tell = prepared.told(cell)

    def work() -> dict[str, Any]:
        run = unchanged(row, subject) if cell == WITHOUT else applied(row, subject, folder)
        equal = _equal(row, cell, subject, run, annarchy)
        counted = measured(row, subject, run)
        return counted | {"annarchy_images": annarchy, "annarchy_equal": equal}

    tell(0, 1)
    found = prepared.kept(f"{row.row}.{cell}", asked, work)
    tell(1, 1)
    return found


def _equal(row: MethodRow, cell: str, subject: Subject, run: Applied, images: int) -> bool:
    """Whether each network that ran gives the same in ANNarchy."""
    steps = None if row.without.steps is None else min(row.without.steps, ANNARCHY_STEPS)
    x = subject.prepared.test[:images]
    different: dict[str, SpikingNetwork] = {network.hash: network for network in run.networks}
    return all(
        equal_in_annarchy(network, x, steps, 0, subject.prepared, cell)
        for network in different.values()
    )


def _made_fingerprint(row: MethodRow, folder: Path) -> str:
    """Of a network that is committed; "" where there is none."""
    if row.method.prune is None or row.method.prune.made is None:
        return ""
    path = folder / NETWORKS / row.method.prune.made
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _line(
    study: str,
    row: MethodRow,
    cell: str,
    run: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Of ``results.csv``; `steps` are those of the longest run of one network."""
    images = run["images"]
    hashes = [part["network_hash"] for part in parts]
    whole = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
    return {
        "study": study,
        "row": row.row,
        "cell": cell,
        **accuracies(images, run["right"], run["ann_right"]),
        **versions(),
        "code": run["code"],
        "steps": run["steps"],
        "steps_per_layer": run["steps_per_layer"],
        "agreement": run["same"] / images,
        "spikes_per_image": run["spikes"] / images,
        "synaptic_operations_per_image": run["operations"] / images,
        "synaptic_operations_without_first_layer": run["later_operations"] / images,
        "multiply_accumulates": run["multiply_accumulates"],
        "annarchy_images": run["annarchy_images"],
        "annarchy_equal": run["annarchy_equal"],
        "seed": 0,
        "network_hash": whole,
    }
