"""Prices of known networks on a core with its host, which their studies do not have.

``python -m spikewatt.analysis.studies.known.prices --data-dir DATA --models-dir MODELS`` writes
them anew, beside this file.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....errors import SpikewattError
from ....models.datasets import load_dataset
from ....models.int8 import quantise_int8
from ....models.networks import build_network
from ....models.training import predictions, train
from ....sim.conversion.convert import convert
from ....sim.engines.simulate import simulate
from ....sim.network.spiking_network import SpikingNetwork
from ..benchmark.run import converted_benchmark, prepare_benchmark
from ..cells.conversion import ENGINE, converted
from ..cells.prepared import prepare
from ..cells.prices import CORE, lines_of
from ..kinds.benchmark import BenchmarkRow
from ..kinds.network import NetworkRow
from ..places import Places
from ..results import Results
from ..study import read_study
from .networks import (
    DIGITS,
    FOLDER,
    HOST,
    KNOWN,
    NEWER,
    OWN,
    PERIOD_S,
    Known,
    at_one_a_second,
    beside,
)

EPOCHS, CALIBRATION = 40, 500  # of the digits, as a run has them
NETWORK = "mlp-64-48-10"
BESIDE = "+"  # in the name of a core with a host


def priced(known: Known, places: Places) -> Results:
    """Lines of a core with its host, of the core alone, and of the host alone.

    Raises
    ------
    SpikewattError : no data or weights, or another network than the committed one of the study.
    """
    if known.study == OWN:
        return _digits(known)
    network, x = _network(known, places)
    committed = read_study(known.study).committed().of_row(known.row)
    hashes = {line["network_hash"] for line in committed if line["cell"] == known.cell}
    if network.hash not in hashes:
        where = f"study {known.study}, row {known.row}"
        raise SpikewattError(where, "has the network that was committed", network.hash, *hashes)
    return Results(prices=_lines(known, network, x))


def _network(known: Known, places: Places) -> tuple[SpikingNetwork, Any]:
    """The network of a cell, and test inputs."""
    row = read_study(known.study).row(known.row)
    if isinstance(row, BenchmarkRow):
        of_benchmark = prepare_benchmark(known.study, row, places)
        (one,) = (cell for cell in row.cells if cell.cell == known.cell)
        return converted_benchmark(of_benchmark, one), of_benchmark.drawn.x
    assert isinstance(row, NetworkRow)  # those of `KNOWN` are
    prepared = prepare(row, places)
    (cell,) = (cell for cell in row.cells if cell.cell == known.cell)
    return converted(prepared, cell), prepared.test


def _lines(known: Known, network: SpikingNetwork, x) -> list[Mapping[str, Any]]:
    """On the core alone and microcontrollers, and on both together; then at one a second."""
    trace = simulate(network, x, ENGINE)
    names = {"study": known.study, "row": known.row, "cell": known.cell, "steps": trace.steps}
    lines = lines_of(network, trace, [CORE, HOST, NEWER])
    for period_s in (None, PERIOD_S):
        for host in (HOST, NEWER):
            together = lines_of(network, trace, [CORE, host], host, period_s)
            lines += [
                line | {"device": device_of(line, host, period_s)}
                for line in together
                if period_s or BESIDE in line["priced_as"]
            ]
    return [names | line for line in lines]


def device_of(line: Mapping[str, Any], host: str, period_s: float | None) -> str:
    """How the tables name the device of a line: the core as the studies do."""
    device = beside(host) if BESIDE in line["priced_as"] else line["device"]
    return at_one_a_second(device) if period_s else device


def _digits(known: Known) -> Results:
    """Trained here, as a run does; its accuracies, too, since no study has them."""
    data = load_dataset(DIGITS)
    model = build_network(NETWORK, data.input_shape, data.classes)
    train(model, data, epochs=EPOCHS)
    inputs, x, labels = data.scaled("train"), data.scaled("test"), data.y_test
    network = convert(
        model, inputs[:CALIBRATION], input_levels=data.levels, code="radix", steps=4,
        input_code="bitplane",
    )  # fmt: skip
    answers = {
        "keras": predictions(model, x),
        "int8": quantise_int8(model, inputs[:CALIBRATION]).predictions(x),
        known.cell: simulate(network, x, ENGINE).predictions(),
    }
    lines: list[Mapping[str, Any]] = [
        {"study": OWN, "row": known.row, "cell": cell, "images": len(x)}
        | {"accuracy": float((found == labels).mean())}
        | {"agreement": float((found == answers["keras"]).mean())}
        for cell, found in answers.items()
    ]
    return Results(lines, _lines(known, network, x))


def main() -> None:
    """Price each network that its study prices on no core with a host."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=None)
    parser.add_argument("--models-dir", type=Path, default=None)
    asked = parser.parse_args()
    found = Results()
    with tempfile.TemporaryDirectory() as kept:
        for known in KNOWN:
            if known.images:
                places = Places(Path(kept), asked.models_dir, asked.data_dir, known.images)
                found.add(priced(known, places))
    found.write(FOLDER)


if __name__ == "__main__":
    main()
