"""The public names by floor, each with its docstring, through mkdocstrings."""

from __future__ import annotations

import spikewatt

from .markdown import code, page, summary, table
from .sources import docstring_of

FOLDER = "reference/api"
# Floor -> what it answers, in the order of the floors.
FLOORS = {
    "models": "What is computed: data sets, Keras networks, training.",
    "sim": "What runs: conversion, spiking networks, engines, traces, pruning, dynamic precision.",
    "energy": "What it costs: cards of devices, prices, what fits.",
    "rtl_ref": "What the core does: RTL, its verification and synthesis.",
    "analysis": "What it means: the whole job, sweeps, reports, checks.",
    "package": "What all of them share: errors, warnings, progress.",
}
INTRODUCTION = """Everything that `import spikewatt as sw` offers. A name is loaded when it is first
used, so that the import itself takes no time."""
OPTIONS = "    options:\n      heading_level: 2"


def pages() -> dict[str, str]:
    """Path of the page -> its Markdown."""
    by_floor = names_by_floor()
    parts = [INTRODUCTION]
    made = {}
    for floor, what in FLOORS.items():
        names = by_floor.get(floor, {})
        rows = [
            (f"[`{name}`]({floor}.md#spikewatt.{name})", summary(docstring_of(module, name)))
            for name, module in names.items()
        ]
        parts += [f"## {code(floor)}", what, table(("name", "what"), rows)]
        described = [f"::: spikewatt.{name}\n{OPTIONS}" for name in names]
        made[f"{FOLDER}/{floor}.md"] = page(floor, what, *described)
    return {f"{FOLDER}/index.md": page("Python API", *parts), **made}


def names_by_floor() -> dict[str, dict[str, str]]:
    """Floor -> public name -> module, both in the order of the alphabet."""
    found: dict[str, dict[str, str]] = {}
    for module, names in spikewatt._HOME.items():
        first = module.split(".")[0]
        floor = found.setdefault(first if first in FLOORS else "package", {})
        floor |= {name: module for name in names if not name.startswith("_")}
    return {floor: dict(sorted(names.items())) for floor, names in found.items()}
