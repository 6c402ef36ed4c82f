"""Masks of Keras kernels: what a cut keeps of a network, in the layers that it came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ....errors import SpikewattError
from ...conversion.graph.nodes import ReadoutNode, ReluNode
from ...conversion.options import ConversionOptions
from ...conversion.reading.reader import read
from ...network.connection import Connection
from ...network.spiking_network import SpikingNetwork
from ..cut import Cut

KERNELS = ("kernel", "depthwise_kernel")


def kernel_masks(
    model, network: SpikingNetwork, cut: Cut, options: ConversionOptions
) -> dict[str, np.ndarray]:
    """Keras layer -> bool, shaped as its kernel: where it is kept.

    Parameters
    ----------
    model : Keras model
        That `network` was converted from.
    network : SpikingNetwork
    cut : Cut
        Of the network.
    options : ConversionOptions
        Of that conversion.

    Raises
    ------
    SpikewattError : a cut connection that is no kernel of one layer: merged layers, a part of a
        concatenation, a matrix of two kernels.
    """
    layers = dict(_layers_of(model))
    masks: dict[str, np.ndarray] = {}
    for c, names in _sources(model, network, options):
        mask = cut.mask(network, c)
        if mask.all() or not c.kind.multiplies:
            continue
        kernel = _kernel(layers[names[0]]) if len(names) == 1 and names[0] in layers else None
        if kernel is None or tuple(kernel.shape) != mask.shape:
            law = "is the kernel of one Keras layer, which can be fine-tuned"
            got = f"{', '.join(names) or 'no layer'}: merged, or a part of a kernel"
            raise SpikewattError(f"Connection {c.name!r}", law, got, hint="prune without tuning")
        # A layer that is called twice keeps what one of its connections keeps.
        masks[names[0]] = masks[names[0]] | mask if names[0] in masks else mask
    return masks


def _sources(
    model, network: SpikingNetwork, options: ConversionOptions
) -> Iterator[tuple[Connection, list[str]]]:
    """Each connection with weights, and the Keras layers that multiply on its path."""
    graph = read(model, options.reading_rules)
    for node in graph.nodes:
        if not isinstance(node, ReluNode | ReadoutNode):
            continue
        incoming = network.incoming(node.name)
        if len(incoming) != len(node.signals):
            law = "was converted from this Keras model, with these options"
            raise SpikewattError("prune.tuning", law, f"population {node.name!r} differs")
        for c, term in zip(incoming, node.signals, strict=True):
            yield c, [layer.name for layer in term.executed]


def _layers_of(model) -> Iterator[tuple[str, Any]]:
    """Names and layers, those of models inside of it, too."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _layers_of(layer)
        yield layer.name, layer


def _kernel(layer) -> Any:
    found = [getattr(layer, name) for name in KERNELS if getattr(layer, name, None) is not None]
    return found[0] if len(found) == 1 else None


def hold(model, masks: dict[str, np.ndarray]) -> None:
    """Set what the masks do not keep to 0, now and after each update of an optimiser."""
    layers = dict(_layers_of(model))
    for name, mask in masks.items():
        kernel = _kernel(layers[name])
        held = _Held(mask.astype(np.float32))
        kernel.assign(held(kernel))
        kernel.constraint = held


class _Held:
    """A constraint of a Keras variable: zeros stay."""

    def __init__(self, mask: np.ndarray):
        self.mask = mask

    def __call__(self, kernel):
        from ....models.keras_backend import import_keras

        return kernel * import_keras().ops.cast(self.mask, kernel.dtype)
