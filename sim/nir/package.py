"""The package nir, which reads and writes graphs."""

from __future__ import annotations

import inspect
from typing import Any

from ...installed import not_installed

TOOL = "spikewatt"  # as the metadata of our own files name it


def import_nir() -> Any:
    """The module nir; raises MissingToolError if it is not installed."""
    try:
        import nir
    except ImportError as error:
        raise not_installed("NIR", "needs the package nir", "nir", got=error) from error
    return nir


def unchecked(function) -> dict[str, bool]:
    """The option that leaves the types of a graph alone, where this release of nir has it.

    The package's own inference of types refuses branches.
    """
    known = inspect.signature(function).parameters
    return {"type_check": False} if "type_check" in known else {}
