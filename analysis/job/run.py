"""The main job: train or load, convert, simulate, price, report, into one new folder."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from ...energy.pricing.price import price
from ...energy.pricing.prices import Prices
from ...errors import SpikewattError
from ...models.datasets import Dataset, load_dataset
from ...models.networks import build_network, load_keras
from ...models.training import predictions, train
from ...sim.conversion.convert import convert
from ...sim.engines.annarchy.build import check_toolchain
from ...sim.engines.simulate import simulate
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace
from ..report.figures import plot_run
from ..report.tables import class_report, layer_table
from ..studies.diagnosis import diagnose
from .config import RunConfig

Progress = Callable[[str, int, int], None]
SAMPLES_SHOWN = 20


@dataclass(frozen=True)
class RunResult:
    """What a run found; the folder holds the same as files."""

    folder: Path
    network: SpikingNetwork
    trace: Trace
    labels: np.ndarray
    ann_accuracy: float
    snn_accuracy: np.ndarray
    prices: Prices
    battery: pd.DataFrame
    does_not_fit: dict[str, str]


def run(
    config: RunConfig, root: str | Path = "runs", progress: Progress | None = None
) -> RunResult:
    """Do the main job of `config` and leave a folder under `root`.

    An interrupted run leaves ``<name>.partial`` with whole files only; the same configuration takes its trained network up again.

    Raises
    ------
    SpikewattError : bad input; the named folder exists. MissingToolError : no compiler (said before any work).
    """
    if config.engine == "annarchy":
        check_toolchain()
    dataset = load_dataset(config.dataset, config.data_dir)
    with _claimed(Path(root), config, dataset) as (final, partial):
        result = _work(config, dataset, partial, progress)
        partial.rename(final)
    return dataclasses.replace(result, folder=final)


def _work(
    config: RunConfig, dataset: Dataset, folder: Path, progress: Progress | None
) -> RunResult:
    """The job itself, all files into `folder`."""
    report = progress or (lambda stage, done, total: None)
    model, history = _network(config, dataset, folder, report)

    outputs = int(np.prod(model.outputs[0].shape[1:]))
    if outputs < dataset.classes:
        raise SpikewattError(
            f"network {config.network!r}",
            "has an output for each class of the data",
            outputs,
            f">= {dataset.classes}",
        )
    limit = slice(config.test_samples)
    x, labels = dataset.scaled("test")[limit] * config.input_max, dataset.y_test[limit]
    calibration = dataset.scaled("train")[: config.calibration_samples] * config.input_max
    network = convert(
        model,
        calibration,
        config.code,
        weight_bits=config.weight_bits,
        input_levels=dataset.levels,
        input_max=config.input_max,
        steps=None if config.code == "rate" else config.steps,
        input_code=config.input_code,
        per_channel=config.per_channel,
        bias_correction=config.bias_correction,
        method=config.method,
        reset=config.reset,
        readout=config.readout,
    )
    network.save(folder / "network.spk")
    ann = predictions(model, x)
    steps = config.steps if config.code == "rate" and isinstance(config.steps, int) else None
    trace = simulate(
        network,
        x,
        config.engine,
        steps,
        min(SAMPLES_SHOWN, len(x)),
        config.workers,
        progress,
        seed=config.seed,
    )
    trace.save(folder / "trace.h5")

    report("report", 0, 1)
    prices = price(trace, *config.devices, period_s=config.period_s, skip_unfit=True)
    battery = prices.battery_life(config.battery) if prices.bills else pd.DataFrame()
    accuracy = trace.accuracy(labels)
    tables = {
        "energy": prices.frame,
        "energy_totals": prices.totals(idle=False),
        "verdicts": prices.verdicts(),
        "tornado": prices.tornado(rows=20),
        "battery": battery,
        "layers": layer_table(trace),
        "classes": class_report(labels, trace.predictions()),
        "accuracy_against_steps": pd.DataFrame(
            {
                "step": np.arange(1, trace.steps + 1),
                "snn_accuracy": accuracy,
                "ann_accuracy": float((ann == labels).mean()),
            }
        ),
    }
    if history is not None:
        tables["training"] = history
    if config.diagnosis_samples:
        part = slice(config.diagnosis_samples)
        tables["diagnosis"] = diagnose(model, network, x[part], labels[part], steps)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "assumptions.txt").write_text(
        "\n".join([*prices.assumptions, *prices.does_not_fit.values()]) + "\n"
    )
    np.savez_compressed(
        folder / "samples.npz",
        images=x[:SAMPLES_SHOWN] / config.input_max,
        labels=labels[:SAMPLES_SHOWN],
        predictions=trace.predictions()[:SAMPLES_SHOWN],
    )
    plot_run(folder)
    report("report", 1, 1)
    return RunResult(
        folder,
        network,
        trace,
        labels,
        float((ann == labels).mean()),
        accuracy,
        prices,
        battery,
        dict(prices.does_not_fit),
    )


@contextmanager
def _claimed(root: Path, config: RunConfig, dataset: Dataset) -> Iterator[tuple[Path, Path]]:
    """(final, partial) folder of this run, locked against other runs; nothing that exists is written over.

    A partial folder is taken up again if it has this configuration and these data.
    """
    from filelock import FileLock, Timeout

    root.mkdir(parents=True, exist_ok=True)
    base = config.name or f"{Path(config.dataset).stem}-{Path(config.network).stem}"
    digest = hashlib.sha256()
    for field in dataclasses.fields(dataset):
        value = getattr(dataset, field.name)
        digest.update(
            np.ascontiguousarray(value).tobytes()
            if isinstance(value, np.ndarray)
            else repr(value).encode()
        )
    text = yaml.safe_dump({**config.model_dump(mode="json")}, sort_keys=False)
    claim = text + f"# data: {digest.hexdigest()}\n"
    for name in (
        [base]
        if config.name
        else itertools.chain([base], (f"{base}-{i}" for i in itertools.count(2)))
    ):
        final, partial = root / name, root / f"{name}.partial"
        lock = FileLock(root / f".{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        try:
            kept = partial / "config.yaml"
            if not final.exists() and (
                not partial.exists() or (kept.is_file() and kept.read_text() == claim)
            ):
                partial.mkdir(exist_ok=True)
                kept.write_text(claim)
                (partial / "versions.json").write_text(json.dumps(_versions(), indent=2) + "\n")
                yield final, partial
                return
        finally:
            lock.release()
            Path(lock.lock_file).unlink(missing_ok=True)
    raise SpikewattError(
        f"run.name {base!r}",
        "a run goes to a new folder",
        f"{root / base} or {base}.partial exists",
        "another name",
    )


def _versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version(), "machine": platform.machine()}
    for package in ("spikewatt", "ANNarchy", "keras", "tensorflow", "numpy", "scipy", "pandas"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def _network(config: RunConfig, dataset, partial: Path, report: Progress):
    """The trained Keras network and its training history (None for a network from a file)."""
    if config.network.endswith(".keras"):
        return load_keras(config.network), None
    model_file, history_file = partial / "model.keras", partial / "training.csv"
    if (
        model_file.is_file() and history_file.is_file()
    ):  # kept by an interrupted run of the same configuration
        return load_keras(model_file), pd.read_csv(history_file)
    model = build_network(config.network, dataset.input_shape, dataset.classes, config.seed)
    history = pd.DataFrame(
        train(model, dataset, config.epochs, config.seed, config.batch_size, report)
    )
    history.insert(0, "epoch", np.arange(1, len(history) + 1))
    written = partial / "unfinished.keras"
    model.save(written)
    written.rename(model_file)
    history.to_csv(history_file, index=False)
    return model, history
