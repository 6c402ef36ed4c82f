"""SpikingJelly, snnTorch and sinabs on our converted networks (extra: peers), each where installed.

Every peer is given the integer weights, biases, thresholds and initial potentials of a network
under the rate code, and computes the same potentials (`check_potentials`). Each is used as its
documentation recommends for speed: whole sequences layer by layer where it has such a mode,
``torch.inference_mode``, all cores, and what an analog input sends summed once. Batch size and
``torch.compile`` are chosen by time (`fastest`). They keep no traces.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.connection_kinds import Conv2D, Dense, Pool
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork

Batch = Callable[[np.ndarray], np.ndarray]


class Peer:
    """Another simulator; a chain of layers, each the sums of a connection and its neurons.

    Parameters
    ----------
    network : SpikingNetwork, a chain of dense, convolutional and average-pooled layers.
    steps : int, T.
    compiled : bool, whether ``torch.compile`` makes one kernel of the whole.
    """

    package = ""
    time_axis = 0  # of a sequence; the other of the first two axes is the batch

    def __init__(self, network: SpikingNetwork, steps: int, compiled: bool = False):
        import torch

        torch.set_num_threads(os.cpu_count() or 1)
        self.steps = steps
        self.analog = network.input_code.analog
        hidden = [p for p in network.populations if not p.kind.is_readout]
        self.populations = hidden[1:] if self.analog else hidden
        self.sums = [_sums(network, connection) for connection in network.connections]
        self.neurons = [self.neuron(p) for p in self.populations]
        self.starts = [float(_uniform(p, "initial_potential")) for p in self.populations]
        self.shapes = [(p.shape[-1], *p.shape[:-1]) for p in self.populations]  # channels first
        self.start = _number(network.readouts[0].initial_potential)
        self.forward = torch.compile(self.run, dynamic=False) if compiled else self.run

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Integer inputs (images, rows, columns, channels) -> last potentials of the read-out."""
        import torch

        with torch.inference_mode():
            batch = torch.from_numpy(np.ascontiguousarray(pixels, np.float32))
            batch = batch.permute(0, 3, 1, 2)
            self.reset()
            return self.forward(batch).numpy() + self.start

    def neuron(self, population: Population):
        """Integrate-and-fire neurons that subtract their threshold and send at most one spike."""
        raise NotImplementedError

    def reset(self) -> None:
        """Every potential as it is before the first step."""
        raise NotImplementedError

    def run(self, batch):
        """Sums that the read-out has been given after all steps."""
        raise NotImplementedError

    def layers(self):
        """Pairs (sums, neurons), the neurons firing on those sums; the first may have none."""
        sums = self.sums[:-1] if self.analog else [None, *self.sums[:-1]]
        return list(zip(sums, self.neurons, strict=True))


class LayerByLayer(Peer):
    """A peer that takes whole sequences: all steps of a layer, then those of the next."""

    def run(self, batch):
        """See `Peer.run`."""
        first, *others = self.layers()
        sums, neurons = first
        driven = batch if sums is None else sums(batch)
        spikes = neurons(self.repeated(driven))
        for sums, neurons in others:
            spikes = neurons(self.at_all_steps(sums, spikes))
        return self.at_all_steps(self.sums[-1], spikes).sum(self.time_axis)

    def repeated(self, driven):
        """The same at every step."""
        return driven.unsqueeze(self.time_axis).expand(
            *(self.steps if axis == self.time_axis else -1 for axis in range(driven.dim() + 1))
        )

    def at_all_steps(self, sums, spikes):
        """The sums of each step, as one large batch."""
        first, second = spikes.shape[:2]
        return sums(spikes.flatten(0, 1)).unflatten(0, (first, second))


class SpikingJelly(LayerByLayer):
    """Multi-step mode.

    Fang et al., Science Advances 9, eadi1480 (2023), doi:10.1126/sciadv.adi1480.
    """

    package = "spikingjelly"

    def neuron(self, population: Population):
        """See `Peer.neuron`."""
        from spikingjelly.activation_based import neuron

        threshold = float(_uniform(population, "threshold"))
        return neuron.IFNode(threshold, v_reset=None, step_mode="m").eval()

    def reset(self) -> None:
        """See `Peer.reset`."""
        for neurons, start in zip(self.neurons, self.starts, strict=True):
            neurons.reset()
            neurons.v = start


