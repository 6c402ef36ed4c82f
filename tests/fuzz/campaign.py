"""A campaign: mutants of a valid file, each given to a verb, and what went wrong with which."""

from __future__ import annotations

import hashlib
import json
import random
import select
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

WORKER = Path(__file__).with_name("worker.py")
HANGS = 120.0  # seconds after which a command hangs, whatever else the machine does
MOST_BYTES = 2 * 10**9
PRECIOUS = b"what was here before\n"
CONTROLS = {chr(code) for code in range(32)} - {"\n", "\t", "\r"}


@dataclass(frozen=True)
class Format:
    """A file format and the verbs that read it.

    Parameters
    ----------
    name : str
        Of the format.
    original : Path
        A valid file.
    mutate : callable
        From (bytes, random.Random) to bytes.
    commands : tuple of callable
        From the path of the mutant to the arguments of the program; taken in turns.
    beside : tuple of Path, default ()
        Files that stand beside it.
    """

    name: str
    original: Path
    mutate: Callable[[bytes, random.Random], bytes]
    commands: tuple[Callable[[Path], list[str]], ...]
    beside: tuple[Path, ...] = ()


@dataclass
class Report:
    """What was found."""

    tried: int = 0
    codes: Counter = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


class Worker:
    """The process that runs the commands; a new one where one died."""

    def __init__(self) -> None:
        self.process: subprocess.Popen | None = None

    def run(self, argv: list[str], folder: Path) -> dict | str:
        """What the command did, or how the process ended."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._ask(argv, folder)

    def _ask(self, argv: list[str], folder: Path) -> dict | str:
        process = self.process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        order = json.dumps({"argv": argv, "folder": str(folder)})
        process.stdin.write(order + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], HANGS)
        if not ready:
            self.close()
            return "hangs"
        line = process.stdout.readline()
        return json.loads(line) if line else f"the process ended with {process.wait()}"

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def fuzz(made: Format, count: int, folder: Path, first: int = 0) -> Report:
    """Try mutants number `first` to `first + count`; each is the same on every machine.

    Parameters
    ----------
    made : Format
        What is mutated, and who reads it.
    count, first : int
        Which mutants.
    folder : Path
        Where the cases stand; those that failed stay.
    """
    report, worker = Report(), Worker()
    original = made.original.read_bytes()
    try:
        warm = folder / f"{made.name}-original"
        report.findings += _try(made, original, made.commands[0], warm, worker, False)[0]
        shutil.rmtree(warm)
        for number in range(first, first + count):
            chance = random.Random(f"{made.name}/{number}")
            mutant = made.mutate(original, chance)
            command = made.commands[number % len(made.commands)]
            case = folder / f"{made.name}-{number}"
            found, code = _try(made, mutant, command, case, worker, number % 2 == 1)
            report.tried += 1
            report.codes[code] += 1
            report.findings += [f"{made.name} {number}: {text}" for text in found]
            if not found:
                shutil.rmtree(case, ignore_errors=True)
    finally:
        worker.close()
    return report


def _try(made, mutant: bytes, command, case: Path, worker: Worker, over: bool):
    """(what is wrong, exit code) of one command on one mutant, in a folder of its own."""
    case.mkdir(parents=True)
    path = case / made.original.name
    path.write_bytes(mutant)
    for other in made.beside:
        shutil.copy(other, case / other.name)
    argv = command(path)
    output = Path(argv[argv.index("-o") + 1]) if "-o" in argv else None
    if over and output is not None:
        output.write_bytes(PRECIOUS)
        argv = [*argv, "--force"]

    before = _contents(case)
    done = worker.run(argv, case)
    return (_faults(done, before, case, output), done["code"] if isinstance(done, dict) else -1)


def _faults(done: dict | str, before: dict, case: Path, output: Path | None) -> list[str]:
    """Everything that must not be."""
    if isinstance(done, str):
        return [done]
    found = []
    error = done["stderr"]
    if done["code"] not in (0, 2):
        found.append(f"exit code {str(done['code'])[-500:]}: {error[-500:]}")
    if "Traceback" in error:
        found.append(f"traceback: {error[-500:]}")
    if "not foreseen" in error:
        found.append(error[-500:])
    if done["code"] == 2 and not error.strip():
        found.append("refused without a word")
    if CONTROLS & set(error):
        found.append(f"control characters: {error[:200]!r}")
    if done["bytes"] > MOST_BYTES:
        found.append(f"took {done['bytes'] / 1e9:.1f} GB")
    if done["code"] == 0 and done["stdout"].startswith(("{", "[")) and not _is_json(done["stdout"]):
        found.append("no JSON that other programs read")

    after = _contents(case)
    new = set(after) - set(before)
    allowed = {output} if output is not None and done["code"] == 0 else set()
    changed = {path for path in before if after.get(path) != before[path]} - allowed
    if new - allowed:
        found.append(f"left behind: {sorted(path.name for path in new - allowed)}")
    if changed:
        found.append(f"written over: {sorted(path.name for path in changed)}")
    return found


def _is_json(text: str) -> bool:
    """Whether `text` is one document, without NaN and Infinity, which are no JSON."""
    strange: list[str] = []
    try:
        json.loads(text, parse_constant=strange.append)
    except ValueError:
        return False
    return not strange


def _contents(folder: Path) -> dict[Path, str]:
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
