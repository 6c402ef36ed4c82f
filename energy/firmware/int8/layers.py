"""Layers of an int8 network: their constants for the kernels in C."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
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
    has_weights: ClassVar[bool] = False

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
    has_weights: ClassVar[bool] = True

    @property
    @abstractmethod
    def rows(self) -> np.ndarray:
        """int8 (outputs, taps) its weights."""

    @property
    def starts(self) -> list[int]:
        """What is added to sum · multiplier, in units of 2^−32 of the shifted output.

        Bias, zero point of the input, two roundings, and zero point of the output.
        """
        sums = self.rows.sum(axis=1, dtype=np.int64)
        biases = self.bias.astype(np.int64) - self.input_zero * sums
        return [
            int(b) * m.value + 2**30 + (1 << (30 + m.right)) + (self.clamp.zero << (31 + m.right))
            for b, m in zip(biases, self.multipliers, strict=True)
        ]

    @property
    def has_best(self) -> bool:
        """As long as scales are below 1/2 and what is added fits 64 bits."""
        shifted = all(m.right >= 1 and m.left == 0 for m in self.multipliers)
        return shifted and all(abs(start) < 2**62 for start in self.starts)

    def scales(self, number: int, best: bool) -> tuple[str, Array]:
        """The name of the field, and what belongs to each output channel."""
        if best:
            rows = [
                f"{{{start}, {m.value}, {m.right - 1}}}"
                for start, m in zip(self.starts, self.multipliers, strict=True)
            ]
            return "scales", Array("Int8Scale", f"scales_{number}", rows)
        rows = [
            f"{{{int(b)}, {m.value}, {m.left}, {m.right}}}"
            for b, m in zip(self.bias, self.multipliers, strict=True)
        ]
        return "channels", Array("Int8Channel", f"channels_{number}", rows)

    def written(
        self,
        number: int,
        best: bool,
        own: Mapping[str, object],
        weights: np.ndarray,
        scratch_bytes: int,
    ) -> Declared:
        """As `Layer.declared`, from what only this kind of layer has."""
        constants = array("int8_t", f"weights_{number}", weights)
        field, scales = self.scales(number, best)
        common = {"input_zero": self.input_zero, **self.clamp.c}
        common |= {"weights": constants.name, field: scales.name}
        fields = {name: str(value) for name, value in {**own, **common}.items()}
        kernel = f"int8_{self.kind}"
        struct = f"Int8{self.kind.capitalize()}"
        return Declared(struct, fields, kernel, kernel, (constants, scales), scratch_bytes)


@dataclass(frozen=True, eq=False)
class Dense(Weighted):
    """Every input reaches every output."""

    kind: ClassVar[str] = "dense"

    @property
    def operations(self) -> int:
        """Weights."""
        return self.weights.size

    @property
    def rows(self) -> np.ndarray:
        """As they are."""
        return self.weights

    def declared(self, number: int, best: bool) -> Declared:
        """As `Layer.declared`."""
        outputs, inputs = self.weights.shape
        weights = in_blocks(self.weights) if best else self.weights
        scratch = 2 * whole_blocks(inputs) if best else 0
        return self.written(number, best, {"inputs": inputs, "outputs": outputs}, weights, scratch)


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

    @property
    def rows(self) -> np.ndarray:
        """Rows, columns and channels as taps."""
        return self.weights.reshape(len(self.weights), -1)

    def declared(self, number: int, best: bool) -> Declared:
        """As `Layer.declared`."""
        own = {"input": self.input.c, "output": self.output.c, "window": self.window.c}
        weights = in_blocks(self.rows) if best else self.weights
        scratch = 2 * 2 * whole_blocks(self.rows.shape[1]) if best else 0  # two columns of int16
        return self.written(number, best, own, weights, scratch)


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
        blocks = self.multiplier == 1 and self.input.channels % BLOCK == 0
        return blocks and super().has_best

    @property
    def rows(self) -> np.ndarray:
        """Outputs first."""
        return self.weights.reshape(self.window.taps, -1).T

    def declared(self, number: int, best: bool) -> Declared:
        """As `Layer.declared`."""
        own = {"input": self.input.c, "output": self.output.c, "window": self.window.c}
        taps = self.window.taps
        weights = in_pairs_of_taps(self.rows.T) if best else self.weights
        # Two tables of offsets, each of an even number of taps, and one window with its padding.
        scratch = 2 * 4 * (taps + taps % 2) + self.weights.size if best else 0
        return self.written(number, best, {**own, "multiplier": self.multiplier}, weights, scratch)


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
