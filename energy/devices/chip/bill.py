"""Energy and time of a spiking network on a chip whose steps no clock counts.

Of one inference of S steps on n cores of c chips:

    E = E_sop · operations + E_event · events
        + E_update · idle updates + E_active · active updates + E_spike · spikes
        + S (c E_barrier + n E_barrier per core)
        + (n P_leak + c P_chip + c P_companion) · T

    T = S t_step                                                 (timing: tick)
    T = W + S (t_barrier + t_barrier per input core · (k - k_0)) (timing: barrier)

W is the work of the busiest core, operations, events, updates and spikes times their times where
the card has them, k the number of cores that hear the input, and k_0 the limit barrier_input_cores
of the card, so many being those that its barrier time was measured with. Where counts say how long
an inference took, T is that. A card that has no E_event, E_active, hop or companion leaves it out,
and the assumptions name it; operations, updates, spikes and barriers that counts hold need a price,
be it 0.
"""

from __future__ import annotations

from ....errors import DoesNotFitError, SpikewattError
from ....sim.counts.counts import Counts
from ...bill import BillWriter
from ...cards.card import Card
from ...cards.neuromorphic.timing import Tick, timing_in
from ...cores.area import footprint_of
from ..core.power import write_draws
from ..core.power import write_idle as write_idle_power
from ..core.updates import EVENT, SPIKE, write_updates
from .activity import ChipActivity, CoreWork, chip_activity
from .measured import take_measured_time
from .placing import Placed
from .said import PER_INPUT_CORE, lines

SNN = "snn"
OPERATION, UPDATE = "energy_per_sop_j", "energy_per_neuron_update_j"
HOP = "energy_per_routed_event_j"
WHERE_INCLUDED = "write it with value 0, if another value includes it, and say in its source which"
# Component -> the time of one, and which count of the busiest core it is of.
WORK = {
    "synaptic operations": ("time_per_sop_s", "operations"),
    "events": ("time_per_event_s", "events"),
    "neuron updates": ("time_per_neuron_update_s", "updates"),
    "output spikes": ("time_per_spike_s", "spikes"),
}


def write(writer: BillWriter, counts: Counts, card: Card, placed: Placed) -> list[str]:
    """Charge counts, placed as `placed`, to `writer`.

    Parameters
    ----------
    writer : BillWriter
    counts : Counts
    card : Card
        Whose timing counts no cycles.
    placed : Placed
        The counts on its cores.

    Returns
    -------
    list of str
        The assumptions.

    Raises
    ------
    SpikewattError
        The card has no price for what the counts hold.
    DoesNotFitError
        The work of a step does not fit its tick.
    """
    did = chip_activity(counts, card, placed)
    _check_prices(did, card)
    writer.footprints[SNN] = footprint_of(card, placed.cores)
    _write_events(writer, did, card)
    for layer, updates in did.updates_of.items():
        write_updates(writer, layer, updates, card)
    _write_spikes(writer, did, card)
    _write_barrier_energy(writer, did, card, placed)

    if isinstance(timing_in(card.about), Tick):
        if counts.time_s is None:
            _check_tick(did, card)
        writer.seconds(SNN, "all", "steps", did.steps, "step_time_s")
    else:
        _write_work(writer, busiest(did, card), card)
        _write_barrier_time(writer, did, card)
    predicted = take_measured_time(writer, counts.time_s)
    write_draws(writer, card, placed.cores, placed.chips)
    return lines(counts, card, placed, did, predicted)


def write_idle(writer: BillWriter, card: Card, placed: Placed, period_s: float) -> None:
    """Charge what the chips draw between inferences; the processors beside them sleep."""
    write_idle_power(writer, card, placed.cores, placed.chips, period_s)


def busiest(did: ChipActivity, card: Card) -> CoreWork:
    """The work of the core that is done last, by the median times of the card."""
    return max(did.work, key=lambda work: time_of(work, card))


def time_of(work: CoreWork, card: Card) -> float:
    """s that a core takes for its work in one inference; 0 where the card has no such times."""
    return sum(
        getattr(work, count) * card.values[key].value
        for key, count in WORK.values()
        if key in card.values
    )


