"""What the kernel is given: the structures of network.h, field by field."""

from __future__ import annotations

import ctypes
from enum import IntEnum

from ...network.neurons import (
    Given,
    Integrate,
    IntegrateAndFire,
    LargestCount,
    Retracting,
    Silent,
)

Pointer, Int, Long = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64

RULES: dict[type, int] = {
    IntegrateAndFire: 0,
    Retracting: 1,
    LargestCount: 2,
    Integrate: 3,
    Given: 4,
    Silent: 5,
}
"""Firing rule -> its number in the kernel."""


class Driven(IntEnum):
    """Where the kernel puts the pixels of an input."""

    NOWHERE = 0
    TO_BIAS = 1
    TO_START = 2
    TIMES_TO_BIAS = 3
    TIMES_TO_START = 4


class Layer(ctypes.Structure):
    """One population; as `Layer` of network.h."""

    _fields_ = (
        *((name, Int) for name in ("size", "rule", "bits", "drive_bits")),
        *((name, Int) for name in ("zero", "is_input", "has_bias", "counted")),
        *((name, Int) for name in ("levels", "driven", "column", "columns")),
        *((name, Int) for name in ("opens", "length", "doubles", "held_back", "least", "pad")),
        ("largest", Long),
        *((name, Pointer) for name in ("start", "bias", "threshold", "inverse", "gains", "open")),
        *((name, Pointer) for name in ("events", "spikes", "outputs", "saturations", "raster")),
    )


class Multiplied(ctypes.Structure):
    """A connection as a product; as `Product` of network.h."""

    _fields_ = (
        *((name, Int) for name in ("means", "canvas", "adds", "copies")),
        *((name, Pointer) for name in ("copy_from", "copy_to", "copy_length")),
        *((name, Int) for name in ("positions", "channels", "segments", "chunks")),
        *((name, Pointer) for name in ("base", "offset")),
        *((name, Int) for name in ("groups", "inside", "outside", "pad")),
        ("weights", Pointer),
    )


class Arrow(ctypes.Structure):
    """One connection; as `Connection` of network.h."""

    _fields_ = (
        *((name, Int) for name in ("pre", "post", "form", "compares")),
        *((name, Pointer) for name in ("position", "channel", "first")),
        *((name, Pointer) for name in ("run_post", "run_weight", "run_length")),
        *((name, Pointer) for name in ("channel_post", "channel_weight", "weights")),
        ("row", Long),
        ("most", Long),
        ("fan_bytes", Long),
        ("fan", Long * 2),
        ("fans", Pointer * 2),
        ("operations", Pointer * 2),
        ("row_first", Pointer),
        ("row_pre", Pointer),
        ("product", Multiplied),
    )


class Head(ctypes.Structure):
    """A network; as `Network` of network.h."""

    _fields_ = (
        *((name, Int) for name in ("layers", "connections", "steps", "streaming")),
        *((name, Int) for name in ("signs", "pad")),
        *((name, Long) for name in ("samples", "rasters", "inputs")),
        ("layer", Pointer),
        ("connection", Pointer),
    )
