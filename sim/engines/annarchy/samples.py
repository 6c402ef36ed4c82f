"""What each sample sets in a network: biases, start values or, step by step, events."""

from __future__ import annotations

import numpy as np

from ...network.spiking_network import SpikingNetwork
from ...network.synapses import unroll
from ..counts import events, split_inputs
from .arrows import is_analog
from .layout import Layout


def sets_bias(network: SpikingNetwork) -> bool:
    """Whether a sample sets biases; else start values."""
    if network.input_code.analog:
        return network.code.bias_each_step
    return not network.input_code.doubles


def samples_of(
    layout: Layout, inputs: np.ndarray, base: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """What each sample sets.

    Parameters
    ----------
    base : (neurons + rows,) what there is without an input.
    size : neurons, after which the rows begin.

    Returns
    -------
    (entries,) places in `base`, and (samples, entries) their values.
    """
    network = layout.network
    places: list[np.ndarray] = []
    if not network.input_code.analog:
        for p in network.inputs:
            segment = layout.segments[p.name, 0]
            places.append(segment.first + np.arange(p.size))
        return np.concatenate(places), inputs.astype(np.float64)

    values: list[np.ndarray] = []
    for name, product in _multiplied(layout, inputs).items():
        if name in layout.readouts:
            first = size + layout.readouts[name].start
        else:
            first = layout.segments[name, 0].first

        place = first + np.arange(product.shape[1])
        places.append(place)
        values.append(base[place] + product)

    set_to = np.concatenate(values, axis=1)
    return np.concatenate(places), set_to.astype(np.float64)


def _multiplied(layout: Layout, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Population -> (samples, neurons) weighted sums of analog inputs."""
    network = layout.network
    pixels = split_inputs(network, inputs)
    products: dict[str, np.ndarray] = {}
    for c in network.connections:
        if not is_analog(network, c):
            continue
        pre = network.population(c.pre)
        post = network.population(c.post)
        weights = unroll(c, pre.shape, post.shape)
        product = (weights @ pixels[c.pre].T).T
        products[c.post] = products.get(c.post, 0) + product
    return products


def events_of(layout: Layout, inputs: np.ndarray, first: int, seed: int) -> np.ndarray | None:
    """(samples, steps, inputs) worth of what encoded inputs send, from sample `first` on.

    None where they compute their own spikes.
    """
    network, schedule = layout.network, layout.schedule
    pixels = split_inputs(network, inputs)
    found = events(network, pixels, schedule.steps, seed, first)
    if not found:
        return None

    parts = []
    for name, part in found.items():
        window = schedule.windows[name]
        gains = [window.gain(t) for t in range(schedule.steps)]
        worth = part.astype(np.int32) * np.array(gains)[:, None]
        parts.append(worth)
    return np.concatenate(parts, axis=2)
