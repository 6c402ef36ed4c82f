"""Cores, and the figures by which a chip without a card is described.

``cortex-m4:clock_mhz=168,ua_per_mhz=100,supply_v=3.3,flash_kib=512,ram_kib=128``
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ....errors import SpikewattError
from ..microcontroller_laws import REGULATORS

Figures = Mapping[str, float | str]

# A core as people write it: cortex-m4, Cortex_M0plus, arm-cortex-m4; m4 alone before a colon.
WRITTEN = re.compile(r"(arm)?cortex(.*)|m(\d{1,2}(\+|p|plus)?):.*")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
EXAMPLE = "cortex-m4:clock_mhz=168,ua_per_mhz=100,supply_v=3.3"
NUMBERS = {  # key -> lowest, highest
    "clock_mhz": (0.032768, 2000.0),
    "ua_per_mhz": (1.0, 5000.0),
    "supply_v": (0.8, 5.5),
    "flash_kib": (1.0, 2.0**20),
    "ram_kib": (1.0, 2.0**20),
    "sleep_ua": (0.01, 1e5),
    "wake_us": (0.1, 1e5),
}
# Key -> below what it is rare, and what was perhaps meant.
RARE = {
    "clock_mhz": (8.0, "chips run networks at: are the figures in their places?"),
    "ua_per_mhz": (15.0, "chips take: is it a total in mA?"),
    "supply_v": (1.6, "supplies: is it that of the pin, and no core voltage?"),
}
# The least of all known chips behind one is 99 µA/MHz (`datasheet_currents.csv`), half is rare.
RARE_BEHIND_LDO = (50.0, "chips behind an LDO take: is it a total in mA?")
WORDS = ("regulator", "library")
KEYS = (*NUMBERS, *WORDS)


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
    """

    name: str
    library: str
    highest_mhz: float

    @property
    def slip_mhz(self) -> float:
        """A clock beyond this is a slip."""
        return 2 * self.highest_mhz

    @property
    def text(self) -> str:
        """As a user writes it."""
        return self.name.lower()


CORES = {
    core.text: core
    for core in (
        Core("Cortex-M0+", "hale-1.0", 200),
        Core("Cortex-M4", "cmsis-nn", 300),
        Core("Cortex-M33", "cmsis-nn", 320),
        Core("Cortex-M7", "cmsis-nn", 1000),
        Core("Cortex-M85", "cmsis-nn", 1000),
    )
}
# A core that no card has -> the core that is like it.
LIKE = {"Cortex-M0": "Cortex-M0+", "Cortex-M23": "Cortex-M0+", "Cortex-M3": "Cortex-M4"}
LIKE |= {"Cortex-M55": "Cortex-M85"}
SHORT = ", ".join(CORES)
BY_CORE = f"a chip by its core, such as {EXAMPLE}"


def is_described(text: str) -> bool:
    """Whether a name of a device begins with a core, one that is known here or another.

    >>> is_described("Cortex-M0+:clock_mhz=64"), is_described("stm32l4r5")
    (True, False)
    >>> is_described("m4:clock_mhz=100"), is_described("m467")
    (True, False)
    """
    return WRITTEN.fullmatch(re.sub(r"[-_\s]", "", text.lower())) is not None


def core_text(name: str) -> str:
    """The name of a core as CORES has it, however it is written.

    >>> core_text("ARM Cortex_M0plus"), core_text("m4"), core_text("cortexm7")
    ('cortex-m0+', 'cortex-m4', 'cortex-m7')
    """
    plain = re.sub(r"[-_\s]", "", name.lower()).removeprefix("arm").removeprefix("cortex")
    return f"cortex-{re.sub(r'(?<=[0-9])(plus|p)$', '+', plain)}"


def core_called(where: str, law: str, name: str) -> Core:
    """The core of that name; raises SpikewattError, which names the nearest one."""
    text = core_text(name)
    if text in CORES:
        return CORES[text]
    like = LIKE.get(f"Cortex-{text.removeprefix('cortex-').upper()}")
    hint = f"nearest: {like.lower()}" if like else EXAMPLE
    raise SpikewattError(where, law, repr(name), SHORT, hint)


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
    core = core_called(where, "must begin with a core", name)

    figures: dict[str, float | str] = {}
    for part in filter(None, map(str.strip, rest.split(","))):
        key, _, value = (word.strip() for word in part.partition("="))
        key = key.lower()
        if key not in KEYS:
            raise SpikewattError(where, "unknown key", repr(key), ", ".join(KEYS), EXAMPLE)
        if key in figures:
            raise SpikewattError(where, "names each figure once", f"{key} twice")
        value = value.lower() if key == "regulator" else value
        figures[key] = value if key in WORDS else _number(where, key, value)
    check_figures(where, core, figures)
    return core, figures


def check_figures(where: str, core: Core, figures: Figures, example: str = EXAMPLE) -> None:
    """Raise SpikewattError where a figure cannot be, or there is no clock."""
    if "clock_mhz" not in figures:
        got = ", ".join(figures) or "nothing"
        allowed = f"clock_mhz, and if known {', '.join(key for key in KEYS if key != 'clock_mhz')}"
        raise SpikewattError(where, "must say its clock", got, allowed, example)
    for key, value in figures.items():
        if key in WORDS:
            continue
        low, high = NUMBERS[key]
        if key == "clock_mhz":
            high = core.slip_mhz
        if not low <= float(value) <= high:
            law = f"{key} must be plausible for a {core.name}"
            raise SpikewattError(where, law, f"{value:g}", f"{low:g} to {high:g}", example)
    regulator = figures.get("regulator", "ldo")
    if regulator not in REGULATORS:
        raise SpikewattError(
            where, "regulator must be one that there is", repr(regulator), " or ".join(REGULATORS)
        )


def doubts(figures: Figures) -> list[str]:
    """What can be, but is so rare that another figure was perhaps meant, in words.

    >>> doubts({"clock_mhz": 100.0, "ua_per_mhz": 11.6})
    ['ua_per_mhz=11.6 is less than most chips behind an LDO take: is it a total in mA?']
    """
    rare = dict(RARE)
    if figures.get("regulator", "ldo") == "ldo":
        rare["ua_per_mhz"] = RARE_BEHIND_LDO
    return [
        f"{key}={figures[key]:g} is less than most {meant}"
        for key, (least, meant) in rare.items()
        if key in figures and float(figures[key]) < least
    ]


def check_clock(where: str, core: str, clock_hz: float) -> None:
    """Raise SpikewattError where a core called `core` cannot run at `clock_hz` [Hz]."""
    known = CORES.get(core.lower())
    low, high = NUMBERS["clock_mhz"]
    if known is not None:
        high = known.slip_mhz
    if not low <= clock_hz / 1e6 <= high:
        law = f"must be plausible for a {core}"
        hint = "check the prefix of the unit: MHz, not GHz or kHz"
        found = f"{clock_hz / 1e6:g} MHz"
        raise SpikewattError(where, law, found, f"{low:g} to {high:g} MHz", hint)


def device_text(core: Core, figures: Figures) -> str:
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
    if NUMBER.fullmatch(value) is None:
        raise SpikewattError(where, f"{key} must be a number", repr(value), hint=EXAMPLE)
    return float(value)
