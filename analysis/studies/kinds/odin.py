"""A row that is ODIN's own demonstration, on the twin of the chip."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..outcome import Outcome, Shortfall, Side
from ..places import Places
from ..results import Results
from ..row import Checked, RowFile

TWIN = "twin"


class PublishedChip(Checked):
    """What was published of the chip."""

    accuracy_percent: float = Field(ge=0, le=100)
    energy_per_inference_j: float = Field(gt=0)
    images: int | None = Field(default=None, ge=1, description="that it was measured on")
    source: str


class OdinRow(RowFile):
    """One layer from pixels to classes, trained for the chip, every image on its twin."""

    name: ClassVar[str] = "odin"

    kind: Literal["odin"]
    dataset: str
    chip: str = "odin"
    side: int = Field(default=16, ge=1, le=16, description="pixels of an image, each way")
    images: int = Field(default=10_000, ge=1, description="test images, the first ones")
    seed: int = Field(default=0, ge=0, description="of the training")
    published: PublishedChip

    def run(self, study: str, places: Places) -> Results:
        """Train, run on the twin, price; see `run_odin_row`."""
        from ..hardware.run_odin import run_odin_row

        return run_odin_row(study, self, places)

    def outcome(self, committed: Results) -> Outcome:
        """Accuracy has to reach the published one; energy is shown beside it."""
        published = self.published.model_dump(exclude_none=True)
        lines = committed.of_row(self.row)
        if not lines:
            missing = (Shortfall(TWIN, "is run", "everything"),)
            return Outcome(self.row, self.title, published, {}, shortfalls=missing)

        (line,) = lines
        (energy,) = [price for price in committed.prices if price["row"] == self.row]
        own_percent = 100 * line["accuracy"]
        own = {
            "accuracy_percent": own_percent,
            "energy_per_inference_j": energy["energy_j"],
            "energy_per_inference_low_j": energy["energy_low_j"],
            "energy_per_inference_high_j": energy["energy_high_j"],
            "images": line["images"],
        }
        asked = self.published.accuracy_percent
        short = ()
        if own_percent < asked:
            short = (Shortfall(TWIN, f"at least {asked:g} %", f"{asked - own_percent:.2f} points"),)
        side = Side(
            TWIN,
            published_percent=asked,
            own_percent=own_percent,
            images=line["images"],
            operations=line["synaptic_operations_per_image"],
        )
        return Outcome(self.row, self.title, published, own, (side,), short)
