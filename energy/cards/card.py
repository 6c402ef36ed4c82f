"""Parameter cards: what a device costs per event, each value with unit, source, conditions, status and range.

A card is one YAML file. It is read once, through a schema and pint, into frozen SI values; nothing behind this module parses strings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ...errors import SpikewattError, check_name, first_fault, read_yaml

FOLDER = Path(__file__).parents[1] / "data"

# Cycle counts of an int8 kernel library: from the card, or from the fit to its library and core (energy/kernel_library.py).
KERNEL_KEYS = (
    "cycles_per_mac_dense",
    "cycles_per_mac_conv",
    "cycles_per_output",
    "cycles_per_pool_element",
)
_SOFTWARE = (
    "synapse_dense",
    "synapse_sparse",
    "neuron_update",
    "spike",
    "step",
    "event_output",
    "result_read",
)
# Kind of device -> key of each value -> its SI unit ("" is a plain number). A card holds exactly these.
VALUES: dict[str, dict[str, str]] = {
    "neuromorphic_core": {
        "clock_hz": "Hz",
        "energy_per_sop_j": "J",
        "energy_per_neuron_update_j": "J",
        "energy_per_neuron_access_j": "J",
        "energy_per_clock_cycle_j": "J",
        "energy_per_routed_event_j": "J",
        "leakage_power_w": "W",
        "cycles_per_sop": "",
        "cycles_per_event": "",
        "cycles_per_neuron_update": "",
        "cycles_per_neuron_access": "",
        "cycles_per_step": "",
        "cycles_per_output_spike": "",
        "area_per_synapse_bit_m2": "m**2",
        "area_besides_synapses_m2": "m**2",
        "regulator_efficiency": "",
    },
    "microcontroller": {
        "clock_hz": "Hz",
        "energy_per_cycle_j": "J",
        "active_power_factor": "",
        "supply_voltage_v": "V",
        "sleep_power_w": "W",
        "wake_time_s": "s",
        "regulator_efficiency": "",
        **dict.fromkeys(KERNEL_KEYS, ""),
        **{f"cycles_per_{what}": "" for what in _SOFTWARE},
    },
    "rule": {
        "energy_per_sop_j": "J",
        "energy_per_neuron_update_j": "J",
        "energy_per_spike_j": "J",
        "energy_per_mac_j": "J",
        "static_power_w": "W",
        "step_time_s": "s",
    },
    "battery": {"capacity_c": "C", "voltage_v": "V"},
}
NEVER_ZERO = {"clock_hz", "supply_voltage_v", "voltage_v", "capacity_c", "regulator_efficiency"}
# Whole numbers: sizes, and what the core can do (signs_per_axon 1 or 2; doubling_accumulator, zero_skipping 0 or 1).
LIMITS = {
    "neuromorphic_core": {
        "neurons_per_core", "axons_per_core", "weight_bits", "state_bits", "signs_per_axon", "doubling_accumulator", "zero_skipping",
    },
    "microcontroller": {"flash_bytes", "ram_bytes"},
    "rule": set(),
    "battery": set(),
}  # fmt: skip
LIMIT_RANGES = {"signs_per_axon": (1, 2), "doubling_accumulator": (0, 1), "zero_skipping": (0, 1)}


@dataclass(frozen=True)
class Quantity:
    """A value in SI units with its range and where it comes from.

    Parameters
    ----------
    value, low, high : median, 5th and 95th percentile, low <= value <= high.
    measurement : values of one measurement are high or low together; by default a value is a measurement of its own.
    """

    value: float
    low: float
    high: float
    status: str
    conditions: str
    source: str
    measurement: str = ""


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
            raise SpikewattError(
                f"card {self.name!r}",
                f"must price {key!r}",
                "no such value",
                ", ".join(self.values),
            )
        return self.values[key]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    value: float
    low: float
    high: float
    unit: str
    status: Literal["measured", "measured (user)", "simulated", "estimated", "assumed"]
    conditions: str
    source: str
    measurement: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    name: str
    kind: Literal["neuromorphic_core", "microcontroller", "rule", "battery"]
    title: str
    includes: str
    excludes: str
    node: str | None = None
    core: str | None = None
    library: str | None = None
    regulator: Literal["ldo", "dcdc"] | None = None
    power_fit: str | None = None
    executes: str | None = None
    ledger: Literal["synapses", "nonzero"] = "synapses"
    layers: Literal["all", "hidden"] = "all"
    caution: str | None = None
    values: dict[str, _Value]
    limits: dict[str, int] = {}


def card_names() -> list[str]:
    """Names of the cards that come with spikewatt."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_card(name: str | Path | Card, library: str | None = None) -> Card:
    """The card called `name`, or read from the path of a ``.yaml`` file.

    Parameters
    ----------
    name : a device, in capitals or not; of the parametric core with values of your own: ``odin_style:neurons_per_core=512,voltage_v=0.8``.
    library : int8 kernel library of a microcontroller (see `kernel_library.named`), in place of the one that its card names.

    Raises
    ------
    SpikewattError : unknown device, missing or unknown key, missing or wrong unit, low > value or value > high, negative value.
    """
    if isinstance(name, Card):
        return name if library is None else with_library(name, library)
    if ":" in str(name) and not Path(str(name)).exists():
        from .parametric_core import from_text

        return from_text(str(name))
    is_path = str(name).endswith((".yaml", ".yml"))
    path = Path(name) if is_path else FOLDER / f"{str(name).lower()}.yaml"
    if is_path and not path.is_file():
        raise SpikewattError(
            f"device {name}",
            "the card must exist",
            "no such file",
            "a .yaml file, or a name of `spikewatt devices`",
        )
    if not path.is_file():
        raise SpikewattError(
            "device",
            "must name a device card or be the path of a .yaml file",
            repr(str(name)),
            ", ".join(card_names()),
        )
    try:
        file = _File.model_validate(read_yaml(path))
    except ValidationError as error:
        raise first_fault(str(path), error, _File.model_fields) from error
    for part, expected in (("values", set(VALUES[file.kind])), ("limits", LIMITS[file.kind])):
        found = set(getattr(file, part))
        if part == "values" and file.kind == "microcontroller" and not found & set(KERNEL_KEYS):
            found |= set(KERNEL_KEYS)  # by its library
        if part == "values" and file.power_fit:
            found |= {"energy_per_cycle_j"}  # by the fit to measured rows
        if found != expected:
            wrong = sorted(found - expected) or sorted(expected - found)
            law = "unknown keys" if found - expected else "missing keys"
            raise SpikewattError(
                f"{path.name}: {part}",
                f"must be those of a {file.kind}",
                f"{law} {', '.join(wrong)}",
                ", ".join(sorted(expected)),
            )
    check_name(f"{path.name}: name", file.name)
    if file.kind == "microcontroller" and not (file.library and file.regulator):
        raise SpikewattError(
            f"{path.name}: library, regulator",
            "must be given for a microcontroller",
            f"{file.library}, {file.regulator}",
        )
    for key, limit in file.limits.items():
        low, high = LIMIT_RANGES.get(key, (1, 10**12))
        if not low <= limit <= high:
            raise SpikewattError(
                f"{path.name}: {key}",
                "must be at least 1" if high > 2 else f"must be {low} or {high}",
                limit,
            )
    values = {
        key: _quantity(
            f"{path.name}: {key}", f"{file.name}: {key}", key, value, VALUES[file.kind][key]
        )
        for key, value in file.values.items()
    }
    if file.power_fit:
        from ..kernels.library import measured_energy_per_cycle

        value, low, high, source = measured_energy_per_cycle(file.power_fit)
        conditions, measurement = (
            f"running neural networks, {file.power_fit}",
            f"power {file.power_fit}",
        )
        values["energy_per_cycle_j"] = Quantity(
            value, low, high, "measured", conditions, source, measurement
        )
    told = (
        "node",
        "core",
        "library",
        "regulator",
        "caution",
        "executes",
        *(("ledger", "layers") if file.kind == "rule" else ()),
    )
    about = {key: getattr(file, key) for key in told if getattr(file, key)}
    card = Card(
        file.name,
        file.kind,
        file.title,
        file.includes,
        file.excludes,
        about,
        values,
        dict(file.limits),
    )
    return (
        card
        if file.kind != "microcontroller" or (library is None and KERNEL_KEYS[0] in values)
        else with_library(card, library)
    )


