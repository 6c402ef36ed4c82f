"""How many neuromorphic cores a network may take, and on how many chips they are."""

from __future__ import annotations

from math import ceil

from ....errors import whole_number
from ...cards.card import Card
from ...cards.neuromorphic.timing import timing_in

ANY_NUMBER = "any"
AS_USUAL = "as usual"  # number of cores that nobody said
MOST_CORES = 10**9


def checked_max_cores(where: str, max_cores: object) -> int | None:
    """A number of cores, or None for as many as it takes.

    Parameters
    ----------
    where : str
        What an error names.
    max_cores : object
        1 or more, also as text; None or ``any``.

    Examples
    --------
    >>> checked_max_cores("mine", "any"), checked_max_cores("mine", 4)
    (None, 4)
    """
    if max_cores is None or max_cores == ANY_NUMBER:
        return None
    if isinstance(max_cores, str) and max_cores.isdecimal():
        max_cores = int(max_cores)
    law = f"must be a number of cores, or {ANY_NUMBER} for as many as it takes"
    return whole_number(where, law, max_cores, 1, MOST_CORES)


def cores_allowed(max_cores: int | str | None, card: Card, of_counts: bool = False) -> int | None:
    """A number of cores that was asked for; else one, or any number of counts or of a chip's own.

    The network of counts ran on as many as it took.

    >>> from spikewatt.energy.cards.load import load_card
    >>> core, chip = load_card("odin_style"), load_card("loihi")
    >>> cores_allowed(AS_USUAL, core), cores_allowed(AS_USUAL, core, of_counts=True)
    (1, None)
    >>> cores_allowed(AS_USUAL, chip), cores_allowed(1, chip)
    (None, 1)
    """
    if max_cores != AS_USUAL:
        return checked_max_cores("price.max_cores", max_cores)
    return None if of_counts else most_cores(1, card)


def most_cores(max_cores: int | None, card: Card) -> int | None:
    """The number that binds where one is usual, and may not have been asked for.

    Cores that a clock drives are put side by side by whoever makes a chip of them; others come with
    their chip, and one does not bind them.

    >>> from spikewatt.energy.cards.load import load_card
    >>> most_cores(1, load_card("odin_style"))
    1
    """
    comes_with_cores = not timing_in(card.about).counts_cycles
    return None if max_cores == 1 and comes_with_cores else max_cores


def chips_for(cores: int, card: Card) -> int:
    """Chips that so many cores are on; one where the card does not say how many a chip has."""
    per_chip = card.limit("cores_per_chip")
    return 1 if per_chip is None else ceil(cores / per_chip)
