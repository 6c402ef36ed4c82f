"""A row of sizes: networks simulated on test images, synthesised, priced and drawn."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import SpikewattError
from ....rtl_ref.design import CHAIN
from ....rtl_ref.synthesis.fpga import synthesise_fpga
from ....rtl_ref.synthesis.fpga_report import FpgaReport
from ....rtl_ref.synthesis.parameters import parameters_of
from ....rtl_ref.synthesis.pictures.places import counts_of, places_of
from ....rtl_ref.synthesis.pictures.two_designs import two_designs_picture
from ....sim.engines.simulate import simulate
from ..cells.conversion import ENGINE, converted
from ..cells.lines import line_of
from ..cells.prepared import PreparedRow, prepare
from ..kinds.network import NetworkRow
from ..places import Places
from ..results import Results
from .size_files import PLACEMENTS, write_modules, write_sizes
from .size_table import measures_of, median_lines
from .sizes import SizeRun, compare_sizes

if TYPE_CHECKING:
    from ..kinds.size import SizedNetwork, SizeRow

PDK_VARIABLE = "SPIKEWATT_PDK"
WORKLOAD = "snn"


def run_size_row(study: str, row: SizeRow, places: Places) -> Results:
    """Lines of the tables for `row`; writes ``sizes.csv``, ``modules.csv`` and ``placements.png``.

    Syntheses are kept in the cache by all that enters them, and not done again.

    Raises
    ------
    MissingToolError : Yosys or a placer is not installed.
    SpikewattError : missing data, weights or cell libraries.
    """
    libraries = [library_path(study, row.row, name) for name in row.libraries]
    done, parts = 0, 2 * len(row.runs) + 1

    def tell(*_: Any) -> None:
        nonlocal done
        done += 1
        places.progress(row.row, done, parts)

    places.progress(row.row, 0, parts)
    runs, found = [], Results()
    for of_run in row.runs:
        run, line = _simulated(study, row, of_run, places)
        runs.append(run)
        found.lines.append(line)
        tell()

    fewer = {run.run: _seeds(run.devices) for run in row.runs if run.devices is not None}
    frame = compare_sizes(runs, _seeds(row.devices), libraries, tell, fewer)
    found.prices.extend(_prices(study, row.row, frame))
    found.measures.extend(measures_of(study, row.row, row.pictured_on, frame))
    write_sizes(places.folder, study, row.row, frame)
    if row.pictured:
        _draw(row, [run for run in runs if run.cell in row.pictured], places.folder)
    tell()
    return found


def library_path(study: str, row: str, name: str) -> Path:
    """A cell library's file, in the folder of the variable SPIKEWATT_PDK.

    Raises
    ------
    SpikewattError : no such folder or file.
    """
    folder = os.environ.get(PDK_VARIABLE)
    path = Path(folder or ".", name)
    if not folder or not path.is_file():
        where, law = f"study {study}, row {row}", f"needs the cell library {name}"
        got = f"no such file in {folder}" if folder else f"no {PDK_VARIABLE}"
        allowed = f"{PDK_VARIABLE}=FOLDER with that Liberty file, of an open process design kit"
        raise SpikewattError(where, law, got, allowed)

    return path


def _seeds(devices: Mapping[str, int]) -> dict[str, Sequence[int]]:
    """Device -> seeds of the placer, from how many there are."""
    return {device: range(1, seeds + 1) for device, seeds in devices.items()}


def _simulated(
    study: str, row: SizeRow, of_run: SizedNetwork, places: Places
) -> tuple[SizeRun, dict[str, Any]]:
    """A network with its trace, and its line of results."""
    cell = of_run.as_cell(row.calibration)
    as_row = NetworkRow(
        row=row.row, title=row.title, dataset=row.dataset, network=of_run.network, cells=[cell]
    )
    prepared = prepare(as_row, places)
    network = converted(prepared, cell)
    images = prepared.test[: row.images]
    trace = simulate(network, images, ENGINE, of_run.steps)
    run = SizeRun(of_run.run, of_run.network, network, trace)
    return run, _line(study, run, prepared)


def _line(study: str, run: SizeRun, prepared: PreparedRow) -> dict[str, Any]:
    trace, network = run.trace, run.network
    images = trace.samples
    answers = trace.predictions()
    right = int((answers == prepared.labels[:images]).sum())
    same = int((answers == prepared.keras_classes[:images]).sum())
    return {
        **line_of(study, prepared, run.cell, images, right),
        "code": network.code.name,
        "steps": trace.steps,
        "agreement": same / images,
        "spikes_per_image": trace.mean_spikes(),
        "synaptic_operations_per_image": trace.mean_operations(),
        "multiply_accumulates": sum(layer.macs for layer in trace.layers),
        "network_hash": network.hash,
    }


def _prices(study: str, row: str, frame) -> list[dict[str, Any]]:
    """Lines of ``prices.csv``: each network on each target, of FPGAs at the median clock."""
    lines = []
    for line in median_lines(frame):
        named = {"study": study, "row": row, "cell": line["cell"], "steps": line["steps"]}
        if line["refused"]:
            refused = {"device": line["target"], "priced_as": "", "workload": ""}
            lines.append(named | refused | {"refused": line["refused"]})
            continue
        lines.append(
            named
            | {
                "device": line["target"],
                "priced_as": line["target"],
                "workload": WORKLOAD,
                "energy_j": line["energy_per_inference_j"],
                "energy_low_j": line["energy_per_inference_low_j"],
                "energy_high_j": line["energy_per_inference_high_j"],
                "time_s": line["latency_s"],
                "time_low_s": line["latency_low_s"],
                "time_high_s": line["latency_high_s"],
                "cores": line["design"].count("-"),
                "refused": "",
            }
        )
    return lines


def _draw(row: SizeRow, runs: Sequence[SizeRun], folder: Path) -> None:
    """The two placements side by side, and what each module takes of them."""
    seeds = range(1, row.devices[row.pictured_on] + 1)
    reports: dict[str, FpgaReport] = {}
    for run in sorted(runs, key=lambda run: row.pictured.index(run.cell)):
        parameters: Mapping = parameters_of(run.network)
        reports[run.design] = synthesise_fpga(
            parameters, CHAIN, device=row.pictured_on, seeds=seeds
        )

    two_designs_picture(reports, folder / PLACEMENTS)
    counts = {name: counts_of(places_of(report)) for name, report in reports.items()}
    write_modules(folder, row.pictured_on, counts)
