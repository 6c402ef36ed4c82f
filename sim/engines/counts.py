"""What every engine returns, and the arithmetic limit that every engine obeys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ...errors import SpikewattError, whole_number
from ..network.encoders import ENCODERS, encode
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork
from .schedule import Schedule

Progress = Callable[[str, int, int], None]


def has_potential(network: SpikingNetwork, population: Population) -> bool:
    """Whether a population adds up a potential, which can saturate: all but max pools and inputs that are given their events."""
    return population.kind != "max_pool" and (
        population.kind != "input" or network.input_code == "if"
    )


@dataclass
class Counts:
    """Counts of a run while an engine fills them: the numeric part of a Trace, with the same names and shapes."""

    spikes: dict[str, np.ndarray]
    synaptic_operations: dict[str, dict[str, np.ndarray]]
    outputs: np.ndarray
    rasters: dict[str, np.ndarray]
    columns: dict[str, slice] = field(default_factory=dict)
    saturations: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def empty(cls, network: SpikingNetwork, samples: int, steps: int, rasters: int) -> Counts:
        """Zeros for `samples` x `steps`, and rasters of the first `rasters` samples."""
        spiking = [p for p in network.populations if p.kind != "readout"]
        columns, width = {}, 0
        for p in network.readouts:
            columns[p.name] = slice(width, width + p.size)
            width += p.size
        return cls(
            {p.name: np.zeros((samples, steps), np.int64) for p in spiking},
            {
                column: {c.name: np.zeros((samples, steps), np.int64) for c in network.connections}
                for column in ("synapses", "nonzero")
            },
            np.zeros((samples, steps, width), np.int64),
            {p.name: np.zeros((rasters, steps, p.size), np.int8) for p in spiking}
            if rasters
            else {},
            columns,
            {
                p.name: np.zeros(samples, np.int64)
                for p in network.populations
                if has_potential(network, p)
            },
        )

    def output(self, readout: str) -> np.ndarray:
        """(samples, steps, neurons) view of the potentials of one read-out."""
        return self.outputs[:, :, self.columns[readout]]


def split_inputs(network: SpikingNetwork, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Input population -> its columns of `inputs` (samples, neurons of all inputs)."""
    ends = np.cumsum([p.size for p in network.inputs])[:-1]
    return {
        p.name: part for p, part in zip(network.inputs, np.split(inputs, ends, axis=1), strict=True)
    }


def events(
    network: SpikingNetwork, pixels: dict[str, np.ndarray], steps: int, seed: int, first: int
) -> dict[str, np.ndarray]:
    """Input population -> (samples, steps, neurons) events of an encoder; empty where the inputs compute their own spikes.

    `first` is the number of the first sample. Several inputs draw from different seeds.
    """
    if network.input_code not in ENCODERS:
        return {}
    return {
        name: encode(network.input_code, part, network.input_levels, steps, seed + (i << 32), first)
        for i, (name, part) in enumerate(pixels.items())
    }


def largest_potential(network: SpikingNetwork, plan: Schedule) -> int:
    """Bound on the magnitude of any potential or count in a run: start + threshold + what all inputs can add."""
    largest = 0
    for p in network.populations:
        start = int(
            np.abs(p.per_neuron("initial_potential")).max()
            + p.per_neuron("threshold").max() * max(p.levels, 1)
        )
        drive = int(np.abs(p.per_neuron("bias")).max()) * plan.steps
        if p.kind == "input":
            drive += network.input_levels * plan.steps
        for c in network.incoming(p.name):
            pre = network.population(c.pre)
            windows = int(np.prod(c.pooled.window)) if c.pooled else 1
            if c.weights is None:
                row = int(np.prod(c.geometry.window)) if c.geometry else 1
            elif c.kind == "identity":
                row = int(np.abs(c.weights).max())
            elif c.kind == "depthwise":
                row = int(np.abs(c.weights).sum(axis=(0, 1)).max())
            else:
                row = int(np.abs(c.weights).sum(axis=tuple(range(c.weights.ndim - 1))).max())
            analog = pre.kind == "input" and network.input_code == "analog"
            if analog:
                most = network.input_levels * (plan.steps if network.code == "rate" else 1)
            else:  # under rate a population has no limit but one spike per step
                most = plan.steps if network.code == "rate" else max(pre.levels, 1)
            if pre.kind == "input" and network.input_code in ENCODERS:
                most = sum(plan.windows[pre.name].gain(t) for t in range(plan.steps))
            drive += row * windows * most
        largest = max(largest, start + drive)
    return largest


def state_width(network: SpikingNetwork, plan: Schedule, state_bits: int | None = None) -> int:
    """Width of a signed potential: what the worst case needs, or the `state_bits` that were asked for.

    Raises
    ------
    SpikewattError : sums that are not exact in float64 (2^53 and more), or a width too small for an exact code.
    """
    if (largest := largest_potential(network, plan)) >= 2**53:
        raise SpikewattError(
            "simulate.steps",
            "potentials stay below 2^53, where float64 is exact",
            largest,
            "fewer steps or smaller weights",
        )
    needed = largest.bit_length() + 1
    if state_bits is None:
        return needed
    state_bits = whole_number(
        "simulate.state_bits", "must be a width of signed potentials", state_bits, 2, 64
    )
    if state_bits < needed and not plan.streaming:
        raise SpikewattError(
            "simulate.state_bits",
            f"{network.code} is exact only if no potential saturates",
            state_bits,
            f">= {needed}",
        )
    return state_bits
