"""Faults of the rules that no input can show, and why."""

from __future__ import annotations

from ...design import RTL
from .fault import Fault

_TAKEN_ANEW = "written anew when the next word is taken, and looked at by nobody before"
_EXTENDED = "the sum is wider, so that the number is extended by its sign all the same"
_LARGEST = "differs for 65,536 axons or neurons alone, which no bench has the time for"

# File, the line, which of the lines of that text, the fault, why nothing can show it.
EQUIVALENT: tuple[tuple[str, str, int, str, str], ...] = (
    *(
        ("controller.sv", f"{name:<8} <= '0;", 0, fault, _TAKEN_ANEW)
        for name in ("kind", "target", "axon", "neuron", "waited")
        for fault in ("constant: '0 → '1", f"left out: {name} <= '0; → ;")
    ),
    ("controller.sv", "is_event <= 1'b0;", 0, "constant: 1'b0 → 1'd1", _TAKEN_ANEW),
    ("controller.sv", "is_event <= 1'b0;", 0, "left out: is_event <= 1'b0; → ;", _TAKEN_ANEW),
    (
        "saturating_add.sv",
        "exact     = (WIDTH+1)'(a) + (WIDTH+1)'(b);",
        0,
        "constant: 1 → 0",
        _EXTENDED,
    ),
    (
        "neuron_update.sv",
        "input  wire [snn_words::KIND_BITS-1:0] kind,      // of a tick",
        0,
        "width: 1:0] → 2:0]",
        "a MARK, the only kind with that bit, visits no neuron",
    ),
    *(
        ("integrate_and_fire_core.sv", line, 0, "constant: 1 → 0", _LARGEST)
        for line in (
            "wire port_row_exists    = (NUMBER_BITS+1)'(port_axon) < (NUMBER_BITS+1)'(AXONS);",
            "wire port_column_exists = (NUMBER_BITS+1)'(port_neuron) < (NUMBER_BITS+1)'(NEURONS);",
            "wire axon_exists = (NUMBER_BITS+1)'(in_axon) < (NUMBER_BITS+1)'(AXONS);",
        )
    ),
    (
        "snn_registers.sv",
        "localparam logic [9:0] LAST_REGISTER    = REFUSED;",
        0,
        "name: REFUSED → IDENTIFICATION",
        "for those who count the registers: no module reads it",
    ),
    (
        "snn_top.sv",
        "assign link_neuron = numbers[(CORES+1)*NUMBER_BITS-1:NUMBER_BITS];",
        0,
        "operator: - → +",
        "the two bits more are cut off",
    ),
)


def is_equivalent(fault: Fault) -> bool:
    """Whether a fault is known to change nothing that can be seen."""
    return reason(fault) != ""


def reason(fault: Fault) -> str:
    """Why a fault changes nothing that can be seen; "" if it does, as far as is known."""
    place = place_of(fault)
    for *known, why in EQUIVALENT:
        if tuple(known) == place:
            return why
    return ""


def place_of(fault: Fault) -> tuple[str, str, int, str]:
    """File, line, which of the lines of that text, and name of a fault."""
    text = (RTL / fault.file).read_text("utf-8")
    lines = [" ".join(line.split(" ")).strip() for line in text.splitlines()]
    number = fault.line(text) - 1
    return fault.file, lines[number], lines[:number].count(lines[number]), fault.name
