"""How sums are taken exactly: in bytes, in float32, or tap by tap in whole numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...network.connection_kinds import Conv1D, Conv2D, Dense
from ...network.geometry import Geometry
from . import eight_bit
from .blocks import block, traced
from .operators import Operator, import_tensorflow
from .parts import (
    BYTE,
    EXACT_FLOAT32,
    EXACT_INT32,
    Cut,
    Values,
    bound,
    digits_of,
    fewest,
    in_bytes,
    weight_digits,
)

FASTER = 4  # products of bytes in the time of one of float32


def whole_type(largest: int) -> type:
    """The narrower of int32 and int64 in which `largest` is exact."""
    return np.int32 if largest <= EXACT_INT32 else np.int64


class Kernel:
    """A way to multiply and add.

    Parameters
    ----------
    operator : of whole numbers, int64.
    values : what the weights see.

    Attributes
    ----------
    compiled : whether it has to be.
    cost : of one call, in products of float32.
    whole : type of the sums.
    """

    compiled = False
    cost: float = 1
    whole: type = np.int64

    def __init__(self, operator: Operator, values: Values):
        self.operator, self.values = operator, values

    @classmethod
    def can(cls, operator: Operator, values: Values) -> bool:
        """Whether its sums are exact there."""
        return True

    def products(self, x) -> list:
        """Sums of the parts of (batch, *pre shape) whole numbers."""
        raise NotImplementedError

    def total(self, products: list) -> Any:
        """What `products` found, put together; int32 where that fits, else int64."""
        raise NotImplementedError


class Whole(Kernel):
    """Whole numbers tap by tap: where each neuron hears few."""

    def __init__(self, operator: Operator, values: Values):
        super().__init__(operator, values)
        row = operator.largest_row(operator.weights)
        self.whole = whole_type(row * values.largest)
        self.weights = None
        if operator.weights is not None:
            self.weights = operator.weights.astype(self.whole)

    def products(self, x) -> list:
        """What is sent."""
        return [x]

    def total(self, products: list) -> Any:
        """All of it."""
        tf = import_tensorflow()
        (x,) = products
        if not self.operator.connection.kind.compares:
            x = tf.cast(x, self.whole)
        seen = self.operator.before(x)
        return self.operator.apply(self.operator, seen, self.weights)


class Float(Kernel):
    """float32, in as many parts as keep each sum at 2^24 or below; float64 where none do."""

    fused = False  # whether XLA is to fuse its steps

    def __init__(self, operator: Operator, values: Values):
        super().__init__(operator, values)
        row, weights = operator.largest_row, operator.numbers
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
        digits, parts = self.before(x), range(len(self.parts))
        return [self.apply(part, digit) for digit in digits for part in parts]

    def _apply(self, part: int, digit) -> Any:
        return self.operator.apply(self.operator, digit, self.weights[part])

    def _before(self, x) -> list:
        """The digits of what the weights see."""
        tf = import_tensorflow()
        if self.operator.connection.summed > 1 or len(self.digits) > 1:
            x = tf.cast(x, whole_type(self.values.largest))
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

    def __init__(self, operator: Operator, values: Values):
        super().__init__(operator, values)
        self.offset, self.digits, self.parts = self._plan(operator, values)
        self.cost = len(self.digits) * len(self.parts) / FASTER
        row, weights = operator.largest_row, operator.numbers
        reach = sum(a * b * bound(row, w, x) for a, x in self.digits for b, w in self.parts)

        inputs = tuple(range(weights.ndim - 1))
        self.correction = self.offset * weights.sum(axis=inputs)
        self.whole = whole_type(reach + int(np.abs(self.correction).max()))
        self.before = block(self._before)

        # One for each digit of the values and of the weights, made once: each is compiled.
        multiply = MULTIPLIED[type(operator.connection.kind)]
        self.multiply = []
        for padding in digits_of(self.offset, self.digits):
            of_digit = [partial(multiply, self.operator, w, padding) for _, w in self.parts]
            self.multiply.append([traced(function) for function in of_digit])

    @staticmethod
    def _plan(operator: Operator, values: Values) -> tuple[int, list, list]:
        """The offset, the digits of the values and those of the weights."""
        offset = values.largest if values.signed else 0
        shifted = Values(values.largest + offset)
        digits = shifted.digits(-(-shifted.bits // BYTE))
        return offset, digits, in_bytes(operator.numbers)

    @classmethod
    def can(cls, operator: Operator, values: Values) -> bool:
        """Whether there is such a kernel, and each sum fits int32."""
        geometry = operator.connection.geometry
        spread = geometry is not None and max(geometry.dilation) > 1
        if spread or not eight_bit.available():
            return False
        _, digits, parts = cls._plan(operator, values)
        bounds = [bound(operator.largest_row, w, x) for _, w in parts for _, x in digits]
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
        if is_byte and self.operator.connection.summed == 1:
            return [self.operator.before(x)]
        return self.before(x, is_byte)

    def _before(self, x, is_byte: bool) -> list:
        """As `_seen`."""
        tf = import_tensorflow()
        if not is_byte:
            x = tf.cast(x, whole_type(self.values.largest + self.offset))
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
