"""Shapes and windows of int8 layers."""

from __future__ import annotations

from dataclasses import dataclass

from .c_text import struct_text


@dataclass(frozen=True)
class Shape:
    """An image: rows, columns, channels."""

    rows: int
    columns: int
    channels: int

    @property
    def size(self) -> int:
        """Elements."""
        return self.rows * self.columns * self.channels

    @property
    def c(self) -> str:
        """As C."""
        fields = {"rows": self.rows, "columns": self.columns, "channels": self.channels}
        return struct_text(fields)


@dataclass(frozen=True)
class Axis:
    """A window along rows or columns.

    Parameters
    ----------
    size, stride, dilation : int
        Taps, steps between positions, steps between taps.
    before : int
        Of padding.
    """

    size: int
    stride: int
    dilation: int
    before: int


def axis(inputs: int, outputs: int, size: int, stride: int, dilation: int, same: bool) -> Axis:
    """A window with the padding that TensorFlow Lite gives it: the larger half comes after.

    Examples
    --------
    >>> axis(inputs=28, outputs=14, size=3, stride=2, dilation=1, same=True).before
    0
    """
    reach = (size - 1) * dilation + 1
    padding = max((outputs - 1) * stride + reach - inputs, 0) if same else 0
    return Axis(size, stride, dilation, padding // 2)


@dataclass(frozen=True)
class Window:
    """What a convolution or a pool sees at once."""

    rows: Axis
    columns: Axis

    @property
    def taps(self) -> int:
        """Pixels."""
        return self.rows.size * self.columns.size

    @property
    def c(self) -> str:
        """As C."""
        return struct_text(
            {
                "rows": self.rows.size,
                "columns": self.columns.size,
                "row_stride": self.rows.stride,
                "column_stride": self.columns.stride,
                "row_dilation": self.rows.dilation,
                "column_dilation": self.columns.dilation,
                "rows_before": self.rows.before,
                "columns_before": self.columns.before,
            }
        )
