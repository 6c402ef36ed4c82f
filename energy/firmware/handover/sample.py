"""One input of a network and what must come out of it, as arrays of C."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

C_TYPES = {
    np.dtype(np.int8): "int8_t",
    np.dtype(np.uint8): "uint8_t",
    np.dtype(np.int16): "int16_t",
    np.dtype(np.uint16): "uint16_t",
    np.dtype(np.int32): "int32_t",
    np.dtype(np.uint32): "uint32_t",
}
COLUMNS = 96
LOWEST = -(2**31)  # has no literal in C


@dataclass(frozen=True, eq=False)
class Sample:
    """What goes in and what comes out, in the types that the program has.

    Parameters
    ----------
    input, output : of ``network_input`` and ``network_output``
    spikes : of ``network_spikes``, one number per population, or None of a network without spikes
    """

    input: np.ndarray
    output: np.ndarray
    spikes: np.ndarray | None = None


def sample_files(sample: Sample) -> dict[str, str]:
    """``sample.h`` and ``sample.c``."""
    arrays = {"sample_input": sample.input, "expected_output": sample.output}
    sizes = {"SAMPLE_INPUTS": sample.input.size, "SAMPLE_OUTPUTS": sample.output.size}
    if sample.spikes is not None:
        arrays["expected_spikes"] = sample.spikes
        sizes["SAMPLE_SPIKES"] = sample.spikes.size

    defines = "".join(f"#define {name} {size}u\n" for name, size in sizes.items())
    heads = {name: f"const {C_TYPES[a.dtype]} {name}[{a.size}]" for name, a in arrays.items()}
    declared = "".join(f"extern {head};\n" for head in heads.values())
    header = (
        "/* Generated: one input, and what the network must make of it. */\n\n"
        "#ifndef SAMPLE_H\n#define SAMPLE_H\n\n"
        f'#include "network.h"\n\n{defines}\n{declared}\n#endif\n'
    )
    defined = "\n".join(f"{head} = {_braced(arrays[name])};\n" for name, head in heads.items())
    return {"sample.h": header, "sample.c": f'#include "sample.h"\n\n{defined}'}


def _braced(values: np.ndarray) -> str:
    lines, line = [], "   "
    for value in values.reshape(-1).tolist():
        literal = f" ({LOWEST + 1} - 1)," if value == LOWEST else f" {value},"
        if len(line) + len(literal) > COLUMNS:
            lines.append(line)
            line = "   "
        line += literal
    return "\n".join(["{", *lines, line, "}"])
