"""The nearest geometry: the parametric core that would hold what a card does not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ...errors import SpikewattError
from ..cards.card import Card
from ..cards.load import load_card
from ..cards.parametric_core import PARAMETRIC, SIZES, parse_choices, scaled_core
from .area import area_m2
from .placement import Placement, TooFewAxonsError

NEURONS, AXONS = "neurons_per_core", "axons_per_core"


class NearestGeometry:
    """A search among cores of the card's widths, codes and operating point, in powers of two.

    The nearest is the smallest that has at least the neurons and axons of the card; where that
    cannot be, the smallest of all. It is mapped before it is named.

    Parameters
    ----------
    placement : Placement
        Of the network.
    card : Card
        Of the core that does not hold it.
    max_cores : int, optional
        Cores that it may take; None for as many as it takes.
    """

    def __init__(self, placement: Placement, card: Card, max_cores: int | None = None):
        self.placement = placement
        self.card = card
        self.max_cores = max_cores

    @cached_property
    def found(self) -> tuple[Card, int] | None:
        """Its card and how many cores it takes; None where no geometry holds the network."""
        if self.placement.compares:
            return None
        for candidate in self._candidates():
            try:
                cores = self.placement.onto(
                    candidate.limits[NEURONS], candidate.limits[AXONS], self.max_cores
                )
            except TooFewAxonsError:
                continue
            if cores is not None:
                return candidate, len(cores)
        return None

    @cached_property
    def on_more_cores(self) -> NearestGeometry:
        """The same search for as many cores as it takes."""
        return NearestGeometry(self.placement, self.card, None)

    @property
    def device(self) -> str | None:
        """Its name, as `price` takes it."""
        return self.found[0].name if self.found else None

    @property
    def why_none(self) -> str:
        """Why there is none, in words."""
        if self.placement.compares:
            return "no geometry of the parametric core: it has a layer that no core executes"
        most, axons = SIZES[NEURONS][1], self.placement.widest
        plural = "" if self.max_cores == 1 else "s"
        on = "" if self.max_cores is None else f" on {self.max_cores:,} core{plural}"
        return (
            f"no geometry of the parametric core holds its {self.placement.neurons:,} neurons"
            f"{on} (at most {most:,} on one, with 1 MB of synapses; a neuron has up to {axons:,} "
            "inputs)"
        )

    def _candidates(self) -> Iterator[Card]:
        """Cores that may hold it, the nearest first."""
        own = self.card.limits
        found = []
        for neurons in _powers(*SIZES[NEURONS]):
            for axons in _powers(*SIZES[AXONS]):
                if axons < self.placement.widest or self._too_few(neurons):
                    continue
                card = self._with(neurons, axons)
                if card is not None:
                    smaller = neurons < own[NEURONS] or axons < own[AXONS]
                    found.append(((smaller, area_m2(card).value, axons), card))
        found.sort(key=lambda pair: pair[0])
        return (card for _, card in found)

    def _too_few(self, neurons: int) -> bool:
        return self.max_cores is not None and self.max_cores * neurons < self.placement.neurons

    def _with(self, neurons: int, axons: int) -> Card | None:
        """The parametric core of this size, None where its memories have no size in the table."""
        sizes = {NEURONS: neurons, AXONS: axons}
        named = {key: size for key, size in sizes.items() if size != self._base.limits[key]}
        try:
            return scaled_core(self._base, **named, **self._other_choices)
        except SpikewattError:
            return None

    @cached_property
    def _base(self) -> Card:
        return load_card(PARAMETRIC)

    @cached_property
    def _other_choices(self) -> dict[str, float]:
        """What else the card has beside its size that the parametric core by itself has not."""
        own, limits = self._base.limits, self.card.limits
        choices: dict[str, float] = {
            key: limits[key]
            for key in own
            if key in SIZES and limits.get(key, own[key]) != own[key]
        }
        if self.card.name.startswith(f"{PARAMETRIC}:"):
            choices |= parse_choices(self.card.name)
        return {key: value for key, value in choices.items() if key not in (NEURONS, AXONS)}


def _powers(least: int, most: int) -> list[int]:
    """Powers of two from `least`, which is one, to `most`.

    >>> _powers(16, 100)
    [16, 32, 64]
    """
    found = []
    while least <= most:
        found.append(least)
        least *= 2
    return found
