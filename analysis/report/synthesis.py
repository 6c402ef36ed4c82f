"""What a synthesis found: sizes and clocks, and what an inference costs there and on the cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from .findings import Column, Findings, Table
from .units import HERTZ, JOULES, SECONDS

if TYPE_CHECKING:
    from ...rtl_ref.synthesis.asic import AsicReport
    from ...rtl_ref.synthesis.costs.inference import InferenceCost
    from ...rtl_ref.synthesis.designs import Design
    from ...rtl_ref.synthesis.fpga_report import FpgaReport
    from ...rtl_ref.synthesis.toggles import Activity

HIDDEN = ("top", "critical path")  # of a report's row: too long for a table
# Of a page that is too narrow, the last one first.
GOES_FIRST = ("device", "block RAMs", "flip-flops", "multipliers", "MHz, spread")
COSTS_TITLE = "An inference at the clock that was reached, beside the cards"
COSTS = (
    "energy: the whole FPGA's leakage, its clock tree, logic and block RAMs by coefficients that "
    "are measured on an iCE40UP5K and scaled or assumed elsewhere: an estimate, with its range.",
    "latency: the cores one after the other; they overlap, and the busiest one bounds it below.",
)


def synthesis_findings(
    designs: Sequence[Design],
    on_fpga: Mapping[str, FpgaReport],
    in_cells: Mapping[str, Sequence[AsicReport]],
    activity: Activity | None = None,
    more: Sequence[str] = (),
) -> Findings:
    """A table per kind of target, and one of costs where there are data.

    Parameters
    ----------
    designs : that were synthesised
    on_fpga : name of a design -> its report
    in_cells : name of a design -> its report in each library
    activity : of a waveform, default none
    more : further notes
    """
    costs = {}
    for design in designs:
        reports = [on_fpga[design.name]] if design.name in on_fpga else []
        costs[design.name] = design.costs([*reports, *in_cells[design.name]])

    tables = _size_tables(designs, on_fpga, in_cells, costs)
    notes = _notes(designs, on_fpga, in_cells, activity)
    if any(costs.values()):
        tables.append(_costs_table(costs))
        notes += _why_not(costs)
        notes += COSTS

    notes += more
    reports = [*on_fpga.values(), *(report for found in in_cells.values() for report in found)]
    facts = {"reports": [report.as_dict() for report in reports], "notes": notes}
    return Findings(tuple(tables), facts=facts, notes=tuple(dict.fromkeys(notes)))


def _size_tables(
    designs: Sequence[Design],
    on_fpga: Mapping[str, FpgaReport],
    in_cells: Mapping[str, Sequence[AsicReport]],
    costs: Mapping[str, Sequence[InferenceCost]],
) -> list[Table]:
    fpgas, cells = [], []
    for design in designs:
        name = design.name
        if name in on_fpga:
            per_inference = costs[name][0].in_words() if costs[name] else {}
            fpgas.append({"design": name, **_shown(on_fpga[name]), **per_inference})
        for report in in_cells[name]:
            cells.append({"design": name, **_shown(report)})

    tables = []
    for kind, rows in (("FPGA", fpgas), ("standard cells", cells)):
        if rows:
            frame = pd.DataFrame(rows, dtype=object)
            title = f"Synthesis of the RTL core: {kind}"
            columns = [Column(key, (key,), leave_out=_leave_out(key)) for key in frame.columns]
            tables.append(Table("cells" if tables else "rows", title, frame, columns))

    return tables


def _leave_out(key: str) -> int:
    """When a column goes where there is no room: sizes, clock and costs stay."""
    return GOES_FIRST.index(key) + 1 if key in GOES_FIRST else 0


def _costs_table(costs: Mapping[str, Sequence[InferenceCost]]) -> Table:
    rows = [{"design": name, **cost.row()} for name, found in costs.items() for cost in found]
    columns = [
        Column("design", ("design",)),
        Column("target", ("target",)),
        Column("clock", ("clock_hz",), unit=HERTZ, leave_out=3),
        Column("latency", ("latency_s",), unit=SECONDS, leave_out=2),
        Column("energy", ("energy_j",), unit=JOULES),
        Column("low to high", ("energy_low_j", "energy_high_j"), unit=JOULES, leave_out=1),
        Column("status", ("status",), leave_out=4),
    ]
    return Table("costs", COSTS_TITLE, pd.DataFrame(rows, dtype=object), columns)


def _shown(report: FpgaReport | AsicReport) -> dict[str, object]:
    return {key: cell for key, cell in report.row().items() if key not in HIDDEN}


def _why_not(costs: Mapping[str, Sequence[InferenceCost]]) -> list[str]:
    """Why a card does not execute the networks."""
    return [
        f"{name}: {cost.target}: {cost.note}"
        for name, found in costs.items()
        for cost in found
        if cost.energy_j is None
    ]


def _notes(
    designs: Sequence[Design],
    on_fpga: Mapping[str, FpgaReport],
    in_cells: Mapping[str, Sequence[AsicReport]],
    activity: Activity | None,
) -> list[str]:
    """What to say with the tables."""
    notes = []
    for design in designs:
        name = design.name
        reports = in_cells[name]
        if name in on_fpga:
            report = on_fpga[name]
            limit = f"the clock is limited by {report.limit()}"
            notes.append(f"{name}: {report.technology}; {limit}.")
            notes.append(f"{name}: reports of the tools in {report.folder}")
        for report in reports:
            about = f"{report.technology}, {report.corner}; activity: {report.activity}"
            notes += [f"{name}: {note}." for note in (about, *report.notes)]
            notes.append(f"{name}: reports of the tools in {report.folder}")
        if activity:
            notes += _energy_shares(name, design.top, design.parameters, activity)

    return notes


def _energy_shares(name: str, top: str, parameters: Mapping, activity: Activity) -> list[str]:
    """How the energy of the waveform splits, beside how the parametric card splits it."""
    from ...energy.cards.scaling_laws import MEMORY_SHARE

    shares = activity.energy_shares(parameters, top)
    listed = ", ".join(f"{group} {share:.0%}" for group, share in shares.items())
    of_waveform = f"shares of energy by accesses (CACTI) and toggles of the waveform: {listed}"
    of_card = f"memories {MEMORY_SHARE:.0%}, logic {1 - MEMORY_SHARE:.0%} of a synaptic operation"
    return [
        f"{name}: {of_waveform}; beside them the card odin_style: {of_card}.",
        "logic is a lower bound there: 2 fF per toggle assumed, no clock tree, no glitches; "
        "memories below 1 kB count as 1 kB.",
    ]
