"""Kernel libraries by family, version and mode, as people write them."""

from __future__ import annotations

import pandas as pd
import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.kernels.library import coefficients
from spikewatt.energy.kernels.measured import MEASURED
from spikewatt.energy.kernels.versions import all_libraries, named
from spikewatt.errors import SpikewattError


@pytest.mark.parametrize(
    ("spelt", "library"),
    [
        ("CMSIS-NN", "cmsis-nn"),
        ("cmsis_nn", "cmsis-nn"),
        ("microTVM+CMSIS-NN", "cmsis-nn"),
        ("TFLM+CMSIS-NN", "tflm-cmsis-nn"),
        ("microTVM native", "tvm"),
        ("TFLM", "tflm-2.3.1"),
        ("TFLM v2.3.1 (stock)", "tflm-2.3.1"),
        ("Reference", "tflm-reference"),
        ("vendor-optimised", "x-cube-ai"),
        ("X-CUBE-AI v7.3.0", "x-cube-ai-7.3"),
        ("X-CUBE-AI v10.2", "x-cube-ai-10.2"),
        ("STM32Cube.AI 9", "x-cube-ai-9.0"),
        ("x-cube-ai-7.1", "x-cube-ai-7.1"),
        ("Bosch HALE version 1.0", "hale-1.0"),
        ("HALE min_ram", "hale-1.0.175-min-ram"),
        ("hale 1.0.175 Max Performance", "hale-1.0.175-max-performance"),
        ("Plumerai Inference Engine", "plumerai-2022"),
        ("Plumerai Inference Engine 2023.05", "plumerai-2023.05"),
        ("ONNC", "onnc"),
    ],
)
def test_names_of_a_library(spelt, library):
    assert str(named(spelt)) == library
    assert named(library) == named(spelt)
    assert load_card("STM32L4R5", spelt).about["library"] == library


def test_every_measured_row_names_a_measured_library():
    found = {named(software) for software in pd.read_csv(MEASURED)["software"]}
    assert len(found) == 14
    assert found <= set(all_libraries())


@pytest.mark.parametrize(
    ("spelt", "nearest", "prunes"),
    [
        ("X-CUBE-AI 8.1", "x-cube-ai-8.0", True),
        ("X-CUBE-AI 8", "x-cube-ai-8.0", False),
        ("x-cube-ai", "x-cube-ai-10.2", True),
        ("X-CUBE-AI 11.0", "x-cube-ai-10.2", True),
        ("X-CUBE-AI 5.2", "x-cube-ai-7.1", False),
        ("plumerai 2024", "plumerai-2023.05", True),
        ("hale", "hale-1.0.175", False),
        ("cmsis-nn 6.0", "cmsis-nn", False),
        ("onnc", "onnc", True),
    ],
)
def test_an_unknown_version_goes_by_the_nearest(spelt, nearest, prunes):
    assert str(named(spelt).nearest) == nearest
    assert named(spelt).prunes is prunes


@pytest.mark.parametrize(
    "spelt", ["X-CUBE-AI nine", "hale fast", "x-cube-ai-7.1.2.3.4.5", "onnc x"]
)
def test_a_version_that_cannot_be_read_is_refused(spelt):
    match = f"library: .* has a version and a mode; got '{spelt}'; allowed: "
    with pytest.raises(SpikewattError, match=match):
        named(spelt)


def test_an_unknown_family_is_refused_with_what_there_is():
    match = "library: must be a kernel library.*got 'CMSIS'; allowed: .*x-cube-ai-7.1.*onnc"
    with pytest.raises(SpikewattError, match=match):
        named("CMSIS")


def test_every_library_is_named_by_its_own_name():
    libraries = all_libraries()
    assert len(libraries) == 17
    assert [named(str(library)) for library in libraries] == libraries


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CmsisNN", "cmsis-nn"),
        ("x-cube-ai9.0", "x-cube-ai-9.0"),
        ("xcubeai8.0", "x-cube-ai-8.0"),
        ("STM32Cube.AI 9", "x-cube-ai-9.0"),
        ("TFLM+CMSISNN", "tflm-cmsis-nn"),
        ("hale1.0.175", "hale-1.0.175"),
        ("reference2", "tflm-reference-2"),
    ],
)
def test_gaps_may_be_missing(text, name):
    assert str(named(text)) == name


@pytest.mark.parametrize("text", ["cmsisnnx", "tvmx", "halex 1.0", "stm32cubexai 9"])
def test_letters_may_not_follow(text):
    with pytest.raises(SpikewattError, match="must be a kernel library"):
        named(text)


def test_a_version_of_plain_kernels_is_told_and_less_sure():
    of_any, versioned = (
        coefficients(text, "Cortex-M4")["cycles_per_mac_conv"]
        for text in ("reference", "reference 2")
    )
    assert "no row states a version" not in of_any.note
    assert "no row states a version of plain kernels: tflm-reference-2" in versioned.note
    assert versioned.value == of_any.value
    assert versioned.low < of_any.low
    assert of_any.high < versioned.high
