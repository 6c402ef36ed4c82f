"""JSON Schemas: of what verbs print, and of the files that a user writes.

All are made of the types that check the same things. That of the documents lies in the package as
a file, too, for readers without Python; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE = Path(__file__).parent / "data" / "output.schema.json"


def output_schema() -> dict[str, Any]:
    """Of every document that a verb prints with ``--json``."""
    from functools import reduce
    from operator import or_
    from typing import Annotated

    from pydantic import Field, TypeAdapter

    from ...analysis.report.rows import SCHEMA
    from .output import OUTPUTS, envelope_of

    documents = [envelope_of(verb, SCHEMA) for verb in OUTPUTS]
    every: Any = Annotated[reduce(or_, documents), Field(discriminator="verb")]
    found = TypeAdapter(every).json_schema(by_alias=True)
    title = f"What the verbs of spikewatt print with --json, {SCHEMA}"
    return {"$schema": DIALECT, "title": title, **found}


def configuration_schema() -> dict[str, Any]:
    """Of the file that `run` takes."""
    from ...analysis.job.config import RunConfig

    return _of_model(RunConfig, "Configuration of `spikewatt run`")


def space_schema() -> dict[str, Any]:
    """Of the file that `sweep` takes: its own keys, and below `base` those of a run."""
    from ...analysis.sweep.space import FIXED, SpaceFile

    found = _of_model(SpaceFile, "Space of `spikewatt sweep`")
    run = configuration_schema()
    base = {key: value for key, value in run["properties"].items() if key in FIXED}
    found["$defs"] = {**found.get("$defs", {}), **run.get("$defs", {})}
    found["properties"] = {**base, **found["properties"]}
    found["properties"]["base"] = {
        "type": "object",
        "description": found["properties"]["base"]["description"],
        "additionalProperties": False,
        "properties": base,
    }
    return found


def card_schema() -> dict[str, Any]:
    """Of the file of a device."""
    from ...energy.cards.files.schema import CardFile

    return _of_model(CardFile, "Card of a device")


def as_text(schema: dict[str, Any]) -> str:
    """A schema as the text of a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _of_model(model: Any, title: str) -> dict[str, Any]:
    return {"$schema": DIALECT, **model.model_json_schema(by_alias=True), "title": title}


# Name on the command line -> its schema.
SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "output": output_schema,
    "configuration": configuration_schema,
    "space": space_schema,
    "card": card_schema,
}
