"""What a verb said with --json: checked against the schema of documents."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from spikewatt.cli.document.schemas import output_schema


@cache
def _validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="pip install jsonschema")
    return jsonschema.Draft202012Validator(output_schema())


def data_of(text: str, verb: str | None = None) -> Any:
    """The data of a document that a verb printed."""
    document = json.loads(text, parse_constant=pytest.fail)
    _validator().validate(document)
    assert list(document) == ["schema", "verb", "spikewatt", "data"]
    assert verb in (None, document["verb"])
    return document["data"]
