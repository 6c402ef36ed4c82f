"""Every picture of a run, redrawn from the files in its folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .... import files
from ....errors import FileFormatError, SpikewattError
from ....sim.trace.trace import Trace
from ..rows import DOES_NOT_FIT
from ..tables import layer_table
from .activity import operations_figure, raster_figure, raster_table, rates_figure
from .diagnosis import diagnosis_figure
from .energy import energy_figure
from .learning import accuracy_figure, samples_figure, training_figure
from .points import points_figure
from .style import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
    return [save(fig, folder, name) for name, fig in figures_of(folder)]


def figures_of(folder: Path) -> Iterator[tuple[str, Figure]]:
    """Name and figure of every picture of the run in `folder`."""
    trace = Trace.load(trace_file(folder))
    yield "samples", _samples(folder)
    if (folder / "training.csv").is_file():
        yield "training", training_figure(pd.read_csv(folder / "training.csv"))

    layers = layer_table(trace)
    yield "sops_per_layer", operations_figure(layers)
    yield "firing_rate", rates_figure(layers)

    accuracy = pd.read_csv(folder / "accuracy_against_steps.csv")
    yield "accuracy_against_steps", accuracy_figure(accuracy)

    prices = pd.read_csv(folder / "energy.csv")
    refused = _refused(folder)
    if len(prices) or refused:
        sums = pd.read_csv(folder / "energy_totals.csv")
        yield "energy", energy_figure(prices, sums, refused)

    if (folder / "points.csv").is_file():
        best = pd.read_csv(folder / "best.csv")
        yield "points", points_figure(pd.read_csv(folder / "points.csv"), best["accuracy_loss"])
    if (folder / "diagnosis.csv").is_file():
        yield "diagnosis", diagnosis_figure(pd.read_csv(folder / "diagnosis.csv"))
    if trace.rasters:
        yield "raster", _raster(folder, trace)


def _samples(folder: Path) -> Figure:
    with np.load(folder / "samples.npz", allow_pickle=False) as kept:
        return samples_figure(kept["images"], kept["labels"], kept["predictions"])


def _refused(folder: Path) -> dict[str, str]:
    """Device -> why it does not fit; folders of earlier versions do not say whom that holds for."""
    path = folder / DOES_NOT_FIT
    if not path.is_file():
        return {}
    refused = pd.read_csv(path)
    return dict(zip(refused["device"], refused["why"], strict=True))


def _raster(folder: Path, trace: Trace) -> Figure:
    spikes = raster_table(trace, 0)
    files.write(folder / "raster.csv", spikes.to_csv(index=False))
    neurons = {name: trace.neurons[name] for name in trace.rasters}
    return raster_figure(spikes, neurons, trace.steps)
