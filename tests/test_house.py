"""The house: imports run one way, the wheel holds all, the face says its names."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
import zipfile
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import spikewatt

from .helpers.imports import Import, read_imports, source_files

ROOT = Path(spikewatt.__file__).parent
FLOORS = ("models", "sim", "energy", "rtl_ref", "analysis", "cli")
MOST_FILES = 15  # Python files in a folder
MOST_COLUMNS = 100
LEFT_OUT = ("__pycache__", ".*", "build", "dist", "runs", "*.egg-info", "node_modules")


@pytest.fixture(scope="module")
def imports() -> list[Import]:
    found = read_imports(ROOT)
    assert len(found) > 200
    return found


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


# ------------------------------------------------------------------ imports


def floor(module: str) -> int:
    """The floor of a module; those of the root lie below all, and the face itself above all."""
    if not module:
        return len(FLOORS)
    first = module.split(".")[0]
    return FLOORS.index(first) if first in FLOORS else -1


def test_no_import_climbs(imports):
    """Each may import its own floor and those before it; the command line may name the version."""
    climbs = [
        item
        for item in imports
        if floor(item.imported) > floor(item.importer)
        and (item.importer, item.imported) != ("cli.main", "")
    ]
    assert not climbs, climbs


def test_no_imports_in_a_circle(imports):
    graph: dict[str, set[str]] = {}
    for item in imports:
        if item.importer != item.imported:
            graph.setdefault(item.importer, set()).add(item.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' <- '.join(error.args[1])}")


def test_imports_inside_the_package_are_relative(imports):
    assert not [item for item in imports if item.absolute]


def test_every_floor_is_read(imports):
    assert {item.importer.split(".")[0] for item in imports} >= set(FLOORS)
    assert {item.importer.count(".") for item in imports} >= {0, 1, 2, 3}


SMALL_HOUSE = {
    "__init__.py": "",
    "errors.py": "",
    "sim/__init__.py": "from .a import A",
    "sim/a.py": "from ..errors import E\nimport numpy",
    "sim/deep/__init__.py": "",
    "sim/deep/b.py": "def f():\n    from ...energy import bill",
    "sim/deep/c.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .b import f",
    "energy/__init__.py": "",
    "energy/bill.py": "import spikewatt.sim.a\nfrom spikewatt.sim.deep import c",
    "tests/t.py": "from spikewatt import sim",
}


def test_the_reader_sees_functions_type_checking_and_absolute_names(tmp_path):
    for name, text in SMALL_HOUSE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {(i.importer, i.imported, i.absolute) for i in read_imports(tmp_path)}
    assert found == {
        ("sim", "sim.a", False),
        ("sim.a", "errors", False),
        ("sim.deep.b", "energy.bill", False),
        ("sim.deep.c", "sim.deep.b", False),
        ("energy.bill", "sim.a", True),
        ("energy.bill", "sim.deep.c", True),
    }


# ------------------------------------------------------------------ folders and lines


def test_no_folder_is_overfull():
    count: dict[Path, int] = {}
    for path in (*source_files(ROOT), *(ROOT / "tests").rglob("*.py")):
        count[path.parent] = count.get(path.parent, 0) + 1
    full = {str(folder.relative_to(ROOT)): n for folder, n in count.items() if n > MOST_FILES}
    assert not full


def test_no_line_is_too_long():
    checked, long = 0, []
    outside = (path for name in ("tests", "benchmarks") for path in (ROOT / name).rglob("*.py"))
    for path in (*source_files(ROOT), *outside):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            checked += 1
            if len(line) > MOST_COLUMNS:
                long.append(f"{path.relative_to(ROOT)}:{number}")
    assert checked > 10_000
    assert not long, f"{len(long)} lines: {', '.join(long[:10])}"


def test_the_type_of_progress_is_said_once():
    files = [path for path in source_files(ROOT) if "Callable[[str, int, int]" in path.read_text()]
    assert files == [ROOT / "progress.py"]


# ------------------------------------------------------------------ what is shipped


def packages_on_disk() -> set[str]:
    folders = {path.parent for path in source_files(ROOT)}
    return {".".join(["spikewatt", *folder.relative_to(ROOT).parts]) for folder in folders}


def data_files() -> set[Path]:
    """Every file in a floor's folder that is no Python source, and the samples of the documents."""
    found = {ROOT / "docs" / "space.yaml", *(ROOT / "docs" / "examples").iterdir()}
    for name in FLOORS:
        for path in (ROOT / name).rglob("*"):
            if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts:
                found.add(path)
    return found


