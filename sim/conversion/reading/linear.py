"""Dense layers and batch norm: they rewrite values exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...network.connection import ExecutedLayer
from ...network.connection_kinds import Dense
from ..graph.blocks import Block, Value, with_channels
from ..graph.terms import DenseTerm, IdentityTerm, Term
from .registry import Call, reads
from .weights import array, bias_of, bias_size, executed_layer


@reads("Dense")
def dense(call: Call) -> Value:
    """y = x W + b; two dense layers without an activation between them are one linear map."""
    shape = call.sources[0].shape
    if len(shape) != 2 or any(block.columns is None for block in call.value):
        raise call.refused("its input must be flat", shape, "Flatten in front of it")

    kernel = array(call.layer.kernel)
    bias = bias_of(call.layer)
    size = kernel.shape[1]
    executed = executed_layer(call.layer.name, Dense(), kernel, 1, size)

    terms: list[Term] = []
    total = bias

    for block in call.value:
        rows = kernel[block.columns]
        before = np.broadcast_to(block.bias, block.shape)
        total = total + before.reshape(-1) @ rows
        for term in block.terms:
            terms.append(_multiplied(call, block, term, rows, executed))

    block = Block(
        (size,),
        tuple(terms),
        np.broadcast_to(total, (size,)),
        call.layer.name,
        columns=np.arange(size),
        bias_size=bias_size(call.value, kernel, bias),
    )
    return [block]


def _multiplied(
    call: Call,
    block: Block,
    term: Term,
    rows: np.ndarray,
    executed: ExecutedLayer,
) -> Term:
    """What `term` becomes when its block is multiplied by `rows` of a kernel."""
    path = (*term.executed, executed)
    if isinstance(term, DenseTerm):
        return term.then(lambda weights: weights @ rows, executed=path)

    if not isinstance(term, IdentityTerm) or block.padding:
        law = "a ReLU stands between a convolution and the next linear layer"
        raise call.refused(law, f"none after {block.name!r}")

    def by_row(scale: np.ndarray) -> np.ndarray:
        everywhere = np.broadcast_to(scale, block.shape)
        by_input = everywhere.reshape(-1)
        return rows * by_input[:, None]

    return term.then(by_row, DenseTerm, executed=path)


@reads("BatchNormalization")
def batch_normalization(call: Call) -> Value:
    """y = γ (x − μ) / √(σ² + ε) + β: a scale and a shift per channel."""
    rank = len(call.sources[0].shape)
    axes = list(np.atleast_1d(call.layer.axis))
    if axes not in ([-1], [rank - 1]):
        raise call.refused("axis must be the channels", call.layer.axis, -1)

    scale, shift = _scale_and_shift(call.layer)
    largest_scale = np.abs(scale).max()
    mean = array(call.layer.moving_mean)
    largest_mean = np.abs(mean * scale).max()

    result = []
    for block, channels in with_channels(call.value):
        if block.columns is not None and len(block.shape) != 1:
            law = "stands in front of Flatten, or behind a Dense layer"
            raise call.refused(law, "behind Flatten")

        # In a flat tensor the channels of a block need not lie side by side.
        own = channels if block.columns is None else block.columns
        changed = block.scaled(scale[own], shift[own])
        size = float(block.rounded * largest_scale + largest_mean)
        result.append(replace(changed, bias_size=size))

    return result


def _scale_and_shift(layer) -> tuple[np.ndarray, np.ndarray]:
    """(channels,) γ / √(σ² + ε), and β − μ times it."""
    variance = array(layer.moving_variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = 1.0 / np.sqrt(variance + layer.epsilon)

    if layer.scale:
        scale = scale * array(layer.gamma)

    beta = array(layer.beta) if layer.center else 0.0
    return scale, beta - array(layer.moving_mean) * scale
