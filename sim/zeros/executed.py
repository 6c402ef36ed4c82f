"""The layers of an ANN that multiply, each on its own: what goes in, and how far it reaches.

They are found in the graph that a conversion reads, so that each is named as a trace names it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..conversion.graph.blocks import Block
from ..conversion.graph.graph import Graph, LayerCall
from ..conversion.graph.nodes import Node
from ..conversion.graph.terms import (
    Convolution1DTerm,
    ConvolutionTerm,
    DepthwiseTerm,
    IdentityTerm,
    Term,
)
from ..conversion.reading.order import arguments_of, sources_of
from ..conversion.reading.registry import Call, reader_of
from ..conversion.reading.rules import ReadingRules
from ..network.connection import ExecutedLayer
from ..network.geometry import Geometry


@dataclass(frozen=True, eq=False)
class Executed:
    """A layer of the ANN that multiplies.

    Parameters
    ----------
    layer : ExecutedLayer
        Its name and its multiply-accumulates, taps on padding included.
    population, connection : str
        Where a trace counts it.
    source : Keras tensor
        What the call takes.
    term : Term
        Its weights and its window, on its own input.
    before : Term, optional
        What the same call does to `source` first: a separable convolution is two layers.
    """

    layer: ExecutedLayer
    population: str
    connection: str
    source: Any
    term: Term
    before: Term | None = None

    @cached_property
    def reach(self) -> np.ndarray:
        """(inputs,) multiply-accumulates that each input takes part in, borders exact."""
        term = self.term
        shape = term.seen_shape
        outputs = term.kind.post_shape(self.layer.name, term.weights, term.geometry, shape)
        fan_out = term.kind.fan_out(term.weights, term.geometry, shape, outputs, False)
        return np.asarray(fan_out).reshape(-1)

    def inputs(self, source: np.ndarray) -> np.ndarray:
        """(samples, inputs) what the layer takes, from the values of `source`."""
        found = source.reshape(len(source), -1)
        if self.before is None:
            return found
        before = self.before
        made = before.apply(found.reshape(len(found), *before.shape))
        return made.reshape(len(made), -1)


def executed_layers(graph: Graph, rules: ReadingRules) -> tuple[Executed, ...]:
    """The layers that multiply, in the order in which Keras executes them.

    Parameters
    ----------
    graph : Graph
        As `reading.reader.read` returns it.
    rules : ReadingRules
        By which it was read.
    """
    places = _places(graph)
    seen: set[int] = set()
    found: list[Executed] = []
    for call in graph.calls:
        new = [layer for layer in _of_call(call) if id(layer) not in seen]
        new = list({id(layer): layer for layer in new}.values())
        if not new:
            continue
        seen |= {id(layer) for layer in new}
        found += _parts(call, new, places, rules)
    return tuple(found)


def _of_call(call: LayerCall) -> Iterator[ExecutedLayer]:
    """The executed layers on the paths of what a call made, old ones among them."""
    for node in call.nodes:
        for term in node.terms:
            yield from term.executed
    for block in call.value:
        for term in block.terms:
            yield from term.executed


def _places(graph: Graph) -> dict[int, tuple[str, str]]:
    """Id of an executed layer -> the population and the connection that a trace counts it with."""
    found: dict[int, tuple[str, str]] = {}
    for node in graph.nodes:
        for term, name in _connections(node):
            for layer in term.executed:
                found.setdefault(id(layer), (node.name, name))
    return found


def _connections(node: Node) -> Iterator[tuple[Term, str]]:
    """The terms of a population with the names that their connections get."""
    branches: dict[str, int] = {}
    for term in node.signals:
        branches[term.source] = number = branches.get(term.source, 0) + 1
        yield term, f"{term.source}->{node.name}" + (f"#{number}" if number > 1 else "")


def _parts(
    call: LayerCall,
    new: list[ExecutedLayer],
    places: dict[int, tuple[str, str]],
    rules: ReadingRules,
) -> Iterator[Executed]:
    """What one call executes: one layer, or the two of a separable convolution."""
    (source,) = sources_of(call.tensor)
    whole = _alone(call, source, rules)
    terms = [whole] if len(new) == 1 else _separated(call, whole)
    before = None
    for layer, term in zip(new, terms, strict=True):
        if id(layer) in places:  # else nothing leads from it to an output
            population, connection = places[id(layer)]
            yield Executed(layer, population, connection, source, term, before)
        before = term


def _alone(call: LayerCall, source, rules: ReadingRules) -> Term:
    """The path of a layer whose input is a population of its own."""
    shape = tuple(int(size) for size in source.shape[1:])
    columns = np.arange(shape[0]) if len(shape) == 1 else None
    own = IdentityTerm.of("input", shape)
    block = Block(shape, (own,), np.zeros(1), "input", columns=columns)

    def refuse(name: str, make) -> Node:
        raise AssertionError(f"{call.layer.name}: a carried input needs no other population")

    reader = reader_of(call.layer)
    assert reader is not None
    (made,) = reader(
        Call(
            call.layer,
            call.tensor,
            [source],
            inputs=[[block]],
            rules=rules,
            add=refuse,
            nodes={"input": Node("input", shape)},
            final=False,
            takers_of=lambda tensor: [],
            settle=lambda position, value: None,
            arguments=arguments_of(call.tensor),
        )
    )
    (term,) = made.terms
    return term


def _separated(call: LayerCall, whole: Term) -> list[Term]:
    """The depthwise window of a separable convolution, and its pointwise one."""
    depthwise = np.asarray(call.layer.depthwise_kernel, np.float64)
    pointwise = np.asarray(call.layer.pointwise_kernel, np.float64)
    first = DepthwiseTerm(whole.source, whole.shape, depthwise, _as_it_is, whole.geometry)

    axes = depthwise.ndim - 2
    shape = (*first.size, math.prod(depthwise.shape[-2:]))
    kind = Convolution1DTerm if axes == 1 else ConvolutionTerm
    one = Geometry((1,) * axes, (1,) * axes)
    return [first, kind(whole.source, shape, pointwise, _as_it_is, one)]


def _as_it_is(unit: np.ndarray) -> np.ndarray:
    return unit
