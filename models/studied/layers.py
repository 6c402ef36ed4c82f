"""The vocabulary of ``data/architectures.yaml``: one class for each kind of layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from ...errors import SpikewattError, one_of
from .assembly import Assembly

SHARE_OF_CORRECTED = 0.05  # that dropout drops after a corrected block
Norm = Literal["before", "after"]  # batch norm, of the activation


class Layer(Protocol):
    """One line of an architecture."""

    weighted: bool
    """Whether it has weights, and so a number of its own."""

    def add(self, assembly: Assembly, x, index: int, number: int):
        """Put it after `x`.

        Parameters
        ----------
        index : int
            Of the line in the architecture.
        number : int
            Of the layer among those with weights.
        """
        ...


@dataclass(frozen=True)
class Convolution:
    """Square windows; then batch norm and the activation."""

    conv: int
    window: int = 3
    stride: int = 1
    padding: Literal["same", "valid"] = "same"
    bias: bool = False
    norm: Norm | None = None
    weighted = True

    def add(self, assembly: Assembly, x, index: int, number: int):
        return assembly.unit(
            x,
            key=f"layer{number}",
            kind=assembly.convolution(self.conv, self.window, self.stride, self.padding),
            bias=self.bias,
            norm=self.norm,
        )


@dataclass(frozen=True)
class Depthwise:
    """A window of its own for each channel."""

    depthwise: int
    window: int = 3
    norm: Norm | None = None
    weighted = True

    def add(self, assembly: Assembly, x, index: int, number: int):
        return assembly.unit(
            x,
            key=f"layer{number}",
            kind=assembly.depthwise(self.window, self.depthwise),
            norm=self.norm,
        )


@dataclass(frozen=True)
class Block:
    """Two convolutions with batch norm, plus the input; the activation after the sum.

    A shortcut that changes the shape is a convolution, with batch norm unless it is `plain`.
    """

    block: int
    stride: int = 1
    bias: bool = False
    plain: bool = False
    weighted = True

    def add(self, assembly: Assembly, x, index: int, number: int):
        key, bias = f"layer{number}", self.bias
        first = assembly.convolution(self.block, 3, self.stride)
        second = assembly.convolution(self.block, 3)

        y = assembly.unit(x, f"{key}.a", first, bias, norm="before")
        y = assembly.unit(y, f"{key}.b", second, bias, norm="before", fires=False)
        if self.stride > 1 or x.shape[-1] != self.block:
            x = assembly.unit(
                x,
                key=f"{key}.short",
                kind=assembly.convolution(self.block, 1, self.stride),
                bias=bias,
                norm=None if self.plain else "before",
                fires=False,
                shares_bias=True,
            )
        return assembly.fire(assembly.sum(key, y, x), key)


@dataclass(frozen=True)
class SumBlock:
    """Two convolutions with the activation, plus the input; nothing after the sum.

    A shortcut that changes the shape is a convolution with the activation, too. A `corrected`
    block begins with a convolution of 1 x 1, from which both branches go, and ends with dropout.
    """

    sum_block: int
    stride: int = 1
    corrected: bool = False
    weighted = True

    def add(self, assembly: Assembly, x, index: int, number: int):
        key = f"layer{number}"
        convolution = assembly.convolution

        if self.corrected:
            x = assembly.unit(x, f"{key}.pre", convolution(self.sum_block, 1))
        y = assembly.unit(x, f"{key}.a", convolution(self.sum_block, 3, self.stride))
        y = assembly.unit(y, f"{key}.b", convolution(self.sum_block, 3))
        if self.stride > 1 or x.shape[-1] != self.sum_block:
            x = assembly.unit(x, f"{key}.short", convolution(self.sum_block, 1, self.stride))
        x = assembly.sum(key, y, x)
        return assembly.dropout(key, SHARE_OF_CORRECTED, x) if self.corrected else x


@dataclass(frozen=True)
class MaxPool:
    """The largest of each window."""

    max: int
    weighted = False

    def add(self, assembly: Assembly, x, index: int, number: int):
        return assembly.layers.MaxPooling2D(self.max, name=f"pool{index}")(x)


@dataclass(frozen=True)
class MeanPool:
    """The mean of each window."""

    mean: int
    weighted = False

    def add(self, assembly: Assembly, x, index: int, number: int):
        return assembly.layers.AveragePooling2D(self.mean, name=f"pool{index}")(x)


@dataclass(frozen=True)
class Dropout:
    """Values that training drops at random."""

    dropout: float
    weighted = False

    def add(self, assembly: Assembly, x, index: int, number: int):
        return assembly.layers.Dropout(self.dropout, name=f"dropout{index}")(x)


@dataclass(frozen=True)
class GlobalMean:
    """The mean of each channel."""

    weighted = False

    def add(self, assembly: Assembly, x, index: int, number: int):
        return assembly.layers.GlobalAveragePooling2D(name="mean")(x)


@dataclass(frozen=True)
class Flatten:
    """All values as one row."""

    weighted = False

    def add(self, assembly: Assembly, x, index: int, number: int):
        return assembly.layers.Flatten(name="flatten")(x)


@dataclass(frozen=True)
class Dense:
    """Every neuron sees every value; then batch norm and the activation."""

    dense: int
    bias: bool = False
    norm: Norm | None = None
    weighted = True

    def add(self, assembly: Assembly, x, index: int, number: int):
        return assembly.unit(
            x,
            key=f"layer{number}",
            kind=assembly.dense(self.dense),
            bias=self.bias,
            norm=self.norm,
        )


@dataclass(frozen=True)
class Output:
    """One neuron for each class; a softmax."""

    output: int
    bias: bool = False
    weighted = True

    def add(self, assembly: Assembly, x, index: int, number: int):
        return assembly.output(x, f"layer{number}", self.output, self.bias)


# By the key that names the kind; a line of a single word has no values.
KINDS = {
    "conv": Convolution,
    "depthwise": Depthwise,
    "block": Block,
    "sum_block": SumBlock,
    "max": MaxPool,
    "mean": MeanPool,
    "dropout": Dropout,
    "dense": Dense,
    "output": Output,
}
WORDS = {"global_mean": GlobalMean, "flatten": Flatten}


def layer_of(said: object) -> Layer:
    """The layer that a line of an architecture names.

    Raises
    ------
    SpikewattError : unknown kind, or a key that the kind does not have.

    Examples
    --------
    >>> layer_of({"conv": 16, "window": 5})
    Convolution(conv=16, window=5, stride=1, padding='same', bias=False, norm=None)
    >>> layer_of("flatten")
    Flatten()
    """
    if not isinstance(said, dict):
        return WORDS[one_of("architecture", "must name a layer", str(said), WORDS)]()

    kind = next((key for key in said if key in KINDS), None)
    if kind is None:
        raise SpikewattError("architecture", "a layer has a kind", said, ", ".join(KINDS))
    try:
        return KINDS[kind](**said)
    except TypeError as error:
        raise SpikewattError(f"architecture, {kind}", "has known keys", said) from error


def with_dropout(layers: Iterable[Layer], shares: Iterable[float]) -> tuple[Layer, ...]:
    """The same layers, where dropout has other shares, one for each.

    Examples
    --------
    >>> with_dropout([Dropout(0.2), Flatten(), Dropout(0.2)], [0.1, 0.3])
    (Dropout(dropout=0.1), Flatten(), Dropout(dropout=0.3))
    """
    rest = iter(shares)
    return tuple(Dropout(next(rest)) if isinstance(item, Dropout) else item for item in layers)
