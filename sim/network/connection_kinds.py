"""The kinds of connections, by name. A new one is a class in kinds/, and a line here."""

from __future__ import annotations

from .kinds.grouped import GroupedConvolution, TransposedConvolution
from .kinds.kind import ConnectionKind, Dense, Identity, Synapses
from .kinds.windowed import Conv1D, Conv2D, Convolution, Depthwise, MaxPool, Pool, Windowed
from .named import by_name

__all__ = [
    "CONNECTION_KINDS",
    "ConnectionKind",
    "Conv1D",
    "Conv2D",
    "Convolution",
    "Dense",
    "Depthwise",
    "GroupedConvolution",
    "Identity",
    "MaxPool",
    "Pool",
    "Synapses",
    "TransposedConvolution",
    "Windowed",
]

CONNECTION_KINDS: dict[str, ConnectionKind] = by_name(
    (
        Dense(),
        Conv1D(),
        Conv2D(),
        GroupedConvolution(),
        TransposedConvolution(),
        Depthwise(),
        Identity(),
        Pool(),
        MaxPool(),
    )
)
