"""Cycles per event of an int8 kernel library on a Cortex-M core, with ranges: fitted where rows exist, else borrowed from another core."""

from __future__ import annotations

import json
from functools import cache
from math import exp, hypot, log, sqrt

from ...errors import SpikewattError, one_of
from .fit import CHECKED, ELEMENT, FITS, FITTED, LIBRARIES

NORMAL_90 = 1.645  # half width of a 90 % interval in standard deviations
LEAST_ERROR = 0.05  # three left-out rows can agree by luck (to 0.4 % on one stack); the fit itself takes the law to be good to 5 %
LEAST_SPREAD = 0.2  # of a borrowed ratio of cores
OTHER_CHIP = 0.1  # caches, flash and compiler of another chip with the same core; assumed
PREFERRED = ("Cortex-M4", "Cortex-M33", "Cortex-M7", "Cortex-M0+")  # core to borrow from
OLDER = {
    "x-cube-ai-7.1": "x-cube-ai"
}  # an older release lends no ratios: counting both would count one library twice
KINDS = {"vendor-optimised": "x-cube-ai", "reference": "tflm"}
Coefficient = tuple[float, float, float, str, str]  # value, low, high, note, measurement group


@cache
def _fits() -> dict:
    """The content of kernel_fits.json."""
    return json.loads(FITS.read_text())


def libraries() -> dict[str, tuple[str, ...]]:
    """Library -> cores with a fit of their own."""
    return {library: tuple(cores) for library, cores in _fits()["stacks"].items()}


def named(library: str) -> str:
    """Name of a fitted library: as it is, in capitals, with _ or spaces for -, as a measured row calls it, or by its kind.

    The kinds: ``vendor-optimised`` (ST's X-CUBE-AI 7.3) and ``reference`` (MLPerf Tiny's reference submission, stock TensorFlow Lite
    Micro 2.3.1).

    Raises
    ------
    SpikewattError : no such library.
    """
    stacks = _fits()["stacks"]
    others = KINDS | {_plain(software): name for software, name in LIBRARIES.items()}
    plain = others.get(_plain(str(library)), _plain(str(library)))
    if plain not in stacks:
        raise SpikewattError(
            "library",
            "must be a kernel library with fitted coefficients",
            repr(library),
            ", ".join((*stacks, *KINDS)),
        )
    return plain


def _plain(text: str) -> str:
    return (
        text.strip().lower().replace("_", "-").replace(" ", "-").replace("optimized", "optimised")
    )


def _own_error(stack: dict) -> float:
    """1.645 · root mean square of the leave-one-out errors of CHECKED, at least LEAST_ERROR."""
    return max(
        NORMAL_90 * sqrt(sum(stack["leave_one_out"][name] ** 2 for name in CHECKED) / len(CHECKED)),
        LEAST_ERROR,
    )


def borrow(
    library: str, core: str
) -> tuple[dict[str, float], dict[str, float], str, tuple[str, ...]]:
    """Coefficients of `library` on a `core` from its fit on a reference core; its own fit on `core`, if there is one, is not read.

    coefficient(library, core) = coefficient(library, reference) · geometric mean over lenders of coefficient(core) / coefficient(reference)

    Returns
    -------
    values, spreads : by key; a spread is 1.645 · standard deviation of the lenders' log ratios, at least LEAST_SPREAD.
    reference, lenders : the core and the other libraries that were used.

    Raises
    ------
    SpikewattError : no other library has both cores.
    """
    stacks = _fits()["stacks"]
    for reference in (name for name in PREFERRED if name in stacks[library] and name != core):
        lenders = tuple(
            name
            for name, cores in stacks.items()
            if {core, reference} <= set(cores)
            and name not in OLDER
            and name != OLDER.get(library, library)
        )
        if lenders:
            break
    else:
        raise SpikewattError(
            f"library {library!r}, core {core!r}",
            "another library must link this core to a fitted one",
            "none",
            _known(),
        )
    values, spreads = {}, {}
    for key in FITTED:
        logs = [
            log(
                stacks[name][core]["coefficients"][key]
                / stacks[name][reference]["coefficients"][key]
            )
            for name in lenders
        ]
        mean = sum(logs) / len(logs)
        deviation = (
            sqrt(sum((value - mean) ** 2 for value in logs) / (len(logs) - 1))
            if len(logs) > 1
            else 0.0
        )
        values[key] = stacks[library][reference]["coefficients"][key] * exp(mean)
        spreads[key] = max(NORMAL_90 * deviation, LEAST_SPREAD)
    return values, spreads, reference, lenders


