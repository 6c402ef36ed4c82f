"""The border of the program: whatever happens inside leaves as one line and an exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
import pytest
import typer
from spikewatt.analysis.report.rows import json_text, write_frame
from spikewatt.analysis.report.terminal.console import print_lines, print_rows
from spikewatt.cli import border
from spikewatt.cli.habits import voice
from spikewatt.errors import SpikewattError, SpikewattWarning, whole_number
from typer.testing import CliRunner

from ..helpers.said import data_of

ESCAPE = "\x1b[31mred\x1b[0m"


def spikewatt(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "spikewatt.cli", *arguments],
        cwd=cwd,
        capture_output=True,
        timeout=300,
        env={**os.environ, **environment},
    )


def inside(*arguments: str):
    """Run a verb in this process."""
    from spikewatt.cli.main import app

    return CliRunner().invoke(app, list(arguments))


def leave(error: BaseException, capsys, **given: object) -> tuple[int, str]:
    """Exit code and stderr of a verb that raises `error`."""
    with pytest.raises(typer.Exit) as left, border.border("price", given):
        raise error
    return left.value.exit_code, capsys.readouterr().err


# ------------------------------------------------------------------ errors


def test_what_nobody_foresaw_is_one_line_with_file_and_step(capsys):
    code, line = leave(ZeroDivisionError("division by\nzero"), capsys, trace=Path("t.trace"))
    assert code == 2
    assert line.startswith("spikewatt: price t.trace: not foreseen: ZeroDivisionError: division by")
    assert "please report" in line
    assert line.count("\n") == 1


def test_the_step_is_the_innermost_place_of_the_package(capsys):
    try:
        whole_number("x", "y", "z", "not", "numbers")  # type: ignore[arg-type]
    except Exception as error:
        error.add_note("raised by a check")
    with pytest.raises(typer.Exit), border.border("price", {}):
        json_text({1: object})
    assert "in analysis/report/rows.py, json_text, line" in capsys.readouterr().err


def test_a_traceback_is_shown_when_asked_for(monkeypatch, capsys):
    monkeypatch.setattr(voice, "_verbose", True)
    _, text = leave(ZeroDivisionError("oops"), capsys)
    assert "Traceback (most recent call last)" in text
    assert text.rstrip().splitlines()[-1].startswith("spikewatt: price: not foreseen")


def test_verbose_may_stand_anywhere(tmp_path):
    for words in (("-v", "devices", "abacus"), ("devices", "abacus", "--verbose")):
        result = spikewatt(*words, cwd=tmp_path)
        assert result.returncode == 2
        assert b"Traceback" in result.stderr


def test_a_full_disk_names_the_file_that_was_written(capsys):
    full = OSError(28, "No space left on device")
    code, line = leave(full, capsys, trace=Path("t.trace"), output=Path("out.csv"))
    assert (code, line) == (2, "spikewatt: out.csv: No space left on device\n")


def test_a_full_disk_inside_of_a_library_is_the_same_line(capsys):
    full = RuntimeError("flush failed (errno = 28, error message = 'No space left on device')")
    code, line = leave(full, capsys, runs_dir=Path("runs"))
    assert (code, line) == (2, "spikewatt: runs: No space left on device\n")


def test_a_full_disk_behind_standard_output_is_one_line(tmp_path):
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "spikewatt.cli", "devices"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert result.returncode != 0
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_closed_pipe_is_no_error(tmp_path):
    command = f"{sys.executable} -m spikewatt.cli devices | head -1"
    result = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert result.stderr == ""


def test_memory_that_is_not_there_is_one_line(capsys):
    code, line = leave(MemoryError("7 TiB"), capsys)
    assert (code, line) == (2, "spikewatt: price: needs more memory than there is (7 TiB)\n")


def test_warnings_of_ours_are_lines_and_those_of_others_are_not_shown(capsys):
    with border.border("price", {}):
        warnings.warn("a value looks odd", SpikewattWarning, stacklevel=1)
        warnings.warn("invalid value in cast", RuntimeWarning, stacklevel=1)
    assert capsys.readouterr().err == "spikewatt: warning: a value looks odd\n"


# ------------------------------------------------------------------ Ctrl-C


def test_ctrl_c_while_the_program_is_imported(tmp_path):
    code = (
        "import builtins, sys\n"
        "real = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        "    if name == 'typer': raise KeyboardInterrupt\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = interrupted\n"
        "from spikewatt.cli.entry import main\n"
        "main()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (130, "spikewatt: stopped: nothing was written\n")


@pytest.mark.parametrize("after_s", [0.15, 0.4, 1.0])
def test_ctrl_c_ends_with_one_line(after_s, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "spikewatt.cli", "validate"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    if process.returncode == -signal.SIGINT or "<frozen" in error:
        return  # it came before Python itself was ready
    assert process.returncode in (0, 130)
    assert "Traceback" not in error


# ------------------------------------------------------------------ text


def test_ascii_only_output_ends_nothing(tmp_path):
    result = spikewatt(
        "devices",
        "odin_style",
        cwd=tmp_path,
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )
    assert result.returncode == 0, result.stderr
    assert b"8.43e-12 J" in result.stdout


def test_characters_that_a_terminal_lacks_are_written_plainly(tmp_path):
    """Microjoules stay microjoules."""
    code = (
        "from spikewatt.cli.border import plain_streams\n"
        "plain_streams()\n"
        "print('3.36 µJ, θ ≠ 2 mm², ─ ∞ 漢')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert result.stdout == b"3.36 uJ, theta != 2 mm2, - inf ?\n"


def test_a_name_that_is_not_unicode_is_refused_in_one_line(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "spikewatt.cli", "convert", b"m\xff.keras", "-o", "n.spk"],
        cwd=tmp_path,
        capture_output=True,
    )
    assert result.returncode == 2
    assert b"must be text in Unicode; got m\\udcff.keras" in result.stderr


def test_text_files_are_utf8_whatever_the_locale():
    import ast

    import spikewatt

    root = Path(spikewatt.__file__).parent
    found = []
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).parts
        if parts[0] in ("tests", "build", "benchmarks", "runs") or parts[0].startswith("."):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                given = len(node.args) + len(node.keywords)
                needed = {"read_text": 1, "write_text": 2}.get(node.func.attr)
                if needed is not None and given < needed:
                    found.append(f"{path}:{node.lineno}")
    assert not found, found


def test_escape_sequences_reach_no_terminal(capsys):
    print_rows(f"title {ESCAPE}", [{f"head {ESCAPE}": f"cell {ESCAPE}"}])
    print_lines([f"line {ESCAPE}"])
    shown = capsys.readouterr().out
    assert "\x1b[31m" not in shown
    assert "\\x1b[31mred" in shown
    assert "\x1b" not in str(SpikewattError(ESCAPE, ESCAPE, ESCAPE, ESCAPE, ESCAPE))


def test_a_csv_holds_no_formula(tmp_path):
    frame = pd.DataFrame({"=layer": ["=cmd|'/c calc'!A0", "+1", "-1+2", "@SUM(A1)", "a->b"]})
    write_frame(frame.assign(energy_j=[-1.5, 1, 2, 3, 4]), tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0] == "'=layer,energy_j"
    assert [line[:2] for line in lines[1:]] == ["'=", "'+", "'-", "'@", "a-"]
    assert lines[1].endswith(",-1.5")


def test_json_has_no_infinity():
    text = json_text({"life_s": float("inf"), "rows": [{"x": float("nan"), "n": 3}]})
    assert json.loads(text, parse_constant=pytest.fail) == {
        "life_s": None,
        "rows": [{"x": None, "n": 3}],
    }


def test_with_json_the_document_is_all_there_is_on_stdout(tmp_path):
    code = (
        "import os\n"
        "from spikewatt.cli.document.envelope import only_document, print_document\n"
        "with only_document('price'):\n"
        "    print('Compiling ...')\n"
        "    os.system('echo from a compiler')\n"
        "    print_document({'rows': []})\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert data_of(result.stdout, "price") == {"rows": []}
    assert {"Compiling ...", "from a compiler"} == set(result.stderr.splitlines())


def test_a_value_of_thousands_of_digits_has_a_short_message():
    with pytest.raises(SpikewattError, match="thousands of digits") as refused:
        whole_number("run.steps", "must be a number of steps", 10**5000, 1, 10)
    assert len(str(refused.value)) < 200
    with pytest.raises(SpikewattError) as refused:
        whole_number("run.steps", "must be a number of steps", 10**4000, 1, 10)
    assert len(str(refused.value)) < 600


# ------------------------------------------------------------------ arguments


@pytest.mark.parametrize("number", ["inf", "nan", "-inf"])
def test_numbers_are_finite(number):
    result = inside("price", "t.trace", "--device", "odin", "--period-s", number)
    assert result.exit_code == 2
    assert f"price --period-s: must be a finite number; got {number}" in result.stderr


def test_an_option_of_one_value_is_given_once():
    result = inside("price", "t.trace", "--period-s", "1", "--period-s", "2")
    assert result.exit_code == 2
    assert "Option --period-s is given 2 times" in result.stderr
    assert (
        "must be a spikewatt-trace"
        in inside("price", "t.trace", "--device", "odin", "--device", "odin_style").stderr
    )


# ------------------------------------------------------------------ damaged folders


@pytest.mark.parametrize("damage", ["zeros", "text", "objects", "shape"])
def test_damaged_samples_of_a_run_are_refused_in_one_line(damage, trace, tmp_path):
    import numpy as np

    trace.save(tmp_path / "spikes.trace")
    for name in ("energy.csv", "accuracy_against_steps.csv"):
        (tmp_path / name).write_text("device,step\n")
    samples = tmp_path / "samples.npz"
    images = np.zeros((4, 8, 8, 1))
    np.savez_compressed(samples, images=images, labels=np.arange(4), predictions=np.arange(4))
    content = samples.read_bytes()
    if damage == "zeros":
        samples.write_bytes(content[:100] + bytes(60) + content[160:])
    elif damage == "text":
        samples.write_text("no archive")
    elif damage == "objects":
        np.savez(samples, images=np.array([{}, "x"]), labels=np.array(None), predictions=3)
    else:
        np.savez(samples, images=np.zeros(3), labels=np.float64(3), predictions=np.zeros((2, 2)))
    result = inside("plot", str(tmp_path))
    assert result.exit_code == 2
    assert "must hold the whole files of a run" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
