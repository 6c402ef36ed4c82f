"""Layer by layer, in order: each is calibrated against what the layers before it really send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...network.spiking_network import SpikingNetwork
from ..clip_rules import Clip
from ..graph.graph import Graph
from ..graph.nodes import InputNode, Node, ReadoutNode, ReluNode
from ..graph.terms import Term
from ..integers.draft import Draft
from ..integers.quantise import POPULATIONS
from ..options import ConversionOptions
from .clips import least_error_clips, quantised
from .passes import in_keras, in_spikes, input_levels, sent_levels
from .refit import Refit, targets
from .rows import REFITTED, Rows

MOST_ROWS = 30_000  # positions of a layer that it is calibrated on
ROUNDS = 2  # of a clip and what belongs to it
FITS = 3  # in a round: which neurons are silent changes with each
SHIFTS = 2  # of the bias, once a clip is there


def calibrate_in_order(
    graph: Graph,
    calibration: list[np.ndarray],
    options: ConversionOptions,
    told: Callable[[int], None] = lambda nodes: None,
) -> SpikingNetwork:
    """A network of integers whose every layer knows the errors of the layers before it.

    In topological order, each layer is compared with Keras on what already arrives in levels: its
    clip is the one of least error, its bias makes the mean of what it sends that of Keras, after
    the activation; with ``weights``, they are fitted again by least squares before they are
    rounded. A sum of several branches, such as that of a residual block, is one layer. Layers that
    were trained with levels stay as they are.

    Parameters
    ----------
    graph : Graph
        What was read of the Keras model.
    calibration : list of array, (samples, *shape)
        One array per input.
    options : ConversionOptions
        ``layer_by_layer`` says how.
    told : function, optional
        Called with the number of nodes that are done.

    References
    ----------
    Li et al., ICML 2021, arXiv:2106.06984 (calibration layer by layer); Nagel et al., ICCV 2019,
    arXiv:1906.04721 (bias correction in order).
    """
    clips: dict[str, Clip] = {}
    walk = _Walk(Draft(graph, clips, options, calibration, {}), clips)
    inputs = iter(calibration)
    last = {term.source: node for node in graph.nodes for term in node.terms}

    for done, node in enumerate(graph.nodes, 1):
        if isinstance(node, InputNode):
            walk.enter(node, next(inputs))
        elif isinstance(node, ReluNode | ReadoutNode):
            walk.calibrate(node)
        else:
            walk.repeat(node)
        walk.forget([name for name, reader in last.items() if reader is node])
        told(done)

    return walk.draft.network()


@dataclass(eq=False)
class _Walk:
    """Where the calibration has come to.

    Parameters
    ----------
    draft : Draft
        The network so far.
    clips : dict from name to array (channels,)
        λ so far; the draft reads them.
    values : dict from name to array (samples, *shape)
        What Keras computes.
    levels : dict from name to array (samples, *shape)
        What the populations send.
    """

    draft: Draft
    clips: dict[str, Clip]
    values: dict[str, np.ndarray] = field(default_factory=dict)
    levels: dict[str, np.ndarray] = field(default_factory=dict)

    def enter(self, node: InputNode, x: np.ndarray) -> None:
        """An input."""
        self._add(node)
        self.values[node.name] = x.reshape(len(x), *node.shape)
        self.levels[node.name] = input_levels(self.draft, node.name, x)

    def repeat(self, node: Node) -> None:
        """A pool: it has nothing to be calibrated."""
        self._add(node)
        self.values[node.name] = node.evaluate(self.values).astype(np.float32)
        self.levels[node.name] = sent_levels(self.draft, node.name, self.levels)

    def calibrate(self, node: ReluNode | ReadoutNode) -> None:
        """A layer that sums."""
        wanted = in_keras(node, self.values)
        changed = node
        if not isinstance(node, ReluNode):
            changed = self._calibrated(node, wanted, 0)
        elif node.levels:
            self.clips[node.name] = float(node.maximum or 1.0)
        else:
            changed = self._calibrated(node, wanted, self.draft.options.levels_of(node))

        self._add(changed)
        if isinstance(node, ReluNode):
            self.values[node.name] = np.clip(wanted, 0.0, node.maximum)
            self.levels[node.name] = sent_levels(self.draft, node.name, self.levels)

    def forget(self, names: list[str]) -> None:
        """What no later node reads."""
        for name in names:
            self.values.pop(name, None)
            self.levels.pop(name, None)

    def _add(self, node: Node) -> None:
        kind: type[Any] = type(node)
        POPULATIONS[kind](self.draft, node)

    def _calibrated(self, node: Node, wanted: np.ndarray, levels: int) -> Node:
        """`node` with another bias and other weights, and its clip noted."""
        options = self.draft.options
        rows = Rows.chosen(node, len(wanted), MOST_ROWS)
        layer = _Layer(
            wanted=rows.of(wanted),
            sums=rows.of(in_spikes(self.draft, node, self.levels)),
            levels=levels,
            largest=node.maximum if isinstance(node, ReluNode) else None,
            clip_by_channel=options.clip_by_channel,
        )
        refitted = self._refitted(node) if options.refits_weights else []
        columns = [
            rows.columns(term, self.levels[term.source], self.draft.units[term.source])
            for term in refitted
        ]
        layer.fit(columns)

        if levels:
            self.clips[node.name] = layer.clip
        return _with_change(node, refitted, layer.change, layer.bias)

    def _refitted(self, node: Node) -> list[Term]:
        return [term for term in node.signals if type(term) in REFITTED]


@dataclass(eq=False)
class _Layer:
    """Rows of a layer, and what is fitted to them.

    Parameters
    ----------
    wanted : array, (rows, channels)
        What Keras computes, before the activation.
    sums : array, (rows, channels)
        What arrives from quantised inputs.
    levels : int
        L; 0 of an output.
    largest : float or None
        Cap of the activation.
    clip_by_channel : bool
        Whether each channel has a clip of its own.
    """

    wanted: np.ndarray
    sums: np.ndarray
    levels: int
    largest: float | None
    clip_by_channel: bool

    def __post_init__(self):
        channels = self.wanted.shape[1]
        self.bias = np.zeros(channels)
        self.change = np.zeros((0, channels))
        self.activations = np.clip(self.wanted, 0.0, self.largest) if self.levels else self.wanted
        self.clip: Any = None

    def fit(self, columns: list[np.ndarray]) -> None:
        """Clip, bias and, where there are `columns`, a change of weights."""
        refit = Refit(np.concatenate(columns, axis=1)) if columns else None
        as_they_were = self.sums
        for _ in range(ROUNDS if self.levels else 1):
            self._choose_clip()
            for _ in range(FITS if self.levels else 1):
                wanted = targets(self.sums, self.wanted, self.clip)
                if refit is None:
                    self._shift(wanted - self.sums)
                    continue
                self.change, self.bias = refit.change(wanted - as_they_were)
                self.sums = as_they_were + refit.adds(self.change, self.bias)

        self._choose_clip()
        for _ in range(SHIFTS if self.levels else 0):
            self._shift(self.activations - quantised(self.sums, self.clip, self.levels))

    def _choose_clip(self) -> None:
        if self.levels:
            self.clip = least_error_clips(
                self.sums, self.activations, self.levels, by_channel=self.clip_by_channel
            )

    def _shift(self, missing: np.ndarray) -> None:
        """Move the mean of each channel."""
        mean = missing.mean(axis=0)
        self.bias = self.bias + mean
        self.sums = self.sums + mean


def _with_change(node: Node, refitted: list[Term], change: np.ndarray, bias: np.ndarray) -> Node:
    """`node` with `change`, (weights of a channel, channels), of the `refitted` terms, and `bias`.

    A weight that is zero stays so.
    """
    first = 0
    terms = []
    for term in node.terms:
        if any(term is each for each in refitted):
            last = first + term.weights[..., 0].size
            added = change[first:last].reshape(term.weights.shape)
            first = last
            term = _scaled(term, added)
        terms.append(term)
    return replace(node, terms=tuple(terms), bias=node.bias + bias)


def _scaled(term: Term, added: np.ndarray) -> Term:
    """`term` with `added` to its weights, in whatever unit they are asked for."""
    there = term.weights != 0
    factor = 1.0 + np.divide(added, term.weights, out=np.zeros_like(term.weights), where=there)
    return term.then(lambda weights: weights * factor)
