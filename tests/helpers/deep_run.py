"""A network of thirty layers through the real classes, and the folder that a run of it leaves."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from spikewatt import files
from spikewatt.analysis.report import tables
from spikewatt.analysis.report.findings import Findings, Table
from spikewatt.analysis.report.rows import write_folder
from spikewatt.energy.pricing.prices import Prices
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.trace.trace import Trace

LAYERS = 30
STEPS = 12
SAMPLES = 6
INPUTS = 3000  # more neurons than a raster can show
ROLES = ("expand_convolution", "depthwise_convolution", "project_convolution")


def deep_network(layers: int = LAYERS) -> SpikingNetwork:
    """A chain of so many layers, with names as long as those of a MobileNet."""
    random = np.random.default_rng(0)
    names = [f"block_{i:02}_{ROLES[i % len(ROLES)]}" for i in range(1, layers)]
    sizes = [INPUTS, *(int(size) for size in random.integers(8, 60, layers - 1)), 10]
    populations = [Population("input", (INPUTS,), "input", 16, 0, 8)]
    for name, size in zip(names, sizes[1:], strict=False):
        populations.append(Population(name, (size,), "integrate_and_fire", 12, 0, 6))
    populations.append(Population("output", (10,), "readout", 1, 0, 0))

    connections = []
    for (pre, post), shape in zip(pairwise(populations), pairwise(sizes), strict=True):
        weights = random.integers(-2, 5, shape)
        connections.append(Connection(pre.name, post.name, "dense", weights))
    return SpikingNetwork(
        tuple(populations), tuple(connections), "rate", 1 / 16, 1.0, 8, "thirty layers"
    )  # fmt: skip


def deep_trace(network: SpikingNetwork) -> Trace:
    """A few samples of it, with rasters of one."""
    x = np.random.default_rng(1).integers(0, 17, (SAMPLES, INPUTS)) / 16
    return simulate(network, x, "event", STEPS, 1)


def diagnosis_frame(layers: list[str]) -> pd.DataFrame:
    """A diagnosis as `diagnose` returns it, of made-up shares."""
    random = np.random.default_rng(2)
    shares = {key: random.random(len(layers)) for key in tables.SHARES}
    frame = pd.DataFrame({"layer": layers, "threshold": 763, **shares})
    frame["keras_accuracy"] = 0.94
    frame.loc[3, "accuracy_from_here"] = np.nan
    return frame.assign(saturations=np.nan, try_next="nothing")


def write_run(folder: Path, trace: Trace, prices: Prices, epochs: int = 1) -> Path:
    """The folder of a run, as far as pictures need it."""
    folder.mkdir()
    trace.save(folder / "spikes.trace")
    rising = np.linspace(0.3, 0.95, trace.steps)
    epoch = np.arange(1, epochs + 1)
    history = {key: 1 - 0.5**epoch for key in ("accuracy", "loss", "val_accuracy", "val_loss")}
    found = Findings(
        (
            Table("energy", "", prices.frame),
            Table("energy_totals", "", prices.totals(idle=False)),
            tables.accuracy_table(rising, 0.97, 360),
            Table("training", "", pd.DataFrame({"epoch": epoch, **history})),
            tables.diagnosis(diagnosis_frame(list(trace.neurons)[1:]), ""),
        ),
        tuple(prices.assumptions),
        prices.does_not_fit,
    )
    write_folder(found, folder)
    images = np.random.default_rng(3).random((20, 8, 8, 1))
    labels = np.arange(20) % 10
    kept = files.npz(images=images, labels=labels, predictions=labels[::-1])
    files.write(folder / "samples.npz", kept)
    return folder
