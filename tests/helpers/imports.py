"""Reads every import inside the package from its source: of each level, in functions too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Folders of a checkout that are not part of the package.
OUTSIDE = {"benchmarks", "build", "dist", "docs", "runs", "tests"}


@dataclass(frozen=True)
class Import:
    """One import of the package from the package.

    Parameters
    ----------
    importer, imported : str
        Modules, such as ``sim.network.population``; "" is the package itself.
    line : int
        Where, in the importer.
    absolute : bool
        Whether it was written with the package's name.
    """

    importer: str
    imported: str
    line: int
    absolute: bool = False


def source_files(root: Path) -> list[Path]:
    """Every Python file of the package."""
    return sorted(path for path in root.rglob("*.py") if not _is_outside(path, root))


def _is_outside(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts[:-1]
    hidden = any(part.startswith(".") or part.endswith(".egg-info") for part in parts)
    return hidden or bool(parts and parts[0] in OUTSIDE)


def module_name(path: Path, root: Path) -> str:
    """The module of a file, without the package's name in front."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def read_imports(root: Path, package: str = "spikewatt") -> list[Import]:
    """Every import of the package's own modules, wherever it stands in the source."""
    modules = {module_name(path, root) for path in source_files(root)}
    found = []
    for path in source_files(root):
        name = module_name(path, root)
        folder = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text())):
            for target, absolute in _targets(node, folder, package):
                found.append(Import(name, _module_of(target, modules), node.lineno, absolute))

    return found


def _targets(node: ast.AST, folder: str, package: str) -> Iterator[tuple[str, bool]]:
    """(module or name in a module, whether written absolutely) that a statement imports."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".")[0] == package:
                yield alias.name.partition(".")[2], True
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if node.level == 0 and module.split(".")[0] != package:
            return
        base = module.partition(".")[2] if node.level == 0 else _above(folder, node.level, module)
        for alias in node.names:
            yield f"{base}.{alias.name}".strip("."), node.level == 0


def _above(folder: str, level: int, module: str) -> str:
    """The module that ``from ...module`` means, seen from a folder."""
    parts = folder.split(".") if folder else []
    assert level - 1 <= len(parts), f"an import in {folder} leaves the package"
    kept = parts[: len(parts) - (level - 1)]
    return ".".join([*kept, *filter(None, [module])])


def _module_of(target: str, modules: set[str]) -> str:
    """`target` if it is a module, else the module that it is a name in."""
    return target if target in modules else target.rpartition(".")[0]
