"""What a connection adds up, in whole numbers and exactly, by the fastest kernel that is exact."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...network.connection_kinds import (
    Conv1D,
    Conv2D,
    Dense,
    Depthwise,
    GroupedConvolution,
    Identity,
    MaxPool,
    Pool,
    TransposedConvolution,
)
from ...network.geometry import Geometry
from . import eight_bit
from .blocks import block, traced
from .operators import OPERATIONS, Operator, import_tensorflow
from .parts import EXACT_FLOAT32, EXACT_INT32, Cut, Values, bound, cut, digits_of, fewest, weight_digits

BYTE = 8  # bits
FASTER = 4  # products of bytes in the time of one of float32


def whole_type(largest: int) -> type:
    """The narrower of int32 and int64 in which `largest` is exact."""
    return np.int32 if largest <= EXACT_INT32 else np.int64


class Sums:
    """One connection: (batch, *pre shape) whole numbers to (batch, *post shape) sums.

    `products` and `total` follow each other. The first calls kernels; the second is arithmetic,
    neuron by neuron, that may be fused with what is done with the sums.

    Parameters
    ----------
    operator : of whole numbers, int64.
    values : what is sent.
    compiled : bool, whether it may use kernels that have to be compiled.
    """

    def __init__(self, operator: Operator, values: Values, compiled: bool = True):
        connection = operator.connection
        self.operator, self.connection = operator, connection
        self.values = Values(values.largest * connection.summed, values.signed)
        self.kernel = _fastest(self, compiled)
        self.together = block(self.total)

    def __call__(self, x) -> Any:
        """Weighted sums (max_pool: largest value of each window)."""
        return self.together(self.products(x))

    def products(self, x) -> list:
        """Sums of the parts; see parts.py."""
        return self.kernel.products(x)

    def total(self, products: list) -> Any:
        """The sums, int32 where they fit, else int64 (max_pool: of the type of what was sent)."""
        return self.kernel.total(products)

    def largest_row(self, weights: np.ndarray) -> int:
        """Largest Σ |w| into one neuron."""
        c = self.connection
        return c.kind.largest_row(weights, c.geometry)

    @property
    def weights(self) -> np.ndarray:
        """Whole numbers, int64."""
        assert self.operator.weights is not None
        return self.operator.weights


class Kernel:
    """A way to multiply and add.

    Attributes
    ----------
    cost : of one call, in products of float32.
    whole : type of the sums.
    """

    compiled = False  # whether it has to be
    cost: float = 1
    whole: type = np.int64

    def __init__(self, sums: Sums):
        self.sums, self.operator = sums, sums.operator

    @classmethod
    def can(cls, sums: Sums) -> bool:
        """Whether its sums are exact there."""
        return True

    def products(self, x) -> list:
        """See `Sums.products`."""
        raise NotImplementedError

    def total(self, products: list) -> Any:
        """See `Sums.total`."""
        raise NotImplementedError


class Whole(Kernel):
    """Whole numbers tap by tap: where each neuron hears few."""

    def __init__(self, sums: Sums):
        super().__init__(sums)
        self.whole: type = np.int64
        weights = self.operator.weights
        row = sums.largest_row(weights) if weights is not None else sums.connection.largest_row()
        if row * sums.values.largest <= EXACT_INT32:
            self.whole = np.int32
        self.weights = None if weights is None else weights.astype(self.whole)

    def products(self, x) -> list:
        """What is sent."""
        return [x]

    def total(self, products: list) -> Any:
        """All of it."""
        tf = import_tensorflow()
        (x,) = products
        if not self.sums.connection.kind.compares:
            x = tf.cast(x, self.whole)
        seen = self.operator.before(x)
        return self.operator.apply(self.operator, seen, self.weights)


class Float(Kernel):
    """float32, in as many parts as keep each sum at 2^24 or below; float64 where none do."""

    fused = False  # whether XLA is to fuse its steps

    def __init__(self, sums: Sums):
        super().__init__(sums)
        row, weights, values = sums.largest_row, sums.weights, sums.values
        self.type: type = np.float32
        found = fewest(row, weights, values, EXACT_FLOAT32)
        if not found.passes:
            self.type, found = np.float64, Cut(1, 1)
        self.cost = found.passes

        self.digits = values.digits(found.values)
        self.parts = weight_digits(weights, found.weights)
        reach = sum(a * b * bound(row, w, x) for a, x in self.digits for b, w in self.parts)
        self.whole = whole_type(reach)
        self.weights = [part.astype(self.type) for _, part in self.parts]
        self.before = block(self._before)
        self.apply = block(self._apply) if self.fused else self._apply

    def products(self, x) -> list:
        """A float product of each digit of the values with each of the weights."""
        return [self.apply(part, digit) for digit in self.before(x) for part in self._part_numbers()]

    def _part_numbers(self) -> range:
        return range(len(self.parts))

    def _apply(self, part: int, digit) -> Any:
        return self.operator.apply(self.operator, digit, self.weights[part])

    def _before(self, x) -> list:
        """The digits of what the weights see."""
        tf = import_tensorflow()
        if self.sums.connection.summed > 1 or len(self.digits) > 1:
            x = tf.cast(x, whole_type(self.sums.values.largest))
        seen = self.operator.before(x)
        digits = _digits_of(seen, self.digits)
        return [tf.cast(digit, self.type) for digit in digits]

    def total(self, products: list) -> Any:
        """Each product times its worth."""
        tf = import_tensorflow()
        worths = [a * b for a, _ in self.digits for b, _ in self.parts]
        whole = [tf.cast(product, self.whole) for product in products]
        return _weighted_sum(worths, whole, self.whole)


class FusedFloat(Float):
    """As `Float`, for what is no kernel of TensorFlow's, but many small steps."""

    fused = True