def test_every_folder_is_a_listed_package(project):
    assert set(project["packages"]) == packages_on_disk()
    assert len(project["packages"]) == len(set(project["packages"]))
    for folder in {path.parent for path in source_files(ROOT)}:
        assert (folder / "__init__.py").is_file(), folder


def test_every_data_file_is_shipped_and_every_pattern_finds_one(project):
    shipped = set()
    for package, patterns in project["package-data"].items():
        folder = ROOT.joinpath(*package.split(".")[1:])
        for pattern in patterns:
            found = set(folder.glob(pattern))
            assert found, f"{package}: nothing is called {pattern}"
            shipped |= found
    assert len(shipped) > 20
    assert shipped == data_files()


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """A copy of the checkout whose folder is not called like the package."""
    copy = tmp_path_factory.mktemp("clone") / "another-name"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    return copy


def run_python(*arguments: str, cwd: Path) -> str:
    """What a fresh Python prints, which sees no checkout but that in its arguments."""
    import os

    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=clean, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def loads_from(folder: Path) -> str:
    """A program that imports spikewatt from `folder` and reads one of its data files."""
    return (
        f"import sys; sys.path.insert(0, {str(folder)!r}); import spikewatt\n"
        f"assert spikewatt.__file__.startswith({str(folder)!r}), spikewatt.__file__\n"
        "print(spikewatt.load_card('odin_style').title)"
    )


def test_the_wheel_of_a_clone_holds_everything_and_works(clone, tmp_path):
    arguments = ("-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(clone))
    run_python(*arguments, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    names = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    files = {*source_files(ROOT), *data_files()}
    assert names == {f"spikewatt/{path.relative_to(ROOT)}" for path in files}

    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    assert "ODIN" in run_python("-c", loads_from(unpacked), cwd=tmp_path)
    help_text = run_python("-m", "spikewatt.cli", "--help", cwd=unpacked)
    assert "simulate" in help_text


def test_an_editable_install_of_a_clone_works(clone, tmp_path):
    pip = (
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--ignore-installed",
    )
    run_python(*pip, "--prefix", str(tmp_path), "--editable", str(clone), cwd=tmp_path)
    (links,) = tmp_path.rglob("site-packages")
    packages = [path for path in sys.path if path.endswith("site-packages")]
    code = (
        "import site, sys\n"
        f"sys.path[:0] = [{str(links)!r}]; sys.path += {packages!r}\n"
        f"site.addsitedir({str(links)!r})\n"
        "import spikewatt, spikewatt.energy.bill\n"
        f"assert spikewatt.__file__.startswith({str(clone)!r}), spikewatt.__file__\n"
        "print(spikewatt.load_card('odin_style').title)"
    )
    assert "ODIN" in run_python("-S", "-c", code, cwd=tmp_path)  # -S: no other editable install


# ------------------------------------------------------------------ the face


def test_dir_shows_every_public_name_and_each_loads():
    assert dir(spikewatt) == sorted(spikewatt.__all__)
    assert len(spikewatt.__all__) > 30
    for name in spikewatt.__all__:
        assert getattr(spikewatt, name) is not None


def test_type_checkers_see_the_same_names():
    """The imports under TYPE_CHECKING are those of _HOME, each name once."""
    tree = ast.parse((ROOT / "__init__.py").read_text())
    (guarded,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen: dict[str, list[str]] = {}
    for node in guarded.body:
        assert isinstance(node, ast.ImportFrom)
        assert node.module
        for alias in node.names:
            assert alias.asname == alias.name
            seen.setdefault(node.module, []).append(alias.name)
    assert {module: sorted(names) for module, names in seen.items()} == {
        module: sorted(names) for module, names in spikewatt._HOME.items()
    }
    every = [name for names in spikewatt._HOME.values() for name in names]
    assert len(every) == len(set(every))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'simulat'"):
        spikewatt.simulat  # noqa: B018


def test_importing_the_face_imports_nothing_heavy():
    code = (
        "import sys, spikewatt\n"
        "assert 'convert' in dir(spikewatt)\n"
        "heavy = {'numpy', 'pandas', 'tensorflow', 'keras', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
