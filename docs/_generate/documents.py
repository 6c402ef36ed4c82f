"""The documents of ``--json``: their envelope, and what stands in that of each verb."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spikewatt.analysis.report.rows import SCHEMA
from spikewatt.cli.document.schemas import output_schema

from .markdown import code, page, table

INTRODUCTION = f"""Every verb that takes `--json` prints one JSON document, and nothing else on
standard output. All have the same envelope:

```json
{{"schema": "{SCHEMA}", "verb": "price", "spikewatt": "0.1.0", "data": {{}}}}
```

`schema` is the version of the form, `spikewatt` that of the package; what the verb found is in
`data`. Keys end in their unit (`energy_j`, `time_s`), numbers are SI, and infinite ones are null.
`spikewatt schema output` prints the JSON Schema of all documents; `spikewatt schema configuration`,
`spikewatt schema space` and `spikewatt schema card` those of your own files, for editors that
complete them."""
HEADS = ("verb", "keys that its data always have", "keys where they apply")


def pages() -> dict[str, str]:
    """Path of the page -> its Markdown."""
    types = output_schema()["$defs"]
    documents = (each for name, each in types.items() if name.endswith("Document"))
    rows = [_row(each["properties"], types) for each in documents]
    return {"reference/json.md": page("Documents of `--json`", INTRODUCTION, table(HEADS, rows))}


def _row(document: Mapping[str, Any], types: Mapping[str, Any]) -> tuple[str, str, str]:
    always: list[str] = []
    sometimes: list[str] = []
    for found in _objects(document["data"], types):
        needed = found.get("required", [])
        always += [key for key in found["properties"] if key in needed]
        sometimes += [key for key in found["properties"] if key not in needed]
    return code(document["verb"]["const"]), _listed(always), _listed(sometimes)


def _listed(keys: list[str]) -> str:
    return ", ".join(map(code, dict.fromkeys(keys)))


def _objects(schema: Mapping[str, Any], types: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The objects that `schema` allows: itself, one of several, or those of a list."""
    if "$ref" in schema:
        yield from _objects(types[schema["$ref"].rpartition("/")[2]], types)
    elif "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from _objects(each, types)
    elif schema.get("type") == "array":
        yield from _objects(schema["items"], types)
    else:
        yield schema
