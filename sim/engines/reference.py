"""The semantics of a spiking network: numpy, all samples at once, step by step.

Every other engine must give the same integers.

At each step t, for each population in order, with g = Σ W sent over what feeds it and h = θ ·
gain(t):

* integrate and fire: v += g + bias; s = 1 where v >= h; then v −= h s, or v = 0. Who has not fired
  in the first `wakes_within` steps of the window stays silent
* ``signed``: as above, up to `levels` spikes; and s = −1 where v < 0 and there is a spike to take
  back
* max pool: s = 1 where the largest count of the window exceeds the neuron's own
* read-out: v += g + bias; no spike
* input: ``if`` adds the pixel at each step; ``bitplane`` begins with it, θ = 1; an encoder gives
  its events; ``analog`` is multiplied once and kept, as part of the bias (rate) or of the start

and sent = gain(t) · s inside of the population's window, else 0; a spike that is lost on its way
(losses.py) is not sent, though its neuron has fired. Streaming codes pass a spike on
within its step; in exact codes a max pool hears the step before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..network.connection import Connection
from ..network.neurons import (
    Given,
    Integrate,
    IntegrateAndFire,
    LargestCount,
    Retracting,
    Silent,
    fire,
    fire_or_retract,
    hold,
    rise,
)
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork
from ..network.synapses import unroll
from .counts import LEDGERS, Counts, Part, events, has_potential, split_inputs
from .losses import arriving
from .schedule import Schedule


def run(
    network: SpikingNetwork,
    inputs: np.ndarray,
    plan: Schedule,
    counts: Counts,
    part: Part,
) -> None:
    """Run `inputs` (samples, neurons; integers) through the windows of `plan`."""
    samples = len(inputs)
    layers = start(network, inputs, plan, part)
    for t in range(plan.steps):
        # What a max pool hears: counts as they are now, or as they were before this step.
        for layer in layers.values():
            layer.heard = layer.arrived

        for layer in layers.values():
            step = STEPS[type(layer.rule)]
            spikes = step(layer, t)
            if plan.streaming:
                layer.heard = layer.arrived
            record(layer, spikes, t, counts)

        part.progress("simulate", samples * (t + 1) // plan.steps, samples)


NEVER = np.iinfo(np.int64).max  # a threshold that no potential reaches

# The state of a run


class Layer:
    """One population during a run; its arrays are (neurons, samples).

    `v` are potentials, `sent` is what the step sends, `count` the sum of all that was fired,
    `arrived` of what was not lost, and `heard` that sum as a max pool hears it. `held` counts how
    often `v` left its width.
    """

    def __init__(self, network: SpikingNetwork, plan: Schedule, p: Population, samples: int):
        self.population = p
        self.rule = network.rule(p)
        self.window = plan.windows.get(p.name)
        self.incoming: list[Arrow] = []
        self.outgoing: list[Arrow] = []

        def columns(field: str) -> np.ndarray:
            one = p.per_neuron(field)[:, None]
            return np.repeat(one, samples, axis=1)

        self.v = columns("initial_potential")
        self.bias = columns("bias")
        self.threshold = p.per_neuron("threshold")[:, None]

        self.sent: np.ndarray | None = None
        self.count = np.zeros_like(self.v)
        self.arrived = self.heard = self.count

        # Which spikes arrive, (samples, steps of the window, neurons); None: all.
        self.arriving: np.ndarray | None = None

        # The width of the potentials, where they can leave it.
        self.largest = plan.largest if has_potential(network, p) else 0
        self.held = np.zeros(samples, np.int64)

        # The events of an encoder, (samples, steps, neurons).
        self.events: np.ndarray | None = None

    def open(self, t: int) -> bool:
        """Whether its neurons may fire at step `t`."""
        return self.window is not None and self.window.active(t)

    def late(self, t: int) -> bool:
        """Whether who has not fired yet stays silent from step `t` on."""
        waits = self.population.wakes_within
        return waits > 0 and self.window is not None and t >= self.window.start + waits

    def gain(self, t: int) -> int:
        """What a spike is worth at step `t`."""
        return self.window.gain(t) if self.window else 1

    def integrate(self, t: int) -> None:
        """v += Σ W sent + bias, held within its width."""
        for arrow in self.incoming:
            if arrow.pre.sent is not None:
                self.v = self.v + arrow.weights @ arrow.pre.sent

        is_input = self.population.kind.is_input
        if self.open(t) or not is_input:
            self.v = self.v + self.bias

        if self.largest:
            lowest = -self.largest - 1
            self.v, held = hold(self.v, lowest, self.largest)
            self.held += held.sum(axis=0)


@dataclass(frozen=True, eq=False)
class Arrow:
    """One connection during a run.

    Parameters
    ----------
    pre : Layer that it hears.
    weights : (post neurons, pre neurons) sparse matrix.
    fan_out : ledger -> (pre neurons,) operations of one spike.
    """

    connection: Connection
    pre: Layer
    weights: Any
    fan_out: dict[str, np.ndarray]


def start(
    network: SpikingNetwork, inputs: np.ndarray, plan: Schedule, part: Part
) -> dict[str, Layer]:
    """Every population before the first step, connected, with the pixels where they are used."""
    layers = {}
    for p in network.populations:
        layers[p.name] = Layer(network, plan, p, len(inputs))

    for c in network.connections:
        pre, post = layers[c.pre], layers[c.post]
        arrow = Arrow(
            connection=c,
            pre=pre,
            weights=unroll(c, pre.population.shape, post.population.shape),
            fan_out={ledger: network.fan_out(c, ledger == "nonzero") for ledger in LEDGERS},
        )
        pre.outgoing.append(arrow)
        post.incoming.append(arrow)

    pixels = split_inputs(network, inputs)
    encoded = events(network, pixels, plan.steps, part.seed, part.first)
    arrive = arriving(network, plan, part.lost_spikes, part.seed, part.first, len(inputs))
    for name, those in arrive.items():
        layers[name].arriving = those
    for name, values in pixels.items():
        layer = layers[name]
        layer.events = encoded.get(name)
        drive(network, layers, layer, values.T)
    return layers


def drive(
    network: SpikingNetwork, layers: dict[str, Layer], layer: Layer, pixels: np.ndarray
) -> None:
    """Put the pixels where an input, or what hears an analog one, will find them."""
    code = network.input_code
    if code.integrates:
        layer.bias = layer.bias + pixels
    elif code.doubles:
        layer.v = layer.v + pixels
    elif code.analog:
        for arrow in layer.outgoing:
            post = layers[arrow.connection.post]
            product = arrow.weights @ pixels
            if network.code.bias_each_step:
                post.bias = post.bias + product
            else:
                post.v = post.v + product


# One step of each firing rule: what a population sends, −1, 0 or 1 per neuron and sample


def integrate_and_fire(layer: Layer, t: int) -> np.ndarray:
    """Add what arrives; fire while the window is open."""
    layer.integrate(t)
    if not layer.open(t):
        return send(layer, np.zeros_like(layer.v), t)

    h = layer.threshold * layer.gain(t)
    if layer.late(t):
        h = np.where(layer.count > 0, h, NEVER)
    layer.v, spikes = fire(layer.v, h, layer.population.reset)
    return send(layer, spikes, t)


def retracting(layer: Layer, t: int) -> np.ndarray:
    """Add what arrives; fire, or take a spike back."""
    layer.integrate(t)
    levels = layer.population.levels
    layer.v, spikes = fire_or_retract(layer.v, layer.threshold, layer.count, levels)
    return send(layer, spikes, t)


def largest_count(layer: Layer, t: int) -> np.ndarray:
    """Repeat the largest count of the window."""
    largest = np.zeros_like(layer.count)
    for arrow in layer.incoming:
        # Rows of the matrix are the windows: its indices, cut where rows begin.
        windows = arrow.weights
        within = arrow.pre.heard[windows.indices]
        found = np.maximum.reduceat(within, windows.indptr[:-1], axis=0)
        largest = np.maximum(largest, found)

    spikes = rise(largest, layer.count)
    return send(layer, spikes * layer.open(t), t)


def integrate(layer: Layer, t: int) -> None:
    """Add what arrives; the potential is the answer."""
    layer.integrate(t)


def given(layer: Layer, t: int) -> np.ndarray:
    """The events that an encoder made."""
    assert layer.events is not None
    spikes = layer.events[:, t].T
    return send(layer, spikes.astype(np.int64), t)


def silent_input(layer: Layer, t: int) -> None:
    """Nothing: a host multiplied it before the first step."""


STEPS = {
    IntegrateAndFire: integrate_and_fire,
    Retracting: retracting,
    LargestCount: largest_count,
    Integrate: integrate,
    Given: given,
    Silent: silent_input,
}


def send(layer: Layer, spikes: np.ndarray, t: int) -> np.ndarray:
    """Pass the spikes on, each with its worth; returns those that arrive."""
    worth = layer.gain(t)
    layer.count = layer.count + worth * spikes
    if layer.arriving is not None and layer.window is not None and layer.open(t):
        spikes = spikes * layer.arriving[:, t - layer.window.start].T

    layer.sent = worth * spikes
    layer.arrived = layer.arrived + layer.sent
    return spikes


# What is kept of a step


def record(layer: Layer, spikes: np.ndarray | None, t: int, counts: Counts) -> None:
    """Count the spikes of step `t` and the operations that they cause.

    Keep potentials of read-outs.
    """
    name = layer.population.name
    if name in counts.saturations:
        counts.saturations[name][:] = layer.held
    if layer.population.kind.is_readout:
        counts.output(name)[:, t] = layer.v.T
    if spikes is None:
        return

    fired = np.abs(spikes)
    counts.spikes[name][:, t] = fired.sum(axis=0)
    for arrow in layer.outgoing:
        for ledger, fan_out in arrow.fan_out.items():
            operations = counts.synaptic_operations[ledger][arrow.connection.name]
            operations[:, t] = fan_out @ fired

    if counts.rasters:
        raster = counts.rasters[name]
        raster[:, t] = spikes.T[: len(raster)]
