"""Law: what Python says of the design is what its SystemVerilog says."""

from __future__ import annotations

import re

import pytest
from spikewatt.errors import SpikewattError
from spikewatt.rtl_ref.design import (
    CHAIN_DEFAULTS,
    CORE,
    COUNTER_ORDER,
    DEFAULTS,
    LIMITS,
    RTL,
    SOURCES,
    check_parameters,
    memories,
    packed,
    source_files,
    sources_of,
    unpack,
)
from spikewatt.rtl_ref.model.words import KINDS


def module(name: str) -> str:
    return (RTL / f"{name}.sv").read_text()


def test_every_file_of_the_folder_is_compiled_once():
    assert sorted(SOURCES) == sorted(path.name for path in RTL.glob("*.sv"))
    assert source_files() == [RTL / name for name in SOURCES]


def test_a_module_is_compiled_with_all_that_it_uses():
    """A file names only modules that were compiled before it."""
    names = [name.removesuffix(".sv") for name in SOURCES]
    used = 0
    for top in names:
        compiled = {file.stem for file in sources_of(top)}
        assert top in compiled
        for other in names:
            if other != top and re.search(rf"^\s*{other} +(#|\w+ *\()", module(top), re.M):
                assert other in compiled
                used += 1

    assert used > 8


def test_defaults_and_limits_are_of_parameters_that_the_core_has():
    found = re.findall(r"parameter (?:int|bit) (\w+) *= (\w+'?\w*)", module(CORE))
    values = {name: int(text.rpartition("b")[2]) for name, text in found}
    assert {name: values[name] for name in DEFAULTS} == DEFAULTS
    assert set(LIMITS) == set(values)
    for name, value in values.items():
        low, high = LIMITS[name]
        assert low <= value <= high


def test_defaults_of_the_chain():
    for name, literal in CHAIN_DEFAULTS.items():
        found = re.search(rf"{name} *= \{{16'd(\d+), 16'd(\d+)\}}", module("snn_top"))
        assert found is not None
        second, first = (int(size) for size in found.groups())
        assert unpack(literal) == [first, second]


def test_kinds_of_ticks_have_the_numbers_of_the_package():
    found = re.findall(r"localparam logic \[\S+\] (\w+) *= 3'd(\d)", module("snn_words"))
    assert [(name, int(number)) for name, number in found] == [
        (name, number) for number, name in enumerate(KINDS)
    ]


def test_counters_have_the_numbers_of_the_package():
    text = module("snn_words")
    for number, name in enumerate(COUNTER_ORDER):
        assert re.search(rf"localparam int {name.upper()} *= {number};", text)
    assert re.search(rf"localparam int COUNTERS *= {len(COUNTER_ORDER)};", text)


def test_sizes_that_do_not_fit_their_field_are_refused():
    with pytest.raises(SpikewattError, match="must fit into 16 bits; got 65536"):
        packed([65536, 10])
    with pytest.raises(SpikewattError, match="must be the length of a chain; got 16"):
        packed(16 * [4])
    assert unpack(packed([65535, 10])) == [65535, 10]


@pytest.mark.parametrize("sizes", [[1], [784, 48], [65535, 1, 30]])
def test_what_is_packed_can_be_unpacked(sizes):
    assert unpack(packed(sizes)) == sizes


@pytest.mark.parametrize("text", ["", "784", "8'h30", "32'hxy", "16'h10000", "256'h" + "0" * 64])
def test_what_is_no_packed_literal_is_refused(text):
    with pytest.raises(SpikewattError, match="must be a packed literal, 16 bits per core"):
        unpack(text)


def test_memories_of_a_chain_are_those_of_its_cores():
    chain = memories(
        {"CORES": 2, "AXONS": packed([784, 48]), "NEURONS": packed([48, 10])}, "snn_top"
    )
    first = memories({"AXONS": 784, "NEURONS": 48})
    second = memories({"AXONS": 48, "NEURONS": 10})
    expected = {f"g_core[0].core.{name}": size for name, size in first.items()}
    expected |= {f"g_core[1].core.{name}": size for name, size in second.items()}
    assert chain == expected
    assert len(chain) == 8


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"AXONS": 0}, "AXONS: must be a size of the core; got 0; allowed: 1..65536"),
        (
            {"WEIGHT_BITS": 12, "STATE_BITS": 8},
            "weights are no wider than the potential; got 12; allowed: <= 8",
        ),
        ({"QUEUE_DEPTH": 3}, "QUEUE_DEPTH: must be a power of two; got 3"),
        (
            {"CYCLES_PER_SOP": 1},
            "CYCLES_PER_SOP: must be a size of the core; got 1; allowed: 2..64",
        ),
        ({"EVENT_RULE": 2}, "EVENT_RULE: must be a size of the core; got 2; allowed: 0..1"),
    ],
)
def test_parameters_that_no_core_has_are_refused(parameters, match):
    with pytest.raises(SpikewattError, match=match):
        check_parameters(parameters)
