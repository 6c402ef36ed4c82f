"""The ANN with activations of few bits: what as many steps of spikes could carry, executed.

It is the graph that a conversion reads, with its clips, so that both sides have the same weights
and the same largest values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from ...errors import SpikewattError, whole_number
from ...models.decision import decided_by
from .calibration import check_excites, checked_inputs
from .clip_rules import Clip
from .clips import choose_clips, firing_nodes
from .graph.graph import Graph
from .graph.keras_values import activations_of
from .graph.live import summed_axes
from .graph.nodes import InputNode, Node, ReadoutNode, ReluNode, Values
from .graph.terms import Convolution1DTerm, ConvolutionTerm, Term
from .options import ConversionOptions
from .reading.reader import read
from .signature import takes_options

MOST_BITS = 16
BATCH = 64  # samples together


@dataclass(frozen=True, eq=False)
class FewBitNetwork:
    """An ANN whose activations have 2^k values, from 0 to the clip of their layer.

        y = λ round(clip(x / λ, 0, 1) (2^k − 1)) / (2^k − 1)

    A layer that was trained with fewer levels keeps them, and signed values have a sign beside
    their k bits. Weights are rounded as those of the spiking network are, inputs and biases are
    as they were.

    Parameters
    ----------
    graph : Graph
        With rounded weights, clips and levels.
    bits : int
        k.
    """

    graph: Graph
    bits: int

    def values(self, x) -> Iterator[Values]:
        """What each node transmits, some samples at a time.

        Parameters
        ----------
        x : array or list of array, (samples, *shape)
            Inputs as the Keras model takes them.
        """
        parts = x if isinstance(x, list | tuple) else [x]
        inputs = [node for node in self.graph.nodes if isinstance(node, InputNode)]
        for start in range(0, len(parts[0]), BATCH):
            found: Values = {}
            for node, part in zip(inputs, parts, strict=True):
                given = np.asarray(part[start : start + BATCH], np.float32)
                found[node.name] = given.reshape(len(given), *node.shape)
            for node in self.graph.nodes:
                if node.name not in found:
                    found[node.name] = node.evaluate(found).astype(np.float32)
            yield found

    def outputs(self, x) -> np.ndarray:
        """(samples, outputs) in front of a softmax or sigmoid; see `values`.

        Raises
        ------
        SpikewattError
            A model of several outputs.
        """
        readouts = [node for node in self.graph.nodes if isinstance(node, ReadoutNode)]
        if len(readouts) != 1:
            law = "has one output, which decides"
            raise SpikewattError("few-bit network", law, len(readouts))
        (readout,) = readouts
        return np.concatenate([found[readout.name] for found in self.values(x)])

    def predictions(self, x) -> np.ndarray:
        """(samples,) the class of the largest output; ties go to the lowest."""
        return decided_by(self.outputs(x))


@takes_options
def few_bits(
    model, calibration, code: str = "rate", *, activation_bits: int, **options
) -> FewBitNetwork:
    """A Keras network with `activation_bits` bits of activation, clipped where a conversion clips.

    Parameters
    ----------
    model : Keras model
        As of `convert`.
    calibration : array or list of array, (samples, *shape)
        Typical inputs, from which the clips are chosen as `convert` chooses them.
    activation_bits : int
        k, 1..16; of T steps `capacity_bits(T)`.
    OPTIONS

    Returns
    -------
    FewBitNetwork

    Raises
    ------
    SpikewattError : as `convert`; a width that is none.

    Examples
    --------
    >>> from spikewatt.models.networks import build_network
    >>> model = build_network("mlp-4-3-2", (2, 2, 1), 2)
    >>> images = np.linspace(0, 1, 40, dtype=np.float32).reshape(10, 2, 2, 1)
    >>> few_bits(model, images, activation_bits=2).predictions(images).shape
    (10,)
    """
    checked = ConversionOptions.checked("few_bits.", {"code": code, **options})
    samples = checked_inputs(model, calibration, checked)
    return with_few_bits(read(model, checked.reading_rules), samples, activation_bits, checked)


def with_few_bits(
    graph: Graph, calibration: list[np.ndarray], bits: int, options: ConversionOptions
) -> FewBitNetwork:
    """A graph that was read, with few bits; see `few_bits`.

    Parameters
    ----------
    graph : Graph
    calibration : list of array, (samples, *shape)
        One array per input.
    bits : int
        Of an activation.
    options : ConversionOptions
        Its method chooses the clips.
    """
    whole_number("few_bits.activation_bits", "must be a width", bits, 1, MOST_BITS)
    firing = firing_nodes(graph, options)
    activations = activations_of(graph, firing, calibration)
    check_excites(firing, activations, calibration, options)
    clips = choose_clips(firing, activations, options)

    width = options.weight_bits
    nodes = tuple(_rounded(node, clips, 2**bits - 1, width) for node in graph.nodes)
    return FewBitNetwork(replace(graph, nodes=nodes), bits)


def _rounded(node: Node, clips: Mapping[str, Clip], levels: int, weight_bits: int) -> Node:
    """A node with rounded weights and, if it rectifies, its clip and its levels."""
    terms = tuple(_with_few_bits(term, weight_bits) for term in node.terms)
    node = replace(node, terms=terms, bias=node.bias.astype(np.float32))
    if not isinstance(node, ReluNode) or 0 < node.levels <= levels:
        return node
    return replace(node, maximum=clips[node.name], levels=levels)


def _with_few_bits(term: Term, weight_bits: int) -> Term:
    """A path with weights of few bits, by the largest of each output channel."""
    term = _at_once(term)
    if not term.kind.narrow or term.full_scale:
        return replace(term, weights=term.weights.astype(np.float32))
    most = 2 ** (weight_bits - 1) - 1
    axes = summed_axes(term)
    largest = np.abs(term.weights).max(axis=axes, keepdims=True, initial=0.0)
    unit = np.where(largest > 0, largest, 1.0) / most
    weights = np.round(term.weights / unit) * unit
    return replace(term, weights=weights.astype(np.float32))


class _AllTaps(ConvolutionTerm):
    """A window over all channels, as one product of matrices: several times as fast."""

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Sum over the window of x W."""
        geometry = self.geometry
        assert geometry is not None
        seen = self.seen(x)
        padded = np.pad(seen, ((0, 0), *geometry.padding, (0, 0)))
        axes = tuple(range(1, padded.ndim - 1))
        windows = np.lib.stride_tricks.sliding_window_view(padded, geometry.reach, axes)
        positions = (slice(0, None, stride) for stride in geometry.strides)
        taps = (slice(0, None, apart) for apart in geometry.dilation)
        windows = windows[(slice(None), *positions, slice(None), *taps)]

        # (samples, *positions, channels, *taps) -> taps before channels, as the weights have them
        windows = np.moveaxis(windows, len(axes) + 1, -1)
        shape = windows.shape[: len(axes) + 1]
        rows = windows.reshape(-1, self.weights[..., 0].size)
        return (rows @ self.weights.reshape(rows.shape[1], -1)).reshape(*shape, -1)


def _at_once(term: Term) -> Term:
    """`term`, computed in one product if it is a window over all channels."""
    if type(term) not in (ConvolutionTerm, Convolution1DTerm):
        return term
    values = {field.name: getattr(term, field.name) for field in fields(term)}
    return _AllTaps(**values)
