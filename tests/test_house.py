"""The house: imports run one way, the wheel holds every folder and data file, the project speaks of itself alone."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import spikewatt

ROOT = Path(spikewatt.__file__).parent
FLOORS = ("models", "sim", "energy", "rtl_ref", "analysis")


def test_imports_are_relative_and_run_one_way():
    checked = 0
    for floor, folder in enumerate(FLOORS):
        for path in (ROOT / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and node.level == 2 and node.module:
                    target = node.module.split(".")[0]
                    assert target == "errors" or FLOORS.index(target) <= floor, (
                        f"{path.name} imports {node.module}"
                    )
                    checked += 1
                names = (
                    [a.name for a in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                absolute = [
                    n
                    for n in names
                    if n.split(".")[0] == "spikewatt"
                    and not (isinstance(node, ast.ImportFrom) and node.level)
                ]
                assert not absolute, f"{path}: {absolute}"
    assert checked > 20


def test_wheel_holds_everything_and_works(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True, capture_output=True, cwd=tmp_path,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in FLOORS:
        for path in (
            *(ROOT / folder).glob("*.py"),
            *(ROOT / folder).glob("data/*"),
            *(ROOT / folder).glob("rtl/*.sv"),
            *(ROOT / folder).glob("formal/*.sv"),
            *(ROOT / folder).glob("*.svg"),
        ):
            assert f"spikewatt/{path.relative_to(ROOT)}" in names
    assert {"spikewatt/__init__.py", "spikewatt/cli.py", "spikewatt/errors.py"} <= names
    assert not [
        n for n in names if n.startswith(("spikewatt/tests", "spikewatt/runs", "spikewatt/build"))
    ]
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r}); import spikewatt\n"
        f"assert spikewatt.__file__.startswith({str(unpacked)!r})\n"
        "print(spikewatt.load_card('odin_style').title)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "ODIN" in result.stdout


def test_every_public_name_loads():
    for name in spikewatt.__all__:
        assert getattr(spikewatt, name) is not None
