"""Layers of an int8 network: their constants for the kernels in C."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .c_text import Array, Declared, array, struct_text
from .geometry import Shape, Window
from .layouts import BLOCK, in_blocks, in_pairs_of_taps, whole_blocks
from .multipliers import Multiplier, requantised

FRACTION_BITS = 20  # of the common scale of an addition
RECIPROCAL_BITS = 24
MOST_TAPS = 255  # of a pool whose reciprocal is exact


@dataclass(frozen=True)
class Clamp:
    """Zero point and limits of an output."""

    zero: int
    low: int
    high: int

    @property
    def c(self) -> dict[str, int]:
        """Its fields."""
        return {"output_zero": self.zero, "low": self.low, "high": self.high}


@dataclass(frozen=True, eq=False)
class Layer(ABC):
    """One layer.

    Parameters
    ----------
    sources : tuple of int
        Tensors that it reads.
    target : int
        The tensor that it writes.
    """

    sources: tuple[int, ...]
    target: int
    kind: ClassVar[str] = ""

    @property
    @abstractmethod
    def operations(self) -> int:
        """Multiplications with weights; elements that are read, of a layer without weights."""

    @property
    def has_best(self) -> bool:
        """Whether the best kernel can compute it; else the plain one does."""
        return True

    @abstractmethod
    def declared(self, number: int, best: bool) -> Declared:
        """Its constants, called by its number, in the plain or in the best layout."""


@dataclass(frozen=True, eq=False)
class Weighted(Layer):
    """A layer with weights.

    Parameters
    ----------
    weights : int8
        Outputs first, but of a depthwise layer: (rows, columns, outputs).
    bias : int32 (outputs,)
    multipliers : tuple of Multiplier
        From sums to outputs, one for each output channel.
    input_zero : int
    clamp : Clamp
    """

    weights: np.ndarray
    bias: np.ndarray
    multipliers: tuple[Multiplier, ...]
    input_zero: int
    clamp: Clamp

    def channels(self, number: int, bias: np.ndarray) -> Array:
        """Bias, multiplier and shifts of each output channel."""
        rows = [
            f"{{{int(b)}, {m.value}, {m.left}, {m.right}}}"
            for b, m in zip(bias, self.multipliers, strict=True)
        ]
        return Array("Int8Channel", f"channels_{number}", rows)

    def bias_with_zero(self, weights: np.ndarray) -> np.ndarray:
        """The bias that stands for the zero point of the input, too; `weights` outputs first."""
        sums = weights.reshape(len(weights), -1).sum(axis=1, dtype=np.int64)
        return self.bias.astype(np.int64) - self.input_zero * sums

    def fields(self, number: int) -> dict[str, str]:
        """Those that all layers with weights have."""
        own = {"input_zero": self.input_zero, **self.clamp.c}
        own |= {"weights": f"weights_{number}", "channels": f"channels_{number}"}
        return {name: str(value) for name, value in own.items()}


@dataclass(frozen=True, eq=False)
class Dense(Weighted):
    """Every input reaches every output."""

    kind: ClassVar[str] = "dense"

    @property
    def operations(self) -> int:
        """Weights."""
        return self.weights.size

    def declared(self, number: int, best: bool) -> Declared:
        """As `Layer.declared`."""
        outputs, inputs = self.weights.shape
        fields = {"inputs": str(inputs), "outputs": str(outputs), **self.fields(number)}
        weights, bias = self.weights, self.bias
        if best:
            weights, bias = in_blocks(self.weights), self.bias_with_zero(self.weights)
        return Declared(
            struct="Int8Dense",
            fields=fields,
            kernel="int8_dense",
            source="int8_dense",
            arrays=(array("int8_t", f"weights_{number}", weights), self.channels(number, bias)),
            scratch_bytes=2 * whole_blocks(inputs) if best else 0,
        )


@dataclass(frozen=True, eq=False)
class Conv(Weighted):
    """Windows over all channels."""

    input: Shape
    output: Shape
    window: Window
    kind: ClassVar[str] = "conv"

    @property
    def operations(self) -> int:
        """Taps on padding included."""
        return self.output.rows * self.output.columns * self.weights.size

    def declared(self, number: int, best: bool) -> Declared:
        """As `Layer.declared`."""
        flat = self.weights.reshape(len(self.weights), -1)
        weights, bias, scratch = flat, self.bias, 0
        if best:
            weights, bias = in_blocks(flat), self.bias_with_zero(flat)
            scratch = 2 * 2 * whole_blocks(flat.shape[1])
        shapes = {"input": self.input.c, "output": self.output.c, "window": self.window.c}
        return Declared(
            struct="Int8Conv",
            fields={**shapes, **self.fields(number)},
            kernel="int8_conv",
            source="int8_conv",
            arrays=(array("int8_t", f"weights_{number}", weights), self.channels(number, bias)),
            scratch_bytes=scratch,
        )


@dataclass(frozen=True, eq=False)
class Depthwise(Weighted):
    """Windows over one channel each."""

    input: Shape
    output: Shape
    window: Window
    kind: ClassVar[str] = "depthwise"

    @property
    def multiplier(self) -> int:
        """Outputs of each input channel."""
        return self.output.channels // self.input.channels

    @property
    def operations(self) -> int:
        """Taps on padding included."""
        return self.output.size * self.window.taps

    @property
    def has_best(self) -> bool:
        """Four channels at once."""
        return self.multiplier == 1 and self.input.channels % BLOCK == 0

    def declared(self, number: int, best: bool) -> Declared:
        """As `Layer.declared`."""
        flat = self.weights.reshape(self.window.taps, -1)
        weights, bias, scratch = flat, self.bias, 0
        if best:
            weights, bias = in_pairs_of_taps(flat), self.bias_with_zero(flat.T)
            even = self.window.taps + self.window.taps % 2
            scratch = 2 * 4 * even + flat.size
        own = {"input": self.input.c, "output": self.output.c, "window": self.window.c}
        own["multiplier"] = str(self.multiplier)
        return Declared(
            struct="Int8Depthwise",
            fields={**own, **self.fields(number)},
            kernel="int8_depthwise",
            source="int8_depthwise",
            arrays=(array("int8_t", f"weights_{number}", weights), self.channels(number, bias)),
            scratch_bytes=scratch,
        )


@dataclass(frozen=True, eq=False)
class Pool(Layer):
    """Average or maximum of a window.

    Parameters
    ----------
    input, output : Shape
    window : Window
    clamp : Clamp
    """

    input: Shape
    output: Shape
    window: Window
    clamp: Clamp

    @property
    def operations(self) -> int:
        """Taps."""
        return self.output.size * self.window.taps

    def declared(self, number: int, best: bool) -> Declared:
        """As `Layer.declared`."""
        reciprocal = -(-(2**RECIPROCAL_BITS) // self.window.taps)
        fields = {
            "input": self.input.c,
            "output": self.output.c,
            "window": self.window.c,
            "low": str(self.clamp.low),
            "high": str(self.clamp.high),
            "reciprocal": str(reciprocal if best else 0),
        }
        return Declared("Int8Pool", fields, f"int8_{self.kind}", "int8_pool")


@dataclass(frozen=True, eq=False)
class AveragePool(Pool):
    """The mean of the taps that lie on the input."""

    kind: ClassVar[str] = "average_pool"

    @property
    def has_best(self) -> bool:
        """As long as the reciprocal is exact."""
        return self.window.taps <= MOST_TAPS


@dataclass(frozen=True, eq=False)
class MaxPool(Pool):
    """The largest tap."""

    kind: ClassVar[str] = "max_pool"


@dataclass(frozen=True, eq=False)
class Add(Layer):
    """The sum of two tensors of one shape.

    Parameters
    ----------
    elements : int
    zeros : tuple of two int
        Of the inputs.
    scaled : tuple of two Multiplier
        From the inputs to the common scale.
    sum : Multiplier
        From there to the output.
    clamp : Clamp
    """

    elements: int
    zeros: tuple[int, int]
    scaled: tuple[Multiplier, Multiplier]
    sum: Multiplier
    clamp: Clamp
    kind: ClassVar[str] = "add"

    @property
    def operations(self) -> int:
        """Elements of the output."""
        return self.elements

    def table(self, place: int) -> np.ndarray:
        """int32 (256,) what each value of an input is in the common scale."""
        zero, by = self.zeros[place], self.scaled[place]
        values = [requantised((x - zero) << FRACTION_BITS, by) for x in range(-128, 128)]
        return np.array(values, np.int32)

    def declared(self, number: int, best: bool) -> Declared:
        """As `Layer.declared`."""
        fields = {
            "elements": str(self.elements),
            "first_zero": str(self.zeros[0]),
            "second_zero": str(self.zeros[1]),
            "first": _channel(0, self.scaled[0]),
            "second": _channel(0, self.scaled[1]),
            "sum": _channel(self.clamp.zero, self.sum),
            "low": str(self.clamp.low),
            "high": str(self.clamp.high),
        }
        arrays: tuple[Array, ...] = ()
        if best:
            names = (f"first_scaled_{number}", f"second_scaled_{number}")
            arrays = tuple(array("int32_t", names[i], self.table(i)) for i in (0, 1))
            fields |= {"first_scaled": names[0], "second_scaled": names[1]}
        return Declared("Int8Add", fields, "int8_add", "int8_add", arrays)


@dataclass(frozen=True, eq=False)
class Softmax(Layer):
    """Shares of classes.

    Parameters
    ----------
    elements : int
    exponentials : int32 (entries,)
        As of `multipliers.softmax_exponentials`.
    """

    elements: int
    exponentials: np.ndarray
    kind: ClassVar[str] = "softmax"

    @property
    def operations(self) -> int:
        """Elements."""
        return self.elements

    @property
    def has_best(self) -> bool:
        """There is one kernel."""
        return False

    def declared(self, number: int, best: bool) -> Declared:
        """As `Layer.declared`."""
        name = f"exponentials_{number}"
        fields = {
            "elements": str(self.elements),
            "entries": str(len(self.exponentials)),
            "exponentials": name,
        }
        table = array("int32_t", name, self.exponentials)
        return Declared("Int8Softmax", fields, "int8_softmax", "int8_softmax", (table,))


def _channel(bias: int, by: Multiplier) -> str:
    fields = {"bias": bias, "multiplier": by.value, "left": by.left, "right": by.right}
    return struct_text(fields)
