"""A row that is a k-bit network: a network, and what was published of it after each step."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ....errors import SpikewattError
from ....sim.network.codes import CODES
from ..kinds.network import NetworkRow
from ..row import Cell, Checked


class Theirs(Checked):
    """What was published of the same k: means per image."""

    settled_after_steps: int = Field(ge=1, description="the answer changes no more")
    accuracy_percent: list[float] = Field(min_length=1, description="after step 1, 2, 3, …")
    operations: dict[int, float] = Field(description="by the number of steps")
    positive_spikes: float = Field(gt=0)
    negative_spikes: float = Field(ge=0)


class KBitRow(NetworkRow):
    """A network whose activations are multiples of 2^-k, run with spikes of either sign."""

    kind: Literal["k_bit"] = "k_bit"  # type: ignore[assignment]
    k: int = Field(ge=0, le=8, description="activations are multiples of 2^-k")
    label: str = Field(description="in the pictures")
    theirs: Theirs | None = None

    @model_validator(mode="after")
    def _has_both_codes(self):
        for law, asked in (("one cell of code signed", True), ("a cell of an exact code", False)):
            found = self._of_signed() if asked else self._of_exact()
            if not found or (asked and len(found) > 1):
                raise SpikewattError("cells", f"a k-bit row has {law}", len(found))
        return self

    def _of_signed(self) -> list[Cell]:
        return [cell for cell in self.cells if _code(cell).negative_spikes]

    def _of_exact(self) -> list[Cell]:
        return [cell for cell in self.cells if _code(cell).exact]

    @property
    def signed(self) -> Cell:
        """The cell whose neurons take spikes back."""
        return self._of_signed()[0]

    @property
    def exact(self) -> Cell:
        """The cell that gives the answer to which `signed` has to come."""
        return self._of_exact()[0]


def _code(cell: Cell):
    """The code of a cell; of one that is unknown, which its conversion will refuse, the default."""
    return CODES.get(str(cell.convert.get("code", "rate")), CODES["rate"])
