"""Ten small faults, planted one at a time in a copy of the RTL: the benches must catch each."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from ...errors import SpikewattError
from ...progress import Progress, silent
from ..design import source_files
from .core_bench import run_cases
from .coverage import Coverage
from .random_cases import SWEEP, random_cases
from .single_modules import queue as queue_bench

CASES, SEED = 24, 3


@dataclass(frozen=True)
class Fault:
    """A change of one place of the RTL.

    Parameters
    ----------
    name : what is wrong, in words
    file : name of the SystemVerilog file
    right : text that stands there once
    wrong : text that takes its place
    sweep : entry of SWEEP that runs it, default 0; None for the bench of the queue
    """

    name: str
    file: str
    right: str
    wrong: str
    sweep: int | None = 0


FAULTS = (
    Fault(
        "fires above the threshold only",
        "neuron_update.sv",
        "!step_rest[STATE_BITS+1]",
        "(!step_rest[STATE_BITS+1] && step_rest != 0)",
    ),
    Fault(
        "resets to zero",
        "neuron_update.sv",
        "spike ? stepped : bias_sum",
        "spike ? '0 : bias_sum",
    ),
    Fault(
        "a neuron that may not fire does",
        "neuron_update.sv",
        "!is_event && may_fire && (",
        "!is_event && (",
    ),
    Fault(
        "FIRE does not double",
        "neuron_update.sv",
        "fire_rest[STATE_BITS-1:0] <<< 1",
        "fire_rest[STATE_BITS-1:0] <<< 0",
    ),
    Fault(
        "sums wrap round",
        "saturating_add.sv",
        "saturated = exact[WIDTH] != exact[WIDTH-1]",
        "saturated = 1'b0 && exact[WIDTH]",
    ),
    Fault(
        "event rule goes below 0",
        "neuron_update.sv",
        "total[STATE_BITS-1] ? '0 : total",
        "total",
        sweep=1,
    ),
    Fault(
        "ticks for another core are executed",
        "controller.sv",
        "(in_target == '0 || ",
        "(in_target != '0 || ",
    ),
    Fault(
        "the last neuron's spike ends the visit without its tick",
        "controller.sv",
        "state  <= !last ? READ : passes ? PASS_ON : IDLE;",
        "state  <= !last ? READ : IDLE;",
    ),
    Fault(
        "waiting for the receiver counts as work",
        "integrate_and_fire_core.sv",
        "working && !stalled",
        "working",
    ),
    Fault(
        "a full queue takes a word",
        "event_queue.sv",
        "(tail - head) != (POINTER_BITS+1)'(DEPTH)",
        "1'b1 | (tail == head)",
        sweep=None,
    ),
)


def plant(fault: Fault, folder: Path) -> None:
    """Copy the RTL with the fault in it.

    Parameters
    ----------
    fault : what to change
    folder : path, where the copy is written to

    Raises
    ------
    SpikewattError : the place for the fault is not there, or not once.
    """
    for source in source_files():
        text = source.read_text("utf-8")
        if source.name == fault.file:
            found = text.count(fault.right)
            if found != 1:
                law = f"its place must be once in {fault.file}"
                raise SpikewattError(f"fault {fault.name!r}", law, found, 1)

            text = text.replace(fault.right, fault.wrong)

        (folder / source.name).write_text(text, "utf-8")


def check_without_fault(simulator: str = "verilator") -> None:
    """Raise SpikewattError unless every bench of a fault passes on the RTL as it is.

    Else what it sees is no fault of ours.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    """
    for sweep in dict.fromkeys(fault.sweep for fault in FAULTS):
        row = _bench(sweep, simulator, None)
        if row["mismatches"] or not row["compared"]:
            got = row["where"] or "nothing compared"
            raise SpikewattError("verify.faults", "the benches pass without a fault", got)


def caught(fault: Fault, simulator: str = "verilator") -> dict:
    """Run the bench that ought to see `fault`; a row that says whether, and by what.

    Parameters
    ----------
    fault : what is planted
    simulator : ``verilator`` (default) or ``icarus``
    """
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
        plant(fault, Path(name))
        try:
            row = _bench(fault.sweep, simulator, Path(name))
        except SpikewattError as error:
            # RTL that does not build proves nothing; a bench that hangs has seen the fault.
            if "must build" in str(error):
                raise
            found = True
            seen_by = str(error)[:80]
        else:
            found = row["mismatches"] > 0
            seen_by = row["where"]

    return {
        "fault": fault.name,
        "file": fault.file,
        "caught": found,
        "seen by": seen_by,
    }


def all_caught(simulator: str = "verilator", progress: Progress = silent) -> list[dict]:
    """Every fault, after the same benches without one; one row each.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    progress : called with ("faults", done, all), default nobody
    """
    check_without_fault(simulator)
    rows = []
    for i, fault in enumerate(FAULTS):
        rows.append(caught(fault, simulator))
        progress("faults", i + 1, len(FAULTS))

    return rows


def _bench(sweep: int | None, simulator: str, sources: Path | None) -> dict:
    """The bench of a fault, on the RTL in `sources`."""
    if sweep is None:
        return queue_bench(simulator, sources)
    parameters = SWEEP[sweep]
    cases = random_cases(parameters, CASES, SEED)
    return run_cases(parameters, cases, Coverage(), simulator, sources)
