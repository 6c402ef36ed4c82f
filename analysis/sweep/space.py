"""The space of a sweep: what is fixed and what is varied, checked before any work starts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...energy.devices.core.count import checked_max_cores
from ...errors import SpikewattError, first_fault, one_of
from ...files import read_yaml
from ...models.zoo.catalogue import dataset_of, is_of_zoo
from ...sim.conversion.options import ConversionOptions
from ..job.config import RunConfig, make_config
from . import contents
from .axes import Block, listed
from .hardware.block import DEVICES, check_periods, hardware_block
from .methods import METHODS

# Column of a sweep -> which is better. Accuracy is that on validation images: the test images,
# which confirm, choose nothing.
OBJECTIVES = {
    "accuracy_validation": "most",
    "energy_j": "least",
    "time_s": "least",
    "mm2": "least",
    "memory_bytes": "least",
}
SHORT = {"accuracy": "accuracy_validation"}
# Keys of a run that a network point depends on, beside the conversion.
OF_A_NETWORK = (
    "network",
    "dataset",
    "data_dir",
    "epochs",
    "batch_size",
    "seed",
    "calibration_samples",
    "test_samples",
)
SPARED = ("planes", "prune_points", "prune_epochs")
OF_ONE_NETWORK = ("exit_points",)  # no axes: a row of a sweep is priced from one trace
NETWORK_AXES = tuple(dict.fromkeys((*OF_A_NETWORK, *SPARED, *ConversionOptions.model_fields)))
OF_ALL = ("dataset", "data_dir")  # no axes, though a network depends on them
HARDWARE_KEYS = ("period_s", "host", "library")  # of a run, where they are no axis
# Keys of a run that stand beside the axes.
FIXED = (*NETWORK_AXES, *HARDWARE_KEYS, "devices", "max_cores", "engine", "workers")
AXES_ALONE = ("clock_hz", "supply_v", "regulator")  # of a run for some devices, here axes of all
BELOW = {
    "network": "axes of networks: steps, weight_bits, …",
    "hardware": "axes of the hardware: device, voltage_v, …",
    "base": "keys of a run: dataset, epochs, …",
}
CHANGEABLE = ("objectives", "accuracy_loss", "method", "points", "at_once")  # and no axis


class SpaceFile(BaseModel):
    """What stands in the file, beside the keys of a run."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    network: dict[str, Any] | list[dict[str, Any]] = Field(
        default_factory=dict, description="axes of networks; a list of several for their union"
    )
    hardware: dict[str, Any] | list[dict[str, Any]] = Field(
        default_factory=dict, description="axes of the hardware; a list of several for their union"
    )
    base: dict[str, Any] = Field(
        default_factory=dict, description="keys of a run that all points share"
    )
    objectives: list[str] = Field(
        default=["accuracy", "energy_j"], min_length=1, description="what makes a point good"
    )
    accuracy_loss: float = Field(
        default=0.5,
        ge=0,
        le=100,
        description="points that accuracy may lie below the best of Keras",
    )
    method: str = Field(default="grid", description="how points are chosen")
    at_once: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="points that a search asks for before it is told what the first has: more keep "
        "more workers busy, and find a little less in as many evaluations",
    )
    points: int | None = Field(
        default=None, ge=1, le=10_000_000, description="how many a sample or a search takes"
    )


