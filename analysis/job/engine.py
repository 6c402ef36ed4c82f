"""Which engine a run takes: the one that was named, else ANNarchy while it is quick enough."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ...errors import warn
from ...progress import in_words
from ...sim.engines.estimate.estimate import Estimate, estimate
from ...sim.network.spiking_network import SpikingNetwork
from .config import RunConfig

LOG = logging.getLogger(__name__)
DEFAULT = "annarchy"  # the reference simulator
LONGEST_S = 60.0  # that it may take, compiling included, where nobody named it


@dataclass(frozen=True)
class Choice:
    """The engine of a run.

    Parameters
    ----------
    engine : str
        Its name, or ``auto``.
    why : str, default ""
        In a line why it is another than a reader expects; empty where it is not.
    """

    engine: str
    why: str = ""


def choose(config: RunConfig, network: SpikingNetwork, x) -> Choice:
    """The engine that the configuration names; without one ANNarchy, if it takes no minute.

    Otherwise it is the fastest, and a warning says so.

    Parameters
    ----------
    config : RunConfig
        The configuration.
    network : SpikingNetwork
        What will run.
    x : ndarray, (samples, rows, columns, channels)
        On what.
    """
    if config.engine is not None:
        LOG.info("engine %s, as it was named", config.engine)
        return Choice(config.engine)

    found = estimate(
        network,
        x,
        config.simulated_steps,
        workers=config.workers,
        seed=config.seed,
        engines=(DEFAULT,),
    )
    if found.seconds(DEFAULT) <= LONGEST_S:
        LOG.info("engine %s, about %s", DEFAULT, in_words(found.seconds(DEFAULT)))
        return Choice(DEFAULT)

    found = estimate(network, x, config.simulated_steps, workers=config.workers, seed=config.seed)
    if found.engine == DEFAULT:
        return Choice(DEFAULT)
    law = f"annarchy runs where no engine is named, if it takes at most {in_words(LONGEST_S)}"
    estimates = _estimates(found)
    warn("run.engine", law, estimates, f"{found.engine} runs; name an engine to have it")
    return Choice(found.engine, f"engine: {found.engine} in place of {DEFAULT}: {estimates}")


def _estimates(found: Estimate) -> str:
    """Both estimates, in words."""
    cost = found.costs[DEFAULT]
    if cost.missing:
        slow = f"annarchy cannot: {cost.missing}"
    else:
        slow = f"about {in_words(cost.seconds)} in annarchy"
        if cost.compiles:
            slow += f" ({in_words(cost.ready_s)} until it is compiled and ready)"
    return f"{slow}, {in_words(found.seconds())} in {found.engine}"
