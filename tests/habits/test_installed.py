"""Packages that extras bring, and the version: named as pip takes them, right without git."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import spikewatt
from spikewatt.cli import border
from spikewatt.errors import MissingToolError
from spikewatt.installed import (
    EXTRA_OF,
    __version__,
    install_line,
    is_installed,
    missing_package,
    not_installed,
    require,
)

from ..helpers.imports import source_files

ROOT = Path(spikewatt.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Package, as Python imports it -> distribution, where pip calls it otherwise.
DISTRIBUTION = {
    "cocotb_tools": "cocotb",
    "cocotbext": "cocotbext-axi",
    "distributed": "dask",
    "sklearn": "scikit-learn",
    "vl_convert": "vl-convert-python",
    "yaml": "pyyaml",
    "z3": "z3-solver",
}
WITH_ANOTHER = {"markupsafe": "jinja2", "ai_edge_litert": "tensorflow", "certifi": "nothing"}


def plain(name: str) -> str:
    return re.match(r"[A-Za-z0-9_.-]+", name).group().lower().replace("_", "-")  # type: ignore


CORE = {plain(line) for line in PROJECT["dependencies"]}
EXTRAS = {
    extra: {plain(line) for line in lines}
    for extra, lines in PROJECT["optional-dependencies"].items()
}


def imported() -> set[str]:
    """Every package from outside that the source imports, wherever."""
    found = set()
    for path in source_files(ROOT):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.split(".")[0])
    beside = {path.stem for path in (ROOT / "rtl_ref" / "benches").glob("*.py")}
    return found - set(sys.stdlib_module_names) - beside - {"spikewatt"}


def test_every_import_is_of_the_core_or_of_an_extra_that_is_named():
    for package in imported():
        name = plain(DISTRIBUTION.get(package, package))
        if name in CORE or WITH_ANOTHER.get(package) in EXTRA_OF:
            continue
        assert package in EXTRA_OF, package
    assert len(imported() & set(EXTRA_OF)) > 15


@pytest.mark.parametrize("package", EXTRA_OF)
def test_an_extra_brings_what_it_is_named_for(package):
    assert plain(DISTRIBUTION.get(package, package)) in EXTRAS[EXTRA_OF[package]]


@pytest.mark.parametrize("package", EXTRA_OF)
def test_a_missing_package_is_one_line_with_what_pip_takes(package, capsys):
    import typer

    error = ModuleNotFoundError(f"No module named {package!r}", name=f"{package}.part")
    with pytest.raises(typer.Exit) as left, border.border("price", {}):
        raise error
    line = f"spikewatt: price: needs the package {package}; got {error}; hint: "
    line += f"pip install 'spikewatt[{EXTRA_OF[package]}]'\n"
    assert (left.value.exit_code, capsys.readouterr().err) == (2, line)


def test_a_package_of_no_extra_is_not_foreseen(capsys):
    import typer

    assert missing_package("price", ModuleNotFoundError("no", name="abacus")) is None
    with pytest.raises(typer.Exit), border.border("price", {}):
        raise ModuleNotFoundError("No module named 'abacus'", name="abacus")
    assert "not foreseen: ModuleNotFoundError" in capsys.readouterr().err


def test_a_package_that_is_there_is_not_called_missing(capsys):
    """An old or broken one lacks a name; to install it once more mends nothing."""
    import typer

    error = ImportError("cannot import name 'Adam' from 'keras'", name="keras")
    assert missing_package("price", error) is None
    with pytest.raises(typer.Exit), border.border("price", {}):
        raise error
    assert "not foreseen: ImportError: cannot import name 'Adam'" in capsys.readouterr().err


def test_what_is_not_there_is_named_with_its_extras(monkeypatch):
    for name in ("altair", "matplotlib"):
        monkeypatch.setitem(sys.modules, name, None)
    assert is_installed("numpy")
    assert not is_installed("matplotlib")
    require("page", "needs numpy", "numpy")
    match = r"got no altair, matplotlib; hint: pip install 'spikewatt\[plot,report\]'"
    with pytest.raises(MissingToolError, match=match):
        require("page", "needs charts", "altair", "numpy", "matplotlib")
    assert str(not_installed("a", "b", "yosys", extra="rtl")).endswith(install_line("rtl"))


def test_no_message_names_an_extra_by_itself():
    """One function says what to install; documents and docstrings may quote it."""
    for path in source_files(ROOT):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                one_line = "\n" not in node.value
                assert not (one_line and "pip install 'spikewatt[" in node.value), path


BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in {blocked!r}:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)
sys.meta_path.insert(0, Blocked())
sys.argv = ['spikewatt', *{words!r}]
from spikewatt.cli.entry import main
main()
"""


