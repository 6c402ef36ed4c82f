"""OdinImage: where the parts of an OdinNetwork lie on the 256 indices of the core, and which events an image becomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError
from .network import INDICES, LARGEST_THRESHOLD, LARGEST_WEIGHT, OdinNetwork

MAPPED = 0b1000
LEAK = 127
ALL = -1  # in a list of time references: all neurons at once
ONE_CYCLES, ALL_CYCLES = 8, 518


@dataclass(frozen=True, eq=False)
class OdinImage:
    """The content of a core's memories and registers, as `OdinTwin` takes it.

    In closed loop every input copy, the bias and every neuron has an index of its own, in this order: inhibitory copies, excitatory
    copies, bias, neurons of the layers. In open loop (one layer) an index can be an input axon and a neuron, and neurons start at 0.

    Parameters
    ----------
    network : what is placed.
    inhibitory_axons, excitatory_axons : (inputs,) index of each copy, −1 where there is none because it would have no synapse.
    bias_axon : its index, −1 without bias events. neurons : one (post,) array of indices per layer.
    synapses : (256, 256) uint8 [pre, post], bits 0..2 the weight, bit 3 set where there is a synapse.
    inhibitory : (256,) bool, the sign of an axon. threshold, leak : (256,) ints. leak_enable, enabled : (256,) bool.
    open_loop : whether spikes only leave the core.
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

    @classmethod
    def of(cls, network: OdinNetwork) -> OdinImage:
        """Place a network, which was checked to fit."""
        first = network.layers[0]
        inputs = np.arange(network.inputs)
        inhibitory_axons = np.where((first < 0).any(axis=1), inputs, -1)
        excitatory_axons = np.where(
            (first > 0).any(axis=1), inputs + (network.inputs if network.doubled else 0), -1
        )
        free = network.inputs * (2 if network.doubled else 1)
        bias_axon = free if network.bias_events else -1
        start = 0 if network.open_loop else free + (1 if network.bias_events else 0)
        neurons = []
        for layer in network.layers:
            neurons.append(np.arange(start, start + layer.shape[1]))
            start += layer.shape[1]
        synapses = np.zeros((INDICES, INDICES), np.uint8)
        inhibitory = np.zeros(INDICES, bool)
        for axons, weights in (
            (inhibitory_axons, np.maximum(-first, 0)),
            (excitatory_axons, np.maximum(first, 0)),
        ):
            _connect(synapses, axons[axons >= 0], neurons[0], weights[axons >= 0])
        inhibitory[inhibitory_axons[inhibitory_axons >= 0]] = True
        if network.bias_events:
            _connect(
                synapses,
                np.array([bias_axon]),
                neurons[0],
                np.full((1, first.shape[1]), LARGEST_WEIGHT),
            )
        for pre, post, layer in zip(neurons, neurons[1:], network.layers[1:], strict=False):
            _connect(synapses, pre, post, layer)
        threshold = np.full(INDICES, LARGEST_THRESHOLD)
        for indices, values in zip(neurons, network.thresholds, strict=True):
            threshold[indices] = values
        used = np.zeros(INDICES, bool)
        used[np.concatenate(neurons)] = True
        leak = np.full(INDICES, LEAK)
        for array in (
            inhibitory_axons,
            excitatory_axons,
            synapses,
            inhibitory,
            threshold,
            leak,
            used,
            *neurons,
        ):
            array.setflags(write=False)
        return cls(network, inhibitory_axons, excitatory_axons, bias_axon, tuple(neurons), synapses, inhibitory, threshold, leak,
                   np.broadcast_to(True, INDICES), used, network.open_loop)  # fmt: skip

    @property
    def reset_time_references(self) -> tuple[int, ...]:
        """Time references that clear all potentials behind an inference: neurons, or −1 for all at once, whichever takes fewer cycles.

        A potential is below its threshold, so ceil((threshold − 1) / 127) of them clear it. Neurons without synapses stay at 0.
        """
        used = np.concatenate(self.neurons)
        each = -(-(self.threshold[used] - 1) // LEAK)
        if ONE_CYCLES * int(each.sum()) < ALL_CYCLES * int(each.max()):
            return tuple(np.repeat(used, each).tolist())
        return (ALL,) * int(each.max())

    def encode(self, pixels: np.ndarray) -> list[list[int]]:
        """The neuron spike events of each image, in order: bias, inhibitory, excitatory.

        They can be sent without a pause: no neuron fires before the excitatory events, and the core serves events in order. Copies
        without a synapse are left out. Under ``first_spike`` the host stops at the first spike of an output neuron.

        Parameters
        ----------
        pixels : (samples, ...) uint8, 0..largest_pixel, with as many pixels as the network has inputs.

        Raises
        ------
        SpikewattError : images of another shape, type or range.
        """
        network = self.network
        pixels = np.asarray(pixels)
        if (
            pixels.dtype != np.uint8
            or pixels.ndim < 2
            or int(np.prod(pixels.shape[1:])) != network.inputs
        ):
            allowed = f"(samples, ...) uint8 of {network.inputs} pixels each"
            raise SpikewattError(
                "OdinImage.encode",
                "images fit the network",
                f"{pixels.dtype} {pixels.shape}",
                allowed,
            )
        if pixels.size and pixels.max() > network.largest_pixel:
            raise SpikewattError(
                "OdinImage.encode",
                "pixels are within the range",
                int(pixels.max()),
                f"0..{network.largest_pixel}",
            )
        bias = [self.bias_axon] * network.bias_events
        found = []
        for image in pixels.reshape(len(pixels), network.inputs).astype(np.int64):
            senders = self._senders(image)
            events = bias.copy()
            for axons in (self.inhibitory_axons, self.excitatory_axons):
                chosen = axons[senders]
                events += chosen[chosen >= 0].tolist()
            found.append(events)
        return found

    def _senders(self, image: np.ndarray) -> np.ndarray:
        """The pixels of an image that send an event, in order, as often as they do."""
        network = self.network
        if network.input_code == "rank_order":
            order = np.argsort(-image, kind="stable")
            return order[: int((image > network.brightness).sum())]
        counts = (2 * image * network.input_levels + network.largest_pixel) // (
            2 * network.largest_pixel
        )
        return np.concatenate(
            [np.flatnonzero(counts > level) for level in range(network.input_levels)]
        )

    def export(self, folder, events: list[int] | None = None) -> None:
        """Write the image as text files for the chip or its RTL; see `odin_export`."""
        from .chip_files import export

        export(self, folder, events)


def _connect(synapses: np.ndarray, pre: np.ndarray, post: np.ndarray, weights: np.ndarray) -> None:
    """Write the weights (pre, post) that are not 0 into the crossbar, mapped."""
    synapses[np.ix_(pre, post)] = np.where(weights > 0, weights | MAPPED, 0)
