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
    senders = {layer.pre for layer in layers}
    given = checked_zeros(WHERE, zeros)
    if isinstance(given, ActivationZeros):
        given = {name: share for name, share in given.shares.items() if name in senders}
    if isinstance(given, Mapping):
        law = "must name a population whose spikes feed a layer"
        shares = {one_of(WHERE, law, name, sorted(senders)): given[name] for name in given}
    else:
        shares = dict.fromkeys(senders, given)
    return tuple(
        replace(layer, zeros=Span.of(shares[layer.pre])) if layer.pre in shares else layer
        for layer in layers
    )
