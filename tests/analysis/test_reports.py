"""Findings and their renderers: what a reader sees, in words where a number would mislead."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from spikewatt.analysis.report import rows, tables
from spikewatt.analysis.report.findings import Column, Findings, Table
from spikewatt.analysis.report.numbers import cell, with_prefix
from spikewatt.analysis.report.prices import break_even_shown
from spikewatt.analysis.report.terminal.console import print_findings
from spikewatt.analysis.report.times import time_columns
from spikewatt.analysis.report.verification import verification_findings

ENERGY = pd.DataFrame({"device": ["a", "b"], "energy_j": [2e-9, 3e-6], "time_s": [1e-3, np.nan]})
COLUMNS = (
    Column("device", ("device",)),
    Column("energy", ("energy_j",), lambda joules: with_prefix(joules, "J")),
    Column("time", ("time_s",), lambda seconds: with_prefix(seconds, "s")),
)


@pytest.fixture
def findings() -> Findings:
    prices = Table("prices", "Price", ENERGY, COLUMNS, brief=ENERGY.head(1))
    layers = Table("layers", "Layers", pd.DataFrame({"layer": ["hidden"], "neurons": [48]}))
    return Findings(
        (prices, layers),
        ("leakage is included",),
        {"c": "c is too small"},
        {"accuracy": np.float64(0.5)},
        ("all went well",),
        "Use a on b.",
    )


def test_a_table_says_its_units_and_shows_the_brief_rows_only(findings):
    assert findings["prices"].units() == {"energy_j": "J", "time_s": "s"}
    assert findings["prices"].cells() == [{"device": "a", "energy": "2.00 nJ", "time": "1.00 ms"}]
    assert len(findings["prices"]) == 2


def test_a_missing_value_is_an_empty_cell():
    shown = Table("prices", "", ENERGY, COLUMNS).cells()
    assert shown[1] == {"device": "b", "energy": "3.00 µJ", "time": ""}


def test_a_time_has_its_range_where_it_is_wider_than_its_digits():
    frame = pd.DataFrame({"time_s": [1e-3, 2e-3, np.nan]})
    assert len(time_columns(frame, leave_out=1)) == 1
    narrow = frame.assign(time_low_s=frame["time_s"] * 0.99, time_high_s=frame["time_s"] * 1.01)
    assert len(time_columns(narrow, leave_out=1)) == 1

    wide = narrow.assign(time_high_s=[1.01e-3, 3e-3, np.nan])
    time, ranges = Table("", "", wide, time_columns(wide, leave_out=1)).shown()
    assert (time.head, ranges.head) == ("time (ms)", "time low to high (ms)")
    assert list(time.cells) == ["1.00", "2.00", ""]
    assert list(ranges.cells) == ["", "1.98 to 3.00", ""]
    assert ranges.leave_out > time.leave_out > 0


def test_console_json_and_csv_render_the_same_tables(findings, capsys, tmp_path):
    print_findings(findings)
    shown = capsys.readouterr().out
    for text in ("Price", "2.00 nJ", "hidden", "leakage is included", "all went well"):
        assert text in shown
    assert "does not fit: c is too small" in shown
    assert "3.00 µJ" not in shown  # the brief rows alone

    document = json.loads(rows.as_json(findings))
    assert document["prices"] == [
        {"device": "a", "energy_j": 2e-9, "time_s": 1e-3},
        {"device": "b", "energy_j": 3e-6, "time_s": None},
    ]
    assert shown.splitlines()[0] == document["sentence"] == "Use a on b."
    assert document["accuracy"] == 0.5
    assert document["assumptions"] == ["leakage is included"]
    assert document["does_not_fit"] == {"c": "c is too small"}

    rows.write_folder(findings, tmp_path)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "prices.csv"), ENERGY)
    assert (tmp_path / "layers.csv").is_file()
    assert (tmp_path / "assumptions.txt").read_text().splitlines()[-1] == "c is too small"


def test_findings_are_chosen_by_name_and_have_one_table_of_each(findings):
    assert [table.name for table in findings.only("layers", "absent")] == ["layers"]
    assert [table.name for table in findings.without("layers")] == ["prices"]
    assert "prices" in findings
    assert "verdicts" not in findings
    with pytest.raises(AssertionError):
        Findings((findings["layers"], findings["layers"]))


def test_findings_of_several_networks_say_whose_a_row_is(findings):
    both = rows.merged({"one": findings, "two": findings}, "benchmark")
    assert list(both["prices"].frame["benchmark"]) == ["one", "one", "two", "two"]
    assert both.assumptions == ("leakage is included",)
    assert both.sentence.splitlines() == ["one: Use a on b.", "two: Use a on b."]
    assert both.does_not_fit == {"one: c": "c is too small", "two: c": "c is too small"}
    alone = rows.merged({"": findings}, "benchmark")
    assert "benchmark" not in alone["prices"].frame.columns


def test_a_notebook_shows_what_the_console_shows(findings):
    html = findings._repr_html_()
    for text in ("Price", "2.00 nJ", "leakage is included", "Use a on b."):
        assert text in html


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.99949, "999 m"),
        (0.9995, "1.00 "),
        (1.0, "1.00 "),
        (-2e-6, "-2.00 µ"),
        (100.0, "100 "),
        (0.0, "0 "),
    ],
)
def test_a_prefix_leaves_three_digits(value, text):
    assert with_prefix(value, "J") == f"{text}J"


def test_cells_group_thousands_and_say_yes_or_no():
    assert [cell(x) for x in (999.94, 1000.0, 1234567, True)] == [
        "999.9",
        "1,000",
        "1,234,567",
        "yes",
    ]


# ------------------------------------------------------------------ words for numbers


def test_break_even_in_words():
    """A core that costs more without any spike than the other with all; below always; between."""
    ends = [
        {
            "device": "a",
            "against": "b",
            "factor_on_spikes": factor,
            "steps": steps,
            "simulated_steps": 16,
        }
        for factor, steps in ((None, 0), (2.5, 16), (0.5, 7))
    ]
    shown = break_even_shown(pd.DataFrame(ends)).cells()
    assert [(row["factor on spikes"], row["steps"]) for row in shown] == [
        ("none", "none"),
        ("2.5", "all 16 simulated"),
        ("0.5", "7 of 16"),
    ]


def test_targets_are_told_in_one_table_with_seconds(capsys):
    row = {"compared": 1, "mismatches": 0, "where": "", "seconds": 1.25}
    found = {"proofs": [{**row, "what": "queue"}], "faults": [{**row, "what": "one"}]}
    summaries = {"proofs": "3 properties, 0 proofs failed.", "faults": "1 of 1 faults caught."}
    print_findings(verification_findings(found, summaries))
    shown = capsys.readouterr().out
    assert re.search(r"target\W+what\W+compared\W+mismatches\W+seconds\W+where", shown)
    assert re.search(r"proofs\W+queue\W+1\W+0\W+1\.2", shown)
    assert "1 of 1 faults caught." in shown

    own = {"network": [{**row, "what": "hidden", "cycles": 7, "stalls": 3, "stalls_seen": 3}]}
    print_findings(verification_findings(own, {"network": "9 values compared."}))
    assert re.search(r"cycles\W+stalls\W+seen\W", capsys.readouterr().out)


# ------------------------------------------------------------------ tables of a network


def test_layer_table_counts_what_the_trace_counted(trace):
    table = tables.layer_table(trace).set_index("layer")
    assert list(table.index) == ["input", "hidden1", "output"]
    spikes = trace.spikes["hidden1"].sum(axis=1).mean()
    assert table.loc["hidden1", "spikes_per_inference"] == spikes > 0
    assert table.loc["hidden1", "firing_rate"] == spikes / (48 * trace.steps)
    assert table.loc["output", "sops_synapses"] == 10 * spikes
    assert list(table["macs"]) == [0, 64 * 48, 48 * 10]
    assert np.isnan(table.loc["output", "firing_rate"])


def test_layer_table_counts_the_macs_of_depthwise_layers():
    """They were 0; a depthwise layer of 3x3 taps and padding multiplies 9 times per output."""
    from spikewatt.analysis.checks.standing_network import standing_input, standing_network
    from spikewatt.sim.engines.simulate import simulate

    network = standing_network()
    table = tables.layer_table(simulate(network, standing_input(), "reference", 4))
    macs = dict(zip(table["layer"], table["macs"], strict=True))
    assert macs == {
        "input": 0,
        "same": 9 * 9 * 4 * 9 * 2,
        "strided": 4 * 4 * 6 * 9 * 4,
        "depthwise": 4 * 4 * 6 * 9,
        "hidden": 24 * 12,
        "output": 12 * 5,
    }


def test_classes_have_precision_and_recall():
    report = tables.class_report(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    assert list(report["precision"]) == [1.0, pytest.approx(2 / 3)]
    assert list(report["recall"]) == [0.5, 1.0]
    assert list(report["samples"]) == [2, 2]


def test_population_table_shows_one_threshold_or_both_ends(mlp_network):
    shown = tables.population_table(mlp_network, "").frame.set_index("population")
    assert shown.loc["hidden1", "shape"] == "48"
    assert shown.loc["output", "threshold"] == ""
    assert shown.loc["hidden1", "threshold"].isdigit()


def test_cross_check_says_equal_unequal_or_not_counted():
    frame = pd.DataFrame(
        {"tool": ["x", "y", "z"], "counted": [4.0, np.nan, 5.0], "ours": [4, 4, 4]}
    )
    shown = tables.crosscheck_table(frame).frame
    assert list(shown["equal"]) == ["yes", "not counted", "no"]
    assert list(shown["counted"]) == [4, None, 5]
