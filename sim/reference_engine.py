"""The semantics of a spiking network in one screen: numpy, all samples at once, step by step."""

from __future__ import annotations

import numpy as np

from .engine import Counts
from .geometry import unroll
from .network import SpikingNetwork


def run(network: SpikingNetwork, inputs: np.ndarray, steps: int, rasters: int = 0, progress=None) -> Counts:
    """Run `inputs` (samples, neurons; integers) for `steps`; a spike reaches the next population within its step.

    Each step, for each population in order, with g = Σ W s(pre):

    * input: g is the pixel;                                 v += g;     s = v >= threshold;  v -= threshold s
    * integrate_and_fire:                                    v += g + b; s = v >= threshold;  v -= threshold s
    * max_pool: m = largest cumulative count of the window;  s = m(t) - m(t - 1)
    * readout:                                               v += g + b; no spike
    """
    samples = len(inputs)
    shape = {p.name: p.shape for p in network.populations}
    weights = {c.name: unroll(c, shape[c.pre], shape[c.post]) for c in network.connections}
    fan_out = {(column, c.name): network.fan_out(c, column == "nonzero") for c in network.connections for column in ("synapses", "nonzero")}
    threshold = {p.name: p.per_neuron("threshold")[:, None] for p in network.populations}
    bias = {p.name: p.per_neuron("bias")[:, None] for p in network.populations}
    v = {p.name: np.repeat(p.per_neuron("initial_potential")[:, None], samples, axis=1) for p in network.populations}
    count = {p.name: np.zeros((p.size, samples), np.int64) for p in network.populations}
    counts = Counts.empty(network, samples, steps, min(rasters, samples))
    for t in range(steps):
        spikes: dict[str, np.ndarray] = {}
        for p in network.populations:
            if p.kind == "max_pool":
                (c,) = network.incoming(p.name)
                window = weights[c.name]
                largest = np.maximum.reduceat(count[c.pre][window.indices], window.indptr[:-1], axis=0)
                s = largest - count[p.name]
            else:
                g = inputs.T if p.kind == "input" else sum(weights[c.name] @ spikes[c.pre] for c in network.incoming(p.name)) + bias[p.name]
                v[p.name] = v[p.name] + g
                if p.kind == "readout":
                    counts.outputs[:, t] = v[p.name].T
                    continue
                s = (v[p.name] >= threshold[p.name]).astype(np.int64)
                v[p.name] -= threshold[p.name] * s
            spikes[p.name] = s
            count[p.name] += s
            counts.spikes[p.name][:, t] = s.sum(axis=0)
            for c in network.outgoing(p.name):
                for column, ledger in counts.synaptic_operations.items():
                    ledger[c.name][:, t] = fan_out[column, c.name] @ s
            if rasters:
                counts.rasters[p.name][:, t] = s.T[:rasters] > 0
        if progress:
            progress("simulate", samples * (t + 1) // steps, samples)
    return counts
