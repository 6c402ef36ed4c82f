"""A row that runs a network without and with a method that leaves work out."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from ....energy.cards.load import load_card
from ....errors import SpikewattError, one_of
from ..cells.prices import STUDY_DEVICES
from ..row import Cell, Checked, DatasetName, NetworkName, RowFile

WITHOUT, WITH = CELLS = ("without", "with")


class OfABudget(Checked):
    """A method whose settings are chosen on validation images, within a budget."""

    budget_points: float = Field(
        default=0.3, ge=0, le=100, description="points of percent lost on validation images"
    )


class Stages(OfABudget):
    """The first planes for all images, all planes for those of which that is not sure."""

    first: list[int] = Field(min_length=1, description="planes that are tried of the first stage")
    weights: Literal["shared", "own"] = Field(
        default="shared", description="own: the first stage is a conversion to so many steps"
    )
    network: NetworkName | None = Field(
        default=None, description="that the first stage is converted from; default the row's"
    )
    agree: bool = Field(
        default=False, description="what the last stage answers counts as right, not the label"
    )

    @model_validator(mode="after")
    def _own_network_has_own_weights(self):
        if self.network is not None and self.weights != "own":
            raise SpikewattError("network", "has weights of its own", self.weights, "weights: own")
        return self


class Allocate(OfABudget):
    """To each layer its number of planes, once for all images."""


class Watch(OfABudget):
    """Planes that follow the activity of a stream of images."""

    planes: list[tuple[int, int]] = Field(min_length=1, description="(low, high) that are tried")
    quantiles: list[tuple[float, float]] = Field(
        default_factory=lambda: [(0.05, 0.95), (0.5, 0.99)], description="that are tried"
    )
    window: int = Field(default=50, ge=1, description="images between two decisions")


class Wake(OfABudget):
    """Neurons that have not fired in their first planes stay silent."""

    planes: list[int] = Field(min_length=1, description="that are tried")


class Exit(OfABudget):
    """A streaming code stops at the step at which it is sure."""


class FineTuning(Checked):
    """Training on the row's training images after each round of pruning."""

    epochs: int = Field(default=1, ge=1, le=100)
    seed: int = Field(default=0, ge=0)


class Pruning(OfABudget):
    """As of `prune`; a network that takes minutes to tune is kept among the committed files."""

    what: list[str] = Field(default_factory=lambda: ["channels", "synapses"])
    aim: str = "operations"
    rounds: int | None = Field(default=None, ge=1)
    tuning: FineTuning | None = None
    made: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9-]+\.spk\.gz$",
        description="file in the study's folder `networks` with what came of it",
    )


class Method(Checked):
    """One of the methods."""

    stages: Stages | None = None
    allocate: Allocate | None = None
    monitor: Watch | None = None
    wake: Wake | None = None
    early_exit: Exit | None = None
    prune: Pruning | None = None

    @model_validator(mode="after")
    def _is_one(self):
        if len(self.model_fields_set) != 1 or self.settings is None:
            got = ", ".join(sorted(self.model_fields_set)) or "none"
            known = ", ".join(type(self).model_fields)
            raise SpikewattError("method", "is one method", got, known)
        return self

    @property
    def name(self) -> str:
        """Its key."""
        return next(iter(self.model_fields_set))

    @property
    def settings(self) -> OfABudget:
        """What its file says."""
        return getattr(self, self.name)


