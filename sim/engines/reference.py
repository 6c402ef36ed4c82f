"""The semantics of a spiking network in one screen: numpy, all samples at once, step by step."""

from __future__ import annotations

import numpy as np

from ..network.geometry import unroll
from ..network.neurons import fires, hold, reset
from ..network.spiking_network import SpikingNetwork
from .counts import Counts, Progress, events, split_inputs
from .schedule import Schedule


def run(
    network: SpikingNetwork,
    inputs: np.ndarray,
    plan: Schedule,
    rasters: int = 0,
    progress: Progress | None = None,
    seed: int = 0,
) -> Counts:
    """Run `inputs` (samples, neurons; integers) through the windows of `plan`.

    At each step, for each population in order, with g = Σ W (gain · s) over its inputs and h = threshold · gain of the step:

    * input: ``if`` v += pixel; ``bitplane`` v starts as the pixel, threshold 1; then s = v >= h; v -= h s
      encoded inputs send the events that `encode` made of the pixels
    * integrate_and_fire: v += g + bias; s = v >= h; v -= h s (or v = 0). ``signed``: s = 1 only while fewer than `levels` were
      sent, and s = -1 where v < 0 and some were sent
    * max_pool: s = 1 where the largest count of the window exceeds its own; a spike counts with its gain
    * readout: v += g + bias; no spike

    Streaming codes pass a spike on within its step; in exact codes a max pool hears the step before.
    An ``analog`` input is multiplied once and kept: as the start of v, under ``rate`` as part of the bias.
    """
    samples, shape = len(inputs), {p.name: p.shape for p in network.populations}
    weights = {c.name: unroll(c, shape[c.pre], shape[c.post]) for c in network.connections}
    fan_out = {
        (column, c.name): network.fan_out(c, column == "nonzero")
        for c in network.connections
        for column in ("synapses", "nonzero")
    }
    pixels = split_inputs(network, inputs)
    v = {
        p.name: np.repeat(p.per_neuron("initial_potential")[:, None], samples, axis=1)
        for p in network.populations
    }
    bias = {
        p.name: np.repeat(p.per_neuron("bias")[:, None], samples, axis=1)
        for p in network.populations
    }
    for p in network.inputs:
        if network.input_code == "analog":
            for c in network.outgoing(p.name):
                (bias if network.code == "rate" else v)[c.post] += (
                    weights[c.name] @ pixels[p.name].T
                )
        elif network.input_code in ("if", "bitplane"):
            (bias if network.input_code == "if" else v)[p.name] += pixels[p.name].T
    encoded = events(network, pixels, plan.steps, seed, 0)
    count = {p.name: np.zeros((p.size, samples), np.int64) for p in network.populations}
    counts = Counts.empty(network, samples, plan.steps, rasters)
    for t in range(plan.steps):
        sent: dict[str, np.ndarray] = {}
        heard = count if plan.streaming else {name: values.copy() for name, values in count.items()}
        for p in network.populations:
            window, h = plan.windows.get(p.name), np.ones((1, 1), np.int64)
            incoming = network.incoming(p.name)
            if p.name in encoded:
                s = encoded[p.name][:, t].T.astype(np.int64)
            elif p.kind == "max_pool":
                largest = [
                    np.maximum.reduceat(
                        heard[c.pre][weights[c.name].indices], weights[c.name].indptr[:-1], axis=0
                    )
                    for c in incoming
                ]
                s = (np.max(largest, axis=0) > count[p.name]).astype(np.int64)
            else:
                v[p.name] = (
                    v[p.name]
                    + sum(weights[c.name] @ sent[c.pre] for c in incoming)
                    + bias[p.name]
                    * (
                        p.kind != "input" or window.active(t)  # type: ignore[union-attr]
                    )
                )
                if plan.largest and p.name in counts.saturations:
                    v[p.name], lost = hold(v[p.name], -plan.largest - 1, plan.largest)
                    counts.saturations[p.name] += lost.sum(axis=0)
                if window is None:
                    counts.output(p.name)[:, t] = v[p.name].T
                    continue
                h = p.per_neuron("threshold")[:, None] * window.gain(t)
                s = fires(v[p.name], h).astype(np.int64)
                if network.code == "signed" and p.kind != "input":
                    s = np.where(count[p.name] < p.levels, s, 0) - (
                        (v[p.name] < 0) & (count[p.name] > 0)
                    )
            assert window is not None
            s = s * window.active(t)
            if p.kind != "max_pool" and p.name not in encoded:
                v[p.name] = reset(v[p.name], s, h, p.reset)
            sent[p.name] = window.gain(t) * s
            count[p.name] += sent[p.name]
            fired = np.abs(s)
            counts.spikes[p.name][:, t] = fired.sum(axis=0)
            for c in network.outgoing(p.name):
                for column, ledger in counts.synaptic_operations.items():
                    ledger[c.name][:, t] = fan_out[column, c.name] @ fired
            if rasters:
                counts.rasters[p.name][:, t] = s.T[:rasters]
        if progress:
            progress("simulate", samples * (t + 1) // plan.steps, samples)
    return counts
