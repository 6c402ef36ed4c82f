"""Cores, and the figures by which a chip without a card is described.

``cortex-m4:clock_mhz=168,ua_per_mhz=100,supply_v=3.3,flash_kib=512,ram_kib=128``
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ....errors import SpikewattError
from ..microcontroller_laws import REGULATORS

Figures = Mapping[str, float | str]

FAMILY = "cortex"
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
SHORT = ", ".join(CORES)
BY_CORE = f"a chip by its core, such as {EXAMPLE}"


def is_described(text: str) -> bool:
    """Whether a name of a device begins with a core, one that is known here or another.

    >>> is_described("Cortex-M0+:clock_mhz=64"), is_described("stm32l4r5")
    (True, False)
    """
    return text.strip().lower().startswith(FAMILY)


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
            high = 2 * core.highest_mhz
        if not low <= float(value) <= high:
            law = f"{key} must be plausible for a {core.name}"
            raise SpikewattError(where, law, f"{value:g}", f"{low:g} to {high:g}", example)
    regulator = figures.get("regulator", "ldo")
    if regulator not in REGULATORS:
        raise SpikewattError(
            where, "regulator must be one that there is", repr(regulator), " or ".join(REGULATORS)
        )


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
    try:
        return float(value)
    except ValueError:
        law = f"{key} must be a number"
        raise SpikewattError(where, law, repr(value), hint=EXAMPLE) from None
