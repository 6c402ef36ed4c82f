"""A row that is a picture of samples of a data set."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..row import DatasetName, RowFile


class PicturesRow(RowFile):
    """Test images of each class, drawn; the picture holds data and is not committed."""

    kind: Literal["pictures"] = "pictures"
    dataset: DatasetName
    per_class: int = Field(default=4, ge=1, le=20, description="images of each class")
    names: list[str] = Field(default_factory=list, description="of the classes; else their numbers")
