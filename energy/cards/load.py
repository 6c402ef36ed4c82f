"""Where a card comes from: a name, a file, or a text; and what fits to rows fill in."""

from __future__ import annotations

import functools
import os
from dataclasses import replace
from math import isclose
from pathlib import Path
from typing import Any

from ...errors import SpikewattError, warn
from ...yaml_document import read_document
from ..kernels import library as kernel_library
from ..kernels.overhead import OF_INTERPRETERS, is_of_a_library, overhead_of
from .any_chip.described import described_card
from .any_chip.figures import BY_CORE as BY_CORE
from .any_chip.figures import device_text, is_described, parse
from .card import Card, Quantity
from .card_file import FOLDER, card_of, read_card_file
from .common_values import common_values
from .external_flash import waiting_for_flash
from .kinds import KERNEL_KEYS, LOOP_KEYS, POWER_KEY
from .nearest_board import nearest_boards
from .parametric_core import PARAMETRIC, parse_choices, scaled_core
from .software_loops import loop_values, without_finer_counts

SAME = 1e-6  # of a clock or a supply
WITHOUT_ROWS = f"remove power_fit and give {POWER_KEY}: µA/MHz of the data sheet times V, in uW/MHz"


def card_names() -> list[str]:
    """Names of the cards that come with spikewatt.

    >>> [name for name in card_names() if name.startswith("odin")]
    ['odin', 'odin_style']
    >>> [card.title for card in map(load_card, card_names()) if "executes" in card.about][1]
    'tinyODIN, 256 neurons, scaled from ODIN, 28 nm FDSOI at 0.55 V'
    """
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_card(name: str | Path | Card, library: str | None = None) -> Card:
    """The card called `name`, or read from the path of a ``.yaml`` file.

    Parameters
    ----------
    name : str, Path or Card
        A device, in capitals or not; of the parametric core with values of your own:
        ``odin_style:neurons_per_core=512,voltage_v=0.8``; of a chip without a card by its core:
        ``cortex-m4:clock_mhz=168,ua_per_mhz=100``. A card is returned as it is.
    library : str, optional
        Int8 kernel library of a microcontroller (see `kernels.library.named`), in place of the
        one that its card names.

    Raises
    ------
    SpikewattError
        Unknown device, missing or unknown key, missing or wrong unit, low > value or value >
        high, negative value.

    Examples
    --------
    >>> card = load_card("odin_style")
    >>> card["energy_per_sop_j"].value
    8.43e-12
    >>> load_card("odin_style:voltage_v=1.0")["clock_hz"].value
    100000000.0
    >>> load_card("stm32l4r5", library="TFLM").about["library"]
    'tflm-2.3.1'
    """
    if isinstance(name, Card):
        return name if library is None else with_library(name, library)

    text = str(name)
    described = ":" in text or is_described(text)
    if described and not os.path.exists(text):
        card = from_text(text)
        return card if library is None else with_library(card, library)

    path = _path_of(text)
    if path.parent == FOLDER:
        return _with_kernels(_read_once(path), library)
    card = _with_kernels(_read(path), library)
    if card.name in card_names() and card != load_card(card.name, library):
        law = "is that of a card that comes with spikewatt, and what it says is not"
        warn(f"{path}: name", law, card.name, f"name: my_{card.name}, to tell them apart")
    return card


def _with_kernels(card: Card, library: str | None) -> Card:
    """`card` with cycle counts of kernels, where it runs some and has none of its own."""
    if not card.kind.runs_kernels:
        return card
    has_its_own_counts = KERNEL_KEYS[0] in card.values
    return card if library is None and has_its_own_counts else with_library(card, library)


