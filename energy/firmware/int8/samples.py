"""Layers of random weights, in shapes whose cycles are measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .geometry import Shape, Window, axis
from .graph import Int8Graph
from .layers import Add, AveragePool, Clamp, Conv, Dense, Depthwise, Layer, MaxPool, Softmax
from .multipliers import quantised, softmax_exponentials

CLAMP = Clamp(-5, -128, 127)
SCALE = 0.003  # from a sum to an output
SEED = 20


@dataclass(frozen=True, eq=False)
class Sample:
    """One layer as a graph.

    Parameters
    ----------
    name : str
        Its shape, and the network it is known from.
    graph : Int8Graph
    """

    name: str
    graph: Int8Graph

    @property
    def layer(self) -> Layer:
        """The only one."""
        return self.graph.layers[0]


def samples() -> list[Sample]:
    """A few layers of each kind, most of them from LeNet and from MLPerf Tiny's networks."""
    images = Shape(32, 32, 16), Shape(25, 5, 64), Shape(12, 12, 20), Shape(24, 24, 20)
    return [
        dense("dense 64-48, digits", 64, 48),
        dense("dense 640-128, AD", 640, 128),
        dense("dense 800-500, LeNet", 800, 500),
        conv("conv 5x5 1-20, LeNet", Shape(28, 28, 1), 20, 5, same=False),
        conv("conv 5x5 20-50, LeNet", images[2], 50, 5, same=False),
        conv("conv 3x3 16-16, IC", images[0], 16, 3),
        conv("conv 1x1 64-64, KWS", images[1], 64, 1),
        depthwise("depthwise 3x3 64, KWS", images[1], 3),
        pool("average pool 2x2, LeNet", AveragePool, images[3], 2),
        pool("average pool 5x5, 64 channels", AveragePool, images[1], 5),
        pool("max pool 2x2", MaxPool, images[3], 2),
        add("add 32x32x16, IC", images[0].size),
        softmax("softmax of 10", 10),
    ]


def dense(name: str, inputs: int, outputs: int) -> Sample:
    """Every input to every output."""
    weights = _weights((outputs, inputs))
    return _sample(name, Dense(**_weighted(outputs), weights=weights), inputs, outputs)


def conv(name: str, shape: Shape, filters: int, size: int, same: bool = True) -> Sample:
    """Square windows of stride 1."""
    output = _output(shape, filters, size, 1, same)
    layer = Conv(
        **_weighted(filters),
        weights=_weights((filters, size, size, shape.channels)),
        input=shape,
        output=output,
        window=_window(shape, output, size, 1, same),
    )
    return _sample(name, layer, shape.size, output.size)


def depthwise(name: str, shape: Shape, size: int) -> Sample:
    """Square windows of stride 1, of the size of the image."""
    layer = Depthwise(
        **_weighted(shape.channels),
        weights=_weights((size, size, shape.channels)),
        input=shape,
        output=shape,
        window=_window(shape, shape, size, 1, same=True),
    )
    return _sample(name, layer, shape.size, shape.size)


def pool(name: str, kind: type[AveragePool | MaxPool], shape: Shape, size: int) -> Sample:
    """Square windows side by side."""
    output = _output(shape, shape.channels, size, size, same=False)
    layer = kind(
        sources=(0,),
        target=1,
        input=shape,
        output=output,
        window=_window(shape, output, size, size, same=False),
        clamp=CLAMP,
    )
    return _sample(name, layer, shape.size, output.size)


def add(name: str, elements: int) -> Sample:
    """A tensor and itself."""
    half = quantised(0.5)
    layer = Add(
        sources=(0, 0),
        target=1,
        elements=elements,
        zeros=(3, 3),
        scaled=(half, half),
        sum=quantised(2**-19 * 0.7),
        clamp=CLAMP,
    )
    return _sample(name, layer, elements, elements)


def softmax(name: str, elements: int) -> Sample:
    """Of one vector."""
    layer = Softmax((0,), 1, elements=elements, exponentials=softmax_exponentials(0.05))
    return _sample(name, layer, elements, elements)


def _sample(name: str, layer: Layer, inputs: int, outputs: int) -> Sample:
    return Sample(name, Int8Graph((layer,), {0: inputs, 1: outputs}, 0, 1, 1.0, 0))


def _weights(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(SEED).integers(-127, 128, shape).astype(np.int8)


def _weighted(outputs: int) -> dict:
    return {
        "sources": (0,),
        "target": 1,
        "bias": np.arange(outputs, dtype=np.int32),
        "multipliers": (quantised(SCALE),) * outputs,
        "input_zero": 3,
        "clamp": CLAMP,
    }


def _output(shape: Shape, channels: int, size: int, stride: int, same: bool) -> Shape:
    lost = 0 if same else size - 1
    rows, columns = (-(-(n - lost) // stride) for n in (shape.rows, shape.columns))
    return Shape(rows, columns, channels)


def _window(shape: Shape, output: Shape, size: int, stride: int, same: bool) -> Window:
    return Window(
        axis(shape.rows, output.rows, size, stride, 1, same),
        axis(shape.columns, output.columns, size, stride, 1, same),
    )
