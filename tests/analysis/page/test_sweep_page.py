"""The page of a sweep."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
import spikewatt as sw
from spikewatt import files
from spikewatt.analysis.report.page.sweep_page import _effect
from spikewatt.analysis.report.page.write import STORE, write_report

SPACE = {
    "dataset": "digits",
    "test_samples": 40,
    "calibration_samples": 100,
    "engine": "event",
    "network": {"steps": [2, 4, 8]},
    "hardware": [
        {"device": ["odin_style"], "voltage_v": [0.55, 0.8], "axons_per_core": [32, 256]},
    ],
}


@pytest.fixture(scope="module")
def store(mlp, tmp_path_factory):
    """A sweep of three networks, which are one simulation, on four cores."""
    folder = tmp_path_factory.mktemp("sweep")
    mlp.save(folder / "mlp.keras")
    space = {**SPACE, "network": {**SPACE["network"], "network": [str(folder / "mlp.keras")]}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "cache_folder", lambda *parts: folder.joinpath("cache", *parts))
        sw.sweep(space, folder / "store", workers=0)
    return folder / "store"


@pytest.fixture(scope="module")
def report(store):
    path = write_report(store)
    assert path is not None
    return path


@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_drawn_without_a_network(report, opened, width):
    shown = opened(report, width)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.page.locator(".chart svg").count() == shown.page.locator(".chart").count() > 3
    assert shown.said == []
    assert shown.requests == [report.as_uri()]


def test_it_says_the_answer_the_front_the_axes_and_what_failed(report, store):
    text = report.read_text()
    assert (store / STORE).is_file()
    markup, _, rest = text.partition('<script type="application/json"')
    heads = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", markup)
    assert heads[:2] == ["Accuracy against energy", "What each axis does"]
    assert {"steps", "voltage_v", "axons_per_core"} <= set(heads)
    assert heads[-2:] == ["Points without a price", "Provenance"]
    assert "a neuron has at most 32 inputs" in markup
    assert "Least energy within" in markup.split("<h2")[0]

    data = json.loads(rest[rest.index(">") + 1 : rest.index("</script>")])
    drawn = next(d for d in data["charts"]["points"]["data"] if "values" in d)["values"]
    assert sum(row["on_front"] for row in drawn) == sw.read_sweep(store)["on_front"].sum() > 0


def test_the_effect_of_an_axis_is_the_best_over_all_others():
    rows = pd.DataFrame(
        {
            "steps": [8, 4, 8, 4],
            "host": ["", "m", "", ""],
            "energy_j": [3.0, 2.0, 4.0, float("nan")],
            "accuracy_validation": [0.9, 0.8, 0.95, 0.7],
            "within": [False, True, True, False],
        }
    )
    by_steps = _effect(rows, "steps").set_index("value")
    assert list(by_steps.index) == ["4", "8"]
    assert by_steps["least_energy_j"].tolist() == [2.0, 3.0]
    assert by_steps["least_energy_within_j"].tolist() == [2.0, 4.0]
    assert by_steps["with_price"].tolist() == [1, 2]
    assert set(_effect(rows, "host")["value"]) == {"not set", "m"}

    many = pd.concat([rows.assign(steps=rows["steps"] + 10 * i) for i in range(20)])
    assert len(_effect(many.reset_index(drop=True), "steps")) == 8
