"""The package's own source, read without importing it."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import spikewatt

ROOT = Path(spikewatt.__file__).parent


def folders() -> list[Path]:
    """The folders of the package, as `pyproject.toml` lists them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = project["tool"]["setuptools"]["packages"]
    return [ROOT.joinpath(*name.split(".")[1:]) for name in names]


def modules() -> Iterator[tuple[str, Path]]:
    """(name, file) of each module of the package."""
    for folder in folders():
        for path in sorted(folder.glob("*.py")):
            parts = ["spikewatt", *path.relative_to(ROOT).with_suffix("").parts]
            yield ".".join(part for part in parts if part != "__init__"), path


@cache
def tree_of(path: Path) -> ast.Module:
    """The parsed source of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def docstring_of(module: str, name: str) -> str:
    """The docstring of a function or class of a module such as ``sim.trace.trace``."""
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    for node in tree_of(path).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return ast.get_docstring(node) or ""
    return ""
