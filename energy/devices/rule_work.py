"""What a rule of the literature counts in a trace, or in counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...sim.counts.counts import Counts
from ...sim.engines.counts import LEDGERS
from ...sim.trace.trace import Trace


@dataclass(frozen=True)
class RuleLayer:
    """Synapses that lead from one population to the next.

    Parameters
    ----------
    pre, post : str
    operations : mapping of float
        Ledger -> synaptic operations of the spiking network.
    host_macs : float
        Multiply-accumulates that a host does in their place.
    macs : float
        Those of the int8 network; 0 of a layer that multiplies nothing.
    """

    pre: str
    post: str
    operations: Mapping[str, float]
    host_macs: float
    macs: float


@dataclass(frozen=True)
class RuleWork:
    """Layers, neuron updates and spikes that rules price.

    Parameters
    ----------
    layers : tuple of RuleLayer
    updates : dict of float
        Population -> neuron updates, of those that are no input.
    spikes : dict of float
        Population -> spikes, of those that are no input and fire.
    steps : int
    """

    layers: tuple[RuleLayer, ...]
    updates: dict[str, float]
    spikes: dict[str, float]
    steps: int

    def between_first_and_last(self) -> tuple[RuleLayer, ...]:
        """Layers between populations that are fed and feed others."""
        fed = {layer.post for layer in self.layers}
        heard = {layer.pre for layer in self.layers}
        between = fed & heard
        return tuple(each for each in self.layers if {each.pre, each.post} <= between)


def of_trace(trace: Trace) -> RuleWork:
    """Connections, and the populations that they feed, each updated at each step."""
    fed = dict.fromkeys(layer.post for layer in trace.layers)
    layers = [
        RuleLayer(
            layer.pre,
            layer.post,
            {name: trace.mean_operations(layer.name, name) for name in trace.synaptic_operations},
            layer.host_macs,
            layer.macs if layer.kind.multiplies else 0,
        )
        for layer in trace.layers
    ]
    return RuleWork(
        tuple(layers),
        {name: trace.neurons[name] * trace.steps for name in fed},
        {name: trace.mean_spikes(name) for name in fed if name in trace.spikes},
        trace.steps,
    )


def of_counts(counts: Counts) -> RuleWork:
    """Layers with synapses, and all neurons that are no input.

    Counts have one ledger, which stands for each that a rule may ask for.
    """
    own = [layer for layer in counts.layers if not layer.is_input]
    layers = []
    for layer in counts.layers:
        if layer.fan_out:
            fed = counts.fed_by(layer)
            operations = {ledger: layer.synaptic_operations for ledger in LEDGERS}
            post = "after " + layer.name if fed is None else fed.name
            macs = layer.neurons * layer.fan_out
            layers.append(RuleLayer(layer.name, post, operations, 0, macs))
    return RuleWork(
        tuple(layers),
        {layer.name: counts.updates_of(layer) for layer in own},
        {layer.name: layer.spikes for layer in own},
        counts.steps,
    )
