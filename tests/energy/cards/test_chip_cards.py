"""Cards of neuromorphic chips: words, the keys that each timing needs, and what they are worth."""

from pathlib import Path

import pytest
import yaml
from spikewatt.energy.cards.card import Card
from spikewatt.energy.cards.card_file import FOLDER, save_card
from spikewatt.energy.cards.kinds import CARD_KINDS, plausible
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.energy.cards.neuromorphic.keys import CLOCKED_UNITS, LIMITS, NEW_UNITS
from spikewatt.energy.cards.neuromorphic.timing import TIMINGS, timing_in
from spikewatt.energy.cards.neuromorphic.updates import UPDATES, updates_in
from spikewatt.errors import SpikewattError

ROOT = Path(__file__).parents[3]
KIND = CARD_KINDS["neuromorphic_core"]
UNITS = {"J": "pJ", "W": "mW", "s": "us", "m**2": "um**2"}
EARLIER = ("odin", "odin_style", "reference_core", "tinyodin")


def content(timing="barrier", values=(), limits=None, **words):
    """A file with these values, each of them 1 in a unit that is plausible."""
    entries = {}
    for key in values:
        unit = UNITS.get(KIND.unit(key), KIND.unit(key))
        size = 1e5 if key == "area_besides_synapses_m2" else 0.5
        entries[key] = {
            "value": size, "low": size / 2, "high": 2 * size, "unit": unit,
            "status": "assumed", "conditions": "", "source": "a test",
        }  # fmt: skip
    return {
        "name": "mine",
        "kind": "neuromorphic_core",
        "title": "Mine",
        "includes": "",
        "excludes": "",
        "timing": timing,
        **words,
        "values": entries,
        "limits": {"neurons_per_core": 128} if limits is None else limits,
    }


NEEDED = {
    "tick": ("energy_per_sop_j", "energy_per_neuron_update_j", "step_time_s", "leakage_power_w"),
    "barrier": (
        "energy_per_sop_j",
        "energy_per_neuron_update_j",
        "barrier_time_s",
        "chip_static_power_w",
    ),
}


def read(tmp_path, given) -> Card:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(given), "utf-8")
    return load_card(str(path))


def test_every_new_value_has_bounds():
    for key in NEW_UNITS:
        least, most = plausible(key)
        assert 0 < least < most


@pytest.mark.parametrize("timing", NEEDED)
def test_the_least_that_a_card_without_a_clock_says(tmp_path, timing):
    card = read(tmp_path, content(timing, NEEDED[timing]))
    assert timing_in(card.about) == timing
    assert updates_in(card.about) == "slots"
    assert set(card.values) == set(NEEDED[timing])
    assert card.limits["zero_skipping"] == 1
    assert card.limit("chips_per_board") == 1
    assert card.limit("cores_per_chip") is None


@pytest.mark.parametrize(
    ("timing", "key"), [(timing, key) for timing, keys in NEEDED.items() for key in keys[:3]]
)
def test_what_a_timing_needs_is_asked_for(tmp_path, timing, key):
    values = [other for other in NEEDED[timing] if other != key]
    with pytest.raises(SpikewattError, match=f"missing key {key}"):
        read(tmp_path, content(timing, values))


@pytest.mark.parametrize("timing", NEEDED)
def test_something_leaks(tmp_path, timing):
    law = "must have one of these; got none; allowed: leakage_power_w or chip_static_power_w"
    with pytest.raises(SpikewattError, match=law):
        read(tmp_path, content(timing, NEEDED[timing][:3]))


@pytest.mark.parametrize(
    ("timing", "key"),
    [("tick", "barrier_time_s"), ("barrier", "step_time_s"), ("tick", "cycles_per_step")],
)
def test_what_a_timing_has_no_use_for_is_refused(tmp_path, timing, key):
    with pytest.raises(SpikewattError, match=f"unknown key {key}"):
        read(tmp_path, content(timing, (*NEEDED[timing], key)))