class MethodAim(Checked):
    """What the method has to reach; each that is given."""

    points_lost: float | None = Field(default=None, ge=0, description="at most")
    operations_saved_percent: float | None = Field(default=None, ge=0, le=100)
    nonzero_operations_saved_percent: float | None = Field(
        default=None, ge=0, le=100, description="of weights that are not 0"
    )
    energy_saved_percent: float | None = Field(default=None, ge=0, le=100)
    memory_saved_percent: float | None = Field(default=None, ge=0, le=100)
    cores_saved_percent: float | None = Field(default=None, ge=0, le=100)
    device: str | None = Field(default=None, description="of energy, memory and cores")
    mean_planes_percent: float | None = Field(default=None, ge=0, le=100, description="at most")
    mean_steps_percent: float | None = Field(default=None, ge=0, le=100, description="at most")

    @property
    def of_a_device(self) -> bool:
        """Whether it asks for something that a device says."""
        asked = (self.energy_saved_percent, self.memory_saved_percent, self.cores_saved_percent)
        return any(each is not None for each in asked)


class Unchanged(Checked):
    """The network without the method."""

    convert: dict[str, Any] = Field(description="options of `convert`")
    calibration: int = Field(default=500, ge=1, description="training images, the first ones")
    steps: int | None = Field(default=None, ge=1, description="of a streaming code")


class Validation(Checked):
    """Images on which settings are chosen: of the training set, and not trained on here.

    A network is too sure of images that it has seen in training; moved they are like new ones.
    """

    images: int = Field(default=5000, ge=1, description="the first ones of the held-out tenth")
    shift: int = Field(default=0, ge=0, le=8, description="pixels that they are moved at most")
    mirror: bool = Field(default=False, description="left and right, at random")
    seed: int = Field(default=1, ge=0)


class Folds(Checked):
    """A network that is trained anew for each fold of all images, and tested on the others."""

    folds: int = Field(default=5, ge=2, le=10)
    hidden: list[int] = Field(min_length=1, description="neurons of the hidden layers")
    epochs: int = Field(default=60, ge=1)
    copies: int = Field(default=4, ge=0, description="of each validation image, moved")


class MethodRow(RowFile):
    """A network without a method and with it, on the same test images."""

    kind: Literal["method"]
    dataset: DatasetName
    network: NetworkName | None = Field(
        default=None, description="of models/studied, or a file in --models-dir"
    )
    trained: Folds | None = Field(default=None, description="in place of a network")
    input_max: float = Field(default=1.0, gt=0)
    without: Unchanged
    method: Method
    validation: Validation = Validation()
    images: int = Field(default=10_000, ge=1, description="test images, the first ones")
    devices: list[str] = Field(default_factory=lambda: list(STUDY_DEVICES), min_length=1)
    inferences: int = Field(default=100, ge=1, description="single ones that are priced")
    aim: MethodAim = MethodAim()
    explained: str = Field(default="", description="why it falls short, where it does")

    @field_validator("devices")
    @classmethod
    def _known_devices(cls, devices: list[str]) -> list[str]:
        for device in devices:
            load_card(device)
        return devices

    @model_validator(mode="after")
    def _can_be_run(self):
        code = self.as_cell().code
        if (self.network is None) == (self.trained is None):
            got = "both" if self.network else "neither"
            raise SpikewattError("network", "is one, or `trained` in its place", got)
        if self.aim.of_a_device:
            law = "names a device of the row, of which it asks for energy, memory or cores"
            one_of("aim.device", law, self.aim.device or "none", self.devices)
        exits, planes = self.method.early_exit, self.method.prune is None
        if exits and not code.streaming:
            raise SpikewattError("method.early_exit", "stops a streaming code", code.name)
        if planes and not exits and not code.doubles:
            law = "holds planes back of a code that sends the bits of a value"
            raise SpikewattError(f"method.{self.method.name}", law, code.name, "radix")
        return self

    def as_cell(self) -> Cell:
        """The network without the method, as a cell of a row of networks."""
        own = self.without
        durations = [] if own.steps is None else [own.steps]
        return Cell(
            cell=WITHOUT,
            convert=own.convert,
            images=self.images,
            calibration=own.calibration,
            durations=durations,
        )

    @property
    def networks(self) -> tuple[str, ...]:
        """The trained networks that it takes from files."""
        other = self.method.stages.network if self.method.stages else None
        return tuple(name for name in (self.network, other) if name)
