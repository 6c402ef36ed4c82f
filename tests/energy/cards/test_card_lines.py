"""A card as people write it: lines are those of an editor, and a slip is told where it stands."""

from __future__ import annotations

import re

import pytest

from ...helpers.cards import ENTRY, HEAD, faults

BOTH = HEAD + f"  capacity_c: {ENTRY}\n  voltage_v: {ENTRY.replace('unit: V', 'unit: A')}\n"
AT = ["mine.yaml:7: capacity_c", "mine.yaml:8: voltage_v"]
WRITTEN = {
    "as it is": (BOTH, AT),
    "carriage returns": (BOTH.replace("\n", "\r\n"), AT),
    "a byte order mark": ("\ufeff" + BOTH, AT),
    "tabs after values": (BOTH.replace(", unit", ",\tunit").replace("mine\n", "mine\t\n"), AT),
    "ends of lines that no editor counts": (BOTH.replace("Mine", '"a\u2028b\u2029c\x85d"'), AT),
    "letters of several bytes": (BOTH.replace("Mine", "Größe µ 🔋"), AT),
    "a document begins": ("---\n" + BOTH, ["mine.yaml:8: capacity_c", "mine.yaml:9: voltage_v"]),
    "comments": (
        "# one\n\n" + BOTH.replace("values:\n", "values:\n  # two\n"),
        ["mine.yaml:10: capacity_c", "mine.yaml:11: voltage_v"],
    ),
    "a mapping over several lines": (
        BOTH.replace(", ", ",\n      "),
        ["mine.yaml:10: capacity_c", "mine.yaml:17: voltage_v"],
    ),
    "blocks": (
        BOTH.replace("{value", "\n      value").replace(", ", "\n      ").replace("}", ""),
        ["mine.yaml:11: capacity_c", "mine.yaml:19: voltage_v"],
    ),
    "an anchor": (
        HEAD.replace("values:\n", f"caution: &it {ENTRY}\nvalues:\n")
        + "  capacity_c: *it\n  voltage_v: *it\n",
        ["mine.yaml:6: caution", "mine.yaml:6: capacity_c"],
    ),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_lines_are_those_of_an_editor(case, tmp_path):
    text, expected = WRITTEN[case]
    found = faults(tmp_path, text.encode())
    assert [re.findall(r"^[^:]*:\d+: \w+", fault) for fault in found] == [[at] for at in expected]


NO_YAML = {
    "a tab": (HEAD + "\tcapacity_c: 3\n", r"mine.yaml:7: must be YAML; .*spaces, never by tabs"),
    "a brace": (BOTH.replace("}", "", 1), r"mine.yaml:7: must be YAML; .*flow mapping.* \(line 8"),
    "a quote": (
        BOTH.replace("source: ", "source: '", 1),
        "mine.yaml:7: .* quoted scalar.*line 9",
    ),
    "a colon": (BOTH.replace("Mine", "a: b"), "mine.yaml:3: must be YAML; .* a colon stands in"),
    "a date": (BOTH.replace("Mine", "2026-13-13"), "mine.yaml:3: must be YAML; got month must be"),
    "digits": (BOTH.replace("2.7", "9" * 5000, 1), "mine.yaml:7: must be YAML; got Exceeds"),
    "a control": (BOTH.replace("Mine", "\x07"), "mine.yaml: must be YAML; got unacceptable"),
}


@pytest.mark.parametrize("case", NO_YAML)
def test_what_is_no_yaml_has_a_line_too(case, tmp_path):
    text, match = NO_YAML[case]
    (found,) = faults(tmp_path, text)
    assert re.search(match, found)


SLIPS = {
    "a unit in the number": ("value: 3", "value: 3 V", "7: voltage_v.value: .* number; got '3 V'"),
    "a comma": ("high: 3", "high: 3,1", "7: voltage_v.1: .*; hint: figures have a point, never a"),
    "nothing": (ENTRY, "", "7: voltage_v: must be a mapping of value, low, .*; got nothing"),
    "a number": (ENTRY, "3", "7: voltage_v: must be a mapping of value, low, high, .*; got 3"),
    "a word of one's own": ("assumed", "published", "7: voltage_v.status: .*got 'published'"),
    "no unit": ("unit: V, ", "", "7: voltage_v.unit: Field required; got nothing"),
}


@pytest.mark.parametrize("case", SLIPS)
def test_a_slip_is_told_where_it_stands(case, tmp_path):
    before, after, match = SLIPS[case]
    entry = ENTRY.replace(before, after)
    assert entry != ENTRY
    other = ENTRY.replace("unit: V", "unit: C")
    (found,) = faults(tmp_path, f"{HEAD}  voltage_v: {entry}\n  capacity_c: {other}\n")
    assert re.match(f"mine.yaml:{match}", found)
