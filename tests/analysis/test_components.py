"""Energy by component: where the energy of an inference goes, and what leakage is."""

from __future__ import annotations

import pytest
from spikewatt.analysis.report.priced.components import component_table
from spikewatt.cli.main import app
from spikewatt.energy.pricing.price import price
from spikewatt.sim.counts.counts import Counts
from typer.testing import CliRunner

from ..helpers.said import data_of

LAYERS = (
    {"name": "in", "neurons": 40, "fan_out": 20, "spikes": 100, "synaptic_operations": 2000,
     "is_input": True},
    {"name": "out", "neurons": 20, "fan_out": 0, "spikes": 5, "synaptic_operations": 0},
)  # fmt: skip


@pytest.fixture
def counts():
    return Counts(LAYERS, steps=10)


def test_components_add_up_to_the_price_without_what_is_used_between_inferences(counts):
    prices = price(counts, "loihi", "stm32l4r5", period_s=1.0)
    frame = component_table(prices).frame
    by_workload = frame.groupby(["device", "workload"])
    totals = prices.totals(idle=False).set_index(["device", "workload"])["energy_j"]
    assert by_workload["energy_j"].sum().to_dict() == pytest.approx(totals.to_dict())
    assert by_workload["share"].sum().tolist() == pytest.approx([1.0] * len(totals))
    assert not {"waking", "between inferences"} & set(frame["component"])
    assert (frame["energy_low_j"] <= frame["energy_j"]).all()
    assert (frame["energy_j"] <= frame["energy_high_j"]).all()
    for _, rows in by_workload:
        assert rows["energy_j"].is_monotonic_decreasing


def test_leakage_of_a_chip_is_said_to_be_its_idle_power_and_that_of_cores_is_not(counts):
    assert component_table(price(counts, "odin_style")).footnotes == ()
    (line,) = component_table(price(counts, "loihi", "odin_style")).footnotes
    assert line == "leakage of loihi: idle power of the chip, used or not."


def test_the_command_line_shows_them_of_counts(counts, tmp_path):
    counts.save(tmp_path / "c.json")
    words = ["price", "--counts", str(tmp_path / "c.json"), "--device", "loihi"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    assert "Energy by component" in shown.stdout
    assert "leakage of loihi: idle power of the chip" in " ".join(shown.stdout.split())
    rows = data_of(CliRunner().invoke(app, [*words, "--json"]).stdout)["components"]
    assert rows[0]["component"] == "companion processor"
    expected = price(counts, "loihi").frame.groupby("component")["energy_j"].sum()
    found = {row["component"]: row["energy_j"] for row in rows}
    assert found == pytest.approx({key: energy for key, energy in expected.items() if energy})


def test_of_layers_and_traces_they_are_asked_for():
    words = ["price", "--layers", "mlperf_tiny", "--benchmark", "KWS", "--device", "stm32l4r5"]
    assert "Energy by component" not in CliRunner().invoke(app, words).stdout
    assert "Energy by component" in CliRunner().invoke(app, [*words, "--components"]).stdout
