"""Where a card comes from: a name, a file, the parametric core; and what fits to rows fill in."""

from __future__ import annotations

import functools
import os
from dataclasses import replace
from pathlib import Path

from ...errors import SpikewattError
from ..kernels import library as kernel_library
from ..kernels.overhead import OVERHEAD
from .card import Card, Quantity
from .card_file import card_of, read_card_file
from .kinds import KERNEL_KEYS, POWER_KEY
from .parametric_core import PARAMETRIC, parse_choices, scaled_core

FOLDER = Path(__file__).parents[1] / "data"


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
        ``odin_style:neurons_per_core=512,voltage_v=0.8``. A card is returned as it is.
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
    >>> load_card("stm32l4r5", library="tflm").about["library"]
    'tflm'
    """
    if isinstance(name, Card):
        return name if library is None else with_library(name, library)

    text = str(name)
    if ":" in text and not os.path.exists(text):
        return from_text(text)

    path = _path_of(text)
    card = _read_once(path) if path.parent == FOLDER else _read(path)
    if not card.kind.runs_kernels:
        return card
    has_its_own_counts = KERNEL_KEYS[0] in card.values
    return card if library is None and has_its_own_counts else with_library(card, library)


def with_library(card: Card, library: str | None = None) -> Card:
    """`card` with the cycle counts of an int8 kernel library.

    Parameters
    ----------
    card : Card
        Of a microcontroller.
    library : str, optional
        As `kernels.library.named` takes it; by default the one that the card names.

    Raises
    ------
    SpikewattError
        Not a microcontroller, unknown library, or one that no core like this was measured with.
    """
    if not card.kind.runs_kernels:
        raise SpikewattError(
            "library", "is that of a microcontroller", f"{card.name} is a {card.kind}"
        )
    name = kernel_library.named(card.about["library"] if library is None else library)
    core = card.about["core"]
    same_chip = kernel_library.measured_chip(name, core) == card.name
    fitted = {
        key: Quantity(
            value=found.value,
            low=found.low,
            high=found.high,
            status="estimated",
            conditions=f"int8, {name}, {core}",
            source=found.note,
            measurement=found.measurement,
        )
        for key, found in kernel_library.coefficients(name, core, same_chip).items()
    }
    about = {**card.about, "library": name}
    return replace(card, values={**card.values, **fitted}, about=about)


def odin_style(**chosen: float) -> Card:
    """`odin_style` with values of your own; see `parametric_core.scaled_core` for their limits.

    >>> odin_style(weight_bits=4).title
    'ODIN-style core, 256 neurons, 256 axons, 4-bit weights, 28 nm FDSOI at 0.55 V'
    """
    return scaled_core(load_card(PARAMETRIC), **chosen)


def from_text(text: str) -> Card:
    """``odin_style:neurons_per_core=512,voltage_v=0.8`` as a card.

    Raises
    ------
    SpikewattError
        Another device, a part that is not name=number, or as `parametric_core.scaled_core`.
    """
    return odin_style(**parse_choices(text))


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
    raise SpikewattError(
        "device",
        "must name a device card or be the path of a .yaml file",
        repr(text),
        ", ".join(card_names()),
    )


@functools.cache
def _read_once(path: Path) -> Card:
    """A card that comes with spikewatt, which nobody changes meanwhile."""
    return _read(path)


def _with_assumed_values(card: Card) -> Card:
    """`card`, its missing values taken from the cards that its kind names; each says so."""
    missing = {key: name for key, name in card.kind.taken_from.items() if key not in card.values}
    values = dict(card.values)
    for key, name in missing.items():
        other = _read_once(_path_of(name))[key]
        source = f"not in this card; assumed to be that of {name}: {other.source}"
        values[key] = replace(other, status="assumed", source=source)
    return replace(card, values=values) if missing else card


def _with_overhead(card: Card) -> Card:
    """`card` of a microcontroller with what every library's overhead is taken to be."""
    if not card.kind.runs_kernels:
        return card
    overhead = {
        key: Quantity(**assumed._asdict(), measurement=f"assumed {key}")
        for key, assumed in OVERHEAD.items()
    }
    return replace(card, values={**overhead, **card.values})


def _read(path: Path) -> Card:
    """The card in a file, its energy per cycle filled in where measured rows give it."""
    file = read_card_file(path)
    card = _with_overhead(_with_assumed_values(card_of(path, file)))
    if not file.power_fit:
        return card

    found = kernel_library.measured_energy_per_cycle(file.power_fit)
    energy = Quantity(
        value=found.value,
        low=found.low,
        high=found.high,
        status="measured",
        conditions=f"running neural networks, {file.power_fit}",
        source=found.note,
        measurement=found.measurement,
    )
    return replace(card, values={**card.values, POWER_KEY: energy})
