"""Which neurons sit on which core, as a table and in words, whatever kind of core it is."""

from __future__ import annotations

from typing import Any

from ....sim.trace.trace import Trace
from ...cards.card import Card, Quantity
from ...cards.neuromorphic.timing import timing_in
from ...cores.area import footprint_of
from ..core.mapping import core_table, map_network
from .counted import placed_on_chips
from .placing import Placed

MOST_ROWS = 10_000  # cores that a table shows one by one


def cores_in_use(
    trace: Trace, card: Card, hosted: bool = False, max_cores: int | None = None
) -> tuple[list[dict[str, Any]], list[str], Quantity | None]:
    """The cores that a trace takes.

    Parameters
    ----------
    trace : Trace
    card : Card
        Of a neuromorphic core.
    hosted : bool, default False
        Whether a host beside the core multiplies an analog first layer.
    max_cores : int, optional
        Cores that it may take; by default as many as it takes.

    Returns
    -------
    rows : list of dict
        One per core.
    words : list of str
        How full they are, and what it takes to load them where the card says that.
    area_m2 : Quantity or None
        Of all cores, where the card says it.

    Raises
    ------
    DoesNotFitError
        No number of cores takes the network.
    """
    if timing_in(card.about).counts_cycles:
        mapping = map_network(trace, card, hosted, max_cores)
        words = [mapping.describe(), mapping.loading(card)]
        return core_table(mapping), words, mapping.area_m2(card)
    _, placed = placed_on_chips(trace, card, max_cores)
    return core_rows(placed), [placed.describe()], footprint_of(card, placed.cores).area_m2


def core_rows(placed: Placed) -> list[dict[str, Any]]:
    """One row per core: neurons in use, their share, and who lives there; so many at most."""
    rows: list[dict[str, Any]] = []
    for group in placed.groups:
        neurons = sum(group.neurons.values())
        residents = ", ".join(f"{name} ({each:,.4g})" for name, each in group.neurons.items())
        for _ in range(min(group.number, MOST_ROWS - len(rows))):
            rows.append(
                {
                    "core": len(rows),
                    "neurons": neurons,
                    "neurons_used": neurons / placed.neurons_per_core,
                    "residents": residents,
                }
            )
    return rows
