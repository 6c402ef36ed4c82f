"""Cycles per event of a kernel library on a core: fitted, borrowed, and how sure."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.kernels.law import ELEMENT, FITTED, predict
from spikewatt.energy.kernels.library import (
    OLDER,
    borrow,
    coefficients,
    libraries,
    measured_chip,
    measured_energy_per_cycle,
    named,
)
from spikewatt.energy.kernels.overhead import overhead_values
from spikewatt.errors import SpikewattError


def test_every_library_answers_for_every_core():
    cores = {core for some in libraries().values() for core in some}
    assert cores == {"Cortex-M0+", "Cortex-M4", "Cortex-M33", "Cortex-M7"}
    for library, own in libraries().items():
        for core in cores:
            found = coefficients(library, core)
            assert list(found) == [*FITTED, ELEMENT]
            for value in found.values():
                assert 0 < value.low < value.value < value.high
                assert value.note
            assert found[ELEMENT].measurement == f"assumed {ELEMENT}"
            assert found["cycles_per_output"].measurement == f"kernel fit {library} {core}"
            borrowed = "borrowed" in found["cycles_per_mac_conv"].note
            assert borrowed == (core not in own)
            assert (measured_chip(library, core) is None) == borrowed


def test_lenders_are_named():
    note = coefficients("cmsis-nn", "Cortex-M7")["cycles_per_output"].note
    assert "borrowed from hale and x-cube-ai" in note


def width(library: str, core: str, same_chip: bool = True) -> float:
    """Half of the range, relative to the value."""
    found = coefficients(library, core, same_chip)["cycles_per_mac_conv"]
    assert found.value - found.low == pytest.approx(found.high - found.value)
    return (found.high - found.low) / 2 / found.value


def test_a_range_widens_with_what_is_not_known():
    own = width("cmsis-nn", "Cortex-M4")
    assert width("cmsis-nn", "Cortex-M4", same_chip=False) == pytest.approx(np.hypot(own, 0.1))
    assert width("cmsis-nn", "Cortex-M7") >= np.hypot(own, 0.2) - 1e-9
    assert width("hale", "Cortex-M7") == pytest.approx(0.05)


def test_published_rows_lie_in_the_range_of_borrowed_coefficients(rows, work_rows):
    """Stacks that were measured, predicted without their own rows.

    From another core of the same library, times other libraries' ratio of the cores.
    """
    errors = []
    for (library, core), stack in rows.groupby(["library", "core"]):
        if core == "Cortex-M0+" or len(libraries()[library]) == 1:
            continue  # no other library has both cores
        found = borrow(library, core)
        assert core != found.reference
        assert library not in found.lenders
        assert OLDER.get(library) not in found.lenders

        each = {**found.values, ELEMENT: 6.0, **overhead_values()}
        for row in stack.itertuples():
            error = predict(each, work_rows[row.network]) / row.cycles - 1
            assert abs(error) < max(found.spreads.values())
            errors.append(error)
    assert len(errors) == 44
    assert np.median(np.abs(errors)) < 0.12


def test_an_unknown_library_or_core_is_refused():
    match = (
        "library: must be a kernel library.*got 'CMSIS'; "
        "allowed: cmsis-nn, hale, tflm, tvm, x-cube-ai"
    )
    with pytest.raises(SpikewattError, match=match):
        coefficients("CMSIS", "Cortex-M4")
    match = (
        "core: must be a core.*got 'Cortex-M55'; "
        r"allowed: Cortex-M0\+, Cortex-M33, Cortex-M4, Cortex-M7"
    )
    with pytest.raises(SpikewattError, match=match):
        coefficients("cmsis-nn", "Cortex-M55")
    match = r"another library must link this core to a fitted one.*hale: Cortex-M0\+"
    with pytest.raises(SpikewattError, match=match):
        borrow("hale", "Cortex-M0+")
    with pytest.raises(SpikewattError, match="power_fit: must name measured rows; got 'abacus'"):
        measured_energy_per_cycle("abacus")


@pytest.mark.parametrize(
    ("spelt", "library"),
    [
        ("CMSIS-NN", "cmsis-nn"),
        ("cmsis_nn", "cmsis-nn"),
        ("vendor-optimised", "x-cube-ai"),
        ("Reference", "tflm"),
        ("X-CUBE-AI v7.3.0", "x-cube-ai"),
        ("Bosch HALE version 1.0", "hale"),
        ("x-cube-ai-7.1", "x-cube-ai-7.1"),
    ],
)
def test_names_of_a_library(spelt, library):
    assert named(spelt) == library
    assert load_card("STM32L4R5", spelt).about["library"] == library
