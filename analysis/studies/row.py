"""A row of a published table, as its YAML file says it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ...errors import SpikewattError, nearest, one_of, whole_number
from ...models.datasets import NAMES
from ...models.studied.catalogue import studied_names
from ...sim.conversion.options import ConversionOptions
from ...sim.engines.schedule import LARGEST_STEPS
from ...sim.network.codes import Code

# Images of each cell that also run in ANNarchy, and the most steps of a streaming one.
ANNARCHY_IMAGES = 20
ANNARCHY_STEPS = 50
# Cells that every row has: the network itself, and in int8.
KERAS, INT8 = EVERY_ROW = ("keras", "int8")
NAMED = 5  # known networks that an error names, the likest ones
INT8_DEVICE = "tensorflow_lite"  # that refuses a network without an int8 kernel for each layer


def _known_dataset(name: str) -> str:
    return one_of("dataset", "must name a data set", name, NAMES)


DatasetName = Annotated[str, AfterValidator(_known_dataset)]
KERAS_FILES = "keras_files"  # key of study.yaml, and of the context in which a row is read


def _known_network(name: str, info: ValidationInfo) -> str:
    """Read from a file, it is one that is known there; a row made in Python has been read."""
    if info.context is None:
        return name
    known = {*studied_names(), *info.context[KERAS_FILES]}
    if name not in known:
        likest = get_close_matches(name, sorted(known), n=NAMED, cutoff=0)
        law = f"must name a network of models/studied, or of {KERAS_FILES} in study.yaml"
        meant = nearest(name, known)
        raise SpikewattError(
            where="network",
            law=law,
            got=repr(name),
            allowed=f"{', '.join(likest)}, … ({len(known)} networks)",
            hint=f"did you mean {meant!r}?" if meant else None,
        )
    return name


NetworkName = Annotated[str, AfterValidator(_known_network)]


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
    agreement_percent: float | None = Field(
        default=None, ge=0, le=100, description="of its answers, that Keras gives, too"
    )
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
    seed: int = Field(default=0, ge=0, le=2**30, description="of Poisson inputs")
    published: PublishedCell | None = None
    aim: Aim | None = None
    within_points: float | None = Field(
        default=None, gt=0, description="points of percent between ours and the published one"
    )
    explained: str = Field(default="", description="why it falls short, where it does")

    @field_validator("cell")
    @classmethod
    def _not_of_every_row(cls, name: str) -> str:
        if name in EVERY_ROW:
            law = "is another name than those of the lines that every row has"
            raise SpikewattError("cell", law, name, f"not {', '.join(EVERY_ROW)}")
        return name

    @field_validator("convert")
    @classmethod
    def _convertible(cls, options: dict[str, Any]) -> dict[str, Any]:
        """What `convert` would refuse is refused before anything is run."""
        ConversionOptions.checked("convert.", options)
        return options

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        self._check_durations()
        self._check_published()
        return self

    @property
    def code(self) -> Code:
        """How its values become spikes."""
        return ConversionOptions.checked("convert.", self.convert).spike_code

    def _check_durations(self) -> None:
        if self.durations and self.code.exact:
            law = "an exact code has its number of steps"
            raise SpikewattError("durations", law, self.durations, f"none with {self.code}")
        if not self.durations and not self.code.limited:
            law = "a code without an end is looked at after some steps"
            raise SpikewattError("durations", law, "none", "durations: [100, 200]")

        law = "is a number of steps, each once"
        for name in ("durations", "shared_durations"):
            given = getattr(self, name)
            for steps in given:
                whole_number(name, law, steps, 1, LARGEST_STEPS)
            if len(set(given)) < len(given):
                raise SpikewattError(name, law, given)
        if others := sorted(set(self.durations) - set(self.counted_durations)):
            law = "holds the cell's own durations"
            raise SpikewattError("shared_durations", law, self.shared_durations, str(others))

    def _check_published(self) -> None:
        if self.published is None:
            if self.within_points is not None:
                law = "is the distance from what was published"
                raise SpikewattError("within_points", law, "no `published`")
            return

        steps = list(self.published.accuracy_percent)
        if not self.durations and len(steps) > 1:
            law = "one figure beside a cell that is looked at once"
            raise SpikewattError("published.accuracy_percent", law, steps)
        if self.durations and (unseen := sorted(set(steps) - set(self.durations))):
            law = "steps are among the durations"
            raise SpikewattError("published.accuracy_percent", law, unseen, self.durations)

    @property
    def counted_durations(self) -> list[int]:
        """Steps that its run looks at, in ascending order."""
        return sorted(self.shared_durations or self.durations)


class RowFile(Checked):
    """What all kinds of rows have; each has a `kind` of its own, too."""

    kind: Any  # a name, each class its own
    row: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    title: str
    different: str = Field(default="", description="what is different here")

    @property
    def networks(self) -> tuple[str, ...]:
        """The trained networks that it runs."""
        return ()
