"""Zeros of the ANN's activations, as a user gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ....errors import one_of
from ....sim.zeros.activation_zeros import ActivationZeros
from ....sim.zeros.given import GivenZeros, checked_zeros
from .parts import LayerQuantities
from .span import Span

Zeros = GivenZeros | None

WHERE = "rules.zeros"


def with_zeros(layers: Sequence[LayerQuantities], zeros: Zeros) -> tuple[LayerQuantities, ...]:
    """`layers` with the shares of zeros that are given, each else with its bounds.

    Parameters
    ----------
    layers : sequence of LayerQuantities
    zeros : float, mapping, ActivationZeros or None
        Share of zeros, 0..1: of all activations, or population -> of its own.

    Raises
    ------
    SpikewattError
        No share, or a population that feeds no layer.
    """
    if zeros is None:
        return tuple(layers)
    given = checked_zeros(WHERE, zeros)
    if isinstance(given, ActivationZeros):
        shares = _as_counted(layers, given)
    else:
        shares = _of_senders(layers, given)
    return tuple(
        replace(layer, zeros=Span.of(shares[layer.name])) if layer.name in shares else layer
        for layer in layers
    )


def _as_counted(layers: Sequence[LayerQuantities], given: ActivationZeros) -> dict[str, float]:
    """Connection -> share of its multiply-accumulates that meet a zero.

    Where another code names the connection otherwise, the share of its sender's zeros.
    """
    exact, of_senders = given.mac_shares, given.shares
    known = {layer.name: exact.get(layer.name, of_senders.get(layer.pre)) for layer in layers}
    return {name: share for name, share in known.items() if share is not None}


def _of_senders(
    layers: Sequence[LayerQuantities], given: float | Mapping[str, float]
) -> dict[str, float]:
    """Connection -> share of zeros among what its sender's neurons yield."""
    if not isinstance(given, Mapping):
        return {layer.name: given for layer in layers}
    law = "must name a population whose spikes feed a layer"
    senders = sorted({layer.pre for layer in layers})
    shares = {one_of(WHERE, law, name, senders): given[name] for name in given}
    return {layer.name: shares[layer.pre] for layer in layers if layer.pre in shares}
