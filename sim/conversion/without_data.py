"""What a Keras network asks of a device, without data: layers, neurons and widths, no thresholds.

Layers, sizes and signs of weights are those of `convert`; thresholds are not known, since they
come from activations. So the width of a potential is a bound. With S the most that all inputs of a
neuron add in an inference, and threshold and bias each at most S (a threshold above it never
fires), a potential stays within 3 S.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..engines.schedule import Schedule, schedule
from ..engines.state_width import most_sent
from ..network.connection import Connection
from ..network.spiking_network import SpikingNetwork
from ..trace.blueprint import NetworkPlan
from .clips import firing_nodes
from .integers.quantise import quantise
from .options import ConversionOptions
from .reading.reader import read

ANY_CLIP = 1.0
ANY_SAMPLE = 1.0  # of an encoder, which takes the value of its events from the inputs
PARTS = 3  # inputs, threshold and bias


@dataclass(frozen=True)
class Simulated:
    """How a network that has not run would be run.

    Parameters
    ----------
    steps : int, optional
        Simulated steps of a streaming code; by default the engines' own.
    trained : bool, default True
        Whether the weights are those that will run. Else S takes each as large as it can be.
    """

    steps: int | None = None
    trained: bool = True


def plan_without_data(
    model, options: ConversionOptions, simulated: Simulated = Simulated()
) -> NetworkPlan:
    """The blueprint of what `convert` would make of a Keras model.

    Parameters
    ----------
    model : Keras model
        Built; its weights may be those that it began with.
    options : ConversionOptions
        Codes and widths.
    simulated : Simulated
        Steps, and whether the model is trained.

    Raises
    ------
    SpikewattError
        An unsupported layer or option, as of `convert`.
    """
    graph = read(model, options.reading_rules)
    options.check_layers([node.name for node in graph.nodes])
    clips = {node.name: ANY_CLIP for node in firing_nodes(graph, options)}
    samples = [np.full((1, *tensor.shape[1:]), ANY_SAMPLE, np.float32) for tensor in graph.inputs]
    network = quantise(graph, clips, options, samples)

    state_bits = bound_of_state(network, schedule(network, simulated.steps), simulated.trained)
    return replace(NetworkPlan.of(network, state_bits=state_bits), bounded=True)


def bound_of_state(network: SpikingNetwork, plan: Schedule, trained: bool) -> int:
    """Width of a signed potential that suffices, whatever the thresholds are.

    Parameters
    ----------
    network : SpikingNetwork
        Of any thresholds.
    plan : Schedule
        Of a run.
    trained : bool
        Whether its weights are those that will run.
    """
    widest = 2 ** (network.weight_bits - 1) - 1

    def row(c: Connection) -> int:
        if trained or c.weights is None:
            return c.largest_row()
        pre = network.population(c.pre)
        inputs = min(c.taps(pre.shape) * c.summed, pre.size)
        return max(c.largest_row(), inputs * widest)

    added = [
        sum(row(c) * most_sent(network, plan, c) for c in network.incoming(p.name))
        for p in network.populations
    ]
    own = [network.input_levels * plan.steps for p in network.inputs]
    largest = PARTS * max([*added, *own])
    return largest.bit_length() + 1