@dataclass(frozen=True)
class Space:
    """A checked space.

    Parameters
    ----------
    where : str
        The file, or "space", for messages.
    base : dict
        Keys of a run that all network points share.
    network : tuple of Block
        Axes of the networks; the points of several blocks are put together.
    hardware : tuple of Block
        Axes of the hardware.
    objectives : tuple of str
        Columns, keys of OBJECTIVES.
    accuracy_loss : float
        In points of percent.
    method : str
        One of METHODS.
    points : int or None
        How many a sample or a search takes.
    at_once : int, default 1
        Points that a search asks for at once.
    """

    where: str
    base: dict[str, Any]
    network: tuple[Block, ...]
    hardware: tuple[Block, ...]
    objectives: tuple[str, ...]
    accuracy_loss: float
    method: str
    points: int | None
    at_once: int = 1

    @property
    def seed(self) -> int:
        """Of training, encoders, samples and searches."""
        return int(self.base.get("seed", 0))

    def as_json(self) -> dict:
        """What makes it this space and no other."""
        return {
            "base": dict(sorted(self.base.items())),
            "network": [_described(block) for block in self.network],
            "hardware": [_described(block) for block in self.hardware],
            "objectives": list(self.objectives),
            "accuracy_loss": self.accuracy_loss,
            "method": self.method,
            "points": self.points,
            "at_once": self.at_once,
        }

    @property
    def max_cores(self) -> int | None:
        """Cores that a network may take; None for as many as it takes."""
        default = RunConfig.model_fields["max_cores"].default
        return checked_max_cores("space.max_cores", self.base.get("max_cores", default))

    @property
    def hash(self) -> str:
        """Of all that its rows depend on."""
        # The order of axes is that of the points; a name is not what stands behind it.
        text = json.dumps([self.as_json(), self._contents()])
        return hashlib.sha256(text.encode()).hexdigest()

    def _contents(self) -> list[str]:
        """Of cards, networks and data sets that are files, and of the code."""
        data_dirs = self._values("data_dir", (str, type(None)))
        found = [*contents.of_code(contents.OF_ROWS)]
        for name in self._values("network"):
            found += contents.of_network(name)
        for name in self._values("dataset"):
            for data_dir in data_dirs:
                found += contents.of_dataset(name, data_dir)
        for axis in (axis for block in self.hardware for axis in block):
            if axis.name in ("device", "host"):
                found += [each for name in axis.values for each in contents.of_card(str(name))]
        return found

    def _values(self, key: str, kinds: tuple[type, ...] = (str,)) -> list:
        """All values of a key of networks: of its axes, and where it is none the fixed one."""
        fixed = self.base.get(key, RunConfig.model_fields[key].default)
        axes = [axis for block in self.network for axis in block if axis.name == key]
        varied = [value for axis in axes for value in axis.values]
        return list(dict.fromkeys(each for each in [*varied, fixed] if isinstance(each, kinds)))


def _described(block: Block) -> dict:
    return {axis.name: axis.as_json() for axis in block}


def make_space(given: Mapping | str | Path | Space, **overrides: Any) -> Space:
    """A checked space.

    Parameters
    ----------
    given : Mapping, path of a YAML file, or Space
        With axes of networks under ``network``, of hardware under ``hardware``, and keys of a
        run beside them or under ``base``.
    **overrides
        Other keys of `SpaceFile`; None for what stands there. Of a Space its axes and base stay.

    Raises
    ------
    SpikewattError
        An axis that does not exist, that is empty, or that has a value that cannot be; a space
        without an axis. It names the axis, and what is allowed.

    Examples
    --------
    >>> space = make_space({"network": {"steps": [8, 16]}, "hardware": {"device": "odin_style"}})
    >>> [axis.name for axis in space.network[0]], len(space.hardware[0])
    (['steps'], 2)
    >>> make_space({"network": {"step": [8, 16]}})
    Traceback (most recent call last):
    ...
    spikewatt.errors.SpikewattError: space: network: step: must be an axis of networks; ...
    """
    overrides = {key: value for key, value in overrides.items() if value is not None}
    if isinstance(given, Space):
        return _changed(given, overrides) if overrides else given
    if isinstance(given, str | Path):
        where, content = str(given), read_yaml(Path(given))
    else:
        where, content = "space", given
    if not isinstance(content, Mapping):
        found = "nothing" if content is None else type(content).__name__
        raise SpikewattError(where, "must be a mapping with axes", found, "network, hardware")
    content = {str(key): value for key, value in content.items()}
    return _checked(where, content | overrides)


def _changed(space: Space, overrides: dict[str, Any]) -> Space:
    """A checked space with other objectives, another method, …, but the same axes."""
    for key in overrides:
        law = "must be what can change in a checked space"
        one_of(f"{space.where}: {key}", law, key, CHANGEABLE)
    before = {name: getattr(space, name) for name in CHANGEABLE}
    before["objectives"] = list(space.objectives)
    file = _read(space.where, before | overrides)
    return _made(space.where, file, space.base, space.network, space.hardware)


def _read(where: str, own: dict[str, Any]) -> SpaceFile:
    for key in ("network", "hardware", "base"):
        if key in own and own[key] is None:
            law = "has something below it, or is left out"
            raise SpikewattError(f"{where}: {key}", law, "nothing", BELOW[key])
    try:
        return SpaceFile.model_validate(own)
    except ValidationError as error:
        raise first_fault(where, error, SpaceFile.model_fields) from error


def _checked(where: str, content: dict[str, Any]) -> Space:
    own, base = _parted(where, content)
    file = _read(where, own)
    for key, value in file.base.items():
        _check_key(f"{where}: base", key, value, FIXED)

    base = {"engine": "auto", **file.base, **base}
    network = _blocks(file.network, lambda axes: _network_block(where, axes))
    base = _with_dataset(where, base, network)
    fixed = {key: base[key] for key in HARDWARE_KEYS if key in base}
    devices = base.get("devices", list(DEVICES))
    hardware = _blocks(
        file.hardware, lambda axes: hardware_block(where, axes, fixed | {"device": devices})
    )
    check_periods(where, hardware)
    if not any((*file.network,)) and not any((*file.hardware,)):
        law = "a space has an axis"
        allowed = "axes below network (keys of a run) or hardware (device, voltage_v, …)"
        raise SpikewattError(where, law, "none", allowed)

    _check_fixed(where, base, network)
    return _made(where, file, base, network, hardware)


