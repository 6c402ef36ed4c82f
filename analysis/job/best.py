"""The step of a run that seeks the best points of each side, with the other steps as its bench."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...energy.cards.load import load_card
from ...energy.pricing.prices import Prices
from ...errors import SpikewattError
from ...models.training import predictions
from ...progress import Progress, silent
from ...sim.engines.estimate.choose import AUTO
from ...sim.engines.simulate import simulate
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace
from ..design.best import Int8, seek_points
from ..design.points import Points
from ..design.search import Bench, Sample
from .config import RunConfig, as_config
from .engine import DEFAULT
from .spare import spare
from .steps import Prepared, convert, prepare, price
from .steps import simulate as simulate_all


def best_points(
    config: RunConfig | Mapping | str | Path | None = None, progress: Progress = silent
) -> Points:
    """The best points of each side within each tolerance, without a folder or a report.

    Parameters
    ----------
    config : RunConfig, mapping, or path of a YAML file, default None
        As of `run`; `accuracy_loss` holds the tolerances.
    progress : Progress, default silent
        Called as the work goes on.

    Raises
    ------
    SpikewattError
        Bad input; `search_samples` of 0, or data without validation samples.

    Examples
    --------
    >>> import spikewatt as sw
    >>> points = sw.best_points({"accuracy_loss": [0.5, 1], "engine": "event"})  # doctest: +SKIP
    >>> points.frame.query("chosen")[["device", "code", "steps"]]  # doctest: +SKIP
    """
    config = as_config(config)
    prepared = prepare(config, progress)
    network = spare(config, prepared, convert(config, prepared, progress), progress).network
    trace = simulate_all(config, prepared, network, progress)
    found = best(config, prepared, network, trace, progress)
    if found is None:
        law = "needs validation samples to choose on"
        raise SpikewattError(
            "best_points", law, config.search_samples, "search_samples of 1 or more"
        )
    return found


def best(
    config: RunConfig,
    prepared: Prepared,
    network: SpikingNetwork,
    trace: Trace,
    progress: Progress = silent,
) -> Points | None:
    """The best points of each side; see `design.best`.

    None where the configuration asks for no search.

    Parameters
    ----------
    config, prepared
        As before.
    network, trace
        The network that was asked for, and what it did on the test inputs; neither is made anew.
    progress : Progress, default silent
        Called as the search goes on.
    """
    validation = _validation(config, prepared)
    if not len(validation):
        return None

    asked_for = config.conversion(prepared.dataset.levels)

    def convert_once(other: RunConfig) -> SpikingNetwork:
        if other.conversion(prepared.dataset.levels) == asked_for:
            return network
        return convert(other, prepared)

    def simulate_once(other: RunConfig, spiking: SpikingNetwork, x: np.ndarray) -> Trace:
        steps = other.simulated_steps
        known = spiking is network and x is prepared.x
        if known and (steps is None or steps <= trace.steps):
            return trace
        return simulate(spiking, x, _engine_of_a_search(config), steps, seed=config.seed)

    # Cards are read once, not for each point.
    read_once = config.model_copy(update={"devices": [load_card(d) for d in config.devices]})

    def price_once(found: Trace) -> Prices:
        return price(read_once, found)

    bench = Bench(convert_once, simulate_once, price_once)
    test = Sample(prepared.x, prepared.labels, _right(prepared.model, prepared.x, prepared.labels))
    int8 = _int8(prepared, validation, test)
    return seek_points(config, prepared.model, bench, validation, test, int8, progress)


def _validation(config: RunConfig, prepared: Prepared) -> Sample:
    first = slice(config.search_samples)
    x = prepared.dataset.scaled("validation", config.input_max)[first]
    labels = prepared.dataset.y_validation[first]
    if not len(x):
        return Sample(x, labels, np.zeros(0, bool))
    return Sample(x, labels, _right(prepared.model, x, labels))


def _engine_of_a_search(config: RunConfig) -> str:
    """Not ANNarchy, which compiles each network anew; all give the same integers."""
    return AUTO if config.engine in (None, DEFAULT) else config.engine


def _right(model, x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which of the answers of Keras are right."""
    return predictions(model, x) == labels


def _int8(prepared: Prepared, validation: Sample, test: Sample) -> Int8:
    """What the int8 network answers, or why there is none."""
    try:
        network = prepared.int8
    except SpikewattError as error:
        return Int8(why_not=str(error))
    return Int8(
        network.predictions(validation.x) == validation.labels,
        network.predictions(test.x) == test.labels,
    )
