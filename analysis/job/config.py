"""The configuration of a run: YAML, checked before any work starts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...energy.cards.load import load_card
from ...energy.devices.registry import device_kind
from ...errors import SpikewattError, first_fault, one_of, read_yaml, whole_number
from ...models.datasets import NAMES
from ...models.networks import check_name
from ...sim.conversion.thresholds import METHODS
from ...sim.network.input_codes import INPUT_CODES


class RunConfig(BaseModel):
    """What `spikewatt run` does; every field has a default, and the defaults are the digits job."""

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
        description="folder with <dataset>.npz; by default the variable SPIKEWATT_DATA, else Keras' cache",
    )
    network: str = Field(
        default="mlp-64-48-10",
        description="name of a network to train, or the path of a trained .keras file",
    )
    epochs: int = Field(default=40, ge=1, le=10_000)
    batch_size: int = Field(default=32, ge=1, le=65_536)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
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
        description="input value of the network for the brightest pixel; 255 if it takes raw pixels",
    )
    calibration_samples: int = Field(default=1000, ge=1)
    steps: int | dict[str, int] | None = Field(
        default=None,
        description="rate: simulated steps (default 32); else steps per layer, or a mapping from layer to steps",
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
    devices: list[str] = Field(default=["odin_style", "stm32l4r5", "nrf54l15"], min_length=1)
    period_s: float = Field(
        default=1.0, gt=0, description="one inference per period, for current and battery life"
    )
    battery: str = "cr2032"


def make_config(values: dict | None, where: str) -> RunConfig:
    """A checked configuration; raises SpikewattError that names `where` and the key."""
    try:
        config = RunConfig.model_validate(values or {})
    except ValidationError as error:
        raise first_fault(where, error, RunConfig.model_fields) from error
    if not config.dataset.endswith(".npz"):
        one_of(
            f"{where}: dataset",
            "must name a data set or be the path of an .npz file",
            config.dataset,
            NAMES,
        )
    check_name(config.network)
    one_of(f"{where}: input_code", "must be a known input code", config.input_code, INPUT_CODES)
    one_of(f"{where}: method", "must name a method", config.method, METHODS)
    if config.code == "rate" and isinstance(config.steps, dict):
        raise SpikewattError(f"{where}: steps", "is one number under rate", config.steps)
    if not isinstance(config.steps, dict) and config.steps is not None:
        whole_number(f"{where}: steps", "must be a number of steps", config.steps, 1, 10_000)
    cards = [load_card(device) for device in config.devices]
    for card in cards:
        if not device_kind(card).computes:
            raise SpikewattError(
                f"{where}: devices",
                "must be devices that compute",
                card.name,
                "see `spikewatt devices`",
            )
    if len({card.name for card in cards}) != len(cards):
        raise SpikewattError(
            f"{where}: devices", "must have different names", [card.name for card in cards]
        )
    if not device_kind(load_card(config.battery)).supplies:
        raise SpikewattError(f"{where}: battery", "must be a battery", config.battery, "cr2032")
    return config


def read_config(path: Path | None, overrides: dict | None = None) -> RunConfig:
    """The configuration in a YAML file (the defaults without one), with `overrides` from the command line on top."""
    loaded = read_yaml(path) if path is not None else None
    if not isinstance(loaded, dict | None):
        raise SpikewattError(
            str(path), "must be a mapping of keys to values", type(loaded).__name__
        )
    values = {str(key): value for key, value in (loaded or {}).items()}
    values.update({key: value for key, value in (overrides or {}).items() if value is not None})
    return make_config(values, str(path) if path else "config")
