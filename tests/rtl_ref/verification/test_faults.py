"""Faults of the RTL: made by rule over every module, and seen by the checks."""

from __future__ import annotations

import dataclasses
import random
import shutil

import pytest
from spikewatt.errors import SpikewattError
from spikewatt.rtl_ref.design import RTL, SOURCES, source_files
from spikewatt.rtl_ref.verification.faults import campaign
from spikewatt.rtl_ref.verification.faults.checks import CHECKS, checks_of
from spikewatt.rtl_ref.verification.faults.equivalent import EQUIVALENT, place_of, reason
from spikewatt.rtl_ref.verification.faults.fault import Fault, enumerate_faults, plant
from spikewatt.rtl_ref.verification.faults.hand_written import HAND_WRITTEN
from spikewatt.rtl_ref.verification.faults.operators import RULES
from spikewatt.rtl_ref.verification.faults.source_text import Span, code, connections, instances
from spikewatt.rtl_ref.verification.targets.plan import PLAN, gaps, plan_text
from spikewatt.rtl_ref.verification.targets.proven import Faults

pytestmark = pytest.mark.rtl
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None,
    reason="Icarus Verilog is not installed (apt install iverilog)",
)


def changed(rule: str, text: str) -> list[str]:
    """The text after each change that a rule makes."""
    found = []
    for span, wrong in RULES[rule](text):
        found.append(text[: span.start] + wrong + text[span.end :])
    return found


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("operator", "assign a = b == c;", ["assign a = b != c;"]),
        ("operator", "assign a = b <= c + d;", ["assign a = b < c + d;", "assign a = b <= c - d;"]),
        ("operator", "always_ff @(posedge k) a <= b;", []),
        ("operator", "logic [W-1:0] a; // b == c", []),
        ("negation", "assign a = !b != ~c;", ["assign a = b != ~c;", "assign a = !b != c;"]),
        ("constant", "assign a = 2'd3;", ["assign a = 2'd0;", "assign a = 2'd2;"]),
        ("constant", "assign a = '0;", ["assign a = '1;"]),
        ("width", "wire [W-1:0] a;", ["wire [W-2:0] a;"]),
        ("condition", "if (a) b = c;", [f"if ({x}) b = c;" for x in ("1'b1", "1'b0", "!(a)")]),
        ("choice", "assign a = b ? c : d;", ["assign a = !(b) ? c : d;"]),
        ("left out", "always_ff @(posedge k) if (r) a <= b;", ["always_ff @(posedge k) if (r) ;"]),
        ("stuck", "assign a = b;", ["assign a = '0;", "assign a = '1;"]),
        ("lane", "x[W*i +: W]", ["x[W*(i+1) +: W]"]),
        ("name", "state == READ || WRITE", ["state == WRITE || WRITE", "state == READ || READ"]),
    ],
)
def test_a_rule_changes_what_it_says(rule, text, expected):
    assert changed(rule, text) == expected


def test_ports_are_stuck_and_exchanged():
    found = changed("port", "m u (.clk, .a(x), .b);")
    assert "m u (.clk, .a('0), .b);" in found
    assert "m u (.clk, .a(x), .b('1));" in found
    assert "m u (.clk, .a(b), .b(x));" in found
    assert not any(".clk('0)" in text for text in found)


def test_parameters_are_dropped_and_exchanged():
    found = changed("parameter", "m #(.A(x), .B(y)) u (.clk);")
    assert found == ["m #(.B(y)) u (.clk);", "m #(.A(x)) u (.clk);", "m #(.A(y), .B(x)) u (.clk);"]


def test_places_in_the_text():
    text = 'a = b; // c\n  d = "e";'
    assert len(code(text)) == len(text)
    assert code(text).split() == ["a", "=", "b;", "d", "=", ";"]
    ((span, of_parameters),) = instances("m u (.a(x[1]), .b);")
    assert not of_parameters
    assert [name for name, _, _ in connections("m u (.a(x[1]), .b);", span)] == ["a", "b"]
    assert Span(2, 4).of("abcdef") == "cd"


