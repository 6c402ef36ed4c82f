"""Every picture of a run, redrawn from the files in its folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from .... import files
from ....errors import FileFormatError, SpikewattError
from ....sim.trace.trace import Trace
from ..tables import layer_table
from ..rows import DOES_NOT_FIT
from .activity import operations_figure, raster_figure, raster_table, rates_figure
from .diagnosis import save_diagnosis
from .energy import energy_figure
from .learning import draw_accuracy, draw_samples, draw_training, rows_of
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
    pictures.append(save(operations_figure(layers), folder, "sops_per_layer"))
    pictures.append(save(rates_figure(layers), folder, "firing_rate"))
    pictures.append(_accuracy(folder))
    prices = pd.read_csv(folder / "energy.csv")
    refused = _refused(folder)
    if len(prices) or refused:
        sums = pd.read_csv(folder / "energy_totals.csv")
        pictures.append(save(energy_figure(prices, sums, refused), folder, "energy"))
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


def _accuracy(folder: Path) -> Path:
    fig = figure(6.5, 4.2)
    draw_accuracy(fig.subplots(), pd.read_csv(folder / "accuracy_against_steps.csv"))
    return save(fig, folder, "accuracy_against_steps")


def _refused(folder: Path) -> dict[str, str]:
    """Device -> why it does not fit; folders of earlier versions do not say whom that holds for."""
    path = folder / DOES_NOT_FIT
    if not path.is_file():
        return {}
    refused = pd.read_csv(path)
    return dict(zip(refused["device"], refused["why"], strict=True))


def _raster(folder: Path, trace: Trace) -> Path:
    spikes = raster_table(trace, 0)
    files.write(folder / "raster.csv", spikes.to_csv(index=False))
    neurons = {name: trace.neurons[name] for name in trace.rasters}
    return save(raster_figure(spikes, neurons, trace.steps), folder, "raster")
