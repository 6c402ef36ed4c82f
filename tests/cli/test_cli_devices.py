"""Chips without a card on the command line: described by their core, or by a card that is made."""

from __future__ import annotations

import pytest
from spikewatt.energy.layer_tables.layer_table import LAYERS
from typer.testing import CliRunner

from ..helpers.filled import fill
from ..helpers.said import data_of

M4 = "cortex-m4:clock_mhz=100,ua_per_mhz=116,supply_v=3.3,flash_kib=512,ram_kib=128"
M0 = "cortex-m0+:clock_mhz=133,ua_per_mhz=160,supply_v=3.3,flash_kib=2048,ram_kib=264"
FIGURES = (
    *("--core", "cortex-m4", "--clock-mhz", "100", "--ua-per-mhz", "116", "--supply-v", "3.3"),
    *("--flash-kib", "512", "--ram-kib", "128"),
)


def spikewatt(*arguments: str):
    """Run a verb in this process, as into a pipe: side by side, tests have a width of their own."""
    from spikewatt.cli.main import app

    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": None})


def kws(*words: str) -> list[dict]:
    """Rows of a price of the keyword spotter."""
    result = spikewatt("price", "--layers", str(LAYERS), "--benchmark", "KWS", *words, "--json")
    assert result.exit_code == 0, result.output
    return data_of(result.stdout)["rows"]


def test_two_chips_by_their_core_in_one_line():
    rows = kws("--device", M4, "--device", M0)
    assert [row["device"] for row in rows] == [M4, M0]
    assert 0 < rows[0]["energy_low_j"] < rows[0]["energy_j"] < rows[0]["energy_high_j"]
    shown = spikewatt("price", "--layers", str(LAYERS), "--benchmark", "KWS", "--device", M0)
    assert "cortex-m0+[1]" in shown.stdout
    assert f"[1] {M0}" in shown.stdout


def test_settings_of_a_chip_by_its_core_and_of_others():
    own, other = (
        kws("--device", M4, "--device", "nrf52840"),
        kws(
            "--device",
            M4,
            "--device",
            "nrf52840",
            "--clock-hz",
            f"{M4}=50e6",
            "--supply-v",
            f"{M4}=1.8",
            "--regulator",
            "nrf52840=ldo",
            "--library",
            f"{M4}=tflm",
        ),
    )
    assert other[0]["time_s"] > 2 * own[0]["time_s"]
    assert other[1]["energy_j"] == pytest.approx(own[1]["energy_j"] * 3.0 / 1.57)
    assert other[1]["time_s"] == own[1]["time_s"]


def test_a_card_is_made_priced_and_not_written_over(tmp_path):
    path = tmp_path / "mine.yaml"
    made = spikewatt("devices", "new", str(path), *FIGURES, "--source", "DS10314, Table 23")
    assert made.exit_code == 0, made.output
    assert f"price with `--device {path}`" in made.stdout
    (by_card,), (by_text,) = kws("--device", str(path)), kws("--device", M4)
    for key in ("energy_j", "energy_low_j", "energy_high_j", "time_s"):
        assert by_card[key] == pytest.approx(by_text[key], rel=1e-6)

    again = spikewatt("devices", "new", str(path), *FIGURES)
    assert again.exit_code == 2
    assert "an existing file is not written over" in again.output
    shown = data_of(spikewatt("devices", str(path), "--json").stdout)["rows"]
    assert {"DS10314, Table 23"} <= {row["source"] for row in shown}


