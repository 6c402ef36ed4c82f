"""An int8 network as C: constants in flash, one static arena, one function for each layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ...errors import one_of
from ...models.int8 import Int8Network
from .int8.c_text import Declared
from .int8.graph import Int8Graph, read_graph
from .int8.layers import Layer
from .int8.memory_plan import Buffer, MemoryPlan, plan_memory
from .int8.skipping import SKIPPING, skips
from .int8.skipping import declared as declared_skipping

SOURCES = Path(__file__).parent / "c"
HEADERS = (
    "int8_kernels.h",
    "int8_requantise.h",
    "int8_pairs.h",
    "int8_blocks.h",
    "int8_inside.h",
)
SKIPPING_HEADER = "int8_skipping.h"
POOL_HEADER = "int8_pool_window.h"
QUALITIES = ("plain", "best")


@dataclass(frozen=True, eq=False)
class Int8Firmware:
    """An int8 network as C.

    `infer()` reads ``network_input`` and writes ``network_output``.

    Parameters
    ----------
    quality : str
        ``plain``, ``best`` or ``skipping``.
    sources : dict from file name to text
        All that is compiled.
    graph : Int8Graph
        What it computes.
    functions : tuple of str
        Of the layers, in order.
    plain_layers : tuple of str
        Functions that are plain since the best kernel does not take their shape.
    plan : MemoryPlan
        Where activations lie.
    """

    quality: str
    sources: dict[str, str] = field(repr=False)
    graph: Int8Graph = field(repr=False)
    functions: tuple[str, ...]
    plain_layers: tuple[str, ...]
    plan: MemoryPlan = field(repr=False)


def int8_network(network: Int8Network | bytes, quality: str = "best") -> Int8Firmware:
    """Write an int8 network as C.

    Parameters
    ----------
    network : Int8Network or bytes
        As `quantise_int8` makes it, or the content of a ``.tflite`` file.
    quality : str, default "best"
        ``plain`` is the definition written down; ``best`` is written for the core; ``skipping``
        is ``best`` whose dense layers and convolutions do not multiply activations of zero. All
        compute what TensorFlow Lite's reference kernels compute, bit for bit.

    Raises
    ------
    SpikewattError
        Unknown quality, or an operator for which there is no kernel in C.
    """
    content = network.content if isinstance(network, Int8Network) else network
    return write_graph(read_graph(content), quality)


def write_graph(graph: Int8Graph, quality: str) -> Int8Firmware:
    """Write a graph as C; as of `int8_network`."""
    known = (*QUALITIES, SKIPPING)
    one_of("int8_network.quality", "must be a quality of kernels", quality, known)
    qualities = [_chosen(layer, quality) for layer in graph.layers]
    declared = [
        _declared(layer, number, chosen)
        for number, (layer, chosen) in enumerate(zip(graph.layers, qualities, strict=True))
    ]
    functions = tuple(f"layer_{n}_{layer.kind}" for n, layer in enumerate(graph.layers))
    plan = plan_memory(_buffers(graph, declared))
    written = _Written(graph, declared, functions, qualities, plan)

    sources = {"network.c": written.source, "network.h": written.header, **_kernels(written)}
    plain = tuple(
        function
        for function, layer, chosen in zip(functions, graph.layers, qualities, strict=True)
        if chosen == "plain" != quality and layer.kind != "softmax"
    )
    return Int8Firmware(quality, sources, graph, functions, plain, plan)


def _chosen(layer: Layer, quality: str) -> str:
    """The quality of one layer: what cannot skip is the best that it can be."""
    if quality == SKIPPING:
        if skips(layer):
            return SKIPPING
        quality = "best"
    return quality if layer.has_best else "plain"


def _declared(layer: Layer, number: int, quality: str) -> Declared:
    if quality == SKIPPING:
        return declared_skipping(layer, number)
    return layer.declared(number, quality == "best")


def _buffers(graph: Int8Graph, declared: list[Declared]) -> list[Buffer]:
    """What lies in the arena: tensors between layers, and what layers work in."""
    found = []
    for number, (layer, own) in enumerate(zip(graph.layers, declared, strict=True)):
        if own.scratch_bytes:
            found.append(Buffer(f"scratch_{number}", own.scratch_bytes, number, number))
        if layer.target != graph.output:
            readers = [n for n, other in enumerate(graph.layers) if layer.target in other.sources]
            last = max(readers, default=number)
            found.append(Buffer(_buffer(layer.target), graph.sizes[layer.target], number, last))
    return found


def _buffer(tensor: int) -> str:
    return f"tensor_{tensor}"


def _kernels(written: _Written) -> dict[str, str]:
    """The files that the layers need, as they are."""
    names = {*HEADERS, *written.files}
    if any(name.startswith("int8_pool") for name in written.files):
        names.add(POOL_HEADER)
    if any(name.endswith(f"_{SKIPPING}.c") for name in written.files):
        names.add(SKIPPING_HEADER)
    return {name: (SOURCES / name).read_text("utf-8") for name in sorted(names)}


@dataclass(frozen=True, eq=False)
class _Written:
    """The text of ``network.c`` and ``network.h``."""

    graph: Int8Graph
    declared: list[Declared]
    functions: tuple[str, ...]
    qualities: list[str]
    plan: MemoryPlan

    @property
    def files(self) -> list[str]:
        """With the kernels of the layers."""
        return [
            f"{own.source}.c" if layer.kind == "softmax" else f"{own.source}_{quality}.c"
            for layer, own, quality in zip(
                self.graph.layers, self.declared, self.qualities, strict=True
            )
        ]

    @property
    def header(self) -> str:
        """``network.h``."""
        sizes = self.graph.sizes
        layers = "".join(f"void {function}(void);\n" for function in self.functions)
        return (
            "#ifndef NETWORK_H\n#define NETWORK_H\n\n#include <stdint.h>\n\n"
            f"extern int8_t network_input[{sizes[self.graph.input]}];\n"
            f"extern int8_t network_output[{sizes[self.graph.output]}];\n\n"
            "/* From network_input to network_output. */\nvoid infer(void);\n\n"
            f"/* Its layers, in order. */\n{layers}\n#endif\n"
        )

    @property
    def source(self) -> str:
        """``network.c``."""
        sizes, aligned = self.graph.sizes, "__attribute__((aligned(4)))"
        head = (
            '/* Generated: an int8 network. */\n#include "network.h"\n'
            '#include "int8_kernels.h"\n\n'
            f"int8_t network_input[{sizes[self.graph.input]}] {aligned};\n"
            f"int8_t network_output[{sizes[self.graph.output]}] {aligned};\n"
        )
        if self.plan.size_bytes:
            head += f"static int8_t arena[{self.plan.size_bytes}] {aligned};\n"
        layers = "".join(self._layer(number) for number in range(len(self.functions)))
        calls = "".join(f"    {function}();\n" for function in self.functions)
        return f"{head}{layers}\nvoid infer(void)\n{{\n{calls}}}\n"

    def _layer(self, number: int) -> str:
        """Constants and function of one layer."""
        layer, own = self.graph.layers[number], self.declared[number]
        fields = dict(own.fields)
        if own.scratch_bytes:
            fields["scratch"] = f"(void *)(arena + {self.plan.offsets[f'scratch_{number}']})"
        body = "".join(f"    .{name} = {value},\n" for name, value in fields.items())
        tensors = [self._place(tensor) for tensor in (*layer.sources, layer.target)]
        kernel = own.kernel
        if layer.kind != "softmax":
            kernel += f"_{self.qualities[number]}"
        arrays = "".join(f"{array.text}\n" for array in own.arrays)
        return (
            f"\n/* {number}: {layer.kind}, {layer.operations:,} operations */\n{arrays}"
            f"static const {own.struct} constants_{number} = {{\n{body}}};\n\n"
            f"__attribute__((noinline)) void {self.functions[number]}(void)\n{{\n"
            f"    {kernel}(&constants_{number}, {', '.join(tensors)});\n}}\n"
        )

    def _place(self, tensor: int) -> str:
        """Where a tensor lies."""
        if tensor == self.graph.input:
            return "network_input"
        if tensor == self.graph.output:
            return "network_output"
        return f"arena + {self.plan.offsets[_buffer(tensor)]}"