def _made(
    where: str,
    file: SpaceFile,
    base: dict[str, Any],
    network: tuple[Block, ...],
    hardware: tuple[Block, ...],
) -> Space:
    """The space, once what is wanted of it is checked."""
    objectives = tuple(SHORT.get(name, name) for name in file.objectives)
    for name in objectives:
        law = "must be something to be good at"
        one_of(f"{where}: objectives", law, name, (*OBJECTIVES, *SHORT))
    one_of(f"{where}: method", "must be a method", file.method, METHODS)
    METHODS[file.method].check(where, file.points, [*network, *hardware])
    return Space(
        where,
        base,
        network,
        hardware,
        objectives,
        file.accuracy_loss,
        file.method,
        file.points,
        file.at_once,
    )


def _parted(where: str, content: dict[str, Any]) -> tuple[dict, dict]:
    """Keys of a space, and keys of a run; a network that is named is one of a run."""
    own, base = {}, {}
    for key, value in content.items():
        is_axes = key == "network" and not isinstance(value, str)
        if key in SpaceFile.model_fields and (is_axes or key != "network"):
            own[key] = value
        else:
            _check_key(where, key, value, (*SpaceFile.model_fields, *FIXED))
            base[key] = value
    return own, base


def _check_key(where: str, key: str, value: object, allowed: tuple[str, ...]) -> None:
    """Raise for a key of a run that would change nothing here, and for an unknown one."""
    if key in FIXED:
        return
    got = repr(value)[:80]
    if key in AXES_ALONE:
        law = "stands among the axes of the hardware"
        raise SpikewattError(f"{where}: {key}", law, got, "hardware: …")
    known = key in RunConfig.model_fields
    law = "changes nothing in a sweep" if known else "unknown key"
    if key in OF_ONE_NETWORK:
        law = "is chosen for one network, and has no place in a sweep"
    raise SpikewattError(f"{where}: {key}", law, got, ", ".join(allowed))


def _blocks(given: dict | list[dict], block) -> tuple[Block, ...]:
    parts = given if isinstance(given, list) else [given]
    return tuple(block(axes) for axes in parts or [{}])


def _network_block(where: str, axes: dict[str, Any]) -> Block:
    found = []
    for name, given in axes.items():
        inside = f"{where}: network"
        if name in OF_ONE_NETWORK:
            law = "is no axis: it is chosen for one network, and prices inferences one by one"
            allowed = "spikewatt run with exit_points, or spikewatt quantise"
            raise SpikewattError(f"{inside}: {name}", law, repr(given)[:80], allowed)
        one_of(f"{inside}: {name}", "must be an axis of networks", name, NETWORK_AXES)
        if name in OF_ALL:
            law = "is no axis: accuracies on two data sets cannot be compared"
            allowed = f"one {name} for all points, beside network: …"
            raise SpikewattError(f"{inside}: {name}", law, repr(given)[:80], allowed)
        found.append(listed(inside, name, given))
    return tuple(found)


def _with_dataset(where: str, base: dict[str, Any], blocks: tuple[Block, ...]) -> dict[str, Any]:
    """The fixed keys, with the data set of networks of the zoo where none is named."""
    axes = [axis for block in blocks for axis in block if axis.name == "network"]
    named = [name for axis in axes for name in axis.values] or [base.get("network")]
    if "dataset" in base or not any(map(is_of_zoo, named)):
        return base
    found = list(dict.fromkeys(map(dataset_of, named)))
    if len(found) > 1:
        law = "is one for all points, and these networks have data sets of their own"
        raise SpikewattError(f"{where}: dataset", law, ", ".join(found), "one of them")
    return {**base, "dataset": found[0]}


def _check_fixed(where: str, base: dict[str, Any], blocks: tuple[Block, ...]) -> None:
    """Keys that are no axis, as a run checks them."""
    varied = {axis.name for block in blocks for axis in block}
    for key in base:
        if key in varied:
            raise SpikewattError(f"{where}: {key}", "is an axis or fixed", "both", "one of them")
    # What varies may not fit to what is fixed alone: a method to its code, steps to theirs.
    alone = {key: value for key, value in base.items() if key not in _together(base)}
    make_config(alone, where)


def _together(base: dict[str, Any]) -> set[str]:
    """Options that go with a code, which are checked with each network point."""
    return {key for key in base if key in (*ConversionOptions.model_fields, *SPARED)}
