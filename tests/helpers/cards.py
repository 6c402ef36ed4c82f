"""Cards with other limits and values than those that come with spikewatt."""

from __future__ import annotations

from dataclasses import replace

from spikewatt.energy.cards.card import Card
from spikewatt.energy.cards.load import load_card


def with_limits(**limits: int) -> Card:
    """The card ``odin_style`` with other limits."""
    card = load_card("odin_style")
    return replace(card, limits={**card.limits, **limits})


def with_value(card: Card, key: str, **changes: float) -> Card:
    """`card` with another value, low or high of one quantity."""
    return replace(card, values={**card.values, key: replace(card[key], **changes)})
