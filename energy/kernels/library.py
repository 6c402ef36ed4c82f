"""Cycles per event of an int8 kernel library on a Cortex-M core, as predictions with ranges.

A range holds the error of a prediction, 5 to 95 %: of another build on the chip that was measured,
of another chip with a measured core, of a core that the library was not measured on, of a version
that was not measured. All come from one fit to all measured rows (`stacks`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from math import exp, hypot
from typing import NamedTuple, Protocol

from ...errors import SpikewattError, one_of
from ..layer_tables.layer_table import FOLDER
from .law import ELEMENT, FITTED
from .power import log_scale
from .ratios import BORROWED_CORES, OVER, BorrowedCore
from .stack_fit import ELEMENT_CYCLES
from .versions import Library, named

__all__ = ["Found", "coefficients", "libraries", "measured_energy_per_cycle", "named"]

FITS = FOLDER / "kernel_fits.json"
NORMAL_90 = 1.645  # half width of a 90 % interval in standard deviations
LEAST_ERROR = 0.05  # of a fit to a user's own rows, however well they agree
PLAIN = "tflm-reference"  # those of the family OVER, times a factor


class Coefficient(NamedTuple):
    """Cycles per event, and the standard deviation of their logarithm."""

    value: float
    deviation: float


Entry = Mapping[str, Coefficient]  # by the keys FITTED


class Found(NamedTuple):
    """A value with its range, where it stands, and what it moves together with."""

    value: float
    low: float
    high: float
    note: str
    measurement: str


class Conditions(NamedTuple):
    """What rows of measured power are of; the supply is None where they do not state it."""

    chip: str
    core: str
    clock_hz: float
    supply_v: float | None


class Stacks(Protocol):
    """Where coefficients come from: those that are committed, or a fit without some rows."""

    step: float  # deviation of ln c from one version of a library to the next
    mode: float  # from one mode to another
    plain: Coefficient  # factor of plain kernels over CMSIS-NN's

    def libraries(self) -> list[Library]:
        """Those that have rows."""
        ...

    def cores(self) -> list[str]:
        """Those that have rows."""
        ...

    def chips(self, library: Library, core: str) -> list[str]:
        """Those with the core that a library was measured on."""
        ...

    def chips_of(self, core: str) -> list[str]:
        """Those with the core that any library was measured on."""
        ...

    def entry(self, library: Library, core: str, chip: str) -> Entry:
        """Coefficients of a library that has rows; the chip is "" for an unknown one."""
        ...


class CommittedStacks:
    """The entries of ``kernel_fits.json``."""

    def __init__(self, fits: Mapping):
        self._entries = fits["coefficients"]
        self._measured = fits["measured"]
        self.step = fits["widths"]["step"]
        self.mode = fits["widths"]["mode"]
        plain = fits["plain_kernels"]
        self.plain = Coefficient(plain["value"], plain["deviation"])

    def libraries(self) -> list[Library]:
        return [named(name) for name in self._entries]

    def cores(self) -> list[str]:
        return sorted({core for cores in self._measured.values() for core in cores})

    def chips(self, library: Library, core: str) -> list[str]:
        return self._measured[library.name].get(core, [])

    def chips_of(self, core: str) -> list[str]:
        chips = {chip for cores in self._measured.values() for chip in cores.get(core, ())}
        return sorted(chips)

    def entry(self, library: Library, core: str, chip: str) -> Entry:
        by_key = self._entries[library.name][core][chip]
        return {key: Coefficient(*by_key[key]) for key in FITTED}


@cache
def _fits() -> dict:
    """The content of kernel_fits.json."""
    return json.loads(FITS.read_text("utf-8"))


@cache
def _committed() -> CommittedStacks:
    return CommittedStacks(_fits())


def libraries() -> dict[str, tuple[str, ...]]:
    """Library -> cores that it was measured on.

    >>> libraries()["cmsis-nn"]
    ('Cortex-M33', 'Cortex-M4')
    """
    return {name: tuple(cores) for name, cores in _fits()["measured"].items()}


def measured_chips() -> set[str]:
    """Every chip that any library was measured on.

    >>> "stm32l4r5" in measured_chips()
    True
    """
    cores = [core for by_core in _fits()["measured"].values() for core in by_core]
    return {chip for core in set(cores) for chip in _committed().chips_of(core)}


def coefficients(
    library: str | Library, core: str, chip: str | None = None, stacks: Stacks | None = None
) -> dict[str, Found]:
    """Cycles per event of a library on a core; the keys are FITTED and ELEMENT.

    low, high = value · exp(∓1.645 deviation), each the error of a prediction: of another build on
    `chip`, if rows are of it, else of another chip. A version that no row states takes the
    coefficients of the nearest one; its range is wider by one step of versions, and holds the
    values of all versions of its family. Values of one measurement group move together.

    Parameters
    ----------
    library : str
        As `versions.named` takes it.
    core : str
        ``"Cortex-M4"``, or any of BORROWED_CORES.
    chip : str, optional
        Name of a measured chip, ``"stm32l4r5"``; any other counts as unknown.
    stacks : Stacks, optional
        A fit of one's own, in place of the committed one.

    Raises
    ------
    SpikewattError
        Unknown library or core.

    Examples
    --------
    >>> found = coefficients("cmsis-nn", "Cortex-M4", "stm32l4r5")
    >>> list(found)[:2]
    ['cycles_per_mac_dense', 'cycles_per_mac_conv']
    >>> found["cycles_per_mac_conv"].measurement
    'kernel fit cmsis-nn Cortex-M4'
    """
    stacks = stacks or _committed()
    library = named(library)
    borrowed = _borrowed(core, stacks.cores())
    if chip not in stacks.chips_of(borrowed.core):
        chip = ""

    of_rows = named(OVER) if library.family == PLAIN else library
    nearest, known = _nearest(of_rows, stacks)
    beyond = [stacks.step] if of_rows != nearest else []
    if of_rows.mode != nearest.mode:
        beyond.append(stacks.mode)
    factor = borrowed.ratio
    if library.family == PLAIN:
        factor *= stacks.plain.value
        beyond.append(stacks.plain.deviation)
        if library.version:  # no row states one of plain kernels
            beyond.append(stacks.step)
    beyond.append(borrowed.deviation)

    entry = stacks.entry(nearest, borrowed.core, chip)
    versions = [nearest] if of_rows == nearest else known
    spanned = [stacks.entry(version, borrowed.core, chip) for version in versions]
    note = _told(library, nearest, core, borrowed, chip, stacks)
    found = {}
    for key in FITTED:
        value, deviation = entry[key]
        ratio = exp(NORMAL_90 * hypot(deviation, *beyond))
        others = [other[key].value for other in spanned]
        found[key] = Found(
            value=factor * value,
            low=factor * min(value / ratio, *others),
            high=factor * max(value * ratio, *others),
            note=note,
            measurement=f"kernel fit {library} {core}",
        )
    return {**found, ELEMENT: _assumed_element()}


def published_range(key: str) -> tuple[float, float]:
    """Least and largest value of the coefficient `key` over all measured libraries and cores.

    >>> least, most = published_range("cycles_per_mac_dense")
    >>> 0 < least < most
    True
    """
    stacks = _committed()
    found = [
        stacks.entry(named(name), core, chip)[key].value
        for name, cores in _fits()["measured"].items()
        for core, chips in cores.items()
        for chip in chips
    ]
    return min(found), max(found)


def measured_energy_per_cycle(name: str) -> Found:
    """Energy per cycle [J] of a chip at a supply while networks run.

    The range, 5 to 95 %, is that of a build, board and submitter that were not measured.

    Parameters
    ----------
    name : str
        Such as ``"stm32l4r5 1.8 V"``.

    Raises
    ------
    SpikewattError
        No rows of this name.
    """
    entry = _power_fit(name)
    energy = entry["energy_per_cycle_j"]
    note = "; ".join(entry["sources"])
    return Found(energy["value"], energy["low"], energy["high"], note, f"power {entry['chip']}")


def measured_conditions(name: str) -> Conditions:
    """Chip, clock and supply of the rows that `measured_energy_per_cycle` takes.

    >>> measured_conditions("stm32u575 1.8 V")
    Conditions(chip='stm32u575', core='Cortex-M33', clock_hz=160000000.0, supply_v=1.8)
    """
    entry = _power_fit(name)
    parts = ("chip", "core", "clock_hz", "supply_voltage_v")
    return Conditions(*(entry[part] for part in parts))


def power_over_datasheet() -> Found:
    """Power while a network runs over the data sheet's run power, of a chip without rows.

    From the chips that have both (`datasheet.power_over_datasheet`).
    """
    factor = _fits()["power_over_datasheet"]
    note = f"chips with both: {', '.join(factor['chips'])}"
    ends = (factor["value"], factor["low"], factor["high"])
    return Found(*ends, note, "power over data sheet")


def power_of_any_chip(supply_v: float, regulator: str, fits: Mapping | None = None) -> Found:
    """Energy per cycle [J] while a network runs, of a chip without rows and without a data sheet.

    Behind an LDO it goes with the supply, behind a converter it stays.

    Parameters
    ----------
    supply_v : float
        V.
    regulator : str
        ``ldo`` or ``dcdc``.
    fits : mapping, optional
        As of `datasheet.power_of_any_chip`; the committed one.

    Examples
    --------
    >>> low, high = (power_of_any_chip(volts, "ldo") for volts in (1.8, 3.6))
    >>> round(high.value / low.value, 6)
    2.0
    """
    found = _fits()["power_of_any_chip"] if fits is None else fits
    scale = exp(log_scale(regulator, supply_v))
    value, low, high = (found[end] * scale for end in ("value", "low", "high"))
    note = f"what {found['chips']} chips differ by, by their data sheets, times what networks take"
    return Found(value, low, high, note, "power of any chip")


def left_out_widths(scheme: str, group: str) -> dict[str, dict[str, float]]:
    """Widths of cycles and of power that were fitted without a group of `left_out.groups`."""
    return _fits()["widths_left_out"][scheme][group]


def _power_fit(name: str) -> dict:
    power = _fits()["power"]
    return power[one_of("power_fit", "must name measured rows", name, power)]


def _borrowed(core: str, measured: list[str]) -> BorrowedCore:
    """The measured core that stands for `core`: itself, or a declared one."""
    if core in measured:
        return BorrowedCore(core, 1.0, 0.0, "")
    law = "must be a core that some kernel library was measured on, or one like it"
    one_of("core", law, core, [*measured, *BORROWED_CORES])
    return BORROWED_CORES[core]


def _nearest(library: Library, stacks: Stacks) -> tuple[Library, list[Library]]:
    """The version to go by, and all versions with rows of the family, in their default mode."""
    measured = stacks.libraries()
    known = [other for other in measured if other.family == library.family]
    if not known:
        names = ", ".join(map(str, measured))
        raise SpikewattError("library", "must have measured rows", str(library), names)
    nearest = library if library in known else library.nearest_of(known)
    return nearest, [other for other in known if not other.mode] or known


def _told(
    library: Library,
    nearest: Library,
    core: str,
    borrowed: BorrowedCore,
    chip: str,
    stacks: Stacks,
) -> str:
    """Where the coefficients come from, in words."""
    parts = []
    of_rows = nearest if library.family != PLAIN else named(OVER)
    if library.family == PLAIN:
        parts.append(f"{OVER} times {stacks.plain.value:.3g}, as plain kernels were measured")
        if library.version:
            parts.append(f"no row states a version of plain kernels: {library} is taken as any")
    elif nearest != library:
        _, known = _nearest(library, stacks)
        parts.append(_unknown_version(library, nearest, known))

    if borrowed.why:
        ratio = f"{borrowed.core} times {borrowed.ratio:g} ({borrowed.why})"
        parts.append(f"no library was measured on {core}: {ratio}")
    chips = stacks.chips(of_rows, borrowed.core)
    if chip and chip in chips:
        parts.append(f"{of_rows} was measured on this chip")
    elif chips:
        parts.append(f"{of_rows} was measured on {', '.join(chips)}, with this core")
    else:
        parts.append(f"{of_rows} was not measured on {borrowed.core}: as other libraries differ")
    return "; ".join(parts)


def _unknown_version(library: Library, nearest: Library, known: list[Library]) -> str:
    asked_for = " ".join(filter(None, (library.family, library.version_text, library.mode)))
    over = f"{known[0]} to {known[-1]}" if len(known) > 1 else f"{known[0]} and wider"
    return f"no row is of {asked_for}: {nearest}, its range over {over}"


def _assumed_element() -> Found:
    """Cycles per element of a pool, which no row identifies."""
    note = "assumed, not fitted; also per element of an add"
    return Found(*ELEMENT_CYCLES, note, f"assumed {ELEMENT}")