def test_a_clock_has_no_use_for_a_barrier(tmp_path):
    given = yaml.safe_load((FOLDER / "odin_style.yaml").read_text("utf-8"))
    given["values"]["barrier_time_s"] = {**given["values"]["leakage_power_w"], "unit": "us"}
    with pytest.raises(SpikewattError, match="unknown key barrier_time_s"):
        read(tmp_path, given)


@pytest.mark.parametrize(("word", "named"), [("timing", "asynchronous"), ("updates", "some")])
def test_a_word_is_one_of_those_that_there_are(tmp_path, word, named):
    given = content("tick", NEEDED["tick"])
    given[word] = named
    with pytest.raises(SpikewattError, match=f"{word}: .*{named}"):
        read(tmp_path, given)


def test_only_cores_have_a_timing(tmp_path):
    given = yaml.safe_load((FOLDER / "cr2032.yaml").read_text("utf-8"))
    with pytest.raises(SpikewattError, match="timing: must not be given for a battery; got tick"):
        read(tmp_path, {**given, "timing": "tick"})


def test_a_limit_is_within_its_bounds(tmp_path):
    limits = {"neurons_per_core": 128, "layers_share_cores": 2}
    with pytest.raises(SpikewattError, match="layers_share_cores: must be 0 or 1; got 2"):
        read(tmp_path, content("tick", NEEDED["tick"], limits))


def test_a_card_says_how_large_a_core_is(tmp_path):
    with pytest.raises(SpikewattError, match="missing key neurons_per_core"):
        read(tmp_path, content("tick", NEEDED["tick"], {}))


def test_a_limit_that_nobody_says_is_an_error(tmp_path):
    card = read(tmp_path, content("tick", NEEDED["tick"]))
    with pytest.raises(SpikewattError, match="must say the limit 'weight_bits'"):
        card.limit("weight_bits")


@pytest.mark.parametrize("timing", NEEDED)
def test_a_card_with_everything_is_read_back_as_it_was(tmp_path, timing):
    layout = KIND.layout({"timing": timing})
    limits = dict.fromkeys(LIMITS, 1)
    given = content(timing, layout.values | layout.more_values, limits, updates="used")
    card = read(tmp_path, given)
    save_card(card, tmp_path / "again.yaml")
    assert load_card(str(tmp_path / "again.yaml")) == card
    assert set(card.values) > set(NEEDED[timing])
    assert updates_in(card.about) == "used"


@pytest.mark.parametrize("name", EARLIER)
def test_earlier_cards_say_nothing_new(name):
    card = load_card(name)
    assert timing_in(card.about) == "clocked"
    assert updates_in(card.about) == "slots"
    assert set(card.values) == set(CLOCKED_UNITS)
    assert not {"timing", "updates"} & set(card.about)


def test_every_value_is_one_that_a_card_of_some_timing_can_have():
    """None is left out by all of them, and none is taken by all without a meaning."""
    layouts = [KIND.layout({"timing": timing}) for timing in TIMINGS]
    taken = frozenset().union(*(one.values | one.more_values for one in layouts))
    assert taken == set(KIND.units) | set(KIND.optional)


def test_every_card_of_a_core_is_read():
    cores = [card for card in map(load_card, card_names()) if card.kind == "neuromorphic_core"]
    assert len(cores) >= len(EARLIER)
    for card in cores:
        assert timing_in(card.about) in TIMINGS.values()
        assert updates_in(card.about) in UPDATES.values()


def test_the_table_of_the_documentation_has_every_key():
    """`docs/reference/card_keys.md`: values by their names, or with those of their kind."""
    text = (ROOT / "docs" / "reference" / "card_keys.md").read_text("utf-8")
    for key in (*NEW_UNITS, *LIMITS):
        if not key.startswith("bits_beside"):
            assert f"`{key}`" in text, key
    assert len(LIMITS) >= 16
