"""Software loops: what a Cortex-M takes per synapse, neuron and step of a spiking network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ...errors import one_of
from .card import Card, Quantity
from .external_flash import waiting_for_flash
from .files.quantities import quantity_of
from .files.schema import FOLDER, ValueEntry

LOOPS = FOLDER / "software_loops.json"

# int8 layers that skip activations of zero: what they cost beside what every int8 layer does.
SKIPPING_LOOPS = FOLDER / "skipping_loops.json"
CHECK, LISTED, NONZERO_MAC, SUM, POSITION = SKIPPING_KEYS = (
    "cycles_per_tap_checked",
    "cycles_per_tap_listed",
    "cycles_per_mac_nonzero",
    "cycles_per_sum",
    "cycles_per_position",
)
# The same layers by ordinary kernels: products, taps that are copied, sums and positions.
ORDINARY_MAC = "cycles_per_mac"
ORDINARY_KEYS = (ORDINARY_MAC, CHECK, SUM, POSITION)
LAW = "must be one with software loops"


def software_loops() -> Mapping[str, Mapping[str, dict]]:
    """Core -> name of a loop -> the loop, as the file has it; the best is the first.

    A loop is ``potential_bits`` (width of a potential), ``quality`` (``best`` or ``plain``) and
    ``values`` (key of a card -> value, low, high, unit, status, conditions, source, measurement).

    >>> software_loops()["Cortex-M4"]["gather_dsp"]["potential_bits"]
    32
    """
    return _content(LOOPS)


def loop_values(core: str, name: str) -> dict[str, Quantity]:
    """Card values of a core's best software loop, keys LOOP_KEYS and FINER_LOOP_KEYS.

    Parameters
    ----------
    core : str
        Such as ``"Cortex-M4"``.
    name : str
        Of the card that is filled; where a loop names no measurement, its values are on their own.

    Raises
    ------
    SpikewattError
        A core without loops.

    Examples
    --------
    >>> loop_values("Cortex-M4", "mine")["cycles_per_step"].measurement
    'software loop Cortex-M4'
    """
    loops = _content(LOOPS)
    of_core = loops[one_of(f"device {name!r}: core", LAW, core, loops)]
    best = next(iter(of_core.values()))
    values = {
        key: quantity_of(f"{LOOPS.name}: {core}", f"{name}: {key}", key, ValueEntry(**entry))
        for key, entry in best["values"].items()
    }
    return {**values, **without_finer_counts(values)}


def without_finer_counts(values: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """What FINER_LOOP_KEYS are where a card has loops of its own that do not tell them apart.

    A synapse that stands alone costs what an indexed one does; gathering costs nothing beside.
    """
    none = Quantity(
        value=0.0,
        low=0.0,
        high=0.0,
        status="assumed",
        conditions="part of the other values",
        source="this card's own loop",
        measurement=values["cycles_per_neuron_update"].measurement,
    )
    found = {
        "cycles_per_synapse_single": values["cycles_per_synapse_sparse"],
        "cycles_per_neuron_gather": none,
    }
    return {key: quantity for key, quantity in found.items() if key not in values}


def skipping_values(card: Card) -> dict[str, Quantity]:
    """What int8 layers that skip activations of zero cost on the core of a microcontroller.

    Parameters
    ----------
    card : Card
        It has no such values of its own: those of its core, weights in an external flash waited
        for.

    Returns
    -------
    dict
        SKIPPING_KEYS -> cycles: of an activation under a window that is looked at, of one that is
        not zero, of its product with one weight, of a sum that becomes an output, of a position
        of the window.

    Raises
    ------
    SpikewattError
        A core without loops.
    """
    loop = _skipping_loop(card)
    values = {key: Quantity(**_without_unit(entry)) for key, entry in loop["values"].items()}
    return waiting_for_flash(card, values)


def ordinary_values(card: Card) -> dict[str, float]:
    """ORDINARY_KEYS -> cycles of int8 kernels of the hand that wrote those that skip.

    What skipping itself saves is told from these, not from a library's.
    """
    return dict(_skipping_loop(card)["ordinary"])


def _skipping_loop(card: Card) -> dict:
    """The loop of a card's core; raises SpikewattError where it has none."""
    loops = _content(SKIPPING_LOOPS)
    core = one_of(f"device {card.name!r}: core", LAW, card.about["core"], loops)
    (loop,) = loops[core].values()
    return loop


def _without_unit(entry: Mapping) -> dict:
    """Cycles have none."""
    return {name: value for name, value in entry.items() if name != "unit"}


@cache
def _content(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))
