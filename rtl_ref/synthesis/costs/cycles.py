"""Cycles and memory accesses of an inference on a chain of cores, from a trace.

Per core, with N neurons and c cycles per operation (`core_cycles` in
`energy/devices/neuromorphic_core.py`): 1 + c N per event and per tick that it executes, 1 per tick
that is passed on, 1 per spike; 2 per tick for another core.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ....energy.cards.card import Card
from ....energy.cards.load import load_card
from ....energy.devices.neuromorphic_core import core_cycles
from ....sim.engines.schedule import schedule
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace
from ...model.words import words

CARD = "reference_core"
PASSING = 2  # cycles of a tick for another core


@dataclass(frozen=True)
class CoreWork:
    """What one core does in an inference, mean over the samples.

    Parameters
    ----------
    population : that it holds
    neurons : N
    events : that it sweeps
    ticks : that it executes
    spikes : that it sends
    cycles : without waiting for a receiver
    """

    population: str
    neurons: int
    events: float
    ticks: int
    spikes: float
    cycles: float

    def accesses(self) -> dict[str, float]:
        """Memory -> accesses in an inference: reads and writes."""
        sweeps, tests = self.events * self.neurons, self.ticks * self.neurons
        return {
            "synapses": sweeps,
            "potentials": 2 * (sweeps + tests),
            "thresholds": tests,
            "biases": tests,
        }


def chain_work(network: SpikingNetwork, trace: Trace, cycles_per_sop: int = 2) -> list[CoreWork]:
    """What each core of the chain does in an inference.

    Parameters
    ----------
    network : a chain that `check_executable` lets pass
    trace : of it
    cycles_per_sop : c, default 2
    """
    card = card_of(cycles_per_sop)
    plan = schedule(network, trace.steps if network.code.streaming else None)
    silent = np.zeros((trace.steps, network.populations[0].size), np.int8)
    ticks = [word for word in words(network, plan, silent) if not word.is_event]

    found = []
    for core, (pre, post) in enumerate(pairwise(network.populations), start=1):
        mine = [tick for tick in ticks if tick.is_for(core)]
        # A tick for one core is neither heard by those before it, which pass it, nor after it.
        passed = [tick for tick in ticks if not tick.is_for(core) and _reaches(tick, core)]
        kept = sum(not tick.leaves(core) for tick in mine)
        events = trace.mean_spikes(pre.name)
        spikes = trace.mean_spikes(post.name) if post.name in trace.spikes else 0.0

        cycles = core_cycles(card, post.size, events, len(mine), spikes)
        cycles += PASSING * len(passed) - kept
        work = CoreWork(post.name, post.size, events, len(mine), spikes, cycles)
        found.append(work)

    return found


def card_of(cycles_per_sop: int) -> Card:
    """The card of the reference core, for another number of cycles per operation."""
    card = load_card(CARD)
    values = dict(card.values)
    for key in ("cycles_per_sop", "cycles_per_neuron_update"):
        values[key] = values[key].exactly(float(cycles_per_sop))

    return replace(card, values=values)


def _reaches(tick, core: int) -> bool:
    """Whether a tick comes by a core: those for one core end there."""
    return tick.target == 0 or tick.target >= core
