"""Flash and RAM that an int8 network needs."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import SpikewattError
from ..kernels.law import ADD, OPERATORS, Int8Layer

BIAS_BYTES = 4
REQUANTISATION_BYTES = 8  # int32 multiplier and int32 shift, per output channel
# A count of parameters holds each bias as one byte; a channel needs so much beyond that.
BYTES_BEYOND_PARAMETERS = BIAS_BYTES - 1 + REQUANTISATION_BYTES


def flash_bytes(layers: Sequence[Int8Layer]) -> int:
    """weights + 12 · biases [bytes], no code.

    int8 weights; per output channel an int32 bias and 8 bytes of multiplier and shift. A channel
    is counted by its bias; a layer without biases is taken to have no multiplier table.
    """
    channel_bytes = BIAS_BYTES + REQUANTISATION_BYTES
    return sum(layer.weights + channel_bytes * layer.biases for layer in layers)


def arena_bytes(layers: Sequence[Int8Layer]) -> int:
    """Largest sum of int8 tensors that live at once [bytes].

    Those are the inputs and the output of the layer that runs, and what a later layer still
    reads. The table has no connections. Rule: a layer reads the latest tensor of its input's
    size. An add reads that one and, as its skip, the latest tensor of the same size that no layer
    has read (the shortcut has its own convolution); if all were read, the first one since the
    last add (identity shortcut: the longest life possible). A reshape makes no tensor of its own.
    Scratch buffers of the library, and sums in place, are not counted.

    Raises
    ------
    SpikewattError
        No layers, or a layer whose input no earlier layer makes.

    Examples
    --------
    >>> arena_bytes([Int8Layer("fc", "dense", 640, 10, 0, 640, 10, 64, 10)])
    74
    """
    if not layers:
        raise SpikewattError("layers", "a network has at least one layer", "none")

    last_use: dict[int, int] = {}
    for position, inputs in enumerate(_reads(layers)):
        for tensor in inputs:
            last_use[tensor] = position

    sizes = [layers[0].input_elements]
    most = 0
    for position, layer in enumerate(layers):
        # Tensor 0 is the network's input, tensor i + 1 the output of layer i.
        needed = [size for tensor, size in enumerate(sizes) if last_use.get(tensor, -1) >= position]
        makes_tensor = OPERATORS[layer.kind].makes_tensor
        own = layer.output_elements if makes_tensor else 0
        most = max(most, own + sum(needed))
        sizes.append(layer.output_elements)
    return most


def _reads(layers: Sequence[Int8Layer]) -> list[list[int]]:
    """Per layer the tensors that it reads.

    Tensor 0 is the network's input, tensor i + 1 the output of layer i.
    """
    sizes = [layers[0].input_elements]
    reads: list[list[int]] = []
    last_add = 0  # the tensor made by the latest add, or the input
    for position, layer in enumerate(layers):
        same = [tensor for tensor, size in enumerate(sizes) if size == layer.input_elements]
        if not same:
            raise SpikewattError(
                f"layer {layer.name}",
                "its input must be a tensor made before",
                f"{layer.input_elements} elements",
            )
        inputs = [same[-1]]
        if layer.kind == ADD.name:
            inputs.append(_skip(layer, same[:-1], reads, last_add))
            last_add = position + 1
        reads.append(inputs)
        sizes.append(layer.output_elements)
    return reads


def _skip(layer: Int8Layer, others: list[int], reads: list[list[int]], last_add: int) -> int:
    """The second tensor of an add, of the `others` that have its size."""
    if not others:
        raise SpikewattError(
            f"layer {layer.name}", "an add needs two tensors of its size made before", "one"
        )
    used = {tensor for earlier in reads for tensor in earlier}
    waiting = [tensor for tensor in others if tensor not in used]
    if waiting:
        return waiting[-1]
    since = [tensor for tensor in others if tensor >= last_add]
    return (since or others)[0]
