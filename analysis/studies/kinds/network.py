"""A row that is a network: its ANN, int8, and our conversions of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from ....errors import SpikewattError, one_of
from ..annarchy.asked import OwnConverter, PublishedClasses
from ..row import Cell, DatasetName, NetworkName, Published, RowFile


class NetworkRow(RowFile):
    """A trained Keras network, converted in one or more ways, and run."""

    kind: Literal["network"] = "network"
    dataset: DatasetName
    network: NetworkName = Field(description="of models/studied, or a file in --models-dir")
    input_max: float = Field(default=1.0, gt=0)
    published: Published = Published()
    cells: list[Cell] = Field(min_length=1)
    own_converter: OwnConverter | None = Field(
        default=None, description="ANNarchy's own converter, on a few of the images"
    )
    classes: PublishedClasses | None = Field(default=None, description="a report of its classes")

    @field_validator("cells")
    @classmethod
    def _named_once(cls, cells: list[Cell]) -> list[Cell]:
        names = [cell.cell for cell in cells]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise SpikewattError("cells", "each has a name of its own", twice[0])
        return cells

    @model_validator(mode="after")
    def _reports_a_cell(self):
        if self.classes is not None:
            known = [cell.cell for cell in self.cells]
            one_of("classes.cell", "must name a cell", self.classes.cell, known)
        return self

    @property
    def networks(self) -> tuple[str, ...]:
        """The one that its cells convert."""
        return (self.network,)
