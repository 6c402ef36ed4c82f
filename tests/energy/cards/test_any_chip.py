"""A chip without a card: by its core and the figures of its data sheet, and a card of it."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml
from spikewatt.energy.cards.any_chip.figures import CORES, KEYS
from spikewatt.energy.cards.any_chip.new_card import write_new_card
from spikewatt.energy.cards.calibrate import calibrated_card
from spikewatt.energy.cards.card_file import FOLDER, save_card
from spikewatt.energy.cards.load import known_microcontrollers, load_card
from spikewatt.energy.kernels.measured import MEASURED
from spikewatt.energy.layer_tables.layer_table import LAYERS
from spikewatt.energy.pricing.price import price, price_layers
from spikewatt.errors import DoesNotFitError, SpikewattError

# Data sheets: DS10314 (STM32F411, 11.6 mA at 100 MHz from flash), and what people read on a Pico.
F411 = "cortex-m4:clock_mhz=100,ua_per_mhz=116,supply_v=3.3,flash_kib=512,ram_kib=128"
RP2040 = "cortex-m0+:clock_mhz=133,ua_per_mhz=160,supply_v=3.3,flash_kib=2048,ram_kib=264"
AMOUNTS = ["energy_j", "energy_low_j", "energy_high_j", "time_s"]


def totals(device, **settings):
    return price_layers(LAYERS, device, network="KWS", **settings).totals().iloc[0]


@pytest.mark.parametrize("device", [F411, RP2040])
def test_energy_is_current_times_supply_times_what_networks_draw_beyond(device):
    card = load_card(device)
    figures = dict(part.split("=") for part in device.partition(":")[2].split(","))
    per_cycle_j = float(figures["ua_per_mhz"]) * 1e-12 * 3.3
    assert card["energy_per_cycle_j"].value == pytest.approx(per_cycle_j)

    factor = card["active_power_factor"]
    assert factor.low < factor.value < factor.high
    found = totals(device)
    assert found["time_s"] == pytest.approx(found["cycles"] / card["clock_hz"].value)
    assert found["energy_j"] == pytest.approx(found["cycles"] * per_cycle_j * factor.value)
    assert found["energy_low_j"] < found["energy_j"] < found["energy_high_j"]
    assert card.limits["ram_bytes"] == float(figures["ram_kib"]) * 1024


@pytest.mark.parametrize("core", CORES)
def test_every_core_is_priced_by_its_clock_alone(core):
    card = load_card(f"{core}:clock_mhz=100")
    assert card.about["core"].lower() == core
    assert card.title.endswith("current not given")
    text = "\n".join(price_layers(LAYERS, card, network="KWS").assumptions)
    assert "current not given: energy per cycle is that of any chip, a wide range" in text
    assert "flash and RAM not given: the network is taken to fit" in text


def test_without_a_current_energy_is_that_of_any_chip_at_its_supply_and_regulator():
    def energy(rest: str):
        return load_card(f"cortex-m4:clock_mhz=120{rest}")["energy_per_cycle_j"]

    low, high = (energy(f",regulator=ldo,supply_v={volts}") for volts in (1.8, 3.6))
    assert high.value == pytest.approx(2 * low.value)
    assert high.low == pytest.approx(2 * low.low)
    assert high.high == pytest.approx(2 * low.high)
    behind = [energy(f",regulator=dcdc,supply_v={volts}") for volts in (1.8, 3.6)]
    assert behind[0] == behind[1] == low

    unsaid = energy(",supply_v=3.6")  # an LDO, or else a converter
    assert unsaid.value == high.value
    assert low.low < unsaid.low < high.low
    assert unsaid.high == pytest.approx(high.high)
    nothing = energy("")
    usual = energy(",supply_v=3.3")
    assert nothing.value == usual.value
    assert nothing.low < usual.low < usual.high < nothing.high


def test_most_chips_lie_in_the_range_of_any_chip():
    inside = []
    for card in known_microcontrollers():
        running = card["energy_per_cycle_j"].value * card["active_power_factor"].value
        volts = card["supply_voltage_v"].value
        text = f"cortex-m4:clock_mhz=100,regulator={card.about['regulator']},supply_v={volts:g}"
        of_any = load_card(text)["energy_per_cycle_j"]
        inside.append(of_any.low <= running <= of_any.high)
    assert 0.8 <= sum(inside) / len(inside) < 1


def test_a_current_makes_the_range_narrower():
    wide, narrow = (
        totals("cortex-m33:clock_mhz=100"),
        totals("cortex-m33:clock_mhz=100,ua_per_mhz=60"),
    )
    widths = [each["energy_high_j"] / each["energy_low_j"] for each in (wide, narrow)]
    assert widths[1] < widths[0]


def test_the_name_is_what_was_asked_for_and_spelling_is_free():
    assert load_card(F411).name == F411
    spaced = load_card("Cortex-M4: clock_mhz=100.0, regulator=dcdc, ua_per_mhz=50")
    assert spaced.name == "cortex-m4:clock_mhz=100,regulator=dcdc,ua_per_mhz=50"
    assert spaced.about["regulator"] == "dcdc"
    assert load_card(f"{F411},library=tvm").about["library"] == "tvm"
    assert load_card(F411, library="tvm").about["library"] == "tvm"


def test_it_is_run_otherwise_like_any_microcontroller():
    own, other = totals(F411), totals(F411, clock_hz=50e6, supply_v=1.8, library="tvm")
    card = load_card(F411, library="tvm")
    assert other["time_s"] == pytest.approx(other["cycles"] / 50e6)
    ratio = other["energy_j"] / other["cycles"] / (own["energy_j"] / own["cycles"])
    assert ratio == pytest.approx(1.8 / 3.3)
    assert card.about["library"] == "tvm"


def test_it_is_a_device_and_a_host_with_a_plus_in_its_name(trace):
    prices = price(trace, "odin_style", RP2040, period_s=1.0)
    assert [bill.device for bill in prices.bills] == [
        "odin_style",
        f"odin_style+{RP2040}",
        RP2040,
    ]
    hosted = price(trace, "odin_style", host=RP2040, clock_hz={RP2040: 64e6})
    beside = hosted.bills[1].host
    assert beside is not None
    assert beside.name == RP2040
    assert beside["clock_hz"].value == 64e6
    assert len(prices.battery_life()) == 4


def test_memory_that_is_given_is_a_limit():
    small = "cortex-m4:clock_mhz=100,flash_kib=64,ram_kib=8"
    match = (
        r"needs [\d,]+ of 65,536 flash_bytes, [\d,]+ too many and "
        r"needs [\d,]+ of 8,192 ram_bytes, [\d,]+ too many"
    )
    with pytest.raises(DoesNotFitError, match=match):
        totals(small)


REFUSED = {
    "cortex-m4": "must say its clock; got nothing; allowed: clock_mhz, and if known ua_per_mhz, .*"
    "; hint: cortex-m4:clock_mhz=168,ua_per_mhz=100,supply_v=3.3",
    "cortex-m4:ua_per_mhz=100": "must say its clock; got ua_per_mhz",
    "cortex-m4:clock_hz=1e8": f"unknown key; got 'clock_hz'; allowed: {', '.join(KEYS)}; hint: cor",
    "cortex-m4:clock_mhz=fast": "clock_mhz must be a number; got 'fast'; hint: cortex-m4:clock_mhz",
    "cortex-m4:clock_mhz=168e6": "clock_mhz must be plausible for a Cortex-M4; got 1.68e.08; "
    "allowed: 0.032768 to 600",
    "cortex-m0+:clock_mhz=nan": "clock_mhz must be a number; got .nan.",
    "cortex-m4:clock_mhz=100,supply_v=33": "supply_v must be plausible .*; got 33; allowed: 0.8 to",
    "cortex-m4:clock_mhz=100,clock_mhz=90": "names each figure once; got clock_mhz twice",
    "cortex-m4:clock_mhz=100,regulator=buck": "regulator must be .*; got 'buck'; allowed: ldo or",
    "cortex-m4:clock_mhz=100,library=abacus": "got 'abacus'",
    "cortex-a53:clock_mhz=1400": "must begin with a core; got 'cortex-a53'; allowed: cortex-m0.,",
    "stm32l4r5:clock_mhz=100": "only the parametric core and a chip by its core take values",
    "abacus": "must name a device card .*, or a chip by its core, such as cortex-m4:clock_mhz=168",
    "esp32": "must name a device card .*; hint: Xtensa, not a Cortex-M",
}


@pytest.mark.parametrize("text", REFUSED)
def test_texts_that_describe_no_chip(text):
    with pytest.raises(SpikewattError, match=REFUSED[text]) as found:
        load_card(text)
    assert "\n" not in str(found.value)


def test_sleep_and_waking_are_those_of_other_chips_unless_they_are_given(trace):
    given = load_card(f"{F411},sleep_ua=10,wake_us=20")
    assert given["sleep_power_w"].value == pytest.approx(33e-6)
    assert given["wake_time_s"].value == pytest.approx(20e-6)
    unknown = load_card(F411)
    assert unknown["sleep_power_w"].low < unknown["sleep_power_w"].high
    energies = [price(trace, card, period_s=10.0).totals().iloc[0] for card in (given, unknown)]
    widths = [row["energy_high_j"] / row["energy_low_j"] for row in energies]
    assert widths[0] < widths[1]


def test_it_is_calibrated_by_readings_of_ones_own(tmp_path):
    rows = pd.read_csv(MEASURED).query("board == 'NUCLEO_G0B1RE'")
    readings = pd.DataFrame(
        {"network": rows["benchmark"], "latency_ms": rows["latency_ms"], "energy_uj": None}
    )
    card, _ = calibrated_card(load_card("cortex-m0+:clock_mhz=64,ua_per_mhz=110"), readings)
    assert card.name == "cortex-m0plus_calibrated"
    save_card(card, tmp_path / "mine.yaml")
    assert load_card(tmp_path / "mine.yaml").values == card.values


# A card to begin with

FIGURES = {
    "clock_mhz": 100.0,
    "ua_per_mhz": 116.0,
    "supply_v": 3.3,
    "flash_kib": 512,
    "ram_kib": 128,
}


@pytest.mark.parametrize("left_out", [(), ("ua_per_mhz",), ("supply_v",), ("flash_kib", "ram_kib")])
def test_a_new_card_prices_as_the_text_with_the_same_figures(left_out, trace, tmp_path):
    figures = {key: value for key, value in FIGURES.items() if key not in left_out}
    path = tmp_path / "mine.yaml"
    write_new_card(path, "cortex-m4", figures, source="DS10314, Table 23")
    text = "cortex-m4:" + ",".join(f"{key}={value}" for key, value in figures.items())
    by_card, by_text = (
        price(trace, device, period_s=1.0).totals()[AMOUNTS] for device in (str(path), text)
    )
    assert by_card.to_numpy().ravel() == pytest.approx(by_text.to_numpy().ravel(), rel=1e-6)
    said = path.read_text()
    assert ("assumed: not given" in said) or "regulator" in figures
    assert said.count("status: assumed") == 2 + len(set(left_out) & {"supply_v"}) + 2 * (
        "ua_per_mhz" in left_out
    )
    assert "DS10314, Table 23" in said


def test_a_new_card_explains_every_key_and_is_not_written_over(tmp_path):
    path = tmp_path / "board.yaml"
    card = write_new_card(path, "Cortex-M33", FIGURES | {"regulator": "dcdc"}, "nrf9160")
    assert (card.name, load_card(path).name) == ("nrf9160", "nrf9160")
    lines = path.read_text().splitlines()
    content = yaml.safe_load(path.read_text())
    for key in (*content, *content["values"], *content["limits"]):
        if key not in ("kind", "values", "limits"):
            (place,) = (i for i, line in enumerate(lines) if line.strip().startswith(f"{key}:"))
            assert lines[place - 1].strip().startswith("# "), key

    with pytest.raises(SpikewattError, match=r"board.yaml: an existing file is not written over"):
        write_new_card(path, "cortex-m33", FIGURES)
    assert path.read_text().splitlines() == lines


@pytest.mark.parametrize(
    ("core", "figures", "name", "match"),
    [
        ("cortex-m3", FIGURES, None, "devices new --core: must be a core; got 'cortex-m3'"),
        ("cortex-m4", {}, None, "devices new: must say its clock; got nothing"),
        ("cortex-m4", {"clock_mhz": 1e8}, None, "clock_mhz must be plausible"),
        ("cortex-m4", {}, None, "; hint: --clock-mhz 100 --ua-per-mhz 116 --supply-v 3.3"),
        ("cortex-m4", FIGURES | {"library": "abacus"}, None, "library: .*got 'abacus'"),
        ("cortex-m4", FIGURES, "my board", "devices new --name: a name has letters"),
    ],
)
def test_cards_that_cannot_be_written(core, figures, name, match, tmp_path):
    with pytest.raises(SpikewattError, match=match):
        write_new_card(tmp_path / "mine.yaml", core, figures, name)
    assert not any(tmp_path.iterdir())
    with pytest.raises(SpikewattError, match="a card is a .yaml file; got mine.txt"):
        write_new_card(tmp_path / "mine.txt", "cortex-m4", FIGURES)


# A copied card


def copied(tmp_path, text: str, *changes: tuple[str, str]):
    """The card of a chip that somebody copied, under another name or with other values."""
    content = (FOLDER / f"{text}.yaml").read_text()
    for before, after in changes:
        assert before in content
        content = content.replace(before, after)
    path = tmp_path / "copy.yaml"
    path.write_text(content)
    return path


RENAMED = ("name: stm32l4r5", "name: my_board")
FOREIGN = {
    "another chip": (
        [RENAMED],
        r"copy.yaml:7: power_fit: names rows of the card's own chip; got rows of stm32l4r5 in the "
        r"card of my_board; hint: remove power_fit and give energy_per_cycle_j: .*; or say "
        "chip: stm32l4r5, if that is the chip",
    ),
    "core": (
        [("core: Cortex-M4", "core: Cortex-M33")],
        "names rows at the card's own core; got rows at Cortex-M4 in a card of Cortex-M33",
    ),
    "clock": (
        [("value: 120, low: 120, high: 120", "value: 80, low: 80, high: 80")],
        "card's own clock; got rows at 120 MHz in a card of 80 MHz; hint: keep clock_hz at 120 MHz "
        r"and price with clock_hz \(--clock-hz\); or remove power_fit",
    ),
    "supply": (
        [("value: 1.8, low: 1.8, high: 1.8", "value: 3.3, low: 3.3, high: 3.3")],
        r"card's own supply; got rows at 1.8 V in a card of 3.3 V; hint: keep supply_voltage_v",
    ),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_copied_card_does_not_take_the_energy_of_another_chip(case, tmp_path):
    changes, match = FOREIGN[case]
    with pytest.raises(SpikewattError, match=match):
        load_card(copied(tmp_path, "stm32l4r5", *changes))


def test_a_copied_card_that_names_its_chip_is_that_chip(tmp_path):
    chip = ("kind: microcontroller", "kind: microcontroller\nchip: stm32l4r5")
    card, own = load_card(copied(tmp_path, "stm32l4r5", RENAMED, chip)), load_card("stm32l4r5")
    assert card.chip == own.chip == "stm32l4r5"
    assert card["energy_per_cycle_j"].value == own["energy_per_cycle_j"].value
    assert card["cycles_per_mac_conv"].high == own["cycles_per_mac_conv"].high
    assert totals(card)["energy_high_j"] == pytest.approx(totals(own)["energy_high_j"])


def test_a_new_card_is_not_called_as_one_that_is_here(tmp_path):
    figures = {"clock_mhz": 100.0}
    law = "must be another name than that of a chip or card that is known here; got 'stm32l4r5'"
    for path, name in ((tmp_path / "stm32l4r5.yaml", None), (tmp_path / "a.yaml", "stm32l4r5")):
        with pytest.raises(SpikewattError, match=law):
            write_new_card(path, "cortex-m4", figures, name)
    assert not list(tmp_path.iterdir())


def test_a_card_whose_clock_is_a_slip_of_units(tmp_path):
    path = tmp_path / "mine.yaml"
    write_new_card(path, "cortex-m4", {"clock_mhz": 100.0, "ua_per_mhz": 100.0})
    path.write_text(path.read_text().replace('unit: "MHz"', 'unit: "GHz"'))
    with pytest.raises(SpikewattError, match=r"clock_hz: must be plausible for a Cortex-M4"):
        load_card(str(path))
