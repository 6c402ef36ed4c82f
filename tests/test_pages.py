"""What the pages tell a reader to type works: every shell and Python block is run, in order.

Each page runs in a folder of its own with what a reader has: files of their own, and nothing of the
clone.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import spikewatt
from typer.testing import CliRunner

from .helpers.documents import PYTHON, Block, read_blocks, written_pages

ROOT = Path(spikewatt.__file__).resolve().parent
SLOW = {
    "README.md",
    "docs/explanation/rules.md",
    "docs/explanation/measured_and_assumed.md",
    "docs/how_to/firmware.md",
    "docs/how_to/keras.md",
    "docs/how_to/less.md",
    "docs/how_to/odin.md",
    "docs/how_to/price.md",
    "docs/how_to/report.md",
    "docs/tutorial/index.md",
}
CALIBRATION, SAMPLES = 300, 60


def pages() -> list[str]:
    """The pages that people wrote and that show something to run."""
    return [name for name in written_pages(ROOT) if read_blocks(ROOT / name)]


@pytest.fixture(scope="session")
def belongings(tmp_path_factory, mlp, digits) -> Path:
    """A network and data of a reader's own, and what the page of Keras networks makes of them."""
    folder = tmp_path_factory.mktemp("belongings")
    mlp.save(folder / "my.keras")
    network = spikewatt.convert(
        mlp, digits.scaled("train")[:CALIBRATION], input_levels=digits.levels
    )
    network.save(folder / "my.spk")
    x = digits.scaled("test")[:SAMPLES]
    spikewatt.simulate(network, x, steps=32, engine="reference").save(folder / "my.trace")
    np.savez(
        folder / "my.npz",
        x_train=digits.x_train[:400],
        y_train=digits.y_train[:400],
        x_test=digits.x_test[:40],
        y_test=digits.y_test[:40],
        levels=digits.levels,
    )
    (folder / "my.yaml").write_text("epochs: 2\nengine: reference\ntest_samples: 20\n")
    counts = (ROOT / "docs" / "how_to" / "counts.md").read_text()
    (found,) = re.findall(r"```csv\n(.*?)```", counts, re.DOTALL)
    (folder / "my_counts.csv").write_text(found)
    return folder


@pytest.fixture
def reader(tmp_path, belongings, monkeypatch) -> Path:
    """A folder with what a reader has."""
    shutil.copytree(belongings, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def take_away_what_a_page_makes(name: str) -> None:
    """A reader of this page has not made it yet, and nothing is written over."""
    for block in read_blocks(ROOT / name):
        for words in map(str.split, block.commands):
            if "-o" in words and "--force" not in words:
                made = Path(words[words.index("-o") + 1])
                if made.is_file():
                    made.unlink()


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
    """Run a Python block; all blocks of a page share `names`."""
    padding = "\n" * (block.line - 1)  # so that an error names the line of the page
    exec(compile(padding + block.text, where, "exec"), names)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in pages()],
)
def test_the_blocks_of_a_page_run_in_order(name, reader):
    take_away_what_a_page_makes(name)
    names: dict = {}
    for block in read_blocks(ROOT / name):
        where = f"{name}:{block.line}"
        if block.language == PYTHON and not block.skip:
            run_python(block, str(ROOT / name), names)
        for line in block.commands:
            run_line(line, where)
    assert reader == Path.cwd()


def test_slow_pages_are_pages():
    assert set(pages()) > SLOW
