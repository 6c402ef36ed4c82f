"""The words that a host sends to a chain of cores, as `snn_words.sv` has them, and the program of words that runs a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...errors import DoesNotFitError
from ...sim.engines.schedule import Schedule
from ...sim.network.spiking_network import SpikingNetwork

STEP, DOUBLE, ADD, FIRE, MARK = range(5)
KINDS = ("STEP", "DOUBLE", "ADD", "FIRE", "MARK")
ALL = 0  # target of a tick that every core executes; else the number of one core, from 1
MOST_CORES = 15


@dataclass(frozen=True)
class Word:
    """An event of `axon`, or, where `axon` is None, a tick of a `kind` for a `target`. `read`: the bench looks at potentials behind it."""

    axon: int | None = None
    kind: int = STEP
    target: int = ALL
    read: bool = False


def check_executable(network: SpikingNetwork) -> None:
    """Raise DoesNotFitError unless `network` is a chain that the cores execute: rate or radix, no max pooling, reset by subtraction."""
    resets = {p.reset for p in network.populations}
    if (
        network.code not in ("rate", "radix")
        or network.input_code not in ("if", "bitplane")
        or "zero" in resets
    ):
        got = f"code {network.code}, input code {network.input_code}, resets {sorted(resets)}"
        raise DoesNotFitError(
            "RTL core",
            "executes the tick rule: rate or radix, input if or bitplane, reset by subtraction",
            got,
        )
    names = [p.name for p in network.populations]
    chain = [(c.pre, c.post) for c in network.connections]
    if chain != list(pairwise(names)):
        raise DoesNotFitError(
            "RTL core", "executes a chain, each population fed by the one before", chain
        )
    if len(names) - 1 > MOST_CORES:
        raise DoesNotFitError("RTL core", f"a chain has at most {MOST_CORES} cores", len(names) - 1)
    if network.code == "radix" and any(np.any(p.bias) for p in network.populations[1:]):
        raise DoesNotFitError(
            "RTL core", "biases of radix are part of the initial potential", "a bias per step"
        )


def words(network: SpikingNetwork, plan: Schedule, raster: np.ndarray) -> Iterator[Word]:
    """The words of one sample; `raster` (steps, inputs) are the spikes of the input population.

    rate: each step its events, then STEP for all cores. radix: the events of each input step, then DOUBLE (after the last: ADD) for the
    core that hears them; then that core's FIRE steps, each with a DOUBLE or ADD for the next core; MARK at the end.
    """
    names = [p.name for p in network.populations]
    if network.code == "rate":
        for spikes in raster:
            yield from (Word(axon) for axon in np.flatnonzero(spikes).tolist())
            yield Word(kind=STEP, read=True)
        return
    first = plan.windows[names[0]]
    for step in range(first.start, first.stop):
        yield from (Word(axon) for axon in np.flatnonzero(raster[step]).tolist())
        yield Word(kind=DOUBLE if step < first.stop - 1 else ADD, target=1)
    for core, name in enumerate(names[1:-1], start=1):
        steps = plan.windows[name].stop - plan.windows[name].start
        for step in range(steps):
            yield Word(kind=FIRE, target=core)
            yield Word(kind=DOUBLE if step < steps - 1 else ADD, target=core + 1)
    yield Word(kind=MARK, read=True)
