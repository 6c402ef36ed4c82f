"""Layers that skip activations of zero: executed, beside ordinary ones and the cards' values."""

from __future__ import annotations

import json

import numpy as np
import pytest
from spikewatt.energy.cards.software_loops import (
    ORDINARY_KEYS,
    ORDINARY_MAC,
    SKIPPING_KEYS,
    SKIPPING_LOOPS,
)
from spikewatt.energy.firmware import measure_skipping
from spikewatt.energy.firmware.cores import core_named
from spikewatt.energy.firmware.int8.geometry import Shape
from spikewatt.energy.firmware.int8.samples import conv, dense
from spikewatt.energy.firmware.measure_skipping import PLAIN_C, counts_of, measure

for package in ("ziglang", "unicorn", "capstone"):
    pytest.importorskip(package, reason="pip install 'spikewatt[firmware]'")

# Shapes that nothing was fitted to, with outputs that fill no block.
DENSE = dense("dense 320-70", 320, 70)
CONV = conv("conv 3x3 8-22", Shape(8, 9, 8), 22, 3)


def stored(core: str, what: str = "values") -> dict:
    """Of a core, as the file has it."""
    return json.loads(SKIPPING_LOOPS.read_text("utf-8"))[core]["skipping"][what]


@pytest.mark.parametrize(
    ("core", "sample"), [("Cortex-M0+", DENSE), ("Cortex-M4", CONV)], ids=["dense", "conv"]
)
def test_the_cards_values_predict_layers_that_were_not_fitted(sample, core, monkeypatch):
    """And the answers are those of the ordinary kernel, or `measure` raises."""
    monkeypatch.setattr(measure_skipping, "SHARES", (0.45, 0.75))
    values, by_hand = stored(core), stored(core, "ordinary")
    rows = list(measure(sample, core_named(core)))
    assert len(rows) == 2
    for row in rows:
        said = sum(values[key]["value"] * row.counts[key] for key in SKIPPING_KEYS)
        assert said == pytest.approx(row.cycles, rel=0.1)
        layer = sample.layer
        ordinary = dict(row.counts) | {ORDINARY_MAC: layer.operations}
        said = sum(by_hand[key] * ordinary[key] for key in ORDINARY_KEYS)
        assert said == pytest.approx(row.ordinary, rel=0.15)
    assert rows[1].cycles < 0.8 * rows[0].cycles


def test_what_the_compiler_makes_of_it_lies_below_the_upper_end(monkeypatch):
    monkeypatch.setattr(measure_skipping, "SHARES", (0.5,))
    values = stored("Cortex-M4")
    (by_hand,) = measure(DENSE, core_named("Cortex-M4"))
    (in_c,) = measure(DENSE, core_named("Cortex-M4"), (PLAIN_C,))
    high = sum(values[key]["high"] * in_c.counts[key] for key in SKIPPING_KEYS)
    assert by_hand.cycles < in_c.cycles < high


def test_taps_are_those_under_the_window():
    """Against loops over positions and taps."""
    random = np.random.default_rng(3)
    nonzero = random.random(8 * 9 * 8) < 0.4
    image = np.pad(nonzero.reshape(8, 9, 8), ((1, 1), (1, 1), (0, 0)))
    wanted = sum(int(image[y : y + 3, x : x + 3].sum()) for y in range(8) for x in range(9))
    counts = counts_of(CONV.layer, nonzero)
    assert counts["cycles_per_tap_listed"] == wanted > 0
    assert counts["cycles_per_mac_nonzero"] == 22 * wanted
    assert counts["cycles_per_position"] == 72
