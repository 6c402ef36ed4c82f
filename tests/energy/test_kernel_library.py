"""Cycles per event of a kernel library on a core: predictions, and how sure they are."""

from __future__ import annotations

from itertools import product
from math import log

import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.kernels.law import ELEMENT, FITTED, predict
from spikewatt.energy.kernels.library import (
    coefficients,
    libraries,
    measured_energy_per_cycle,
    power_over_datasheet,
    published_range,
)
from spikewatt.energy.kernels.overhead import overhead_values
from spikewatt.energy.kernels.ratios import BORROWED_CORES
from spikewatt.energy.kernels.versions import named
from spikewatt.energy.layer_tables.layer_table import LAYERS
from spikewatt.energy.pricing.price import price_layers
from spikewatt.errors import SpikewattError

CORES = ("Cortex-M0+", "Cortex-M4", "Cortex-M33", "Cortex-M7")
KEY = "cycles_per_mac_conv"


def width(library: str, core: str, chip: str | None = None) -> float:
    """Logarithm of high over low."""
    found = coefficients(library, core, chip)[KEY]
    return log(found.high / found.low)


def test_every_library_answers_for_every_core():
    for library, core in product(libraries(), (*CORES, *BORROWED_CORES)):
        found = coefficients(library, core)
        assert list(found) == [*FITTED, ELEMENT]
        for value in found.values():
            assert 0 < value.low < value.value < value.high
            assert value.note
        groups = {found[key].measurement for key in FITTED}
        assert groups == {f"kernel fit {library} {core}"}
        assert found[ELEMENT].measurement == f"assumed {ELEMENT}"


def test_a_range_widens_with_what_is_not_known():
    """Same chip, another chip with its core, a core without rows of the library, a borrowed one."""
    own = width("x-cube-ai-9.0", "Cortex-M4", "stm32l4r5")
    another = width("x-cube-ai-9.0", "Cortex-M4")
    assert own < another
    assert width("x-cube-ai-9.0", "Cortex-M4", "abacus") == another
    assert width("cmsis-nn", "Cortex-M33") < width("cmsis-nn", "Cortex-M7")
    assert width("cmsis-nn", "Cortex-M4") < width("cmsis-nn", "Cortex-M3")
    assert width("cmsis-nn", "Cortex-M7") < width("cmsis-nn", "Cortex-M85")
    assert width("cmsis-nn", "Cortex-M4") < width("tflm-reference", "Cortex-M4")


def test_an_unknown_version_spans_those_of_its_family():
    versions = [name for name in libraries() if named(name).family == "x-cube-ai"]
    assert len(versions) == 5
    for unknown in ("X-CUBE-AI 8.1", "X-CUBE-AI", "X-CUBE-AI 11"):
        found = coefficients(unknown, "Cortex-M4", "stm32l4r5")
        nearest = coefficients(named(unknown).nearest, "Cortex-M4", "stm32l4r5")
        for key in FITTED:
            each = [coefficients(one, "Cortex-M4", "stm32l4r5")[key].value for one in versions]
            assert found[key].value == nearest[key].value
            assert found[key].low <= min(each)
            assert found[key].high >= max(each)
            assert found[key].high / found[key].low > nearest[key].high / nearest[key].low
        assert "no row is of x-cube-ai" in found[KEY].note
        assert "x-cube-ai-7.1 to x-cube-ai-10.2" in found[KEY].note
    assert "no row is" not in coefficients("X-CUBE-AI 9.0", "Cortex-M4", "stm32l4r5")[KEY].note


def test_an_unknown_version_is_said_where_it_is_priced():
    prices = price_layers(LAYERS, "stm32l4r5", library="X-CUBE-AI 8.1", network="IC")
    assert any("no row is of x-cube-ai 8.1: x-cube-ai-8.0" in line for line in prices.assumptions)


def test_plain_kernels_are_slower_than_stock_ones_by_what_was_measured():
    """Published: VWW on an STM32F413 takes 13.0 s, 387 ms with CMSIS-NN; 11 times on an M7."""
    plain, fast = (coefficients(name, "Cortex-M4")[KEY] for name in ("reference", "cmsis-nn"))
    assert 8 < plain.value / fast.value < 20
    assert plain.low / fast.value < 4
    assert plain.high / fast.value > 13_000 / 387
    assert plain.value > coefficients("TFLM", "Cortex-M4")[KEY].value


def test_published_rows_are_met(rows, work_rows, pruned_work_rows):
    """MLPerf Tiny v0.5 to v1.3, github mlcommons/tiny_results_*: residuals, and no validation."""
    errors = []
    for row in rows.itertuples():
        found = coefficients(row.library, row.core, row.chip)
        each = {key: value.value for key, value in found.items()} | overhead_values(
            row.library, row.core
        )
        work = pruned_work_rows if named(row.library).prunes else work_rows
        errors.append(abs(log(predict(each, work[row.network]) / row.cycles)))
    assert len(errors) == 135
    assert sorted(errors)[67] < 0.05
    assert max(errors) < 0.2


def test_cards_take_their_own_chip():
    own = load_card("stm32l4r5", "X-CUBE-AI 9.0")
    assert "was measured on this chip" in own[KEY].source
    other = load_card("stm32f446", "X-CUBE-AI 9.0")
    assert "was measured on stm32l4r5, with this core" in other[KEY].source
    assert own[KEY].value < other[KEY].value


def test_published_energy_per_cycle_holds_the_spread_of_submissions(rows):
    """340 to 433 µW/MHz on the L4R5 at 1.8 V; the range is that of one more submission."""
    found = measured_energy_per_cycle("stm32l4r5 1.8 V")
    assert found.low < 345e-12 < 433e-12 < found.high
    assert found.value == pytest.approx(370e-12, rel=0.05)
    higher = measured_energy_per_cycle("stm32l4r5 3 V")
    assert higher.value / found.value == pytest.approx(3.0 / 1.8)


def test_power_over_the_data_sheet_is_wider_than_its_chips():
    factor = power_over_datasheet()
    assert 1.0 < factor.low < 1.2 < factor.value < 1.4 < factor.high < 2.0
    for chip in ("stm32l4r5", "stm32u575", "stm32h7a3", "ra6m4"):
        assert chip in factor.note


def test_published_ranges_hold_what_is_fitted():
    for key in FITTED:
        least, most = published_range(key)
        assert least <= coefficients("hale-1.0", "Cortex-M7", "stm32h7a3")[key].value <= most


def test_an_unknown_core_or_power_is_refused():
    match = r"core: must be a core.*got 'Cortex-A9'; allowed: Cortex-M0, Cortex-M0\+.*Cortex-M85"
    with pytest.raises(SpikewattError, match=match):
        coefficients("cmsis-nn", "Cortex-A9")
    with pytest.raises(SpikewattError, match="power_fit: must name measured rows; got 'abacus'"):
        measured_energy_per_cycle("abacus")
