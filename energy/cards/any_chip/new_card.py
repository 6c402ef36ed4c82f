"""A card to begin with: the figures of a data sheet as a commented YAML file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..card import ENDS, Card, Quantity
from ..files.new_file import (
    HOW_VALUES_ARE_SAID,
    check_new_file,
    checked_new_name,
    quoted,
    write_new_file,
)
from ..kinds import EQUAL_SUPPLY, HIGHEST_SUPPLY, LOWEST_SUPPLY, POWER_KEY
from ..load import known_microcontrollers, with_library
from ..microcontroller_laws import ASLEEP, SUPPLY
from .described import FACTOR, described_card
from .figures import Figures, check_figures, core_called

EXAMPLE = "--clock-mhz 100 --ua-per-mhz 116 --supply-v 3.3"
NO_SOURCE = "as given; write here which table of which data sheet"

HEAD = """\
# A card of a chip that spikewatt does not know. Price with it: spikewatt price … --device {file}
{how}# What says "assumed" nobody gave: put your own figures there. `spikewatt devices {file}` shows
# the whole card, with what is filled in: cycles of kernel libraries (by library and core), software
# loops of a spiking network (by core), and what networks draw beyond a data sheet's current.
"""
SAID = {
    "name": "of the device in every table; letters, digits, _ . -",
    "title": "one line, printed with every price",
    "core": "Cortex-M0+, Cortex-M4, Cortex-M33, Cortex-M7 or Cortex-M85",
    "library": "int8 kernels unless --library says others: cmsis-nn, x-cube-ai, hale, …",
    "regulator": "of the core's voltage: ldo (the current stays at another supply), or dcdc",
    "includes": "what the prices hold",
    "excludes": "what they leave out",
    "caution": "printed with every price; remove what is no longer true",
}
VALUES = {
    "clock_hz": ("clock while it computes", "MHz", 1e6),
    POWER_KEY: ("energy per cycle: running µA/MHz of the data sheet, times V", "uW/MHz", 1e-12),
    FACTOR: ("1, as the energy per cycle above is that of chips while networks run", "", 1.0),
    SUPPLY: ("supply of the figure above", "V", 1.0),
    ASLEEP: ("between inferences: deepest sleep that keeps the RAM, current times V", "uW", 1e-6),
    "wake_time_s": ("from that sleep until it computes", "us", 1e-6),
}
# Values that a card may leave out, as comments to begin with.
OPTIONAL = {
    LOWEST_SUPPLY: ("lowest supply of the data sheet's operating conditions; else 1.7 V", 1.7),
    HIGHEST_SUPPLY: ("highest one; else 3.6 V", 3.6),
    EQUAL_SUPPLY: (
        "of a chip that has an LDO and a converter: supply at which both draw the same, current "
        "behind the converter / current behind the LDO * supply of the two",
        1.5,
    ),
}
LIMITS = {
    "flash_bytes": "bytes of flash for code and weights: KiB times 1024",
    "ram_bytes": "bytes of RAM for activations, potentials and stack: KiB times 1024",
}


def write_new_card(
    path: str | Path,
    core: str,
    figures: Figures,
    name: str | None = None,
    source: str | None = None,
) -> Card:
    """Write a card for a chip with this core, which nothing is lost of.

    Parameters
    ----------
    path : str or Path
        A new ``.yaml`` file.
    core : str
        Such as ``cortex-m4``.
    figures : mapping
        As of `figures.parse`: clock_mhz, and where they are known the others.
    name : str, optional
        Of the device; by default that of the file.
    source : str, optional
        Where the figures come from: data sheet and table.

    Returns
    -------
    Card
        What the file describes, as `load_card` reads it but for what it fills in.

    Raises
    ------
    SpikewattError
        An unknown core or library, a figure that cannot be, the name of a known chip, a file that
        exists or is no ``.yaml`` file.
    """
    path = Path(path)
    check_new_file(path)
    chosen = core_called("devices new --core", "must be a core", core)
    if "regulator" in figures:
        figures = {**figures, "regulator": str(figures["regulator"]).lower()}
    check_figures("devices new", chosen, figures, EXAMPLE)
    own_name = checked_new_name(path, name)
    card = described_card(own_name, chosen, figures, known_microcontrollers(), source or NO_SOURCE)
    with_library(card)  # which must be one that there is

    write_new_file(path, "\n".join(_lines(path, card, figures)) + "\n")
    return card


def _lines(path: Path, card: Card, figures: Figures) -> Iterator[str]:
    """The file, line by line."""
    yield HEAD.format(file=path.name, how=HOW_VALUES_ARE_SAID)
    head = {"name": card.name, "kind": str(card.kind), "title": card.title, **card.about}
    head |= {"includes": card.includes, "excludes": card.excludes}
    for key, text in head.items():
        if key in SAID:
            yield f"# {SAID[key]}{_not_given(key, figures)}"
        yield f"{key}: {quoted(text)}"
    yield "values:"
    for key, (said, unit, size) in VALUES.items():
        if key in card.values and (key != FACTOR or "ua_per_mhz" not in figures):
            yield f"  # {said}"
            yield f"  {key}:"
            yield f"    {_entry(card[key], unit, size)}"
    for key, (said, volt) in OPTIONAL.items():
        ends = ", ".join(f"{end}: {volt:g}" for end in ENDS)
        yield f"  # {said}"
        yield f"  # {key}:"
        words = 'unit: V, status: measured, conditions: "", source: "…"'
        yield f"  #   {{{ends}, {words}}}"
    yield "limits:"
    for key, said in LIMITS.items():
        given = key.replace("_bytes", "_kib") in figures
        yield f"  # {said}" + ("" if given else "; assumed: not given, everything fits")
        yield f"  {key}: {card.limits[key]}"


def _not_given(key: str, figures: Figures) -> str:
    is_figure = key in ("regulator", "library")
    return "; assumed: not given" if is_figure and key not in figures else ""


def _entry(quantity: Quantity, unit: str, size: float) -> str:
    """A value with its range and where it comes from, on one line."""
    numbers = [f"{end}: {getattr(quantity, end) / size:.9g}" for end in ENDS]
    words = [f"unit: {quoted(unit)}", f"status: {quantity.status}"]
    words += [f"{key}: {quoted(getattr(quantity, key))}" for key in ("conditions", "source")]
    return "{" + ", ".join(numbers + words) + "}"
