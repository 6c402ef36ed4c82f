"""A row that is a network: its ANN, int8, and our conversions of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from ....errors import SpikewattError
from ..row import Cell, Published, RowFile


class NetworkRow(RowFile):
    """A trained Keras network, converted in one or more ways, and run."""

    kind: Literal["network"] = "network"
    dataset: str
    network: str = Field(description="of models/studied, or of a file in --models-dir")
    input_max: float = Field(default=1.0, gt=0)
    published: Published = Published()
    cells: list[Cell] = Field(min_length=1)

    @field_validator("cells")
    @classmethod
    def _named_once(cls, cells: list[Cell]) -> list[Cell]:
        names = [cell.cell for cell in cells]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise SpikewattError("cells", "each has a name of its own", twice[0])
        return cells
