"""What is written by hand about files agrees with the code."""

from __future__ import annotations

from pathlib import Path

import pytest
import spikewatt
from spikewatt.energy.cards import calibrate
from spikewatt.energy.layer_tables import layer_table
from spikewatt.models import dataset_files
from spikewatt.models.loading.formats import SUFFIXES
from spikewatt.sim.counts import fields
from spikewatt.sim.counts import file as counts_file

DOCS = Path(spikewatt.__file__).parent / "docs"
FILES = DOCS / "reference" / "files.md"


@pytest.fixture(scope="module")
def text() -> str:
    return FILES.read_text(encoding="utf-8")


def row_of(text: str, ending: str) -> list[str]:
    (row,) = [line for line in text.splitlines() if line.startswith(f"| `{ending}`")]
    return [cell.strip(" `") for cell in row.strip("|").split("|")]


def test_formats_and_versions_are_those_that_are_written_and_read(text):
    from spikewatt.sim.network import network_file
    from spikewatt.sim.odin import network as odin
    from spikewatt.sim.staged import staged_file
    from spikewatt.sim.trace import trace_file
    from spikewatt.sim.zeros import given

    known = {
        ".spk": (network_file, network_file.READABLE),
        ".spks": (staged_file, (staged_file.VERSION,)),
        ".trace": (trace_file, trace_file.READABLE),
        ".odin.h5": (odin, odin.READABLE),
        "zeros.json": (given, (given.VERSION,)),
    }
    for ending, (module, readable) in known.items():
        earlier = ", ".join(str(each) for each in readable if each != module.VERSION)
        assert row_of(text, ending)[2:] == [module.FORMAT, str(module.VERSION), earlier], ending


def test_versions_of_counts_and_stores(text):
    from spikewatt.analysis.sweep import store

    (counts,) = [line for line in text.splitlines() if line.startswith("| counts, ")]
    assert f"| {counts_file.VERSION} |" in counts
    assert row_of(text, ".sweep/")[3] == str(store.FORMAT)


def test_every_data_set_and_schema_is_named(text):
    from spikewatt.cli.document.schemas import SCHEMAS
    from spikewatt.models.datasets import NAMES

    data = (DOCS / "how_to" / "data.md").read_text(encoding="utf-8")
    assert not [name for name in NAMES if f"`{name}`" not in data]
    commands = " ".join(text.split())
    first, *others = SCHEMAS
    assert f"`spikewatt schema {first}`" in commands
    assert not [name for name in others if f"{name}`" not in commands]


def test_every_field_and_column_is_named(text):
    names = [
        *fields.REQUIRED, *fields.OPTIONAL, *fields.INFERENCE, *dataset_files.KEYS,
        *dataset_files.MEANING, *calibrate.COLUMNS, calibrate.CLOCK, layer_table.LIVE, *SUFFIXES,
    ]  # fmt: skip
    missing = [name for name in names if f"`{name}`" not in text]
    assert not missing
    assert ",".join(layer_table.COLUMNS) in text
