"""Which module of the RTL a placed cell belongs to.

Registers and memories keep the names of the RTL. A LUT belongs to the module of the register or
memory that it reaches first; what writes potentials is the neuron update, and what reaches none
feeds the ports.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping

from ..families.family import BLOCK_RAM, FLIP_FLOP, Family

SYNAPSES, NEURONS, UPDATE = "synapse memory", "neuron memories", "neuron update"
REST = "ports and links"

# Module -> the instances of the RTL that it is made of; the first that matches is it.
MODULES = {
    SYNAPSES: r"\bsynapses\b",
    NEURONS: r"\b(potentials|thresholds|biases)\b",
    "controller": r"\bcontrol\b",
    "queue": r"\b\w*queue\b",
    "counters": r"\bcounters\b",
}
ALL_MODULES = (SYNAPSES, NEURONS, UPDATE, "controller", "queue", "counters", REST)
DATA_INPUTS = re.compile(r"(DI|WD)\w*|[ABCD]1")  # the last: of an ECP5's TRELLIS_RAMW
DISTRIBUTED = ("TRELLIS_RAMW", "RAM16SDP4")  # ports and cells of memories that lie in LUTs


def module_of(name: str) -> str:
    """Module of a register or memory, by its name in the netlist.

    >>> module_of("g_core[0].core.synapses.memory.0.0"), module_of("asked_TRELLIS_FF_Q")
    ('synapse memory', 'ports and links')
    """
    path = re.sub(r"_(TRELLIS|SB|DFF|LUT|ALU|CCU2C|PFUMX|L6MUX|DI|DO|AD|RDATA|WDATA)\w*", "", name)
    for module, pattern in MODULES.items():
        if re.search(pattern, path):
            return module

    return REST


def modules_of(cells: Mapping[str, dict], family: Family) -> dict[str, str]:
    """Cell -> module, of all cells of a placed netlist.

    Parameters
    ----------
    cells : of the netlist as the placer writes it
    family : of the FPGA
    """
    drivers = _drivers(cells)
    found: dict[str, str] = {}
    waiting: deque[str] = deque()
    for name, cell in cells.items():
        if _keeps_state(cell, family):
            found[name] = module_of(name)
            waiting.append(name)

    while waiting:
        name = waiting.popleft()
        for pin, bits in cells[name]["connections"].items():
            if cells[name]["port_directions"].get(pin) != "input":
                continue
            writes = found[name] == NEURONS and DATA_INPUTS.fullmatch(pin)
            module = UPDATE if writes else found[name]
            for bit in bits:
                driver = drivers.get(bit)
                if driver is not None and driver not in found:
                    found[driver] = module
                    waiting.append(driver)

    return {name: found.get(name, REST) for name in cells}


def _keeps_state(cell: dict, family: Family) -> bool:
    """Whether a cell is a register or a memory; cells of some families hold both kinds."""
    if family.cells.get(cell["type"]) in (BLOCK_RAM, FLIP_FLOP) or cell["type"] in DISTRIBUTED:
        return True
    if cell["parameters"].get("MODE") == "DPRAM":
        return True

    return str(cell["parameters"].get("DFF_ENABLE", "0")).strip("0") != ""


def _drivers(cells: Mapping[str, dict]) -> dict[int, str]:
    """Bit -> the cell that drives it."""
    found = {}
    for name, cell in cells.items():
        for pin, bits in cell["connections"].items():
            if cell["port_directions"].get(pin) == "output":
                for bit in bits:
                    found[bit] = name

    return found
