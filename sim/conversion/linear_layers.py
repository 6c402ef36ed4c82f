"""Layers that only rewrite values: weights, batch norm, sums, padding, flattening; exactly, and in every position."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import SpikewattError
from ..network.geometry import Geometry
from .graph_values import NO_PADDING, Block, Term, Value, refused, taps


class LinearLayers:
    """Values behind each kind of linear layer; the name of a method is an underscore and the name of the Keras class."""

    def _kernel(self, layer, kernel, bias) -> tuple[np.ndarray, np.ndarray]:
        return np.asarray(kernel, np.float64), np.asarray(
            bias, np.float64
        ) if layer.use_bias else np.zeros(1)

    def _Dense(self, layer, value: Value) -> Value:
        kernel, bias = self._kernel(layer, layer.kernel, layer.bias)
        if len(layer.input.shape) != 2 or any(block.columns is None for block in value):
            raise refused(
                layer, "its input must be flat", layer.input.shape, "Flatten in front of it"
            )
        terms, total = [], bias
        for block in value:
            rows = kernel[block.columns]
            total = total + np.broadcast_to(block.bias, block.shape).reshape(-1) @ rows
            for term in block.terms:
                if term.kind == "dense":  # two linear layers are one
                    terms.append(replace(term, weights=term.weights @ rows))
                elif term.kind != "identity" or block.padding != NO_PADDING:
                    raise refused(
                        layer,
                        "a ReLU stands between a convolution and the next linear layer",
                        f"none after {block.name!r}",
                    )
                else:
                    scale = np.broadcast_to(term.weights, block.shape).reshape(-1)
                    terms.append(
                        Term(term.source, "dense", rows * scale[:, None], None, term.pooled)
                    )
        size = kernel.shape[1]
        return [
            Block(
                (size,),
                tuple(terms),
                np.broadcast_to(total, (size,)),
                layer.name,
                columns=np.arange(size),
            )
        ]

    def _Conv2D(self, layer, value: Value) -> Value:
        return self._convolve(layer, value, *self._kernel(layer, layer.kernel, layer.bias))

    def _SeparableConv2D(self, layer, value: Value) -> Value:
        depthwise, pointwise = (
            np.asarray(layer.depthwise_kernel, np.float64),
            np.asarray(layer.pointwise_kernel, np.float64),
        )
        bias = np.asarray(layer.bias, np.float64) if layer.use_bias else np.zeros(1)
        by_channel = pointwise.reshape(depthwise.shape[2], depthwise.shape[3], -1)
        return self._convolve(
            layer, value, np.einsum("abcm,cmo->abco", depthwise, by_channel), bias
        )

    def _convolve(self, layer, value: Value, kernel: np.ndarray, bias: np.ndarray) -> Value:
        self._plain_convolution(layer)
        geometry, shape = self._geometry(layer, value, kernel.shape[:2])
        terms, total, first = [], bias, 0
        for block in value:
            part = kernel[:, :, first : first + block.shape[2]]
            first += block.shape[2]
            total = total + _convolved_bias(block, geometry, shape, part, "all")
            for term in block.terms:
                if term.kind != "identity":
                    raise refused(
                        layer,
                        "a ReLU stands between two linear layers",
                        f"none after {block.name!r}",
                    )
                window = replace(
                    geometry, padding=_joined(geometry.padding, block.padding, layer, term)
                )
                terms.append(
                    Term(term.source, "conv2d", part * term.weights[:, None], window, term.pooled)
                )
        return [Block((*shape, kernel.shape[3]), tuple(terms), total, layer.name)]

    def _DepthwiseConv2D(self, layer, value: Value) -> Value:
        kernel, bias = self._kernel(layer, layer.kernel, layer.bias)
        self._plain_convolution(layer)
        geometry, shape = self._geometry(layer, value, kernel.shape[:2])
        result, first, multiplier = [], 0, kernel.shape[3]
        for block in value:
            channels = block.shape[2]
            part = kernel[:, :, first : first + channels]
            own = (
                bias[first * multiplier : (first + channels) * multiplier]
                if bias.size > 1
                else bias
            )
            first += channels
            terms = []
            for term in block.terms:
                if term.kind != "identity":
                    raise refused(
                        layer,
                        "a ReLU stands between two linear layers",
                        f"none after {block.name!r}",
                    )
                window = replace(
                    geometry, padding=_joined(geometry.padding, block.padding, layer, term)
                )
                terms.append(
                    Term(
                        term.source, "depthwise", part * term.weights[:, None], window, term.pooled
                    )
                )
            total = own + _convolved_bias(block, geometry, shape, part, "each")
            result.append(Block((*shape, channels * multiplier), tuple(terms), total, layer.name))
        return result

    def _plain_convolution(self, layer) -> None:
        if getattr(layer, "groups", 1) != 1 or tuple(layer.dilation_rate) != (1, 1):
            got = f"groups={getattr(layer, 'groups', 1)}, dilation_rate={layer.dilation_rate}"
            raise refused(layer, "must have groups=1 and dilation_rate=1", got)
        if layer.padding not in ("valid", "same"):
            raise refused(layer, "padding must be supported", layer.padding, "valid, same")

    def _geometry(self, layer, value: Value, window) -> tuple[Geometry, tuple[int, int]]:
        size = value[0].shape[:2]
        geometry = Geometry.of_keras(layer.padding, size, tuple(window), tuple(layer.strides))
        return geometry, geometry.output_size(size)

    def _BatchNormalization(self, layer, value: Value) -> Value:
        rank = len(layer.input.shape)
        if layer.axis not in (-1, rank - 1) and list(np.atleast_1d(layer.axis)) not in (
            [-1],
            [rank - 1],
        ):
            raise refused(layer, "axis must be the channels", layer.axis, -1)
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = 1.0 / np.sqrt(np.asarray(layer.moving_variance, np.float64) + layer.epsilon)
        if layer.scale:
            scale = scale * np.asarray(layer.gamma, np.float64)
        shift = (np.asarray(layer.beta, np.float64) if layer.center else 0.0) - np.asarray(
            layer.moving_mean, np.float64
        ) * scale
        result, first = [], 0
        for block in value:
            if block.columns is not None and rank == 2:
                own = block.columns
                if len(block.shape) != 1:
                    raise refused(
                        layer,
                        "stands in front of Flatten, or behind a Dense layer",
                        "behind Flatten",
                    )
            else:
                own = np.arange(first, first + block.shape[-1])
            first += block.shape[-1]
            terms = []
            for term in block.terms:
                by_channel = (
                    scale[own].reshape(term.weights.shape[2:])
                    if term.kind == "depthwise"
                    else scale[own]
                )
                terms.append(replace(term, weights=term.weights * by_channel))
            result.append(
                replace(block, terms=tuple(terms), bias=block.bias * scale[own] + shift[own])
            )
        return result

    def _Add(self, layer, *values: Value) -> Value:
        sizes = [[(block.shape, block.padding) for block in value] for value in values]
        if any(size != sizes[0] for size in sizes):
            raise refused(layer, "adds tensors of equal channels and padding", sizes)
        name = layer.name
        return [
            replace(
                blocks[0],
                terms=tuple(t for b in blocks for t in b.terms),
                bias=sum((b.bias for b in blocks), np.zeros(1)),
                name=name,
            )
            for blocks in zip(*values, strict=True)
        ]

    def _Concatenate(self, layer, *values: Value) -> Value:
        rank = len(layer.output.shape)
        if layer.axis not in (-1, rank - 1):
            raise refused(layer, "joins channels", f"axis {layer.axis}", -1)
        result, first = [], 0
        for value, source in zip(values, layer.input, strict=True):
            for block in value:
                columns = None if block.columns is None else block.columns + first
                result.append(replace(block, columns=columns))
            first += source.shape[-1]
        return result

    def _Flatten(self, layer, value: Value) -> Value:
        if value[0].columns is not None:
            return value
        rows, columns = value[0].shape[:2]
        channels = sum(block.shape[2] for block in value)
        at = np.arange(rows * columns * channels).reshape(rows, columns, channels)
        result, first = [], 0
        for block in value:
            result.append(
                replace(block, columns=at[:, :, first : first + block.shape[2]].reshape(-1))
            )
            first += block.shape[2]
        return result

    def _Reshape(self, layer, value: Value) -> Value:
        target = tuple(layer.output.shape[1:])
        if target == tuple(layer.input.shape[1:]):
            return value
        if len(target) != 1:
            raise refused(layer, "keeps the shape or flattens", target)
        return self._Flatten(layer, value)

    def _ZeroPadding2D(self, layer, value: Value) -> Value:
        (top, bottom), (left, right) = layer.padding
        result = []
        for block in value:
            if any(term.kind != "identity" for term in block.terms):
                raise refused(layer, "pads what a ReLU gives", f"{block.name!r}, which is not that")
            bias = np.broadcast_to(block.bias, block.shape)
            shape = (block.shape[0] + top + bottom, block.shape[1] + left + right, block.shape[2])
            (a, b), (c, d) = block.padding
            bias = (
                np.pad(bias, ((top, bottom), (left, right), (0, 0)))
                if block.bias.any()
                else np.zeros(1)
            )
            result.append(
                replace(
                    block,
                    shape=shape,
                    padding=((a + top, b + bottom), (c + left, d + right)),
                    bias=bias,
                )
            )
        return result


def _joined(inner, outer, layer, term: Term):
    """Padding of a convolution on a padded block."""
    if term.pooled is not None and outer != NO_PADDING:
        raise SpikewattError(
            f"convert: layer {layer.name!r}",
            "zero padding does not follow a merged average pool",
            outer,
        )
    return tuple((a + c, b + d) for (a, b), (c, d) in zip(inner, outer, strict=True))


def _convolved_bias(
    block: Block, geometry: Geometry, size, kernel: np.ndarray, channels: str
) -> np.ndarray:
    """What the bias of `block` becomes behind a convolution: under zero padding it depends on the position."""
    if not block.bias.any():
        return np.zeros(1)
    subscripts = "yxc,co->yxo" if channels == "all" else "yxc,cm->yxcm"
    bias = np.broadcast_to(block.bias, block.shape)
    total = sum(np.einsum(subscripts, tap, kernel[at]) for at, tap in taps(bias, geometry, size))
    return np.asarray(total).reshape(*size, -1)
