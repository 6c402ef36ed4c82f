"""A row of a published table, as its YAML file says it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...errors import SpikewattError

# Images of each cell that also run in ANNarchy, and the most steps of a streaming one.
ANNARCHY_IMAGES = 20
ANNARCHY_STEPS = 50


class Checked(BaseModel):
    """Keys are known, and numbers are numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Published(Checked):
    """What was published of a row: its ANN."""

    ann_accuracy_percent: float | None = Field(default=None, ge=0, le=100)
    images: int | None = Field(default=None, ge=1, description="that it was measured on")
    source: str = ""


class PublishedCell(Checked):
    """What was published of a spiking network: percent right after so many steps."""

    accuracy_percent: dict[int, float] = Field(min_length=1)
    images: int | None = Field(default=None, ge=1, description="that it was measured on")
    same_method: bool = Field(default=False, description="whether the cell uses the same method")
    source: str = ""


class Aim(Checked):
    """What a cell has to reach; each that is given."""

    points_below_ann: float | None = Field(
        default=None, ge=0, description="points of percent that it may lie below its own ANN"
    )
    accuracy_percent: float | None = Field(default=None, ge=0, le=100)
    synaptic_operations_below: float | None = Field(
        default=None, gt=0, description="per image, without the first layer's"
    )

    @model_validator(mode="after")
    def _asks_for_something(self):
        if not self.model_fields_set:
            raise SpikewattError("aim", "asks for something", "nothing", ", ".join(self.known()))
        return self

    @classmethod
    def known(cls) -> tuple[str, ...]:
        """What can be asked for."""
        return tuple(cls.model_fields)


class Cell(Checked):
    """One conversion of the row's network, run on test images."""

    cell: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    convert: dict[str, Any] = Field(description="options of `convert`")
    images: int = Field(default=10_000, ge=1, description="test images, the first ones")
    calibration: int = Field(default=500, ge=1, description="training images, the first ones")
    durations: list[int] = Field(
        default_factory=list, description="of a streaming code: steps that are looked at"
    )
    shared_durations: list[int] = Field(
        default_factory=list,
        description="steps that are looked at in a run which this cell shares with those of other "
        "rows; `durations` are among them",
    )
    seed: int = Field(default=0, ge=0, description="of Poisson inputs")
    published: PublishedCell | None = None
    aim: Aim | None = None
    within_points: float | None = Field(
        default=None, gt=0, description="points of percent between ours and the published one"
    )
    explained: str = Field(default="", description="why it falls short, where it does")

    @model_validator(mode="after")
    def _shares_its_own(self):
        others = sorted(set(self.durations) - set(self.counted_durations))
        if others:
            law = "holds the cell's own durations"
            raise SpikewattError("shared_durations", law, self.shared_durations, str(others))
        return self

    @property
    def counted_durations(self) -> list[int]:
        """Steps that its run looks at, in ascending order."""
        return sorted(self.shared_durations or self.durations)


class RowFile(Checked):
    """What all kinds of rows have; each has a `kind` of its own, too."""

    kind: str
    row: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    title: str
    different: str = Field(default="", description="what is different here")
