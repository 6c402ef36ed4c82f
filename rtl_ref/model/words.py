"""The words that a host sends to a chain of cores, and the program of words that runs a network.

They are those of `snn_words.sv`: events, and ticks with a kind and a target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...errors import DoesNotFitError
from ...sim.engines.schedule import Schedule, Window
from ...sim.network.spiking_network import SpikingNetwork
from ..design import MOST_CORES

STEP, DOUBLE, ADD, FIRE, MARK = range(5)
KINDS = ("STEP", "DOUBLE", "ADD", "FIRE", "MARK")
ALL = 0  # target of a tick that every core executes; else the number of one core, from 1


@dataclass(frozen=True)
class Word:
    """An event, or a tick.

    Parameters
    ----------
    axon : number of the axon that an event arrives at; None, the default, for a tick
    kind : what a tick does: STEP (default), DOUBLE, ADD, FIRE or MARK
    target : core that executes a tick, from 1; ALL, the default, for every core
    read : whether the bench looks at the potentials after this word, default False
    """

    axon: int | None = None
    kind: int = STEP
    target: int = ALL
    read: bool = False

    @property
    def is_event(self) -> bool:
        """Whether the word is an event; else it is a tick."""
        return self.axon is not None

    def exists(self, axons: int) -> bool:
        """Whether a core with that many axons knows the word; else it refuses it."""
        if self.axon is not None:
            return self.axon < axons

        return self.kind <= MARK

    def is_for(self, core: int) -> bool:
        """Whether the core of that number executes the word: every event, and no MARK."""
        if self.is_event:
            return True
        if self.kind == MARK:
            return False

        return self.target in (ALL, core)

    def leaves(self, core: int) -> bool:
        """Whether the core of that number passes the word on: ticks that are not for it alone."""
        if self.is_event:
            return False

        return self.kind == MARK or self.target != core


def check_executable(network: SpikingNetwork) -> None:
    """Raise DoesNotFitError unless `network` is a chain that the cores execute.

    That is rate or radix, no max pooling, reset by subtraction, at most 15 layers.
    """
    resets = sorted({str(p.reset) for p in network.populations})
    code_fits = network.code in ("rate", "radix")
    input_fits = network.input_code in ("if", "bitplane")

    if not code_fits or not input_fits or "zero" in resets:
        raise DoesNotFitError(
            "RTL core",
            "executes the tick rule: rate or radix, input if or bitplane, reset by subtraction",
            f"code {network.code}, input code {network.input_code}, resets {resets}",
        )

    names = [p.name for p in network.populations]
    chain = [(c.pre, c.post) for c in network.connections]
    if chain != list(pairwise(names)):
        law = "executes a chain, each population fed by the one before"
        raise DoesNotFitError("RTL core", law, chain)

    cores = len(names) - 1
    if cores > MOST_CORES:
        raise DoesNotFitError("RTL core", f"a chain has at most {MOST_CORES} cores", cores)

    late = [p.name for p in network.populations if p.wakes_within]
    if late:
        law = "has no gate for neurons that wake late"
        raise DoesNotFitError("RTL core", law, ", ".join(late), "wakes_within=0")

    layers = network.populations[1:]
    biased = any(np.any(p.bias) for p in layers)
    if network.code == "radix" and biased:
        law = "biases of radix are part of the initial potential"
        raise DoesNotFitError("RTL core", law, "a bias per step")


def words(network: SpikingNetwork, plan: Schedule, raster: np.ndarray) -> Iterator[Word]:
    """The words of one sample.

    rate: each step its events, then STEP for all cores. radix: the events of each input step, then
    DOUBLE (after the last: ADD) for the core that hears them; then that core's FIRE steps, each
    with a DOUBLE or ADD for the next core; MARK at the end. Where planes are not sent, the
    controller stops firing early, and the next core doubles once for each before its ADD.

    Parameters
    ----------
    network : a chain that `check_executable` lets pass
    plan : when each of its populations fires
    raster : (steps, inputs) spikes of the input population

    >>> from spikewatt.sim.network.connection import Connection
    >>> from spikewatt.sim.network.population import Population
    >>> from spikewatt.sim.network.spiking_network import SpikingNetwork
    >>> pixels = Population("input", (2,), "input", threshold=4, bias=0, initial_potential=2)
    >>> classes = Population("output", (3,), "readout", threshold=1, bias=5, initial_potential=0)
    >>> arrow = Connection("input", "output", "dense", [[1, -2, 3], [4, 5, -6]])
    >>> network = SpikingNetwork([pixels, classes], [arrow], "rate", 0.25, 1.0, 8)
    >>> from spikewatt.sim.engines.schedule import schedule
    >>> raster = np.array([[0, 1], [1, 1]])
    >>> [word.axon for word in words(network, schedule(network, 2), raster)]  # None: a tick
    [1, None, 0, 1, None]
    """
    if network.code == "rate":
        yield from _rate_words(raster)
    else:
        yield from _radix_words(network, plan, raster)


def _rate_words(raster: np.ndarray) -> Iterator[Word]:
    for spikes in raster:
        yield from _events(spikes)
        yield Word(kind=STEP, read=True)


def _radix_words(network: SpikingNetwork, plan: Schedule, raster: np.ndarray) -> Iterator[Word]:
    names = [p.name for p in network.populations]

    first = plan.windows[names[0]]
    for step in range(first.start, first.stop):
        yield from _events(raster[step])
        yield from _heard(first, step, core=1)

    # A read-out never fires: it is the last core, which only hears.
    for core, name in enumerate(names[1:-1], start=1):
        window = plan.windows[name]
        for step in range(window.start, window.stop):
            yield Word(kind=FIRE, target=core)
            yield from _heard(window, step, core + 1)

    yield Word(kind=MARK, read=True)


def _heard(window: Window, step: int, core: int) -> Iterator[Word]:
    """What `core` does after it heard a step of `window`: double its sum; after the last step, as
    often as there are planes that were not sent, and add its bias.
    """
    last = step == window.stop - 1
    for _ in range(window.doublings if last else 1):
        yield Word(kind=DOUBLE, target=core)
    if last:
        yield Word(kind=ADD, target=core)


def _events(spikes: np.ndarray) -> Iterator[Word]:
    for axon in np.flatnonzero(spikes).tolist():
        yield Word(axon)
