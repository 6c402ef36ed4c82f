"""A system: a host microcontroller beside neuromorphic cores.

The host makes and writes the input, computes an analog first layer, sleeps while the cores run,
and reads the result. What it does on its own, as any microcontroller, keeps its price; what only
the pair has is the port between them (card ``host_port``), the cores that wait for it, and the
converter of their supply, since the energy of a host is that at its supply pin.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from ...errors import DoesNotFitError, SpikewattError
from ...sim.trace.trace import Trace
from ..bill import BillWriter, Term, powers_of
from ..cards.card import Card, Quantity
from ..cards.load import load_card
from . import microcontroller, neuromorphic_core
from .core.activity import Activity, activity, sources
from .core.mapping import Mapping
from .software_limits import why_not
from .software_work import analog_work, host_need, update_work

PREFIX = "host."
PORT = "port."
PORT_CARD = "host_port"
PAID_BY_HOST = frozenset(
    {f"{PREFIX}energy_per_cycle_j", f"{PREFIX}sleep_power_w", f"{PORT}energy_per_bit_j"}
)


def check_host(card: Card, where: str = "price.host") -> None:
    """Raise SpikewattError if `card` is no microcontroller."""
    if not card.kind.runs_kernels:
        raise SpikewattError(where, "must be a microcontroller", f"{card.name} is a {card.kind}")


def values_beside(host: Card) -> dict[str, Quantity]:
    """The values that a system has beside those of its core; their keys begin with the part."""
    port = _port()
    of_the_host = {PREFIX + key: quantity for key, quantity in host.values.items()}
    of_the_port = {PORT + key: quantity for key, quantity in port.values.items()}
    return of_the_host | of_the_port


def paid_by_host(term: Term) -> bool:
    """Whether an energy is drawn from the supply of the host, not from that of the cores."""
    return any(key in PAID_BY_HOST for key, _ in term.powers)


def write(writer: BillWriter, trace: Trace, core: Card, host: Card, mapping: Mapping) -> list[str]:
    """Charge the spiking network on `core` and what `host` does for it.

    Parameters
    ----------
    writer : BillWriter
    trace : Trace
    core, host : Card
    mapping : Mapping
        The trace on the cores.

    Returns
    -------
    list of str
        The assumptions.

    Raises
    ------
    SpikewattError
        The host is no microcontroller.
    DoesNotFitError
        What the host computes does not fit into it.
    """
    check_host(host)
    if fault := why_not(host_need(trace), host):
        raise DoesNotFitError(f"host {host.name!r}", "its part of the network fits", fault)

    cores = len(mapping.cores)
    lines = neuromorphic_core.write(writer, trace, core, mapping, hosted=True)
    writer.per_second("snn", "host asleep", 1, f"{PREFIX}sleep_power_w")

    awake = len(writer.terms)
    did = activity(trace, core, mapping)
    _write_port(writer, trace, did)
    # Their clock runs while the port is used, and stands still while the host is busy otherwise.
    neuromorphic_core.write_waiting(writer, cores, awake)

    _write_encoder(writer, trace)
    _write_analog_layers(writer, trace)
    _write_waking(writer, trace)
    # The cores leak while the host is awake, too.
    neuromorphic_core.write_leakage(writer, core, mapping, awake)
    _write_regulator_loss(writer, "regulator loss")
    return [*lines, *_lines(trace, host, did)]


def write_idle(writer: BillWriter, core: Card, mapping: Mapping, period_s: float) -> None:
    """Charge cores that leak and a host that sleeps between inferences, and its next waking."""
    since = len(writer.terms)
    neuromorphic_core.write_idle(writer, core, mapping, period_s)
    _write_regulator_loss(writer, "between inferences", since)
    microcontroller.write_idle(writer, "snn", period_s, PREFIX)


def _write_port(writer: BillWriter, trace: Trace, did: Activity) -> None:
    """Values and results that pass the port: cycles of the host, its driver, and the wires."""
    _compute(writer, "all", "host input", did.inputs, "cycles_per_event_output")
    _compute(writer, "all", "host read-out", did.results, "cycles_per_result_read")

    bursts = 1 + _bursts_of_input(trace)
    running = (f"{PREFIX}energy_per_cycle_j", f"{PREFIX}active_power_factor")
    set_up = f"{PORT}cycles_per_transfer"
    writer.charge("snn", "all", "host driver", bursts, set_up, *running)
    writer.cycles("snn", "all", "host driver", bursts, set_up, clock=f"{PREFIX}clock_hz")

    biases = trace.settings.input_code.analog
    potentials = did.results + (did.inputs if biases else 0)
    values = 0 if biases else did.inputs
    for count, width in ((values, "bits_per_value"), (potentials, "bits_per_potential")):
        if count:
            writer.charge("snn", "all", "host port", count, PORT + width, f"{PORT}energy_per_bit_j")


def _write_encoder(writer: BillWriter, trace: Trace) -> None:
    """Events of an input that is encoded are made as they are in software."""
    if not trace.settings.input_code.encoded:
        return
    for population in sources(trace):
        for key, count in update_work(trace, population).items():
            _compute(writer, population, "host encoder", count, key)


def _write_analog_layers(writer: BillWriter, trace: Trace) -> None:
    """Charge the host for the layers that it multiplies, and their outputs."""
    for layer in trace.layers:
        if layer.host_macs:
            done = {**analog_work(layer), "cycles_per_output": layer.post_neurons}
            for key, count in done.items():
                _compute(writer, layer.post, "host analog layer", count, key)


def _write_waking(writer: BillWriter, trace: Trace) -> None:
    """Woken when the result is there, and before each burst of events but the first."""
    wakings = _bursts_of_input(trace)
    microcontroller.wake(writer, "snn", "host waking", PREFIX, wakings)
    writer.seconds("snn", "all", "host waking", wakings, f"{PREFIX}wake_time_s")


def _write_regulator_loss(writer: BillWriter, component: str, since: int = 0) -> None:
    """What the converter of the cores' supply loses: (1/η − 1) of all that the cores use."""
    used = [t for t in writer.terms[since:] if t.what == "energy_j" and not paid_by_host(t)]
    for term in used:
        row = replace(term, layer="all", component=component)
        drawn = powers_of(term.powers, "/regulator_efficiency")
        writer.terms += [replace(row, powers=drawn), replace(row, count=-term.count)]


def _bursts_of_input(trace: Trace) -> int:
    """Transfers of input: one of all pixels or biases, or one of events at each step."""
    return trace.steps if trace.settings.input_code.encoded else 1


@cache
def _port() -> Card:
    """Its card, read once."""
    return load_card(PORT_CARD)


def _compute(writer: BillWriter, layer: str, component: str, count: float, key: str) -> None:
    microcontroller.compute(writer, "snn", layer, component, count, key, PREFIX)


def _lines(trace: Trace, host: Card, did: Activity) -> list[str]:
    """The assumptions: what the host does when, and what is charged for the pair."""
    port = _port()
    how = "asleep while the cores run, woken for the result."
    if trace.settings.input_code.encoded:
        how = (
            "makes the events (a neuron update per input and step) and writes them at each step, "
            "for which it is woken; asleep otherwise."
        )
    pj_per_bit = port["energy_per_bit_j"].value * 1e12
    return [
        f"host {host.title}: writes {did.inputs:,.0f} values, reads {did.results:,.0f}; {how}",
        f"between them a port, {pj_per_bit:.0f} pJ a bit, assumed; the cores' clock runs while it "
        "is used, and they leak all the time. Included, unlike for cores alone: the loss of the "
        "converter of the cores' supply, as the host's energy is that at its supply pin.",
    ]
