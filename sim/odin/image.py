"""OdinImage: where an OdinNetwork lies on the core, and which events an image becomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...frozen import Rebuilt
from ...models.odin.chip import (
    ALL_NEURONS,
    ALL_REFERENCE_CYCLES,
    AXONS,
    LARGEST_LEAK,
    LARGEST_THRESHOLD,
    LARGEST_WEIGHT,
    MAPPED,
    NEURONS,
    ONE_REFERENCE_CYCLES,
)
from ...models.odin.chips import ODIN
from .network import OdinNetwork
from .placing import NOWHERE, check_chip, checked_pixels, consecutive, freeze

MEMORIES = ("synapses", "inhibitory", "threshold", "leak", "leak_enable", "enabled", "open_loop")


@dataclass(frozen=True, eq=False)
class OdinImage(Rebuilt):
    """The content of a core's memories and registers, as `OdinTwin` takes it.

    In closed loop every input copy, the bias and every neuron has an index of its own, in this
    order: inhibitory copies, excitatory copies, bias, neurons of the layers. In open loop (one
    layer) an index can be an input axon and a neuron, and neurons start at 0.

    Parameters
    ----------
    network : OdinNetwork
        What is placed.
    inhibitory_axons, excitatory_axons : int (inputs,)
        Index of each copy, −1 where there is none because it would have no synapse.
    bias_axon : int
        Its index, −1 without bias events.
    neurons : tuple of int (post,)
        Indices, one array per layer.
    synapses : uint8 (256, 256) [pre, post]
        Bits 0..2 the weight, bit 3 set where there is a synapse.
    inhibitory : bool (256,)
        The sign of an axon.
    threshold, leak : int (256,)
        Of each neuron; the leak is taken away by a time reference.
    leak_enable, enabled : bool (256,)
        Of each neuron.
    open_loop : bool
        Whether spikes only leave the core.

    Examples
    --------
    >>> layers, thresholds = [np.array([[7, -2], [0, 5]])], [np.array([9, 9])]
    >>> image = OdinImage.of(OdinNetwork(layers, thresholds, "rate", "potential"))
    >>> image.inhibitory_axons.tolist(), image.excitatory_axons.tolist()
    ([0, -1], [2, 3])
    >>> image.encode(np.array([[255, 0], [255, 255]], np.uint8))
    [[0, 2], [0, 2, 3]]
    """

    network: OdinNetwork
    inhibitory_axons: np.ndarray
    excitatory_axons: np.ndarray
    bias_axon: int
    neurons: tuple[np.ndarray, ...]
    synapses: np.ndarray
    inhibitory: np.ndarray
    threshold: np.ndarray
    leak: np.ndarray
    leak_enable: np.ndarray
    enabled: np.ndarray
    open_loop: bool

    def __post_init__(self):
        freeze(*vars(self).values(), *self.neurons)

    @classmethod
    def of(cls, network: OdinNetwork) -> OdinImage:
        """Place a network for ODIN, which was checked to fit."""
        check_chip("OdinImage.of", network, ODIN)
        inhibitory_axons, excitatory_axons = _input_axons(network)
        copies = network.inputs * (2 if network.doubled else 1)
        bias_axon = copies if network.bias_events else NOWHERE

        taken = copies + (1 if network.bias_events else 0)
        neurons = consecutive(network, 0 if network.open_loop else taken)
        used = np.concatenate(neurons)

        inhibitory = np.zeros(AXONS, bool)
        inhibitory[inhibitory_axons[inhibitory_axons != NOWHERE]] = True

        threshold = np.full(NEURONS, LARGEST_THRESHOLD)
        threshold[used] = np.concatenate(network.thresholds)

        enabled = np.zeros(NEURONS, bool)
        enabled[used] = True

        return cls(
            network=network,
            inhibitory_axons=inhibitory_axons,
            excitatory_axons=excitatory_axons,
            bias_axon=bias_axon,
            neurons=neurons,
            synapses=_synapses(network, inhibitory_axons, excitatory_axons, bias_axon, neurons),
            inhibitory=inhibitory,
            threshold=threshold,
            leak=np.full(NEURONS, LARGEST_LEAK),
            leak_enable=np.ones(NEURONS, bool),
            enabled=enabled,
            open_loop=network.open_loop,
        )

    @property
    def memories(self) -> dict:
        """What `OdinTwin` takes."""
        return {key: getattr(self, key) for key in MEMORIES}

    @property
    def reset_time_references(self) -> tuple[int, ...]:
        """Time references that clear all potentials after an inference.

        Neurons, or −1 for all at once, whichever takes fewer cycles. A potential is below its
        threshold, so ceil((threshold − 1) / 127) of them clear it. Neurons without synapses stay
        at 0.
        """
        used = np.concatenate(self.neurons)
        highest = self.threshold[used] - 1
        each = -(-highest // LARGEST_LEAK)

        most = int(each.max())
        one_by_one = ONE_REFERENCE_CYCLES * int(each.sum())
        all_at_once = ALL_REFERENCE_CYCLES * most
        if one_by_one < all_at_once:
            return tuple(np.repeat(used, each).tolist())
        return (ALL_NEURONS,) * most

    def encode(self, pixels: np.ndarray) -> list[list[int]]:
        """The neuron spike events of each image, in order: bias, inhibitory, excitatory.

        They can be sent without a pause: no neuron fires before the excitatory events, and the core
        serves events in order. Copies without a synapse are left out. Under ``first_spike`` the
        host stops at the first spike of an output neuron.

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
        pixels = checked_pixels("OdinImage.encode", network, pixels)
        bias = [self.bias_axon] * network.bias_events

        found = []
        for image in pixels.reshape(len(pixels), network.inputs).astype(np.int64):
            senders = network.input_code.senders(image, network)
            events = bias.copy()
            for axons in (self.inhibitory_axons, self.excitatory_axons):
                chosen = axons[senders]
                events += chosen[chosen != NOWHERE].tolist()
            found.append(events)
        return found


