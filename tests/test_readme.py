"""What the documents tell a reader to type works: every shell and Python block is run, in order."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import spikewatt
from typer.testing import CliRunner

from .helpers.documents import Block, read_blocks

ROOT = Path(spikewatt.__file__).parent
DOCUMENTS = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))


@pytest.fixture
def reader(tmp_path, digits, monkeypatch) -> Path:
    """A folder with what a reader has: the clone's data, and files of their own."""
    for folder in ("energy/data", "docs/examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    np.savez(
        tmp_path / "my.npz",
        x_train=digits.x_train[:400],
        y_train=digits.y_train[:400],
        x_test=digits.x_test[:40],
        y_test=digits.y_test[:40],
        levels=digits.levels,
    )
    (tmp_path / "my.yaml").write_text("epochs: 2\nengine: reference\ntest_samples: 20\n")
    readings().to_csv(tmp_path / "readings.csv", index=False)
    counts = re.findall(r"```csv\n(.*?)```", (ROOT / "docs" / "COUNTS.md").read_text(), re.DOTALL)
    (tmp_path / "my_counts.csv").write_text(counts[0])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def readings() -> pd.DataFrame:
    """Latencies and energies of a board, as a reader measures them: those of MLPerf Tiny."""
    from spikewatt.energy.kernels.measured import MEASURED

    rows = pd.read_csv(MEASURED)
    stack = rows[rows["software"] == "X-CUBE-AI v7.3.0"]
    board = stack[stack["board"] == "NUCLEO-U575ZI-Q"]
    return pd.DataFrame(
        {
            "network": board["benchmark"],
            "latency_ms": board["latency_ms"],
            "energy_uj": board["energy_uj"],
        }
    )


def run_line(line: str, where: str) -> None:
    """Run a line of a shell block in this process; what is no verb of ours must be a copy."""
    program, *arguments = shlex.split(line)
    if program == "cp":
        source, target = arguments
        assert Path(source).is_file(), f"{where}: {line}: no {source}"
        shutil.copy(source, target)
        return

    from spikewatt.cli.main import app

    assert program == "spikewatt", f"{where}: a program that the test does not know: {line}"
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, f"{where}: {line}\n{result.output}\n{result.exception!r}"


def run_python(block: Block, where: str, names: dict) -> None:
    """Run a Python block; all blocks of a document share `names`."""
    padding = "\n" * (block.line - 1)  # so that an error names the line of the document
    exec(compile(padding + block.text, where, "exec"), names)


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTS)
def test_blocks_of_a_document_run_in_order(name, reader):
    document, names = ROOT / name, {}
    for block in read_blocks(document):
        where = f"{name}:{block.line}"
        if block.language == "python" and not block.skip:
            run_python(block, str(document), names)
        else:
            for line in block.commands:
                run_line(line, where)
    assert reader == Path(os.getcwd())


def test_the_readme_has_blocks_of_both_kinds():
    blocks = read_blocks(ROOT / "README.md")
    commands = [command for block in blocks for command in block.commands]
    assert len(commands) > 15
    assert sum(block.language == "python" for block in blocks) >= 2
    verbs = {command.split()[1] for command in commands if command.startswith("spikewatt ")}
    assert verbs >= {"run", "convert", "simulate", "diagnose", "price", "map", "odin", "validate"}


DOCUMENT = """
Text.

<!-- test: instead spikewatt run because a test installs nothing -->

    make run      # creates all

    not a program

<!-- test: skip verify, synth because they need tools -->

    spikewatt plot a   # comment
    spikewatt verify --spk a

<!-- test: skip because it takes minutes -->

```python
raise RuntimeError
```

Text ends the mark.

```python
x = 1
```

```json
{}
```
"""


def test_marks_skip_lines_and_blocks_and_replace_them(tmp_path):
    (tmp_path / "d.md").write_text(DOCUMENT)
    first, second, third, fourth = read_blocks(tmp_path / "d.md")
    assert first.commands == ["spikewatt run"]
    assert second.commands == ["spikewatt plot a"]
    assert (third.language, third.skip) == ("python", True)
    assert (fourth.text, fourth.skip, fourth.line) == ("x = 1", False, 24)


def test_a_mark_says_why(tmp_path):
    (tmp_path / "d.md").write_text("<!-- test: skip -->\n\n    make all\n")
    with pytest.raises(AssertionError, match=r"d\.md:1"):
        read_blocks(tmp_path / "d.md")
