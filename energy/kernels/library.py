"""Cycles per event of an int8 kernel library on a Cortex-M core, with ranges.

Fitted where rows exist, else borrowed from another core.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from math import exp, hypot, log, sqrt
from typing import NamedTuple

from ...errors import SpikewattError, one_of
from .fit import CHECKED, FITS
from .law import ELEMENT, FITTED
from .measured import LIBRARIES

NORMAL_90 = 1.645  # half width of a 90 % interval in standard deviations
# Three left-out rows can agree by luck, to 0.4 % on one stack; the fit takes the law as good to
# 5 %.
LEAST_ERROR = 0.05
LEAST_SPREAD = 0.2  # of a borrowed ratio of cores
OTHER_CHIP = 0.1  # caches, flash and compiler of another chip with the same core; assumed
PREFERRED = ("Cortex-M4", "Cortex-M33", "Cortex-M7", "Cortex-M0+")  # core to borrow from
# An older release lends no ratios: counting both would count one library twice.
OLDER = {"x-cube-ai-7.1": "x-cube-ai"}
KINDS = {"vendor-optimised": "x-cube-ai", "reference": "tflm"}


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


class Borrowed(NamedTuple):
    """Coefficients and their spreads by key, the core they come from, and who lent the ratios."""

    values: dict[str, float]
    spreads: dict[str, float]
    reference: str
    lenders: tuple[str, ...]


def libraries() -> dict[str, tuple[str, ...]]:
    """Library -> cores with a fit of their own.

    >>> libraries()["cmsis-nn"]
    ('Cortex-M33', 'Cortex-M4')
    """
    return {library: tuple(cores) for library, cores in _fits()["stacks"].items()}


def named(library: str) -> str:
    """Name of a fitted library.

    Parameters
    ----------
    library : str
        The name as it is, in capitals, with _ or spaces for -, as a measured row calls it, or by
        its kind: ``vendor-optimised`` (ST's X-CUBE-AI 7.3) or ``reference`` (MLPerf Tiny's
        reference submission, stock TensorFlow Lite Micro 2.3.1).

    Raises
    ------
    SpikewattError
        No such library.

    Examples
    --------
    >>> named("CMSIS_NN"), named("reference")
    ('cmsis-nn', 'tflm')
    """
    stacks = _fits()["stacks"]
    others = KINDS | {_plain(software): name for software, name in LIBRARIES.items()}
    plain = _plain(str(library))
    name = others.get(plain, plain)
    if name not in stacks:
        raise SpikewattError(
            "library",
            "must be a kernel library with fitted coefficients",
            repr(library),
            ", ".join((*stacks, *KINDS)),
        )
    return name


def coefficients(library: str, core: str, same_chip: bool = True) -> dict[str, Found]:
    """Cycles per event of a library on a core; the keys are FITTED and ELEMENT.

    low, high = value · (1 ∓ e). e = 1.645 · rms of the stack's own leave-one-out errors, at least
    5 %; in quadrature with the spread of a borrowed ratio, and with 10 % if not `same_chip`.
    Values of one measurement group come from one fit and move together.

    Parameters
    ----------
    library : str
        One of `libraries()`, or what `named` knows.
    core : str
        A core of any of them, e.g. ``"Cortex-M4"``.
    same_chip : bool, default True
        Whether the device is the very chip on which the stack was measured.

    Raises
    ------
    SpikewattError
        Unknown library, unknown core, or a core that cannot be borrowed.

    Examples
    --------
    >>> found = coefficients("cmsis-nn", "Cortex-M4")
    >>> list(found)[:2]
    ['cycles_per_mac_dense', 'cycles_per_mac_conv']
    >>> found["cycles_per_mac_conv"].measurement
    'kernel fit cmsis-nn Cortex-M4'
    """
    stacks = _fits()["stacks"]
    library = named(library)
    measured_cores = {name for cores in stacks.values() for name in cores}
    law = "must be a core that some kernel library was measured on"
    one_of("core", law, core, measured_cores)

    own = stacks[library].get(core)
    if own:
        note = f"fitted to {own['board']}, {', '.join(own['networks'])}"
        known = Borrowed(own["coefficients"], dict.fromkeys(FITTED, 0.0), core, ())
    else:
        known = borrow(library, core)
        lenders = " and ".join(known.lenders)
        note = (
            f"{library} on {known.reference} times the ratio of the cores, borrowed from {lenders}"
        )
    if not same_chip:
        note += "; another chip with this core"

    own_error = _own_error(stacks[library][known.reference])
    error = hypot(own_error, 0.0 if same_chip else OTHER_CHIP)
    found = {}
    for key in FITTED:
        value = known.values[key]
        wide = hypot(error, known.spreads[key])
        found[key] = Found(
            value=value,
            low=value * (1 - wide),
            high=value * (1 + wide),
            note=note,
            measurement=f"kernel fit {library} {core}",
        )
    return {**found, ELEMENT: _assumed_element()}


def borrow(library: str, core: str) -> Borrowed:
    """Coefficients of `library` on a `core` from its fit on a reference core.

    coefficient(library, core) = coefficient(library, reference) · geometric mean over lenders of
    coefficient(core) / coefficient(reference). Its own fit on `core`, if there is one, is not
    read. A spread is 1.645 · standard deviation of the lenders' log ratios, at least LEAST_SPREAD.

    Parameters
    ----------
    library : str
        One of `libraries()`.
    core : str
        A core of another library, e.g. ``"Cortex-M7"``.

    Raises
    ------
    SpikewattError
        No other library has both cores.
    """
    reference, lenders = _lenders(library, core)
    values, spreads = {}, {}
    for key in FITTED:
        logs = []
        for name in lenders:
            ratio = _coefficient(name, core, key) / _coefficient(name, reference, key)
            logs.append(log(ratio))

        mean = sum(logs) / len(logs)
        spread = NORMAL_90 * _deviation(logs, mean)
        values[key] = _coefficient(library, reference, key) * exp(mean)
        spreads[key] = max(spread, LEAST_SPREAD)
    return Borrowed(values, spreads, reference, lenders)


def prior_sensitivity() -> str:
    """What the leave-one-out errors owe to the assumed ratio of cycles per output to per MAC."""
    fits = _fits()
    assumed = fits["assumed"]["prior_ratios_to_cycles_per_mac_conv"]["cycles_per_output"]["median"]
    others = fits["leave_one_out_with_another_prior_of_cycles_per_output"]
    worst = [entry["worst"] for entry in others.values()]
    return (
        f"with IC left out, cycles per output and per MAC cannot be told apart: their ratio, "
        f"{assumed:g}, is assumed (at {min(others, key=float)} to {max(others, key=float)} the "
        f"worst error is {min(worst):.0%} to {max(worst):.0%})."
    )


def measured_chip(library: str, core: str) -> str | None:
    """The chip on which a stack was measured; None where its coefficients are borrowed.

    >>> measured_chip("cmsis-nn", "Cortex-M4")
    'stm32l4r5'
    """
    return _fits()["stacks"].get(library, {}).get(core, {}).get("chip")


def measured_energy_per_cycle(name: str) -> Found:
    """Energy per cycle [J] of a chip at a supply, smallest and largest of its rows.

    Parameters
    ----------
    name : str
        Such as ``"stm32l4r5 1.8 V"``.

    Raises
    ------
    SpikewattError
        No rows of this name.
    """
    power = _fits()["power"]
    entry = power[one_of("power_fit", "must name measured rows", name, power)]
    energy = entry["energy_per_cycle_j"]
    note = "; ".join(entry["sources"])
    return Found(energy["value"], energy["low"], energy["high"], note, f"power {name}")


def measured_conditions(name: str) -> Conditions:
    """Chip, clock and supply of the rows that `measured_energy_per_cycle` takes.

    >>> measured_conditions("stm32u575 1.8 V")
    Conditions(chip='stm32u575', core='Cortex-M33', clock_hz=160000000.0, supply_v=1.8)
    """
    power = _fits()["power"]
    entry = power[one_of("power_fit", "must name measured rows", name, power)]
    chip = name.partition(" ")[0].rstrip(",")
    return Conditions(chip, entry["core"], entry["clock_hz"], entry["supply_voltage_v"])


@cache
def _fits() -> dict:
    """The content of kernel_fits.json."""
    return json.loads(FITS.read_text("utf-8"))


def _plain(text: str) -> str:
    spaced = text.strip().lower().replace("_", "-").replace(" ", "-")
    return spaced.replace("optimized", "optimised")


def _coefficient(library: str, core: str, key: str) -> float:
    return _fits()["stacks"][library][core]["coefficients"][key]


def published_range(key: str) -> tuple[float, float]:
    """Least and largest fitted value of the coefficient `key` over all libraries and cores.

    >>> least, most = published_range("cycles_per_mac_dense")
    >>> 0 < least < most
    True
    """
    stacks = [stack for cores in _fits()["stacks"].values() for stack in cores.values()]
    found = [stack["coefficients"][key] for stack in stacks]
    return min(found), max(found)


def _own_error(stack: Mapping) -> float:
    """1.645 · root mean square of the leave-one-out errors of CHECKED, at least LEAST_ERROR."""
    squares = [stack["leave_one_out"][name] ** 2 for name in CHECKED]
    return max(NORMAL_90 * sqrt(sum(squares) / len(squares)), LEAST_ERROR)


def _deviation(values: list[float], mean: float) -> float:
    """Standard deviation; 0 of a single value."""
    if len(values) < 2:
        return 0.0
    return sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _lenders(library: str, core: str) -> tuple[str, tuple[str, ...]]:
    """The core to start from, and the other libraries that were measured on both cores."""
    stacks = _fits()["stacks"]
    itself_or_newer = OLDER.get(library, library)
    for reference in PREFERRED:
        if reference not in stacks[library] or reference == core:
            continue
        lenders = tuple(
            name
            for name, cores in stacks.items()
            if {core, reference} <= set(cores) and name not in OLDER and name != itself_or_newer
        )
        if lenders:
            return reference, lenders
    raise SpikewattError(
        f"library {library!r}, core {core!r}",
        "another library must link this core to a fitted one",
        "none",
        "; ".join(f"{name}: {', '.join(cores)}" for name, cores in libraries().items()),
    )


def _assumed_element() -> Found:
    """Cycles per element of a pool, which no row identifies."""
    assumed = _fits()["assumed"][ELEMENT]
    note = "assumed, not fitted; also per element of an add"
    ends = (assumed["value"], assumed["low"], assumed["high"])
    return Found(*ends, note, f"assumed {ELEMENT}")
