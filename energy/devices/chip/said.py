"""What a price of counts takes for granted, in lines to print with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ....sim.counts.counts import Counts
from ...bill import Term
from ...cards.card import Card
from ...cards.neuromorphic.keys import WORK_TIMES
from ...cards.neuromorphic.timing import Barrier, Tick, timing_in
from .activity import ChipActivity
from .placing import Placed

PER_INPUT_CORE = "barrier_time_per_input_core_s"
# What a card need not say: the values, and what is then not charged.
LEFT_OUT = {
    "events beside their operations": ("energy_per_event_j",),
    "hops between cores": ("energy_per_routed_event_j",),
    "active updates apart from idle ones": ("energy_per_active_update_j",),
    "processors beside the cores": ("companion_power_w",),
}
# Likewise of a barrier.
OF_A_BARRIER = {
    "a barrier's energy of the whole chip": ("barrier_energy_j",),
    "a barrier's energy of each core": ("barrier_energy_per_core_j",),
    "its time for each core of the input": (PER_INPUT_CORE,),
    "time of a core's work": tuple(WORK_TIMES),
}
NEVER = "loading of weights, reset of the state, input and read-out"


def lines(
    counts: Counts, card: Card, placed: Placed, did: ChipActivity, predicted: Sequence[Term]
) -> list[str]:
    """The assumptions of a chip: cores, updates, events, time, and what is left out."""
    sharing = "layers share cores" if card.limit("layers_share_cores") else "each layer begins one"
    meets = f", each of which meets its row of synapses, {_row(did):,.4g} on average"
    if not card.limits["zero_skipping"]:
        size = card.limits["neurons_per_core"]
        meets = f", each of which meets all {size:,} neurons that a core has room for"
    said = [events_line(did, meets), time_line(card, did, counts, predicted)]
    if "caution" in card.about:
        said.append(f"{card.about['caution']}.")
    return [
        f"{card.title}; {placed.describe()} ({sharing}); {updates_line(did)}.",
        " ".join(said),
        f"included: {card.includes}. Not included: {_excluded(card)}.",
    ]


def updates_line(did: ChipActivity) -> str:
    """How many neuron updates, by which rule or as counted."""
    return (
        f"{_rule(did)}: {did.updates.number:,.0f} updates in {did.steps} steps, "
        f"{did.updates.active:,.0f} of neurons that fire"
    )


def _rule(did: ChipActivity) -> str:
    """The rule of the updates, and what counts that say them change of it."""
    rule = did.updates.rule
    if not did.counted:
        return rule.said
    if not rule.by_layer:
        return f"{rule.said}, idle slots besides the updates that the counts say"
    if set(did.counted) == set(did.sent):
        return "updates as counted"
    return f"updates of {', '.join(did.counted)} as counted, else {rule.said}"


def counted_line(did: ChipActivity) -> str:
    """What counts that say their updates change of a rule that was told; "" of others."""
    return f"{_rule(did)}." if did.counted else ""


def events_line(did: ChipActivity, meets: str = "") -> str:
    """How spikes become events at cores."""
    ways = list(dict.fromkeys(each.way for each in did.arrivals))
    at = f", one {' or '.join(ways)} for each spike" if ways else ""
    return f"{did.events:,.0f} events{at}{meets if did.events else ''}."


def _row(did: ChipActivity) -> float:
    """Operations of an event, on average."""
    return did.operations / did.events if did.events else 0.0


def time_line(card: Card, did: ChipActivity, counts: Counts, predicted: Sequence[Term]) -> str:
    """Where the time of an inference comes from."""
    if counts.time_s is not None:
        seconds = predicted_s(card, predicted)
        return f"time as measured; the card would have predicted {seconds:.3g} s."
    timing = timing_in(card.about)
    if timing.counts_cycles:
        return "The core that is busiest over all steps is taken to be so in each."
    said = timing.said
    if PER_INPUT_CORE in card.values:
        cores = f"{did.input_cores:,} core{'' if did.input_cores == 1 else 's'}"
        held = card.limit("barrier_input_cores") or 0
        said += f"; {cores} for the input, barrier_time_s is that of {held:,}"
        if did.input_cores > held:
            said += ", and more of them are extrapolated in a straight line, without a bound"
    if isinstance(timing, Tick) and not set(WORK_TIMES) & set(card.values):
        said += "; the card has no time of work, so that it is not checked whether it fits"
    return f"{said}."


def predicted_s(card: Card, terms: Iterable[Term]) -> float:
    """s, the sum of terms by the median values of a card."""
    total = 0.0
    for term in terms:
        product = term.count
        for key, power in term.powers:
            product *= card[key].value ** power
        total += product
    return total


def _excluded(card: Card) -> str:
    """What the card excludes, and what it has no value for."""
    may_say = LEFT_OUT | (OF_A_BARRIER if isinstance(timing_in(card.about), Barrier) else {})
    missing = [what for what, keys in may_say.items() if not set(keys) & set(card.values)]
    said = [card.excludes] if card.excludes else []
    if missing:
        said.append(f"without a value: {', '.join(missing)}")
    return "; ".join([*said, NEVER])
