"""How wide a potential can get, and the arithmetic limit that every engine obeys."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError, whole_number
from ..network.connection import Connection
from ..network.integers import LARGEST
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork
from .schedule import Schedule


def largest_potential(network: SpikingNetwork, plan: Schedule, lossy: bool = False) -> int:
    """Bound on the magnitude of any potential or count in a run.

    Start + threshold + what all inputs can add.
    """
    bounds = [largest_of(network, plan, p, lossy) for p in network.populations]
    return max(bounds)


def largest_of(network: SpikingNetwork, plan: Schedule, p: Population, lossy: bool = False) -> int:
    """Bound on the magnitude of a potential or count of one population in a run.

    `lossy` where spikes are lost on their way.
    """

    def largest(field: str) -> int:
        return int(np.abs(p.per_neuron(field)).max())

    start = largest("initial_potential")
    threshold = largest("threshold") * max(p.levels, 1)
    added = largest("bias") * plan.steps
    if p.kind.is_input:
        added += network.input_levels * plan.steps
    for c in network.incoming(p.name):
        added += c.largest_row() * most_sent(network, plan, c, lossy)
    return start + threshold + added


def most_sent(network: SpikingNetwork, plan: Schedule, c: Connection, lossy: bool = False) -> int:
    """Most that one pre neuron of `c` sends in a run, in units of the weight.

    Where spikes are lost, so may be what takes them back.
    """
    pre = network.population(c.pre)
    code, input_code = network.code, network.input_code

    if pre.kind.is_input and input_code.analog:
        times = plan.steps if code.bias_each_step else 1
        return network.input_levels * times
    if pre.kind.is_input and input_code.encoded:
        window = plan.windows[pre.name]
        gains = [window.gain(t) for t in range(plan.steps)]
        return sum(gains)
    if code.limited and not (lossy and code.negative_spikes):
        return max(pre.levels, 1)
    return plan.steps


def state_width(
    network: SpikingNetwork, plan: Schedule, state_bits: int | None = None, lossy: bool = False
) -> int:
    """Width of a signed potential.

    What the worst case needs, or the `state_bits` that were asked for.

    Parameters
    ----------
    state_bits : int, 2..64; default as wide as the worst case needs.
    lossy : bool, whether spikes are lost on their way.

    Raises
    ------
    SpikewattError : sums that are not exact in float64 (2^53 and more), or a width too small for an
        exact code.
    """
    largest = largest_potential(network, plan, lossy)
    if largest >= LARGEST:
        law = "potentials stay below 2^53, where float64 is exact"
        remedy = "fewer steps or smaller weights"
        raise SpikewattError("simulate.steps", law, largest, remedy)
    needed = largest.bit_length() + 1
    if state_bits is None:
        return needed

    where = "simulate.state_bits"
    law = "must be a width of signed potentials"
    state_bits = whole_number(where, law, state_bits, 2, 64)
    if state_bits < needed and not plan.streaming:
        law = f"{network.code} is exact only if no potential saturates"
        raise SpikewattError(where, law, state_bits, f">= {needed}")
    return state_bits