def test_the_rules_find_faults_in_every_module_and_every_rule_is_used():
    rules = set()
    for file in source_files():
        found = list(enumerate_faults(file))
        assert found, file.name
        rules |= {fault.rule for fault in found}
        text = file.read_text()
        for fault in found:
            assert fault.plant(text) != text
            assert 1 <= fault.line(text) <= text.count("\n") + 1
    assert rules == set(RULES)


def test_forty_and_more_are_selected_of_every_module_and_always_the_same():
    selected = campaign.selected()
    assert len(selected) >= 40 + len(HAND_WRITTEN)
    assert selected == campaign.selected()
    assert {fault.file for fault in selected} >= set(SOURCES) - set(campaign.ELSEWHERE)
    assert not any(reason(fault) for fault in selected)


def test_every_equivalent_fault_is_one_that_the_rules_make():
    made = {place_of(fault) for file in source_files() for fault in enumerate_faults(file)}
    for *place, why in EQUIVALENT:
        assert tuple(place) in made
        assert len(why) > 10


def test_the_plan_names_every_check_bin_and_fault_and_no_unknown_one():
    assert gaps() == {"checks": [], "bins": [], "faults": [], "patterns": []}
    assert PLAN.read_text("utf-8") == plan_text()
    assert plan_text().count("|") > 80


def test_checks_come_nearest_first():
    assert [check.name for check in checks_of("sram.sv")][:2] == [
        "memory",
        "memory with an output register",
    ]
    assert checks_of("controller.sv", proofs=True)[-1].name == "proof handshake"
    assert checks_of("axi_lite_peripheral.sv")[0].name == "axi registers"
    assert len({check.name for check in CHECKS}) == len(CHECKS)


@pytest.mark.slow
@needs_icarus
def test_the_checks_pass_without_a_fault():
    assert campaign.without_fault() > 10_000


@needs_icarus
@pytest.mark.parametrize("fault", random.Random(0).sample(HAND_WRITTEN, 4), ids=lambda f: f.rule)
def test_a_planted_fault_is_caught(fault):
    row = campaign.caught(fault, proofs=False)
    assert row["caught"], row
    assert row["builds"]


@pytest.mark.slow
@needs_icarus
def test_what_changes_nothing_survives_and_what_is_no_rtl_does_not_build():
    same = Fault("none", "sram.sv", "enable && !write", "!write && enable")
    row = campaign.caught(same, proofs=False)
    assert (row["caught"], row["seen by"]) == (False, "SURVIVED")
    row = campaign.caught(dataclasses.replace(same, wrong="enable &&&& write"), proofs=False)
    assert not row["builds"]


@pytest.mark.slow
@needs_icarus
@pytest.mark.parametrize("fault", campaign.selected(), ids=lambda fault: fault.name)
def test_every_selected_fault_is_caught(fault):
    row = campaign.caught(fault)
    assert row["caught"] or not row["builds"], row


def test_a_fault_without_its_place_is_an_error(tmp_path):
    fault = Fault("none", "sram.sv", "no such text", "")
    with pytest.raises(SpikewattError, match="its place must be once in sram.sv; got 0"):
        plant(fault, tmp_path)
    assert RTL.is_dir()


def test_what_does_not_build_is_not_counted_as_caught():
    row = {"fault": "one", "what": "a.sv:1: one", "builds": True, "mismatches": 0}
    rows = [row, {**row, "builds": False}, {"what": "the checks of all faults"}]
    assert Faults().summary(rows) == "faults: 1 of 1 faults caught; 1 more do not build."

    survived = {**row, "what": "a.sv:2: two", "mismatches": 1}
    text = "faults: 1 of 2 faults caught. SURVIVED: a.sv:2: two"
    assert Faults().summary([row, survived]) == text
