"""The notebooks run in an empty folder; what is committed of them is whole, and of no machine."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest
import spikewatt

ROOT = Path(spikewatt.__file__).parent
FOLDER = ROOT / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
FEWEST_CELLS, MOST_CELLS = 10, 25
MOST_BYTES = 300_000
PLACES = re.compile(r"/(?:home|tmp|root|work|usr|Users|opt|var)/|site-packages|[A-Z]:\\\\")
TORCH = ("torch", "snntorch", "nir")
SLOW = ("3_which_steps_which_code", "4_snntorch_to_price", "5_rtl_proof")


def cells(path: Path, kind: str) -> list[dict]:
    notebook = json.loads(path.read_text("utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def text_of(said: str | list[str]) -> str:
    return said if isinstance(said, str) else "".join(said)


def marked(path: Path):
    slow = [pytest.mark.slow] if path.stem in SLOW else []
    rtl = [pytest.mark.rtl] if "rtl" in path.stem else []
    return pytest.param(path, id=path.stem, marks=[*slow, *rtl])


def test_there_are_five():
    assert len(NOTEBOOKS) == 5
    assert {path.stem for path in NOTEBOOKS} > set(SLOW)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_short_and_begins_with_what_it_is_for_and_an_installation(path):
    notebook = json.loads(path.read_text("utf-8"))
    assert FEWEST_CELLS <= len(notebook["cells"]) <= MOST_CELLS
    assert text_of(notebook["cells"][0]["source"]).startswith("# ")
    first = text_of(cells(path, "code")[0]["source"])
    assert 'find_spec("spikewatt") is None' in first
    assert "%pip install --quiet 'spikewatt[all]'" in first


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_committed_was_executed_without_an_error(path):
    code = cells(path, "code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert [output for output in outputs if "image/png" in output.get("data", {})]
    assert path.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_committed_names_no_place_on_a_machine(path):
    notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
    assert not PLACES.findall(json.dumps(notebook))


def test_the_search_for_places_finds_them():
    assert PLACES.search("/home/somebody/file")
    assert PLACES.search(json.dumps("C:\\Users"))
    assert not PLACES.search("spikes/tmp, 3/4")


@pytest.mark.parametrize("path", [marked(path) for path in NOTEBOOKS])
def test_it_runs_in_an_empty_folder(path, tmp_path):
    nbformat = pytest.importorskip("nbformat", reason="pip install nbformat nbclient ipykernel")
    nbclient = pytest.importorskip("nbclient", reason="pip install nbformat nbclient ipykernel")
    pytest.importorskip("ipykernel", reason="pip install nbformat nbclient ipykernel")
    if "torch" in path.stem:
        for package in TORCH:
            if importlib.util.find_spec(package) is None:
                pytest.skip(f"needs {package}: pip install torch snntorch nir")

    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=1200, resources=folder).execute()
    nbformat.validate(notebook)

    before = [text for cell in cells(path, "code") for text in said(cell["outputs"])]
    after = [t for c in notebook.cells if c.cell_type == "code" for t in said(c.outputs)]
    assert after[:1] == before[:1]  # the first words; later ones may differ in the last digits


def said(outputs: list) -> list[str]:
    """What was printed."""
    return [text_of(each["text"]) for each in outputs if each.get("name") == "stdout"]
