"""The page of a run: its numbers are Python's at every setting, and nothing in it is trusted."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import spikewatt as sw
from spikewatt.analysis.report.page import write
from spikewatt.analysis.report.page.laws import knobs
from spikewatt.analysis.report.page.page import NO_VERDICT
from spikewatt.analysis.report.page.write import write_report
from spikewatt.energy.cards.load import load_card, odin_style
from spikewatt.energy.cards.scaling_laws import highest_clock_hz
from spikewatt.energy.pricing.prices import ENERGIES, TIMES
from spikewatt.energy.pricing.uncertainty import ratio, verdict_of
from spikewatt.errors import SpikewattError, SpikewattWarning
from spikewatt.sim.trace.first_steps import first_steps

from .conftest import NASTY

NEARLY = 1e-9
LARGEST = 3_000_000  # bytes


def written(folder: Path) -> Path:
    """The page of a folder."""
    path = write_report(folder)
    assert path is not None
    return path


@pytest.fixture(scope="session")
def report(run_folder) -> Path:
    return written(run_folder)


def markup_of(path) -> str:
    """A page without its scripts, which stand at its end."""
    markup, is_there, _ = path.read_text().partition('<script type="application/json"')
    assert is_there
    return markup


def data_of(path) -> dict:
    """The data inside of a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text())
    assert found
    return json.loads(found.group(1))


# ------------------------------------------------------------------ one file


def test_it_is_one_file_that_names_nothing_elsewhere(report):
    assert report.stat().st_size < LARGEST
    page = markup_of(report)
    assert not re.findall(r"<[^>]*\s(?:src|href)\s*=|url\(|@import|://", page)
    assert "default-src 'none'" in page  # a browser refuses whatever it would load


def test_it_says_the_verdict_first(report):
    body = markup_of(report).split("<body>")[1]
    verdict = re.search(r'<p class="verdict">(.+?)</p>', body)
    assert verdict
    assert "energy" in verdict[1]
    assert "Keras 95.0\u00a0%" in verdict[1]
    assert verdict.start() < body.index("<h2")


def test_it_says_what_the_run_said_and_makes_up_no_winner(run_folder, tmp_path):
    """Verdicts that compare no networks of other accuracy call nobody a winner here, either."""
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    verdicts = pd.read_csv(folder / "verdicts.csv")
    verdicts["verdict"] = "not compared"
    verdicts.to_csv(folder / "verdicts.csv", index=False)

    said = (folder / "sentence.txt").read_text().splitlines()
    page = markup_of(written(folder)).replace("\u00a0", " ")
    assert said
    assert f'<p class="verdict">{said[0]}</p>' in page

    (folder / "sentence.txt").unlink()
    body = markup_of(written(folder))
    assert f'<p class="verdict">{NO_VERDICT}</p>' in body
    assert "less energy" not in body.split("<h2")[0]


def test_sections_stand_in_their_order(report):
    heads = re.findall(r"<h2[^>]*>(.*?)</h2>", markup_of(report))
    assert heads == [
        "Turn the knobs",
        "Accuracy against energy",
        "Operations and sparsity, layer by layer",
        "What the literature’s rules say",
        "Energy by component",
        "Latency",
        "Mapping",
        "What matters most",
        "Assumptions",
        "Provenance",
    ]


def test_the_rules_stand_below_the_sentence_that_says_what_turns_them(report):
    body = markup_of(report)
    section = body[body.index('id="h-rules"') : body.index('id="h-energy"')]
    assert re.search(
        r"<p>With [^<]* spikes per neuron [^<]*one assumption changed[^<]*</p>", section
    )
    assert section.count("<table") == 3
    for said in ("our price, one chip", "Davidson &amp; Furber 2021", "weight fetch", "silicon"):
        assert said in section
    assert "zeros of the ANN" in section


