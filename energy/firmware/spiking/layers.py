"""Each connection of a spiking network as C: its tables and its function, by kind and quality."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from ....errors import SpikewattError
from ....sim.network.connection import Connection
from ....sim.network.connection_kinds import (
    ConnectionKind,
    Conv1D,
    Conv2D,
    Dense,
    Depthwise,
    Identity,
    Pool,
)
from ....sim.network.population import Population
from .c_text import array, structures
from .loops import Loop
from .tables import (
    NOWHERE,
    division,
    plane,
    reaches,
    seen_along,
    seen_neurons,
    spans,
    two_axes,
)

KINDS = (Dense, Conv1D, Conv2D, Depthwise, Pool, Identity)
WORD = 4  # bytes: rows of gathered weights are whole words


@dataclass(frozen=True)
class Arrow:
    """A connection with what its C needs.

    Parameters
    ----------
    number : of the connection; its tables are named after it.
    connection : Connection
    pre, post : Population
    loop : Loop, how it is computed.
    """

    number: int
    connection: Connection
    pre: Population
    post: Population
    loop: Loop

    @property
    def gathers(self) -> bool:
        """Whether its outputs gather what spiked, rather than each spike adding a row."""
        return self.loop.gathers and can_gather(self.connection)

    def name(self, of: str) -> str:
        """Of a table."""
        return f"{of}_{self.number}"


@dataclass(frozen=True)
class Kernel:
    """What becomes of a connection in C.

    Parameters
    ----------
    tables : declarations.
    call : the kernel's call, with ``@v``, ``@spikes``, ``@count`` and ``@worth`` left open: the
        last is the gain of a row add, or the shift of a gather.
    scratch : name -> (C type, numbers) of memory that it needs while it runs.
    """

    tables: str
    call: str
    scratch: dict[str, tuple[str, int]]

    def called(self, **chosen: str) -> str:
        """The call with what was left open: v, spikes, count and worth."""
        text = self.call
        for name, value in chosen.items():
            text = text.replace(f"@{name}", value)
        return text


def can_gather(connection: Connection) -> bool:
    """Whether outputs see inputs in rows that lie side by side, several outputs to an input."""
    kind, geometry = connection.kind, connection.geometry
    if isinstance(kind, Dense):
        return True
    if geometry is None or not isinstance(kind, Conv1D | Conv2D):
        return False
    return max(geometry.dilation) == 1


def kernel(arrow: Arrow) -> Kernel:
    """The C of a connection; SpikewattError for a kind that there is no kernel of."""
    return _kernel(arrow.connection.kind, arrow)


@singledispatch
def _kernel(kind: ConnectionKind, arrow: Arrow) -> Kernel:
    law = "has C for its kind of connection"
    where = f"firmware: connection {arrow.connection.name!r}"
    raise SpikewattError(where, law, kind, ", ".join(k.name for k in KINDS))


@_kernel.register
def _(kind: Dense, arrow: Arrow) -> Kernel:
    weights = arrow.connection.weights
    assert weights is not None
    tables, seen = _seen(arrow)
    outputs = weights.shape[1]
    name = arrow.name("weights")
    if not arrow.gathers:
        call = f"spiking_dense_rows(@v, {name}, {outputs}u, @spikes, @count, {seen}, @worth);"
        return Kernel(array(name, weights.astype(np.int8)) + tables, call, {})

    text, row_bytes = _words(name, weights, arrow.loop)
    call = (
        f"spiking_dense_gather(@v, {name}, {outputs}u, {row_bytes}u, @spikes, @count, "
        f"{seen}, active, @worth);"
    )
    return Kernel(text + tables, call, {"active": ("uint32_t", arrow.loop.chunk)})


@_kernel.register(Conv1D)
@_kernel.register(Conv2D)
def _(kind: ConnectionKind, arrow: Arrow) -> Kernel:
    weights = arrow.connection.weights
    assert weights is not None
    if arrow.gathers:
        return _window_gather(arrow, weights)
    outputs = weights.shape[-1]
    return _window_rows(arrow, weights, outputs, channel=(0, outputs))


@_kernel.register
def _(kind: Depthwise, arrow: Arrow) -> Kernel:
    weights = arrow.connection.weights
    assert weights is not None
    multiplier = weights.shape[-1]
    return _window_rows(arrow, weights, multiplier, channel=(multiplier, multiplier))


@_kernel.register
def _(kind: Pool, arrow: Arrow) -> Kernel:
    return _window_rows(arrow, None, 1, channel=(1, 0))


@_kernel.register
def _(kind: Identity, arrow: Arrow) -> Kernel:
    weights = arrow.connection.weights
    assert weights is not None
    tables, seen = _seen(arrow)
    channels = weights.size
    shape = division(arrow.post.size, channels)
    name = arrow.name("weights")
    call = f"spiking_identity(@v, {name}, @spikes, @count, {seen}, {shape.text}, @worth);"
    return Kernel(array(name, weights.astype(np.int32)) + tables, call, {})


def _seen(arrow: Arrow) -> tuple[str, str]:
    """The table of neurons that the weights see, and its name; a null pointer where it is none."""
    seen = seen_neurons(arrow.connection, arrow.pre.shape)
    if seen is None:
        return "", "(const uint16_t *)0"
    name = arrow.name("seen")
    return array(name, seen.astype(np.uint16)), name


def _words(name: str, weights: np.ndarray, loop: Loop) -> tuple[str, int]:
    """Rows (…, outputs) of weights padded to whole words, as the loop stores them."""
    outputs = weights.shape[-1]
    row_bytes = -(-outputs // WORD) * WORD
    padded = np.zeros((weights.size // outputs, row_bytes), np.int64)
    padded[:, :outputs] = weights.reshape(-1, outputs)
    stored = (padded + loop.weight_bias) & 0xFF
    return array(name, stored.astype(np.uint8)), row_bytes


def _window_rows(
    arrow: Arrow, weights: np.ndarray | None, outputs: int, channel: tuple[int, int]
) -> Kernel:
    """Spike by spike, through tables of what each row and column of the population reaches."""
    connection = arrow.connection
    assert connection.geometry is not None
    geometry = two_axes(connection.geometry)
    pre, post = plane(arrow.pre.shape), plane(arrow.post.shape)
    seen = plane(connection.seen(arrow.pre.shape))

    tap_size = 0 if weights is None else weights.size // int(np.prod(geometry.window))
    of_axis = (
        (0, seen.rows, post.rows, post.columns * post.channels, geometry.window[1] * tap_size),
        (1, seen.columns, post.columns, post.channels, tap_size),
    )
    texts, axes = [], []
    for axis, size, positions, target, weight in of_axis:
        found = reaches(geometry, axis, size, positions)
        first = np.cumsum([0, *map(len, found)]).astype(np.uint16)
        rows = [(at * target, tap * weight) for reach in found for at, tap in reach]
        names = arrow.name(f"first{axis}"), arrow.name(f"reach{axis}")
        texts += [array(names[0], first), structures(names[1], "SpikingReach", rows or [(0, 0)])]
        axes.append(f"(SpikingAxis){{{names[0]}, {names[1]}}}")

    places = []
    for row in seen_along(connection, pre)[0]:
        for column in seen_along(connection, pre)[1]:
            inside = row >= 0 and column >= 0
            places.append((int(row), int(column)) if inside else (NOWHERE, NOWHERE))
    texts.append(structures(arrow.name("places"), "SpikingPlace", places))

    name = "(const int8_t *)0"
    if weights is not None:
        name = arrow.name("weights")
        texts.append(array(name, weights.astype(np.int8)))
    call = (
        f"spiking_window_rows(@v, {name}, {outputs}u, @spikes, @count, "
        f"{division(arrow.pre.size, pre.channels).text}, {arrow.name('places')}, {axes[0]}, "
        f"{axes[1]}, (SpikingChannel){{{channel[0]}u, {channel[1]}u}}, @worth);"
    )
    return Kernel("".join(texts), call, {})


def _window_gather(arrow: Arrow, weights: np.ndarray) -> Kernel:
    """Position by position, from the spikes that lie in its window."""
    connection = arrow.connection
    assert connection.geometry is not None
    geometry = two_axes(connection.geometry)
    pre, post = plane(arrow.pre.shape), plane(arrow.post.shape)
    outputs = weights.shape[-1]

    name = arrow.name("weights")
    text, row_bytes = _words(name, weights, arrow.loop)
    column_bytes = weights.shape[-2] * row_bytes
    line_bytes = geometry.window[1] * column_bytes

    seen_rows, seen_columns = seen_along(connection, pre)
    inside = (seen_rows[:, None] >= 0) & (seen_columns >= 0)
    places = seen_rows[:, None] * line_bytes + seen_columns * column_bytes
    texts = [text, array(arrow.name("places"), np.where(inside, places, -1).astype(np.int32))]
    for axis, seen, positions, size in (
        (0, seen_rows, post.rows, line_bytes),
        (1, seen_columns, post.columns, column_bytes),
    ):
        rows = [(s.start, s.stop, s.origin * size) for s in spans(geometry, axis, seen, positions)]
        texts.append(structures(arrow.name(f"span{axis}"), "SpikingSpan", rows))

    call = (
        f"spiking_window_gather(@v, {name}, {outputs}u, {row_bytes}u, @spikes, @count, "
        f"{division(arrow.pre.size, pre.channels).text}, {arrow.name('places')}, "
        f"{pre.rows}u, {pre.columns}u, {arrow.name('span0')}, {post.rows}u, "
        f"{arrow.name('span1')}, {post.columns}u, first, offsets, active, @worth);"
    )
    scratch = {
        "active": ("uint32_t", arrow.loop.chunk),
        "first": ("uint16_t", pre.positions + 1),
        "offsets": ("int32_t", arrow.pre.size),
    }
    return Kernel("".join(texts), call, scratch)
