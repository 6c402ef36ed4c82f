"""Spikes that are lost on their way."""

from __future__ import annotations

from ..network.spiking_network import SpikingNetwork
from .fault import Fault, Faulty


class LostSpikes(Fault):
    """Each spike is lost with a probability: nobody hears it; see `engines.losses`."""

    name = "lost_spikes"
    title = "spikes that are lost on their way"
    unit = "% of spikes"
    levels = (0.0, 0.01, 0.03, 0.05, 0.1, 0.2)

    def at(self, network: SpikingNetwork, x, level: float, seed: int) -> Faulty:
        """What `simulate` loses."""
        return Faulty(network, x, level)