def test_results_of_the_rtl_and_of_synthesis_are_shown_where_they_are(run_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    found = {"verification": [{"target": "mine", "mismatches": 0}], "assumptions": ["x"]}
    (folder / "verification.json").write_text(json.dumps(found))
    sizes = {"sizes": [{"luts": 1234, "more": {"a": 1}}], "notes": ["leaks"]}
    (folder / "synthesis.json").write_text(json.dumps(sizes))
    text = written(folder).read_text()
    assert "RTL against what it must do" in text
    assert "1,234" in text
    assert "leaks" in text


def test_a_sentence_and_points_of_the_run_come_first(run_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    points = pd.DataFrame(
        {
            "side": ["snn", "snn", "int8_ann"],
            "device": ["core", "core", "chip"],
            "code": ["rate", "radix", None],
            "steps": [8, 4, None],
            "options": [None, NASTY, None],
            "accuracy_validation": [0.9, 0.7, 0.9],
            "accuracy": [0.9, None, 0.95],
            "accuracy_low": [0.85, None, 0.9],
            "accuracy_high": [0.93, None, 0.97],
            "energy_j": [1e-6, 5e-6, 2e-6],
            "on_front": [True, False, True],
            "chosen_at": ["0.5", None, "0.5, 1"],
            "asked": [True, False, False],
        }
    )
    points.to_csv(folder / "points.csv", index=False)
    (folder / "sentence.txt").unlink()  # as of an earlier version
    best = {"sentence": ["Use the other one.", "Within 1 point: use it."]}
    best |= {"snn_energy_j": [1e-6] * 2}
    pd.DataFrame(best).to_csv(folder / "best.csv", index=False)

    path = written(folder)
    assert '<p class="verdict">Use the other one.</p>' in markup_of(path)
    assert "Within 1 point: use it." in markup_of(path)
    assert "2 of 3 points" in markup_of(path)
    data = data_of(path)
    assert data["int8_accuracy"] == 0.95
    assert data["settings"]["counted"] == "period"
    drawn = next(each for each in data["charts"]["points"]["data"] if "values" in each)["values"]
    assert [row["name"] for row in drawn] == ["spikes", ""]


# ------------------------------------------------------------------ nothing is trusted


def test_names_from_files_break_out_of_nothing(run_folder, tmp_path, opened):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    layers = pd.read_csv(folder / "layers.csv")
    layers["layer"] = [NASTY, "{{ config }}", "<b>bold</b>"]
    layers.to_csv(folder / "layers.csv", index=False)
    (folder / "assumptions.txt").write_text(f"{NASTY}\n")
    (folder / "sentence.txt").write_text(f"{NASTY}\n")
    path = written(folder)

    names = [row["layer"] for row in data_of(path)["charts"]["sparsity"]["data"][0]["values"]]
    assert names[0] == NASTY
    assert "<img" not in markup_of(path)

    shown = opened(path)
    assert shown.page.inner_text(".verdict") == NASTY
    assert shown.page.locator("img").count() == 0
    assert NASTY in shown.page.inner_text(".assumptions")
    assert shown.said == []


def test_a_folder_that_is_no_run_is_one_line(tmp_path):
    with pytest.raises(SpikewattError, match="must be the folder of a run"):
        write_report(tmp_path)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "ann_accuracy,snn_accuracy\n0.9,high\n"])
@pytest.mark.parametrize("name", ["summary", "energy"])
def test_a_damaged_table_is_not_taken_for_a_missing_one(run_folder, tmp_path, name, text):
    shutil.copytree(run_folder, tmp_path / "run")
    (tmp_path / "run" / f"{name}.csv").write_text(text)
    with pytest.raises(SpikewattError, match=rf"{name}.csv: has a column '.*' of numbers; got"):
        write_report(tmp_path / "run")


@pytest.mark.parametrize("missing", [1, 9])
def test_a_table_that_was_cut_off_is_refused(run_folder, tmp_path, missing):
    """As a full disk or a broken copy leaves it: all columns are there, and the last number."""
    shutil.copytree(run_folder, tmp_path / "run")
    path = tmp_path / "run" / "energy_totals.csv"
    path.write_bytes(path.read_bytes()[:-missing])
    for reads in (write_report, lambda folder: sw.compare_runs([run_folder, folder])):
        with pytest.raises(SpikewattError, match=r"energy_totals.csv: must end with a whole line"):
            reads(tmp_path / "run")


def test_without_the_libraries_a_run_has_no_page_but_a_warning(run_folder, monkeypatch, tmp_path):
    monkeypatch.setattr(write, "LIBRARIES", ("no_such_library",))
    with pytest.warns(SpikewattWarning, match="no no_such_library"):
        assert write_report(run_folder, tmp_path / "page.html") is None
    assert not (tmp_path / "page.html").exists()


