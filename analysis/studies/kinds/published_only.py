"""A row of somebody else's figures, which are not run here: they stand beside cells of ours."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from ....errors import SpikewattError
from ..row import PublishedCell, RowFile


class PublishedOnly(PublishedCell):
    """What was published: a network, and percent right after so many steps."""

    ann_accuracy_percent: float | None = Field(default=None, ge=0, le=100)
    recalled: bool = Field(
        default=False, description="from memory, and not compared with the print"
    )

    @model_validator(mode="after")
    def _has_a_source(self):
        if not self.source:
            raise SpikewattError("published.source", "says where it was published", "nothing")
        return self


class PublishedOnlyRow(RowFile):
    """A published figure beside our cells."""

    kind: Literal["published_only"] = "published_only"
    dataset: str = Field(description="that it was measured on")
    network: str = Field(description="theirs, in words")
    published: PublishedOnly
    needs: str = Field(min_length=1, description="what their figure needs besides its steps")
    beside: list[str] = Field(
        default_factory=list, description="cells of network rows of this study: row/cell"
    )
    explained: str = Field(default="", description="why our ANN is below theirs, where it is")

    @field_validator("beside")
    @classmethod
    def _cells(cls, beside: list[str]) -> list[str]:
        for place in beside:
            if place.count("/") != 1:
                raise SpikewattError("beside", "names a cell of a row", place, "row/cell")
        return beside
