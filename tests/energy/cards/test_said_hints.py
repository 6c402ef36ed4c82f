"""Hints of refused cards and names: what was probably meant."""

from __future__ import annotations

import pytest
from spikewatt.energy.cards.files.template import write_template
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.price import price
from spikewatt.errors import SpikewattError
from spikewatt.sim.counts.counts import Counts


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "mine.yaml"
    write_template(path, "neuromorphic_core", timing="tick")
    return path


def test_texts_of_a_template_stand_in_quotes_and_an_unquoted_comma_has_a_hint(template):
    text = template.read_text()
    assert 'conditions: "FILL_IN"' in text
    assert 'source: "FILL_IN"' in text
    template.write_text(text.replace('"FILL_IN"', "25 C, at 1.8 V", 1))
    with pytest.raises(SpikewattError, match="at 1.8 V: unknown key.*comma stands in quotes"):
        load_card(template)


@pytest.mark.parametrize(
    ("unfilled", "filled"),
    [
        ("leakage_power_w", "chip_static_power_w"),
        ("chip_static_power_w", "leakage_power_w"),
    ],
)
def test_a_hole_whose_place_another_value_takes_may_be_removed(template, unfilled, filled):
    hole = f"\n  {unfilled}:\n    {{value: FILL_IN}}"
    entry = '{value: 1, low: 1, high: 1, unit: mW, status: assumed, conditions: "", source: x}'
    head = "name: mine\nkind: neuromorphic_core\ntiming: tick\ntitle: x\nincludes: x\nexcludes: x"
    limits = "\nlimits:\n  neurons_per_core: 8\n"
    template.write_text(f"{head}\nvalues:{hole}\n  {filled}:\n    {entry}{limits}")
    said = f"{unfilled}: must be filled in;.* hint: fill it in, or remove it: {filled} is there"
    with pytest.raises(SpikewattError, match=said):
        load_card(template)
    template.write_text(f"{head}\nvalues:{hole}{limits}")
    with pytest.raises(SpikewattError) as alone:
        load_card(template)
    assert "remove it" not in str(alone.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("lohi", "loihi"), ("Spinaker1", "spinnaker1"), ("odin_stile", "odin_style")],
)
def test_a_name_that_is_nearly_one_says_which(name, meant):
    with pytest.raises(SpikewattError, match=f"hint: did you mean {meant}?"):
        load_card(name)


def test_a_limit_of_axons_may_be_left_out_where_tools_split_inputs():
    layers = [
        {"name": "in", "neurons": 600, "fan_out": 2, "spikes": 9, "synaptic_operations": 18,
         "is_input": True},
        {"name": "out", "neurons": 2, "fan_out": 0, "spikes": 0, "synaptic_operations": 0},
    ]  # fmt: skip
    counts = Counts(layers, steps=4)
    card = load_card("loihi")
    narrow = card.__class__(**{**vars(card), "limits": {**card.limits, "axons_per_core": 512}})
    with pytest.raises(SpikewattError, match="without this limit, if its tool chain splits inputs"):
        price(counts, narrow)
