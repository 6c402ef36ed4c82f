"""Law: verdicts by thresholds, monotone in spikes; what decides; tables, page and command line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.analysis.literature.assumptions import COLUMNS, SAID
from spikewatt.analysis.literature.deciding import deciding_assumption, sentence
from spikewatt.analysis.literature.lemaire import access_j, dense_j, spiking_j
from spikewatt.analysis.literature.quantities.quantities import quantities_of
from spikewatt.analysis.literature.quantities.span import Span
from spikewatt.analysis.literature.report import rule_findings, rule_tables
from spikewatt.analysis.literature.rule import EQUAL, UNIT, Rule, Status, Verdict
from spikewatt.analysis.literature.rules import RULES, rules
from spikewatt.analysis.report.terminal.console import print_findings
from spikewatt.cli.main import app
from spikewatt.energy.pricing.price import price
from spikewatt.sim.counts.counts import Counts
from typer.testing import CliRunner

ORDER = [Verdict.WINS, Verdict.OPEN, Verdict.LOSES]


def counts(spikes: float = 90.0, steps: int = 5) -> Counts:
    """100 -> 10, dense."""
    layers = [
        {"name": "in", "neurons": 100, "fan_out": 10, "spikes": spikes, "is_input": True},
        {"name": "out", "neurons": 10, "fan_out": 0, "spikes": 0.0},
    ]
    for layer in layers:
        layer["synaptic_operations"] = layer["spikes"] * layer["fan_out"]
    return Counts(layers, steps=steps)


# ------------------------------------------------------------------ verdicts


def test_every_rule_says_what_a_row_needs():
    assert len(RULES) == 9
    for name, rule in RULES.items():
        found = rule.ruling(quantities_of(counts()))
        assert found.rule == name
        assert found.formula
        assert found.paper
        assert found.status != Status.OURS
        assert "doi:" in found.source or "github.com" in found.source
        assert (found.verdict == Verdict.OPEN) == bool(found.depends_on)


def test_of_counts_by_hand():
    """0.9 spikes per neuron and per synapse, 5 steps, 3 bits."""
    found = rules(counts(), zeros=0.5)
    assert found["davidson_furber"].has == Span.of(0.9)
    assert found["dampfhoffer"].has == Span.of(0.9)
    assert found["yan_compute"].threshold == Span.of(3 * 0.5)
    assert found["yan_dense_limit"].has == Span.of(5 / 3)
    assert found["dram_fetch"].threshold == Span.of(3 / 40)
    assert found["bit_budget"].has == Span.of(40.0)
    ratio = (900 + 10 * 10 * 5) / (1000 + 10 * 10)
    assert found["synops_proxy"].has.low == pytest.approx(ratio)
    assert {name: str(found[name].verdict) for name in RULES} == {
        "davidson_furber": "wins",
        "lemaire": "loses",
        "dampfhoffer": "open",
        "yan_compute": "wins",
        "yan_movement": "loses",
        "yan_dense_limit": "loses",
        "dram_fetch": "loses",
        "bit_budget": "wins",
        "synops_proxy": "loses",
    }


def test_lemaire_by_hand():
    """Every term of a dense layer of 100 inputs and 10 neurons, 90 spikes, 5 steps."""
    (layer,) = quantities_of(counts()).layers
    ten, hundred, weights, queue = (access_j(4 * words) for words in (10, 100, 1000, 0))
    spiking = 0.1e-12 * (900 + 50) + 0.1e-12 * 900
    spiking += queue * 90 + weights * 900 + ten * (900 + 50) + ten * (900 + 10)
    dense = 3.2e-12 * 1000 + 0.1e-12 * 10 + 0.1e-12 * 1000
    dense += hundred * 100 + weights * 1000 + ten * 10
    assert spiking_j(layer) == pytest.approx(spiking)
    assert dense_j(layer) == pytest.approx(dense)


def test_lemaire_counts_addresses_and_inputs_of_a_convolution():
    (dense,) = quantities_of(counts()).layers
    window = replace(dense, is_windowed=True)
    more_addresses = 2 * 3.2e-12 * 90
    assert spiking_j(window) - spiking_j(dense) == pytest.approx(more_addresses)
    reads = access_j(400) * (1000 - 100)
    addresses = 0.1e-12 * (100 + 10 - 1000)
    assert dense_j(window) - dense_j(dense) == pytest.approx(reads + addresses)


def test_equal_sides_are_open_and_say_so():
    found = rules(counts(steps=8))["bit_budget"]
    assert (found.verdict, found.depends_on) == (Verdict.OPEN, EQUAL)


def test_without_zeros_a_rule_that_needs_them_is_open():
    open_one = rules(counts())["yan_compute"]
    assert (open_one.verdict, open_one.depends_on) == (
        Verdict.OPEN,
        "the zeros of the ANN (--zeros)",
    )
    verdicts = {rules(counts(), zeros=zeros)["yan_compute"].verdict for zeros in (0.1, 0.9)}
    assert verdicts == {Verdict.WINS, Verdict.LOSES}


@pytest.mark.parametrize("rule", RULES.values(), ids=str)
@settings(max_examples=25, deadline=None)
@given(
    spikes=st.lists(st.floats(0.1, 500), min_size=2, max_size=2),
    steps=st.integers(1, 40),
    zeros=st.none() | st.floats(0, 1),
)
def test_more_spikes_never_help(rule: Rule, spikes, steps, zeros):
    few, many = (
        rule.ruling(quantities_of(counts(min(sent, 100 * steps), steps), zeros)).verdict
        for sent in sorted(spikes)
    )
    assert ORDER.index(few) <= ORDER.index(many)


# ------------------------------------------------------------------ units and conditions


def two_layers(first: tuple[float, int], second: tuple[float, int], steps=32, **more) -> Counts:
    """100 neurons each, with spikes and fan-out."""
    layers = [
        {"name": name, "neurons": 100, "fan_out": fan_out, "spikes": sent}
        for name, (sent, fan_out) in (("a", first), ("b", second), ("c", (0, 0)))
    ]
    for layer in layers:
        layer["synaptic_operations"] = layer["spikes"] * layer["fan_out"]
    return Counts(layers, steps=steps, **more)


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


# ------------------------------------------------------------------ beside our own prices


def test_our_own_verdict_stands_first_and_knows_its_silicon(trace):
    prices = price(trace, "odin_style", "stm32l4r5")
    found = rules(trace, prices)
    names = [ruling.rule for ruling in found.rulings]
    assert names == ["spikewatt", "spikewatt_one_chip", *RULES]
    core, chip = found["spikewatt"], found["spikewatt_one_chip"]
    assert core.status == Status.OURS
    assert core.quantity == "energy, odin_style+stm32l4r5 / stm32l4r5"
    silicon = [str(ruling.assumptions.silicon) for ruling in (core, chip)]
    assert silicon == ["two devices", "the same"]

    verdicts = prices.verdicts().set_index(["first", "second"])
    for ruling, first in ((core, "odin_style+stm32l4r5 snn"), (chip, "stm32l4r5 snn")):
        row = verdicts.loc[(first, "stm32l4r5 int8_ann")]
        assert (ruling.has.low, ruling.has.high) == pytest.approx((row.ratio_low, row.ratio_high))
        assert ruling.verdict == (row.verdict if row.verdict != "undecided" else "open")
    a_second = rules(trace, price(trace, "odin_style", "stm32l4r5", period_s=1.0))["spikewatt"]
    assert a_second.quantity.startswith("energy in a period of 1 s, ")
    assert a_second.has.low > core.has.high  # the core leaks in between

    no_int8 = rules(trace, price(trace, "odin_style"))
    assert [ruling.rule for ruling in no_int8.rulings] == list(RULES)


def test_tables_say_it_in_a_terminal(trace, capsys, monkeypatch):
    found = rules(trace, zeros=0.6)
    for columns in (80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        print_findings(rule_findings(found))
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= columns
        text = " ".join(" ".join(lines).split())
        assert found.sentence in text
        assert "zeros of the ANN: 60.0 % of its multiply-accumulates, as given" in text
        assert "SRAM" in text
    verdicts, assumed, _ = rule_tables(found)
    assert verdicts.frame["source"].str.len().min() > 10
    assert list(assumed.frame) == ["rule", "paper", "verdict", *COLUMNS, "inferred"]


@pytest.fixture(scope="module")
def trace_file(trace, tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "run.trace"
    trace.save(path)
    return str(path)


def spikewatt(*words: str):
    return CliRunner().invoke(app, words)


def test_price_rules_without_and_beside_devices(trace_file):
    alone = json.loads(spikewatt("price", trace_file, "--rules", "--json").stdout)
    assert [row["rule"] for row in alone["rules"]] == list(RULES)
    assert "rows" not in alone
    devices = ("--device", "odin_style", "--device", "stm32l4r5")
    words = ("price", trace_file, *devices, "--rules", "--zeros", "input=0.5", "--json")
    found = json.loads(spikewatt(*words).stdout)
    assert found["rules"][0]["rule"] == "spikewatt"
    assert found["rows"]
    assert found["rules_sentence"].startswith("With ")
    assert 0 <= found["zeros_low"] < found["zeros_high"] <= 1
    assert "Do spikes win?" in spikewatt("price", trace_file, *devices, "--rules").stdout
    assert "Do spikes win?" not in spikewatt("price", trace_file, *devices).stdout


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("--rules", "--zeros", "1.2"), "a share of zeros lies in 0..1; got 1.2; allowed: 0..1"),
        (("--rules", "--zeros", "conv=0.5"), "must name a population whose spikes feed a layer"),
        (("--rules", "--zeros", "no.json"), "no.json: must be a share in 0..1 or a file of zeros"),
    ],
)
def test_bad_words_are_one_line(trace_file, words, match):
    from spikewatt.errors import SpikewattError

    found = spikewatt("price", trace_file, *words)
    assert isinstance(found.exception, SpikewattError | SystemExit)
    assert match in (found.output + str(found.exception) + (found.stderr or ""))


def test_rules_go_with_a_trace():
    found = spikewatt("price", "--layers", "mlperf_tiny", "--rules")
    text = found.output + str(found.exception) + (found.stderr or "")
    assert "price --rules: goes with a trace or --counts; got --layers" in text
