"""A row of a benchmark: Keras, int8 and each conversion, compared on the same inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ....errors import SpikewattError
from ....models.int8 import quantise_int8
from ....models.studied.load import load_studied
from ....sim.conversion.convert import convert
from ....sim.engines.simulate import simulate
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace
from ..cells.conversion import ENGINE, steps_per_layer
from ..cells.lines import accuracies
from ..cells.prepared import versions
from ..cells.prices import cards_fingerprint, mean_of_parts
from ..kept import fingerprint, kept
from ..places import Places
from ..results import Results
from ..row import ANNARCHY_IMAGES, INT8, KERAS
from .answers import Measures
from .inputs.source import TEST, TRAIN, Drawn
from .prices import ALONE, prices_with_hosts

if TYPE_CHECKING:
    from ..kinds.benchmark import BenchmarkCell, BenchmarkRow

SECOND = "annarchy"
AT_ONCE = 2000  # inputs of a part
BATCH = 500  # of Keras


@dataclass(frozen=True, eq=False)
class Prepared:
    """A network with its inputs.

    Parameters
    ----------
    study : str
    row : BenchmarkRow
    places : Places
    model : Keras model
    calibration : float32 (samples, *shape)
    drawn : Drawn
        What is run.
    """

    study: str
    row: BenchmarkRow
    places: Places
    model: Any
    calibration: np.ndarray
    drawn: Drawn

    @cached_property
    def keras(self) -> np.ndarray:
        """(samples, outputs) of Keras."""
        outputs = self.model.predict(self.drawn.x, batch_size=BATCH, verbose=0)
        return np.asarray(outputs, np.float64).reshape(len(self.drawn.x), -1)

    def kept(self, cell: str, asked: Mapping[str, Any], work) -> Any:
        """What `work` returns, or returned in an earlier run with all that it depends on."""
        asked = {"inputs": self.fingerprint, "model": self.model_fingerprint, **asked, **versions()}
        return kept(self.places.kept, f"{self.row.row}.{cell}", asked, work)

    @cached_property
    def fingerprint(self) -> str:
        """Of all inputs, and their labels."""
        labels = () if self.drawn.labels is None else (self.drawn.labels,)
        return fingerprint(self.calibration, self.drawn.x, *labels)

    @cached_property
    def model_fingerprint(self) -> str:
        """Of weights, and of what Keras makes of the inputs."""
        weights = (np.asarray(array) for array in self.model.get_weights())
        return fingerprint(*weights, self.keras)

    def compared(self, outputs: np.ndarray) -> dict[str, Any]:
        """How near outputs come to Keras, and how many are right, where somebody knows."""
        flat = outputs.reshape(len(outputs), -1)
        measures = self.row.answers.measures(self.keras, flat, self.drawn.x)
        return {"measures": measures, "right": self.right(flat)}

    def right(self, outputs: np.ndarray) -> int | None:
        """How many classes are the true ones; None without labels."""
        if self.drawn.labels is None:
            return None
        decided = self.row.answers.decided(self.keras, outputs, self.drawn.x)
        return int((decided == self.drawn.labels).sum())


def run_benchmark_row(study: str, row: BenchmarkRow, places: Places) -> Results:
    """Lines of the tables for `row`; how near each comes to Keras is among the measures.

    Raises
    ------
    SpikewattError
        Missing data or weights; ANNarchy gives other spikes, operations or outputs.
    """
    done, parts = 0, len(row.cells) + 2

    def tell() -> None:
        nonlocal done
        done += 1
        places.progress(row.row, done, parts)

    places.progress(row.row, 0, parts)
    prepared = prepare_benchmark(study, row, places)
    found = Results([_line(prepared, KERAS, prepared.right(prepared.keras))])
    tell()
    int8 = _int8(prepared)
    found.lines.append(_compared_line(prepared, INT8, int8))
    found.measures.extend(_measured(prepared, INT8, int8["measures"]))
    tell()
    for cell in row.cells:
        of_cell = _run_cell(prepared, cell)
        found.lines.append(_cell_line(prepared, cell, of_cell))
        found.prices.extend(
            {**_named(prepared, cell.cell), "steps": of_cell["steps"], **line}
            for line in of_cell["prices"]
        )
        found.measures.extend(_measured(prepared, cell.cell, of_cell["measures"]))
        tell()

    return found


def prepare_benchmark(study: str, row: BenchmarkRow, places: Places) -> Prepared:
    """The network of a row with its inputs.

    Raises
    ------
    SpikewattError : missing data or weights.
    """
    model = load_studied(row.network, places.models_dir)
    inputs = row.inputs
    samples = min(inputs.samples, places.images or inputs.samples)
    calibration, drawn = (
        inputs.source.draw(model, part, count, inputs.seed, places.data_dir)
        for part, count in ((TRAIN, inputs.calibration), (TEST, samples))
    )
    return Prepared(study, row, places, model, calibration.x, drawn)


def _int8(prepared: Prepared) -> dict[str, Any]:
    def work() -> dict[str, Any]:
        network = quantise_int8(prepared.model, prepared.calibration)
        return prepared.compared(np.asarray(network.outputs(prepared.drawn.x), np.float64))

    return prepared.kept(INT8, {}, work)


def converted_benchmark(prepared: Prepared, cell: BenchmarkCell) -> SpikingNetwork:
    """The spiking network of a cell."""
    options: dict[str, Any] = {"input_max": prepared.row.input_max} | cell.convert
    return convert(prepared.model, prepared.calibration, **options)


def _run_cell(prepared: Prepared, cell: BenchmarkCell) -> dict[str, Any]:
    """What a conversion does on all inputs; first that ANNarchy does the same on a few."""
    network = converted_benchmark(prepared, cell)
    images = min(ANNARCHY_IMAGES, len(prepared.drawn.x))

    def second() -> bool:
        x = prepared.drawn.x[:images]
        ours, theirs = (simulate(network, x, name).content_hash() for name in (ENGINE, SECOND))
        return ours == theirs

    asked = {"network": network.hash}
    if not prepared.kept(f"{cell.cell}.{SECOND}", asked, second):
        where = f"study {prepared.study}, row {prepared.row.row}, cell {cell.cell}"
        raise SpikewattError(where, "ANNarchy gives the same spikes as the event engine", "others")

    asked |= {"cards": cards_fingerprint(ALONE)}
    counted = prepared.kept(cell.cell, asked, lambda: _counted(prepared, network))
    return counted | {
        "annarchy_images": images,
        "network_hash": network.hash,
        "code": network.code.name,
    }


def _counted(prepared: Prepared, network: SpikingNetwork) -> dict[str, Any]:
    x, parts, outputs = prepared.drawn.x, [], []
    for start in range(0, len(x), AT_ONCE):
        trace = simulate(network, x[start : start + AT_ONCE], ENGINE)
        last = np.asarray(trace.outputs[:, -1], np.float64)
        outputs.append(last * network.output_unit)
        parts.append(_sums(network, trace))

    summed = ("spikes", "operations", "later_operations")
    totals = {key: sum(part[key] for part in parts) / len(x) for key in summed}
    prices = mean_of_parts((part["images"], part["prices"]) for part in parts)
    return (
        {key: parts[0][key] for key in ("steps", "steps_per_layer", "macs")}
        | totals
        | {"prices": prices}
        | prepared.compared(np.concatenate(outputs))
    )


def _sums(network: SpikingNetwork, trace: Trace) -> dict[str, Any]:
    """Sums over the samples of a trace."""
    inputs = {population.name for population in network.inputs}
    operations = {layer.name: int(trace.sops[layer.name].sum()) for layer in trace.layers}
    later = [layer.name for layer in trace.layers if layer.pre not in inputs]
    return {
        "steps": trace.steps,
        "steps_per_layer": steps_per_layer(network),
        "images": trace.samples,
        "spikes": int(sum(counts.sum() for counts in trace.spikes.values())),
        "operations": sum(operations.values()),
        "later_operations": sum(operations[name] for name in later),
        "macs": int(sum(layer.macs for layer in trace.layers)),
        "prices": prices_with_hosts(network, trace),
    }


# Lines of the tables


def _named(prepared: Prepared, cell: str) -> dict[str, Any]:
    return {"study": prepared.study, "row": prepared.row.row, "cell": cell}


def _line(prepared: Prepared, cell: str, right: int | None) -> dict[str, Any]:
    """A line with its inputs, and with accuracies where there are labels."""
    images = len(prepared.drawn.x)
    line = _named(prepared, cell) | {"images": images} | versions()
    ann = prepared.right(prepared.keras)
    if right is None or ann is None:
        return line
    return line | accuracies(images, right, ann)


def _compared_line(prepared: Prepared, cell: str, found: Mapping[str, Any]) -> dict[str, Any]:
    line = _line(prepared, cell, found["right"])
    return line | {"agreement": found["measures"]["agreement"]}


def _cell_line(prepared: Prepared, cell: BenchmarkCell, found: Mapping[str, Any]) -> dict[str, Any]:
    return _compared_line(prepared, cell.cell, found) | {
        "code": found["code"],
        "steps": found["steps"],
        "steps_per_layer": found["steps_per_layer"],
        "spikes_per_image": found["spikes"],
        "synaptic_operations_per_image": found["operations"],
        "synaptic_operations_without_first_layer": found["later_operations"],
        "multiply_accumulates": found["macs"],
        "annarchy_images": found["annarchy_images"],
        "annarchy_equal": True,
        "seed": prepared.row.inputs.seed,
        "network_hash": found["network_hash"],
    }


def _measured(prepared: Prepared, cell: str, measures: Measures) -> list[Mapping[str, Any]]:
    return [
        _named(prepared, cell) | {"measure": measure, "value": value}
        for measure, value in measures.items()
    ]
