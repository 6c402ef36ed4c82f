"""A row of ODIN's demonstration: trained for the chip, every image on its twin, priced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....models.datasets import load_dataset
from ...checks.odin_on_chip import run_job
from ..cells.lines import accuracies
from ..cells.prepared import versions
from ..cells.prices import cards_fingerprint
from ..kept import fingerprint, kept
from ..places import Places
from ..results import AMOUNTS, Results

if TYPE_CHECKING:
    from ..kinds.odin import OdinRow

TWIN, CODE, WORKLOAD = "twin", "rank order", "snn"
PARTS = 2


def run_odin_row(study: str, row: OdinRow, places: Places) -> Results:
    """Lines of the tables for `row`: accuracy on the twin, and what an inference costs there.

    Raises
    ------
    SpikewattError : missing data, or images that do not fit the chip.
    """
    places.progress(row.row, 0, PARTS)
    images = row.images if places.images is None else min(row.images, places.images)
    asked = row.model_dump(include={"dataset", "chip", "side", "seed"}) | {
        "images": images,
        "data": _data_fingerprint(row, images, places),
        "card": cards_fingerprint([row.chip]),
        **versions(),
    }
    found = kept(places.kept, row.row, asked, lambda: _on_the_twin(row, images, places))
    places.progress(row.row, PARTS, PARTS)

    named = {"study": study, "row": row.row, "cell": TWIN}
    line = named | {
        "code": CODE,
        **accuracies(found["images"], found["right"]),
        "spikes_per_image": found["spikes"],
        "synaptic_operations_per_image": found["synaptic_operations"],
        "seed": row.seed,
        "network_hash": found["network_hash"],
        **versions(),
    }
    priced = {"priced_as": found["price"]["device"], "workload": WORKLOAD, "refused": ""}
    return Results([line], [named | priced | found["price"]])


def _data_fingerprint(row: OdinRow, images: int, places: Places) -> str:
    """Of the images that it is trained on, those that are tested, and their classes."""
    data = load_dataset(row.dataset, places.data_dir)
    tested = slice(images)
    return fingerprint(data.x_train, data.y_train, data.x_test[tested], data.y_test[tested])


def _on_the_twin(row: OdinRow, images: int, places: Places) -> dict[str, Any]:
    result = run_job(
        None,
        row.dataset,
        places.data_dir,
        side=row.side,
        samples=images,
        seed=row.seed,
        chip=row.chip,
    )
    counts = result.run.counts
    samples = len(result.run.predictions)
    (total,) = result.prices.totals().to_dict("records")
    return {
        "images": samples,
        "right": round(result.accuracy * samples),
        "spikes": float((counts.external_events + counts.spikes).mean()),
        "synaptic_operations": float(counts.synaptic_operations.mean()),
        "network_hash": result.run.network_hash,
        "price": {"device": total["device"], "cores": 1} | {key: total[key] for key in AMOUNTS},
    }
