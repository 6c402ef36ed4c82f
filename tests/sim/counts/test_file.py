"""Files of counts: what is read, and what is said of each that is not, with its line."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spikewatt.errors import SpikewattError
from spikewatt.sim.counts import fields
from spikewatt.sim.counts.counts import Counts

HEADER = "name,neurons,fan_out,spikes,synaptic_operations"
CSV = f"{HEADER}\na,4,2,8,16\nb,2,0,1,0\n"
WANTED = Counts(
    [
        {"name": "a", "neurons": 4, "fan_out": 2, "spikes": 8, "synaptic_operations": 16},
        {"name": "b", "neurons": 2, "fan_out": 0, "spikes": 1, "synaptic_operations": 0},
    ],
    steps=10,
)
JSON = json.dumps(
    {
        "steps": 10,
        "layers": [
            {"name": "a", "neurons": 4, "fan_out": 2, "spikes": 8, "synaptic_operations": 16},
            {"name": "b", "neurons": 2, "fan_out": 0, "spikes": 1, "synaptic_operations": 0},
        ],
    }
)


@pytest.fixture
def file(tmp_path):
    """Writes a file of counts and gives its path."""

    def write(content: str | bytes, name: str = "counts.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


ACCEPTED = {
    "as it is": CSV.encode(),
    "a byte order mark": b"\xef\xbb\xbf" + CSV.encode(),
    "lines of Windows": CSV.replace("\n", "\r\n").encode(),
    "no last line end": CSV.rstrip("\n").encode(),
    "empty rows and blanks": CSV.replace("\n", "\n\n ,,, \n").replace(",", ", ").encode(),
    "floats and exponents": CSV.replace("a,4,2,8,16", "a,4.0,2e0,8.0,1.6e1").encode(),
    "quotes": CSV.replace("a,4", '"a","4"').encode(),
    "optional cells left out": f"{HEADER},cores,is_input\na,4,2,8,16\nb,2,0,1,0,,false\n".encode(),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_csv_is_read_as_tables_write_it(name, file):
    assert Counts.load(file(ACCEPTED[name]), steps=10) == WANTED


def test_columns_of_the_inference_are_read(file):
    rows = [HEADER, "a,4,2,8,16", "b,2,0,1,0"]
    more = [",steps,time_s,spikes_per_step,leaks,reset", *[",10,0.25,2,TRUE,zero"] * 2]
    counts = Counts.load(file("\n".join(map("".join, zip(rows, more, strict=True)))))
    assert (counts.steps, counts.time_s, counts.spikes_per_step) == (10, 0.25, 2)
    assert (counts.leaks, counts.reset) == (True, "zero")
    assert Counts.load(file("\n".join(map("".join, zip(rows, more, strict=True)))), steps=10)


def test_json_is_known_by_its_content_or_its_name(file):
    assert Counts.load(file(JSON, "counts.txt")) == WANTED
    assert Counts.load(file("\ufeff" + JSON, "counts.json")) == WANTED


def row(cells: str) -> str:
    return f"{HEADER}\n{cells}\nb,2,0,1,0\n"


# Content, and what is said after the name of the file.
REFUSED = {
    "empty": ("", ": must be a file of counts; got an empty file"),
    "blank": (" \n\n", ": must be a file of counts; got an empty file"),
    "binary": (b"PK\x03\x04\x00\x00", ": must be UTF-8 text; got a byte 0x00"),
    "not utf-8": (b"name\xff", ": must be UTF-8 text; got byte 0xff"),
    "utf-16": (CSV.encode("utf-16"), ": must be UTF-8 text; got byte 0xff"),
    "semicolons": (CSV.replace(",", ";"), ": columns are separated by commas; got semicolons"),
    "tabs": (CSV.replace(",", "\t"), ": columns are separated by commas; got tabs"),
    "no rows": (HEADER + "\n", ": must have a row for each layer; got no rows"),
    "missing columns": (
        "name,neurons\na,4\n",
        ": columns: must have .*; got fan_out, spikes, synaptic_operations missing",
    ),
    "unknown column": (
        CSV.replace("fan_out", "fanout"),
        ": columns: must have .*; got fan_out missing; fanout unknown; allowed: besides is_input",
    ),
    "a column twice": (
        CSV.replace(HEADER, HEADER + ",spikes"),
        ": columns: stand once; got spikes twice",
    ),
    "a cell too many": (row("a,4,2,8,16,3"), ": line 2: has a cell for each column; got 6"),
    "an empty cell": (row("a,4,,8,16"), ": line 2: fan_out: must not be empty"),
    "a short row": (row("a,4,2"), ": line 2: spikes: must not be empty"),
    "text": (row("a,4,2,many,16"), ": line 2: spikes: must be a finite number; got 'many'"),
    "a comma for a point": (
        row('a,4,2,"8,5",16'),
        ": line 2: spikes: must be a finite number; got '8,5'",
    ),
    "thousands": (row("a,4,2,1_000,16"), ": line 2: spikes: must be a finite number"),
    "nan": (row("a,4,2,nan,16"), ": line 2: spikes: must be a finite number; got nan"),
    "infinite": (row("a,4,2,1e999,16"), ": line 2: spikes: must be a finite number; got inf"),
    "negative": (row("a,4,-2,8,16"), ": line 2: fan_out: must be a finite number; got -2.0"),
    "half a neuron": (row("a,4.5,2,8,16"), ": line 2: neurons: must be a whole number; got 4.5"),
    "a name twice": (row("b,4,2,8,16"), ": layers: must have different names; got b more"),
    "too many operations": (
        row("a,4,2,8,17"),
        ": line 2: layer 'a': synaptic_operations: has at most .*; got 17; allowed: <= 16",
    ),
    "too many spikes": (
        "name,neurons,fan_out,spikes,synaptic_operations\n\nb,2,0,21,0\n",
        ": line 3: layer 'b': spikes: sends at most .*; got 21; allowed: <= 20",
    ),
    "steps that differ": (
        f"{HEADER},steps\na,4,2,8,16,10\nb,2,0,1,0,12\n",
        ": line 3: steps: must be what line 2 says; got 12; allowed: 10",
    ),
    "steps said otherwise": (
        f"{HEADER},steps\na,4,2,8,16,11\nb,2,0,1,0,11\n",
        "steps: are said once, or twice alike; got 10; allowed: 11, as .* says",
    ),
    "a quote that never ends": (row('"a,4,2,8,16'), ": line 3: must be CSV; got"),
    "no object": ("[1, 2]", ': must be an object {"steps": …, "layers": \\[…\\]}; got list'),
    "no json": ('{"steps": 10,', ": must be JSON; got Expecting .*line 1 column"),
    "no layers": ('{"steps": 10}', ": must have layers; got layers missing"),
    "layers as a number": ('{"layers": 3}', ": layers: must be a list of layers; got int"),
    "an unknown key": ('{"layers": [], "step": 1}', ": must have layers; got step unknown"),
    "a key twice": ('{"steps": 1, "steps": 2}', ": must be JSON; got key 'steps' stands twice"),
    "another version": ('{"version": 2, "layers": []}', ": version: must be a version that is"),
    "lists without end": ("[" * 100_000, ": must be JSON; got"),
    "an integer without end": ('{"steps": ' + "9" * 5000 + "}", ": must be JSON; got"),
    "nan in json": (
        JSON.replace("16", "NaN"),
        ": must be JSON; got key 'synaptic_operations' must be a finite number; got nan",
    ),
    "operations of a layer in its lines": (
        json.dumps(json.loads(JSON), indent=1).replace("16", "17"),
        ": line 4: layer 'a': synaptic_operations: has at most .*; got 17; allowed: <= 16",
    ),
    "spikes of the second layer": (
        "\n" + JSON.replace(', {"name"', ',\n\n{"name"').replace('"spikes": 1,', '"spikes": -1,'),
        ": line 4: layer 'b': spikes: must be a finite number; got -1",
    ),
    "a layer without a name": (
        JSON.replace(', {"name": "b",', ",\n\n\n{"),
        ": line 4: layers.1.: must have .*; got name missing",
    ),
    "a layer that is none": (JSON.replace("]", ",\n3]"), ": line 2: layers.2.: must be a mapping"),
    "names of two layers": (
        JSON.replace('"b"', '"a"').replace('"spikes": 1,', '"spikes": -1,'),
        ": layer 'a': spikes: must be a finite number; got -1",
    ),
    "a number as text": (
        JSON.replace("16", '"16"'),
        ": line 1: layer 'a': synaptic_operations: must be a finite number; got '16'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_one_line_with_its_place(name, file):
    content, said = REFUSED[name]
    with pytest.raises(SpikewattError, match=said) as caught:
        Counts.load(file(content), steps=10)
    assert "\n" not in str(caught.value)
    assert "counts.csv" in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_folder_and_nothing_are_no_files(tmp_path):
    with pytest.raises(SpikewattError, match="must be a file of counts; got a folder"):
        Counts.load(tmp_path)
    with pytest.raises(SpikewattError, match="must be a file of counts; got no such file"):
        Counts.load(tmp_path / "none.csv")


def test_steps_must_be_said(file):
    match = "must say the steps of an inference \\(a column steps\\); hint: --steps N"
    with pytest.raises(SpikewattError, match=match):
        Counts.load(file(CSV))
    match = "must say the steps of an inference \\(the key steps\\); hint: --steps N"
    with pytest.raises(SpikewattError, match=match):
        Counts.load(file(JSON.replace('"steps": 10, ', "")))


def test_a_file_of_any_size_is_not_read_into_memory(file, monkeypatch):
    monkeypatch.setattr("spikewatt.sim.counts.file.LARGEST", len(CSV))
    assert Counts.load(file(CSV), steps=10) == WANTED
    with pytest.raises(SpikewattError, match="has at most 69 bytes; got more"):
        Counts.load(file(CSV + " "), steps=10)


def test_a_pipe_is_read(file):
    """As ``--counts <(command)`` gives it."""
    reading, writing = os.pipe()
    os.write(writing, CSV.encode())
    os.close(writing)
    try:
        assert Counts.load(f"/dev/fd/{reading}", steps=10) == WANTED
    finally:
        os.close(reading)


# What is saved is read again

numbers = st.floats(0, 1e12)
layers = st.fixed_dictionaries(
    {"neurons": st.integers(1, 10**6), "fan_out": numbers, "share": st.floats(0, 1)},
    optional={
        "is_input": st.booleans(),
        "cores": st.integers(1, 100),
        "parameters": st.integers(1, 10**9),
    },
)


@given(
    st.lists(layers, min_size=1, max_size=4),
    st.integers(1, 10**4),
    st.one_of(st.none(), st.floats(1e-9, 1e3)),
    st.booleans(),
    st.sampled_from(("subtract", "zero")),
)
def test_what_is_saved_is_read_again(tmp_path_factory, found, steps, time_s, leaks, reset):
    made = []
    for number, layer in enumerate(found):
        share = layer.pop("share")
        spikes = share * layer["neurons"] * steps
        operations = share * spikes * layer["fan_out"]
        more = {"spikes": spikes, "synaptic_operations": operations}
        made.append({"name": f"layer, {number}", **layer, **more})
    made[-1].pop("is_input", None)  # else its synapses would lead nowhere
    counts = Counts(made, steps, time_s=time_s, leaks=leaks, reset=reset)

    folder = tmp_path_factory.mktemp("counts")
    counts.save(folder / "counts.json")
    assert Counts.load(folder / "counts.json") == counts

    table = [",".join(fields.LAYER)]
    for layer in counts.layers:
        cells = (getattr(layer, name) for name in fields.LAYER)
        table.append(",".join("" if cell is None else f'"{cell}"' for cell in cells))
    (folder / "counts.csv").write_text("\n".join(table))
    assert Counts.load(folder / "counts.csv", steps).layers == counts.layers


def test_json_is_not_saved_as_csv(tmp_path):
    with pytest.raises(SpikewattError, match="counts are saved as JSON; got .csv; allowed: .json"):
        WANTED.save(tmp_path / "counts.csv")
    assert not list(tmp_path.iterdir())
