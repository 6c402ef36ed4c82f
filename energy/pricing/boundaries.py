"""Boundaries: what the prices of cards hold, where it is not the same for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..cards.neuromorphic.timing import timing_in

if TYPE_CHECKING:
    from ..cards.card import Card


def boundary_line(cards: Sequence[Card]) -> list[str]:
    """A line where a chip with its own boundary stands beside a card that holds something else.

    Cores with a clock and microcontrollers among themselves say what they hold in their own lines.

    Parameters
    ----------
    cards : sequence of Card

    Examples
    --------
    >>> from ..cards.load import load_card
    >>> boundary_line([load_card("spinnaker1"), load_card("spinnaker1_48")])
    []
    >>> (line,) = boundary_line([load_card("truenorth"), load_card("speck_like")])
    >>> line.split("; ")[1]
    'speck_like (the processor, resting power included)'
    """
    holds = {card.name: card.includes for card in cards}
    chips = any(not timing_in(card.about).counts_cycles for card in cards)
    if not chips or len(set(holds.values())) < 2:
        return []

    names: dict[str, list[str]] = {}
    for name, includes in holds.items():
        names.setdefault(includes, []).append(name)
    said = [f"{', '.join(same)} ({what})" for what, same in names.items()]
    ending = "a difference of their energies is partly one of what is counted."
    return [f"boundaries differ: {'; '.join(said)}; {ending}"]
