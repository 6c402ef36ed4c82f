"""The main job: train or load, convert, simulate, price, diagnose and report, into a new folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ... import files
from ...energy.pricing.prices import Prices
from ...models.datasets import Dataset, load_dataset
from ...progress import Progress, silent
from ...resources import check_writable
from ...sim.engines.annarchy.build import check_toolchain
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace
from ...sim.zeros.given import ZEROS, save_zeros
from ..checks.agreement import Agreement
from ..design.points import Points
from ..report.figures.run import TRACE, plot_run
from ..report.findings import Findings
from ..report.page.write import write_report
from ..report.rows import write_folder
from . import steps
from .baselines import baselines
from .best import best
from .config import RunConfig, as_config
from .engine import DEFAULT, choose
from .run_folder import RunFolder, claimed
from .spare import spare, stop_early


@dataclass(frozen=True, eq=False)
class RunResult:
    """What a run found; the folder holds the same as files.

    Parameters
    ----------
    folder : Path
        The run's folder.
    network : SpikingNetwork
        What the Keras network was converted to.
    trace : Trace
        What happened in it on the test inputs.
    labels : ndarray of int, (samples,)
        Their classes.
    ann_accuracy : float
        Accuracy of Keras.
    snn_accuracy : ndarray, (steps,)
        Accuracy of the spiking network after each step.
    prices : Prices
        What an inference costs, per device.
    findings : Findings
        All of it as tables.
    agreement : Agreement
        How far the spiking network answers as Keras does, on calibration data.
    points : Points or None
        Accuracy, energy and time of every code and number of steps that was tried, and of int8.
    """

    folder: Path
    network: SpikingNetwork
    trace: Trace
    labels: np.ndarray
    ann_accuracy: float
    snn_accuracy: np.ndarray
    prices: Prices
    findings: Findings
    agreement: Agreement
    points: Points | None = None

    def __repr__(self) -> str:
        accuracy = f"{self.snn_accuracy[-1]:.1%} for Keras' {self.ann_accuracy:.1%}"
        warning = f"it {self.agreement}; " if self.agreement.bad else ""
        return f"RunResult({warning}{str(self.folder)!r}; {accuracy}; {self.network!r})"

    def _repr_html_(self) -> str:
        shown = self.findings.only("best", "points", "summary", "prices", "verdicts")
        return shown._repr_html_()

    @property
    def does_not_fit(self) -> Mapping[str, str]:
        """Device -> why it cannot hold or execute the network."""
        return self.prices.does_not_fit


def run(
    config: RunConfig | Mapping | str | Path | None = None,
    root: str | Path = "runs",
    progress: Progress | None = None,
) -> RunResult:
    """Do the main job of `config` and leave a folder under `root`.

    An interrupted run leaves ``<name>.partial`` with whole files only; the same configuration
    takes its trained network up again.

    Parameters
    ----------
    config : RunConfig, mapping, or path of a YAML file, default None
        What to do; None for the digits job.
    root : str or Path, default "runs"
        Folder of all runs.
    progress : Progress, default None
        Called as the work goes on.

    Returns
    -------
    RunResult
        The objects and the findings.

    Raises
    ------
    SpikewattError
        Bad input; the named folder exists.
    MissingToolError
        No compiler, where ANNarchy was named or no engine was; said before any work.

    Examples
    --------
    >>> import spikewatt as sw
    >>> result = sw.run({"epochs": 8, "engine": "reference"})  # doctest: +SKIP
    >>> result.findings["layers"]  # doctest: +SKIP
    """
    config = as_config(config)
    if config.engine in (None, DEFAULT):
        check_toolchain()
    check_writable(Path(root))

    dataset = load_dataset(config.dataset, config.data_dir)
    with claimed(Path(root), config, dataset) as folder:
        result = _work(config, dataset, folder, progress or silent)
        folder.finish()
    return dataclasses.replace(result, folder=folder.final)


def _work(config: RunConfig, dataset: Dataset, folder: RunFolder, progress: Progress) -> RunResult:
    """One step after the other, all files into the partial folder."""
    into = folder.partial
    prepared = steps.prepare(config, progress, dataset, folder)
    spared = spare(config, prepared, steps.convert(config, prepared, progress), progress)
    network = spared.network
    network.save(into / "network.spk")
    agreement = steps.agree(config, prepared, network)

    choice = choose(config, network, prepared.x)
    trace = steps.simulate(config, prepared, network, progress, choice.engine)
    trace.save(into / TRACE)
    if spared.early is not None:
        spared.early.save(into)
        spared = stop_early(config, prepared, spared, trace)

    points = best(config, prepared, network, trace, progress)
    measured = baselines(config, prepared, network, trace, progress)
    if measured.measured:
        save_zeros(into / ZEROS, *measured.measured)

    progress("report", 0, 1)
    prices = steps.price(config, trace, measured.int8)
    diagnosis = steps.diagnose(config, prepared, spared.converted)
    findings = steps.report(
        prepared,
        network,
        trace,
        prices,
        diagnosis,
        config.battery,
        agreement,
        choice.why,
        points,
        config.accuracy_loss[0],
        measured,
    )
    findings = spared.added_to(findings)
    write_folder(findings.without("prices"), into)
    _save_samples(config, prepared, trace, into)
    plot_run(into)
    write_report(into)
    progress("report", 1, 1)

    return RunResult(
        into,
        network,
        trace,
        prepared.labels,
        prepared.ann_accuracy,
        trace.accuracy(prepared.labels),
        prices,
        findings,
        agreement,
        points,
    )


def _save_samples(config: RunConfig, prepared: steps.Prepared, trace: Trace, folder: Path) -> None:
    """The first test images with both classes, for the picture of them."""
    first = slice(steps.SAMPLES_SHOWN)
    samples = files.npz(
        images=prepared.x[first] / config.input_max,
        labels=prepared.labels[first],
        predictions=trace.predictions()[first],
    )
    files.write(folder / "samples.npz", samples)