def _known() -> str:
    """All fitted stacks, for messages."""
    return "; ".join(f"{library}: {', '.join(cores)}" for library, cores in libraries().items())


def coefficients(library: str, core: str, same_chip: bool = True) -> dict[str, Coefficient]:
    """Key -> (value, low, high, note, measurement group) [cycles per event]; the keys are FITTED and ELEMENT.

    low, high = value · (1 ∓ e). e = 1.645 · rms of the stack's own leave-one-out errors, at least 5 %; in quadrature with the spread of
    a borrowed ratio, and with 10 % if not `same_chip`. Values of one measurement group come from one fit and move together.

    Parameters
    ----------
    library : one of `libraries()`, or what `named` knows.
    core : a core of any of them, e.g. ``"Cortex-M4"``.
    same_chip : whether the device is the very chip on which the stack was measured.

    Raises
    ------
    SpikewattError : unknown library, unknown core, or a core that cannot be borrowed.
    """
    stacks = _fits()["stacks"]
    library = named(library)
    one_of(
        "core",
        "must be a core that some kernel library was measured on",
        core,
        {name for cores in stacks.values() for name in cores},
    )
    if core in stacks[library]:
        reference, values, spreads = (
            core,
            stacks[library][core]["coefficients"],
            dict.fromkeys(FITTED, 0.0),
        )
        note = f"fitted to {stacks[library][core]['board']}, {', '.join(stacks[library][core]['networks'])}"
    else:
        values, spreads, reference, lenders = borrow(library, core)
        note = f"{library} on {reference} times the ratio of the cores, borrowed from {' and '.join(lenders)}"
    own = hypot(_own_error(stacks[library][reference]), 0.0 if same_chip else OTHER_CHIP)
    if not same_chip:
        note += "; another chip with this core"
    result = {}
    for key in FITTED:
        error = hypot(own, spreads[key])
        result[key] = (
            values[key],
            values[key] * (1 - error),
            values[key] * (1 + error),
            note,
            f"kernel fit {library} {core}",
        )
    assumed = _fits()["assumed"][ELEMENT]
    result[ELEMENT] = (
        assumed["value"],
        assumed["low"],
        assumed["high"],
        "assumed, not fitted; also per element of an add",
        f"assumed {ELEMENT}",
    )
    return result


def prior_sensitivity() -> str:
    """What the leave-one-out errors owe to the assumed ratio of cycles per output to cycles per MAC, in words."""
    fits = _fits()
    assumed = fits["assumed"]["prior_ratios_to_cycles_per_mac_conv"]["cycles_per_output"]["median"]
    others = fits["leave_one_out_with_another_prior_of_cycles_per_output"]
    worst = [entry["worst"] for entry in others.values()]
    return (
        f"with IC left out, cycles per output and per MAC cannot be told apart: their ratio, {assumed:g}, is assumed "
        f"(at {min(others, key=float)} to {max(others, key=float)} the worst error is {min(worst):.0%} to {max(worst):.0%})."
    )


def measured_chip(library: str, core: str) -> str | None:
    """The chip on which a stack was measured; None where its coefficients are borrowed."""
    return _fits()["stacks"].get(library, {}).get(core, {}).get("chip")


def measured_energy_per_cycle(name: str) -> tuple[float, float, float, str]:
    """Energy per cycle [J] of a chip at a supply, smallest and largest of its rows, and where they stand.

    Raises
    ------
    SpikewattError : no rows of this name.
    """
    power = _fits()["power"]
    entry = power[one_of("power_fit", "must name measured rows", name, power)]
    energy = entry["energy_per_cycle_j"]
    return energy["value"], energy["low"], energy["high"], "; ".join(entry["sources"])
