"""How long a newcomer takes to the three answers that most come for; ``make timed-paths``.

Each path begins with a fresh clone of this repository, an empty folder and a new environment, and
types what the documents say. Every command is printed with its seconds, the paths in a table at the
end; exit code 1 where one took longer than it may, or more commands. ``ARGS="board"`` for one path.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from newcomer.paths import PATHS, NewPath

ROOT = Path(__file__).parents[2]
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "PIP_INDEX_URL", "PIP_CONFIG_FILE")


@dataclass
class Taken:
    """What a path took.

    Parameters
    ----------
    path : NewPath
    seconds : list of float
        Of each command that a newcomer types, done or not.
    processor_s : float, default 0
        What all of them computed: far less than they took where others work on the machine, too.
    fault : str, default ""
        Why it did not come to its end.
    """

    path: NewPath
    seconds: list[float] = field(default_factory=list)
    processor_s: float = 0.0
    fault: str = ""

    @property
    def whole_s(self) -> float:
        return sum(self.seconds)

    @property
    def missed(self) -> str:
        """Which limit was missed; "" where none was."""
        if self.fault:
            return self.fault
        if self.whole_s > self.path.most_s:
            return f"longer than {self.path.most_s:.0f} s"
        if self.path.most_commands and len(self.seconds) > self.path.most_commands:
            return f"more than {self.path.most_commands} commands"
        return ""


def computed_s() -> float:
    """Seconds of a processor that all processes begun here, and now over, have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def take(path: NewPath, python: str, folder: Path) -> Taken:
    """Type the commands of a path in `folder`."""
    clone, empty, home = folder / "clone", folder / "empty", folder / "home"
    for made in (empty, home):
        made.mkdir()
    subprocess.run(["git", "clone", "--quiet", "--local", str(ROOT), str(clone)], check=True)
    environment = {key: os.environ[key] for key in KEPT if key in os.environ}
    environment |= {"HOME": str(home)}
    for name, text in path.files.items():
        (empty / name).write_text(text)

    taken, said = Taken(path), ""
    for command in path.commands:
        typed = command.replace("PYTHON", python)
        print(f"{path.name} $ {typed}", flush=True)
        start, before_s = time.perf_counter(), computed_s()
        done = subprocess.run(
            typed, shell=True, cwd=empty, env=environment, capture_output=True, text=True
        )
        taken.seconds.append(time.perf_counter() - start)
        own_s = computed_s() - before_s
        taken.processor_s += own_s
        line = f"{path.name}   {taken.seconds[-1]:.1f} s, of a processor {own_s:.1f} s"
        print(line, flush=True)
        if done.returncode:
            taken.fault = f"`{typed}` ended with {done.returncode}"
            print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
            return taken
        said = done.stdout
    print("\n".join(f"    {line}" for line in said.splitlines()[:4]))
    missing = [name for name in path.leaves if not (empty / name).exists()]
    if missing or path.says not in said:
        taken.fault = f"no {', '.join(missing) or path.says!r}"
    return taken


def main() -> None:
    """Take the paths that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help=f"of {', '.join(PATHS)}; else all")
    parser.add_argument("--python", default=sys.executable, help="Python of the environments.")
    asked = parser.parse_args()
    if unknown := set(asked.paths) - set(PATHS):
        words = ", ".join(sorted(unknown))
        parser.error(f"no path is called {words}; there are {', '.join(PATHS)}")
    found = []
    for name in asked.paths or PATHS:
        folder = Path(tempfile.mkdtemp(prefix="newcomer-"))
        try:
            found.append(take(PATHS[name], asked.python, folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    print(f"\n{'path':<8} {'commands':>8} {'seconds':>8} {'most':>6} {'processor':>9}  result")
    for each in found:
        words = each.missed or "kept"
        counts = f"{len(each.seconds):>8} {each.whole_s:>8.0f} {each.path.most_s:>6.0f}"
        counts += f" {each.processor_s:>9.0f}"
        print(f"{each.path.name:<8} {counts}  {words}: {each.path.about}")
    sys.exit(any(each.missed for each in found))


if __name__ == "__main__":
    main()
