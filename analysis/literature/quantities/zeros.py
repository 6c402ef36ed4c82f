"""Zeros of the ANN's activations, as a user gives them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real

from ....errors import SpikewattError, one_of
from .parts import LayerQuantities
from .span import Span

Zeros = float | Mapping[str, float] | None

WHERE = "rules.zeros"


def with_zeros(layers: Sequence[LayerQuantities], zeros: Zeros) -> tuple[LayerQuantities, ...]:
    """`layers` with the shares of zeros that are given, each else with its bounds.

    Parameters
    ----------
    layers : sequence of LayerQuantities
    zeros : float, mapping or None
        Share of zeros, 0..1: of all activations, or population -> of its own.

    Raises
    ------
    SpikewattError
        No share, or a population that feeds no layer.
    """
    if zeros is None:
        return tuple(layers)
    senders = {layer.pre for layer in layers}
    if not isinstance(zeros, Mapping):
        share = _share(WHERE, zeros)
        shares = dict.fromkeys(senders, share)
    else:
        law = "must name a population whose spikes feed a layer"
        shares = {
            one_of(WHERE, law, name, sorted(senders)): _share(f"{WHERE}[{name!r}]", share)
            for name, share in zeros.items()
        }
    return tuple(
        replace(layer, zeros=Span.of(shares[layer.pre])) if layer.pre in shares else layer
        for layer in layers
    )


def _share(where: str, value: object) -> float:
    share = math.nan
    if isinstance(value, Real) and not isinstance(value, bool):
        share = float(value)
    if not 0 <= share <= 1:
        raise SpikewattError(where, "must be a share of zeros", repr(value), "0..1")
    return share
