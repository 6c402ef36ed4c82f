"""Energy and time on a Cortex-M: the int8 network, and the spiking network in software.

Energy = cycles · energy per cycle · active power factor; time = cycles / clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import DoesNotFitError, SpikewattError
from ...sim.network.codes import Signed
from ...sim.trace.layer_summary import LayerSummary
from ...sim.trace.trace import Trace
from ...sim.zeros.given import GivenZeros
from ..bill import INT8, ZERO_SKIPPING, BillWriter
from ..cards.card import Card
from ..cards.software_loops import (
    CHECK,
    LISTED,
    NONZERO_MAC,
    POSITION,
    SUM,
    skipping_values,
)
from ..firmware.spiking.layers import KINDS as COUNTED_KINDS
from ..footprint import Footprint
from ..kernels.law import INFERENCE, LAYER, PRICED_BY, Int8Layer, layer_work
from ..kernels.versions import Library, named
from ..layer_tables.memory import arena_bytes, flash_bytes
from .sentences import in_a_row
from .software_limits import SoftwareNeed, why_not
from .software_work import (
    CODE_BYTES,
    STACK_BYTES,
    Counts,
    int8_work,
    software_needs,
    spiking_work,
    update_work,
)
from .zero_skipping import skipping_lines, skipping_need, skipping_work

COMPONENTS = {
    "cycles_per_mac_dense": "multiply-accumulates",
    "cycles_per_mac_conv": "multiply-accumulates",
    "cycles_per_output": "outputs",
    "cycles_per_pool_element": "pooling",
    "cycles_per_layer": "overhead",
    "cycles_per_inference": "overhead",
    NONZERO_MAC: "multiply-accumulates",
    CHECK: "zero checks",
    LISTED: "zero checks",
    SUM: "outputs",
    POSITION: "outputs",
    "cycles_per_synapse_dense": "synaptic operations",
    "cycles_per_synapse_sparse": "synaptic operations",
    "cycles_per_synapse_single": "synaptic operations",
    "cycles_per_spike": "spike handling",
    "cycles_per_neuron_update": "neuron updates",
    "cycles_per_neuron_gather": "neuron updates",
    "cycles_per_step": "step overhead",
}
GROW_WITH_SPIKES = ("synaptic operations", "spike handling")


def compute(
    writer: BillWriter,
    workload: str,
    layer: str,
    component: str,
    count: float,
    key: str,
    prefix: str = "",
) -> None:
    """Charge `count` times the cycles of the card value `key`.

    Parameters
    ----------
    writer : BillWriter
    workload, layer, component : str
        The row.
    count : float
        Events per inference.
    key : str
        Card value, cycles per event.
    prefix : str, default ""
        Names the card in a system.
    """
    row = (workload, layer, component)
    cycles = prefix + key
    grows = component in GROW_WITH_SPIKES
    writer.charge(
        *row,
        count,
        cycles,
        f"{prefix}energy_per_cycle_j",
        f"{prefix}active_power_factor",
        by_spikes=grows,
    )
    writer.cycles(
        *row,
        count,
        cycles,
        clock=f"{prefix}clock_hz",
        by_spikes=grows,
    )


def write(writer: BillWriter, trace: Trace, card: Card) -> list[str]:
    """Charge both workloads, as far as they fit, to `writer`.

    Parameters
    ----------
    writer : BillWriter
    trace : Trace
    card : Card

    Returns
    -------
    list of str
        The assumptions.

    Raises
    ------
    DoesNotFitError
        Neither workload fits.
    """
    fitting, misfits = what_fits(writer, software_needs(trace), card)
    if "snn" in fitting:
        _write_spiking(writer, trace)
    library = named(card.about["library"])
    if "int8_ann" in fitting:
        for layer in trace.layers:
            write_work(writer, "int8_ann", layer.post, int8_work(layer, library.prunes))
        write_work(writer, "int8_ann", "all", {INFERENCE: 1})

    first = [both_workloads(card)]
    first += uncounted(trace)
    first += _of_dead_channels(trace.layers, library)
    if trace.settings.input_code.encoded:
        first.append("an encoder is taken to cost a neuron update per input and step.")
    return lines_of([*first, *misfits], card, list(fitting.values()))


def write_zero_skipping(
    writer: BillWriter, trace: Trace, card: Card, zeros: GivenZeros
) -> list[str]:
    """Charge the int8 network that skips activations of zero, if it fits.

    Parameters
    ----------
    writer : BillWriter
    trace : Trace
    card : Card
    zeros : float, mapping or ActivationZeros
        Of its activations.

    Returns
    -------
    list of str
        The assumptions.

    Raises
    ------
    SpikewattError
        Zeros of another network.
    """
    need = skipping_need(software_needs(trace)[INT8], trace)
    if why := why_not(need, card):
        return [f"{ZERO_SKIPPING} does not fit: {why}."]

    values = skipping_values(card)
    writer.values |= values
    writer.footprints[ZERO_SKIPPING] = Footprint(need.memory_bytes)
    library = named(card.about["library"])
    for layer in trace.layers:
        write_work(writer, ZERO_SKIPPING, layer.post, skipping_work(layer, zeros, library.prunes))
    write_work(writer, ZERO_SKIPPING, "all", {INFERENCE: 1})
    return skipping_lines(trace, zeros, card, library)


def what_fits(
    writer: BillWriter, needs: Mapping[str, SoftwareNeed], card: Card
) -> tuple[dict[str, SoftwareNeed], list[str]]:
    """The workloads that fit, whose memory is written down, and a line for each other one.

    Raises
    ------
    DoesNotFitError
        None fits.
    """
    faults = {workload: why_not(need, card) for workload, need in needs.items()}
    if all(faults.values()):
        reasons = "; ".join(f"{workload}: {why}" for workload, why in faults.items())
        raise DoesNotFitError(f"device {card.name!r}", "the network fits", reasons)

    fitting = {workload: need for workload, need in needs.items() if not faults[workload]}
    for workload, need in fitting.items():
        writer.footprints[workload] = Footprint(need.memory_bytes)
    return fitting, [f"{workload} does not fit: {why}." for workload, why in faults.items() if why]


def both_workloads(card: Card) -> str:
    """Where the cycles of both come from."""
    return (
        f"{card.title}; int8 network by {named(card.about['library'])} cycle counts; "
        f"spiking network: {card['cycles_per_synapse_dense'].conditions}."
    )


def write_layers(writer: BillWriter, layers: Sequence[Int8Layer], card: Card) -> list[str]:
    """Charge an int8 network that is given as a layer table.

    Parameters
    ----------
    writer : BillWriter
    layers : sequence of Int8Layer
    card : Card

    Returns
    -------
    list of str
        The assumptions.

    Raises
    ------
    DoesNotFitError
        It needs more flash or RAM than there is.
    SpikewattError
        No layer of it costs anything.
    """
    free = [layer.name for layer in layers if not _computes(layer)]
    if len(free) == len(layers):
        raise SpikewattError(
            "layer table",
            "must have a layer that computes",
            ", ".join(free),
            "dense, convolution, add, pool …",
        )
    need = SoftwareNeed(flash_bytes(layers) + CODE_BYTES, arena_bytes(layers) + STACK_BYTES)
    if fault := why_not(need, card):
        raise DoesNotFitError(f"device {card.name!r}", "the network fits", fault)
    writer.footprints["int8_ann"] = Footprint(need.memory_bytes)

    library = named(card.about["library"])
    write_int8(writer, layers, library)
    nothing = f"; beyond its call counted as nothing: {', '.join(free)}" if free else ""
    first = [f"{card.title}; {library} cycle counts; every layer as in the table{nothing}."]
    first += _of_dead_channels(layers, library)
    return lines_of(first, card, [need])


def write_int8(writer: BillWriter, layers: Sequence[Int8Layer], library: Library) -> None:
    """Charge the layers of an int8 network, and that it is one."""
    for layer in layers:
        counts = layer_work(layer, library.prunes)
        done = {PRICED_BY[what]: count for what, count in counts.items() if count}
        write_work(writer, "int8_ann", layer.name, done)
    write_work(writer, "int8_ann", "all", {INFERENCE: 1})


def uncounted(trace: Trace) -> list[str]:
    """What is priced by the loops of others, since no loop of its own was executed and counted."""
    kinds = [str(layer.kind) for layer in trace.layers if not isinstance(layer.kind, COUNTED_KINDS)]
    code = [f"code {trace.settings.code}"] if isinstance(trace.settings.code, Signed) else []
    without = [*dict.fromkeys(kinds), *code]
    if not without:
        return []
    return [f"no loop was counted of {', '.join(without)}: taken to cost as other layers do."]


def _of_dead_channels(
    layers: Sequence[Int8Layer] | Sequence[LayerSummary], library: Library
) -> list[str]:
    """Whether dead channels are computed, where there are any."""
    macs, live = sum(layer.macs for layer in layers), sum(layer.live_macs or 0 for layer in layers)
    if live == macs:
        return []
    said = "are not computed" if library.prunes else "are computed"
    return [
        f"dead channels {said} by this library: {macs - live:,} of {macs:,} multiply-accumulates."
    ]


def _computes(layer: Int8Layer) -> bool:
    """Whether it multiplies or touches elements."""
    done = layer_work(layer)
    return any(count for what, count in done.items() if PRICED_BY[what] != LAYER)


def wake(
    writer: BillWriter, workload: str, component: str, prefix: str = "", times: int = 1
) -> None:
    """Charge waking from sleep: each time the power of computing, for the time that it takes."""
    running = (f"{prefix}clock_hz", f"{prefix}energy_per_cycle_j", f"{prefix}active_power_factor")
    writer.charge(workload, "all", component, times, f"{prefix}wake_time_s", *running)


def write_idle(writer: BillWriter, workload: str, period_s: float, prefix: str = "") -> None:
    """Charge what the microcontroller uses between inferences: asleep, and waking up once."""
    writer.over_period(workload, period_s, 1, f"{prefix}sleep_power_w")
    writer.per_second(workload, "between inferences", -1, f"{prefix}sleep_power_w")
    wake(writer, workload, "waking", prefix)


def _write_spiking(writer: BillWriter, trace: Trace) -> None:
    """Charge the spiking network: first the neurons of all populations, then the synapses."""
    for population in trace.neurons:
        write_work(writer, "snn", population, update_work(trace, population))
    for layer in trace.layers:
        write_work(writer, "snn", layer.post, spiking_work(trace, layer))


def write_work(writer: BillWriter, workload: str, layer: str, counts: Counts) -> None:
    """Charge events per inference, by the card value of each."""
    for key, count in counts.items():
        compute(writer, workload, layer, COMPONENTS[key], count, key)


def lines_of(first: Sequence[str], card: Card, needs: Sequence[SoftwareNeed]) -> list[str]:
    """The assumptions: what is computed in how much memory, how sure, what is included."""
    flash = max(need.flash_bytes for need in needs)
    ram = max(need.ram_bytes for need in needs)
    memory = (
        f"{flash / 1024:.0f} KiB of flash ({CODE_BYTES // 1024} of code assumed) and "
        f"{ram / 1024:.0f} KiB of RAM ({STACK_BYTES // 1024} of stack assumed) needed."
    )
    sure = [f"int8 cycle counts: {card['cycles_per_mac_conv'].source}."]
    if "caution" in card.about:
        sure.append(f"{card.about['caution']}.")
    return [
        in_a_row([*first, memory]),
        in_a_row(sure),
        f"included: {card.includes}. Not included: {card.excludes}.",
    ]
