"""What a chip can execute: laws of counts, and of a trace that it is given."""

from __future__ import annotations

from ....sim.counts.counts import Counts
from ....sim.network.neurons import Subtract, Zero
from ....sim.trace.blueprint import Blueprint
from ...cards.card import Card
from ..what_fits import CORE_LAWS, Misfit, compares_nothing, executes_this_network


def counts_misfits(counts: Counts, card: Card) -> list[Misfit]:
    """Laws that counts break on a card, whatever the number of its cores."""
    most = card.limit("spikes_per_step")
    reset = counts.reset
    can_reset = card.limits["reset_to_zero"] or reset != Zero()
    can_subtract = card.limit("resets_by_subtraction") or reset != Subtract()
    broken = [
        executes_this_network(card, "counts, which do not say which network ran"),
        None if card.limit("leaks") or not counts.leaks else _misfit(card, "leaks", "they leak"),
        None if can_reset else _misfit(card, "reset_to_zero", "a reset to zero"),
        None if can_subtract else _misfit(card, "resets_by_subtraction", "a subtraction"),
    ]
    if most is not None and counts.spikes_per_step > most:
        broken.append(_misfit(card, "spikes_per_step", counts.spikes_per_step, f"<= {most}"))
    return [misfit for misfit in broken if misfit is not None]


def trace_misfits(trace: Blueprint, card: Card) -> list[Misfit]:
    """Laws that a network breaks on a card that no clock drives; what its counts do not know.

    Parameters
    ----------
    trace : Blueprint
        A trace, or the plan of a network that has not run.
    card : Card

    Raises
    ------
    SpikewattError
        The card does not say how wide weights and potentials are.
    """
    broken = [executes_this_network(card)]
    broken += [law(trace, card, False) for law in CORE_LAWS]
    broken += [compares_nothing(layer, card) for layer in trace.layers]
    return [misfit for misfit in broken if misfit is not None]


LAWS = {
    "leaks": "potentials leak only where the chip can (leaks)",
    "reset_to_zero": "a neuron that fires is set to zero only where the chip can (reset_to_zero)",
    "resets_by_subtraction": (
        "the threshold is subtracted only where the chip can (resets_by_subtraction)"
    ),
    "spikes_per_step": "a neuron sends as many spikes in one step as the chip can",
}


def _misfit(card: Card, limit: str, needed: object, there: object = "a card that can") -> Misfit:
    return Misfit(f"device {card.name!r}", LAWS[limit], needed, there)
