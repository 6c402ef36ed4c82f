"""The card of a chip that has none, by its core and the figures of its data sheet.

Energy per cycle = µA/MHz · V; a network takes more than what the data sheet ran, which is the
active power factor. Without a current it is that of any chip (`kernels.datasheet`), at the supply
and by the regulator given; what is not given widens its range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from statistics import median

from ...kernels.library import power_of_any_chip
from ..card import Card, Quantity
from ..common_values import common_values
from ..kinds import CARD_KINDS, POWER_KEY
from ..microcontroller_laws import ASLEEP, REGULATORS, SUPPLY, SUPPLY_V
from ..software_loops import loop_values
from .figures import Core, Figures

MICROCONTROLLER = CARD_KINDS["microcontroller"]
WAKING = "wake_time_s"
FACTOR = "active_power_factor"
USUAL_SUPPLY_V = 3.3
USUAL_REGULATOR = "ldo"
LEAST_SHARE = 0.1  # of chips, at either end; each has a range of its own
FEWEST = 2  # chips of a core that a median is taken of; else it is of all cores
UNKNOWN_BYTES = 10**12  # of a chip whose memory nobody said: everything fits


def described_card(
    name: str,
    core: Core,
    figures: Figures,
    known: Sequence[Card],
    source: str = "as given",
    any_power: Mapping | None = None,
) -> Card:
    """A card of a chip with this core, without the cycles of its kernel library.

    Parameters
    ----------
    name : str
    core : Core
    figures : mapping
        As of `figures.parse`.
    known : sequence of Card
        Microcontrollers that come with spikewatt, for what nobody said.
    source : str, default "as given"
        Where the figures come from.
    any_power : mapping, optional
        Power where no current is given, as of `datasheet.power_of_any_chip`; the committed one.
    """
    regulator = str(figures.get("regulator", USUAL_REGULATOR))
    clock_hz = float(figures["clock_mhz"]) * 1e6
    supply = _supply(figures, source)
    alike = [card for card in known if card.about["core"] == core.name]
    others = alike if len(alike) >= FEWEST else known
    values = {
        "clock_hz": _exact(clock_hz, "as given", source, f"{name}: clock_hz"),
        SUPPLY: supply,
        **_asleep(figures, supply, others, source),
        **loop_values(core.name, name),
        **common_values(name, regulator, is_measured="ua_per_mhz" not in figures),
        POWER_KEY: _energy(figures, supply, source, any_power),
    }
    if "ua_per_mhz" not in figures:
        inside = {"status": "assumed", "conditions": "inside of the energy per cycle"}
        values[FACTOR] = replace(values[FACTOR], **inside)
    memory = {f"{part}_bytes": figures.get(f"{part}_kib") for part in ("flash", "ram")}
    about = {
        "core": core.name,
        "library": str(figures.get("library", core.library)),
        "regulator": regulator,
        "caution": _caution(core, figures, alike, values[FACTOR]),
    }
    return Card(
        name=name,
        kind=MICROCONTROLLER,
        title=_title(core, figures, supply, REGULATORS[regulator].title),
        includes="whole chip while it computes, asleep between inferences, one wake-up",
        excludes="sensors, radio, what else is on the board",
        about=about,
        values=values,
        limits={
            key: UNKNOWN_BYTES if kib is None else round(float(kib) * 1024)
            for key, kib in memory.items()
        },
    )


def _title(core: Core, figures: Figures, supply: Quantity, regulator: str) -> str:
    """What it is, and what of it nobody said."""
    current = f"{figures['ua_per_mhz']:g} µA/MHz" if "ua_per_mhz" in figures else None
    told = {
        "supply_v": f"{supply.value:g} V",
        "regulator": regulator,
    }
    parts = [f"{core.name} at {figures['clock_mhz']:g} MHz"]
    parts += [said if key in figures else f"{said} (assumed)" for key, said in told.items()]
    return ", ".join([*parts, current or "current not given"])


def _exact(value: float, conditions: str, source: str, measurement: str) -> Quantity:
    return Quantity(value, value, value, "estimated", conditions, source, measurement)


def _supply(figures: Figures, source: str) -> Quantity:
    """V at the pin."""
    if "supply_v" in figures:
        return _exact(float(figures["supply_v"]), "as given", source, "supply as given")
    low, high = SUPPLY_V
    said = ("assumed", "not given", "a usual supply", "supply not given")
    return Quantity(USUAL_SUPPLY_V, low, high, *said)


def _energy(figures: Figures, supply: Quantity, source: str, any_power: Mapping | None) -> Quantity:
    """Energy per cycle, by the current or by what is known of any chip."""
    if "ua_per_mhz" in figures:
        current = float(figures["ua_per_mhz"])
        return supply.scaled(
            current * 1e-12,
            status="estimated",
            conditions=f"{current:g} µA/MHz at {supply.value:g} V",
            source=source,
            measurement="current as given",
        )
    regulator = str(figures.get("regulator", USUAL_REGULATOR))
    possible = [regulator] if "regulator" in figures else list(REGULATORS)
    at = partial(power_of_any_chip, fits=any_power)
    usual = at(supply.value, regulator)
    reached = [at(volts, each).value for each in possible for volts in (supply.low, supply.high)]
    said = ("assumed", "current not given", usual.note, usual.measurement)
    of_any = Quantity(usual.value, usual.low, usual.high, *said)
    of_supply = [min(usual.value, *reached), max(usual.value, *reached)]
    low, high = (end / usual.value for end in of_supply)
    return of_any.times(Quantity(1.0, low, high, *said))


def _whose(others: Sequence[Card]) -> str:
    """What chips of one core, or of several, are called together."""
    cores = {card.about["core"] for card in others}
    return f"the {cores.pop()}s" if len(cores) == 1 else "all chips"


def _asleep(
    figures: Figures, supply: Quantity, others: Sequence[Card], source: str
) -> dict[str, Quantity]:
    """Asleep and waking: as given, or those of other chips without the few at either end."""
    found = f"median of {_whose(others)} here, and their ranges but for a tenth at either end"
    values = {
        key: _between([card[key] for card in others], f"{key} not given", found, LEAST_SHARE)
        for key in (ASLEEP, WAKING)
    }
    if "sleep_ua" in figures:
        current = float(figures["sleep_ua"])
        values[ASLEEP] = supply.scaled(
            current * 1e-6,
            status="estimated",
            conditions=f"{current:g} µA at {supply.value:g} V",
            source=source,
            measurement="sleep current as given",
        )
    if "wake_us" in figures:
        wake_s = float(figures["wake_us"]) * 1e-6
        values[WAKING] = _exact(wake_s, "as given", source, "waking as given")
    return values


def _between(
    others: Sequence[Quantity], measurement: str, source: str, share: float = 0.0
) -> Quantity:
    """Median of the values, and the ends of their ranges but for a `share` at either side."""
    without = round(share * len(others))
    return Quantity(
        median(each.value for each in others),
        sorted(each.low for each in others)[without],
        sorted(each.high for each in others)[-1 - without],
        "assumed",
        "not given",
        source,
        measurement,
    )


def _caution(core: Core, figures: Figures, alike: Sequence[Card], factor: Quantity) -> str:
    """What a reader of the prices must know."""
    said = [f"no network was measured on this chip; cycles are those of another {core.name}"]
    if not alike:
        said = ["no network was measured on this chip, nor on this core"]
    if "ua_per_mhz" in figures:
        ends = f"{factor.low:.3g} to {factor.high:.3g}"
        said.append(f"power is that of its data sheet times {factor.value:.3g} ({ends})")
    else:
        said.append("current not given: energy per cycle is that of any chip, a wide range")
    memory = {"flash_kib": "flash", "ram_kib": "RAM"}
    if without := [part for key, part in memory.items() if key not in figures]:
        said.append(f"{' and '.join(without)} not given: the network is taken to fit")
    return "; ".join(said)
