"""Values that cannot be meant are refused: units, nodes, keys given twice, contradicting rows."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pytest
import yaml
from spikewatt.energy.cards.calibrate import calibrate
from spikewatt.energy.cards.card_file import card_of, read_card_file
from spikewatt.energy.cards.kinds import CARD_KINDS, plausible
from spikewatt.energy.cards.load import FOLDER, card_names, load_card
from spikewatt.energy.kernels.measured import MEASURED
from spikewatt.energy.layer_tables.layer_table import LAYERS, read_networks
from spikewatt.errors import SpikewattError, SpikewattWarning

FIVE_THOUSAND_DIGITS = "9" * 5000


def changed(tmp_path: Path, name: str, change) -> Path:
    """The card `name` after `change` of its content."""
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    change(content)
    path = tmp_path / "card.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


# ------------------------------------------------------------------ units


def test_every_value_of_every_kind_has_bounds():
    keys = {key for kind in CARD_KINDS.values() for key in kind.units}
    assert len(keys) > 30
    for key in keys:
        least, most = plausible(key)
        assert 0 < least < most


@pytest.mark.parametrize("name", card_names())
def test_what_is_published_is_plausible(name):
    path = FOLDER / f"{name}.yaml"
    assert card_of(path, read_card_file(path)).name == name


@pytest.mark.parametrize("unit", ["PJ", "MJ", "kJ", "J"])
def test_a_wrong_prefix_is_refused(unit, tmp_path):
    def wrong(card):
        card["values"]["energy_per_sop_j"]["unit"] = unit

    law = r"yaml:\d+: energy_per_sop_j: must be plausible .* got 7.6 \S*J; .* hint: check the pref"
    with pytest.raises(SpikewattError, match=law):
        load_card(changed(tmp_path, "odin_style", wrong))


def test_zero_is_plausible_where_it_is_allowed(tmp_path):
    def free(card):
        card["values"]["energy_per_sop_j"] |= {"value": 0, "low": 0, "high": 0}

    assert load_card(changed(tmp_path, "odin_style", free))["energy_per_sop_j"].high == 0


def test_an_empty_card_names_its_file(tmp_path):
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(SpikewattError, match=r"empty.yaml: must be a card: .* got an empty file"):
        load_card(tmp_path / "empty.yaml")
    (tmp_path / "empty.yaml").write_text("- 1\n")
    with pytest.raises(SpikewattError, match=r"empty.yaml: must be a card: .* got list"):
        load_card(tmp_path / "empty.yaml")


def test_a_microcontroller_has_a_core(tmp_path):
    path = changed(tmp_path, "stm32l4r5", lambda card: card.pop("core"))
    with pytest.raises(SpikewattError, match="card.yaml:1: core: must be given"):
        load_card(path)


def test_a_limit_of_five_thousand_digits_is_refused(tmp_path):
    text = (FOLDER / "odin_style.yaml").read_text()
    text = text.replace("neurons_per_core: 256", f"neurons_per_core: {FIVE_THOUSAND_DIGITS}")
    (tmp_path / "card.yaml").write_text(text)
    with pytest.raises(SpikewattError, match="must be YAML") as refused:
        load_card(tmp_path / "card.yaml")
    assert len(str(refused.value)) < 600


# ------------------------------------------------------------------ the parametric core


@pytest.mark.parametrize("node", ["28.9", "nan", "inf", "-28", "1e400"])
def test_a_node_is_one_of_the_table(node):
    with pytest.raises(SpikewattError, match="node_nm: must be a planar node"):
        load_card(f"odin_style:node_nm={node}")


def test_a_value_of_the_core_is_given_once():
    law = "names each value once; got voltage_v twice"
    with pytest.raises(SpikewattError, match=law):
        load_card("odin_style:voltage_v=0.8,voltage_v=0.9")


@pytest.mark.parametrize("name", ["neurons_per_core", "clock_hz", "voltage_v", "cycles_per_sop"])
@pytest.mark.parametrize("value", ["nan", "inf", FIVE_THOUSAND_DIGITS])
def test_no_value_of_the_core_is_infinite(name, value):
    with pytest.raises(SpikewattError) as refused:
        load_card(f"odin_style:{name}={value}")
    assert len(str(refused.value)) < 1000


# ------------------------------------------------------------------ tables


def layers_with(column: str, value: str) -> pd.DataFrame:
    frame = pd.read_csv(LAYERS, dtype=str, keep_default_na=False)
    frame.loc[0, column] = value
    return frame


@pytest.mark.parametrize("column", ["macs", "weights", "idx"])
@pytest.mark.parametrize("value", [FIVE_THOUSAND_DIGITS, "²", "٣"])
def test_a_count_is_digits_and_not_thousands_of_them(column, value):
    with pytest.raises(SpikewattError, match=f"row 1: {column}: must be a whole number") as refused:
        read_networks(layers_with(column, value))
    assert len(str(refused.value)) < 600


def test_a_shape_of_thousands_of_digits_is_refused():
    with pytest.raises(SpikewattError, match="row 1: in_shape: must be a shape"):
        read_networks(layers_with("in_shape", f"1x{FIVE_THOUSAND_DIGITS}"))


def readings(network: str, factor: float) -> pd.DataFrame:
    """Published latencies, those of one network times a factor."""
    rows = pd.read_csv(MEASURED)
    own = rows[
        (rows["software"] == "X-CUBE-AI v7.3.0")
        & (rows["board"] == "NUCLEO-U575ZI-Q")
        & rows["benchmark"].isin(["AD", "IC", "KWS", "VWW"])
    ]
    frame = own[["benchmark", "latency_ms"]].set_axis(["network", "latency_ms"], axis=1)
    others = frame["network"] != network
    scaled = frame["latency_ms"].where(others, frame["latency_ms"] * factor)
    return frame.assign(latency_ms=scaled, energy_uj="")


CLOCK = {"clock_hz": 160e6}


@pytest.mark.parametrize(
    ("network", "factor", "allow_prior"), [("KWS", 0.1, False), ("IC", 1e-3, True)]
)
def test_rows_that_contradict_each_other_are_refused(network, factor, allow_prior):
    """A latency in seconds among those in milliseconds left residuals of +1,383 %."""
    law = r"the fit predicts each row within a factor of 2; got \+[\d,]+%; hint: check the units"
    with pytest.raises(SpikewattError, match=law):
        calibrate(CLOCK, readings(network, factor), allow_prior=allow_prior)


def test_rows_that_fit_badly_are_calibrated_with_a_warning():
    with pytest.warns(SpikewattWarning, match="KWS, row 3: the fit is off by -47%"):
        calibrate(CLOCK, readings("KWS", 3))


def test_a_coefficient_far_from_every_published_one_is_a_warning():
    """Nothing else holds the dense coefficient: its row fits, however wrong it is."""
    with pytest.warns(SpikewattWarning, match=r"cycles_per_mac_dense: .* published: "):
        calibrate(CLOCK, readings("AD", 1000))


def test_good_rows_are_calibrated_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        calibrate(CLOCK, readings("AD", 1))
