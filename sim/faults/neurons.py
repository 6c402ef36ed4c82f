"""Neurons that are stuck: silent for good, or firing whenever they may.

Both are numbers of an ordinary network. With D the most that can arrive at a population in a step
(streaming codes), or A once (exact codes, and products of an analog input under ``signed``),

* silent: bias −D, start −A. The potential never exceeds 0, and thresholds are at least 1.
* firing: bias θ + D, start A + θ L. The potential is at least θ whenever it is compared: a spike
  at each step under ``rate``; L levels, which is all that can be sent, under the other codes.

Integrate-and-fire neurons only: a max pool has no numbers of its own, and inputs are alike.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import SpikewattError
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork
from .fault import Fault, Faulty, first_of

OF_NEURONS = 3  # tells these draws from others of the same seed


class StuckNeurons(Fault):
    """A share of all integrate-and-fire neurons is stuck: so many, rounded, are drawn."""

    unit = "% of integrate-and-fire neurons"
    levels = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)

    def at(self, network: SpikingNetwork, x, level: float, seed: int) -> Faulty:
        """Other numbers of some neurons."""
        able = neurons_of(network)
        total = sum(p.size for p in able)
        if not total:
            law = "integrate-and-fire neurons can be stuck"
            kinds = ", ".join(sorted({str(p.kind) for p in network.populations}))
            raise SpikewattError(f"{self}.network", law, f"populations {kinds}")

        stuck = np.zeros(total, bool)
        stuck[first_of(seed, OF_NEURONS, total, level)] = True
        changed, first = {}, 0
        for p in able:
            those = stuck[first : first + p.size]
            first += p.size
            if those.any():
                changed[p.name] = self._with_stuck(network, p, those)
        populations = [changed.get(p.name, p) for p in network.populations]
        return Faulty(replace(network, populations=tuple(populations)), x)

    def _with_stuck(self, network: SpikingNetwork, p: Population, stuck: np.ndarray) -> Population:
        each_step, once = _most_arriving(network, p)
        bias, start = self.numbers(network, p, each_step, once)

        def changed(field: str, value) -> np.ndarray:
            found = np.where(stuck, value, p.per_neuron(field))
            return found.reshape(p.shape)

        return replace(
            p,
            bias=changed("bias", bias),
            initial_potential=changed("initial_potential", start),
        )

    def numbers(self, network: SpikingNetwork, p: Population, each_step: int, once: int) -> tuple:
        """Bias and initial potential of a stuck neuron.

        Parameters
        ----------
        each_step, once : the most that arrives at each step, and besides once.
        """
        raise NotImplementedError


class SilentNeurons(StuckNeurons):
    """Neurons that never fire."""

    name = "silent_neurons"
    title = "neurons that are silent for good"

    def numbers(self, network: SpikingNetwork, p: Population, each_step: int, once: int) -> tuple:
        """What arrives is taken away beforehand."""
        return -each_step, -once


class FiringNeurons(StuckNeurons):
    """Neurons that fire whenever they may: at each step, or up to their levels."""

    name = "firing_neurons"
    title = "neurons that fire for good"
    levels = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05)

    def numbers(self, network: SpikingNetwork, p: Population, each_step: int, once: int) -> tuple:
        """Whatever arrives, the threshold is reached."""
        threshold = p.per_neuron("threshold")
        if network.code.exact:
            return 0, once + threshold * p.levels
        return threshold + each_step, once


def neurons_of(network: SpikingNetwork) -> list[Population]:
    """The populations whose neurons can be stuck."""
    return [
        p
        for p in network.populations
        if p.kind.fires and not p.kind.is_input and not p.kind.compares
    ]


def _most_arriving(network: SpikingNetwork, p: Population) -> tuple[int, int]:
    """Bounds on the magnitude of what arrives at a neuron at each step, and besides once."""
    each_step = once = 0
    for c in network.incoming(p.name):
        pre, row = network.population(c.pre), c.largest_row()
        if pre.kind.is_input and network.input_code.analog:
            product = row * network.input_levels
            if network.code.bias_each_step:
                each_step += product
            else:
                once += product
        elif network.code.exact:
            once += row * max(pre.levels, 1)
        else:
            gains = network.encoder.gains(network.input_levels) if network.encoder else ()
            each_step += row * max(gains, default=1)
    return each_step, once
