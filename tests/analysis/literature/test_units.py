"""Law: both readings of a rate, conditions of rules, several spikes in a step, inferred words."""

from __future__ import annotations

import pytest
from spikewatt.analysis.literature.quantities.span import Span
from spikewatt.analysis.literature.report import rule_tables
from spikewatt.analysis.literature.rule import UNIT, Verdict
from spikewatt.analysis.literature.rules import RULES, rules

from .counts_by_hand import counts, two_layers


def test_a_rate_has_two_readings_and_the_verdict_is_open_where_they_disagree():
    """300 and 20 spikes of 100 neurons each; the busy ones have 50 and the others 10 synapses."""
    work = two_layers((300, 50), (20, 10))
    per_neuron, per_synapse = 320 / 200, 15200 / 6000
    found = rules(work, zeros=0.6)
    compute = found["yan_compute"]  # below 6 (1 − 0.6) = 2.4
    assert (compute.has.low, compute.has.high) == pytest.approx((per_neuron, per_synapse))
    assert (compute.verdict, compute.depends_on) == (Verdict.OPEN, UNIT)
    assert found["davidson_furber"].depends_on == UNIT  # 1.6 < 1.71 < 2.53
    assert found["dampfhoffer"].has == Span.of(per_synapse)
    rates = (per_neuron / 32, per_synapse / 32)
    for name in ("yan_movement", "dram_fetch"):
        assert (found[name].has.low, found[name].has.high) == pytest.approx(rates)
    both = rules(work)["yan_compute"]
    assert both.depends_on == "the zeros of the ANN (--zeros)"


def test_with_one_fan_out_both_readings_are_one():
    found = rules(two_layers((37, 7), (11, 7)))["yan_compute"]
    assert found.has.is_known


def test_the_dense_limit_applies_to_dense_activity_alone():
    """From s = (0.25 + 8 E_w) / (3 + 8 E_w) = 0.169 on, of weights of 8 bits."""
    sparse, dense = (rules(counts(sent))["yan_dense_limit"] for sent in (84, 85))
    assert (sparse.verdict, sparse.depends_on) == (
        Verdict.OPEN,
        "does not apply: dense activity is s from 0.17 on",
    )
    assert dense.verdict == Verdict.LOSES


def test_several_spikes_in_a_step_are_several_steps():
    """One step of 31 spikes carries what 31 steps do: 5 bits, and no rule is nearer to a win."""
    graded = rules(two_layers((300, 50), (20, 10), steps=1, spikes_per_step=31), zeros=0.6)
    plain = rules(two_layers((300, 50), (20, 10), steps=31), zeros=0.6)
    assert (graded.quantities.steps, graded.quantities.activation_bits) == (31, 5)
    assert graded["bit_budget"].verdict == Verdict.LOSES
    assert graded["yan_dense_limit"].has.low == 31 / 5
    for name in RULES:
        if name not in ("lemaire", "synops_proxy"):  # which count updates, one a step
            assert graded[name].verdict == plain[name].verdict
    assert graded.quantities.updates == 300  # once a step


def test_what_was_not_read_is_marked():
    assert RULES["dampfhoffer"].assumptions.inferred == ("weight_fetch", "bits", "state")
    table = rule_tables(rules(counts()))[1]
    shown = dict(zip(table.frame["rule"], table.frame["inferred"], strict=True))
    assert shown["bit_budget"] == "weight_fetch, reuse, state"
    assert shown["dram_fetch"] == ""
