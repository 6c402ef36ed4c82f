"""Two windows without a ReLU between them are one window."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from ....network.geometry import Geometry
from ...graph.terms import Convolution1DTerm, ConvolutionTerm, DepthwiseTerm, GroupedTerm, Term

LARGEST = 2**24  # weights of the one window


def composed(
    first: ConvolutionTerm,
    kernel: np.ndarray,
    geometry: Geometry,
    kind: type[ConvolutionTerm],
    executed: tuple,
) -> Term | None:
    """`first` and a window after it as one; None where no window is that.

    Zeros around what the first one gives are none around what it sees, unless it sees one neuron.

    Parameters
    ----------
    first : ConvolutionTerm
        The path so far.
    kernel : array
        Of the second window.
    geometry : Geometry
        Of the second window.
    kind : type of ConvolutionTerm
        Of the second window.
    executed : tuple of ExecutedLayer
        By both.
    """
    before = first.geometry
    assert before is not None
    if kind is GroupedTerm or isinstance(first, GroupedTerm):
        return None

    strides = before.strides
    pointwise = math.prod(before.window) == 1 and set(strides) == {1} and not before.padded
    if not pointwise and not _without_gaps(before, geometry):
        return None

    both_by_channel = kind is DepthwiseTerm and isinstance(first, DepthwiseTerm)
    dense = Convolution1DTerm if geometry.axes == 1 else ConvolutionTerm
    result = DepthwiseTerm if both_by_channel else dense
    together = _together(first, kind)

    if pointwise:
        one = geometry

        def weights_of(weights: np.ndarray) -> np.ndarray:
            return together(weights.reshape(weights.shape[-2:]), kernel)

    else:
        axes = zip(before.window, geometry.window, strides, strict=True)
        reach = [first + (second - 1) * stride for first, second, stride in axes]
        window = tuple(int(n) for n in reach)
        steps = tuple(int(n) for n in np.multiply(strides, geometry.strides))
        one = Geometry(window, steps, before.padding)

        def weights_of(weights: np.ndarray) -> np.ndarray:
            return _summed(weights, kernel, window, strides, together)

    inputs, outputs = first.shape[-1], kernel.shape[-1]
    if math.prod(one.window) * inputs * outputs > LARGEST:
        return None
    return first.then(weights_of, result, geometry=one, executed=executed)


def _without_gaps(before: Geometry, after: Geometry) -> bool:
    """Whether the second window sees no zeros, and both together leave no input between taps."""
    dilated = max(*before.dilation, *after.dilation) > 1
    axes = zip(before.window, before.strides, after.window, strict=True)
    dense = all(k >= s or second == 1 for k, s, second in axes)
    return not after.padded and not dilated and dense


def _together(first: ConvolutionTerm, kind: type[ConvolutionTerm]):
    """Weights of one tap of the first window, times those of the second one."""
    from_each = isinstance(first, DepthwiseTerm)
    to_each = kind is DepthwiseTerm

    def product_of(tap: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        *window, inputs, outputs = kernel.shape
        if not from_each and not to_each:
            return np.einsum("ic,...co->...io", tap, kernel)
        if not from_each:
            spread = np.einsum("ic,...cm->...icm", tap, kernel)
            return spread.reshape(*window, len(tap), inputs * outputs)

        by_input = kernel.reshape(*window, *tap.shape, outputs)
        if not to_each:
            return np.einsum("cm,...cmo->...co", tap, by_input)
        spread = np.einsum("cm,...cmn->...cmn", tap, by_input)
        return spread.reshape(*window, len(tap), -1)

    return product_of


def _summed(weights, kernel, window, strides, together) -> np.ndarray:
    """Every tap of the first window under every tap of the second one."""
    taps_before = weights.shape[:-2]
    taps_after = kernel.shape[:-2]
    total = None

    for tap in product(*map(range, taps_before)):
        part = together(weights[tap], kernel)
        if total is None:
            total = np.zeros((*window, *part.shape[-2:]))
        under = [
            slice(at, at + (count - 1) * stride + 1, stride)
            for at, count, stride in zip(tap, taps_after, strides, strict=True)
        ]
        total[tuple(under)] += part

    assert total is not None
    return total
