"""What an int8 network that skips activations of zero has to do on a microcontroller.

Its dense layers and convolutions list the activations under a window that are not zero, and add
the row of weights of each, times what it is, to int32 sums; then sums become outputs. All other
layers are those of the ordinary int8 network: a depthwise layer has one weight per activation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatch
from math import prod
from typing import NamedTuple

from ...sim.network.connection_kinds import ConnectionKind, Conv1D, Conv2D, Dense
from ...sim.trace.blueprint import Blueprint
from ...sim.trace.layer_summary import LayerSummary
from ...sim.trace.trace import Trace
from ...sim.zeros.activation_zeros import ActivationZeros, LayerZeros
from ...sim.zeros.given import GivenZeros
from ..bill import INT8, ZERO_SKIPPING
from ..cards.card import Card
from ..cards.software_loops import (
    CHECK,
    LISTED,
    NONZERO_MAC,
    ORDINARY_KEYS,
    POSITION,
    SKIPPING_KEYS,
    SUM,
    ordinary_values,
    skipping_values,
)
from ..kernels.law import ELEMENT, LAYER
from ..kernels.versions import Library
from .software_limits import SoftwareNeed
from .software_work import Counts, channels_of, int8_work, priced_by

LISTED_BYTES = 8  # where the weights of a listed activation begin, and what it is


class Part(NamedTuple):
    """A layer of the int8 network that multiplies.

    Parameters
    ----------
    name : str
    kind : ConnectionKind
    macs, outputs, channels : int
        Multiply-accumulates, outputs, and channels that come out.
    """

    name: str
    kind: ConnectionKind
    macs: int
    outputs: int
    channels: int

    @property
    def positions(self) -> int:
        """Of its window; 1 of a dense layer."""
        return self.outputs // max(self.channels, 1)

    @property
    def taps(self) -> float:
        """Activations under its window, at all positions together."""
        return self.macs / max(self.channels, 1)


@singledispatch
def skips(kind: ConnectionKind) -> bool:
    """Whether a layer of this kind skips: one whose activations have rows of weights."""
    return False


@skips.register(Dense)
@skips.register(Conv1D)
@skips.register(Conv2D)
def _(kind: ConnectionKind) -> bool:
    return True


def parts_of(layer: LayerSummary) -> tuple[Part, ...]:
    """The layers of the int8 network in place of a connection that multiply."""
    if layer.executed is None:
        if not layer.kind.multiplies:
            return ()
        whole = (layer.kind, layer.macs, layer.post_neurons, layer.post_shape[-1])
        return (Part(layer.name, *whole),)
    return tuple(
        Part(each.name, each.kind, each.macs, each.outputs, channels_of(each))
        for each in layer.executed
    )


def skipping_work(layer: LayerSummary, zeros: GivenZeros, prunes: bool = False) -> Counts:
    """What the int8 network that skips does in place of one connection.

    Parameters
    ----------
    layer : LayerSummary
    zeros : float, mapping or ActivationZeros
        A share s of zeros leaves (1 − s) of the multiply-accumulates; what was counted is exact.
    prunes : bool, default False
        Whether the library of the layers that do not skip leaves out dead channels.

    Raises
    ------
    SpikewattError
        Zeros of another network.
    """
    parts = parts_of(layer)
    if not any(skips(part.kind) for part in parts):
        return int8_work(layer, prunes)

    done: Counter[str] = Counter()
    for part, nonzero_macs in zip(parts, _nonzero_macs(layer, parts, zeros), strict=True):
        if skips(part.kind):
            done.update(
                {
                    CHECK: part.taps,
                    LISTED: nonzero_macs / part.channels,
                    NONZERO_MAC: nonzero_macs,
                    SUM: part.outputs,
                    POSITION: part.positions,
                    LAYER: 1,
                }
            )
        else:
            mac = priced_by(part.kind).mac
            done.update({mac: part.macs, "cycles_per_output": part.outputs, LAYER: 1})
    if layer.pooled:
        done.update({ELEMENT: prod(layer.pre_shape), LAYER: 1})
    return dict(done)


def _nonzero_macs(layer: LayerSummary, parts: tuple[Part, ...], zeros: GivenZeros) -> list[float]:
    """Multiply-accumulates of each part whose activation is not zero."""
    if isinstance(zeros, ActivationZeros):
        counted: tuple[LayerZeros, ...] = zeros.of(layer)
        return [each.nonzero_macs for each in counted]
    if isinstance(zeros, Mapping):
        share = zeros.get(layer.pre, 0.0)
    else:
        share = zeros
    return [part.macs * (1.0 - share) for part in parts]


def skipping_need(need: SoftwareNeed, blueprint: Blueprint) -> SoftwareNeed:
    """Flash and RAM: those of the int8 network, and the longest list of activations."""
    taps = [
        part.taps / part.positions
        for layer in blueprint.layers
        for part in parts_of(layer)
        if skips(part.kind) and part.positions
    ]
    longest = round(max(taps, default=0.0))
    return replace(need, ram_bytes=need.ram_bytes + LISTED_BYTES * longest)


def skipping_lines(trace: Trace, zeros: GivenZeros, card: Card, library: Library) -> list[str]:
    """What a reader must know: where to skip pays, and how much of that is skipping itself.

    Parameters
    ----------
    trace : Trace
    zeros : float, mapping or ActivationZeros
    card : Card
        Of a microcontroller.
    library : Library
        Of its int8 network.
    """
    values = {**card.values, **skipping_values(card)}
    cycles = {key: quantity.value for key, quantity in values.items()}
    by_hand = ordinary_values(card)
    of_library: dict[str, float] = defaultdict(float)
    ordinary: dict[str, float] = defaultdict(float)
    skipping: dict[str, float] = defaultdict(float)
    for layer in trace.layers:
        done = skipping_work(layer, zeros, library.prunes)
        if NONZERO_MAC not in done:
            continue
        skipping[layer.post] += _cycles(done, cycles)
        of_library[layer.post] += _cycles(int8_work(layer, library.prunes), cycles)
        same = {key: count for key, count in done.items() if key not in SKIPPING_KEYS}
        ordinary[layer.post] += _cycles(same, cycles) + _cycles(_as_ordinary(layer), by_hand)

    if not skipping:
        return [f"{ZERO_SKIPPING}: no layer has rows of weights to skip; all as in {INT8}."]
    compared = _shares(skipping, of_library), _shares(skipping, ordinary)
    return [
        f"{ZERO_SKIPPING}: dense layers and convolutions multiply only activations that are not "
        f"zero, by loops written by hand, executed and counted; all else as in {INT8}. Cycles, of "
        f"{library}'s: {compared[0]}; of those of the same hand's ordinary loops, which is what "
        f"skipping itself saves: {compared[1]}."
    ]


def _as_ordinary(layer: LayerSummary) -> Counts:
    """What ordinary kernels of the same hand do in the layers that skip."""
    done: Counter[str] = Counter()
    for part in parts_of(layer):
        if skips(part.kind):
            counts = (part.macs, part.taps, part.outputs, part.positions)
            done.update(dict(zip(ORDINARY_KEYS, counts, strict=True)))
    return dict(done)


def _cycles(done: Counts, each: Mapping[str, float]) -> float:
    return sum(count * each[key] for key, count in done.items())


def _shares(these: Mapping[str, float], those: Mapping[str, float]) -> str:
    """Layer by layer, and all together where there are several."""
    shares = [f"{name} {these[name] / those[name]:.0%}" for name in these]
    if len(shares) > 1:
        shares.append(f"together {sum(these.values()) / sum(those.values()):.0%}")
    return ", ".join(shares)
