"""Parameter cards: what a device costs per event, each value with unit, source, conditions, status and range.

A card is one YAML file. It is read once, through a schema and pint, into frozen SI values; nothing behind this module parses strings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import SpikewattError, check_name, first_fault, read_yaml

FOLDER = Path(__file__).parent / "data"

_CYCLES = ("mac_dense", "mac_conv", "output", "pool_element", "synapse_dense", "synapse_sparse", "neuron_update", "spike", "step")
# Kind of device -> key of each value -> its SI unit ("" is a plain number). A card holds exactly these.
VALUES: dict[str, dict[str, str]] = {
    "neuromorphic_core": {
        "clock_hz": "Hz",
        "energy_per_sop_j": "J",
        "energy_per_neuron_update_j": "J",
        "energy_per_neuron_access_j": "J",
        "energy_per_clock_cycle_j": "J",
        "leakage_power_w": "W",
        "cycles_per_sop": "",
        "cycles_per_event": "",
        "cycles_per_neuron_update": "",
        "cycles_per_neuron_access": "",
        "regulator_efficiency": "",
    },
    "microcontroller": {
        "clock_hz": "Hz",
        "energy_per_cycle_j": "J",
        "active_power_factor": "",
        "supply_voltage_v": "V",
        "sleep_power_w": "W",
        "regulator_efficiency": "",
        **{f"cycles_per_{what}": "" for what in _CYCLES},
    },
    "battery": {"capacity_c": "C", "voltage_v": "V"},
}
NEVER_ZERO = {"clock_hz", "supply_voltage_v", "voltage_v", "capacity_c", "regulator_efficiency"}
LIMITS = {
    "neuromorphic_core": {"neurons_per_core", "axons_per_core", "weight_bits"},
    "microcontroller": {"flash_bytes", "ram_bytes"},
    "battery": set(),
}


@dataclass(frozen=True)
class Quantity:
    """A value in SI units with its range (low <= value <= high) and where it comes from."""

    value: float
    low: float
    high: float
    status: str
    conditions: str
    source: str


@dataclass(frozen=True)
class Card:
    """One device: `values` (key -> Quantity, keys as in VALUES) and integer `limits` (keys as in LIMITS)."""

    name: str
    kind: str
    title: str
    includes: str
    excludes: str
    about: dict[str, str]
    values: dict[str, Quantity]
    limits: dict[str, int]

    def __getitem__(self, key: str) -> Quantity:
        """The quantity `key`; an event that the card does not price is an error, never zero."""
        if key not in self.values:
            raise SpikewattError(f"card {self.name!r}", f"must price {key!r}", "no such value", ", ".join(self.values))
        return self.values[key]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    value: float
    low: float
    high: float
    unit: str
    status: Literal["measured", "simulated", "estimated", "assumed"]
    conditions: str
    source: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    name: str
    kind: Literal["neuromorphic_core", "microcontroller", "battery"]
    title: str
    includes: str
    excludes: str
    node: str | None = None
    core: str | None = None
    library: str | None = None
    regulator: Literal["ldo", "dcdc"] | None = None
    caution: str | None = None
    values: dict[str, _Value]
    limits: dict[str, int] = {}


def card_names() -> list[str]:
    """Names of the cards that come with spikewatt."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_card(name: str | Path | Card) -> Card:
    """The card called `name`, or read from the path of a ``.yaml`` file.

    Raises
    ------
    SpikewattError : unknown device, missing or unknown key, missing or wrong unit, low > value or value > high, negative value.
    """
    if isinstance(name, Card):
        return name
    path = Path(name) if str(name).endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise SpikewattError("device", "must name a device card or be the path of a .yaml file", repr(str(name)), ", ".join(card_names()))
    try:
        file = _File.model_validate(read_yaml(path))
    except ValidationError as error:
        raise first_fault(str(path), error) from error
    for part, expected in (("values", set(VALUES[file.kind])), ("limits", LIMITS[file.kind])):
        found = set(getattr(file, part))
        if found != expected:
            wrong = sorted(found - expected) or sorted(expected - found)
            law = "unknown keys" if found - expected else "missing keys"
            raise SpikewattError(
                f"{path.name}: {part}", f"must be those of a {file.kind}", f"{law} {', '.join(wrong)}", ", ".join(sorted(expected))
            )
    check_name(f"{path.name}: name", file.name)
    if file.kind == "microcontroller" and not (file.library and file.regulator):
        raise SpikewattError(f"{path.name}: library, regulator", "must be given for a microcontroller", f"{file.library}, {file.regulator}")
    for key, limit in file.limits.items():
        if limit < 1:
            raise SpikewattError(f"{path.name}: {key}", "must be at least 1", limit)
    values = {key: _quantity(f"{path.name}: {key}", key, value, VALUES[file.kind][key]) for key, value in file.values.items()}
    about = {key: getattr(file, key) for key in ("node", "core", "library", "regulator", "caution") if getattr(file, key)}
    return Card(file.name, file.kind, file.title, file.includes, file.excludes, about, values, dict(file.limits))


_registry = None


def _quantity(where: str, key: str, value: _Value, unit: str) -> Quantity:
    """`value` converted to the SI `unit`."""
    import pint

    global _registry
    _registry = _registry or pint.UnitRegistry()
    if unit and not value.unit:
        raise SpikewattError(where, "must have a unit", "none", f"a unit of {unit}")
    try:
        factor = _registry.Quantity(1.0, value.unit).to(unit).magnitude
    except Exception as error:  # pint raises many types for a text that is no unit
        raise SpikewattError(
            where, "must have a unit of the right dimension", repr(value.unit), f"a unit of {unit or 'no dimension'}"
        ) from error
    if not 0 <= value.low <= value.value <= value.high:
        raise SpikewattError(where, "must satisfy 0 <= low <= value <= high", f"{value.low}, {value.value}, {value.high}")
    if value.low == 0 and key in NEVER_ZERO:
        raise SpikewattError(where, "must be above 0", f"{value.low}")
    if key == "regulator_efficiency" and value.high > 1:
        raise SpikewattError(where, "must be at most 1", value.high)
    return Quantity(value.value * factor, value.low * factor, value.high * factor, value.status, value.conditions, value.source)
