"""The semantics of a spiking network: numpy, all samples at once, step by step.

Every other engine must give the same integers.

At each step t, for each population in order, with g = Σ W sent over what feeds it and h = θ ·
gain(t):

* integrate and fire: v += g + bias; s = 1 where v >= h; then v −= h s, or v = 0
* ``signed``: as above, up to `levels` spikes; and s = −1 where v < 0 and there is a spike to take
  back
* max pool: s = 1 where the largest count of the window exceeds the neuron's own
* read-out: v += g + bias; no spike
* input: ``if`` adds the pixel at each step; ``bitplane`` begins with it, θ = 1; an encoder gives
  its events; ``analog`` is multiplied once and kept, as part of the bias (rate) or of the start

and sent = gain(t) · s inside of the population's window, else 0. Streaming codes pass a spike on
within its step; in exact codes a max pool hears the step before.
"""

from __future__ import annotations

import numpy as np

from ...progress import Progress, silent
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
from .counts import LEDGERS, Counts, events, has_potential, split_inputs
from .schedule import Schedule


def run(
    network: SpikingNetwork,
    inputs: np.ndarray,
    plan: Schedule,
    rasters: int = 0,
    progress: Progress | None = None,
    seed: int = 0,
) -> Counts:
    """Run `inputs` (samples, neurons; integers) through the windows of `plan`."""
    samples = len(inputs)
    counts = Counts.empty(network, samples, plan.steps, rasters)
    state = State(network, inputs, plan, seed, counts)
    for t in range(plan.steps):
        state.begin_step(t)
        for p in network.populations:
            step = STEPS[type(network.rule(p))]
            state.send(p, step(state, p))
        (progress or silent)("simulate", samples * (t + 1) // plan.steps, samples)
    return counts


class State:
    """What a run knows between two steps; all arrays are (neurons, samples)."""

    def __init__(
        self, network: SpikingNetwork, inputs: np.ndarray, plan: Schedule, seed: int, counts: Counts
    ):
        self.network, self.plan, self.counts = network, plan, counts
        self.weights = {c.name: _matrix(network, c) for c in network.connections}
        self.fan_out = {
            ledger: {c.name: network.fan_out(c, ledger == "nonzero") for c in network.connections}
            for ledger in LEDGERS
        }
        samples, populations = len(inputs), network.populations
        self.v = {p.name: _columns(p, "initial_potential", samples) for p in populations}
        self.bias = {p.name: _columns(p, "bias", samples) for p in populations}
        self.threshold = {p.name: p.per_neuron("threshold")[:, None] for p in populations}
        self.count = {p.name: np.zeros((p.size, samples), np.int64) for p in populations}

        pixels = split_inputs(network, inputs)
        self.events = events(network, pixels, plan.steps, seed, first=0)
        for p in network.inputs:
            self._drive(p, pixels[p.name].T)

    def _drive(self, p: Population, pixels: np.ndarray) -> None:
        """Put the pixels where an input, or what hears an analog one, will find them."""
        code = self.network.input_code
        if code.integrates:
            self.bias[p.name] += pixels
        elif code.doubles:
            self.v[p.name] += pixels
        elif code.analog:
            kept = self.bias if self.network.code.bias_each_step else self.v
            for c in self.network.outgoing(p.name):
                kept[c.post] += self.weights[c.name] @ pixels

    def begin_step(self, t: int) -> None:
        """Forget what was sent.

        A max pool hears counts as they are now (streaming) or were before this step.
        """
        self.t = t
        self.sent: dict[str, np.ndarray] = {}
        self.heard = self.count if self.plan.streaming else dict(self.count)

    def open(self, p: Population) -> bool:
        """Whether `p` may fire at this step."""
        return self.plan.windows[p.name].active(self.t)

    def integrate(self, p: Population) -> np.ndarray:
        """v += Σ W sent + bias, held within its width."""
        v = self.v[p.name]
        for c in self.network.incoming(p.name):
            if c.pre in self.sent:
                v = v + self.weights[c.name] @ self.sent[c.pre]
        if not p.kind.is_input or self.open(p):
            v = v + self.bias[p.name]
        if self.plan.largest and has_potential(self.network, p):
            v, held = hold(v, -self.plan.largest - 1, self.plan.largest)
            self.counts.saturations[p.name] += held.sum(axis=0)
        self.v[p.name] = v
        return v

    def send(self, p: Population, spikes: np.ndarray | None) -> None:
        """Pass the `spikes` of `p` on, and count them; None from a population that cannot fire."""
        if spikes is None:
            return
        window, t, counts = self.plan.windows[p.name], self.t, self.counts
        self.sent[p.name] = window.gain(t) * spikes
        self.count[p.name] = self.count[p.name] + self.sent[p.name]

        fired = np.abs(spikes)
        counts.spikes[p.name][:, t] = fired.sum(axis=0)
        for ledger, operations in counts.synaptic_operations.items():
            for c in self.network.outgoing(p.name):
                operations[c.name][:, t] = self.fan_out[ledger][c.name] @ fired
        if counts.rasters:
            raster = counts.rasters[p.name]
            raster[:, t] = spikes.T[: len(raster)]


# One step of each firing rule: what a population sends, −1, 0 or 1 per neuron and sample.


def integrate_and_fire(state: State, p: Population) -> np.ndarray:
    """Add what arrives; fire while the window is open."""
    v = state.integrate(p)
    if not state.open(p):
        return np.zeros_like(v)
    h = state.threshold[p.name] * state.plan.windows[p.name].gain(state.t)
    state.v[p.name], spikes = fire(v, h, p.reset)
    return spikes


def retracting(state: State, p: Population) -> np.ndarray:
    """Add what arrives; fire, or take a spike back."""
    v = state.integrate(p)
    sent = state.count[p.name]
    state.v[p.name], spikes = fire_or_retract(v, state.threshold[p.name], sent, p.levels)
    return spikes


def largest_count(state: State, p: Population) -> np.ndarray:
    """Repeat the largest count of the window while the window of time is open."""
    largest = [
        np.maximum.reduceat(state.heard[c.pre][matrix.indices], matrix.indptr[:-1], axis=0)
        for c in state.network.incoming(p.name)
        for matrix in [state.weights[c.name]]
    ]
    return rise(np.max(largest, axis=0), state.count[p.name]) * state.open(p)


def integrate(state: State, p: Population) -> None:
    """Add what arrives; the potential is the answer."""
    state.counts.output(p.name)[:, state.t] = state.integrate(p).T


def given(state: State, p: Population) -> np.ndarray:
    """The events that an encoder made."""
    return state.events[p.name][:, state.t].T.astype(np.int64)


def silent_input(state: State, p: Population) -> np.ndarray:
    """Nothing: a host multiplied it before the first step."""
    return np.zeros_like(state.v[p.name])


STEPS = {
    IntegrateAndFire: integrate_and_fire,
    Retracting: retracting,
    LargestCount: largest_count,
    Integrate: integrate,
    Given: given,
    Silent: silent_input,
}


def _matrix(network: SpikingNetwork, c: Connection):
    """(post size, pre size) weights."""
    return unroll(c, network.population(c.pre).shape, network.population(c.post).shape)


def _columns(p: Population, field: str, samples: int) -> np.ndarray:
    """(neurons, samples) copies of a field of `p`."""
    return np.repeat(p.per_neuron(field)[:, None], samples, axis=1)
