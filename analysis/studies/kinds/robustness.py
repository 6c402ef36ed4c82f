"""A row that asks what faults do to networks of several precisions, pruned and not."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from ....errors import SpikewattError
from ..row import Cell, Checked, DatasetName, NetworkName, RowFile
from .method import Pruning


class FaultyNetwork(Checked):
    """A line of the picture."""

    label: str = Field(min_length=1)
    convert: dict[str, Any] = Field(description="options of `convert`")
    planes: int | None = Field(default=None, ge=1, description="that are sent, of all")
    prune: Pruning | None = Field(default=None, description="as of a row of methods")

    def as_cell(self, images: int) -> Cell:
        """The conversion."""
        return Cell(cell="sound", convert=self.convert, images=images)

    @model_validator(mode="after")
    def _can_be_run(self):
        code = self.as_cell(1).code
        if not code.exact:
            raise SpikewattError("convert.code", "is an exact code", code.name)
        return self


class RobustnessRow(RowFile):
    """Networks of one data set with faults of every kind."""

    kind: Literal["robustness"]
    dataset: DatasetName
    network: NetworkName
    faulty: list[FaultyNetwork] = Field(min_length=1)
    images: int = Field(default=2000, ge=1, description="test images, the first ones")
    seeds: list[int] = Field(default_factory=lambda: [0, 1, 2], min_length=1)

    @field_validator("faulty")
    @classmethod
    def _named_once(cls, faulty: list[FaultyNetwork]) -> list[FaultyNetwork]:
        labels = [each.label for each in faulty]
        if twice := sorted({label for label in labels if labels.count(label) > 1}):
            raise SpikewattError("faulty", "each has a label of its own", twice[0])
        return faulty

    @property
    def networks(self) -> tuple[str, ...]:
        """The one that is converted."""
        return (self.network,)
