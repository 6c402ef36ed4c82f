"""Populations that sum: ReLUs and outputs."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ....errors import SpikewattError
from ...network.connection_kinds import Identity
from ...network.neurons import RESETS
from ...network.population import (
    IntegrateAndFire,
    Population,
    Readout,
)
from ..clip_rules import Clip, Drive
from ..graph.nodes import Node, ReadoutNode, ReluNode
from ..graph.terms import IdentityTerm, Term
from . import rounding
from .draft import ONE, ZERO, Draft

SPIKE_NORM_STEPS = 100  # Sengupta et al. took 2,500: fewer steps may miss the largest sum
SPIKE_NORM_SAMPLES = 100


def add_relu(draft: Draft, node: ReluNode) -> None:
    """Neurons that fire."""
    unit, bias, alive = _connect(draft, node)
    _add_firing(draft, node, unit, bias, alive)


def add_readout(draft: Draft, node: ReadoutNode) -> None:
    """An output that integrates; or one that fires, and a population that counts its spikes."""
    unit, bias, alive = _connect(draft, node)
    if not draft.options.counts_output_spikes:
        each_step, at_once = _bias_apart(draft, bias)
        population = Population(
            node.name,
            node.shape,
            Readout(),
            ONE,
            each_step,
            at_once,
        )
        draft.add(population, unit)
        draft.output_units[node.name] = float(unit[0])
        return

    _add_firing(draft, node, unit, bias, alive)
    worth = draft.units[node.name]
    channels = node.shape[-1]
    count = draft.free_name(f"{node.name}.count")
    spikes = IdentityTerm.of(node.name, node.shape)
    draft.connect(spikes, count, Identity(), np.ones(channels))
    population = Population(count, node.shape, Readout(), ONE, ZERO, ZERO)
    draft.add(population, worth)
    draft.output_units[count] = float(worth[0])


def _bias_apart(draft: Draft, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A bias as what is added at every step, and what is added once."""
    if draft.options.spike_code.bias_each_step:
        return bias, ZERO
    return ZERO, bias


