"""What people write about a chip: slips are refused or told, and one thing said twice is equal."""

from __future__ import annotations

import pytest
import yaml
from spikewatt.energy.cards.any_chip.figures import NUMBERS, parse
from spikewatt.energy.cards.any_chip.new_card import write_new_card
from spikewatt.energy.cards.card_file import FOLDER
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.order import ordered
from spikewatt.errors import SpikewattError

M4 = "cortex-m4:clock_mhz=168"
WITH_CURRENT = f"{M4},ua_per_mhz=100"
MEASURED = "stm32l4r5"


@pytest.mark.parametrize("name", [MEASURED, "STM32L4R5", "odin_style"])
def test_a_new_card_does_not_take_the_name_of_a_known_chip(tmp_path, name):
    for file, given in ((f"{name}.yaml", None), ("mine.yaml", name)):
        with pytest.raises(SpikewattError, match="another name than that of a chip or card"):
            write_new_card(tmp_path / file, "cortex-m4", {"clock_mhz": 100.0}, given)
        assert not (tmp_path / file).exists()


@pytest.mark.parametrize("unit", ["GHz", "kHz", "Hz"])
def test_a_clock_in_a_file_is_one_that_its_core_can_have(tmp_path, unit):
    content = yaml.safe_load((FOLDER / f"{MEASURED}.yaml").read_text("utf-8"))
    clock = content["values"]["clock_hz"] | {"value": 10.0, "low": 10.0, "high": 10.0}
    content["values"]["clock_hz"] = clock | {"unit": unit}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(SpikewattError, match="clock_hz: must be"):
        load_card(tmp_path / "mine.yaml")


@pytest.mark.parametrize("text", [WITH_CURRENT, M4, f"{WITH_CURRENT},sleep_ua=2"])
@pytest.mark.parametrize("setting", [{"supply_v": 1.8}, {"regulator": "dcdc"}, {"supply_v": 3.3}])
@pytest.mark.parametrize("library", [None, "tflm"])
def test_a_setting_and_the_same_words_in_the_text_are_one_card(text, setting, library):
    (key, said) = next(iter(setting.items()))
    (by_setting,) = ordered([text], library=library, **setting).devices.values()
    in_text = load_card(f"{text},{key}={said}", library)
    assert {k: (q.value, q.low, q.high) for k, q in by_setting.values.items()} == {
        k: (q.value, q.low, q.high) for k, q in in_text.values.items()
    }
    assert by_setting.title == in_text.title
    assert by_setting.name == load_card(text).name


def test_a_supply_that_the_text_says_still_follows_the_law():
    (card,) = ordered([f"{WITH_CURRENT},supply_v=3.3"], supply_v=1.8).devices.values()
    assert "here at 1.8 V" in card.title


def test_a_device_has_one_value_of_a_setting():
    for setting in ({MEASURED: 80e6, MEASURED.upper(): 60e6}, {MEASURED: 80e6, " a": 1.0}):
        with pytest.raises(SpikewattError, match="price.clock_hz: (names each|must name)"):
            ordered([MEASURED], clock_hz=setting)


@pytest.mark.parametrize(
    "name", ["m4", "M4", "arm-cortex-m4", "cortexm4", "cortex_m4", "ARM Cortex M4", "Cortex-M4"]
)
def test_a_core_is_known_however_it_is_written(name):
    assert parse(f"{name}:clock_mhz=168")[0].name == "Cortex-M4"
    assert load_card(f"{name}:clock_mhz=168").name == load_card(M4).name


def test_keys_and_regulators_may_be_capitals():
    text = "cortex-m4:Clock_MHz=168,REGULATOR=LDO"
    assert load_card(text).name == f"{M4},regulator=ldo"
    (card,) = ordered([M4], regulator="DCDC").devices.values()
    assert card.about["regulator"] == "dcdc"


@pytest.mark.parametrize(
    ("core", "near"),
    [("m0", "cortex-m0+"), ("m3", "cortex-m4"), ("m23", "cortex-m0+"), ("m55", "cortex-m85")],
)
def test_a_core_without_a_card_is_told_the_nearest(core, near):
    with pytest.raises(SpikewattError) as refused:
        load_card(f"cortex-{core}:clock_mhz=48")
    assert str(refused.value).endswith(f"nearest: {near}")


@pytest.mark.parametrize("number", ["1_68", "١٦٨", "nan", "inf", "0x10", "168MHz", ""])
@pytest.mark.parametrize("key", NUMBERS)
def test_a_figure_is_written_in_plain_digits(key, number):
    with pytest.raises(SpikewattError, match=f"{key} must be a number"):
        parse(f"cortex-m4:{key}={number}")


@pytest.mark.parametrize(
    ("figures", "keys"),
    [
        ("clock_mhz=100,ua_per_mhz=11.6,supply_v=3.3", ["ua_per_mhz"]),
        ("clock_mhz=3.3,ua_per_mhz=168,supply_v=1", ["clock_mhz", "supply_v"]),
        ("clock_mhz=100,ua_per_mhz=116,supply_v=3.3", []),
    ],
)
def test_what_is_rare_is_told(figures, keys):
    caution = load_card(f"cortex-m4:{figures}").about["caution"]
    assert caution.count("is less than most") == len(keys)
    assert all(f"{key}=" in caution for key in keys)
