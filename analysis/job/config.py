"""The configuration of a run: YAML, checked before any work starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ...energy.cards.load import load_card
from ...energy.devices.core.count import checked_max_cores
from ...energy.devices.registry import device_kind
from ...energy.pricing.order import ordered
from ...errors import SpikewattError, one_of, whole_number
from ...files import read_yaml
from ...models.datasets import NAMES
from ...models.networks import check_name
from ...models.zoo.catalogue import USUAL_DATASET, dataset_of, names
from ...sim.conversion.options import ConversionOptions
from .spare_options import SpareOptions


class JobOptions(BaseModel):
    """What a run is asked for beside the conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
        max_length=100,
        description="folder under runs/; by default data set and network",
    )
    dataset: str = Field(
        default=USUAL_DATASET,
        description="digits, digits28, mnist, fashion_mnist, cifar10, or the path of an .npz file; "
        "by default that of a network of the zoo, else digits",
    )
    data_dir: str | None = Field(
        default=None,
        description="folder with <dataset>.npz; by default the variable SPIKEWATT_DATA, "
        "else Keras' cache",
    )
    network: str = Field(
        default="mlp-64-48-10",
        description="name of a network to train, or a trained one: zoo:NAME, or the path of a "
        ".keras, .h5, .tflite or .onnx file",
    )
    epochs: int = Field(default=40, ge=1, le=10_000, description="passes over the training data")
    batch_size: int = Field(default=32, ge=1, le=65_536, description="samples per update")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="of training and of encoders")
    calibration_samples: int = Field(
        default=1000, ge=1, description="training samples that the conversion looks at"
    )
    test_samples: int | None = Field(
        default=None, ge=1, description="only the first so many test samples"
    )
    diagnosis_samples: int = Field(
        default=200,
        ge=0,
        le=2000,
        description="test samples for the diagnosis of the layers; 0 for none",
    )
    engine: Literal["annarchy", "batched", "event", "reference", "auto"] | None = Field(
        default=None,
        description="annarchy, batched, event or reference; auto: the one with the least estimated "
        "time; by default annarchy while it is estimated at a minute at most, else as auto",
    )
    workers: int | None = Field(
        default=None,
        ge=1,
        description="processes of the ANNarchy engine, threads of the event engine; by default one "
        "per core",
    )
    devices: list[str] = Field(
        default=["odin_style", "stm32l4r5", "nrf54l15"],
        min_length=1,
        description="cards of the devices to price",
    )
    host: str = Field(
        default="compared",
        description="microcontroller beside each core, which does input, analog layer and "
        "read-out: compared, every one among the devices; none; or a card",
    )
    library: str | dict[str, str] | None = Field(
        default=None,
        description="int8 kernel library of all microcontrollers, in the file also a mapping from "
        "device to library; by default the cards' own",
    )
    clock_hz: float | dict[str, float] | None = Field(
        default=None,
        description="clock of all microcontrollers (of the cores where there are none), in the "
        "file also a mapping from device to hertz; by default the cards' own",
    )
    supply_v: float | dict[str, float] | None = Field(
        default=None,
        description="supply of all microcontrollers (voltage of the cores where there are none), "
        "in the file also a mapping from device to volts; by default the cards' own",
    )
    regulator: str | dict[str, str] | None = Field(
        default=None,
        description="regulator of all microcontrollers, ldo or dcdc, in the file also a mapping "
        "from device to regulator; by default the cards' own",
    )
    max_cores: Literal["any"] | int | None = Field(
        default=1,
        description="neuromorphic cores that the network may take: a number, or any for as many as "
        "it takes; what a refusal names is priced in its place",
    )
    period_s: float = Field(
        default=1.0, gt=0, description="one inference per period, for current and battery life"
    )
    battery: str = Field(default="cr2032", description="card of the battery")
    accuracy_loss: list[float] = Field(
        default=[0.5, 1.0],
        description="points of percent that an accuracy may lie below that of Keras, one number or "
        "several: the cheapest point of each side is sought within each, the first decides",
    )
    search_samples: int = Field(
        default=2000,
        ge=0,
        le=100_000,
        description="validation samples at most on which the cheapest codes and steps are sought; "
        "0: no search, and no verdict at equal accuracy",
    )

    @model_validator(mode="before")
    @classmethod
    def _own_dataset(cls, values):
        """Without a data set, a network of the zoo is run on its own."""
        if not isinstance(values, dict) or "dataset" in values:
            return values
        network = values.get("network")
        return {**values, "dataset": dataset_of(network)} if network in names() else values

    @field_validator("accuracy_loss", mode="before")
    @classmethod
    def _tolerances(cls, value):
        law = "is a number of points of percent, or several"
        given = value if isinstance(value, list | tuple) else [value]
        if not given:
            raise SpikewattError("accuracy_loss", law, "none", "0 to 100")
        for points in given:
            is_number = isinstance(points, int | float) and not isinstance(points, bool)
            if not is_number or not 0 <= points <= 100:
                raise SpikewattError("accuracy_loss", law, repr(points), "0 to 100")
        found = [float(points) for points in given]
        if len(set(found)) < len(found):
            raise SpikewattError("accuracy_loss", "names each number once", repr(given)[:80])
        return found