def _connect(draft: Draft, node: Node) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Connect the terms of `node`.

    Returns
    -------
    (unit, bias, alive) : (channels,) or (1,) unit of the weights, in the terms of Keras; integer
        bias; whether there is a weight that is not 0, like `unit`.
    """
    options = draft.options
    bias = draft.bias_of(node)
    value_per_level = _value_per_level(draft, node)
    limit = options.largest_weight

    unit = _weight_unit(draft, node)
    alive = unit > 0
    constant = rounding.unit_of_constant(bias, value_per_level, limit)
    unit = np.where(alive, unit, constant[: len(unit)])
    ratio = rounding.largest_ratio(limit, _most_levels(draft, node))
    unit = rounding.wide_enough(unit, bias, value_per_level, ratio)

    by_channel = np.broadcast_to(unit, (node.shape[-1],))
    for term in node.signals:
        weights = rounding.integer_weights(
            draft.per_spike(term),
            term.per_output_channel(by_channel),
            limit if term.kind.narrow else None,
        )
        draft.connect(term, node.name, term.kind, weights, term.geometry)

    return unit, rounding.integer_bias(bias, unit), alive


def _value_per_level(draft: Draft, node: Node, clip: Clip | None = None) -> np.ndarray:
    """λ / L, (channels,) or (1,); 0 for an output that does not fire."""
    if clip is None:
        clip = draft.clips.get(node.name, 0.0)
    return np.atleast_1d(clip) / max(draft.options.levels_of(node), 1)


def _most_levels(draft: Draft, node: Node) -> int:
    """The most that a source of `node` transmits in one inference."""
    sources = [draft.populations[term.source] for term in node.signals]
    return max((source.levels for source in sources), default=1)


def _weight_unit(draft: Draft, node: Node) -> np.ndarray:
    """(channels,) or (1,) unit of the weights into `node`, one for all of its terms.

    0 where all weights are 0. Weights that are as wide as they have to be do not count, unless
    all others are 0.
    """
    narrow = [term for term in node.signals if term.kind.narrow]
    wide = [term for term in node.signals if not term.kind.narrow]

    unit = _least_error_unit(draft, node, narrow)
    if unit.all() or not wide:
        return unit
    return np.where(unit > 0, unit, _least_error_unit(draft, node, wide))


def _least_error_unit(draft: Draft, node: Node, terms: list[Term]) -> np.ndarray:
    """(channels,) or (1,) the unit of `terms` together; 0 where their weights are 0."""
    options = draft.options
    one = not options.unit_per_channel or isinstance(node, ReadoutNode)
    units_wanted = 1 if one else node.shape[-1]
    if not terms:
        return np.zeros(units_wanted)

    sizes = [np.abs(draft.per_spike(term)).reshape(-1, units_wanted) for term in terms]
    grids = dict.fromkeys(float(draft.units[term.source].max()) for term in terms)
    return rounding.least_error_unit(np.concatenate(sizes), grids, options.largest_weight)


def _add_firing(
    draft: Draft,
    node: Node,
    unit: np.ndarray,
    bias: np.ndarray,
    alive: np.ndarray,
) -> None:
    """Neurons that fire: their threshold, where they start, and what a spike is worth."""
    options = draft.options
    method = draft.options.rules
    each_step, at_once = _bias_apart(draft, bias)

    drive = _drive(draft, node, each_step, unit)
    clip = method.clip_rule.in_spikes(draft.clips[node.name], drive)
    _check_resolution(node, clip, unit, alive)
    threshold = rounding.integer_threshold(_value_per_level(draft, node, clip), unit)

    population = Population(
        node.name,
        node.shape,
        IntegrateAndFire(),
        threshold,
        each_step,
        at_once + (threshold // 2 if method.half_start else 0),
        options.levels_of(node),
        RESETS[method.reset],
    )
    draft.add(population, threshold * unit)


def _check_resolution(
    node: Node,
    clip: Clip,
    unit: np.ndarray,
    alive: np.ndarray,
) -> None:
    """Raise where every channel with weights is coarser than the largest value it sends."""
    coarse = np.round(clip / unit) < 1
    coarse, alive = np.broadcast_arrays(coarse, alive)
    if alive.any() and coarse[alive].all():
        raise SpikewattError(
            f"convert: layer {node.name!r}",
            "its threshold is at least 1",
            "0 after rounding",
            hint="more weight_bits, or smaller weights in this layer: the largest are so large "
            "that those which the calibration data reach round to 0",
        )


def _drive(draft: Draft, node: Node, bias: np.ndarray, unit: np.ndarray) -> Drive:
    """What reaches `node` in one step, for the rules that ask for it."""
    terms = node.signals
    return Drive(
        largest_weights=[_largest_weight(draft, term) for term in terms],
        positive_sums=[_positive_sum(draft, term) for term in terms],
        positive_bias=float(np.maximum(node.bias, 0.0).max()),
        largest=partial(_simulated_drive, draft, node, bias, unit),
    )


def _largest_weight(draft: Draft, term: Term) -> float:
    """The largest weight, in the terms of Keras."""
    per_spike = np.abs(draft.per_spike(term)).max()
    return float(per_spike / draft.units[term.source].max())


def _positive_sum(draft: Draft, term: Term) -> float:
    """The largest value that a neuron gets when all inputs with a positive weight fire."""
    positive = np.maximum(draft.per_spike(term), 0.0)
    together = np.prod(term.pooled.window) if term.pooled else 1
    sums = positive.sum(axis=term.kind.summed_axes(positive.ndim))

    return float((sums * together).max())


def _simulated_drive(draft: Draft, node: Node, bias: np.ndarray, unit: np.ndarray) -> float:
    """The largest sum of a step, in value, when the layers before run on calibration data."""
    from ...engines.simulate import simulate

    probe = Population(node.name, node.shape, Readout(), ONE, bias, ZERO)
    x: Any = [part[:SPIKE_NORM_SAMPLES] for part in draft.calibration]
    x = x if len(x) > 1 else x[0]
    trace = simulate(draft.network(probe), x, "batched", SPIKE_NORM_STEPS)

    potentials = trace.outputs[..., -probe.size :]
    sums = np.diff(potentials, axis=1, prepend=0)
    by_channel = sums.reshape(-1, node.shape[-1]).max(axis=0)

    return float((by_channel * unit).max())
