"""Runs side by side."""

from __future__ import annotations

import json
import shutil
import warnings

import pandas as pd
import pytest
import spikewatt as sw
from spikewatt.analysis.design.comparison import _decides
from spikewatt.analysis.report.page.comparison_page import comparison_page
from spikewatt.analysis.report.page.write import html
from spikewatt.cli.main import app
from spikewatt.errors import SpikewattError, SpikewattWarning
from typer.testing import CliRunner

from ...helpers.said import data_of
from .conftest import NASTY


@pytest.fixture
def found(run_folder, another_run):
    return sw.compare_runs([run_folder, another_run])


def test_each_run_and_each_price_has_its_row(found):
    assert list(found["runs"].frame["run"]) == ["small", "another"]
    assert list(found["runs"].frame["steps"]) == [16, 16]
    prices = found["prices"].frame
    ratios = prices.groupby("run")["to_first"].unique()
    assert ratios["small"].tolist() == [1.0]
    assert ratios["another"] == pytest.approx([0.5])


def test_a_run_of_before_times_had_a_range_is_compared(found, run_folder, another_run):
    assert found["prices"].frame["time_low_s"].notna().all()
    path = another_run / "energy_totals.csv"
    old = pd.read_csv(path).drop(columns=["time_low_s", "time_high_s"])
    old.to_csv(path, index=False)
    table = sw.compare_runs([run_folder, another_run])["prices"]
    assert table.frame.groupby("run")["time_low_s"].count().to_dict() == {"another": 0, "small": 7}
    ranges = [column for column in table.shown() if column.head.startswith("time low to high")]
    assert [bool(cell) for cell in ranges[0].cells][-7:] == [False] * 7
    assert any(ranges[0].cells)


def test_only_settings_that_differ_are_shown(found):
    assert found["configuration"].frame.to_dict("records") == [
        {"setting": "weight_bits", "small": "8", "another": "6"}
    ]


def test_int8_has_an_accuracy_only_where_it_was_executed(found, run_folder, another_run):
    prices = found["prices"].frame
    assert prices.loc[prices["workload"] == "int8_ann", "accuracy"].isna().all()
    assert prices.loc[prices["workload"] == "snn", "accuracy"].notna().all()
    assert not prices.loc[prices["workload"] == "int8_ann", "on_front"].any()
    assert found.sentence.endswith("Left out, as it was not executed: int8 of small, another.")

    points = pd.DataFrame({"side": ["snn", "int8_ann"], "accuracy": [0.5, 0.875]})
    points.to_csv(another_run / "points.csv", index=False)
    again = sw.compare_runs([run_folder, another_run])
    prices = again["prices"].frame.query("workload == 'int8_ann' and run == 'another'")
    assert (prices["accuracy"] == 0.875).all()
    assert again.sentence.endswith("int8 of small.")


def test_a_core_without_its_host_and_a_rule_are_not_on_the_front(run_folder, another_run):
    path = another_run / "energy_totals.csv"
    totals = pd.read_csv(path)
    assert {"odin_style", "odin_style+nrf54l15"} <= set(totals["device"])
    rule = totals.iloc[[0]].assign(device="rule_ac_mac_45nm")
    rule[["energy_j", "energy_low_j", "energy_high_j"]] = 1e-12
    pd.concat([totals, rule]).to_csv(path, index=False)
    found = sw.compare_runs([run_folder, another_run])
    prices = found["prices"].frame

    none = {"odin_style", "rule_ac_mac_45nm"}
    assert set(prices.loc[~prices["decides"], "device"]) == none
    front = set(prices.loc[prices["on_front"], "device"])
    assert front
    assert not front & none
    assert "on odin_style," not in found.sentence

    # A core that no run has beside a host decides as it is.
    for folder in (run_folder, another_run):
        alone = another_run.parent / f"alone-{folder.name}"
        shutil.copytree(folder, alone)
        rows = pd.read_csv(alone / "energy_totals.csv")
        rows = rows[~rows["device"].str.contains("+", regex=False)]
        rows.to_csv(alone / "energy_totals.csv", index=False)
    folders = [another_run.parent / f"alone-{name}" for name in ("small", "another")]
    prices = sw.compare_runs(folders)["prices"].frame
    assert prices.loc[prices["device"] == "odin_style", "decides"].all()


def test_dominated_points_are_not_on_the_front(found):
    prices = found["prices"].frame.query("accuracy == accuracy and decides")
    for row in prices.itertuples():
        better = (prices["accuracy"] >= row.accuracy) & (prices["energy_j"] <= row.energy_j)
        better &= (prices["accuracy"] > row.accuracy) | (prices["energy_j"] < row.energy_j)
        assert row.on_front == (not better.any())
    assert 0 < prices["on_front"].sum() < len(prices)
    assert set(prices.loc[prices["on_front"], "run"]) == {"another"}
    assert "another" in found.sentence


def test_its_page_is_drawn_and_escaped(run_folder, another_run, tmp_path, opened):
    settings = (another_run / "config.yaml").read_text()
    (another_run / "config.yaml").write_text(settings.replace("rate", json.dumps(NASTY)))
    path = tmp_path / "report.html"
    path.write_text(html(comparison_page(sw.compare_runs([run_folder, another_run]))))
    shown = opened(path, 390)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert shown.page.locator("tr.faded").count() > 0
    assert NASTY in shown.page.inner_text("section:last-of-type")
    assert shown.said == []
    assert shown.requests == [path.as_uri()]


def test_runs_of_other_data_are_warned_of(run_folder, another_run):
    text = (another_run / "config.yaml").read_text().replace("digits", "mnist")
    (another_run / "config.yaml").write_text(text)
    with pytest.warns(SpikewattWarning, match="digits, mnist"):
        sw.compare_runs([run_folder, another_run])


def test_bad_runs_are_refused(run_folder, tmp_path):
    with pytest.raises(SpikewattError, match="must be the folder of a run"):
        sw.compare_runs([run_folder, tmp_path])
    with pytest.raises(SpikewattError, match="takes each run once"):
        sw.compare_runs([run_folder, run_folder])
    with pytest.raises(SpikewattError, match="got 1; allowed: >= 2"):
        sw.compare_runs([run_folder])


def test_the_verbs_write_what_they_say(run_folder, another_run, tmp_path):
    words = ["compare", str(run_folder), str(another_run), "-o", str(tmp_path / "both"), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert len(data_of(done.stdout)["prices"]) == 14
    files = {path.name for path in (tmp_path / "both").iterdir()}
    assert files >= {"runs.csv", "prices.csv", "configuration.csv", "report.html"}
    assert len(pd.read_csv(tmp_path / "both" / "prices.csv")) == 14

    again = CliRunner().invoke(app, words)
    assert again.exit_code == 2

    page = tmp_path / "page.html"
    with warnings.catch_warnings():
        warnings.simplefilter("error", SpikewattWarning)
        done = CliRunner().invoke(app, ["report", str(run_folder), "-o", str(page)])
    assert done.exit_code == 0, done.output
    assert page.stat().st_size > 100_000
    done = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert done.exit_code == 2


def test_a_cortex_m0_plus_is_no_system_and_may_be_a_host():
    """Its name ends with the sign that stands between a core and its host."""
    chip = "cortex-m0+:clock_mhz=133,ua_per_mhz=160"
    devices = ["odin_style", f"odin_style+{chip}", chip, "tinyodin", "cortex-m0+"]
    frame = pd.DataFrame({"device": devices, "energy_low_j": 1.0, "energy_high_j": 2.0})
    assert _decides(frame).tolist() == [False, True, True, True, True]