REFUSED = {
    "new": "devices new: must name the file to write; got none; hint: spikewatt devices new mine",
    "new x.yaml": "devices new --core: must be given; got none; allowed: cortex-m0+, cortex-m4,",
    "new x.yaml --core cortex-m4": "devices new: must say its clock; got nothing",
    "new x.yaml --kind abacus": "devices new --kind: must be a kind of card; got 'abacus'; allowed",
    "new x.yaml --kind rule --timing tick": "goes with a kind that has one; got tick of a rule",
    "new x.yaml --kind battery --core m4": "--core: goes with --kind microcontroller; got m4",
    "new x.yaml --timing tick": "--timing: goes with --kind neuromorphic_core; got tick",
    "new x.txt --kind battery": "x.txt: a card is a .yaml file; got x.txt",
    "stm32l4r5 --kind rule": "devices --kind: goes with new; got rule",
    "stm32l4r5 --clock-mhz 3": "devices --clock-mhz: goes with new; got 3.0",
    "stm32l4r5 x.yaml": "devices FILE: goes with new; got x.yaml",
    "cortex-m4:clock_mhz=3,fast=1": "unknown key; got 'fast'; allowed: clock_mhz, ua_per_mhz,",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_makes_no_card_is_one_line(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = spikewatt("devices", *words.split())
    assert result.exit_code == 2
    assert REFUSED[words] in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not any(tmp_path.iterdir())


def test_a_template_is_written_and_what_is_left_of_it_is_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("new", "mine.yaml", "--kind", "neuromorphic_core", "--timing", "tick")
    made = spikewatt("devices", *words, "--source", "a paper")
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("mine.yaml: 9 places to fill in, each says FILL_IN.")

    for more in ((), ("--json",)):
        left = spikewatt("devices", "mine.yaml", *more)
        assert left.exit_code == 2
        assert left.stdout == ""
        lines = left.stderr.splitlines()
        assert len(lines) == 9
        assert all(line.startswith("spikewatt: mine.yaml:") for line in lines)
        assert all("must be filled in; got FILL_IN" in line for line in lines)


def test_a_core_says_what_its_words_mean(tmp_path):
    card = tmp_path / "mine.yaml"
    spikewatt("devices", "new", str(card), "--kind", "neuromorphic_core", "--timing", "barrier")
    values = {
        key: (1, 1, 1, unit)
        for key, unit in {
            "energy_per_sop_j": "pJ",
            "energy_per_neuron_update_j": "pJ",
            "leakage_power_w": "uW",
            "barrier_time_s": "us",
        }.items()
    }
    words = dict.fromkeys(("title", "includes", "excludes"), "mine") | {"updates": "touched"}
    fill(card, words, values, {"neurons_per_core": 8})
    shown = " ".join(spikewatt("devices", str(card)).stdout.split())
    assert "timing barrier: a step takes the work of its busiest core, and then the" in shown
    assert "updates touched: those that an operation reached" in shown


def test_the_list_says_what_to_do_about_a_chip_that_is_not_there():
    shown = " ".join(spikewatt("devices").stdout.split())
    assert "A chip that is not here: by its core, --device cortex-m4:" in shown
    assert "spikewatt devices new mine.yaml --kind neuromorphic_core" in shown


def test_a_run_is_configured_with_them():
    from spikewatt.analysis.job.config import make_config
    from spikewatt.errors import SpikewattError

    config = make_config({"devices": ["odin_style", M0], "host": M4, "regulator": "ldo"}, "config")
    assert config.as_run["host"] == M4
    with pytest.raises(
        SpikewattError, match="regulator: must be one that the chip has; got 'dcdc'"
    ):
        make_config({"devices": [f"{M0},regulator=ldo"], "regulator": "dcdc"}, "config")
    with pytest.raises(SpikewattError, match="regulator: must name devices that are priced"):
        make_config({"devices": [M0], "regulator": {"abacus": "ldo"}}, "config")


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (
            ("--clock-mhz", "120e6"),
            "price --clock-mhz: must be a clock in megahertz; got 120e6; allowed: <= 100,000; "
            "hint: --clock-hz 120e6",
        ),
        (("--clock-mhz", "700"), "got 700000000.0 (700 MHz)"),
        (("--clock-hz", "120MHz"), "must be a number without a unit, or DEVICE=NUMBER; got 120MHz"),
        (("--clock-hz", "1_68"), "must be a number without a unit, or DEVICE=NUMBER; got 1_68"),
        (("--supply-v", "١"), "must be a number without a unit"),
    ],
)
def test_a_clock_or_supply_that_is_none_is_told_as_it_was_typed(option, told):
    words = ("price", "--layers", str(LAYERS), "--benchmark", "KWS", "--device", "stm32l4r5")
    result = spikewatt(*words, *option)
    assert result.exit_code == 2
    assert told in result.stderr


def test_names_may_have_gaps_and_capitals():
    (plain,) = kws("--device", "nrf52840", "--regulator", "ldo")
    words = ("--device", "nrf52840", "--regulator", "LDO", "--library", "CmsisNN")
    result = spikewatt("price", "--layers", str(LAYERS), "--benchmark", "KWS ", *words, "--json")
    assert data_of(result.stdout)["rows"][0]["energy_j"] == plain["energy_j"]


def test_the_help_of_price_lists_all_that_works():
    shown = spikewatt("price", "--help").stdout
    assert {"--clock-mhz", "--clock-hz", "--network", "--benchmark"} <= set(shown.split())
