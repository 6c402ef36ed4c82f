"""What a price of counts takes for granted, in lines to print with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ....sim.counts.counts import Counts
from ...bill import Term
from ...cards.card import Card
from ...cards.neuromorphic.keys import WORK_TIMES
from ...cards.neuromorphic.timing import Tick, timing_in
from .activity import ChipActivity
from .placing import Placed

# What a card need not say: the values, and what is then not charged.
LEFT_OUT = {
    "events beside their operations": ("energy_per_event_j",),
    "spikes that are sent": ("energy_per_spike_j",),
    "hops between cores": ("energy_per_routed_event_j",),
    "active updates apart from idle ones": ("energy_per_active_update_j",),
    "a barrier's energy": ("barrier_energy_j", "barrier_energy_per_core_j"),
    "processors beside the cores": ("companion_power_w",),
}
PER_INPUT_CORE = "barrier_time_per_input_core_s"
NEVER = "loading of weights, reset of the state, input and read-out"


def lines(
    counts: Counts, card: Card, placed: Placed, did: ChipActivity, predicted: Sequence[Term]
) -> list[str]:
    """The assumptions of a chip: cores, rows, updates, time, and what is left out."""
    sharing = "layers share cores" if card.limit("layers_share_cores") else "each layer begins one"
    sweeps = events_line(card, did)
    time = time_line(card, did, counts, predicted)
    caution = [f"{card.about['caution']}."] if "caution" in card.about else []
    return [
        f"{card.title}; {placed.describe()} ({sharing}); {did.updates.rule.said}: "
        f"{did.updates.number:,.0f} updates in {did.steps} steps, {did.updates.active:,.0f} of "
        f"neurons that fire.",
        " ".join([sweeps, time, *caution]),
        f"included: {card.includes}. Not included: {_excluded(card)}.",
    ]


def events_line(card: Card, did: ChipActivity) -> str:
    """How spikes become events at cores."""
    row = did.operations / did.events if did.events else 0.0
    meets = f"its row of synapses, {row:,.4g} on average"
    if not card.limits["zero_skipping"]:
        meets = f"all {card.limits['neurons_per_core']:,} neurons that it has room for"
    return (
        "a spike is an event at each core of the next layer, or at as few as hold its fan-out, "
        f"or as its row length says: {did.events:,.0f} events, each of which meets {meets}."
    )


def time_line(card: Card, did: ChipActivity, counts: Counts, predicted: Sequence[Term]) -> str:
    """Where the time of an inference comes from."""
    if counts.time_s is not None:
        seconds = predicted_s(card, predicted)
        return f"time as it was measured; the card would have predicted {seconds:.3g} s."
    timing = timing_in(card.about)
    if timing.counts_cycles:
        return "The core that is busiest over all steps is taken to be so in each."
    cores = f"{did.input_cores:,} core{'s' if did.input_cores > 1 else ''}"
    return f"{timing.said}; the input is heard by {cores}.{_doubts(card, did)}"


def _doubts(card: Card, did: ChipActivity) -> str:
    """What nobody checks of a predicted time."""
    if isinstance(timing_in(card.about), Tick) and not set(WORK_TIMES) & set(card.values):
        return (
            " The card has no time of an event, operation or update: it is not checked whether the "
            "busiest core is done within its step."
        )
    known = card.limit("barrier_input_cores") or 0
    if PER_INPUT_CORE in card.values and did.input_cores > known:
        return (
            f" Its time was measured with {known:,} such cores: what {did.input_cores:,} take is "
            "extrapolated in a straight line, without a bound."
        )
    return ""


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
    missing = [what for what, keys in LEFT_OUT.items() if not set(keys) & set(card.values)]
    said = [card.excludes] if card.excludes else []
    if missing:
        said.append(f"what the card has no value for ({', '.join(missing)})")
    return "; ".join([*said, NEVER])
