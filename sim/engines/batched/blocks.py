"""Functions of tensors that XLA fuses into one pass where a run is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .operators import import_tensorflow


def block(function: Callable) -> Callable:
    """`function`, fused by XLA where it is called inside of a compiled run; else as it is.

    A run as a whole is not: XLA's own convolutions are slow, those of 3 x 3 neurons on an image of
    2 x 2 more than a hundred times.
    """
    tf = import_tensorflow()
    fused = tf.function(function, jit_compile=True, autograph=False)

    def call(*given) -> Any:
        if tf.inside_function():
            return fused(*given)
        return function(*given)

    return call


def traced(function: Callable) -> Callable:
    """`function`, whose kernels exist in a compiled run only: on its own it is compiled alone."""
    tf = import_tensorflow()
    alone = tf.function(function, autograph=False, reduce_retracing=True)

    def call(*given) -> Any:
        if tf.inside_function():
            return function(*given)
        return alone(*given)

    return call
