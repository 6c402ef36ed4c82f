"""What holds for every microcontroller whose card says nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from ..kernels.library import power_over_datasheet
from .card import Quantity
from .files.quantities import quantity_of
from .files.schema import FOLDER, ValueEntry

FACTOR = "active_power_factor"
COMMON = FOLDER / "microcontroller_common.json"


def common_values(name: str, regulator: str, is_measured: bool) -> dict[str, Quantity]:
    """Values of a microcontroller for COMMON_KEYS.

    Parameters
    ----------
    name : str
        Of the card that is filled.
    regulator : str
        Its regulator, ``ldo`` or ``dcdc``.
    is_measured : bool
        Whether its energy per cycle was taken while networks ran (`power_fit`); else it is that
        of a datasheet, which a network exceeds.

    Examples
    --------
    >>> common_values("mine", "ldo", is_measured=True)["active_power_factor"].high
    1.0
    """
    content = _content()
    entries = {
        **content["always"],
        "regulator_efficiency": content["regulator_efficiency"][regulator],
        FACTOR: content["active_power_factor"],
    }
    values = {
        key: quantity_of(COMMON.name, f"{name}: {key}", key, ValueEntry(**entry))
        for key, entry in entries.items()
    }
    return values if is_measured else {**values, FACTOR: beyond_the_datasheet()}


def beyond_the_datasheet() -> Quantity:
    """What networks take over the run current of a data sheet, where none was measured.

    >>> beyond_the_datasheet().status
    'estimated'
    """
    found = power_over_datasheet()
    return Quantity(
        value=found.value,
        low=found.low,
        high=found.high,
        status="estimated",
        conditions="a network's load over the data sheet's run current at full clock",
        source=found.note,
        measurement=found.measurement,
    )


@cache
def _content() -> Mapping:
    return json.loads(COMMON.read_text("utf-8"))
