"""A row of robustness: accuracy of several networks against faults, as lines and as a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ....errors import SpikewattError
from ....sim.engines.schedule import schedule
from ....sim.gating.planes import with_planes
from ....sim.network.spiking_network import SpikingNetwork
from ...robustness.curves import robustness
from ..cells.conversion import equal_in_annarchy, steps_per_layer
from ..cells.lines import line_of
from ..kinds.method import Method, MethodRow, Pruning, Unchanged
from ..kinds.robustness import FaultyNetwork, RobustnessRow
from ..outcome import Outcome, Shortfall, Side
from ..places import Places
from ..results import Results
from ..row import ANNARCHY_IMAGES
from .pruning import pruned_network
from .run import STUDIES
from .subject import Subject, subjects

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENOUGH_POINTS = 1.0  # that a fault may cost, in the note of a network

Line = Mapping[str, Any]


def run_robustness_row(study: str, row: RobustnessRow, places: Places) -> Results:
    """A line of ``results.csv`` for each network as it is, and its lines of ``robustness.csv``.

    Raises
    ------
    SpikewattError : as of a row of methods.
    """
    found = Results()
    for faulty in row.faulty:
        subject, network = _network(study, row, faulty, places)
        done = _kept(row, faulty, subject, network)
        if not done["annarchy_equal"]:
            where = f"study {study}, row {row.row}, {faulty.label}"
            raise SpikewattError(where, "ANNarchy gives the same spikes as the event engine")
        lines = [{"study": study, "row": row.row, **line} for line in done["table"]]
        found.robustness.extend(lines)
        cell, images = cell_of(faulty.label), lines[0]["images"]
        found.lines.append(
            {
                **line_of(study, subject.prepared, cell, images, done["right"]),
                "code": network.code.name,
                "steps": done["steps"],
                "steps_per_layer": steps_per_layer(network),
                "annarchy_images": done["annarchy_images"],
                "annarchy_equal": done["annarchy_equal"],
                "seed": 0,
                "network_hash": network.hash,
            }
        )
    return found


def cell_of(label: str) -> str:
    """A label as the name of a cell.

    >>> cell_of("K = 4, pruned")
    'k-4-pruned'
    """
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def _network(
    study: str, row: RobustnessRow, faulty: FaultyNetwork, places: Places
) -> tuple[Subject, SpikingNetwork]:
    as_row = MethodRow(
        kind="method",
        row=row.row,
        title=row.title,
        dataset=row.dataset,
        network=row.network,
        without=Unchanged(convert=faulty.convert),
        method=Method(prune=faulty.prune or Pruning()),
        images=row.images,
    )
    (subject,) = subjects(as_row, places)
    network = subject.network
    if faulty.prune is not None:
        network, _ = pruned_network(faulty.prune, as_row, subject, STUDIES / study)
    if faulty.planes is not None:
        network = with_planes(network, faulty.planes)
    return subject, network


def _kept(
    row: RobustnessRow, faulty: FaultyNetwork, subject: Subject, network: SpikingNetwork
) -> dict[str, Any]:
    """A network with all faults, from what was kept of an earlier run or anew."""
    prepared = subject.prepared
    images = min(row.images, len(prepared.test))
    annarchy = min(ANNARCHY_IMAGES, images)
    x, labels = prepared.test[:images], prepared.labels[:images]
    asked = {
        "network": network.hash,
        "images": prepared.images_fingerprint(0, images),
        "label": faulty.label,
        "seeds": row.seeds,
    }

    def progress(_: str, done: int, total: int) -> None:
        prepared.told(faulty.label)(done, total)

    def work() -> dict[str, Any]:
        found = robustness({faulty.label: network}, x, labels, seeds=row.seeds, progress=progress)
        sound = found.runs[found.runs["level"] == 0].iloc[0]
        table = found.table.astype(object).where(found.table.notna(), None)
        equal = equal_in_annarchy(network, x[:annarchy], None, 0, prepared, faulty.label)
        return {
            "table": table.to_dict("records"),
            "right": int(sound["correct"]),
            "steps": schedule(network).steps,
            "annarchy_images": annarchy,
            "annarchy_equal": equal,
        }

    return prepared.kept(f"{row.row}.{cell_of(faulty.label)}", asked, work)


def curves_outcome(row: RobustnessRow, committed: Results) -> Outcome:
    """A line per network; nothing was published, and all have to be run."""
    lines = {line["cell"]: line for line in committed.of_row(row.row)}
    sides, shortfalls, own = [], [], {}
    for faulty in row.faulty:
        cell = cell_of(faulty.label)
        line = lines.get(cell)
        if line is None:
            shortfalls.append(Shortfall(cell, "is run", "everything"))
            continue
        table = [
            each
            for each in committed.robustness
            if (each["row"], each["network"]) == (row.row, faulty.label)
        ]
        ann, accuracy = 100 * line["ann_accuracy"], 100 * line["accuracy"]
        note = _note(table)
        sides.append(Side(cell, line["steps"], None, ann, accuracy, line["images"], None, note))
        own[cell] = {
            "accuracy_percent": accuracy,
            "images": line["images"],
            "curves": [
                {key: each[key] for key in ("fault", "level", "accuracy", "points_lost")}
                for each in table
            ],
        }
    return Outcome(row.row, row.title, {}, own, tuple(sides), tuple(shortfalls))


def _note(table: Sequence[Line]) -> str:
    """Of each fault the most of which costs a point at most."""
    said = []
    for fault in dict.fromkeys(line["fault"] for line in table):
        said.append(f"{fault.replace('_', ' ')} {100 * max(_borne(table, fault)):g} %")
    return f"a point is lost beyond: {', '.join(said)}" if said else ""


def _borne(table: Sequence[Line], fault: str) -> Iterator[float]:
    """Levels up to the first that costs more."""
    for line in table:
        if line["fault"] == fault:
            if line["points_lost"] is not None and line["points_lost"] > ENOUGH_POINTS:
                return
            yield line["level"]


def robustness_picture(committed: Results) -> Figure:
    """A panel for each fault, a line for each network."""
    import pandas as pd

    from ...robustness.picture import curves_figure

    return curves_figure(pd.DataFrame(committed.robustness))
