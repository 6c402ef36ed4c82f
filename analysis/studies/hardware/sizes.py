"""compare_sizes: networks of several sizes on FPGAs and in standard cells, seed by seed.

    power = energy of an inference / its latency

An FPGA gives a line per seed of the placer; a library one line, at an assumed clock where OpenSTA
is not installed. A device that is too small gives a line that says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import DoesNotFitError, SpikewattError
from ....progress import Progress, silent
from ....rtl_ref.design import CHAIN, memories
from ....rtl_ref.synthesis.asic import AsicReport, synthesise_asic
from ....rtl_ref.synthesis.costs.cycles import chain_work
from ....rtl_ref.synthesis.costs.inference import InferenceCost, asic_cost, fpga_cost
from ....rtl_ref.synthesis.costs.seeds import seed_reports
from ....rtl_ref.synthesis.fpga import synthesise_fpga
from ....rtl_ref.synthesis.fpga_report import FpgaReport
from ....rtl_ref.synthesis.parameters import parameters_of
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace

if TYPE_CHECKING:
    import pandas as pd

FPGA, CELLS = "FPGA", "cells"
ROUTED, TIMED, ASSUMED = "placed and routed", "OpenSTA", "assumed"
ENDS = {"": "value", "low_": "low", "high_": "high"}

# Columns of the frame and of a study's sizes.csv, in this order; SI units.
COLUMNS = (
    "cell", "network", "network_hash", "design", "code", "steps", "weight_bits", "images",
    "spikes_per_image", "synaptic_operations_per_image", "memory_bits", "target", "kind", "seed",
    "luts", "flip_flops", "block_rams", "block_rams_available", "cells", "area_mm2", "frequency_hz",
    "frequency_by", "latency_s", "latency_low_s", "latency_high_s", "power_w", "power_low_w",
    "power_high_w", "energy_per_inference_j", "energy_per_inference_low_j",
    "energy_per_inference_high_j", "refused", "tools",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SizeRun:
    """A network that is synthesised, and what it did on some images.

    Parameters
    ----------
    cell : name of the run, such as ``mlp-48/rate``
    network_name : of the Keras network that it came from
    network : that the cores execute
    trace : of it
    """

    cell: str
    network_name: str
    network: SpikingNetwork
    trace: Trace

    @property
    def design(self) -> str:
        """Sizes of the layers: ``784-48-10``."""
        return "-".join(str(population.size) for population in self.network.populations)


def compare_sizes(
    runs: Sequence[SizeRun],
    devices: Mapping[str, Sequence[int]],
    libraries: Sequence[Path] = (),
    progress: Progress = silent,
    fewer: Mapping[str, Mapping[str, Sequence[int]]] | None = None,
) -> pd.DataFrame:
    """What each network takes and costs on each target.

    Parameters
    ----------
    runs : networks with a trace each
    devices : name of an FPGA -> seeds of its placer
    libraries : paths of cell libraries, plain or gzipped
    progress : called with (stage, done, in all)
    fewer : name of a run -> its devices, where they are not the same

    Returns
    -------
    DataFrame with the columns of COLUMNS, a line per network, target and seed

    Raises
    ------
    MissingToolError : Yosys or a placer is not installed; it names what installs it.
    SpikewattError : no run, no target, or a library that is not there.
    """
    import pandas as pd

    _check(runs, devices, libraries)
    lines: list[dict[str, Any]] = []
    for number, run in enumerate(runs):
        for device, seeds in (fewer or {}).get(run.cell, devices).items():
            lines += fpga_lines(run, device, seeds)
        for library in libraries:
            lines.append(cells_line(run, library))
        progress("synthesise", number + 1, len(runs))

    return pd.DataFrame(lines, columns=list(COLUMNS))


def fpga_lines(run: SizeRun, device: str, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """A line per seed on one FPGA; one that says why where it is too small.

    Parameters
    ----------
    run : the network
    device : name of the FPGA
    seeds : of the placer
    """
    parameters = parameters_of(run.network)
    try:
        report = synthesise_fpga(parameters, CHAIN, device=device, seeds=seeds)
    except DoesNotFitError as error:
        return [_of_run(run) | {"target": device, "kind": FPGA, "refused": str(error)}]

    work = chain_work(run.network, run.trace)
    return [
        _of_run(run) | _of_placement(placed) | _of_cost(fpga_cost(placed, work))
        for placed in seed_reports(report).values()
    ]


def cells_line(run: SizeRun, library: Path) -> dict[str, Any]:
    """The line of a network in one cell library.

    Parameters
    ----------
    run : the network
    library : path of the cell library
    """
    report = synthesise_asic(parameters_of(run.network), library, top=CHAIN)
    cost = asic_cost(report, chain_work(run.network, run.trace))
    return _of_run(run) | _of_cells(report) | _of_cost(cost)


def _check(
    runs: Sequence[SizeRun], devices: Mapping[str, Sequence[int]], libraries: Sequence[Path]
) -> None:
    where = "compare_sizes"
    if not runs:
        raise SpikewattError(where, "compares networks", "none", "at least one")
    if not devices and not libraries:
        raise SpikewattError(where, "needs a target", "none", "an FPGA or a cell library")
    for library in libraries:
        if not library.is_file():
            law = "the cell library must exist"
            raise SpikewattError(str(library), law, "no such file", "a Liberty file, .lib or .gz")


def _of_run(run: SizeRun) -> dict[str, Any]:
    network, trace = run.network, run.trace
    words = memories(parameters_of(network), CHAIN)
    return {
        "cell": run.cell,
        "network": run.network_name,
        "network_hash": network.hash,
        "design": run.design,
        "code": str(network.code),
        "steps": trace.steps,
        "weight_bits": network.weight_bits,
        "images": trace.samples,
        "spikes_per_image": trace.mean_spikes(),
        "synaptic_operations_per_image": trace.mean_operations(),
        "memory_bits": sum(width * depth for width, depth in words.values()),
    }


def _of_placement(report: FpgaReport) -> dict[str, Any]:
    return {
        "target": report.device_and_grade,
        "kind": FPGA,
        "seed": report.seed,
        "luts": report.luts,
        "flip_flops": report.flip_flops,
        "block_rams": report.block_rams,
        "block_rams_available": report.available["block_rams"],
        "frequency_hz": report.clock_hz,
        "frequency_by": ROUTED,
        "tools": _in_words(report.tools),
    }


def _of_cells(report: AsicReport) -> dict[str, Any]:
    return {
        "target": report.library,
        "kind": CELLS,
        "flip_flops": report.flip_flops,
        "cells": report.cell_count,
        "area_mm2": report.area_mm2,
        "frequency_by": ASSUMED if report.clock_hz is None else TIMED,
        "tools": _in_words(report.tools),
    }


def _of_cost(cost: InferenceCost) -> dict[str, Any]:
    """Latency, energy and power, each with its ends."""
    assert cost.energy_j is not None
    assert cost.latency_s is not None
    found: dict[str, Any] = {"frequency_hz": cost.clock_hz}
    for prefix, end in ENDS.items():
        energy_j, latency_s = getattr(cost.energy_j, end), getattr(cost.latency_s, end)
        found[f"latency_{prefix}s"] = latency_s
        found[f"energy_per_inference_{prefix}j"] = energy_j
        found[f"power_{prefix}w"] = energy_j / latency_s

    return found


def _in_words(tools: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {version}" for name, version in sorted(tools.items()))
