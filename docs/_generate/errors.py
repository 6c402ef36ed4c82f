"""The classes of errors and warnings: what each means, and its fields."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .markdown import code, page, summary, table
from .sources import modules, tree_of

ROOTS = ("SpikewattError", "SpikewattWarning")
INTRODUCTION = """What spikewatt refuses is one line that says where, the law, what was got, what is
allowed and, where one is known, what to do now:

```text
convert.weight_bits: must be a width; got 99; allowed: 2..16
```

Every such error is a `SpikewattError`, which is a `ValueError`; the parts of the line are its
fields. The program prints the line on the error stream and ends with exit code 2, a file of which
several things are wrong with one line for each. What is allowed and perhaps not meant is a
`SpikewattWarning` in the same words, and the work goes on. `spikewatt -v` shows the traceback."""


def pages() -> dict[str, str]:
    """Path of the page -> its Markdown."""
    found = list(classes())
    rows = [
        (f"[`{name}`](#{module}.{name})", code(base), summary(docstring))
        for module, name, base, docstring in found
    ]
    described = [
        f"::: {module}.{name}\n    options:\n      members: [with_hint]"
        for module, name, _, _ in found
    ]
    parts = [INTRODUCTION, table(("class", "is a", "what it means"), rows), *described]
    return {"reference/errors.md": page("Errors and warnings", *parts)}


def classes() -> Iterator[tuple[str, str, str, str]]:
    """(module, name, base, docstring) of each public error, in whatever module it is."""
    known: set[str] = set(ROOTS)
    for module, path in modules():
        for node in tree_of(path).body:
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
            if node.name in ROOTS or known & set(bases):
                known.add(node.name)
                yield module, node.name, bases[0], ast.get_docstring(node) or ""