class RunConfig(ConversionOptions, SpareOptions, JobOptions):
    """What `run` does; every field has a default, and the defaults are the digits job.

    The options of `convert` are fields too; see there. Two differ: `steps`, which under rate are
    the simulated ones, and `input_levels`, which the data set knows.

    Examples
    --------
    >>> config = RunConfig(dataset="mnist", network="lenet", steps=64)
    >>> config.network, config.weight_bits
    ('lenet', 8)
    """

    steps: int | dict[str, int] | None = Field(
        default=None,
        description="under rate simulated steps (32 if nothing is said); else steps per layer, or "
        "a mapping from layer to steps",
    )
    input_levels: int | None = Field(  # type: ignore[assignment]
        default=None,
        description="integer levels of the input; by default the largest pixel of the data set",
    )

    @field_validator("max_cores", mode="before")
    @classmethod
    def _number_of_cores(cls, value):
        return checked_max_cores("max_cores", value)

    @field_validator("input_levels", mode="before")
    @classmethod
    def _number_of_levels(cls, value):  # type: ignore[override]
        law = "must be a number of input levels"
        if value is None:
            return None
        return whole_number("input_levels", law, value, 1, 65535)

    @model_validator(mode="after")
    def _spares_what_its_code_can(self) -> Self:
        self.check_spared(self.spike_code)
        return self

    def check_layers(self, names: list[str]) -> None:
        """Raise unless every layer that `steps` and `planes` name is one of `names`."""
        super().check_layers(names)
        self.check_planes(names)

    def _check_steps(self) -> None:
        if self.spike_code.bias_each_step and isinstance(self.steps, dict):
            raise SpikewattError("steps", "is one number under rate", self.steps)

    @property
    def simulated_steps(self) -> int | None:
        """Steps to simulate under rate; None for the engine's own, and where a layer has steps."""
        chosen = self.spike_code.bias_each_step and isinstance(self.steps, int)
        return self.steps if chosen else None  # type: ignore[return-value]

    @property
    def as_run(self) -> dict[str, Any]:
        """How devices are run, as `price` takes it: their host, library and operating points."""
        settings = ("host", "library", "clock_hz", "supply_v", "regulator")
        return {name: getattr(self, name) for name in settings}

    def conversion(self, largest_pixel: int) -> dict[str, Any]:
        """The options of `convert`, for a data set with this largest pixel."""
        options = {name: getattr(self, name) for name in ConversionOptions.model_fields}
        if self.spike_code.bias_each_step:
            options["steps"] = None
        options["input_levels"] = self.input_levels or largest_pixel
        return options


def make_config(values: Mapping | None, where: str) -> RunConfig:
    """A checked configuration.

    Parameters
    ----------
    values : mapping, or None for the defaults
        Key -> value.
    where : str
        What an error names: the file, or "config".

    Raises
    ------
    SpikewattError
        A key or value that cannot be; it names `where` and the key.

    Examples
    --------
    >>> make_config({"epochs": 8}, "config").epochs
    8
    >>> make_config({"weight_bits": 1}, "mine.yaml")
    Traceback (most recent call last):
    ...
    spikewatt.errors.SpikewattError: mine.yaml: weight_bits: must be a width of signed weights; ...
    """
    known = RunConfig.model_fields
    for key, value in (values or {}).items():
        if key not in known:
            got, allowed = repr(value)[:80], ", ".join(known)
            raise SpikewattError(f"{where}: {key}", "unknown key", got, allowed)
    return checked(RunConfig.checked(f"{where}: ", values or {}), where)


def checked(config: RunConfig, where: str = "config") -> RunConfig:
    """`config`, once it is known that what it names exists; raises SpikewattError."""
    if not config.dataset.endswith(".npz"):
        law = "must name a data set or be the path of an .npz file"
        one_of(f"{where}: dataset", law, config.dataset, NAMES)
    _check_network(config, where)
    _check_devices(config, where)
    if not device_kind(load_card(config.battery)).supplies:
        raise SpikewattError(f"{where}: battery", "must be a battery", config.battery, "cr2032")
    return config


def _check_network(config: RunConfig, where: str) -> None:
    if config.network.endswith((".spk", ".spks")):
        raise SpikewattError(
            f"{where}: network",
            "is a network that does not spike yet",
            config.network,
            "a name, or a file as `load_keras` takes it; `spikewatt simulate` runs a .spk file",
        )
    check_name(config.network)


def _check_devices(config: RunConfig, where: str) -> None:
    order = ordered(config.devices, **config.as_run, where=f"{where}: ")
    for card in order.devices.values():
        if not device_kind(card).computes:
            raise SpikewattError(
                f"{where}: devices",
                "must be devices that compute",
                card.name,
                "see `spikewatt devices`",
            )


def read_config(path: Path | None, overrides: Mapping | None = None) -> RunConfig:
    """The configuration in a YAML file, with `overrides` on top.

    Parameters
    ----------
    path : Path or None
        The file; None for the defaults.
    overrides : mapping, default None
        Key -> value, from the command line; None is no value.
    """
    loaded = read_yaml(path) if path is not None else None
    if not isinstance(loaded, dict | None):
        found = type(loaded).__name__
        raise SpikewattError(str(path), "must be a mapping of keys to values", found)

    values = {str(key): value for key, value in (loaded or {}).items()}
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    return make_config(values | given, str(path) if path else "config")


def as_config(config: RunConfig | Mapping | str | Path | None) -> RunConfig:
    """A checked configuration, from one, from a mapping, or from the path of a YAML file."""
    if isinstance(config, RunConfig):
        return checked(config)
    if isinstance(config, str | Path):
        return read_config(Path(config))
    return make_config(config, "config")
