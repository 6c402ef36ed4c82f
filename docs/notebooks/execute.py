"""Execute the notebooks and keep their outputs: ``python docs/notebooks/execute.py``.

A notebook is its own source. Each is executed in an empty folder by the Python that runs this, and
written back with what it showed; what says when or where it ran is left out.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
LONGEST_S = 1200  # of a cell, on a busy machine
# What keeps libraries from saying which machine they are on.
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebooks() -> list[Path]:
    """All of them, in order."""
    return sorted(HERE.glob("*.ipynb"))


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """A notebook as it is after it ran in a folder.

    Raises
    ------
    nbclient.exceptions.CellExecutionError : a cell that fails.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=LONGEST_S, resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env={**os.environ, **QUIET})
    return notebook


def plain(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Without times, and without what libraries say on stderr."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
    return notebook


def main(words: list[str]) -> None:
    """Execute those whose name has one of the words, or all."""
    for path in notebooks():
        if words and not any(word in path.name for word in words):
            continue
        with tempfile.TemporaryDirectory() as folder:
            notebook = plain(executed(path, Path(folder)))
        nbformat.write(notebook, path)
        print(f"{path.name}: {len(notebook.cells)} cells, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
