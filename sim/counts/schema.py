"""The JSON schema of counts, made from the fields and from what the classes say of them."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

from . import fields
from .counts import Counts, LayerCounts
from .file import VERSION

TITLE = "Counts of one inference of a spiking network"


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the files that `Counts.load` reads as JSON.

    It says what a field may be. That fields do not contradict each other is checked when a file is
    read: no schema can.

    Examples
    --------
    >>> schema()["properties"]["steps"]["type"], schema()["required"]
    ('integer', ['steps', 'layers'])
    """
    layer = _object(fields.LAYER, fields.REQUIRED, meanings(LayerCounts))
    said = meanings(Counts)
    whole = _object(fields.INFERENCE, fields.STEPS, said)
    whole["properties"] |= {
        "layers": {"type": "array", "minItems": 1, "description": said["layers"], "items": layer},
        "version": {"const": VERSION, "description": "Of this form."},
        "$schema": {"type": "string"},
    }
    whole["required"].append("layers")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        **whole,
    }


def schema_text() -> str:
    """`schema` as the file docs/counts.schema.json holds it."""
    return json.dumps(schema(), indent=2) + "\n"


def _object(kinds: dict[str, fields.Kind], required, said: dict[str, str]) -> dict[str, Any]:
    """An object with these fields and no others."""
    properties = {name: _property(name, kind, said) for name, kind in kinds.items()}
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _property(name: str, kind: fields.Kind, said: dict[str, str]) -> dict[str, Any]:
    text = {"description": said[name]} if said.get(name) else {}
    return {**kind.schema(), **text}


def meanings(described: type) -> dict[str, str]:
    """Field -> what the Parameters of a class say of it, on one line.

    >>> meanings(Counts)["steps"]
    'Steps of one inference.'
    """
    document = inspect.getdoc(described) or ""
    parameters = document.partition("Parameters\n")[2].partition("\n\n")[0]
    found: dict[str, str] = {}
    name = ""
    for line in parameters.splitlines()[1:]:
        if heading := re.match(r"(\w+) : ", line):
            name = heading.group(1)
            found[name] = ""
        elif name:
            found[name] = f"{found[name]} {line.strip()}".strip().replace("`", "")
    return found
