"""A network as a folder that an engineer takes away: no Python is needed from there on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ... import folders
from ...errors import SpikewattError, whole_number
from ...progress import Progress, silent
from ...resources import check_disk
from ...sim.network.spiking_network import SpikingNetwork
from ..design import CHAIN, LIMITS, STATE_BITS, check_parameters, memories, sources_of
from ..model.hex_files import memory_files
from ..model.words import check_executable
from .c_files import c_files
from .readme import readme
from .vector_files import vector_files
from .vectors import Vectors, make_vectors
from .wrappers import (
    AXI_MODULE,
    CHAIN_MODULE,
    COUNTER_BITS,
    PERIPHERAL,
    Shape,
    axi_wrapper,
    bench_sizes,
    chain_wrapper,
    core_file,
    file_list,
)

TEMPLATES = Path(__file__).parent / "templates"
CORE_FILE = "spikewatt_network.core"
MOST_STATE_BITS = 32  # of a register


def hand_over(
    network: SpikingNetwork,
    x: np.ndarray,
    folder: str | Path,
    steps: int | None = None,
    state_bits: int = STATE_BITS,
    cycles_per_sop: int = 2,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write a folder with the core of `network`: RTL, memories, vectors, benches, driver in C.

    The same network and inputs give the same bytes.

    Parameters
    ----------
    network : a chain in rate or radix
    x : (samples, ...) inputs as the Keras model takes them, at least one
    folder : path, new or empty
    steps : of a rate network, default 32
    state_bits : width of the cores' potentials, bits, 3..32, default 24
    cycles_per_sop : cycles of a visit to one neuron, from 2 (default); 3 puts an output register
        after the memories
    force : whether a folder that this function wrote is replaced, default False
    progress : called with ("rtl", done, all), default nobody

    Returns
    -------
    dict : what was written: cores, samples, words_in, words_out, files, bytes

    Raises
    ------
    DoesNotFitError : a code, rule or size that the cores do not have.
    SpikewattError : no sample, or a folder with something in it.
    """
    report = progress or silent
    _check(x, state_bits, cycles_per_sop)
    target = Path(folder)
    check_place(target, force)

    check_executable(network)
    sizes = [population.size for population in network.populations]
    shape = Shape(
        tuple(sizes[:-1]),
        tuple(sizes[1:]),
        network.weight_bits,
        state_bits,
        cycles_per_sop,
    )
    check_parameters(shape.parameters())
    check_disk(target, "the folder", least_bytes(shape))

    report("rtl", 0, 2)
    vectors = make_vectors(network, x, steps, state_bits, cycles_per_sop)

    report("rtl", 1, 2)
    files = contents(network, shape, vectors)
    folders.write_folder(target, files, force)
    report("rtl", 2, 2)

    samples = vectors.samples
    return {
        "cores": shape.cores,
        "samples": len(samples),
        "words_in": sum(len(sample.words) for sample in samples),
        "words_out": sum(len(left) for sample in samples for left in sample.left),
        "files": len(files),
        "bytes": sum(len(text.encode()) for text in files.values()),
    }


def check_place(folder: Path, force: bool) -> None:
    """Raise SpikewattError unless `folder` may be written.

    Parameters
    ----------
    folder : new or empty, or one that `hand_over` wrote
    force : whether the latter is allowed
    """
    folders.check_place(folder, CORE_FILE, force)


def least_bytes(shape: Shape) -> int:
    """Bytes of the memories alone, as hexadecimal lines and as C: most of a large network's folder.

    Parameters
    ----------
    shape : sizes and widths of the cores
    """
    needed = 0
    for width, depth in memories(shape.parameters(), CHAIN).values():
        line = -(-width // 4) + 1
        needed += 2 * depth * line

    return needed


def contents(network: SpikingNetwork, shape: Shape, vectors: Vectors) -> dict[str, str]:
    """Path -> text of all files of the folder."""
    files = {f"rtl/{file.name}": file.read_text("utf-8") for file in sources_of(PERIPHERAL)}
    files[f"rtl/{CHAIN_MODULE}.sv"] = chain_wrapper(shape)
    files[f"rtl/{AXI_MODULE}.v"] = axi_wrapper(shape)
    files["rtl/files.f"] = file_list()

    data = _inside(
        "memories",
        memory_files(vectors.images, shape.weight_bits, shape.state_bits),
    )
    data |= _inside("vectors", vector_files(vectors, shape.state_bits, COUNTER_BITS))
    files |= data
    files["bench/network.svh"] = bench_sizes(shape, vectors)
    files |= _inside("driver", c_files(shape, vectors))

    for path in sorted(TEMPLATES.rglob("*")):
        if path.is_file():
            files[path.relative_to(TEMPLATES).as_posix()] = path.read_text("utf-8")

    files["README.md"] = readme(network, shape, vectors)
    files[CORE_FILE] = core_file("spikewatt_network", data)
    return files


def _inside(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


def _check(x: np.ndarray, state_bits: int, cycles_per_sop: int) -> None:
    if not len(x):
        raise SpikewattError("hand_over.x", "has at least one sample", 0)

    low, high = LIMITS["CYCLES_PER_SOP"]
    law = "must be a number of cycles"
    whole_number("hand_over.cycles_per_sop", law, cycles_per_sop, low, high)

    low, _ = LIMITS["STATE_BITS"]
    law = "must be a width that a register holds"
    whole_number("hand_over.state_bits", law, state_bits, low, MOST_STATE_BITS)
