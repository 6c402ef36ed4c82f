"""A network as the kernel reads it: layers and connections, with the arrays that they point to."""

from __future__ import annotations

import ctypes

import numpy as np

from ...network.connection import Connection
from ...network.input_codes import InputCode
from ...network.neurons import LargestCount, Retracting, Subtract
from ...network.population import Population, passed
from ...network.spiking_network import SpikingNetwork
from ...network.synapses import unroll
from ..counts import LEDGERS, Counts, has_potential
from ..schedule import Schedule
from ..state_width import largest_of
from .costs import spikes_of_equal_cost
from .patches import patches
from .products import RUNS, Means, product
from .structures import RULES, Arrow, Driven, Head, Layer

WIDTHS = (16, 32, 64)
VECTOR = 64  # bytes, so no fewer numbers
NEVER = 2**62  # spikes of a step


class Prepared:
    """All that does not depend on the inputs; kept for the next run of the same network.

    It holds no reference to the network, which may be gone before.

    Parameters
    ----------
    network, plan : what runs; the plan says how long, and how wide potentials are.
    """

    def __init__(self, network: SpikingNetwork, plan: Schedule):
        self.populations, self.connections = network.populations, network.connections
        self.kept: list[np.ndarray] = []  # what the kernel points to
        self.number = {p.name: i for i, p in enumerate(network.populations)}
        self.layers = (Layer * len(network.populations))()
        self.arrows = (Arrow * max(1, len(network.connections)))()

        column = 0
        for layer, p in zip(self.layers, network.populations, strict=True):
            self._fill_layer(layer, p, network, plan)
            if p.kind.is_input:
                layer.column = column
                column += p.size
        for arrow, c in zip(self.arrows, network.connections, strict=False):
            self._fill_arrow(arrow, c, network, plan)

        self.head = Head(
            layers=len(network.populations),
            connections=len(network.connections),
            steps=plan.steps,
            streaming=plan.streaming,
            signs=network.code.negative_spikes or network.input_code.encoded,
            inputs=column,
            layer=ctypes.addressof(self.layers),
            connection=ctypes.addressof(self.arrows),
        )
        if plan.streaming:
            self._choose()

    def _choose(self) -> None:
        """From how many spikes of a step a product is faster, connection by connection."""
        for number, arrow in enumerate(self.arrows):
            arrow.most = NEVER
            if arrow.product.means != Means.BY_RUNS:
                arrow.most = spikes_of_equal_cost(self.head, number, self.layers[arrow.pre].size)

    def keep(self, values, dtype) -> int:
        """The address of `values`, which stay as long as this does."""
        array = np.ascontiguousarray(values, dtype)
        self.kept.append(array)
        return array.ctypes.data

    def _fill_layer(
        self, layer: Layer, p: Population, network: SpikingNetwork, plan: Schedule
    ) -> None:
        rule = network.rule(p)
        layer.size, layer.rule = p.size, RULES[type(rule)]
        layer.bits, layer.drive_bits = _widths(network, plan, p)
        layer.zero = p.reset != Subtract()
        layer.is_input = p.kind.is_input
        layer.has_bias = bool(p.bias.any())
        layer.levels = p.levels
        layer.largest = plan.largest if has_potential(network, p) else 0
        layer.counted = isinstance(rule, Retracting | LargestCount)
        layer.driven = _driven(network) if p.kind.is_input else Driven.NOWHERE

        own = np.dtype(f"i{layer.bits // 8}")
        layer.start = self.keep(p.per_neuron("initial_potential"), own)
        layer.bias = self.keep(p.per_neuron("bias"), own)
        threshold = p.per_neuron("threshold")
        layer.threshold = self.keep(threshold, own)
        layer.inverse = self.keep(1 / threshold, np.float32)

        window = plan.windows.get(p.name)
        if window:
            layer.opens, layer.length = window.start, window.length
            layer.doubles = bool(window.gains)
            layer.held_back = window.doublings if not plan.streaming else 0
            layer.least, _ = passed(p)
        steps = range(plan.steps)
        layer.gains = self.keep([window.gain(t) if window else 1 for t in steps], np.int64)
        layer.open = self.keep([window is not None and window.active(t) for t in steps], np.uint8)

    def _fill_arrow(
        self, arrow: Arrow, c: Connection, network: SpikingNetwork, plan: Schedule
    ) -> None:
        pre, post = network.population(c.pre), network.population(c.post)
        arrow.pre, arrow.post = self.number[c.pre], self.number[c.post]
        arrow.compares = c.kind.compares

        found = patches(c, pre.shape, post.shape)
        arrow.form, arrow.row = found.form, found.row
        for name in ("position", "channel", "run_post", "run_weight", "run_length", "channel_post"):
            setattr(arrow, name, self.keep(getattr(found, name), np.int32))
        for name in ("first", "channel_weight"):
            setattr(arrow, name, self.keep(getattr(found, name), np.int64))
        bits = self.layers[arrow.post].drive_bits
        room = np.zeros(VECTOR, found.weights.dtype)  # whole vectors are read
        weights = np.concatenate([found.weights, room])
        arrow.weights = self.keep(weights, f"i{bits // 8}")

        fans = [network.fan_out(c, ledger == "nonzero") for ledger in LEDGERS]
        arrow.fan_bytes = -(-int(fans[0].max()).bit_length() // 8)
        for i, fan in enumerate(fans):
            same = fan.min() == fan.max()
            arrow.fan[i] = int(fan[0]) if same else -1
            arrow.fans[i] = None if same else self.keep(_bytes(fan, arrow.fan_bytes), np.uint8)
        if np.array_equal(fans[0], fans[1]):
            arrow.fans[1] = arrow.fans[0]

        self._fill_product(arrow, c, network, plan)

        # Where counts may fall, a max pool looks at whole windows again at every step.
        if c.kind.compares and (network.code.negative_spikes or network.input_code.encoded):
            windows = unroll(c, pre.shape, post.shape)
            arrow.row_first = self.keep(windows.indptr, np.int64)
            arrow.row_pre = self.keep(windows.indices, np.int32)

    def _fill_product(
        self, arrow: Arrow, c: Connection, network: SpikingNetwork, plan: Schedule
    ) -> None:
        """As a product, where one is exact in 32 bits."""
        pre, post = network.population(c.pre), network.population(c.post)
        lowest, highest = _sent(network, plan, pre)
        found = product(c, pre.shape, post.shape, lowest, highest)
        if plan.streaming and c.kind.compares:
            found = RUNS
        if not plan.streaming and self.layers[arrow.post].bits > 32:
            found = RUNS

        own = arrow.product
        own.means, own.canvas, own.adds = found.means, found.canvas, found.adds
        own.copies, own.positions = len(found.copies), len(found.base)
        own.segments, own.chunks = len(found.offset), found.chunks
        own.channels, own.groups = found.channels, found.groups
        own.inside, own.outside = found.inside, found.outside
        for i, name in enumerate(("copy_from", "copy_to", "copy_length")):
            setattr(own, name, self.keep(found.copies[:, i], np.int32))
        own.base = self.keep(found.base, np.int32)
        own.offset = self.keep(found.offset, np.int32)
        weights = found.packed()
        own.weights = self.keep(weights, weights.dtype)

    def into(self, counts: Counts, samples: int, rasters: int) -> None:
        """Point to `counts`, which the next runs fill."""
        self.head.samples, self.head.rasters = samples, rasters
        for layer, p in zip(self.layers, self.populations, strict=True):
            layer.spikes = _address(counts.spikes.get(p.name))
            layer.saturations = _address(counts.saturations.get(p.name))
            layer.raster = _address(counts.rasters.get(p.name))
            if p.kind.is_readout:
                layer.outputs = _address(counts.output(p.name))
                layer.columns = counts.outputs.shape[2]
        for arrow, c in zip(self.arrows, self.connections, strict=False):
            for i, ledger in enumerate(LEDGERS):
                arrow.operations[i] = _address(counts.synaptic_operations[ledger][c.name])

    def hear(self, events: dict[str, np.ndarray]) -> None:
        """Point to the `events` of the samples that run next."""
        for name, given in events.items():
            self.layers[self.number[name]].events = _address(given)


def _bytes(numbers: np.ndarray, count: int) -> np.ndarray:
    """(count, numbers) bytes, least significant first."""
    return np.stack([numbers >> (8 * byte) & 255 for byte in range(count)])


def _address(array: np.ndarray | None) -> int | None:
    return None if array is None else array.ctypes.data


def _driven(network: SpikingNetwork) -> Driven:
    """Where pixels go under the network's input code."""
    code: InputCode = network.input_code
    each_step = network.code.bias_each_step
    if code.integrates:
        return Driven.TO_BIAS
    if code.doubles:
        return Driven.TO_START
    if code.analog:
        return Driven.TIMES_TO_BIAS if each_step else Driven.TIMES_TO_START
    return Driven.NOWHERE


def _widths(network: SpikingNetwork, plan: Schedule, p: Population) -> tuple[int, int]:
    """Bits of the potentials of `p`, and of the sum that one step adds: what the worst case needs.

    A potential that is held may have been as large as the register before a step.
    """
    narrowest = 16
    if not plan.streaming:  # values are multiplied, and divided by way of float32
        narrowest = 32 if p.levels < 2**20 else 64
    adding = [c for c in network.incoming(p.name) if not c.kind.compares]
    drive = sum(c.largest_row() * _worth(plan, c.pre) for c in adding)
    potential = 2 * largest_of(network, plan, p) + plan.largest
    drive_bits = _bits(drive)
    return max(_bits(potential), drive_bits, narrowest), drive_bits


def _worth(plan: Schedule, pre: str) -> int:
    """Most that one spike of `pre` is worth; of a value all spikes are one."""
    window = plan.windows.get(pre)
    gains = window.gains if window and plan.streaming else ()
    return max(gains, default=1)


def _sent(network: SpikingNetwork, plan: Schedule, pre: Population) -> tuple[int, int]:
    """Lowest and highest value that a neuron of `pre` is multiplied with at once.

    A spike; in exact codes all that it transmits; of an analog input the pixel.
    """
    input_code = network.input_code
    if pre.kind.is_input and input_code.analog:
        levels = network.input_levels
        return (-levels if input_code.takes_negative else 0), levels
    if not plan.streaming:
        return 0, max(pre.levels, plan.windows[pre.name].length)
    signed = network.code.negative_spikes or input_code.encoded
    return (-1 if signed else 0), 1


def _bits(largest: int) -> int:
    return next((bits for bits in WIDTHS if largest < 2 ** (bits - 1)), WIDTHS[-1])
