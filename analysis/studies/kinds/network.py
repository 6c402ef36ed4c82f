"""A row that is a network: its ANN, int8, and our conversions of it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from ....errors import SpikewattError
from ..judgement import judged
from ..outcome import Outcome
from ..places import Places
from ..results import Results
from ..row import Cell, Published, RowFile


class NetworkRow(RowFile):
    """A trained Keras network, converted in one or more ways, and run."""

    name: ClassVar[str] = "network"

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

    def run(self, study: str, places: Places) -> Results:
        """Convert, simulate, compare with ANNarchy, price; see `run_network_row`."""
        from ..cells.network_row import run_network_row

        return run_network_row(study, self, places)

    def outcome(self, committed: Results) -> Outcome:
        """Ours beside theirs; see `judged`."""
        return judged(self, committed.of_row(self.row))