def _check_prices(did: ChipActivity, card: Card) -> None:
    """Raise where the counts hold what the card must price, and does not."""
    timing = timing_in(card.about)
    needed = [(OPERATION,), (UPDATE,), *timing.needs_a_price]
    needed += [(key,) for key in timing.needs if "time" in key]
    for keys in needed:
        count, what = _held(did, keys[0])
        if not count or set(keys) & set(card.values):
            continue
        named = " or ".join(repr(key) for key in keys)
        law = f"must price {named}: the counts have {count:,.6g} {what}"
        hint = WHERE_INCLUDED if keys in timing.needs_a_price else None
        raise SpikewattError(f"card {card.name!r}", law, "no such value", hint=hint)


def _held(did: ChipActivity, key: str) -> tuple[float, str]:
    """How many the counts have of what a value is the price of, and what that is."""
    held = {
        OPERATION: (did.operations, "synaptic operations"),
        UPDATE: (did.updates.number, "neuron updates"),
        SPIKE: (sum(did.sent.values()), "spikes that neurons of the chip send"),
    }
    return held.get(key, (did.steps, "steps"))


def _write_events(writer: BillWriter, did: ChipActivity, card: Card) -> None:
    """Operations where they are done, and the events that bring them."""
    for each in did.arrivals:
        layer = each.post.name
        row = (SNN, layer, "synaptic operations")
        writer.charge(*row, each.operations, OPERATION, by_spikes=True)
        if EVENT in card.values:
            writer.charge(SNN, layer, "events", each.events, EVENT, by_spikes=True)
        if HOP in card.values and not each.from_input:
            writer.charge(SNN, layer, "routing", each.travelling, HOP, by_spikes=True)


def _write_spikes(writer: BillWriter, did: ChipActivity, card: Card) -> None:
    """Spikes that the neurons of the chip send."""
    if SPIKE in card.values:
        for layer, spikes in did.sent.items():
            writer.charge(SNN, layer, "output spikes", spikes, SPIKE, by_spikes=True)


def _write_barrier_energy(
    writer: BillWriter, did: ChipActivity, card: Card, placed: Placed
) -> None:
    """What each step costs on each chip and core, whatever happens in it."""
    each = {"barrier_energy_j": placed.chips, "barrier_energy_per_core_j": placed.cores}
    for key, number in each.items():
        if key in card.values:
            writer.charge(SNN, "all", "barrier", did.steps * number, key)


def _write_work(writer: BillWriter, work: CoreWork, card: Card) -> None:
    """Time of the busiest core."""
    for component, (key, count) in WORK.items():
        if key in card.values:
            writer.seconds(SNN, "all", component, getattr(work, count), key)


def _write_barrier_time(writer: BillWriter, did: ChipActivity, card: Card) -> None:
    """The end of each step, and what the cores that hear the input add to it."""
    row = (SNN, "all", "barrier")
    writer.seconds(*row, did.steps, "barrier_time_s")
    if PER_INPUT_CORE not in card.values:
        return
    beyond = did.input_cores - (card.limit("barrier_input_cores") or 0)  # fewer: it is shorter
    least_s = card["barrier_time_s"].low + beyond * card[PER_INPUT_CORE].high
    if beyond < 0 and least_s < 0:
        law = f"{PER_INPUT_CORE} leaves time for a step with {did.input_cores} input cores"
        found = f"{least_s:.3g} s at the ends of the ranges"
        raise SpikewattError(f"card {card.name!r}", law, found, ">= 0 s")
    writer.seconds(*row, did.steps * beyond, PER_INPUT_CORE)


def _check_tick(did: ChipActivity, card: Card) -> None:
    """Raise where the busiest core is not done within a tick, on average."""
    needed_s = time_of(busiest(did, card), card) / did.steps
    there_s = card["step_time_s"].value
    if needed_s > there_s:
        law = "the work of a step fits into its tick (step_time_s)"
        found = f"{needed_s:.3g} s at the busiest core, on average"
        raise DoesNotFitError(f"device {card.name!r}", law, found, f"<= {there_s:.3g} s")
