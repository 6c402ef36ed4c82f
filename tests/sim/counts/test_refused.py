"""Counts that cannot be: each is one line that names the field and the law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from spikewatt.errors import FileFormatError, SpikewattError
from spikewatt.sim.counts.counts import Counts, LayerCounts

INPUT = LayerCounts("in", 200, 100, 1000, 100_000, is_input=True)
HIDDEN = LayerCounts("h", 100, 10, 150, 1500)
OUTPUT = LayerCounts("o", 10, 0, 5, 0)
STEPS = 20
HEADER = "name,neurons,fan_out,spikes,synaptic_operations,steps\n"


def counts(spikes_per_step: int = 1, **changes) -> Counts:
    layers = [INPUT, replace(HIDDEN, **changes), OUTPUT]
    return Counts(layers, STEPS, spikes_per_step=spikes_per_step)


# Updates


@pytest.mark.parametrize(
    ("changes", "law"),
    [
        ({"active_updates": 0}, "active_updates: are followed by at most spikes_per_step spikes"),
        ({"active_updates": 149}, "got 149; allowed: >= 150"),
        ({"active_updates": 151}, "active_updates: are followed by a spike each, or more; got 151"),
        ({"active_updates": 49, "spikes_per_step": 3}, "got 49; allowed: >= 50"),
        ({"idle_updates": 1851}, "at most once in a step; got 2001; allowed: <= 2000"),
        ({"idle_updates": 1951, "spikes_per_step": 3}, "got 2001; allowed: <= 2000"),
        ({"idle_updates": 1901, "active_updates": 100, "spikes_per_step": 3}, "got 2001"),
    ],
    ids=str,
)
def test_updates_agree_with_spikes_and_steps(changes, law):
    with pytest.raises(SpikewattError, match=law):
        counts(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"active_updates": 150, "idle_updates": 1850},
        {"idle_updates": 1850},
        {"active_updates": 50, "idle_updates": 1950, "spikes_per_step": 3},
    ],
    ids=str,
)
def test_updates_may_be_as_many_as_there_are_visits(changes):
    layer = counts(**changes).layers[1]
    assert (layer.active_updates, layer.idle_updates) == (
        changes.get("active_updates"),
        changes["idle_updates"],
    )


def test_an_input_may_say_that_it_has_no_updates():
    layer = replace(INPUT, active_updates=0.0, idle_updates=0.0)
    assert Counts([layer, OUTPUT], STEPS).updates_of(layer) == 0


# Types


@pytest.mark.parametrize(
    ("made", "law"),
    [
        (lambda: Counts(np.array(3), 10), "Counts.layers: must be a list of layers; got 3"),
        (lambda: Counts([INPUT, OUTPUT]), "Counts.steps: must be a number of steps; got 0"),
        (lambda: Counts(steps=3), "Counts.layers: must have a layer; got none"),
        (lambda: Counts.load(None), "Counts.load: must be the path of a file of counts; got None"),
        (lambda: Counts.load(5), "Counts.load: must be the path"),
        (lambda: Counts.load(b"d.csv"), "Counts.load: must be the path of a file"),
    ],
)
def test_what_is_no_counts_and_no_path_is_said(made, law):
    with pytest.raises(SpikewattError, match=law):
        made()


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("", "must be a name that can be printed"),
        ("a\nb", "must be a name that can be printed: no line breaks"),
        (5, "must be text; got 5"),
        ("a" * 201, "must be a name of at most 200 characters; got 201"),
        ("all", "must be another name than a row of a price has; got 'all'"),
        ("chip", "allowed: not all, chip, cores"),
        ("cores", "must be another name than a row of a price has"),
    ],
)
def test_a_name_says_which_law_it_breaks(name, law):
    with pytest.raises(SpikewattError, match=law):
        counts(name=name)


def test_numbers_of_numpy_are_numbers():
    found = counts(neurons=np.float32(100), fan_out=np.int64(10), spikes=np.float32(150))
    assert found == counts()
    assert type(found.layers[1].neurons) is int
    for wrong in (np.float32(10.5), np.float32(np.nan), np.bool_(True), True):
        with pytest.raises(SpikewattError, match="layer 'h': neurons: must be a whole number"):
            counts(neurons=wrong)


def test_rows_of_a_table_are_layers_and_nan_of_an_optional_column_is_unknown():
    rows = [
        {"name": one.name, "neurons": one.neurons, "fan_out": one.fan_out, "spikes": one.spikes}
        | {"synaptic_operations": one.synaptic_operations, "is_input": one.is_input}
        for one in (INPUT, HIDDEN, OUTPUT)
    ]
    rows[1]["idle_updates"] = 1000.0
    table = pd.DataFrame(rows)
    expected = counts(idle_updates=1000.0)
    assert Counts(table.to_dict("records"), STEPS) == expected
    assert Counts([row for _, row in table.iterrows()], STEPS) == expected

    table["spikes"] = [np.nan, 150, 5]
    with pytest.raises(SpikewattError, match="layer 'in': spikes: must be a finite number; got"):
        Counts(table.to_dict("records"), STEPS)
    unknown = replace(HIDDEN, idle_updates=float("nan"))
    with pytest.raises(SpikewattError, match="layer 'h': idle_updates: must be a finite number"):
        Counts([INPUT, unknown, OUTPUT], STEPS)


# Files


@pytest.mark.parametrize(
    ("file", "text", "law"),
    [
        ("a.csv", ",,,\n,,\n", "a.csv: must be a file of counts; got empty cells alone"),
        (
            "a.csv",
            HEADER + "a,4,0,0,0,5\nb,4,0,0,0,\n",
            "line 3: steps: must be what line 2 says; got nothing; allowed: 5",
        ),
        (
            "a.json",
            '{"version": true, "steps": 3, "layers": []}',
            "version: must be a version that is known; got True",
        ),
        (
            "a.json",
            '{"steps": 3, "layers": [{"name": "a", "idle_updates": NaN}]}',
            "must be JSON; got key 'idle_updates' must be a finite number; got nan",
        ),
    ],
)
def test_files_of_no_counts_are_one_line(tmp_path, file, text, law):
    (tmp_path / file).write_text(text)
    with pytest.raises(FileFormatError, match=law):
        Counts.load(tmp_path / file)
