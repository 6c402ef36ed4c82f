"""A chip that has no card, by its core and the figures of its data sheet.

    cortex-m4:clock_mhz=168,ua_per_mhz=100,supply_v=3.3,flash_kib=512,ram_kib=128

Energy per cycle = µA/MHz · V; a network takes more than what the data sheet ran, which is the
active power factor. Without a current: the median of all known chips with this core, and a range
that holds all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from ...errors import SpikewattError
from .card import Card, Quantity
from .kinds import CARD_KINDS, POWER_KEY
from .microcontroller_laws import ASLEEP, REGULATORS, SUPPLY, SUPPLY_V

MICROCONTROLLER = CARD_KINDS["microcontroller"]
EXAMPLE = "cortex-m4:clock_mhz=168,ua_per_mhz=100,supply_v=3.3"
NUMBERS = {  # key -> lowest, highest
    "clock_mhz": (0.032768, 2000.0),
    "ua_per_mhz": (1.0, 5000.0),
    "supply_v": (0.8, 5.5),
    "flash_kib": (1.0, 2.0**20),
    "ram_kib": (1.0, 2.0**20),
}
WORDS = ("regulator", "library")
KEYS = (*NUMBERS, *WORDS)
USUAL_SUPPLY_V = 3.3
UNKNOWN_BYTES = 2**40  # of a chip whose memory nobody said: everything fits
# Networks over the run current of data sheets: other vendors' figures are 1.7 to 2.3 times below
# what was measured; at the low end networks take what the data sheet says.
DATASHEET_FACTOR = (1.7, 1.0, 2.6)
FEWEST = 2  # chips of a core that a median is taken of


@dataclass(frozen=True)
class Core:
    """A core that chips without a card may have.

    Parameters
    ----------
    name : str
        As kernel libraries and cards call it.
    library : str
        The int8 kernel library that it is best known with.
    highest_mhz : float
        About the highest clock that is sold; twice that is taken for a slip.
    nearest : str
        Core whose software is taken where nothing is known of its own.
    """

    name: str
    library: str
    highest_mhz: float
    nearest: str

    @property
    def text(self) -> str:
        """As a user writes it."""
        return self.name.lower()


CORES = {
    core.text: core
    for core in (
        Core("Cortex-M0+", "hale", 200, "Cortex-M0+"),
        Core("Cortex-M4", "cmsis-nn", 300, "Cortex-M4"),
        Core("Cortex-M33", "cmsis-nn", 320, "Cortex-M33"),
        Core("Cortex-M7", "cmsis-nn", 1000, "Cortex-M7"),
        Core("Cortex-M85", "cmsis-nn", 1000, "Cortex-M7"),
    )
}
SHORT = ", ".join(CORES)
BY_CORE = f"a chip by its core, such as {EXAMPLE}"


def is_described(text: str) -> bool:
    """Whether a name of a device begins with a core.

    >>> is_described("Cortex-M0+:clock_mhz=64"), is_described("stm32l4r5")
    (True, False)
    """
    return text.partition(":")[0].strip().lower() in CORES


def parse(text: str) -> tuple[Core, dict[str, float | str]]:
    """The core and the figures in a text.

    Raises
    ------
    SpikewattError
        An unknown core or key, a key twice, a figure that cannot be, no clock.

    Examples
    --------
    >>> core, figures = parse("cortex-m0+:clock_mhz=133, regulator=ldo")
    >>> core.name, figures
    ('Cortex-M0+', {'clock_mhz': 133.0, 'regulator': 'ldo'})
    """
    name, _, rest = text.partition(":")
    where = f"device {text!r}"
    core = CORES.get(name.strip().lower())
    if core is None:
        raise SpikewattError(where, "must begin with a core", repr(name), SHORT, EXAMPLE)

    figures: dict[str, float | str] = {}
    for part in filter(None, map(str.strip, rest.split(","))):
        key, _, value = (word.strip() for word in part.partition("="))
        if key not in KEYS:
            raise SpikewattError(where, "unknown key", repr(key), ", ".join(KEYS), EXAMPLE)
        if key in figures:
            raise SpikewattError(where, "names each figure once", f"{key} twice")
        figures[key] = value if key in WORDS else _number(where, key, value)
    check_figures(where, core, figures)
    return core, figures


def check_figures(where: str, core: Core, figures: Mapping[str, float | str]) -> None:
    """Raise SpikewattError where a figure cannot be, or there is no clock."""
    if "clock_mhz" not in figures:
        got = ", ".join(figures) or "nothing"
        allowed = f"clock_mhz, and if known {', '.join(key for key in KEYS if key != 'clock_mhz')}"
        raise SpikewattError(where, "must say its clock", got, allowed, EXAMPLE)
    for key, value in figures.items():
        if key in WORDS:
            continue
        low, high = NUMBERS[key]
        if key == "clock_mhz":
            high = 2 * core.highest_mhz
        if not low <= float(value) <= high:
            law = f"{key} must be plausible for a {core.name}"
            raise SpikewattError(where, law, f"{value:g}", f"{low:g} to {high:g}", EXAMPLE)
    regulator = figures.get("regulator", "ldo")
    if regulator not in REGULATORS:
        raise SpikewattError(
            where, "regulator must be one that there is", repr(regulator), " or ".join(REGULATORS)
        )


def described_card(
    text: str,
    core: Core,
    figures: Mapping[str, float | str],
    known: Sequence[Card],
    source: str = "as given",
) -> Card:
    """A card of a chip with this core.

    Parameters
    ----------
    text : str
        Becomes its name.
    core : Core
    figures : mapping
        As of `parse`.
    known : sequence of Card
        Microcontrollers that come with spikewatt, for what nobody said.
    source : str, default "as given"
        Where the figures come from.
    """
    alike = [card for card in known if card.about["core"] == core.name]
    nearest = _nearest(core, known)
    regulator = str(figures.get("regulator", "ldo"))
    clock_hz = float(figures["clock_mhz"]) * 1e6
    values = {
        key: replace(quantity, source=f"as of {nearest.name}: {quantity.source}")
        for key, quantity in nearest.values.items()
        if key not in MICROCONTROLLER.optional
    }
    values["clock_hz"] = _exact(clock_hz, "as given", source)
    values[SUPPLY] = _supply(figures, source)
    values |= _energy(core, figures, values[SUPPLY], alike or list(known), source)
    values |= _between_inferences(regulator, known)

    current = "ua_per_mhz" in figures
    memory = {f"{part}_bytes": figures.get(f"{part}_kib") for part in ("flash", "ram")}
    says = [f"{core.name} at {clock_hz / 1e6:g} MHz"]
    says.append(f"{values[SUPPLY].value:g} V" + ("" if "supply_v" in figures else " (assumed)"))
    says.append(REGULATORS[regulator].title + ("" if "regulator" in figures else " (assumed)"))
    says.append(f"{figures['ua_per_mhz']:g} µA/MHz" if current else "current not given")
    about = {
        "core": core.name,
        "library": str(figures.get("library", core.library)),
        "regulator": regulator,
        "caution": _caution(core, figures, alike, [k for k, v in memory.items() if v is None]),
    }
    return Card(
        name=text,
        kind=MICROCONTROLLER,
        title=", ".join(says),
        includes="whole chip while it computes, asleep between inferences, one wake-up",
        excludes="sensors, radio, what else is on the board",
        about=about,
        values=values,
        limits={
            key: UNKNOWN_BYTES if kib is None else round(float(kib) * 1024)
            for key, kib in memory.items()
        },
    )


def device_text(core: Core, figures: Mapping[str, float | str]) -> str:
    """The name of a chip that is described.

    >>> device_text(*parse("Cortex-M4: clock_mhz=168.0"))
    'cortex-m4:clock_mhz=168'
    """
    parts = [
        f"{key}={value}" if isinstance(value, str) else f"{key}={value:.12g}"
        for key, value in figures.items()
    ]
    return f"{core.text}:{','.join(parts)}"


def _number(where: str, key: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        law = f"{key} must be a number"
        raise SpikewattError(where, law, repr(value), hint=EXAMPLE) from None


def _exact(value: float, conditions: str, source: str) -> Quantity:
    return Quantity(value, value, value, "estimated", conditions, source, conditions)


def _nearest(core: Core, known: Sequence[Card]) -> Card:
    """A chip whose software is taken: with this core, else with the one that is most like it."""
    for name in (core.name, core.nearest):
        for card in known:
            if card.about["core"] == name:
                return card
    raise SpikewattError("device", "a card with a core like it is known", core.name)


def _supply(figures: Mapping[str, float | str], source: str) -> Quantity:
    given = figures.get("supply_v")
    if given is not None:
        return replace(_exact(float(given), "as given", source), measurement="supply as given")
    usual, (low, high) = USUAL_SUPPLY_V, SUPPLY_V
    return Quantity(usual, low, high, "assumed", "not given", "a usual supply", "supply not given")


def _energy(
    core: Core,
    figures: Mapping[str, float | str],
    supply: Quantity,
    alike: Sequence[Card],
    source: str,
) -> dict[str, Quantity]:
    """Energy per cycle and active power factor, by the current or by what is known of others."""
    if "ua_per_mhz" in figures:
        current = float(figures["ua_per_mhz"])
        low, high = (supply.low, supply.high) if supply.is_uncertain else (supply.value,) * 2
        energy = Quantity(
            *(current * 1e-12 * volt for volt in (supply.value, low, high)),
            status="estimated",
            conditions=f"{current:g} µA/MHz at {supply.value:g} V",
            source=source,
            measurement="current as given",
        )
        value, low, high = DATASHEET_FACTOR
        factor = Quantity(
            value,
            low,
            high,
            "assumed",
            "a network's load over that of the data sheet",
            "no network was measured on this chip",
            "networks over data sheets",
        )
        return {POWER_KEY: energy, "active_power_factor": factor}

    running = [card[POWER_KEY].times(card["active_power_factor"]) for card in alike]
    names = ", ".join(card.name for card in alike)
    energy = Quantity(
        median(each.value for each in running),
        min(each.low for each in running),
        max(each.high for each in running),
        "assumed",
        "current not given",
        f"median and ends of the {core.name}s here, while networks run: {names}"
        if alike and alike[0].about["core"] == core.name
        else f"median and ends of all chips here, while networks run: {names}",
        "current not given",
    )
    one = Quantity(1.0, 1.0, 1.0, "assumed", "inside of the energy per cycle", "definition", "one")
    return {POWER_KEY: energy, "active_power_factor": one}


def _between_inferences(regulator: str, known: Sequence[Card]) -> dict[str, Quantity]:
    """Asleep and waking: median and ends of all chips here; what the regulator loses."""
    found = {}
    for key in (ASLEEP, "wake_time_s"):
        others = [card[key] for card in known]
        found[key] = Quantity(
            median(each.value for each in others),
            min(each.low for each in others),
            max(each.high for each in others),
            "assumed",
            "not given",
            "median and ends of all chips here",
            f"{key} not given",
        )
    low = 0.9 if regulator == "dcdc" else 1.0
    found["regulator_efficiency"] = Quantity(
        1.0, low, 1.0, "assumed", "inside of the current", "definition", "regulator as given"
    )
    return found


def _caution(
    core: Core,
    figures: Mapping[str, float | str],
    alike: Sequence[Card],
    without: Sequence[str],
) -> str:
    """What a reader of the prices must know."""
    said = [f"no network was measured on this chip; cycles are those of another {core.name}"]
    if not alike:
        said = [f"no chip with this core was measured; cycles are those of a {core.nearest}"]
    if "ua_per_mhz" in figures:
        value, low, high = DATASHEET_FACTOR
        said.append(f"power is the data sheet's times {value:g} ({low:g} to {high:g})")
    else:
        said.append("current not given: energy per cycle is that of known chips, its range all")
    if without:
        said.append(f"{' and '.join(without)} not given: the network is taken to fit")
    return "; ".join(said)
