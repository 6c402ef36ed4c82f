"""What the verbs show, in words where a number would mislead."""

from __future__ import annotations

import re
from dataclasses import replace

from spikewatt.analysis.report.console import records
from spikewatt.analysis.report.prices import _break_even_rows
from spikewatt.analysis.report.verification import print_target
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.price import price


def test_break_even_in_words(trace):
    """A core that costs more without any spike than the other with all of them; one that stays below in every step; one between."""
    ends = [{"device": "a", "against": "b", "factor_on_spikes": factor, "steps": steps, "simulated_steps": 16}
            for factor, steps in ((None, 0), (2.5, 16), (0.5, 7))]  # fmt: skip
    assert [tuple(row.values())[2:] for row in _break_even_rows(ends)] == [
        ("none", "none"),
        ("2.5", "all 16 simulated"),
        ("0.5", "7 of 16"),
    ]
    card = load_card("odin_style")
    watt = replace(card["leakage_power_w"], value=1.0, low=1.0, high=1.0)
    dear = replace(card, values={**card.values, "leakage_power_w": watt})
    (row,) = records(price(trace, dear, "stm32l4r5").break_evens(trace))
    assert (row["factor_on_spikes"], row["steps"]) == (None, 0)


def test_targets_are_told_in_their_own_words(capsys):
    print_target("proofs", [{"what": "queue", "compared": 3, "mismatches": 0, "where": "PASS"}])
    print_target("faults", [{"what": "fault: one", "compared": 1, "mismatches": 0, "where": "case 4"},
                            {"what": "fault: two", "compared": 1, "mismatches": 1, "where": ""}])  # fmt: skip
    shown = capsys.readouterr().out
    assert "3 properties, 0 proofs failed." in shown
    assert "1 of 2 faults caught." in shown
    assert re.search(r"fault: two\W+no\b", shown)
