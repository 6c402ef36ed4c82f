"""InferenceCost: energy and time of an inference on each target, in one table.

The FPGA at the clock that it reached, standard cells with memories by CACTI, and the cards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....energy.pricing.price import price
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace
from ..asic import AsicReport
from ..families.registry import family_of
from ..fpga_report import FpgaReport
from .cells_power import cells_power
from .cycles import CoreWork, chain_work
from .range import ENDS, Range, total

CARDS = ("reference_core", "odin")


@dataclass(frozen=True)
class InferenceCost:
    """What an inference costs on one target, mean over the samples.

    Parameters
    ----------
    target : in words
    clock_hz : that it runs at, Hz
    latency_s : the cores one after the other; low: the busiest alone, s
    energy_j : J
    parts_j : component -> energy, J
    status : ``estimated``, or that of the card
    note : what the numbers rest on
    """

    target: str
    clock_hz: float | None
    latency_s: Range | None
    energy_j: Range | None
    parts_j: Mapping[str, Range]
    status: str
    note: str

    def row(self) -> dict[str, Any]:
        """One line of a table, SI units."""
        row: dict[str, Any] = {"target": self.target, "clock_hz": self.clock_hz}
        for name, found in (("latency", self.latency_s), ("energy", self.energy_j)):
            unit = "s" if name == "latency" else "j"
            row[f"{name}_{unit}"] = found.value if found else None
            row[f"{name}_low_{unit}"] = found.low if found else None
            row[f"{name}_high_{unit}"] = found.high if found else None

        return row | {"status": self.status, "note": self.note}

    def in_words(self) -> dict[str, str]:
        """Energy and latency for a table of designs; {} of what does not execute the network."""
        if self.energy_j is None or self.latency_s is None:
            return {}

        value, low, high = (_digits(getattr(self.energy_j, end) * 1e6) for end in ENDS)
        return {"µJ": f"{value} ({low}..{high})", "ms": _digits(self.latency_s.value * 1e3)}


def inference_costs(
    network: SpikingNetwork,
    trace: Trace,
    reports: Sequence[FpgaReport | AsicReport],
    cards: Iterable[str] = CARDS,
) -> list[InferenceCost]:
    """What an inference costs on each synthesised design and on each card.

    Parameters
    ----------
    network : that was synthesised and that ran
    trace : of the run
    reports : of its synthesis
    cards : names of cards beside them; what does not execute the network says why
    """
    found = []
    for report in reports:
        cycles_per_sop = int(report.parameters.get("CYCLES_PER_SOP", 2))
        work = chain_work(network, trace, cycles_per_sop)
        if isinstance(report, FpgaReport):
            found.append(fpga_cost(report, work))
        else:
            found.append(asic_cost(report, work))

    return found + [card_cost(name, network, trace) for name in cards]


def fpga_cost(report: FpgaReport, work: Sequence[CoreWork]) -> InferenceCost:
    """Energy and time of an inference at the clock that was reached.

    Each access to a memory enables all its block RAMs; memories in LUTs are part of the logic.

    Parameters
    ----------
    report : of the synthesis
    work : of each core
    """
    family, device = family_of(report.device)
    power = family.power(device)
    cycles = _cycles(work)
    latency = cycles.times(1 / report.clock_hz)

    accesses = 0.0
    for number, core in enumerate(work, start=1):
        for memory, count in core.accesses().items():
            accesses += count * report.memory_blocks.get(f"core {number}: {memory}", 0)

    parts = {
        "static": Range.of(power.static_w).times(latency),
        "clock": Range.of(power.clock_j).times(cycles),
        "logic": Range.of(power.logic_j).times(report.luts).times(cycles),
        "block RAMs": Range.of(power.block_j).times(accesses),
    }
    note = f"coefficients: {power.static_w.status} leakage, {power.logic_j.status} logic and clock"
    return InferenceCost(
        target=f"{report.top} on {report.device_and_grade}",
        clock_hz=report.clock_hz,
        latency_s=latency,
        energy_j=total(parts.values()),
        parts_j=parts,
        status="estimated",
        note=f"{note}, {power.block_j.status} block RAMs; without pins and regulator",
    )


def asic_cost(report: AsicReport, work: Sequence[CoreWork]) -> InferenceCost:
    """Energy and time of an inference in standard cells, memories by CACTI.

    Parameters
    ----------
    report : of the synthesis
    work : of each core
    """
    power = cells_power(report)
    cycles = _cycles(work)
    latency = cycles.times(1 / power.clock_hz)

    memories = 0.0
    prices = {entry.name: entry.access_j for entry in report.memories}
    for number, core in enumerate(work):
        for memory, count in core.accesses().items():
            memories += count * prices[f"g_core[{number}].core.{memory}"]

    parts = {
        "leakage of the logic": power.leakage_w.times(latency),
        "logic and clock": power.cycle_j.times(cycles),
        "memories": power.memory_scale.times(memories),
    }
    return InferenceCost(
        target=f"{report.top} in {report.library}",
        clock_hz=power.clock_hz,
        latency_s=latency,
        energy_j=total(parts.values()),
        parts_j=parts,
        status="estimated",
        note=power.note,
    )


def card_cost(name: str, network: SpikingNetwork, trace: Trace) -> InferenceCost:
    """Energy and time of an inference on a card's core, or why it does not execute the network.

    Parameters
    ----------
    name : of the card
    network : that ran
    trace : of the run
    """
    prices = price(trace, name, network=network, max_cores=None, skip_unfit=True)
    if name in prices.does_not_fit:
        why = prices.does_not_fit[name]
        return InferenceCost(f"card {name}", None, None, None, {}, "does not fit", why)

    bill = prices.bill(name)
    (row,) = prices.totals().to_dict("records")
    energy = Range(row["energy_j"], row["energy_low_j"], row["energy_high_j"])
    return InferenceCost(
        target=f"card {name}",
        clock_hz=row["cycles"] / row["time_s"],
        latency_s=Range.exactly(row["time_s"]),
        energy_j=energy,
        parts_j={},
        status="card",
        note=bill.assumptions[0],
    )


def _cycles(work: Sequence[CoreWork]) -> Range:
    """From the busiest core alone to all cores one after the other, which is the value."""
    each = [core.cycles for core in work]
    return Range(sum(each), max(each), sum(each))


def _digits(value: float) -> str:
    """Three digits without an exponent.

    >>> _digits(14843.2), _digits(0.9113)
    ('14,800', '0.911')
    """
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:.3g}"
