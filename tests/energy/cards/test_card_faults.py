"""Every fault of a card at once, each with the line that it stands in."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from spikewatt.energy.cards.card_file import MOST_NODES
from spikewatt.energy.cards.files.draft import FILL_IN
from spikewatt.energy.cards.load import FOLDER, load_card
from spikewatt.errors import ManyFaults, SpikewattError
from spikewatt.yaml_document import read_document

from ...helpers.cards import ENTRY, HEAD, faults


def test_all_faults_of_a_card_are_told_in_the_order_of_their_lines(tmp_path):
    text = """\
name: no name
kind: neuromorphic_core
tittle: wrong
title: right
includes: x
excludes: x
timing: tick
updates: some
values:
  energy_per_sop_j: {value: 9,low: 1, high: 3, unit: mW, status: assumed, conditions: "", source: x}
  step_time_s:
    {value: 1,
     low: true,
     high: 1, unit: ms,
     stauts: assumed, conditions: "", source: x}
  step_time_s: {value: 0, low: 0, high: 1, unit: ms, status: assumed, conditions: "", source: x}
  energy_per_neuron_updates_j: 4
  barrier_time_s: {value: 1, low: 1, high: 1, unit: us, status: assumed, conditions: "", source: x}
limits:
  leaks: 2
"""
    assert faults(tmp_path, text) == [
        "mine.yaml:1: name: a name has letters, digits, _ . and - only, at most 100; got 'no name'",
        "mine.yaml:3: tittle: unknown key; got 'wrong'; hint: nearest: title",
        "mine.yaml:8: updates: Input should be 'slots', 'used' or 'touched'; got 'some'; "
        "allowed: 'slots', 'used' or 'touched'",
        "mine.yaml:9: values: must have one of these; got none; "
        "allowed: leakage_power_w or chip_static_power_w",
        "mine.yaml:10: energy_per_sop_j: must have a unit of the right dimension; got 'mW'; "
        "allowed: a unit of J",
        "mine.yaml:10: energy_per_sop_j: must satisfy 0 <= low <= value <= high; got 1.0, 9.0, 3.0",
        "mine.yaml:16: must be YAML; got key 'step_time_s' stands twice",
        "mine.yaml:16: step_time_s: must be above 0; got 0.0",
        "mine.yaml:17: energy_per_neuron_updates_j: must be a mapping of value, low, high, unit, "
        "status, conditions and source; got 4",
        "mine.yaml:17: values: must be those of a neuromorphic_core; got unknown key "
        "energy_per_neuron_updates_j; hint: nearest: energy_per_neuron_update_j",
        "mine.yaml:18: values: must be those of a neuromorphic_core; got unknown key "
        "barrier_time_s; hint: it is a value of timing barrier",
        "mine.yaml:19: limits: must be those of a neuromorphic_core; got missing key "
        "neurons_per_core",
        "mine.yaml:20: leaks: must be 0 or 1; got 2",
    ]


def test_one_fault_is_one_error_with_its_parts(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(f"{HEAD}  capacity_c: {ENTRY}\n  voltage_v: {ENTRY}\n")
    with pytest.raises(SpikewattError, match="capacity_c: must have a unit of the right") as one:
        load_card(path)
    assert not isinstance(one.value, ManyFaults)
    assert (one.value.where, one.value.got) == (f"{path}:7: capacity_c", "'V'")


def test_several_faults_are_one_error_that_holds_them():
    both = ManyFaults([SpikewattError("a", "is one", 1), SpikewattError("b", "is two")])
    assert (both.where, both.law, both.got) == ("a", "is one", 1)
    assert str(both.with_hint("stop")) == "a: is one; got 1\nb: is two; hint: stop"
    assert isinstance(both, ValueError)


# ------------------------------------------------------------------ faults by chance


CORE = (FOLDER / "odin_style.yaml").read_text("utf-8")
KEYS = re.findall(r"^  (\w+):\n    \{", CORE, re.MULTILINE)
LIMITS = re.findall(r"^  (\w+): \d+$", CORE, re.MULTILINE)


def of_entry(change: Callable[[str], str]) -> Callable[[str, str], str]:
    """A fault of a value: a change of the line below its key."""

    def changed(text: str, key: str) -> str:
        return re.sub(rf"(?<=  {key}:\n    )\{{.*\}}", lambda found: change(found[0]), text)

    return changed


FAULTS: dict[str, Callable[[str, str], str]] = {
    "unit": of_entry(lambda entry: re.sub(r"unit: [^,]*", "unit: K*mol", entry)),
    "range": of_entry(lambda entry: re.sub(r"low: [^,]*", "low: 1e9", entry, count=1)),
    "type": of_entry(lambda entry: re.sub(r"value: [^,]*", "value: three", entry)),
    "status": of_entry(lambda entry: re.sub(r"status: \w+", "status: guessed", entry)),
    "without a source": of_entry(lambda entry: entry.replace("source:", "sauce:")),
    "to fill in": of_entry(lambda entry: re.sub(r"(value|low): \d[^,]*", rf"\1: {FILL_IN}", entry)),
    "nothing": of_entry(lambda entry: FILL_IN),
    "unknown": lambda text, key: text.replace(f"  {key}:\n", f"  {key}s:\n"),
    "twice": lambda text, key: re.sub(rf"(  {key}:\n.*\n)", r"\1\1", text),
}
OF_TWO_LINES = {"without a source": 2}  # one for what is missing, one for what is unknown


@pytest.mark.parametrize("seed", range(40))
def test_a_card_with_k_faults_is_refused_with_k_lines(seed, tmp_path):
    chance = random.Random(seed)
    count = chance.randint(1, 12)
    text, lines = CORE, {}
    for key in chance.sample(KEYS, count):
        name = chance.choice(list(FAULTS))
        text = FAULTS[name](text, key)
        lines[key] = OF_TWO_LINES.get(name, 1)
    for key in chance.sample(LIMITS, chance.randint(0, 3)):
        text = re.sub(rf"  {key}: \d+", f"  {key}: -1", text)
        lines[key] = 1

    found = faults(tmp_path, text)
    assert len(found) == sum(lines.values()), "\n".join(found)
    numbers = [int(fault.split(":")[1]) for fault in found]
    assert numbers == sorted(numbers)

    for key, count in lines.items():
        (begins,) = (text[: one.start()].count("\n") + 1 for one in last_of(text, key))
        of_key = [n for n, fault in zip(numbers, found, strict=True) if says(fault, key)]
        assert len(of_key) == count
        assert all(begins <= number <= begins + 1 for number in of_key)


def last_of(text: str, key: str) -> list[re.Match]:
    """Where `key`, or what it was misspelt as, stands last."""
    return list(re.finditer(rf"^  {key}s?:", text, re.MULTILINE))[-1:]


def says(fault: str, key: str) -> bool:
    """Whether a fault is of `key`."""
    return re.search(rf"(: |unknown key |key ')({key}s?)\b", fault) is not None


# ------------------------------------------------------------------ microcontrollers


def test_a_board_s_core_library_and_rows_are_told_together(tmp_path):
    text = (FOLDER / "stm32l4r5.yaml").read_text("utf-8")
    for word, said in {"core": "Z80", "library": "abacus", "power_fit": "no rows"}.items():
        text = re.sub(rf"^{word}: .*$", f"{word}: {said}", text, flags=re.MULTILINE)
        assert f"\n{word}: {said}\n" in text
    found = faults(tmp_path, text.replace("unit: MHz", "unit: GHz"))
    stands = text.splitlines()
    for fault, word in zip(found[:3], sorted_words(stands), strict=True):
        assert fault.startswith(f"mine.yaml:{line_of(stands, word)}: {word}: must ")
    assert "clock_hz: must be plausible" in found[-1]
    assert len(found) == 4


def line_of(lines: list[str], word: str) -> int:
    return next(n for n, line in enumerate(lines, start=1) if line.startswith(f"{word}: "))


def sorted_words(lines: list[str]) -> list[str]:
    return sorted(("core", "library", "power_fit"), key=lambda word: line_of(lines, word))


def test_rows_of_another_chip_are_refused_with_their_line(tmp_path):
    text = (FOLDER / "stm32l4r5.yaml").read_text("utf-8").replace("name: stm32l4r5", "name: mine")
    (found,) = faults(tmp_path, text)
    assert re.match(r"mine.yaml:\d+: power_fit: names rows of the card's own chip", found)


# ------------------------------------------------------------------ too much


def test_what_is_too_large_for_a_card_is_one_fault(tmp_path):
    text = HEAD + "".join(f"  capacity_{i}: {{}}\n" for i in range(30_000))
    (found,) = faults(tmp_path, text)
    assert found == (
        "mine.yaml: must be a card, which holds at most 4,000 keys, numbers and texts; got 60,013"
    )


def test_of_many_keys_that_stand_twice_a_hundred_are_told(tmp_path):
    found = faults(tmp_path, HEAD + "  capacity_c: 1\n" * 1500 + f"  voltage_v: {ENTRY}\n")
    twice = [fault for fault in found if "stands twice" in fault]
    assert len(twice) == 100
    assert sum("1,399 further keys that stand twice" in fault for fault in found) == 1
    assert found[-1].startswith("mine.yaml:1506: capacity_c: must be a mapping of value")


def test_no_card_that_comes_with_spikewatt_is_near_the_bound():
    nodes = {path.stem: read_document(path).nodes for path in FOLDER.glob("*.yaml")}
    assert 100 < max(nodes.values()) < MOST_NODES / 4
