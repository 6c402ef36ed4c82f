"""The memories and vectors of a network as C, for the driver's example."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model.hex_files import left_word, sent_word
from ..registers import c_header
from .vector_files import all_potentials
from .vectors import SampleVectors, Vectors
from .wrappers import Shape

C_TYPES = {8: "int8_t", 16: "int16_t", 32: "int32_t"}
COLUMNS = 100
LOWEST = -(2**31)  # has no literal in C


def c_files(shape: Shape, vectors: Vectors) -> dict[str, str]:
    """Name -> text of the files of the driver's folder that belong to this network.

    Parameters
    ----------
    shape : sizes and widths
    vectors : memories and samples
    """
    return {
        "spikewatt_registers.h": c_header(),
        "network.h": _header(shape, vectors),
        "network_memories.c": _memories(vectors),
        "network_vectors.c": _vectors(vectors),
    }


def weight_type(weight_bits: int) -> str:
    """The narrowest signed type of C that holds a weight.

    >>> weight_type(4), weight_type(9)
    ('int8_t', 'int16_t')
    """
    return next(name for bits, name in C_TYPES.items() if bits >= weight_bits)


def array(declaration: str, values: Sequence[int], unsigned: bool = False) -> str:
    """An array with its values, lines of at most 100 columns.

    >>> print(array("const int8_t a[3]", [1, -2, 3]))
    const int8_t a[3] = {
        1, -2, 3
    };
    """
    literals = [f"0x{value:08X}u" if unsigned else _literal(value) for value in values]
    lines, line = [], "   "
    for i, literal in enumerate(literals):
        comma = "," if i < len(literals) - 1 else ""
        if len(line) + len(literal) + 2 > COLUMNS:
            lines.append(line)
            line = "   "
        line += f" {literal}{comma}"

    return "\n".join([f"{declaration} = {{", *lines, line, "};"])


def _literal(value: int) -> str:
    return f"({value + 1} - 1)" if value == LOWEST else str(value)


def _header(shape: Shape, vectors: Vectors) -> str:
    synapses = [a * n for a, n in zip(shape.axons, shape.neurons, strict=True)]
    sizes = {
        "CORES": f"{shape.cores}u",
        "STATE_BITS": shape.state_bits,
        "WEIGHT_BITS": shape.weight_bits,
        "CYCLES_PER_OPERATION": f"{shape.cycles_per_sop}u",
        "ALL_SYNAPSES": f"{sum(synapses)}u",
        "ALL_NEURONS": f"{sum(shape.neurons)}u",
        "MOST_NEURONS": f"{max(shape.neurons)}u",
        "SAMPLES": f"{len(vectors.samples)}u",
    }
    defines = [f"#define NETWORK_{name} {value}" for name, value in sizes.items()]
    return HEADER.format(
        defines="\n".join(defines),
        weight=weight_type(shape.weight_bits),
    )


HEADER = """/* The network: its sizes, the memories of its cores, samples and their answers. */
#ifndef NETWORK_H
#define NETWORK_H

#include <stddef.h>
#include <stdint.h>

{defines}

typedef {weight} network_weight;

/* The memories of a core; synapses are axons rows of neurons. */
typedef struct {{
    unsigned axons, neurons;
    const network_weight *synapses;
    const int32_t *potentials; /* that a sample begins with */
    const int32_t *thresholds; /* below 0: never fires */
    const int32_t *biases;
}} network_core;

/* A sample: words to send and words that leave, potentials of all cores after it, counters of all
 * cores since the first sample began. */
typedef struct {{
    const uint32_t *words;
    size_t words_count;
    const uint32_t *left;
    size_t left_count;
    const int32_t *potentials;
    const uint32_t *counters;
    unsigned decision;
}} network_sample;

extern const network_core network_cores[NETWORK_CORES];
extern const network_sample network_samples[NETWORK_SAMPLES];

#endif
"""


def _memories(vectors: Vectors) -> str:
    parts, rows = [], []
    for k, image in enumerate(vectors.images):
        axons, neurons = image.synapses.shape
        values = {
            "synapses": image.synapses.ravel(),
            "potentials": image.initial_potential,
            "thresholds": image.threshold,
            "biases": image.bias,
        }
        for name, memory in values.items():
            kind = "network_weight" if name == "synapses" else "int32_t"
            head = f"static const {kind} {name}_{k}[{memory.size}]"
            parts.append(array(head, memory.tolist()))
        pointers = ", ".join(f"{name}_{k}" for name in values)
        rows.append(f"    {{{axons}u, {neurons}u, {pointers}}}")

    return _source("network_core network_cores[NETWORK_CORES]", parts, rows)


def _vectors(vectors: Vectors) -> str:
    parts, rows = [], []
    for s, sample in enumerate(vectors.samples):
        words = [sent_word(word) for word in sample.words]
        left = [left_word(word) for word in sample.left[-1]]
        parts += [
            array(f"static const uint32_t words_{s}[{len(words)}]", words, unsigned=True),
            array(f"static const uint32_t left_{s}[{max(1, len(left))}]", left or [0], True),
            array(f"static const int32_t potentials_{s}[]", all_potentials(sample)),
            array(f"static const uint32_t counters_{s}[]", _all_counters(sample), unsigned=True),
        ]
        lists = f"words_{s}, {len(words)}u, left_{s}, {len(left)}u, potentials_{s}, counters_{s}"
        rows.append(f"    {{{lists}, {sample.decision}u}}")

    return _source("network_sample network_samples[NETWORK_SAMPLES]", parts, rows)


def _all_counters(sample: SampleVectors) -> list[int]:
    return [count & 0xFFFFFFFF for core in sample.counters for count in core]


def _source(declaration: str, parts: Iterable[str], rows: Sequence[str]) -> str:
    listed = ",\n".join(rows)
    table = f"const {declaration} = {{\n{listed}\n}};"
    return "\n\n".join(['#include "network.h"', *parts, table]) + "\n"