def without_extras(*words: str, cwd: Path) -> subprocess.CompletedProcess:
    """A verb where nothing but the core is installed."""
    code = BLOCKED.format(blocked=sorted(EXTRA_OF), words=list(words))
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory, trace, mlp_network) -> Path:
    folder = tmp_path_factory.mktemp("core")
    trace.save(folder / "t.trace")
    mlp_network.save(folder / "n.spk")
    assert without_extras("examples", cwd=folder).returncode == 0
    return folder


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "run --help",
        "devices",
        "price t.trace --device odin_style --device stm32l4r5 --rules",
        "price --counts my_counts.csv --device loihi",
        "price --layers mlperf_tiny --device rp2040",
        "fit n.spk --device odin_style --device stm32l4r5",
        "map t.trace",
        "calibrate readings.csv --device stm32u575 -o c.yaml",
        "simulate n.spk -o s.trace --dataset my.npz --engine reference --steps 4 --samples 4",
        "schema configuration",
    ],
)
def test_the_core_alone_is_enough(words, files):
    found = without_extras(*words.split(), cwd=files)
    assert found.returncode == 0, found.stderr
    assert found.stdout


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        ("run", "annarchy"),
        ("run --engine reference", "keras"),
        ("simulate n.spk -o d.trace --engine reference", "keras"),
        ("simulate n.spk -o b.trace --dataset my.npz --engine batched", "keras"),
        ("export-nir n.spk -o n.nir", "nir"),
        ("sweep space.yaml", "sweep"),
        ("report .", "report"),
        ("firmware n.spk --device stm32l4r5 -o c", "firmware"),
    ],
)
def test_what_needs_more_says_what_to_install(words, extra, files):
    found = without_extras(*words.split(), cwd=files)
    *_, line = found.stderr.splitlines()
    assert "Traceback" not in found.stderr
    assert found.returncode == 2
    assert line.endswith(install_line(extra)), line


def test_the_version_is_that_of_the_installed_package():
    from importlib.metadata import version

    assert spikewatt.__version__ == __version__ == version("spikewatt")


def test_a_tag_is_the_version(tmp_path):
    """In a repository of its own, with the settings of ours."""
    pytest.importorskip("setuptools_scm", reason="pip install setuptools-scm")
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())

    def run(*words: str) -> str:
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def told() -> str:
        return run(sys.executable, "-m", "setuptools_scm")

    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    assert told() == "0.1.dev0"  # no git at all
    run("git", "init", "--quiet")
    run("git", "add", ".")
    run(*git, "commit", "--quiet", "-m", "first")
    assert told().startswith("0.1.dev1+g")  # no tag
    run("git", "tag", "v1.2.3")
    assert told() == "1.2.3"
    run(*git, "commit", "--quiet", "--allow-empty", "-m", "second")
    assert told().startswith("1.2.4.dev1+g")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout")
def test_the_container_builds_of_all_that_git_knows():
    """A file that git misses makes the version one of changed sources, on a tag, too."""
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert ".venv" in left_out
    patterns = [f":(glob){each}/**" for each in left_out]
    known = subprocess.run(
        ["git", "ls-files", "--", *left_out, *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert known.stdout == ""
