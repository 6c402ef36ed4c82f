"""Law: verdicts by thresholds, monotone in spikes; what decides; tables, page and command line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.analysis.literature.assumptions import COLUMNS
from spikewatt.analysis.literature.lemaire import access_j, dense_j, spiking_j
from spikewatt.analysis.literature.quantities.quantities import quantities_of
from spikewatt.analysis.literature.quantities.span import Span
from spikewatt.analysis.literature.report import rule_findings, rule_tables
from spikewatt.analysis.literature.rule import EQUAL, Rule, Status, Verdict
from spikewatt.analysis.literature.rules import RULES, rules
from spikewatt.analysis.report.terminal.console import print_findings
from spikewatt.cli.main import app
from spikewatt.energy.pricing.price import price
from typer.testing import CliRunner

from ...helpers.said import data_of
from .counts_by_hand import counts

ORDER = [Verdict.WINS, Verdict.OPEN, Verdict.LOSES]

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
    alone = data_of(spikewatt("price", trace_file, "--rules", "--json").stdout)
    assert [row["rule"] for row in alone["rules"]] == list(RULES)
    assert "rows" not in alone
    devices = ("--device", "odin_style", "--device", "stm32l4r5")
    words = ("price", trace_file, *devices, "--rules", "--zeros", "input=0.5", "--json")
    found = data_of(spikewatt(*words).stdout)
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
