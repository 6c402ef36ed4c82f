"""What the core in standard cells uses: by OpenSTA where it ran, else estimated from its cells.

    E_cycle = V² (a C_net cells / 2 + C_clock flip-flops)

Memories are CACTI's at 32 nm and 0.6 V, times (V / 0.6 V)² and the node / 32 nm.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..asic import AsicReport
from .range import Range

# Library's name begins with -> its node, nm.
NODES_NM = {"sky130": 130, "sg13g2": 130}
CACTI_V, CACTI_NM = 0.6, 32
ACTIVITY = 0.1  # toggles of a net in a cycle, as OpenSTA is told by default
NET_F = (15e-15, 5e-15, 50e-15)  # a net with its gates and wires, F: value, low, high
CLOCK_F = (15e-15, 5e-15, 50e-15)  # of the clock at a flip-flop, its share of the tree, F
ASSUMED_CLOCK_HZ = 75e6  # of the card reference_core, where nothing was timed
MEMORY_SPREAD = 3.0


@dataclass(frozen=True)
class CellsPower:
    """What the logic uses, and how CACTI's energies scale to its node.

    Parameters
    ----------
    clock_hz : that it runs at, Hz
    leakage_w : of the logic, W
    cycle_j : of logic and clock in a cycle, J
    memory_scale : of the energies in the report's memories
    note : what the numbers rest on
    """

    clock_hz: float
    leakage_w: Range
    cycle_j: Range
    memory_scale: Range
    note: str


def cells_power(report: AsicReport) -> CellsPower:
    """What a design in standard cells uses.

    Parameters
    ----------
    report : of the synthesis
    """
    voltage = _voltage(report)
    nodes = [nm for name, nm in NODES_NM.items() if name in report.library.lower()]
    node = nodes[0] if nodes else CACTI_NM
    scale = (voltage / CACTI_V) ** 2 * node / CACTI_NM
    memory_scale = Range(scale, scale / MEMORY_SPREAD, scale * MEMORY_SPREAD)
    memories = f"memories: CACTI 32 nm scaled by {scale:.1f} to {voltage:g} V and {node} nm"
    if report.dynamic_w is not None and report.clock_hz is not None:
        cycle = report.dynamic_w / report.clock_goal_hz
        return CellsPower(
            clock_hz=report.clock_hz,
            leakage_w=Range.exactly(report.leakage_w or 0.0),
            cycle_j=Range(cycle, cycle, cycle * 2),
            memory_scale=memory_scale,
            note=f"logic by OpenSTA, wiring and clock tree up to as much again; {memories}",
        )

    nets = Range(*NET_F).times(ACTIVITY / 2 * report.cell_count)
    clock = Range(*CLOCK_F).times(report.flip_flops)
    return CellsPower(
        clock_hz=ASSUMED_CLOCK_HZ,
        leakage_w=Range.exactly(0.0),
        cycle_j=(nets + clock).times(voltage**2),
        memory_scale=memory_scale,
        note=(
            "no OpenSTA: logic from the count of cells, 75 MHz assumed, leakage not included; "
            f"{memories}"
        ),
    )


def _voltage(report: AsicReport) -> float:
    """Of the library's corner, V; that of CACTI where it names none."""
    found = re.match(r"([\d.]+) V", report.corner)
    return float(found[1]) if found else CACTI_V
