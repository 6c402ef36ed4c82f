"""The page of a run on a chip without a clock: its numbers, its cores, and no knobs."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml
from spikewatt.analysis.job import steps
from spikewatt.analysis.job.config import RunConfig
from spikewatt.analysis.report.rows import write_folder

from .test_page import NEARLY, prices_shown, written


@pytest.fixture
def chip_run(tmp_path, mlp, mlp_network, digits, trace):
    """A run on Loihi and a microcontroller."""
    config = RunConfig(devices=["loihi", "nrf54l15"], period_s=0.5)
    folder = tmp_path / "chip"
    folder.mkdir()
    x, labels = digits.scaled("test")[:40], digits.y_test[:40]
    history = pd.DataFrame({"epoch": [1], "accuracy": [0.9]})
    prepared = steps.Prepared(digits, mlp, history, x, x, labels, 0.95)
    findings = steps.report(prepared, mlp_network, trace, steps.price(config, trace))
    write_folder(findings.without("prices"), folder)
    trace.save(folder / "spikes.trace")
    settings = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
    (folder / "config.yaml").write_text(f"{settings}# data: 0123abcd\n")
    (folder / "versions.json").write_text('{"python": "3"}')
    return folder


def test_a_chip_has_its_price_and_its_cores_and_nothing_to_turn(chip_run, opened):
    shown = opened(written(chip_run))
    totals = pd.read_csv(chip_run / "energy_totals.csv")
    found = prices_shown(shown.page)
    expected = {f"{row.device} {row.workload}": row for row in totals.itertuples()}
    assert "loihi snn" in found
    for side, numbers in found.items():
        for key, number in numbers.items():
            assert number == pytest.approx(getattr(expected[side], key), rel=NEARLY)

    shown.page.select_option("#first", label="loihi: snn")
    assert not shown.page.locator("#first-clock-knob").is_visible()
    assert shown.page.locator("#second-clock-knob").is_visible()
    cores = int(totals.set_index("device").loc["loihi", "cores"])
    assert f"{cores} cores on 1 chip" in shown.page.content()
    assert shown.said == []
