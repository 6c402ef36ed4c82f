"""All that speaks of registers is made from one description."""

from __future__ import annotations

import re

import pytest
from spikewatt.rtl_ref.design import COUNTER_ORDER, RTL
from spikewatt.rtl_ref.registers import (
    ADDRESS_OF,
    MEMORIES,
    REGISTERS,
    SYSTEM_VERILOG,
    VERSION,
    c_header,
    manual_table,
    register,
    system_verilog,
)

MANUAL = RTL.parent / "README.md"


def test_the_package_of_the_rtl_is_the_one_that_is_made():
    assert SYSTEM_VERILOG.read_text("utf-8") == system_verilog()


def test_the_manual_has_the_table_that_is_made():
    assert manual_table() in MANUAL.read_text("utf-8")


def test_addresses_are_words_in_order_and_fields_do_not_overlap():
    assert [each.address for each in REGISTERS] == [4 * i for i in range(len(REGISTERS))]
    for each in REGISTERS:
        taken = 0
        for field in each.fields:
            assert 0 <= field.low <= field.high < 32
            assert not taken & field.mask
            taken |= field.mask


def test_the_peripheral_treats_every_register():
    text = (RTL / "axi_lite_peripheral.sv").read_text("utf-8")
    writes, reads = text.split("// Reads. A memory")
    for each in REGISTERS:
        treated = rf"\b{each.name}\b[A-Z_, ]*:"
        assert bool(re.search(treated, writes)) == each.writable, each.name
        assert bool(re.search(treated, reads)) == each.readable, each.name


def test_the_c_header_names_every_register_field_counter_and_memory():
    header = c_header()
    for each in REGISTERS:
        assert f"#define SPIKEWATT_{each.name} 0x{each.address:02X}u" in header
        for field in each.fields:
            name = f"SPIKEWATT_{each.name}_{field.name.upper()}"
            assert f"#define {name}_SHIFT {field.low}u" in header
            assert f"#define {name}_MASK 0x{field.mask:08X}u" in header

    for number, name in enumerate(COUNTER_ORDER):
        assert f"#define SPIKEWATT_COUNTER_{name.upper()} {number}u" in header
    for number, name in enumerate(MEMORIES):
        assert f"#define SPIKEWATT_MEMORY_{name.upper()} {number}u" in header
    assert f"#define SPIKEWATT_VERSION {VERSION}u" in header


def test_unknown_registers_and_fields_are_errors():
    assert register("EVENT").address == ADDRESS_OF["EVENT"] == 0x10
    with pytest.raises(KeyError, match="no register 'VOLTAGE'"):
        register("VOLTAGE")
    with pytest.raises(KeyError, match="STATUS has no field 'colour'"):
        register("STATUS").field("colour")