def _input_axons(network: OdinNetwork) -> tuple[np.ndarray, np.ndarray]:
    """(inputs,) indices of the inhibitory and of the excitatory copies, −1 where there is none."""
    weights = network.layers[0]
    copy = np.arange(network.inputs)
    second_copy = copy + network.inputs if network.doubled else copy

    inhibitory = np.where((weights < 0).any(axis=1), copy, NOWHERE)
    excitatory = np.where((weights > 0).any(axis=1), second_copy, NOWHERE)
    return inhibitory, excitatory


def _synapses(
    network: OdinNetwork,
    inhibitory_axons: np.ndarray,
    excitatory_axons: np.ndarray,
    bias_axon: int,
    neurons: tuple[np.ndarray, ...],
) -> np.ndarray:
    """(256, 256) uint8 [pre, post]: the crossbar, whose axons carry the signs."""
    synapses = np.zeros((AXONS, NEURONS), np.uint8)
    first = network.layers[0]

    for axons, weights in ((inhibitory_axons, -first), (excitatory_axons, first)):
        there = axons != NOWHERE
        of_this_sign = np.maximum(weights[there], 0)
        _connect(synapses, axons[there], neurons[0], of_this_sign)

    if network.bias_events:
        weights = np.full((1, first.shape[1]), LARGEST_WEIGHT)
        _connect(synapses, np.array([bias_axon]), neurons[0], weights)

    for pre, post, layer in zip(neurons, neurons[1:], network.layers[1:], strict=False):
        _connect(synapses, pre, post, layer)
    return synapses


def _connect(synapses: np.ndarray, pre: np.ndarray, post: np.ndarray, weights: np.ndarray) -> None:
    """Write the weights (pre, post) that are not 0 into the crossbar, mapped."""
    synapses[np.ix_(pre, post)] = np.where(weights > 0, weights | MAPPED, 0)