def with_library(card: Card, library: str | None = None) -> Card:
    """`card` with the cycle counts of an int8 kernel library, by default of the one that it names.

    Raises
    ------
    SpikewattError : not a microcontroller, unknown library, or one that no core like this was measured with.
    """
    from ..kernels.library import coefficients, measured_chip, named

    if card.kind != "microcontroller":
        raise SpikewattError(
            "library", "is that of a microcontroller", f"{card.name} is a {card.kind}"
        )
    library = named(card.about["library"] if library is None else library)
    core = card.about["core"]
    found = coefficients(library, core, same_chip=measured_chip(library, core) == card.name)
    fitted = {
        key: Quantity(value, low, high, "estimated", f"int8, {library}, {core}", note, measurement)
        for key, (value, low, high, note, measurement) in found.items()
    }
    values = {**card.values, **fitted}
    return replace(card, values=values, about={**card.about, "library": library})


_registry = None


def _quantity(where: str, itself: str, key: str, value: _Value, unit: str) -> Quantity:
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
            where,
            "must have a unit of the right dimension",
            repr(value.unit),
            f"a unit of {unit or 'no dimension'}",
        ) from error
    if not 0 <= value.low <= value.value <= value.high:
        raise SpikewattError(
            where,
            "must satisfy 0 <= low <= value <= high",
            f"{value.low}, {value.value}, {value.high}",
        )
    if value.low == 0 and key in NEVER_ZERO:
        raise SpikewattError(where, "must be above 0", f"{value.low}")
    if key == "regulator_efficiency" and value.high > 1:
        raise SpikewattError(where, "must be at most 1", value.high)
    ends = (value.value * factor, value.low * factor, value.high * factor)
    return Quantity(
        *ends, value.status, value.conditions, value.source, value.measurement or itself
    )


def save_card(card: Card, path: Path) -> None:
    """Write `card` as a YAML file in SI units that `load_card` reads back as it was."""
    import yaml

    units = VALUES[card.kind]
    values = {}
    for key, quantity in card.values.items():
        values[key] = {
            name: float(getattr(quantity, name)) for name in ("value", "low", "high")
        } | {"unit": units[key]}
        values[key] |= {
            name: getattr(quantity, name)
            for name in ("status", "conditions", "source", "measurement")
        }
    about = {
        name: getattr(card, name) for name in ("name", "kind", "title", "includes", "excludes")
    }
    text = yaml.safe_dump(
        {**about, **card.about, "values": values, "limits": dict(card.limits)},
        sort_keys=False,
        allow_unicode=True,
        width=140,
    )
    Path(path).write_text(text)
