"""Software loops: what a Cortex-M takes per synapse, neuron and step of a spiking network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from ...errors import one_of
from .card import Quantity
from .files.quantities import quantity_of
from .files.schema import FOLDER, ValueEntry

LOOPS = FOLDER / "software_loops.json"


def software_loops() -> Mapping[str, Mapping[str, dict]]:
    """Core -> name of a loop -> the loop, as the file has it; the best is the first.

    A loop is ``potential_bits`` (width of a potential), ``quality`` (``best`` or ``plain``) and
    ``values`` (key of a card -> value, low, high, unit, status, conditions, source, measurement).

    >>> software_loops()["Cortex-M4"]["gather_dsp"]["potential_bits"]
    32
    """
    return _content()


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
    loops = _content()
    law = "must be one with software loops"
    of_core = loops[one_of(f"device {name!r}: core", law, core, loops)]
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


@cache
def _content() -> dict:
    return json.loads(LOOPS.read_text("utf-8"))
