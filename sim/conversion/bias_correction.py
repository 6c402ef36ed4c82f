"""Bias correction: the mean of every channel is moved to that of the Keras layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..network.spiking_network import SpikingNetwork


def mean_differences(
    network: SpikingNetwork,
    activations: Mapping[str, np.ndarray],
    calibration: list[np.ndarray],
) -> dict[str, np.ndarray]:
    """What the channels of `network` transmit too little on average.

    Parameters
    ----------
    network : SpikingNetwork
        In an exact code.
    activations : mapping from name of a population to array (samples, *shape)
        What Keras computes there.
    calibration : list of array, (samples, *shape)
        One array per input.

    Returns
    -------
    dict from name of a population to array (channels,) : Keras − spikes, in the terms of Keras.

    References
    ----------
    Li et al., ICML 2021.
    """
    from ..engines.batched.engine import values
    from ..engines.inputs import integer_input

    x: Any = calibration if len(calibration) > 1 else calibration[0]
    sent = values(network, integer_input(network, x))
    differences = {}

    for name, wanted in activations.items():
        unit = network.population(name).unit
        transmitted = sent[name].reshape(wanted.shape) * unit
        by_channel = (wanted - transmitted).reshape(-1, wanted.shape[-1])
        differences[name] = by_channel.mean(axis=0)

    return differences
