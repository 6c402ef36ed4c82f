"""What both syntheses share: the programs, how one is run, and the folder of a result."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ... import files
from ...endings import end_with_parent
from ...errors import SpikewattError
from ...files import cache_folder
from ...installed import not_installed
from ..design import Parameters, sources_of
from ..simulation.tool_log import tail

LEAST_AT_ONCE, MOST_AT_ONCE = 2, 4  # tools that run at the same time: a seed each, of 1 GB or more
POLL_S = 0.05


def program(name: str, extra: str = "rtl") -> str:
    """Path of a program of the environment or on PATH; raises MissingToolError.

    Parameters
    ----------
    name : of the program
    extra : of this package's dependencies, which installs it
    """
    beside = Path(sys.executable).parent / name
    path = str(beside) if beside.is_file() else shutil.which(name)
    if path is None:
        law, got = f"needs {name}", "no such program"
        raise not_installed("synth", law, name, got=got, extra=extra)

    return path


def at_once() -> int:
    """How many tools run at the same time: one per processor, within limits."""
    return min(max(len(os.sched_getaffinity(0)), LEAST_AT_ONCE), MOST_AT_ONCE)


def tool_version(package: str) -> str:
    """Version of a Python package that holds a tool; ``unknown`` if the tool came another way."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def result_folder(kind: str, top: str, settings: object) -> Path:
    """Folder of a result, by the hash of all that enters it.

    Parameters
    ----------
    kind : ``fpga`` or ``asic``
    top : module that is synthesised
    settings : all else that the result follows from
    """
    entering = repr((kind, top, settings))
    digest = hashlib.sha256(entering.encode())
    for file in sources_of(top):
        digest.update(file.read_bytes())
    folder = cache_folder("rtl", "synthesis") / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def copy_sources(top: str, folder: Path) -> None:
    """Put the SystemVerilog files of `top` beside the scripts that read them."""
    for file in sources_of(top):
        (folder / file.name).write_bytes(file.read_bytes())


def write_scratch(path: Path, content: str | dict) -> None:
    """Write a file that a tool reads: text, or a mapping as JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, "utf-8")


def keep_report(folder: Path, report) -> None:
    """Write a report, a dataclass, as report.json: whole or not at all."""
    files.write(folder / "report.json", json.dumps(asdict(report), indent=1))


def read_command(parameters: Parameters, top: str, options: str = "") -> str:
    """Line of a Yosys script that reads the copied sources.

    The program has no threads, hence ``-j 1``.

    Parameters
    ----------
    parameters : of the module
    top : module that is synthesised
    options : more of ``read_slang``, default none
    """
    values = [f"-G {name}={value}" for name, value in sorted(parameters.items())]
    chosen = " ".join(values)
    sources = " ".join(file.name for file in sources_of(top))
    return f"read_slang -j 1 --single-unit {options} --top {top} {chosen} {sources}"


def run_yosys(yosys: str, folder: Path, name: str, lines: list[str], law: str) -> None:
    """Run a Yosys script, which is kept as ``name.ys``.

    Parameters
    ----------
    yosys : path of the program
    folder : where it runs
    name : of the script
    lines : of the script
    law : what must hold, for the error
    """
    log = "yosys.log" if name == "synth" else f"{name}_yosys.log"
    script = folder / f"{name}.ys"
    script.write_text("\n".join(lines) + "\n", "utf-8")
    run_tool([yosys, "-q", f"{name}.ys"], folder, log, law)


def run_tool(command: list[str], folder: Path, log: str, law: str) -> None:
    """Run a command; what it prints is kept.

    Parameters
    ----------
    command : program and arguments
    folder : where it runs
    log : name of the file for its output
    law : what must hold, for the error

    Raises
    ------
    SpikewattError : it failed; the last lines of its output are quoted.
    """
    run_tools({log: command}, folder, law)


def run_tools(commands: dict[str, list[str]], folder: Path, law: str) -> None:
    """Run commands, as many at once as `at_once` says; what they print is kept.

    Parameters
    ----------
    commands : name of the file for a command's output -> program and arguments
    folder : where they run
    law : what must hold, for the error

    Raises
    ------
    SpikewattError : one failed; the last lines of its output are quoted, and the others are ended.
    """
    waiting = list(commands.items())
    running: dict[str, subprocess.Popen] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once():
                log, command = waiting.pop(0)
                running[log] = _start(command, folder, log)

            ended = [log for log, process in running.items() if process.poll() is not None]
            for log in ended:
                _check_ended(running.pop(log), folder, log, law)
            if not ended:
                time.sleep(POLL_S)
    finally:
        for process in running.values():
            process.kill()
            process.wait()


def _start(command: list[str], folder: Path, log: str) -> subprocess.Popen:
    with open(folder / log, "wb") as file:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            preexec_fn=end_with_parent,  # a tool may run for an hour
        )


def _check_ended(process: subprocess.Popen, folder: Path, log: str, law: str) -> None:
    if code := process.returncode:
        got = tail(folder / log) or f"exit code {code}"
        raise SpikewattError("synth", law, got, f"see {folder / log}")
