"""Templates: every key stands in one and is explained, and none is a card until it is filled in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import spikewatt
import yaml
from spikewatt.energy.cards.files.document import limits_table, values_table, words_table
from spikewatt.energy.cards.files.draft import FILL_IN
from spikewatt.energy.cards.files.quantities import si_factor
from spikewatt.energy.cards.files.said import (
    LIMITS,
    TABLE,
    VALUES,
    WORDS,
    choices_of,
    is_choice,
    said_of,
)
from spikewatt.energy.cards.files.schema import CardFile
from spikewatt.energy.cards.files.template import write_template
from spikewatt.energy.cards.kinds import CARD_KINDS, plausible
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.energy.cards.neuromorphic.timing import TIMINGS, timing_in
from spikewatt.energy.cards.neuromorphic.updates import UPDATES, updates_in
from spikewatt.errors import SpikewattError

from ...helpers.filled import fill

DOCUMENT = Path(spikewatt.__file__).parent / "docs" / "reference" / "card_keys.md"
CORE = CARD_KINDS["neuromorphic_core"]
KINDS = ("neuromorphic_core", "rule", "battery", "port")
MADE = [(kind, None) for kind in KINDS[1:]] + [(KINDS[0], timing) for timing in TIMINGS]


# ------------------------------------------------------------------ one table of descriptions


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_kind_is_explained_and_nothing_else(kind):
    card = CARD_KINDS[kind]
    assert set(said_of(card, VALUES)) == set(card.units) | set(card.optional)
    assert set(said_of(card, LIMITS)) == set(card.limits)
    words = {word for word in said_of(card, WORDS) if not is_choice(word)}
    assert words <= set(CardFile.model_fields)
    for part in (WORDS, VALUES, LIMITS):
        assert all(one.meaning for one in said_of(card, part).values())


def test_the_choices_of_words_are_those_that_there_are():
    assert list(choices_of(CORE, "timing")) == list(TIMINGS)
    assert list(choices_of(CORE, "updates")) == list(UPDATES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_published_example_is_plausible_in_the_usual_dimension(kind):
    card = CARD_KINDS[kind]
    for key, one in said_of(card, VALUES).items():
        assert si_factor(one.unit, card.unit(key)) > 0
        if one.example:
            ((number, unit),) = re.findall(r"^(?:[\d.]+ to )?([\d.,]+)(.*)", one.example)
            figure = float(number.replace(",", "")) * si_factor(unit.strip(), card.unit(key))
            least, most = plausible(key)
            assert figure == 0 or least <= figure <= most, key
            assert one.source


def test_the_table_says_each_key_once():
    rows = [line.split(",")[:3] for line in TABLE.read_text("utf-8").splitlines()]
    keys = [tuple(row) for row in rows]
    assert len(keys) > 60
    assert len(keys) == len(set(keys))


# ------------------------------------------------------------------ templates


def template(tmp_path, kind: str, timing: str | None = None, **more) -> tuple:
    path = tmp_path / "mine.yaml"
    places = write_template(path, kind, timing=timing, **more)
    return path, places


def refusal(path) -> list[str]:
    with pytest.raises(SpikewattError) as refused:
        load_card(path)
    return str(refused.value).splitlines()


@pytest.mark.parametrize(("kind", "timing"), MADE)
def test_a_template_is_refused_with_each_place_and_its_line(kind, timing, tmp_path):
    path, places = template(tmp_path, kind, timing)
    lines = path.read_text("utf-8").splitlines()
    found = refusal(path)
    assert len(found) == places > 3
    for fault in found:
        number, key = re.match(
            rf"{path}:(\d+): (\w+): must be filled in; got {FILL_IN}", fault
        ).groups()  # type: ignore[union-attr]
        assert lines[int(number) - 1].strip().startswith(f"{key}:")
    for number, line in enumerate(lines, start=1):
        if FILL_IN in line and not line.strip().startswith(("#", "{")):
            assert any(f":{number}: " in fault for fault in found)


@pytest.mark.parametrize("timing", TIMINGS)
def test_a_template_of_a_core_has_every_key_that_its_timing_takes(timing, tmp_path):
    path, _ = template(tmp_path, "neuromorphic_core", timing)
    text = path.read_text("utf-8")
    layout = CORE.layout({"timing": timing})
    stand = set(re.findall(r"^  (?:# )?([a-z]\w\w+):(?:$| [\dF])", text, re.MULTILINE))
    assert stand == layout.values | layout.more_values | layout.limits | layout.more_limits
    for key in set(CORE.units) | set(CORE.optional):
        assert key in text


@pytest.mark.parametrize("timing", TIMINGS)
def test_a_template_of_which_all_is_filled_in_is_a_card(timing, tmp_path):
    """What stands in comments, too."""
    path, _ = template(tmp_path, "neuromorphic_core", timing, name="my.chip", source="a paper")
    layout = CORE.layout({"timing": timing})
    values = {}
    for key in layout.values | layout.more_values:
        unit = said_of(CORE, VALUES)[key].unit
        size = 1e5 if key == "area_besides_synapses_m2" else 1
        values[key] = (size, size / 2, size, unit or '""')
    words = dict.fromkeys(("title", "includes", "excludes", "caution", "node"), "a word")
    fill(path, words | {"updates": "used"}, values, dict.fromkeys(CORE.limits, 1))
    card = load_card(path)
    assert set(card.values) == set(values)
    assert set(card.limits) == set(CORE.limits)
    assert (card.name, card.about["timing"], card.about["caution"]) == ("my.chip", timing, "a word")


def test_only_what_must_be_filled_in_makes_a_card(tmp_path):
    path, _ = template(tmp_path, "battery")
    words = {"title": "Cell", "includes": "charge", "excludes": "cold"}
    fill(path, words, {"capacity_c": (220, 200, 240, "mA*h"), "voltage_v": (3, 2.7, 3, "V")}, {})
    assert load_card(path)["capacity_c"].value == pytest.approx(792)


def test_a_half_filled_entry_says_what_is_left(tmp_path):
    path, _ = template(tmp_path, "battery", source="a data sheet")
    text = path.read_text("utf-8")
    path.write_text(text.replace("value: FILL_IN, low: FILL_IN", "value: 3, low: 2.7"))
    (fault, _) = refusal(path)[-2:]
    assert fault.endswith("capacity_c: must be filled in; got FILL_IN for high, status, conditions")


def test_a_source_is_said_once_for_all(tmp_path):
    path, _ = template(tmp_path, "rule", source='the "paper": table 2')
    values = yaml.safe_load(path.read_text("utf-8"))["values"]
    assert {entry["source"] for entry in values.values()} == {'the "paper": table 2'}


REFUSED = {
    "kind": ({"kind": "abacus"}, "--kind: must be a kind of card; got 'abacus'; allowed: battery"),
    "timing": ({"timing": "slow"}, "--timing: must be a timing; got 'slow'; allowed: barrier,"),
    "known": ({"name": "odin"}, "another name than that of a chip or card that is known here"),
    "name": ({"name": "a b"}, "--name: a name has letters, digits"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_template_writes_nothing(case, tmp_path):
    given, match = REFUSED[case]
    with pytest.raises(SpikewattError, match=match):
        write_template(tmp_path / "mine.yaml", **{"kind": "neuromorphic_core", **given})
    assert not any(tmp_path.iterdir())


def test_a_template_is_not_written_over_another_file(tmp_path):
    path, _ = template(tmp_path, "battery")
    with pytest.raises(SpikewattError, match="an existing file is not written over"):
        write_template(path, "battery")
    with pytest.raises(SpikewattError, match=r"a card is a .yaml file; got mine.txt"):
        write_template(tmp_path / "mine.txt", "battery")


# ------------------------------------------------------------------ like another card


@pytest.mark.parametrize("like", [name for name in card_names() if load_card(name).kind is CORE])
def test_a_template_like_a_card_is_that_card_with_all_assumed(like, tmp_path):
    path, places = template(tmp_path, "neuromorphic_core", like=like)
    assert places == 3
    words = {"title": "Mine", "includes": "mine", "excludes": "not mine"}
    fill(path, words, {}, {})
    mine, other = load_card(path), load_card(like)
    assert mine.limits == other.limits
    assert timing_in(mine.about) is timing_in(other.about)
    assert updates_in(mine.about) is updates_in(other.about)
    assert set(mine.values) == set(other.values)
    for key, quantity in mine.values.items():
        ends = (quantity.value, quantity.low, quantity.high)
        assert ends == pytest.approx((other[key].value, other[key].low, other[key].high), rel=1e-8)
        assert quantity.status == "assumed"
        assert quantity.source == f"not known of this chip; assumed to be that of {other.name}"
    assert moving_together(mine) == moving_together(other)
    assert mine.about.get("executes") == other.about.get("executes")


def moving_together(card) -> list[list[str]]:
    """Keys whose values are of one measurement, those on their own left out."""
    groups: dict[str, list[str]] = {}
    for key in sorted(card.values):
        groups.setdefault(card[key].measurement, []).append(key)
    return sorted(keys for keys in groups.values() if len(keys) > 1)


def test_a_template_says_that_values_may_be_of_one_measurement(tmp_path):
    path, _ = template(tmp_path, "neuromorphic_core")
    assert "measurement: optional, a name; values of one" in path.read_text("utf-8")
    assert any(moving_together(load_card(name)) for name in ("loihi", "odin_style", "odin"))


def test_a_template_like_a_card_of_another_timing_asks_for_the_rest(tmp_path):
    path, places = template(tmp_path, "neuromorphic_core", "barrier", like="odin_style")
    faults = refusal(path)
    assert len(faults) == places == 4
    assert "barrier_time_s: must be filled in" in faults[-1]


def test_a_card_is_like_one_of_its_kind(tmp_path):
    with pytest.raises(SpikewattError, match="--like: must be a rule; got odin is a neuromorphic"):
        write_template(tmp_path / "mine.yaml", "rule", like="odin")
    with pytest.raises(SpikewattError, match="must name a device card"):
        write_template(tmp_path / "mine.yaml", "rule", like="abacus")


# ------------------------------------------------------------------ the document


@pytest.mark.parametrize("table", [words_table, values_table, limits_table])
def test_the_document_holds_the_table_of_keys_as_it_is(table):
    rows = table()
    assert rows.count("\n") > 5
    assert rows in DOCUMENT.read_text("utf-8")
