"""TinyOdinImage: where an OdinNetwork lies on a core of tinyODIN, and what an image becomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...frozen import Rebuilt
from ...models.odin.chip import ALL_NEURONS, AXONS, LARGEST_LEAK, NEURONS
from ...models.odin.chips import TINY_ODIN, reference_cycles
from ...models.odin.tiny_chip import ALL_NEURONS_INDEX, LARGEST_THRESHOLD, LARGEST_WEIGHT
from .network import OdinNetwork
from .placing import NOWHERE, check_chip, checked_pixels, consecutive, freeze


@dataclass(frozen=True, eq=False)
class TinyOdinImage(Rebuilt):
    """The content of a core's memories and registers, as `TinyOdinTwin` takes it.

    Neurons begin at index 0, so that a sweep visits no others. In closed loop every input and the
    bias have an index of their own after them; in open loop (one layer) indices are shared.

    Parameters
    ----------
    network : OdinNetwork
        What is placed.
    axons : int (inputs,)
        Index of each input, −1 where it has no synapse.
    bias_axon : int
        Its index, −1 without bias events.
    neurons : tuple of int (post,)
        Indices, one array per layer.
    synapses : int64 (256, 256) [pre, post]
        Weights, −8..7.
    threshold, leak : int (256,)
        Of each neuron; the leak is what a time reference takes from the size of a potential.
    enabled : bool (256,)
        Of each neuron.
    open_loop : bool
        Whether spikes only leave the core.

    Examples
    --------
    >>> layers, thresholds = [np.array([[7, -2], [0, 5]])], [np.array([9, 9])]
    >>> net = OdinNetwork(layers, thresholds, "rate", "potential", chip="tinyodin")
    >>> image = TinyOdinImage.of(net)
    >>> image.axons.tolist(), image.neurons_in_use
    ([0, 1], 2)
    >>> image.encode(np.array([[255, 0], [255, 255]], np.uint8))
    [[0], [0, 1]]
    """

    network: OdinNetwork
    axons: np.ndarray
    bias_axon: int
    neurons: tuple[np.ndarray, ...]
    synapses: np.ndarray
    threshold: np.ndarray
    leak: np.ndarray
    enabled: np.ndarray
    open_loop: bool

    def __post_init__(self):
        freeze(*vars(self).values(), *self.neurons)

    @classmethod
    def of(cls, network: OdinNetwork) -> TinyOdinImage:
        """Place a network for tinyODIN, which was checked to fit."""
        check_chip("TinyOdinImage.of", network, TINY_ODIN)
        neurons = consecutive(network, 0)
        used = np.concatenate(neurons)

        first_axon = 0 if network.open_loop else len(used)
        heard = network.layers[0].any(axis=1)
        axons = np.where(heard, first_axon + np.arange(network.inputs), NOWHERE)
        bias_axon = first_axon + network.inputs if network.bias_events else NOWHERE

        threshold = np.full(NEURONS, LARGEST_THRESHOLD)
        threshold[used] = np.concatenate(network.thresholds)

        return cls(
            network=network,
            axons=axons,
            bias_axon=bias_axon,
            neurons=neurons,
            synapses=_synapses(network, axons, bias_axon, neurons),
            threshold=threshold,
            leak=np.full(NEURONS, LARGEST_LEAK),
            enabled=np.arange(NEURONS) < len(used),
            open_loop=network.open_loop,
        )

    @property
    def neurons_in_use(self) -> int:
        """How many neurons a sweep visits: SPI_MAX_NEUR + 1."""
        return sum(len(indices) for indices in self.neurons)

    @property
    def memories(self) -> dict:
        """What `TinyOdinTwin` takes."""
        return {
            "synapses": self.synapses,
            "threshold": self.threshold,
            "leak": self.leak,
            "enabled": self.enabled,
            "neurons": self.neurons_in_use,
            "open_loop": self.open_loop,
        }

    @property
    def reset_time_references(self) -> tuple[int, ...]:
        """Time references that clear all potentials after an inference.

        Neurons, or −1 for all at once, whichever takes fewer cycles. Each takes 127 from the size
        of a potential, which is below its threshold, and above what all its inhibitory events
        together would make of it.
        """
        used = np.concatenate(self.neurons)
        each = -(-_largest_sizes(self.network) // LARGEST_LEAK)

        most = int(each.max())
        one_by_one = reference_cycles(1) * int(each.sum())
        all_at_once = reference_cycles(self.neurons_in_use) * most
        if one_by_one < all_at_once and used[-1] < ALL_NEURONS_INDEX:
            return tuple(np.repeat(used, each).tolist())
        return (ALL_NEURONS,) * most

    def encode(self, pixels: np.ndarray) -> list[list[int]]:
        """The neuron spike events of each image, in order: inputs, then bias.

        They can be sent without a pause. Inputs without a synapse are left out. Under
        ``first_spike`` the host stops at the first spike of an output neuron.

        Parameters
        ----------
        pixels : uint8 (samples, ...)
            0..largest_pixel, with as many pixels as the network has inputs.

        Returns
        -------
        list of lists of int
            Axons, one list per image.

        Raises
        ------
        SpikewattError : images of another shape, type or range.
        """
        network = self.network
        pixels = checked_pixels("TinyOdinImage.encode", network, pixels)
        bias = [self.bias_axon] * network.bias_events

        found = []
        for image in pixels.reshape(len(pixels), network.inputs).astype(np.int64):
            chosen = self.axons[network.input_code.senders(image, network)]
            found.append(chosen[chosen != NOWHERE].tolist() + bias)
        return found


def _synapses(
    network: OdinNetwork, axons: np.ndarray, bias_axon: int, neurons: tuple[np.ndarray, ...]
) -> np.ndarray:
    """(256, 256) int64 [pre, post]: the crossbar."""
    synapses = np.zeros((AXONS, NEURONS), np.int64)
    there = axons != NOWHERE
    synapses[np.ix_(axons[there], neurons[0])] = network.layers[0][there]
    if network.bias_events:
        synapses[bias_axon, neurons[0]] = LARGEST_WEIGHT
    for pre, post, layer in zip(neurons, neurons[1:], network.layers[1:], strict=False):
        synapses[np.ix_(pre, post)] = layer
    return synapses


def _largest_sizes(network: OdinNetwork) -> np.ndarray:
    """(neurons,) bound of the size of each potential after an inference, layer after layer.

    A spike starts again from 0, so a neuron fires at most as often as all that excites it holds its
    threshold.
    """
    found = []
    events = np.full(network.inputs, network.input_levels)
    bias = LARGEST_WEIGHT * network.bias_events
    for layer, threshold in zip(network.layers, network.thresholds, strict=True):
        excited = events @ np.maximum(layer, 0) + bias
        inhibited = events @ np.maximum(-layer, 0)
        lowest = np.minimum(inhibited, -TINY_ODIN.least_potential)
        found.append(np.maximum(np.minimum(excited, threshold - 1), lowest))
        events, bias = excited // threshold, 0
    return np.concatenate(found)