def test_cards_that_are_gone_leave_a_page_without_controls(run_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    text = (folder / "config.yaml").read_text().replace("nrf54l15", "gone.yaml")
    (folder / "config.yaml").write_text(text)
    text = written(folder).read_text()
    assert "cannot be priced again" in text
    assert 'id="knobs"' not in text
    assert "Energy of one inference" in text


# ------------------------------------------------------------------ in a browser


@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_readable_on_a_phone_and_on_a_desk(report, opened, width):
    shown = opened(report, width)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.page.locator(".chart svg").count() == len(data_of(report)["charts"])
    too_wide = """[...document.querySelectorAll('.chart')].filter(
        (box) => box.firstElementChild.scrollWidth > box.clientWidth + 1).map((box) => box.id)"""
    assert shown.page.evaluate(too_wide) == []
    assert shown.said == []
    assert shown.requests == [report.as_uri()]


def test_everything_has_a_name_for_who_does_not_see_it(report, opened):
    page = opened(report).page
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title() == "small: mlp-64-48-10 on digits · spikewatt"
    unnamed = """[...document.querySelectorAll('input, select')].filter(
        (it) => !it.labels.length && !it.getAttribute('aria-label')).map((it) => it.id)"""
    assert page.evaluate(unnamed) == []
    without_head = (
        "document.querySelectorAll('td').length > 0 && "
        "[...document.querySelectorAll('table')].every((it) => it.querySelector('th[scope=col]'))"
    )
    assert page.evaluate(without_head)


def prices_shown(page) -> dict[str, dict[str, float]]:
    """Side -> numbers of the table of prices, as they are before they are rounded."""
    rows = page.evaluate(
        """[...document.querySelectorAll('#prices tbody tr')].map((row) =>
            [row.dataset.side, ...[...row.cells].slice(1).map((cell) => cell.dataset.value)])"""
    )
    found = {}
    for side, _, energy, energy_ends, time, time_ends, *_ in rows:
        numbers = [energy, *energy_ends.split(), time, *time_ends.split()]
        found[side] = dict(zip((*ENERGIES, *TIMES), map(float, numbers), strict=True))
    return found


def turn(page, setting: dict) -> None:
    """Turn the knobs of the page."""
    page.locator("#steps").evaluate(
        "(it, at) => { it.value = at; it.dispatchEvent(new Event('input')); }", setting["steps"] - 1
    )
    page.fill("#period", repr(setting["period_s"]))
    page.select_option("#counted", setting["counted"])
    page.select_option("#host", setting["host"] or "")
    page.select_option("#first", label="odin_style: snn")
    page.select_option("#second", label="nrf54l15: int8_ann")
    for place in ("first", "second"):
        volt, megahertz = setting[place]
        page.fill(f"#{place}-voltage", repr(volt))
        page.fill(f"#{place}-clock", repr(megahertz))


def price_in_python(trace, setting: dict):
    """The same setting by `sw.price`."""
    devices = {"odin_style": setting["first"], "nrf54l15": setting["second"]}
    return sw.price(
        first_steps(trace, setting["steps"]),
        *devices,
        "stm32l4r5",
        period_s=setting["period_s"],
        host=setting["host"],
        clock_hz={name: megahertz * 1e6 for name, (_, megahertz) in devices.items()},
        supply_v={name: volt for name, (volt, _) in devices.items()},
    )


def settings_to_try(trace, number: int) -> list[dict]:
    draw = np.random.default_rng(5)
    found = []
    for i in range(number):
        volt = round(float(draw.uniform(0.55, 1.0)), 3)
        fastest = highest_clock_hz(volt) / 1e6
        found.append(
            {
                "steps": int(draw.integers(1, trace.steps + 1)),
                "period_s": round(float(10 ** draw.uniform(-1, 3)), 4),
                "counted": ("inference", "period")[i % 2],
                "host": (None, "nrf54l15", "stm32l4r5")[i % 3],
                "first": (volt, round(float(draw.uniform(5, fastest)), 2)),
                "second": (
                    round(float(draw.uniform(1.7, 3.6)), 2),
                    round(float(draw.uniform(10, 250)), 2),  # its own is 128 MHz
                ),
            }
        )
    return found


def test_its_numbers_are_those_of_price_at_any_setting(report, trace, opened):
    shown = opened(report)
    for setting in settings_to_try(trace, 8):
        turn(shown.page, setting)
        found = prices_shown(shown.page)
        prices = price_in_python(trace, setting)
        idle = setting["counted"] == "period"
        expected = {
            f"{row['device']} {row['workload']}": row
            for row in prices.totals(idle=idle).to_dict("records")
        }
        assert len(found) == 5
        for side, numbers in found.items():
            for key, number in numbers.items():
                assert number == pytest.approx(expected[side][key], rel=NEARLY), (side, key)

        core = "odin_style" if setting["host"] is None else f"odin_style+{setting['host']}"
        bills = {bill.device: bill for bill in prices.bills}
        wanted = ratio((bills[core], "snn"), (bills["nrf54l15"], "int8_ann"), idle=idle)
        answer = shown.page.locator("#answer").evaluate("(it) => ({...it.dataset})")
        for key, value in (("ratio", "value"), ("low", "low"), ("high", "high")):
            assert float(answer[key]) == pytest.approx(getattr(wanted, value), rel=NEARLY)
        assert answer["verdict"] == verdict_of(wanted)
    assert shown.said == []


def test_it_begins_as_the_run_was_and_returns_there(report, run_folder, opened):
    page = opened(report).page
    totals = pd.read_csv(run_folder / "energy_totals.csv")
    expected = {f"{row.device} {row.workload}": row for row in totals.itertuples()}
    page.fill("#period", "77")
    page.fill("#first-voltage", "0.9")
    page.click("#reset")
    found = prices_shown(page)
    page.select_option("#host", "")
    found |= prices_shown(page)
    assert set(expected) - set(found) <= {"odin_style+nrf54l15 snn", "odin_style+stm32l4r5 snn"}
    assert len(found) == 6
    for side, numbers in found.items():
        for key, number in numbers.items():
            assert number == pytest.approx(getattr(expected[side], key), rel=NEARLY)


def test_int8_has_a_mark_only_where_it_was_executed(report, run_folder, opened, tmp_path):
    drawn = "frontRows().filter((row) => row.side.includes('int8_ann')).map((row) => row.accuracy)"
    page = opened(report).page
    assert page.evaluate("frontRows().length") > 0
    assert page.evaluate(drawn) == []

    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    points = pd.DataFrame({"side": ["int8_ann"], "accuracy": [0.875]})
    points.to_csv(folder / "points.csv", index=False)
    accuracies = opened(written(folder)).page.evaluate(drawn)
    assert accuracies
    assert set(accuracies) == {0.875}


def test_what_cannot_be_is_refused_in_words(report, opened):
    page = opened(report).page
    page.fill("#period", "0.0001")
    assert "longer than the period" in page.inner_text("#answer")
    page.click("#reset")
    page.fill("#first-clock", "300")
    assert "75.0 MHz at 0.55 V" in page.inner_text("#answer")
    page.click("#reset")
    page.fill("#first-voltage", "1.3")
    assert "0.55 to 1 V" in page.inner_text("#answer")


# ------------------------------------------------------------------ laws


@pytest.mark.parametrize("node_nm", [28, 32, 45, 65])
def test_the_knobs_of_a_core_follow_the_parametric_core(node_nm):
    """The law that the page has, evaluated here, gives the values of the card."""
    chosen = {"node_nm": node_nm, "weight_bits": 4}
    own = knobs(odin_style(**chosen))
    above, below = (np.poly1d(polynomial) for polynomial in own["node"])
    for volt in (0.55, 0.6, 0.77, 1.0):
        node = above(volt) / below(volt)
        home = above(own["home_v"]) / below(own["home_v"])
        scale = (volt / own["home_v"]) ** own["exponent"] * node / home
        card = odin_style(**chosen, voltage_v=volt)
        for key, (value, low, high, _, power, width, constant) in own["scaled"].items():
            wider = constant * (volt / own["home_v"]) ** width
            assert card[key].value == pytest.approx(value * scale**power, rel=1e-12)
            assert card[key].low == pytest.approx(low * scale**power / wider, rel=1e-12)
            assert card[key].high == pytest.approx(high * scale**power * wider, rel=1e-12)
        fixed = set(card.values) - set(own["scaled"]) - {"clock_hz"}
        assert fixed
        assert all(card[key].value == odin_style(**chosen)[key].value for key in fixed)


def test_a_rule_has_no_knobs():
    assert knobs(load_card("rule_ac_mac_45nm")) == {}
