"""``price --counts``: a network that ran elsewhere, from a file."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import spikewatt
from spikewatt.cli.main import app
from spikewatt.energy.pricing.price import price
from spikewatt.sim.counts.counts import Counts
from typer.testing import CliRunner

from ..helpers.said import data_of

ROWS = """name,neurons,fan_out,spikes,synaptic_operations,is_input
in,784,100,8000,800000,true
hidden,100,10,400,4000,false
out,10,0,30,0,false
"""
DEVICES = ("--device", "stm32l4r5", "--device", "rule_loihi_davies")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "c.csv").write_text(ROWS)
    (tmp_path / "broken.csv").write_text(ROWS.replace("4000", "4001"))
    (tmp_path / "no.csv").write_text("name,neurons\na,4\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str):
    return CliRunner().invoke(app, ["price", *arguments])


def test_counts_are_priced_as_in_python(folder):
    options = ("--counts", "c.csv", "--steps", "16", *DEVICES)
    result = call(*options, "--json", "-o", "rows.csv")
    assert result.exit_code == 0, result.output
    expected = price(Counts.load("c.csv", steps=16), "stm32l4r5", "rule_loihi_davies")

    shown = data_of(result.stdout)
    found = [row["energy_j"] for row in shown["rows"]]
    assert found == pytest.approx(expected.totals()["energy_j"].tolist())
    assert {row["workload"] for row in shown["rows"]} == {"snn", "int8_ann"}
    assert shown["assumptions"] == expected.assumptions
    table = pd.read_csv("rows.csv")
    assert table["energy_j"].tolist() == pytest.approx(expected.frame["energy_j"].tolist())
    assert set(table["component"]) >= {"synaptic operations", "neuron updates", "outputs"}


def test_a_reader_sees_the_tables_of_a_price_and_what_was_taken(folder):
    options = ("--tornado", "--period-s", "1", "--assumptions")
    result = call("--counts", "c.csv", "--steps", "16", *DEVICES[:2], *options)
    assert result.exit_code == 0, result.output
    shown = re.sub(r"\s+", " ", result.stdout)
    for text in (
        "Int8 on stm32l4r5 takes",
        "Price of one inference",
        "Verdicts",
        "What matters most",
        "A weight is stored for each synapse.",
        "Making the spikes of in is not included",
        "average current",
    ):
        assert text in shown, text


REFUSED = {
    "no steps": ("--counts c.csv", "c.csv: must say the steps of an inference (a column steps)"),
    "missing columns": (
        "--counts no.csv --steps 4",
        "no.csv: columns: must have name, neurons, fan_out, spikes, synaptic_operations; got "
        "fan_out, spikes, synaptic_operations missing",
    ),
    "contradiction": (
        "--counts broken.csv --steps 16",
        "broken.csv: line 3: layer 'hidden': synaptic_operations: has at most spikes * fan_out "
        "synaptic operations; got 4001; allowed: <= 4000",
    ),
    "no file": ("--counts none.csv --steps 4", "none.csv: must be a file of counts; got no such"),
    "no steps at all": (
        "--counts c.csv --steps 0",
        "steps: must be a number of steps; got 0",
    ),
    "two ways": (
        "--counts c.csv --layers mlperf_tiny",
        "takes a trace, or --counts, or --layers; got --counts and --layers",
    ),
    "steps of a table": ("--layers mlperf_tiny --steps 3", "price --steps: goes with --counts"),
    "network": ("--counts c.csv --spk n.spk", "price --spk: goes with a trace; got --counts"),
    "benchmark": ("--counts c.csv --benchmark IC", "price --benchmark: goes with --layers; got"),
    "host": ("--counts c.csv --steps 16 --host nrf54l15", "price.host: stands beside a core"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_one_line(name, folder):
    arguments, said = REFUSED[name]
    result = call(*arguments.split(), *DEVICES)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_help_names_the_document():
    assert "docs/how_to/counts.md" in re.sub(r"[\s│]+", " ", call("--help").stdout)
    assert (Path(spikewatt.__file__).parent / "docs" / "how_to" / "counts.md").is_file()
