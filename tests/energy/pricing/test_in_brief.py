"""Law: the short lines of a price say of each card once what is counted and how sure it is."""

from __future__ import annotations

import pytest
import spikewatt as sw
from spikewatt.energy.cards.load import load_card


@pytest.fixture(scope="module")
def prices(trace):
    return sw.price(trace, "odin_style", "stm32l4r5", "nrf54l15", zeros=0.5)


def test_each_card_is_told_once(prices):
    lines = prices.in_brief
    for name in ("odin_style", "stm32l4r5", "nrf54l15"):
        card = load_card(name)
        kernels = "" if name == "odin_style" else "; int8 by cmsis-nn"
        place = lines.index(f"{name}: {card.title}{kernels}")
        assert lines[place + 1] == f"  counted: {card.includes}"
        assert lines[place + 2] == f"  not counted: {card.excludes}"
    heads = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    assert len(set(heads)) == len(heads) > 3


def test_values_are_counted_by_status(prices):
    card = load_card("stm32l4r5")
    said = prices.in_brief[prices.in_brief.index(f"stm32l4r5: {card.title}; int8 by cmsis-nn") + 3]
    numbers = [int(word) for word in said.split() if word.isdigit()]
    assert sum(numbers) == len(card.values)
    measured = sum(value.status == "measured" for value in card.values.values())
    assert f"{measured} measured" in said


def test_hosts_and_skipped_zeros_are_told_where_they_are(prices, trace):
    hosted = "odin_style+stm32l4r5, odin_style+nrf54l15: besides, what the host does"
    assert sum(line.startswith(hosted) for line in prices.in_brief) == 1
    assert any(line.startswith("int8_ann_zero_skipping: ") for line in prices.in_brief)
    alone = sw.price(trace, "odin_style", host=None)
    assert len(alone.in_brief) == 4


def test_they_are_shorter_than_the_assumptions(prices):
    assert sum(map(len, prices.in_brief)) < sum(map(len, prices.assumptions)) / 2
