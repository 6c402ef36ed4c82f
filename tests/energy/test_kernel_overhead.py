"""What a layer's call and an inference cost: interpreted, or compiled into C."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from spikewatt.energy.cards.load import load_card, with_library
from spikewatt.energy.kernels.law import INFERENCE, LAYER
from spikewatt.energy.kernels.overhead import COUNTED, OF_INTERPRETERS, overhead_of
from spikewatt.energy.kernels.ratios import BORROWED_CORES
from spikewatt.energy.kernels.versions import all_libraries

CORES = ("Cortex-M0+", "Cortex-M4", "Cortex-M33", "Cortex-M7")


def test_every_library_costs_something_on_every_core():
    for library in all_libraries():
        for core in (*CORES, *BORROWED_CORES):
            for known in overhead_of(library, core).values():
                assert 0 < known.low < known.value < known.high


def test_only_interpreters_cost_what_is_assumed_of_them():
    interpreters = {str(known) for known in all_libraries() if known.interprets}
    assert interpreters == {"tflm-cmsis-nn", "tflm-reference", "tflm-2.3.1"}
    for library in all_libraries():
        found = overhead_of(library, "Cortex-M7")
        assert (found is OF_INTERPRETERS) == library.interprets


@pytest.mark.parametrize("core", CORES)
def test_compiled_layers_cost_what_was_executed(core):
    table = pd.read_csv(COUNTED).set_index(["core", "quality"])
    layer = overhead_of("x-cube-ai-9.0", core)[LAYER]
    assert layer.value == table.loc[(core, "best"), LAYER]
    assert layer.low == table.loc[core, LAYER].min()
    assert layer.high == OF_INTERPRETERS[LAYER].value
    assert layer.status == "simulated"
    assert overhead_of("onnc", core)[INFERENCE].value < OF_INTERPRETERS[INFERENCE].value / 10


def test_a_core_without_executed_c_takes_the_one_it_is_like():
    assert overhead_of("tvm", "Cortex-M3") is overhead_of("hale", "Cortex-M4")
    card = load_card("cortex-m85:clock_mhz=480", "tvm")
    assert card[LAYER].value == overhead_of("tvm", "Cortex-M7")[LAYER].value


def test_a_card_changes_its_overhead_with_its_library():
    card = load_card("stm32l4r5", "x-cube-ai-9.0")
    interpreted = with_library(card, "tflm-cmsis-nn")
    assert card[LAYER].value < 100 < interpreted[LAYER].value == 1000
    assert with_library(interpreted, "x-cube-ai-9.0").values == card.values


def test_a_card_keeps_an_overhead_of_its_own():
    card = load_card("stm32l4r5")
    own = card[LAYER].exactly(321.0, status="measured", source="a counter")
    mine = replace(card, values={**card.values, LAYER: replace(own, measurement="mine")})
    for library in ("x-cube-ai-9.0", "tflm"):
        assert with_library(mine, library)[LAYER].value == 321.0
