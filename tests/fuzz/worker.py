"""A process that runs one command after another and says what each did; see `campaign`.

A line of JSON comes in (``argv``, ``folder``), and one goes out. It is a process of its own, so
that a crash or a hang in a library ends this one, and not the tests.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import sys
import traceback
from pathlib import Path


def run(argv: list[str], folder: str) -> dict:
    """What the command did: exit code, both outputs, and the peak of its memory."""
    os.chdir(folder)
    before = _reset_peak()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _call(argv)
    return {
        "code": code,
        "stdout": out.getvalue(),
        "stderr": err.getvalue()[-4000:],
        "bytes": max(_peak() - before, 0),
    }


def _call(argv: list[str]) -> int | str:
    """The exit code, or the traceback of what was not caught."""
    try:
        if argv[0] == "read-odin":
            return _read_odin(Path(argv[1]))
        if argv[0] == "convert":
            _do_not_compile()
        _program().main(args=argv, prog_name="spikewatt")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    except BaseException:
        return traceback.format_exc()
    return 0


@functools.cache
def _do_not_compile() -> None:
    """TensorFlow compiles each new network for a second; these networks run once."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)


@functools.cache
def _program():
    """The program; to build its parser takes longer than most commands."""
    import typer
    from spikewatt.cli.main import app

    return typer.main.get_command(app)


def _read_odin(path: Path) -> int:
    """ODIN's files, which no verb reads: a network, or a folder with the chip's memories."""
    from spikewatt.errors import SpikewattError
    from spikewatt.sim.odin.chip_files import read_export
    from spikewatt.sim.odin.network import OdinNetwork

    try:
        if path.suffix == ".h5":
            OdinNetwork.load(path)
        else:
            read_export(path.parent)
    except (SpikewattError, OSError) as error:
        print(f"spikewatt: {error}", file=sys.stderr)
        return 2
    return 0


def _reset_peak() -> int:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    """Largest resident memory since the last reset, in bytes."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print past Python
    for line in sys.stdin:
        order = json.loads(line)
        answers.write(json.dumps(run(order["argv"], order["folder"])) + "\n")


if __name__ == "__main__":
    main()
