"""What is written into the memories of a core before it runs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...errors import DoesNotFitError
from ...sim.engines.schedule import Schedule
from ...sim.network.connection import Connection
from ...sim.network.population import Population
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.network.synapses import unroll
from ..design import STATE_BITS

NEVER = -1  # threshold of a neuron that never fires
IMAGE_FIELDS = ("synapses", "threshold", "bias", "initial_potential")


@dataclass(frozen=True)
class CoreImage:
    """The memories of a core that holds one population.

    Parameters
    ----------
    synapses : (axons, neurons) integer weights
    threshold : (neurons,) integers; below 0 a neuron never fires
    bias : (neurons,) integers, added by STEP and ADD
    initial_potential : (neurons,) integers, what a sample begins with
    """

    synapses: np.ndarray
    threshold: np.ndarray
    bias: np.ndarray
    initial_potential: np.ndarray

    @property
    def may_fire(self) -> np.ndarray:
        """(neurons,) whether a neuron can fire at all."""
        return self.threshold >= 0

    def arrays(self) -> dict[str, np.ndarray]:
        """The four memories by name."""
        return {name: getattr(self, name) for name in IMAGE_FIELDS}


def core_image(
    network: SpikingNetwork,
    population: str,
    axons: int,
    neurons: int,
    weight_bits: int,
    state_bits: int = STATE_BITS,
    fire_steps: int = 0,
) -> CoreImage:
    """The memories of a core that holds one population; unused neurons never fire.

    Under radix the threshold is the first of the output steps, θ 2^(K−1), and the initial
    potential is kept as the bias, which ADD adds after the last input.

    Parameters
    ----------
    network : the network
    population : name of the population that the core holds
    axons : rows of the core's synapses
    neurons : columns of the core's synapses
    weight_bits : width of the core's weights, bits
    state_bits : width of the core's potentials, bits, default 24
    fire_steps : K, bits of what the population sends under radix, default 0

    Raises
    ------
    DoesNotFitError : more axons or neurons than the core has, weights or thresholds that are too
        wide, or max pooling.

    >>> from spikewatt.sim.network.connection import Connection
    >>> from spikewatt.sim.network.population import Population
    >>> from spikewatt.sim.network.spiking_network import SpikingNetwork
    >>> pixels = Population("input", (2,), "input", threshold=4, bias=0, initial_potential=2)
    >>> classes = Population("output", (3,), "readout", threshold=1, bias=5, initial_potential=0)
    >>> arrow = Connection("input", "output", "dense", [[1, -2, 3], [4, 5, -6]])
    >>> network = SpikingNetwork([pixels, classes], [arrow], "rate", 0.25, 1.0, 8)
    >>> image = core_image(network, "output", axons=2, neurons=4, weight_bits=8)
    >>> image.synapses.tolist()
    [[1, -2, 3, 0], [4, 5, -6, 0]]
    >>> image.bias.tolist(), image.threshold.tolist()  # a read-out never fires
    ([5, 5, 5, 0], [-1, -1, -1, -1])
    """
    post = network.population(population)
    where = f"RTL core: population {population!r}"
    connection = _only_connection(where, network, post)
    pre = network.population(connection.pre)

    if pre.size > axons:
        raise DoesNotFitError(where, f"has at most {axons} axons", pre.size)
    if post.size > neurons:
        raise DoesNotFitError(where, f"has at most {neurons} neurons", post.size)
    if network.weight_bits > weight_bits:
        law = f"weights have at most {weight_bits} bits"
        raise DoesNotFitError(where, law, network.weight_bits)

    # (post, pre), as the engines multiply with it; a core reads a row per axon.
    matrix = unroll(connection, pre.shape, post.shape)
    used = matrix.toarray().T
    synapses = np.zeros((axons, neurons), np.int64)
    synapses[: pre.size, : post.size] = used

    threshold = _padded(post, "threshold", neurons)
    bias = _padded(post, "bias", neurons)
    initial_potential = _padded(post, "initial_potential", neurons)
    if network.code.doubles:
        bias, initial_potential = initial_potential, bias
        threshold <<= max(fire_steps - 1, 0)

    image = CoreImage(synapses, threshold, bias, initial_potential)
    _check_width(where, image, state_bits)

    never_from = 0 if post.kind.is_readout else post.size
    threshold[never_from:] = NEVER
    return image


def network_images(network: SpikingNetwork, plan: Schedule, state_bits: int) -> list[CoreImage]:
    """One image per population after the input, each core as large as its population.

    Parameters
    ----------
    network : a chain
    plan : when each of its populations fires
    state_bits : width of the cores' potentials, bits
    """
    images = []
    for pre, post in pairwise(network.populations):
        window = plan.windows.get(post.name)
        image = core_image(
            network,
            post.name,
            axons=pre.size,
            neurons=post.size,
            weight_bits=network.weight_bits,
            state_bits=state_bits,
            fire_steps=window.length + window.doublings if window else 0,
        )
        images.append(image)

    return images


def _only_connection(where: str, network: SpikingNetwork, post: Population) -> Connection:
    incoming = network.incoming(post.name)
    if post.kind.compares or len(incoming) != 1:
        raise DoesNotFitError(
            where,
            "the core integrates the events of one population and fires",
            post.kind,
            "integrate_and_fire or readout",
        )

    return incoming[0]


def _padded(post: Population, field: str, neurons: int) -> np.ndarray:
    """Values of a population, and 0 for the neurons of the core that it leaves unused."""
    values = np.zeros(neurons, np.int64)
    values[: post.size] = post.per_neuron(field)
    return values


def _check_width(where: str, image: CoreImage, state_bits: int) -> None:
    for name in ("threshold", "bias", "initial_potential"):
        values = getattr(image, name)
        largest = int(np.abs(values).max())
        if largest >= 2 ** (state_bits - 1):
            raise DoesNotFitError(
                f"{where}: {name}",
                f"fits into {state_bits} bits",
                largest,
            )
