"""The counts of a trace: what is left of it without connections, windows and samples."""

from __future__ import annotations

from ...errors import warn
from ..network.neurons import RESETS, Zero
from ..trace.guard import check_trace
from ..trace.trace import Trace
from .counts import Counts, LayerCounts


def counts_of(trace: Trace) -> Counts:
    """What happened in one inference of a trace, mean over the samples.

    Sums are those of the trace: of a population its spikes, and the operations on all synapses of
    its outgoing connections, of weight 0 too. Its fan-out is outgoing synapses / neurons, or what
    its spikes met where that is more (silent borders of an image have fewer synapses).

    Neurons that integrate their pixels are a layer as any; events of an encoder come from outside
    (`is_input`). Values that a host multiplies (an analog first layer) are no spikes: they and
    their synapses are left out, with a warning, and the counts begin with the neurons after them.

    Updates are known where a population is visited within a window only; else each neuron is at
    each step, which is what counts mean that do not say.

    Parameters
    ----------
    trace : Trace

    Returns
    -------
    Counts

    Raises
    ------
    SpikewattError
        A trace that was put together by hand, and breaks a law.

    Examples
    --------
    >>> from spikewatt.sim.engines.simulate import simulate
    >>> from spikewatt.sim.network.connection import Connection
    >>> from spikewatt.sim.network.population import Population
    >>> from spikewatt.sim.network.spiking_network import SpikingNetwork
    >>> pixels = Population("input", (2,), "input", threshold=255, bias=0, initial_potential=127)
    >>> classes = Population("output", (2,), "readout", threshold=1, bias=0, initial_potential=0)
    >>> arrow = Connection("input", "output", "dense", [[1, 0], [0, 1]])
    >>> network = SpikingNetwork([pixels, classes], [arrow], "rate", 1 / 255, 1.0, 8)
    >>> counts = counts_of(simulate(network, [[0.25, 1.0]], engine="reference", steps=8))
    >>> counts.steps, counts.spikes, counts.synaptic_operations
    (8, 10.0, 20.0)
    """
    settings = check_trace("counts_of", trace).settings
    left_out = _multiplied_elsewhere(trace)
    if left_out:
        law = "leaves out values that are no spikes, and what multiplies them"
        warn("counts_of", law, ", ".join(left_out), "say so beside each price of these counts")
    zeroes = any(RESETS[name] == Zero() for name in settings.resets)
    return Counts(
        [_layer(trace, name) for name in trace.neurons if name not in left_out],
        steps=trace.steps,
        reset="zero" if zeroes else "subtract",
    )


def _multiplied_elsewhere(trace: Trace) -> list[str]:
    """Inputs whose values a host multiplies."""
    if not trace.settings.input_code.analog:
        return []
    fed = {layer.post for layer in trace.layers}
    return [name for name in trace.neurons if name not in fed]


def _layer(trace: Trace, population: str) -> LayerCounts:
    """One population, with all that it feeds."""
    neurons = trace.neurons[population]
    outgoing = [layer for layer in trace.layers if layer.pre == population]
    spikes = trace.mean_spikes(population) if population in trace.spikes else 0.0
    operations = sum(trace.mean_operations(layer.name) for layer in outgoing)

    fan_out = sum(layer.synapses for layer in outgoing) / neurons
    if spikes:
        fan_out = max(fan_out, operations / spikes)

    input_code = trace.settings.input_code
    is_fed = any(layer.post == population for layer in trace.layers)
    from_outside = not is_fed and input_code.encoded

    visited = trace.settings.active_steps(population)
    knows_updates = not from_outside and visited < trace.steps
    return LayerCounts(
        population,
        neurons,
        fan_out,
        spikes,
        operations,
        is_input=from_outside,
        active_updates=spikes if knows_updates else None,
        idle_updates=neurons * visited - spikes if knows_updates else None,
        parameters=sum(layer.parameters for layer in outgoing) or None,
    )