def with_library(
    card: Card, library: str | None = None, stacks: kernel_library.Stacks | None = None
) -> Card:
    """`card` with the cycle counts of an int8 kernel library.

    Parameters
    ----------
    card : Card
        Of a microcontroller.
    library : str, optional
        As `kernels.library.named` takes it; by default the one that the card names.
    stacks : Stacks, optional
        Where its counts come from; by default the committed fit to all measured rows.

    Raises
    ------
    SpikewattError
        Not a microcontroller, unknown library, or one that no core like this was measured with.
    """
    if not card.kind.runs_kernels:
        raise SpikewattError(
            "library", "is that of a microcontroller", f"{card.name} is a {card.kind}"
        )
    asked_for = kernel_library.named(card.about["library"] if library is None else library)
    core = card.about["core"]
    found = kernel_library.coefficients(asked_for, core, card.chip, stacks)
    fitted = {
        key: Quantity(
            value=one.value,
            low=one.low,
            high=one.high,
            status="estimated",
            conditions=f"int8, {asked_for}, {core}",
            source=one.note,
            measurement=one.measurement,
        )
        for key, one in found.items()
    }
    fitted = waiting_for_flash(card, fitted)
    fitted |= {
        key: Quantity(**known._asdict())
        for key, known in overhead_of(asked_for, core).items()
        if key not in card.values or is_of_a_library(card[key].measurement)
    }
    about = {**card.about, "library": asked_for.name}
    return replace(card, values={**card.values, **fitted}, about=about)


def with_measured_power(card: Card, found: kernel_library.Found, conditions: str) -> Card:
    """`card` with the energy per cycle of measured rows, and nothing beyond it."""
    energy = Quantity(
        value=found.value,
        low=found.low,
        high=found.high,
        status="measured",
        conditions=f"running neural networks, {conditions}",
        source=found.note,
        measurement=found.measurement,
    )
    return replace(card, values={**card.values, POWER_KEY: energy})


def odin_style(**chosen: float) -> Card:
    """`odin_style` with values of your own; see `parametric_core.scaled_core` for their limits.

    >>> odin_style(weight_bits=4).title
    'ODIN-style core, 256 neurons, 256 axons, 4-bit weights, 28 nm FDSOI at 0.55 V'
    """
    return scaled_core(load_card(PARAMETRIC), **chosen)


def from_text(text: str) -> Card:
    """The card of a device that is described: the parametric core, or a chip by its core.

    Raises
    ------
    SpikewattError
        Another device, a part that is not name=value, or as `parametric_core.scaled_core` and
        `any_chip.figures.parse`.

    Examples
    --------
    >>> from_text("cortex-m4:clock_mhz=100,ua_per_mhz=100,supply_v=3.3").title
    'Cortex-M4 at 100 MHz, 3.3 V, an LDO (assumed), 100 µA/MHz'
    """
    if not is_described(text):
        return odin_style(**parse_choices(text))
    core, figures = parse(text)
    name = device_text(core, figures)
    card = described_card(name, core, figures, known_microcontrollers())
    return with_library(card)


@functools.cache
def known_microcontrollers() -> tuple[Card, ...]:
    """Every microcontroller that comes with spikewatt."""
    return tuple(card for card in map(load_card, card_names()) if card.kind.runs_kernels)


def _path_of(text: str) -> Path:
    """The file of a card that is named, or given as a path."""
    is_path = text.endswith((".yaml", ".yml"))
    path = Path(text) if is_path else FOLDER / f"{text.lower()}.yaml"
    if os.path.isfile(path):  # of a name that is too long Path.is_file is an error
        return path

    if is_path:
        raise SpikewattError(
            f"device {text}",
            "the card must exist",
            "no such file",
            "a .yaml file, or a name of `spikewatt devices`",
        )
    hint = nearest_boards(text, known_microcontrollers())
    every = f"{', '.join(card_names())}, or {BY_CORE}"
    raise SpikewattError(
        "device",
        "must name a device card or be the path of a .yaml file",
        repr(text),
        "what `spikewatt devices` lists" if hint else every,
        hint or None,
    )


@functools.cache
def _read_once(path: Path) -> Card:
    """A card that comes with spikewatt, which nobody changes meanwhile."""
    return _read(path)