class Sinabs(LayerByLayer):
    """Whole sequences, (batch, time)."""

    package = "sinabs"
    time_axis = 1

    def neuron(self, population: Population):
        """See `Peer.neuron`."""
        import torch
        from sinabs.activation import SingleSpike
        from sinabs.layers import IAF

        threshold = torch.tensor(float(_uniform(population, "threshold")))
        return IAF(threshold, spike_fn=SingleSpike).eval()

    def run(self, batch):
        """See `Peer.run`."""
        for neurons, start, shape in zip(self.neurons, self.starts, self.shapes, strict=True):
            neurons.v_mem = batch.new_full((len(batch), *shape), start)
        return super().run(batch)

    def reset(self) -> None:
        """Done in `run`, where the size of the batch is known."""


class SnnTorch(Peer):
    """A loop over time, as in its tutorials. It fires strictly above its threshold.

    Eshraghian et al., Proc. IEEE 111, 1016 (2023), doi:10.1109/JPROC.2023.3308088.
    """

    package = "snntorch"

    def neuron(self, population: Population):
        """See `Peer.neuron`."""
        import snntorch

        threshold = float(_uniform(population, "threshold"))
        return snntorch.Leaky(beta=1.0, threshold=threshold, reset_mechanism="subtract").eval()

    def reset(self) -> None:
        """Done in `run`, which carries the potentials from step to step."""

    def run(self, batch):
        """See `Peer.run`."""
        import torch

        layers = self.layers()
        first = layers[0][0]
        driven = batch if first is None else first(batch)
        # Half above a whole number: what reaches its threshold is above it.
        starts = [start + 0.5 for start in self.starts]
        potentials = [torch.full_like(driven, starts[0]), *starts[1:]]

        total: object = 0.0
        for _ in range(self.steps):
            drive = driven
            for i, (sums, neurons) in enumerate(layers):
                drive = drive if i == 0 else sums(drive)
                if isinstance(potentials[i], float):
                    potentials[i] = torch.full_like(drive, potentials[i])
                drive, potentials[i] = neurons(drive, potentials[i])
            total = total + self.sums[-1](drive)
        return total


PEERS = (SpikingJelly, SnnTorch, Sinabs)


def load_torch() -> None:
    """Import torch, if it is installed, together with Triton, its compiler.

    Triton and TensorFlow both carry LLVM: once TensorFlow is loaded, Triton ends the process.
    """
    if find_spec("torch") is not None:
        import torch  # noqa: F401
    if find_spec("triton") is not None:
        import triton._C.libtriton  # noqa: F401


def installed() -> list[type[Peer]]:
    """The peers that can be imported."""
    if find_spec("torch") is None:
        return []
    return [peer for peer in PEERS if find_spec(peer.package)]


def _number(values) -> np.ndarray:
    return np.asarray(values, np.float32)


def _uniform(population: Population, what: str):
    """The one value of all neurons of a layer."""
    (value,) = np.unique(getattr(population, what))
    return value


# ------------------------------------------------------------------ connections as torch modules


def _sums(network: SpikingNetwork, connection: Connection):
    """Weighted sums and the bias of what they drive, channels first."""
    pre = network.population(connection.pre)
    bias = network.population(connection.post).bias
    return SUMS[type(connection.kind)](connection, pre.shape, bias)


def _dense(connection: Connection, shape: tuple[int, ...], bias):
    import torch

    weights = _number(connection.weights)
    if len(shape) == 3:  # neurons come channel by channel
        weights = weights.reshape(*shape, -1).transpose(2, 0, 1, 3).reshape(weights.shape)
    layer = torch.nn.Linear(*weights.shape)
    _fill(layer, weights.T, bias)
    return torch.nn.Sequential(torch.nn.Flatten(), layer).eval()


def _convolution(connection: Connection, shape: tuple[int, ...], bias):
    import torch

    weights, geometry = _number(connection.weights), connection.geometry
    assert geometry is not None
    assert not geometry.padded
    rows, columns, inputs, outputs = weights.shape
    layer = torch.nn.Conv2d(inputs, outputs, (rows, columns), geometry.strides)
    _fill(layer, weights.transpose(3, 2, 0, 1), bias)
    return layer.eval()


def _pool(connection: Connection, shape: tuple[int, ...], bias):
    import torch

    geometry = connection.geometry
    assert geometry is not None
    assert not np.any(bias)
    return torch.nn.AvgPool2d(geometry.window, geometry.strides, divisor_override=1)


def _fill(layer, weights: np.ndarray, bias) -> None:
    import torch

    channels = len(weights)
    everywhere = np.broadcast_to(bias, (*np.shape(bias)[:-1], channels))
    per_channel = everywhere.reshape(-1, channels)
    assert (per_channel == per_channel[0]).all()
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(weights)))
        layer.bias.copy_(torch.from_numpy(_number(per_channel[0])))


SUMS = {Dense: _dense, Conv2D: _convolution, Pool: _pool}
