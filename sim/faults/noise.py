"""Noise on the inputs."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError
from ..network.spiking_network import SpikingNetwork
from .fault import Fault, Faulty

OF_NOISE = 2  # tells these draws from others of the same seed


class InputNoise(Fault):
    """x + σ R n, clipped to the input range of the network, R wide; n is drawn from N(0, 1).

    A draw depends on the seed, the number of the sample and that of the input.
    """

    name = "input_noise"
    title = "Gaussian noise on the input"
    unit = "σ (% of the input range)"
    most = 10.0
    levels = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)

    def checked(self, level: object) -> float:
        """0 to 10 times the range."""
        number = isinstance(level, float | int | np.floating | np.integer)
        if isinstance(level, bool) or not number or not 0 <= level <= self.most:
            law = "must be a share of the input range"
            raise SpikewattError(f"{self}.level", law, repr(level), f"0..{self.most:g}")
        return float(level)

    def at(self, network: SpikingNetwork, x, level: float, seed: int) -> Faulty:
        """Other inputs."""
        lowest, highest = network.input_range
        sigma = level * (highest - lowest)

        def noisy(number: int, values) -> np.ndarray:
            values = np.asarray(values)
            found = np.empty(values.shape, np.result_type(values.dtype, np.float32))
            for i, sample in enumerate(values):
                random = np.random.default_rng([seed, i, number + 1, OF_NOISE])
                noise = random.standard_normal(sample.shape, np.float32)
                found[i] = np.clip(sample + sigma * noise, lowest, highest)
            return found

        if len(network.inputs) > 1:
            return Faulty(network, [noisy(number, each) for number, each in enumerate(x)])
        return Faulty(network, noisy(0, x))