def _with_assumed_values(card: Card) -> Card:
    """`card`, its missing values taken from the cards that its kind names; each says so."""
    assumed = card.kind.layout(card.about).taken_from
    missing = {key: name for key, name in assumed.items() if key not in card.values}
    values = dict(card.values)
    for key, name in missing.items():
        other = _read_once(_path_of(name))[key]
        source = f"not in this card; assumed to be that of {name}: {other.source}"
        values[key] = replace(other, status="assumed", source=source)
    return replace(card, values=values) if missing else card


def _with_common_values(card: Card, is_measured: bool) -> Card:
    """A microcontroller's `card` with the software loops of its core and what holds for all."""
    if not card.kind.runs_kernels:
        return card
    has_its_own_loops = LOOP_KEYS[0] in card.values
    if has_its_own_loops:
        loops = without_finer_counts(card.values)
    else:
        loops = loop_values(card.about["core"], card.name)
    loops = waiting_for_flash(card, loops)
    common = common_values(card.name, card.about["regulator"], is_measured)
    missing = {key: found for key, found in common.items() if key not in card.values}
    return _with_overhead(replace(card, values={**card.values, **loops, **missing}))


def _with_overhead(card: Card) -> Card:
    """`card` with an interpreter's overhead, which a library of its own may replace."""
    overhead = {key: Quantity(**known._asdict()) for key, known in OF_INTERPRETERS.items()}
    return replace(card, values={**overhead, **card.values})


def _read(path: Path) -> Card:
    """The card in a file, filled in where measured rows, its core or common values say more."""
    file = read_card_file(path)
    card = _with_assumed_values(card_of(path, file))
    card = _with_common_values(card, is_measured=bool(file.power_fit))
    if not file.power_fit:
        return card

    _check_power_fit(f"{read_document(path).where('power_fit')}: power_fit", file.power_fit, card)
    found = kernel_library.measured_energy_per_cycle(file.power_fit)
    return with_measured_power(card, found, file.power_fit)


def _check_power_fit(where: str, name: str, card: Card) -> None:
    """Raise SpikewattError where the rows called `name` are of another chip than `card`.

    Parameters
    ----------
    where : str
        File and key, for messages.
    name : str
        Such as ``"stm32l4r5 1.8 V"``.
    card : Card
    """
    rows = kernel_library.measured_conditions(name)
    if rows.chip != card.chip:
        raise SpikewattError(
            where,
            "names rows of the card's own chip",
            f"rows of {rows.chip} in the card of {card.chip}",
            hint=f"{WITHOUT_ROWS}; or say chip: {rows.chip}, if that is the chip",
        )
    if rows.core != card.about["core"]:
        _rows_differ(where, "core", rows.core, card.about["core"])
    clock_mhz = card["clock_hz"].value / 1e6
    if not isclose(rows.clock_hz / 1e6, clock_mhz, rel_tol=SAME):
        hint = f"keep clock_hz at {rows.clock_hz / 1e6:g} MHz and price with clock_hz (--clock-hz)"
        _rows_differ(where, "clock", f"{rows.clock_hz / 1e6:g} MHz", f"{clock_mhz:g} MHz", hint)
    supply = card["supply_voltage_v"]
    if rows.supply_v is not None and not supply.low <= rows.supply_v <= supply.high:
        hint = f"keep supply_voltage_v at {rows.supply_v:g} V and price with supply_v (--supply-v)"
        _rows_differ(where, "supply", f"{rows.supply_v:g} V", f"{supply.value:g} V", hint)


def _rows_differ(where: str, what: str, of_rows: Any, of_card: Any, hint: str = "") -> None:
    raise SpikewattError(
        where,
        f"names rows at the card's own {what}",
        f"rows at {of_rows} in a card of {of_card}",
        hint=f"{hint}; or {WITHOUT_ROWS}" if hint else WITHOUT_ROWS,
    )
