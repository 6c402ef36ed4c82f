"""How the cost grows as samples, steps, layers and spikes are added; and whether it is linear.

Cost is time of the processor, of all threads together, which other work on the machine disturbs
less than the clock on the wall.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from measure import BUDGET_SECONDS, alternate
from networks import calibration, images, trained
from rows import FOLDER, Rows
from spikewatt.models.networks import build_network
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.spiking_network import SpikingNetwork

from .picture import save_growth

ENGINES = ("event", "batched")
SAMPLES = 400
STEPS = 16
ADDED_SAMPLES = (100, 200, 400, 800)
ADDED_STEPS = (8, 16, 32, 64)
ADDED_LAYERS = (2, 4, 8, 16)
BRIGHTNESS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)  # of the images: fewer spikes of the same network
WIDTH = 256  # neurons of an added layer
DOCS = Path(__file__).resolve().parents[2] / "docs"


@dataclass(frozen=True)
class Series:
    """Seconds of all threads of an engine as one thing is added.

    Parameters
    ----------
    added : str, unit of `amount`.
    amount : so much of it.
    seconds : engine -> as long as `amount`.
    """

    title: str
    added: str
    amount: np.ndarray
    seconds: dict[str, np.ndarray]


@dataclass(frozen=True)
class Line:
    """Least squares: seconds = start + slope · amount, and the share R² that it explains."""

    start: float
    slope: float
    r_squared: float


def fit(amount: np.ndarray, seconds: np.ndarray) -> Line:
    """The line through the points.

    >>> fit(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0])).r_squared
    1.0
    """
    slope, start = np.polyfit(amount, seconds, 1)
    left = seconds - (start + slope * amount)
    explained = 1 - (left**2).sum() / ((seconds - seconds.mean()) ** 2).sum()
    return Line(float(start), float(slope), round(float(explained), 6))


def bench_growth(samples: int | None = None, budget_seconds: float = BUDGET_SECONDS) -> None:
    """A row for each thing that is added and engine; the picture goes to docs, of a try to build.

    Parameters
    ----------
    samples : int, instead of 400, for a try.
    budget_seconds : of the rounds of one point; two are done in any case.
    """
    rows = Rows(
        "growth", "Public calls, full traces: processor time that one more costs, by least squares"
    )
    found = []
    for series in _all(samples or SAMPLES, budget_seconds):
        found.append(series)
        for engine in ENGINES:
            line = fit(series.amount, series.seconds[engine])
            rows.add(
                {
                    "one more": series.added,
                    "of": series.title,
                    "engine": engine,
                    "µs": 1e6 * line.slope,
                    "ms at none": 1e3 * line.start,
                    "R²": line.r_squared,
                }
            )
    rows.table()
    print(f"picture: {save_growth(found, fit, FOLDER if samples else DOCS)}")


def _all(samples: int, budget_seconds: float) -> Iterator[Series]:
    lenet = convert(trained("lenet"), calibration())
    x = images(samples)

    some = images(max(ADDED_SAMPLES) * samples // SAMPLES)
    counts = [count * samples // SAMPLES for count in ADDED_SAMPLES]
    runs = [(lenet, some[:count], STEPS) for count in counts]
    yield _series(f"LeNet, T={STEPS}", "sample", counts, runs, budget_seconds)

    per_sample = f"LeNet, {samples} samples"
    runs = [(lenet, x, steps) for steps in ADDED_STEPS]
    yield _series(per_sample, "step", ADDED_STEPS, runs, budget_seconds)

    runs = [(_deep(layers), x, STEPS) for layers in ADDED_LAYERS]
    title = f"{WIDTH} x {WIDTH}, T={STEPS}, {samples} samples"
    yield _series(title, "layer", ADDED_LAYERS, runs, budget_seconds)

    runs = [(lenet, np.float32(bright) * x, STEPS) for bright in BRIGHTNESS]
    spikes = [_spikes(*run) for run in runs]
    title = f"LeNet, T={STEPS}, {samples} samples"
    yield _series(title, "spike", spikes, runs, budget_seconds)


def _deep(layers: int) -> SpikingNetwork:
    hidden = "-".join([str(WIDTH)] * layers)
    model = build_network(f"mlp-784-{hidden}-10", (28, 28, 1), 10)
    return convert(model, calibration())


def _spikes(network: SpikingNetwork, x: np.ndarray, steps: int) -> int:
    """Spikes of all populations."""
    counts = simulate(network, x, ENGINES[0], steps).spikes
    return sum(int(found.sum()) for found in counts.values())


def _series(title: str, added: str, amount, runs, budget_seconds: float) -> Series:
    """Each run in every engine, in turn; the least seconds, which other work cannot make less."""
    seconds: dict[str, list[float]] = {engine: [] for engine in ENGINES}
    for network, x, steps in runs:
        ways = {engine: partial(simulate, network, x, engine, steps) for engine in ENGINES}
        spent = alternate(ways, budget_seconds / 10, least_rounds=2, clock=time.process_time)
        for engine in ENGINES:
            seconds[engine].append(min(spent.seconds[engine]))
    return Series(
        title,
        added,
        np.asarray(amount, float),
        {engine: np.array(found) for engine, found in seconds.items()},
    )
