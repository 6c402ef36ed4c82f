"""The steps of a run, each of which can be had on its own.

>>> from spikewatt.analysis.job import steps
>>> from spikewatt.analysis.job.config import RunConfig
>>> config = RunConfig(epochs=2, engine="reference")
>>> prepared = steps.prepare(config)                           # doctest: +SKIP
>>> network = steps.convert(config, prepared)                  # doctest: +SKIP
>>> agreement = steps.agree(config, prepared, network)         # doctest: +SKIP
>>> trace = steps.simulate(config, prepared, network)          # doctest: +SKIP
>>> prices = steps.price(config, trace)                        # doctest: +SKIP
>>> diagnosis = steps.diagnose(config, prepared, network)      # doctest: +SKIP
>>> steps.report(prepared, network, trace, prices, diagnosis)  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ...energy.devices.core.count import AS_USUAL
from ...energy.pricing.price import price as price_trace
from ...energy.pricing.prices import Prices
from ...models.datasets import Dataset, load_dataset
from ...models.int8 import Int8Network
from ...models.int8_baseline import int8_baseline
from ...models.loading.formats import is_network_file
from ...models.loading.load import load_keras
from ...models.networks import build_network
from ...models.training import predictions, train
from ...progress import Progress, silent
from ...sim.conversion.convert import convert as convert_model
from ...sim.conversion.reading.reader import read
from ...sim.engines.simulate import simulate as run_engine
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace
from ...sim.zeros.activation_zeros import ActivationZeros
from ..checks.agreement import Agreement, compare
from ..checks.diagnosis import diagnose as diagnose_layers
from ..design.points import Points
from ..literature.quantities.quantities import can_be_ruled
from ..literature.report import rule_facts, rule_tables
from ..literature.rules import rules
from ..report import tables
from ..report.baselines import Baselines, zeros_table
from ..report.best.tables import best_table, beyond, points_table, verdict_lines
from ..report.findings import Findings, Table
from ..report.prices import price_table, verdict_table
from ..report.sentence import run_sentence
from .config import RunConfig
from .engine import choose
from .plausible import check_accuracy, check_model
from .run_folder import RunFolder

SAMPLES_SHOWN = 20  # test images that are drawn, and whose spikes are recorded
MOST_TORNADO_ROWS = 20


@dataclass(frozen=True, eq=False)
class Prepared:
    """Data and a trained Keras network, as the later steps take them.

    Parameters
    ----------
    dataset : Dataset
        All data.
    model : keras.Model
        The trained network.
    history : DataFrame or None
        Accuracy and loss per epoch; None for a network from a file.
    calibration : ndarray, (samples, rows, columns, channels)
        Training inputs as the model takes them, for the conversion.
    x : ndarray, (samples, rows, columns, channels)
        Test inputs as the model takes them.
    labels : ndarray of int, (samples,)
        Their classes.
    ann_accuracy : float
        Share of them that Keras gets right.
    """

    dataset: Dataset
    model: Any
    history: pd.DataFrame | None
    calibration: np.ndarray
    x: np.ndarray
    labels: np.ndarray
    ann_accuracy: float

    @cached_property
    def int8(self) -> Int8Network:
        """The network as int8; raises SpikewattError where it has no such form."""
        return int8_baseline(self.model, self.calibration)


def prepare(
    config: RunConfig,
    progress: Progress = silent,
    dataset: Dataset | None = None,
    folder: RunFolder | None = None,
) -> Prepared:
    """Load the data, and load or train the Keras network.

    Parameters
    ----------
    config : RunConfig
        The configuration.
    progress : Progress, default silent
        Called after each epoch.
    dataset : Dataset, default None
        The data, if they are loaded already.
    folder : RunFolder, default None
        Where a trained network is kept, and taken up again.

    Raises
    ------
    SpikewattError
        Bad data or network: see `check_model` and `check_accuracy`.
    """
    dataset = dataset or load_dataset(config.dataset, config.data_dir)
    model, history = _trained(config, dataset, progress, folder)
    if len(model.inputs) == 1:
        dataset = dataset.fitted(model.inputs[0].shape[1:])

    check_model(model, dataset, config.network)
    calibration = dataset.scaled("train", config.input_max)[: config.calibration_samples]
    x = dataset.scaled("test", config.input_max)[: config.test_samples]
    labels = dataset.y_test[: config.test_samples]
    right = predictions(model, x) == labels
    accuracy = float(right.mean())
    if history is None:  # somebody else trained it
        check_accuracy(model, config.network, x, labels, accuracy, config.input_max)

    return Prepared(
        dataset,
        model,
        history,
        calibration,
        x,
        labels,
        accuracy,
    )


def _trained(
    config: RunConfig, dataset: Dataset, progress: Progress, folder: RunFolder | None
) -> tuple[Any, pd.DataFrame | None]:
    """The trained Keras network and its history, None for a network from a file."""
    if is_network_file(config.network):
        return load_keras(config.network), None
    if folder is not None and (kept := folder.kept_training()):
        return kept

    model = build_network(config.network, dataset.input_shape, dataset.classes, config.seed)
    graph = read(model, config.reading_rules)
    config.check_layers([node.name for node in graph.nodes])
    found = train(
        model,
        dataset,
        config.epochs,
        config.seed,
        config.batch_size,
        progress,
    )
    history = pd.DataFrame(found)
    history.insert(0, "epoch", np.arange(1, len(history) + 1))
    if folder is not None:
        folder.keep_training(model, history)
    return model, history


def convert(config: RunConfig, prepared: Prepared, progress: Progress = silent) -> SpikingNetwork:
    """Convert the Keras network into a spiking one; see `sim.conversion.convert`."""
    options = config.conversion(prepared.dataset.levels)
    return convert_model(prepared.model, prepared.calibration, progress=progress, **options)


def agree(config: RunConfig, prepared: Prepared, network: SpikingNetwork) -> Agreement:
    """Compare the spiking network with Keras on a few calibration samples; warn if that is bad."""
    found = compare(
        prepared.model,
        network,
        prepared.calibration,
        config.simulated_steps,
    )
    found.warn()
    return found


def simulate(
    config: RunConfig,
    prepared: Prepared,
    network: SpikingNetwork,
    progress: Progress = silent,
    engine: str | None = None,
) -> Trace:
    """Run the spiking network on the test inputs; see `sim.engines.simulate`.

    In `engine`, by default the one that `choose` takes.
    """
    return run_engine(
        network,
        prepared.x,
        engine or choose(config, network, prepared.x).engine,
        config.simulated_steps,
        min(SAMPLES_SHOWN, len(prepared.x)),
        config.workers,
        progress,
        seed=config.seed,
    )


def price(config: RunConfig, trace: Trace, zeros: ActivationZeros | None = None) -> Prices:
    """Price one inference on each device of the configuration that can execute the network.

    With the `zeros` of the int8 network's activations, also an int8 network that skips them.
    """
    return price_trace(
        trace,
        *config.devices,
        period_s=config.period_s,
        **config.as_run,
        max_cores=AS_USUAL if config.max_cores == 1 else config.max_cores,
        skip_unfit=True,
        zeros=zeros,
    )


def diagnose(config: RunConfig, prepared: Prepared, network: SpikingNetwork) -> pd.DataFrame | None:
    """Compare each layer with Keras; None where the configuration asks for no samples."""
    if not config.diagnosis_samples:
        return None
    first = slice(config.diagnosis_samples)
    x, labels = prepared.x[first], prepared.labels[first]
    return diagnose_layers(
        prepared.model,
        network,
        x,
        labels,
        config.simulated_steps,
    )


def report(
    prepared: Prepared,
    network: SpikingNetwork,
    trace: Trace,
    prices: Prices,
    diagnosis: pd.DataFrame | None = None,
    battery: str = "cr2032",
    agreement: Agreement | None = None,
    engine: str = "",
    points: Points | None = None,
    tolerance: float = 0.5,
    measured: Baselines | None = None,
) -> Findings:
    """Everything that a run found, as tables.

    Parameters
    ----------
    prepared, network, trace, prices, diagnosis
        What the other steps returned.
    battery : str, default "cr2032"
        Card of the battery whose life is given.
    agreement : Agreement, default None
        With Keras; a line after the verdict says so if it is bad.
    engine : str, default ""
        A line that says which engine ran, where that is another than a reader expects.
    points : Points, default None
        The best points of each side.
    tolerance : float, default 0.5
        Points of percent below Keras, beyond which no network is told that it wins.
    measured : Baselines, default None
        Zeros of the ANN's activations, and the accuracy of one of equal capacity.
    """
    accuracy = trace.accuracy(prepared.labels)
    others: dict[str, tuple[str, float | None]] = {}
    if points is not None:
        others["int8_accuracy"] = ("int8 accuracy", points.int8_accuracy)
    if measured is not None:
        others["matched_accuracy"] = (measured.title, measured.accuracy)
    summary = tables.summary(trace, prepared.ann_accuracy, float(accuracy[-1]), others)
    unequal = beyond(tolerance, prepared.ann_accuracy, float(accuracy[-1]), points)
    searched = [] if points is None else [best_table(points), points_table(points)]
    matched = None if measured is None else measured.matched
    ruled = rules(trace, prices, zeros=matched) if can_be_ruled(trace) else None
    found = [
        *searched,
        summary,
        *_price_tables(prices, battery, unequal),
        tables.layers(trace, "Layers"),
        *(rule_tables(ruled) if ruled else ()),
        Table("classes", "Classes", tables.class_report(prepared.labels, trace.predictions())),
        tables.accuracy_table(accuracy, prepared.ann_accuracy, trace.samples),
    ]
    if measured is not None and measured.measured:
        found.append(zeros_table(measured.measured))
    if prepared.history is not None:
        found.append(Table("training", "Training", prepared.history))
    if diagnosis is not None:
        found.append(tables.diagnosis(diagnosis, "Diagnosis"))

    facts: dict[str, object] = {
        "ann_accuracy": prepared.ann_accuracy,
        "snn_accuracy": float(accuracy[-1]),
        "samples": trace.samples,
        "steps": trace.steps,
        "network_hash": network.hash,
        "engine": trace.settings.engine,
        **(rule_facts(ruled) if ruled else {}),
    }
    if agreement is not None:
        facts["agreement"] = agreement.agreement
        facts["correlation"] = agreement.correlation
    assumptions = (*([engine] if engine else []), *prices.assumptions)
    if points is None:
        sentence = run_sentence(prices, prepared.ann_accuracy, float(accuracy[-1]), unequal)
    else:
        sentence = verdict_lines(points)
    if agreement is not None and agreement.bad:
        lines = sentence.splitlines()
        lines.insert(1, f"The spiking network {agreement}")
        sentence = "\n".join(lines)
    if points is not None:
        facts["int8_accuracy"] = points.int8_accuracy
        assumptions = (*assumptions, *points.notes)
    if measured is not None:
        facts["activation_bits"] = measured.bits
        facts["matched_accuracy"] = measured.accuracy
        assumptions = (*assumptions, *measured.lines)
    return Findings(
        tuple(found),
        assumptions,
        prices.does_not_fit,
        facts,
        sentence=sentence,
        in_brief=(*([engine] if engine else []), *prices.in_brief),
    )


def _price_tables(prices: Prices, battery: str, unequal: Mapping[str, float]) -> Iterator[Table]:
    """Tables of the price; where no device can execute the network, only the empty ones."""
    if prices.bills:
        life = prices.battery_life(battery)
        yield price_table(prices, name="prices", battery=life)
        yield verdict_table(prices, "Verdicts: energy of one inference", unequal)
        yield Table("tornado", "What matters most", prices.tornado(rows=MOST_TORNADO_ROWS))
        yield Table("battery", "Battery life", life)
    yield Table("energy", "Energy by layer and component", prices.frame)
    yield Table("energy_totals", "Energy of one inference", prices.totals(idle=False))
