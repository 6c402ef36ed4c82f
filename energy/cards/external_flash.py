"""Weights in an external flash: a byte that no cache holds is waited for.

high + w,   w = cycles per byte, over how often a byte is used before another takes its place
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .card import Card, Quantity
from .kinds import FLASH_BYTE

# Uses of one byte of weights: a dense layer and a synapse read theirs once, a convolution reads
# its kernel again at every position, most of them from the cache; assumed.
USES = {
    "cycles_per_mac_dense": 1,
    "cycles_per_mac_conv": 16,
    "cycles_per_mac_nonzero": 1,
    "cycles_per_synapse_dense": 1,
    "cycles_per_synapse_sparse": 1,
    "cycles_per_synapse_single": 1,
}
WHY = "high end: weights that an external flash delivers"


def waiting_for_flash(card: Card, values: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """`values` of `card`, their high ends raised by what the card's external flash may take."""
    wait = card.values.get(FLASH_BYTE)
    if wait is None:
        return dict(values)
    return {key: _raised(key, quantity, wait) for key, quantity in values.items()}


def _raised(key: str, quantity: Quantity, wait: Quantity) -> Quantity:
    if key not in USES:
        return quantity
    return replace(
        quantity,
        high=quantity.high + wait.high / USES[key],
        source=f"{quantity.source}; {WHY}",
    )
