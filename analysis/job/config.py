"""The configuration of a run: YAML, checked before any work starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...energy.cards.card import load_card
from ...errors import SpikewattError, first_fault, one_of, whole_number
from ...files import read_yaml
from ...models.datasets import NAMES
from ...models.networks import check_name
from ...sim.conversion.thresholds import METHODS
from ...sim.network.input_codes import INPUT_CODES


class RunConfig(BaseModel):
    """What `run` does; every field has a default, and the defaults are the digits job.

    Examples
    --------
    >>> config = RunConfig(dataset="mnist", network="lenet", steps=64)
    >>> config.engine, config.weight_bits
    ('annarchy', 8)
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
        max_length=100,
        description="folder under runs/; by default data set and network",
    )
    dataset: str = Field(
        default="digits",
        description="digits, mnist, fashion_mnist, cifar10, or the path of an .npz file",
    )
    data_dir: str | None = Field(
        default=None,
        description="folder with <dataset>.npz; by default the variable SPIKEWATT_DATA, "
        "else Keras' cache",
    )
    network: str = Field(
        default="mlp-64-48-10",
        description="name of a network to train, or the path of a trained .keras file",
    )
    epochs: int = Field(default=40, ge=1, le=10_000, description="passes over the training data")
    batch_size: int = Field(default=32, ge=1, le=65_536, description="samples per update")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="of training and of encoders")
    code: Literal["rate", "signed", "radix", "sync_rate"] = "rate"
    input_code: str = Field(
        default="if", description="if, bitplane, analog, or an encoder such as poisson, under rate"
    )
    method: str = Field(
        default="least_error", description="how thresholds are chosen; see `convert`"
    )
    reset: Literal["subtract", "zero"] | None = Field(
        default=None, description="under rate; by default that of the method"
    )
    readout: Literal["membrane", "spikes"] = "membrane"
    per_channel: bool | None = Field(
        default=None, description="one weight unit per output channel; by default in exact codes"
    )
    bias_correction: int = Field(default=0, ge=0, le=100, description="sweeps, in exact codes")
    weight_bits: int = Field(default=8, ge=2, le=16)
    input_max: float = Field(
        default=1.0,
        gt=0,
        description="input value of the network for the brightest pixel; 255 if it takes raw "
        "pixels",
    )
    calibration_samples: int = Field(
        default=1000, ge=1, description="training samples that the conversion looks at"
    )
    steps: int | dict[str, int] | None = Field(
        default=None,
        description="rate: simulated steps (default 32); else steps per layer, or a mapping from "
        "layer to steps",
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
    engine: Literal["annarchy", "batched", "reference"] = "annarchy"
    workers: int | None = Field(
        default=None, ge=1, description="processes of the ANNarchy engine; by default one per core"
    )
    devices: list[str] = Field(
        default=["odin_style", "stm32l4r5", "nrf54l15"],
        min_length=1,
        description="cards of the devices to price",
    )
    period_s: float = Field(
        default=1.0, gt=0, description="one inference per period, for current and battery life"
    )
    battery: str = Field(default="cr2032", description="card of the battery")


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
    >>> make_config({"epochs": 0}, "mine.yaml")
    Traceback (most recent call last):
    spikewatt.errors.SpikewattError: mine.yaml: epochs: Input should be greater than or ...
    """
    try:
        config = RunConfig.model_validate(dict(values or {}))
    except ValidationError as error:
        raise first_fault(where, error, RunConfig.model_fields) from error
    return checked(config, where)


def checked(config: RunConfig, where: str = "config") -> RunConfig:
    """`config`, once it is known that what it names exists; raises SpikewattError."""
    if not config.dataset.endswith(".npz"):
        law = "must name a data set or be the path of an .npz file"
        one_of(f"{where}: dataset", law, config.dataset, NAMES)
    _check_network(config, where)
    one_of(f"{where}: input_code", "must be a known input code", config.input_code, INPUT_CODES)
    one_of(f"{where}: method", "must name a method", config.method, METHODS)
    _check_steps(config, where)
    _check_devices(config, where)
    if load_card(config.battery).kind != "battery":
        raise SpikewattError(f"{where}: battery", "must be a battery", config.battery, "cr2032")
    return config


def _check_network(config: RunConfig, where: str) -> None:
    if config.network.endswith(".spk"):
        raise SpikewattError(
            f"{where}: network",
            "is a network that does not spike yet",
            config.network,
            "a name, or a .keras file; `spikewatt simulate` runs a .spk file",
        )
    check_name(config.network)


def _check_steps(config: RunConfig, where: str) -> None:
    if isinstance(config.steps, dict):
        if config.code == "rate":
            raise SpikewattError(f"{where}: steps", "is one number under rate", config.steps)
    elif config.steps is not None:
        whole_number(f"{where}: steps", "must be a number of steps", config.steps, 1, 10_000)


def _check_devices(config: RunConfig, where: str) -> None:
    cards = [load_card(device) for device in config.devices]
    for card in cards:
        if card.kind == "battery":
            raise SpikewattError(
                f"{where}: devices",
                "must be devices that compute",
                card.name,
                "see `spikewatt devices`",
            )

    names = [card.name for card in cards]
    if len(set(names)) != len(names):
        raise SpikewattError(f"{where}: devices", "must have different names", names)


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
