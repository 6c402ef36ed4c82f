"""A row that is ODIN's own demonstration, on the twin of the chip."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..row import Checked, DatasetName, RowFile


class PublishedChip(Checked):
    """What was published of the chip."""

    accuracy_percent: float = Field(ge=0, le=100)
    energy_per_inference_j: float = Field(gt=0)
    images: int | None = Field(default=None, ge=1, description="that it was measured on")
    source: str


class OdinRow(RowFile):
    """One layer from pixels to classes, trained for the chip, every image on its twin."""

    kind: Literal["odin"] = "odin"
    dataset: DatasetName
    chip: str = "odin"
    side: int = Field(default=16, ge=1, le=16, description="pixels of an image, each way")
    images: int = Field(default=10_000, ge=1, description="test images, the first ones")
    seed: int = Field(default=0, ge=0, description="of the training")
    published: PublishedChip
    explained: str = Field(default="", description="why it is not as good as published")
