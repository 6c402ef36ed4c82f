"""The design of the core: its SystemVerilog files, its parameters and their limits, its memories.

Whoever builds, simulates, verifies or synthesises the core asks here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import SpikewattError, whole_number

RTL = Path(__file__).parent / "rtl"

CORE, CHAIN = "integrate_and_fire_core", "snn_top"

# In the order of compilation.
SOURCES = (
    "law.sv",
    "snn_words.sv",
    "snn_registers.sv",
    "sram.sv",
    "event_queue.sv",
    "saturating_add.sv",
    "neuron_update.sv",
    "controller.sv",
    "activity_counters.sv",
    "integrate_and_fire_core.sv",
    "snn_top.sv",
    "axi_lite_peripheral.sv",
    "self_test.sv",
)

LIMITS = {
    "AXONS": (1, 65536),
    "NEURONS": (1, 65536),
    "WEIGHT_BITS": (2, 32),
    "STATE_BITS": (3, 64),
    "CYCLES_PER_SOP": (2, 64),
    "QUEUE_DEPTH": (2, 1024),
    "INDEX": (1, 15),
    "EVENT_RULE": (0, 1),
    "COUNTER_BITS": (1, 64),
}

# What the SystemVerilog takes where a parameter is not given.
DEFAULTS = {
    "AXONS": 64,
    "NEURONS": 48,
    "WEIGHT_BITS": 8,
    "STATE_BITS": 24,
    "CYCLES_PER_SOP": 2,
    "QUEUE_DEPTH": 16,
    "INDEX": 1,
    "EVENT_RULE": 0,
}
CHAIN_DEFAULTS = {"AXONS": "32'h00300040", "NEURONS": "32'h000a0030"}

STATE_BITS = DEFAULTS["STATE_BITS"]  # width of a potential, where nobody asks for another
MOST_CORES = 15  # a tick names one of them in four bits, and 0 means all
SIZE_BITS = 16  # of one core's axons or neurons in a packed literal
MOST_IN_A_CHAIN = 2**SIZE_BITS - 1

# The core's counters, in the order of its registers.
COUNTER_ORDER: tuple[str, ...] = (
    "cycles",
    "stalls",
    "sops",
    "reads",
    "writes",
    "spikes",
    "saturations",
    "refusals",
)

Parameters = Mapping[str, int | str]


def source_files(folder: Path | None = None) -> list[Path]:
    """The SystemVerilog files in the order of compilation.

    Parameters
    ----------
    folder : path, default that of this package
        Where they lie; those that are not there are left out.
    """
    folder = folder or RTL
    files = [folder / name for name in SOURCES]
    return [file for file in files if file.is_file()]


def sources_of(top: str) -> list[Path]:
    """The files of the module `top` and of all below it, in the order of compilation.

    >>> [file.name for file in sources_of("event_queue")]
    ['law.sv', 'snn_words.sv', 'snn_registers.sv', 'sram.sv', 'event_queue.sv']
    """
    last = SOURCES.index(f"{top}.sv")
    return [RTL / name for name in SOURCES[: last + 1]]


def check_parameters(parameters: Parameters) -> None:
    """Raise SpikewattError for parameters that no core can have, before anything is built.

    Parameters
    ----------
    parameters : name -> whole number, or the text of a sized literal, which is not looked into
        Those that are not given are right.
    """
    for key, (low, high) in LIMITS.items():
        value = parameters.get(key, low)
        if isinstance(value, int):
            whole_number(
                f"RTL core: {key}",
                "must be a size of the core",
                value,
                low,
                high,
            )

    _check_weight_bits(parameters)

    depth = parameters.get("QUEUE_DEPTH", 2)
    if isinstance(depth, int) and depth & (depth - 1):
        raise SpikewattError(
            "RTL core: QUEUE_DEPTH",
            "must be a power of two",
            depth,
            "2, 4, 8, …",
        )


def _check_weight_bits(parameters: Parameters) -> None:
    weight_bits = parameters.get("WEIGHT_BITS", 2)
    state_bits = parameters.get("STATE_BITS", 64)
    if isinstance(weight_bits, str) or isinstance(state_bits, str):
        return
    if weight_bits > state_bits:
        raise SpikewattError(
            "RTL core: WEIGHT_BITS",
            "weights are no wider than the potential",
            weight_bits,
            f"<= {state_bits}",
        )


def packed(sizes: Sequence[int]) -> str:
    """Sizes of the cores as `snn_top` takes them: 16 bits each, the first lowest.

    Raises
    ------
    SpikewattError : a size that does not fit into 16 bits, or more than 15 cores.

    >>> packed([48, 10])
    "32'h000a0030"
    """
    whole_number("RTL core: CORES", "must be the length of a chain", len(sizes), 1, MOST_CORES)
    for size in sizes:
        whole_number("RTL core: size", "must fit into 16 bits", size, 1, MOST_IN_A_CHAIN)

    digits = "".join(f"{size:04x}" for size in reversed(sizes))
    return f"{SIZE_BITS * len(sizes)}'h{digits}"


def unpack(text: str) -> list[int]:
    """Sizes in a packed literal, as `packed` makes it.

    Raises
    ------
    SpikewattError : the text is no literal of 16 bits per core.

    >>> unpack("32'h000a0030")
    [48, 10]
    """
    width = value = 0
    match = re.fullmatch(r"(\d+)'h([0-9a-fA-F_]+)", text)
    if match:
        width = int(match[1])
        value = int(match[2].replace("_", ""), 16)

    whole_cores = width % SIZE_BITS == 0
    in_range = 0 < width <= SIZE_BITS * MOST_CORES
    if not whole_cores or not in_range or value >> width:
        raise SpikewattError(
            "synth: size",
            "must be a packed literal, 16 bits per core",
            repr(text),
            "e.g. 32'h000a0030",
        )

    shifts = range(0, width, SIZE_BITS)
    return [value >> shift & 0xFFFF for shift in shifts]


def chain_parameters(
    sizes: Sequence[int], weight_bits: int, state_bits: int = STATE_BITS
) -> dict[str, int | str]:
    """Parameters of `snn_top` for layers of `sizes`: one core per layer after the input.

    Parameters
    ----------
    sizes : neurons of each layer, the input first
    weight_bits : width of a signed weight, bits
    state_bits : width of a potential, bits, default 24

    >>> chain_parameters([64, 48, 10], weight_bits=8)["AXONS"]
    "32'h00300040"
    """
    return {
        "CORES": len(sizes) - 1,
        "AXONS": packed(sizes[:-1]),
        "NEURONS": packed(sizes[1:]),
        "WEIGHT_BITS": weight_bits,
        "STATE_BITS": state_bits,
    }


def memories(parameters: Parameters, top: str = CORE) -> dict[str, tuple[int, int]]:
    """Width [bits] and depth [words] of each memory of the design, by its name.

    Parameters
    ----------
    parameters : of the module, those that differ from DEFAULTS
    top : ``integrate_and_fire_core`` (default) or ``snn_top``

    >>> memories({"AXONS": 256, "NEURONS": 256, "WEIGHT_BITS": 4})["synapses"]
    (4, 65536)
    """
    if top != CHAIN:
        return _core_memories("", {**DEFAULTS, **parameters})

    chosen = {**DEFAULTS, **CHAIN_DEFAULTS, **parameters}
    axons = unpack(str(chosen["AXONS"]))
    neurons = unpack(str(chosen["NEURONS"]))

    found = {}
    for i, (rows, columns) in enumerate(zip(axons, neurons, strict=True)):
        core = {**chosen, "AXONS": rows, "NEURONS": columns}
        prefix = f"g_core[{i}].core."
        found |= _core_memories(prefix, core)

    return found


def _core_memories(prefix: str, parameters: Parameters) -> dict[str, tuple[int, int]]:
    """The memories of one core; axon and neuron lie side by side in the synapses' address."""
    axons = int(parameters["AXONS"])
    neurons = int(parameters["NEURONS"])
    weight_bits = int(parameters["WEIGHT_BITS"])
    state_bits = int(parameters["STATE_BITS"])

    neuron_bits = max(1, (neurons - 1).bit_length())
    depth = axons << neuron_bits
    return {
        f"{prefix}synapses": (weight_bits, depth),
        f"{prefix}potentials": (state_bits, neurons),
        f"{prefix}thresholds": (state_bits, neurons),
        f"{prefix}biases": (state_bits, neurons),
    }
