"""The documents of --json: one envelope, one schema, every verb in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from spikewatt.analysis.report.rows import SCHEMA, data_in
from spikewatt.cli.document.output import OUTPUTS
from spikewatt.cli.document.schemas import FILE, SCHEMAS, as_text, output_schema
from spikewatt.errors import FileFormatError
from typer.testing import CliRunner

from ..helpers.said import data_of

# What really runs here, by verb; "{…}" stands for a file of `folder`.
RUN = {
    "convert": "mlp.keras -o new.spk --dataset digits",
    "simulate": "n.spk -o new.trace --samples 10 --steps 4 --engine event",
    "diagnose": "mlp.keras n.spk --samples 10 --steps 4",
    "export-nir": "n.spk -o new.nir",
    "import-nir": "new.nir -o again.spk",
    "prune": "n.spk -o pruned.spk --samples 10 --validation-samples 10 --what synapses",
    "quantise": "few.spk -o . --samples 10 --validation-samples 10",
    "robustness": "n.spk -o . --samples 10 --fault silent_neurons=0,0.1 --seed 0",
    "price": "t.trace --device odin_style --device stm32l4r5 --period-s 1 --tornado --explain "
    "--components --rules",
    "zoo": "",
    "map": "t.trace",
    "fit": "mlp-64-48-10 --device odin_style --device stm32l4r5",
    "devices": "",
    "calibrate": "readings.csv --device stm32u575 -o mine.yaml",
    "sweep": "space.yaml --dry-run",
    "study list": "",
    "study table": "banbury_2021",
    "rtl": "n.spk -o chip --samples 1 --steps 2",
}
# Why the others do not; each is checked where it runs anyway, by `data_of`.
ELSEWHERE = {
    "run": "trains: the slow test below",
    "compare": "needs two runs: tests/analysis/page/test_compare.py",
    "plot": "needs a run: the slow test below",
    "validate": "half a minute: the slow test below",
    "firmware": "needs Zig and an emulator: tests/cli/test_cli_firmware.py",
    "study run": "needs a study of seconds: tests/analysis/studies/test_study_cli.py",
    "study train": "needs data: tests/models/test_studied_training.py",
    "odin": "trains: the slow test below",
    "verify": "needs Verilator: the slow test below",
    "crosscheck": "needs other tools: the type of `Table` alone",
    "synth": "needs Yosys and a placer: the slow test below",
}


def verbs_with_json() -> set[str]:
    """Every verb that has --json, of one word or two."""
    from spikewatt.cli.main import app

    program = typer.main.get_command(app)
    context = typer.Context(program)
    found = set()
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        members = getattr(command, "commands", None)
        each = {f"{name} {second}": member for second, member in (members or {}).items()}
        for verb, one in (each or {name: command}).items():
            if any("--json" in param.opts for param in one.params):
                found.add(verb)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory, mlp, mlp_network, trace, digits) -> Path:
    from spikewatt.sim.conversion.convert import convert

    folder = tmp_path_factory.mktemp("documents")
    mlp.save(folder / "mlp.keras")
    mlp_network.save(folder / "n.spk")
    trace.save(folder / "t.trace")
    x = digits.scaled("train")[:200]
    few = convert(mlp, x, "radix", input_levels=16, input_code="bitplane", steps=4)
    few.save(folder / "few.spk")
    assert spikewatt("examples", "-o", str(folder)).exit_code == 0
    return folder


def spikewatt(*words: str):
    from spikewatt.cli.main import app

    return CliRunner().invoke(app, list(words))


def printed(verb: str, words: str):
    """The data of the document of a verb."""
    result = spikewatt(*verb.split(), *words.split(), "--json")
    assert result.exit_code == 0, result.output
    return data_of(result.stdout, verb)


def test_every_verb_with_json_has_a_type_and_a_test():
    assert verbs_with_json() == set(OUTPUTS)
    assert set(RUN) | set(ELSEWHERE) == set(OUTPUTS)
    assert not set(RUN) & set(ELSEWHERE)


@pytest.mark.parametrize("verb", RUN)
def test_the_document_of_a_verb_is_as_its_schema_says(verb, folder, monkeypatch):
    monkeypatch.chdir(folder)
    if verb == "import-nir" and not Path("new.nir").exists():
        printed("export-nir", RUN["export-nir"])
    data = printed(verb, RUN[verb])
    assert data


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("run", "--epochs 2 --engine event --test-samples 40 --search-samples 40"),
        ("plot", "runs/digits-mlp-64-48-10"),
        ("validate", ""),
        ("odin", "--hidden 8 --samples 5"),
        ("verify", "--spk n.spk --samples 1 --steps 4"),
        ("synth", "--core --seeds 1"),
    ],
)
def test_the_document_of_a_long_verb_is_as_its_schema_says(verb, words, folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert printed(verb, words)


def test_the_schema_in_the_package_is_that_of_the_types():
    assert FILE.read_text("utf-8") == as_text(output_schema())


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name):
    jsonschema = pytest.importorskip("jsonschema", reason="pip install jsonschema")
    result = spikewatt("schema", name)
    assert result.exit_code == 0, result.output
    jsonschema.Draft202012Validator.check_schema(json.loads(result.stdout))


def valid(name: str, content: object) -> bool:
    jsonschema = pytest.importorskip("jsonschema", reason="pip install jsonschema")
    return jsonschema.Draft202012Validator(SCHEMAS[name]()).is_valid(content)


def test_files_of_a_user_are_as_their_schemas_say(folder):
    import spikewatt as sw
    import yaml
    from spikewatt.energy.cards.card_file import save_card

    read = lambda name: yaml.safe_load((folder / name).read_text())  # noqa: E731
    assert valid("configuration", read("my.yaml"))
    assert not valid("configuration", {"epoch": 8})
    assert not valid("configuration", {"weight_bits": "eight"})
    assert valid("space", read("space.yaml"))
    assert not valid("space", {"netwrok": {}})
    save_card(sw.load_card("stm32l4r5"), folder / "card.yaml")
    assert valid("card", read("card.yaml"))
    assert not valid("card", {"name": "mine"})
    first = (folder / "my.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=configuration.schema.json"
    assert json.loads((folder / "configuration.schema.json").read_text()) == (
        SCHEMAS["configuration"]()
    )


def test_a_schema_is_written_with_the_line_for_editors(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = spikewatt("schema", "card", "-o", "card.schema.json")
    assert "# yaml-language-server: $schema=card.schema.json" in result.stdout
    assert "existing file" in spikewatt("schema", "card", "-o", "card.schema.json").stderr
    assert "must name a schema; got 'cards'" in spikewatt("schema", "cards").stderr


def test_older_documents_are_read_and_newer_ones_refused():
    assert data_in({"rows": [1]}, "v.json") == {"rows": [1]}
    assert data_in({"schema": SCHEMA, "data": {"rows": [2]}}, "v.json") == {"rows": [2]}
    match = "v.json: is a document that this version reads; got spikewatt/9; allowed: spikewatt/1"
    with pytest.raises(FileFormatError, match=match):
        data_in({"schema": "spikewatt/9", "data": {}}, "v.json")


def test_samples_are_written_once(folder):
    again = spikewatt("examples", "-o", str(folder))
    assert again.exit_code == 2
    assert "an existing file is not written over" in again.stderr
    assert spikewatt("examples", "-o", str(folder), "--force").exit_code == 0
    taken = spikewatt("examples", "-o", str(folder / "n.spk"))
    assert "is a folder to write into; got a file" in taken.stderr


def test_samples_are_what_their_names_say(folder, digits):
    import numpy as np
    import pandas as pd
    from spikewatt.energy.kernels.measured import MEASURED

    images = np.load(folder / "my.npz")
    assert np.array_equal(images["x_test"], digits.x_test[:40])
    readings = pd.read_csv(folder / "readings.csv")
    measured = pd.read_csv(MEASURED)
    ours = measured[measured["software"] == "X-CUBE-AI v7.3.0"]
    ours = ours[ours["board"] == "NUCLEO-U575ZI-Q"].set_index("benchmark")
    for row in readings.itertuples():
        assert row.latency_ms == ours.loc[row.network, "latency_ms"]
        assert row.energy_uj == ours.loc[row.network, "energy_uj"]