class Bytes(Kernel):
    """Products of bytes, added in int32; see eight_bit.py.

    A number below zero is sent as a byte with an offset o: Σ w x = Σ w (x + o) − o Σ w. The padding
    is then o, so that it counts for nothing.
    """

    compiled = True

    def __init__(self, sums: Sums):
        super().__init__(sums)
        self.offset, self.digits, self.parts = self._plan(sums)
        self.cost = len(self.digits) * len(self.parts) / FASTER
        row = sums.largest_row
        reach = sum(a * b * bound(row, w, x) for a, x in self.digits for b, w in self.parts)

        weights = sums.weights
        inputs = tuple(range(weights.ndim - 1))
        self.correction = self.offset * weights.sum(axis=inputs)
        self.whole = whole_type(reach + int(np.abs(self.correction).max()))
        self.before = block(self._before)

        # One for each digit of the values and of the weights, made once: each is compiled.
        multiply = MULTIPLIED[type(sums.connection.kind)]
        self.multiply = []
        for padding in digits_of(self.offset, self.digits):
            of_digit = [partial(multiply, self.operator, w, padding) for _, w in self.parts]
            self.multiply.append([traced(function) for function in of_digit])

    @staticmethod
    def _plan(sums: Sums) -> tuple[int, list, list]:
        """The offset, the digits of the values and those of the weights."""
        values, weights = sums.values, sums.weights
        offset = values.largest if values.signed else 0
        shifted = Values(values.largest + offset)
        digits = shifted.digits(-(-shifted.bits // BYTE))

        return offset, digits, in_bytes(weights)

    @classmethod
    def can(cls, sums: Sums) -> bool:
        """Whether there is such a kernel, and each sum fits int32."""
        geometry = sums.connection.geometry
        spread = geometry is not None and max(geometry.dilation) > 1
        if spread or not eight_bit.available():
            return False
        _, digits, parts = cls._plan(sums)
        bounds = [bound(sums.largest_row, w, x) for _, w in parts for _, x in digits]
        return max(bounds) <= EXACT_INT32

    def products(self, x) -> list:
        """A product of bytes of each digit of the values with each of the weights."""
        products = []
        for digit, by_part in zip(self._seen(x), self.multiply, strict=True):
            products += [multiply(digit) for multiply in by_part]
        return products

    def _seen(self, x) -> list:
        """The digits of what the weights see, as bytes."""
        is_byte = x.dtype == np.uint8 and len(self.digits) == 1 and not self.offset
        if is_byte and self.sums.connection.summed == 1:
            return [self.operator.before(x)]
        return self.before(x, is_byte)

    def _before(self, x, is_byte: bool) -> list:
        """As `_seen`."""
        tf = import_tensorflow()
        if not is_byte:
            x = tf.cast(x, whole_type(self.sums.values.largest + self.offset))
        seen = self.operator.before(x)
        if self.offset:
            seen = seen + self.offset
        return [tf.cast(digit, tf.uint8) for digit in _digits_of(seen, self.digits)]

    def total(self, products: list) -> Any:
        """Each product times its worth, less what the offset added."""
        tf = import_tensorflow()
        worths = [a * b for a, _ in self.digits for b, _ in self.parts]
        whole = [tf.cast(product, self.whole) for product in products]
        total = _weighted_sum(worths, whole, self.whole)
        if self.offset:
            total = total - self.correction.astype(self.whole)
        return total


def in_bytes(weights: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Worth and digits of whole numbers, each digit a signed byte, as few as there can be."""
    count = 1
    while True:
        found = cut(weights, BYTE, count)
        _, highest = found[-1]
        if highest.min(initial=0) >= -128 and highest.max(initial=0) <= 127:
            return found
        count += 1


def _digits_of(x, digits: list[tuple[int, Values]]) -> list:
    """The digits of whole numbers, as `Values.digits` cuts them."""
    tf = import_tensorflow()
    if len(digits) == 1:
        return [x]

    found = []
    for place, (worth, values) in enumerate(digits):
        digit = tf.bitwise.right_shift(x, tf.constant(worth.bit_length() - 1, x.dtype))
        if place < len(digits) - 1:
            digit = tf.bitwise.bitwise_and(digit, tf.constant(values.largest, x.dtype))
        found.append(digit)
    return found


def _weighted_sum(worths: list[int], parts: list, dtype: type) -> Any:
    total = None
    for worth, part in zip(worths, parts, strict=True):
        weighted = part if worth == 1 else part * dtype(worth)
        total = weighted if total is None else total + weighted
    return total


# Bytes of each kind that has a kernel for them: what the weights see onto sums.


def _dense(operator: Operator, weights: np.ndarray, padding: int, x) -> Any:
    tf = import_tensorflow()
    flat = tf.reshape(x, (-1, len(weights)))
    return eight_bit.matrix_multiplied(flat, weights)


def _conv2d(operator: Operator, weights: np.ndarray, padding: int, x) -> Any:
    return eight_bit.multiplied(x, weights, operator.geometry, padding)


def _conv1d(operator: Operator, weights: np.ndarray, padding: int, x) -> Any:
    g = operator.geometry
    flat = Geometry((1, *g.window), (g.strides[0], *g.strides), ((0, 0), *g.padding))
    sums = eight_bit.multiplied(x[:, None], weights[None], flat, padding)
    return sums[:, 0]


MULTIPLIED: dict[type, Callable] = {Dense: _dense, Conv1D: _conv1d, Conv2D: _conv2d}

KERNELS: dict[type, tuple[type[Kernel], ...]] = {
    Dense: (Bytes, Float),
    Conv1D: (Bytes, Float),
    Conv2D: (Bytes, Float),
    Depthwise: (Whole,),
    GroupedConvolution: (FusedFloat,),
    TransposedConvolution: (FusedFloat,),
    Identity: (Whole,),
    Pool: (Whole,),
    MaxPool: (Whole,),
}
assert KERNELS.keys() == OPERATIONS.keys()


def _fastest(sums: Sums, compiled: bool) -> Kernel:
    """The kernel of least cost that is exact."""
    kinds = KERNELS[type(sums.connection.kind)]
    allowed = [kind for kind in kinds if compiled or not kind.compiled]
    kernels = [kind(sums) for kind in allowed if kind.can(sums)]
    return min(kernels, key=lambda kernel: kernel.cost)
