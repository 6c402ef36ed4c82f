"""What a run will take, as tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from .findings import Column, Findings, Table
from .numbers import with_prefix
from .units import BYTES, SECONDS

if TYPE_CHECKING:
    from ...sim.engines.estimate.estimate import Estimate


def estimate_findings(found: Estimate, title: str) -> Findings:
    """The engines as a table, the work as facts and lines."""
    facts = {
        "samples": found.samples,
        "steps": found.steps,
        "synaptic_operations": found.synaptic_operations,
        "neuron_updates": found.neuron_updates,
        "macs": found.macs,
        "trace_bytes": found.trace_bytes,
        "file_bytes": found.file_bytes,
        "activity": found.activity,
        "auto": found.engine,
    }
    return Findings((engine_table(found, title),), facts=facts, notes=tuple(_lines(found)))


def engine_table(found: Estimate, title: str, name: str = "rows") -> Table:
    """One row per engine; seconds and memory are empty where it cannot do it."""
    rows = []
    for engine, cost in found.costs.items():
        able = not cost.missing
        rows.append(
            {
                "engine": engine,
                "ready_s": cost.ready_s if able else math.nan,
                "running_s": cost.running_s if able else math.nan,
                "total_s": cost.seconds if able else math.nan,
                "memory_bytes": cost.memory_bytes,
                "remark": _remark(found, engine),
            }
        )

    columns = (
        Column("engine", ("engine",)),
        Column("until it is ready", ("ready_s",), unit=SECONDS, leave_out=2),
        Column("running", ("running_s",), unit=SECONDS, leave_out=1),
        Column("in all", ("total_s",), unit=SECONDS),
        Column("memory", ("memory_bytes",), unit=BYTES),
        Column("remark", ("remark",)),
    )
    return Table(name, title, pd.DataFrame(rows), columns)


def _remark(found: Estimate, engine: str) -> str:
    cost = found.costs[engine]
    if cost.missing:
        return f"cannot: {cost.missing}"
    remarks = ["what auto takes"] if engine == found.engine else []
    if cost.compiles:
        remarks.append("compiles, once")
    return "; ".join(remarks)


def _lines(found: Estimate):
    """The work, line by line."""
    each = found.synaptic_operations / found.samples
    operations = with_prefix(found.synaptic_operations, "").strip()
    yield f"synaptic operations: {operations}, {with_prefix(each, '').strip()} per sample"
    yield f"neuron updates: {with_prefix(found.neuron_updates, '').strip()}"
    macs = with_prefix(found.macs, "").strip()
    yield f"multiply-accumulates of a loop without sparsity: {macs}"
    file, memory = with_prefix(found.file_bytes, "B"), with_prefix(found.trace_bytes, "B")
    yield f"trace: a file of about {file}, {memory} in memory"
    yield f"how active the network is: {found.activity}"
