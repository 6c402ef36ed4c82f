"""Law: what turns verdicts, by formulas evaluated again; with what they go, by labels; in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from spikewatt.analysis.literature.assumptions import COLUMNS, SAID
from spikewatt.analysis.literature.deciding import deciding_assumption, sentence
from spikewatt.analysis.literature.quantities.quantities import quantities_of
from spikewatt.analysis.literature.rule import Verdict
from spikewatt.analysis.literature.rules import RULES, rules

from .counts_by_hand import counts, two_layers

# ------------------------------------------------------------------ one assumption changed


def test_rules_with_one_assumption_changed_by_hand():
    """0.9 spikes per neuron and synapse, 5 steps, 3 bits, R = 1, half of the activations zero."""
    quantities = quantities_of(counts(), 0.5)

    def at(rule: str, column: str, value: str) -> tuple[float, float]:
        (found,) = (
            ruling
            for swap, ruling in RULES[rule].swapped(quantities)
            if (swap.column, str(swap.value)) == (column, value)
        )
        assert str(getattr(found.assumptions, column)) == value
        return found.has.low, found.threshold.low

    weight = 8 * 0.155 / 4
    assert at("davidson_furber", "weight_fetch", "free") == (0.9, 3.5)
    assert at("davidson_furber", "state", "neither") == (0.9, 2.0)
    assert at("dampfhoffer", "reuse", "none") == (0.9, 1.38)
    assert at("yan_compute", "bits", "8 bits") == (0.9, 4.0)
    sram = (1.5 * 0.05448 + weight) / (0.05448 + weight)
    assert at("yan_compute", "weight_fetch", "SRAM") == pytest.approx((0.9, sram))
    moved = (1.5 * 0.05448 + 3 * 0.25) / (0.05448 + 3.0)
    assert at("yan_compute", "state", "routing") == pytest.approx((0.9, moved))
    dram = (1.5 * 0.05448 + 0.75 + 8 * 20.3) / (5 * (0.05448 + 3.0 + 8 * 20.3))
    assert at("yan_movement", "weight_fetch", "DRAM") == pytest.approx((0.18, dram))
    assert at("dram_fetch", "bits", "8 bits") == pytest.approx((0.18, 1 / 5))
    assert at("bit_budget", "bits", "matched") == (40, 24)
    assert at("synops_proxy", "state", "neither") == (0.9, 1.0)


def test_lemaire_with_one_assumption_changed():
    """Free weights leave potentials, dear ones SOP / MAC = 0.9; reuse makes the ANN cheaper."""
    quantities = quantities_of(counts())
    own = RULES["lemaire"].has(quantities).low
    found = {(s.column, str(s.value)): s.has.low for s in RULES["lemaire"].swaps(quantities)}
    assert found["weight_fetch", "free"] > own > found["weight_fetch", "DRAM"] > 0.9
    assert found["state", "neither"] < own
    assert found["reuse", "once per layer"] == pytest.approx(own)  # a dense layer has none
    (layer,) = quantities.layers
    window = replace(quantities, layers=(replace(layer, parameters=50.0, is_windowed=True),))
    reused = {(s.column, str(s.value)): s.has.low for s in RULES["lemaire"].swaps(window)}
    assert reused["reuse", "once per layer"] > RULES["lemaire"].has(window).low


def test_turns_count_rules_whose_verdict_changes():
    found = rules(two_layers((300, 50), (20, 10)), zeros=0.6)
    turns = {each.column: each for each in found.turns}
    unit = turns["unit"]
    assert unit.papers == ("Davidson & Furber 2021", "Yan 2024, compute")
    assert unit.asked == (
        "Davidson & Furber 2021",
        "Dampfhoffer 2023",
        "Yan 2024, compute",
        "Yan 2024, movement",
        "spyx 2026",
    )
    assert [(each.value, each.verdict) for each in unit.turned][:2] == [
        ("spikes per neuron", Verdict.WINS),
        ("spikes per synapse", Verdict.LOSES),
    ]
    assert "silicon" not in turns
    turned = "what is counted turns 2 of 5 (Davidson & Furber 2021 and Yan 2024 (compute))"
    assert turned in found.sentence


def test_ties_are_named():
    """Two rules that differ in all columns but silicon: nothing says which."""
    rulings = said(("bit_budget", Verdict.WINS), ("lemaire", Verdict.LOSES))
    found = deciding_assumption(rulings)
    assert found is not None
    assert {found.column, *found.ties} == set(COLUMNS) - {"silicon"}
    assert "; as well with " in sentence(rulings, "Here")


# ------------------------------------------------------------------ what verdicts go with


def said(*verdicts: tuple[str, Verdict]):
    """Rulings of rules with other verdicts."""
    found = rules(counts(), zeros=0.5)
    return [replace(found[name], verdict=verdict) for name, verdict in verdicts]


def test_verdicts_go_with_a_value_that_parts_all():
    rulings = said(
        ("davidson_furber", Verdict.WINS),
        ("lemaire", Verdict.LOSES),
        ("dampfhoffer", Verdict.LOSES),
        ("dram_fetch", Verdict.LOSES),
        ("synops_proxy", Verdict.LOSES),
    )
    found = deciding_assumption(rulings)
    assert found is not None
    assert (found.column, found.value) == ("unit", "spikes per neuron")
    assert (found.verdict, found.exceptions) == (Verdict.WINS, ())
    assert sentence(rulings, "Here") == (
        "Here, spikes win by Davidson & Furber 2021 and lose by Lemaire 2022, Dampfhoffer 2023, "
        "spyx 2026 and Intel N-DNS 2023; this goes with what is counted: spikes win where it is "
        "“spikes per neuron”, and lose elsewhere."
    )


def test_they_go_with_the_fetch_where_it_parts_better_than_the_unit():
    rulings = said(
        ("yan_compute", Verdict.WINS),
        ("bit_budget", Verdict.WINS),
        ("synops_proxy", Verdict.WINS),
        ("lemaire", Verdict.LOSES),
        ("dampfhoffer", Verdict.LOSES),
        ("dram_fetch", Verdict.LOSES),
    )
    found = deciding_assumption(rulings)
    assert found is not None
    assert (found.column, found.value, found.verdict) == ("weight_fetch", "free", Verdict.WINS)


def test_exceptions_are_named():
    rulings = said(
        ("yan_compute", Verdict.WINS),
        ("bit_budget", Verdict.WINS),
        ("synops_proxy", Verdict.WINS),
        ("davidson_furber", Verdict.WINS),
        ("lemaire", Verdict.LOSES),
        ("dampfhoffer", Verdict.LOSES),
        ("dram_fetch", Verdict.LOSES),
    )
    found = deciding_assumption(rulings)
    assert found is not None
    assert found.exceptions == ("Davidson & Furber 2021",)
    assert "and lose elsewhere (all but Davidson & Furber 2021)" in sentence(rulings, "Here")


def test_rules_that_agree_go_with_nothing():
    rulings = said(("lemaire", Verdict.LOSES), ("dram_fetch", Verdict.LOSES))
    assert deciding_assumption(rulings) is None
    assert sentence(rulings, "Here").endswith("; all that give a verdict agree.")


def test_verdicts_that_nothing_parts():
    """Two rules of the same assumptions that disagree."""
    (one,) = said(("lemaire", Verdict.WINS))
    other = replace(one, verdict=Verdict.LOSES)
    assert deciding_assumption([one, other]) is None
    assert "no single assumption parts them" in sentence([one, other], "Here")


def test_every_assumption_has_words():
    assert tuple(SAID) == COLUMNS
