"""What a row asks for beside its cells: ANNarchy's own converter, a report of classes."""

from __future__ import annotations

from pydantic import Field, model_validator

from ....errors import SpikewattError
from ..row import Checked

OWN_CONVERTER = "annarchy_own"  # its cell in the tables
OURS_BESIDE = "ours_beside_annarchy_own"  # our first cell, on the same images


class OwnConverter(Checked):
    """The first test images, which ANNarchy's own converter classifies, too."""

    images: int = Field(default=20, ge=1, description="test images, the first ones")
    steps: int = Field(default=200, ge=1, le=10_000, description="of 1 ms each")
    input_encoding: str = Field(
        default="IB",
        pattern="^(IB|CPN|PSO)$",
        description="IB (intrinsically bursting, the study's), CPN (Poisson), PSO (phase)",
    )


class PublishedClasses(Checked):
    """Precision and recall of each class, as published of one of the row's cells."""

    cell: str = Field(description="the cell that stands beside the published report")
    images: int = Field(ge=1, description="test images of the published report, the first ones")
    precision: list[float] = Field(min_length=2, description="shares, by class")
    recall: list[float] = Field(min_length=2, description="shares, by class")
    source: str = ""

    @model_validator(mode="after")
    def _of_the_same_classes(self):
        classes = len(self.precision)
        if len(self.recall) != classes:
            raise SpikewattError("classes.recall", "has a share per class", self.recall, classes)
        return self
