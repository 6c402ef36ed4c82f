"""docs/how_to/counts.md and the schema beside it say what is read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import spikewatt
from spikewatt.sim.counts import fields
from spikewatt.sim.counts.counts import Counts, LayerCounts
from spikewatt.sim.counts.schema import meanings, schema, schema_text

DOCS = Path(spikewatt.__file__).parent / "docs"
TEXT = (DOCS / "how_to" / "counts.md").read_text()


def example(language: str) -> str:
    """The one block of a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return found


def test_both_examples_are_the_same_counts(tmp_path):
    read = []
    for language in ("csv", "json"):
        path = tmp_path / f"example.{language}"
        path.write_text(example(language))
        read.append(Counts.load(path))
    assert read[0] == read[1]
    assert read[0].steps == 25
    assert read[0].leaks
    assert [layer.name for layer in read[0].layers] == ["input", "hidden", "output"]


def test_the_document_names_every_field():
    rows = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert rows == [*fields.LAYER, *fields.INFERENCE]


def test_the_committed_schema_is_what_the_fields_say():
    assert (DOCS / "counts.schema.json").read_text() == schema_text()


def test_every_field_has_a_meaning():
    for described, names in ((LayerCounts, fields.LAYER), (Counts, fields.INFERENCE)):
        assert set(meanings(described)) >= set(names)
        assert all(meanings(described)[name] for name in names)


def test_the_schema_accepts_what_is_saved_and_refuses_what_is_refused(tmp_path):
    path = tmp_path / "example.json"
    path.write_text(example("json"))
    Counts.load(path).save(path)
    values = json.loads(path.read_text())
    jsonschema.validate(values, schema())

    for key, wrong in (("spikes", -1), ("neurons", 1.5), ("name", ""), ("neuron", 1)):
        layers = [{**values["layers"][0], key: wrong}, *values["layers"][1:]]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**values, "layers": layers}, schema())


def test_the_examples_beside_the_document_keep_to_the_schema():
    examples = list((DOCS / "examples").glob("*.json"))
    assert examples
    for path in examples:
        jsonschema.validate(json.loads(path.read_text()), schema())
        assert Counts.load(path).neurons > 0
