"""Every picture of a run, redrawn from the files in its folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from .... import files
from ....errors import FileFormatError, SpikewattError
from ....sim.trace.trace import Trace
from ..tables import layer_table
from .activity import draw_firing_rate, draw_raster, draw_sops, raster_table
from .diagnosis import save_diagnosis
from .energy import draw_energy
from .learning import draw_accuracy, draw_samples, draw_training, rows_of
from .points import save_points
from .style import figure, save

TRACE = "spikes.trace"
OLD_TRACE = "trace.h5"  # its name in the folders of earlier versions
NEEDED = ("energy.csv", "accuracy_against_steps.csv", "samples.npz")


def trace_file(folder: Path) -> Path:
    """The trace in the folder of a run, under its name of today or its earlier one."""
    old = folder / OLD_TRACE
    return old if old.is_file() else folder / TRACE


def plot_run(folder: str | Path) -> list[Path]:
    """Draw every picture of the run in `folder` as PNG and SVG.

    Parameters
    ----------
    folder : str or Path
        A folder that `run` left.

    Returns
    -------
    list of Path
        The PNGs.

    Raises
    ------
    SpikewattError
        The folder is not one of a run.
    FileFormatError
        One of its files is damaged.
    """
    folder = Path(folder)
    for needed in (trace_file(folder), *(folder / name for name in NEEDED)):
        if not needed.is_file():
            raise SpikewattError(
                str(folder),
                "must be the folder of a run",
                f"no {needed.name} in it",
                "a folder that `spikewatt run` left",
            )
    try:
        return _plot(folder)
    except SpikewattError:
        raise
    except Exception as error:  # pandas, numpy, zipfile and zlib each raise their own
        found = f"{type(error).__name__}: {error}"
        raise FileFormatError(str(folder), "must hold the whole files of a run", found) from error


def _plot(folder: Path) -> list[Path]:
    """The pictures of a folder that holds the files of a run."""
    trace = Trace.load(trace_file(folder))
    pictures = [_samples(folder)]
    if (folder / "training.csv").is_file():
        pictures.append(_training(folder))

    layers = layer_table(trace)
    accuracy = pd.read_csv(folder / "accuracy_against_steps.csv")
    single = (
        ("sops_per_layer", draw_sops, layers),
        ("firing_rate", draw_firing_rate, layers),
        ("accuracy_against_steps", draw_accuracy, accuracy),
    )
    for name, draw, frame in single:
        fig = figure(6.5, 4)
        draw(fig.subplots(), frame)
        pictures.append(save(fig, folder, name))

    prices = pd.read_csv(folder / "energy.csv")
    if len(prices):
        pictures.append(_energy(folder, prices))
    if (folder / "points.csv").is_file():
        best = pd.read_csv(folder / "best.csv")
        points = pd.read_csv(folder / "points.csv")
        pictures.append(save_points(points, best["accuracy_loss"], folder))
    if (folder / "diagnosis.csv").is_file():
        pictures.append(save_diagnosis(pd.read_csv(folder / "diagnosis.csv"), folder))
    if trace.rasters:
        pictures.append(_raster(folder, trace))
    return pictures


def _samples(folder: Path) -> Path:
    with np.load(folder / "samples.npz", allow_pickle=False) as kept:
        fig = figure(9, 1.15 * rows_of(len(kept["labels"])) + 0.5)
        draw_samples(
            fig,
            kept["images"],
            kept["labels"],
            kept["predictions"],
        )
    return save(fig, folder, "samples")


def _training(folder: Path) -> Path:
    fig = figure(9, 3.4)
    draw_training(tuple(fig.subplots(1, 2)), pd.read_csv(folder / "training.csv"))
    return save(fig, folder, "training")


def _energy(folder: Path, prices: pd.DataFrame) -> Path:
    bars = len(prices.groupby(["device", "workload"]))
    fig = figure(10.5, 1.6 + 0.55 * bars)
    axes = tuple(fig.subplots(1, 2, width_ratios=(1, 1.1)))
    draw_energy(axes, prices, pd.read_csv(folder / "energy_totals.csv"))
    return save(fig, folder, "energy")


def _raster(folder: Path, trace: Trace) -> Path:
    spikes = raster_table(trace, 0)
    files.write(folder / "raster.csv", spikes.to_csv(index=False))

    neurons = {name: trace.neurons[name] for name in trace.rasters}
    fig = figure(7, 1.2 + 1.7 * len(neurons))
    axes = fig.subplots(
        len(neurons),
        1,
        sharex=True,
        squeeze=False,
    )[:, 0]
    draw_raster(
        list(axes),
        spikes,
        neurons,
        trace.steps,
    )
    fig.suptitle("Spikes of the first test image", fontsize=11)
    return save(fig, folder, "raster")
