"""Counts on a Cortex-M: the spiking network in software, and the int8 network of the same layers.

Counts have no connections. A layer feeds the next one that is no input: by rows of weights where
its fan-out equals the neurons there, by indexed targets otherwise.

    spiking: synapses = operations;  spikes;  updates = neurons · steps, where none were counted;
             gathers = neurons fed · steps
    int8:    multiply-accumulates = neurons · fan-out;  outputs = neurons fed
    flash:   neurons · fan-out bytes, where no parameters were counted
"""

from __future__ import annotations

from ...errors import DoesNotFitError
from ...sim.counts.counts import Counts, LayerCounts
from ...sim.network.connection_kinds import CONNECTION_KINDS
from ..bill import BillWriter
from ..cards.card import Card
from ..kernels.law import CONV, DENSE, Int8Layer
from ..kernels.versions import named
from ..layer_tables.memory import flash_bytes
from .microcontroller import both_workloads, lines_of, what_fits, write_int8, write_work
from .software_limits import SoftwareNeed
from .software_work import CODE_BYTES, POTENTIAL_BYTES, STACK_BYTES, PricedBy, priced_by

Pair = tuple[LayerCounts, LayerCounts]  # a layer with synapses, and the layer that it feeds


def write(writer: BillWriter, counts: Counts, card: Card) -> list[str]:
    """Charge both workloads, as far as they fit, to `writer`.

    Parameters
    ----------
    writer : BillWriter
    counts : Counts
    card : Card
        Of a microcontroller.

    Returns
    -------
    list of str
        The assumptions.

    Raises
    ------
    DoesNotFitError
        Neither workload fits, or the last layer has synapses to neurons that are not among the
        layers.
    """
    pairs = _pairs(counts, card)
    layers = [_int8_layer(pre, post) for pre, post in pairs]
    fitting, misfits = what_fits(writer, _needs(counts, pairs, layers), card)

    if "snn" in fitting:
        _write_spiking(writer, counts, pairs)
    if "int8_ann" in fitting:
        write_int8(writer, layers, named(card.about["library"]))

    first = [both_workloads(card), *_about(counts, pairs), *misfits]
    return lines_of(first, card, list(fitting.values()))


def _pairs(counts: Counts, card: Card) -> list[Pair]:
    """The layers that have synapses, each with what it feeds."""
    pairs = []
    for layer in counts.layers:
        fed = counts.fed_by(layer)
        if layer.fan_out and fed is None:
            raise DoesNotFitError(
                f"device {card.name!r}",
                "the synapses of the last layer lead to a layer of the counts",
                f"a fan-out of {layer.fan_out:g} after {layer.name!r}, and no layer",
                hint="add the layer that it feeds; one that feeds itself has no int8 network here, "
                "and is priced on a neuromorphic core",
            )
        if layer.fan_out and fed is not None:
            pairs.append((layer, fed))
    return pairs


def _is_dense(pre: LayerCounts, post: LayerCounts) -> bool:
    """Whether a spike reaches each neuron that is fed."""
    return pre.fan_out == post.neurons


def _priced_by(pre: LayerCounts, post: LayerCounts) -> PricedBy:
    """Card values of a row of weights, or of indexed targets."""
    kind = "dense" if _is_dense(pre, post) else "conv2d"
    return priced_by(CONNECTION_KINDS[kind])


# Int8


def _int8_layer(pre: LayerCounts, post: LayerCounts) -> Int8Layer:
    """The layer of an int8 network that has these synapses."""
    operator = DENSE if _is_dense(pre, post) else CONV
    synapses = round(pre.neurons * pre.fan_out)
    stored = pre.parameters
    return Int8Layer(
        name=post.name,
        kind=operator.name,
        macs=synapses,
        outputs=post.neurons,
        elements=0,
        weights=synapses if stored is None else stored,
        biases=post.neurons if stored is None else 0,
        input_elements=pre.neurons,
        output_elements=post.neurons,
    )


def _needs(counts: Counts, pairs: list[Pair], layers: list[Int8Layer]) -> dict[str, SoftwareNeed]:
    """Workload -> flash and RAM, code and stack included; without synapses no int8 network."""
    flash = flash_bytes(layers) + CODE_BYTES
    potentials = sum(each.neurons for each in counts.layers if not each.is_input) * POTENTIAL_BYTES
    needs = {"snn": SoftwareNeed(flash, potentials + STACK_BYTES)}
    if pairs:
        activations = max(pre.neurons + post.neurons for pre, post in pairs)
        needs["int8_ann"] = SoftwareNeed(flash, activations + STACK_BYTES)
    return needs


# Spiking


def _write_spiking(writer: BillWriter, counts: Counts, pairs: list[Pair]) -> None:
    """Charge the neurons of all layers, then the synapses."""
    for layer in counts.layers:
        if not layer.is_input:
            updates = counts.updates_of(layer)
            done = {"cycles_per_neuron_update": updates, "cycles_per_step": counts.steps}
            write_work(writer, "snn", layer.name, done)

    for pre, post in pairs:
        priced = _priced_by(pre, post)
        done = {priced.synapse: pre.synaptic_operations, "cycles_per_spike": pre.spikes}
        if priced.gathers:
            done["cycles_per_neuron_gather"] = post.neurons * counts.steps
        write_work(writer, "snn", post.name, done)


# Assumptions


def _about(counts: Counts, pairs: list[Pair]) -> list[str]:
    """What is taken to hold, since counts do not say it."""
    rows = [pre.name for pre, post in pairs if _is_dense(pre, post)]
    indexed = [pre.name for pre, post in pairs if not _is_dense(pre, post)]
    ways = [f"a row of weights after {', '.join(rows)}"] if rows else []
    ways += [f"indexed targets after {', '.join(indexed)}"] if indexed else []
    lines = [f"each layer feeds the next: {'; '.join(ways)}." if ways else "no synapses."]
    if pairs:
        lines.append(
            "the int8 network has the same layers, its multiply-accumulates are neurons * fan-out; "
            "weights are int8, potentials int32."
        )
    unsaid = [pre.name for pre, _ in pairs if pre.parameters is None]
    if unsaid:
        after = f" after {', '.join(unsaid)}" if len(unsaid) < len(pairs) else ""
        lines.append(f"a weight is stored for each synapse{after}.")
    if counts.leaks:
        lines.append("potentials leak: the loops were counted without a leak.")
    if counts.spikes_per_step > 1:
        lines.append("several spikes of a neuron in one step are taken in one by one.")
    return lines + left_out(counts)


def left_out(counts: Counts) -> list[str]:
    """What happened in such a network and is not in its counts, or not this device's."""
    inputs = [layer.name for layer in counts.layers if layer.is_input]
    silent = [layer.name for layer in counts.layers if layer.is_input and not layer.spikes]
    lines = [f"making the spikes of {', '.join(inputs)} is not included."] if inputs else []
    if silent:
        lines.append(
            f"no spikes come from {', '.join(silent)}: values that are multiplied in their place "
            "are not included."
        )
    if counts.time_s is not None:
        lines.append("the time that was measured elsewhere is not taken.")
    return lines
