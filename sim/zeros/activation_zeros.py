"""ActivationZeros: how many activations of an ANN are zero, and what is left to multiply."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...errors import SpikewattError, one_of
from ..trace.layer_summary import LayerSummary

# The ANN whose activations were counted: as Keras computes it, as int8 is executed, or with as many
# bits of activation as the steps of the spiking network carry.
FLOAT_NETWORK, INT8_NETWORK, MATCHED_NETWORK = NETWORKS = ("float", "int8", "matched")


@dataclass(frozen=True)
class LayerZeros:
    """The inputs of one layer of the ANN that multiplies, and its multiply-accumulates.

    Parameters
    ----------
    layer : str
        The Keras layer; of a separable convolution ``name.depthwise`` and ``name.pointwise``.
    population : str
        Which a spiking network has in its place: what the layer leads to.
    connection : str
        ``pre->post``, with which a trace counts it.
    inputs : int
        Activations that go in.
    zero_share : float
        Of them, mean over the samples, 0..1.
    zero_share_spread : float
        Standard deviation over the samples.
    macs : int
        Multiply-accumulates of an inference, taps on padding included, as libraries execute them.
    nonzero_macs : float
        Those whose activation is not zero, mean over the samples; a tap on padding is zero.
    """

    layer: str
    population: str
    connection: str
    inputs: int
    zero_share: float
    zero_share_spread: float
    macs: int
    nonzero_macs: float

    @property
    def sender(self) -> str:
        """The population whose activations go in."""
        return self.connection.partition("->")[0]

    @property
    def nonzero_inputs(self) -> float:
        """Activations that are not zero, mean over the samples."""
        return self.inputs * (1.0 - self.zero_share)


@dataclass(frozen=True)
class ActivationZeros:
    """Zeros of the activations of an ANN, layer by layer as Keras executes it.

    Parameters
    ----------
    network : str
        ``float``, ``int8`` or ``matched``.
    samples : int
        On which they were counted.
    layers : sequence of LayerZeros
    bits : int, optional
        Of an activation; of ``matched``.

    Raises
    ------
    SpikewattError
        An unknown network, no layer, a count that cannot be.

    Examples
    --------
    >>> dense = LayerZeros("dense", "output", "input->output", 4, 0.5, 0.0, 8, 4.0)
    >>> zeros = ActivationZeros("float", 1, [dense])
    >>> zeros.share, zeros.shares, zeros.macs, zeros.nonzero_macs
    (0.5, {'input': 0.5}, 8, 4.0)
    """

    network: str
    samples: int
    layers: Sequence[LayerZeros]
    bits: int | None = None

    def __post_init__(self) -> None:
        one_of("zeros.network", "must name a network", self.network, NETWORKS)
        if not self.layers:
            raise SpikewattError("zeros.layers", "has a layer that multiplies", "none")
        object.__setattr__(self, "layers", tuple(self.layers))
        for layer in self.layers:
            _check(layer)

    def __repr__(self) -> str:
        about = f"{self.bits}-bit" if self.network == MATCHED_NETWORK else self.network
        return (
            f"ActivationZeros({about}, {self.samples} samples: {self.share:.1%} of the "
            f"activations are zero, {self.nonzero_macs:,.0f} of {self.macs:,} multiply-accumulates "
            "left)"
        )

    @property
    def title(self) -> str:
        """The network in words."""
        return f"{self.bits}-bit activations" if self.network == MATCHED_NETWORK else self.network

    @property
    def macs(self) -> int:
        """Multiply-accumulates of an inference."""
        return sum(layer.macs for layer in self.layers)

    @property
    def nonzero_macs(self) -> float:
        """Those whose activation is not zero."""
        return sum(layer.nonzero_macs for layer in self.layers)

    @property
    def share(self) -> float:
        """Of the activations that go into layers, those that are zero."""
        return _share(self.layers)

    @property
    def shares(self) -> dict[str, float]:
        """Population whose activations go into layers -> share of them that are zero.

        Where an average pool lies between, of the pooled ones.
        """
        by_sender: dict[str, list[LayerZeros]] = {}
        seen: set[str] = set()
        for layer in self.layers:
            if layer.connection not in seen:  # what lies between layers is sent by no population
                by_sender.setdefault(layer.sender, []).append(layer)
            seen.add(layer.connection)
        return {sender: _share(layers) for sender, layers in by_sender.items()}

    @property
    def mac_shares(self) -> dict[str, float]:
        """Connection -> share of its multiply-accumulates that meet a zero, as counted.

        A tap on padding is one. Several layers of the ANN in one connection count together.
        """
        macs, left = Counter[str](), defaultdict[str, float](float)
        for layer in self.layers:
            macs[layer.connection] += layer.macs
            left[layer.connection] += layer.nonzero_macs
        return {name: 1 - left[name] / number for name, number in macs.items() if number}

    def of(self, layer: LayerSummary) -> tuple[LayerZeros, ...]:
        """The ANN's layers in place of a connection of a trace, in the trace's order.

        None where it multiplies nothing of its own.

        Raises
        ------
        SpikewattError
            One that was not counted: zeros of another network.
        """
        if layer.executed is None:
            return (self._at(layer),) if layer.kind.multiplies else ()
        return tuple(self._called(part.name, layer) for part in layer.executed)

    def _at(self, layer: LayerSummary) -> LayerZeros:
        """The one layer in place of a connection; another code may name what leads to it."""
        here = [found for found in self.layers if found.connection == layer.name]
        there = [found for found in self.layers if found.population == layer.post]
        for found in (here, there):
            if len(found) == 1:
                return _of_as_many(found[0], layer.macs, layer.name)
        raise self._unknown(layer.name)

    def _called(self, name: str, layer: LayerSummary) -> LayerZeros:
        """The Keras layer called so; of one that is called several times, that here."""
        called = [found for found in self.layers if found.layer == name]
        here = [found for found in called if found.population == layer.post]
        macs = {part.name: part.macs for part in layer.executed or ()}
        for found in (here, called):
            if len(found) == 1:
                return _of_as_many(found[0], macs[name], name)
        raise self._unknown(name)

    def _unknown(self, name: str) -> SpikewattError:
        known = ", ".join(dict.fromkeys(layer.connection for layer in self.layers))
        return SpikewattError("zeros", "must be counted of the network", repr(name), known)

    def as_json(self) -> dict[str, Any]:
        """What a file holds; read back by `from_json`."""
        return {
            "network": self.network,
            "bits": self.bits,
            "samples": self.samples,
            "layers": [asdict(layer) for layer in self.layers],
        }

    @classmethod
    def from_json(cls, where: str, values: Any) -> ActivationZeros:
        """Inverse of `as_json`.

        Raises
        ------
        SpikewattError
            About `where`: a key that is missing or unknown, or a value that cannot be.
        """
        known = {"network", "bits", "samples", "layers"}
        _check_keys(where, values, known)
        rows = values["layers"]
        if not isinstance(rows, list):
            raise SpikewattError(f"{where}: layers", "must be a list", type(rows).__name__)
        layers = []
        for number, row in enumerate(rows, start=1):
            _check_keys(f"{where}: layer {number}", row, {each.name for each in fields(LayerZeros)})
            layers.append(LayerZeros(**row))
        return cls(values["network"], values["samples"], layers, values["bits"])


def _share(layers: Sequence[LayerZeros]) -> float:
    """Of all inputs of `layers`, those that are zero."""
    inputs = sum(layer.inputs for layer in layers)
    return 1.0 - sum(layer.nonzero_inputs for layer in layers) / max(inputs, 1)


def _check_keys(where: str, values: Any, known: set[str]) -> None:
    """Raise SpikewattError unless `values` is a mapping with just these keys."""
    if not isinstance(values, Mapping):
        raise SpikewattError(where, "must be a mapping", type(values).__name__)
    if unknown := sorted(set(values) ^ known):
        law = "has these keys, and no other"
        raise SpikewattError(where, law, ", ".join(map(str, unknown)), ", ".join(sorted(known)))


def _check(layer: LayerZeros) -> None:
    """Raise SpikewattError where counts cannot be."""
    where = f"zeros of layer {layer.layer!r}"
    numbers = (
        layer.inputs,
        layer.zero_share,
        layer.zero_share_spread,
        layer.macs,
        layer.nonzero_macs,
    )
    real = all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers)
    if not real or not all(math.isfinite(n) and n >= 0 for n in numbers):
        raise SpikewattError(where, "has finite counts, none negative", numbers)
    if layer.zero_share > 1:
        raise SpikewattError(where, "a share lies in 0..1", layer.zero_share)
    if layer.nonzero_macs > layer.macs:
        law = "no more multiply-accumulates are left than there are"
        raise SpikewattError(where, law, f"{layer.nonzero_macs:g} of {layer.macs}")


def _of_as_many(found: LayerZeros, macs: int, name: str) -> LayerZeros:
    """`found`, if it has the multiply-accumulates of the trace's layer."""
    if found.macs != macs:
        law = "must be counted of the network"
        got = f"{found.macs:,} multiply-accumulates at {name!r}"
        raise SpikewattError("zeros", law, got, f"{macs:,}")
    return found
