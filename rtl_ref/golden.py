"""Golden model of the core: integer, bit-exact and cycle-exact."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..errors import DoesNotFitError
from ..sim.geometry import unroll
from ..sim.network import SpikingNetwork


@dataclass(frozen=True)
class CoreImage:
    """What is written into a core's memories for one population.

    ``synapses`` (axons, neurons) weights; ``threshold``, ``bias``, ``initial_potential``, ``fires`` (neurons,).
    """

    synapses: np.ndarray
    threshold: np.ndarray
    bias: np.ndarray
    initial_potential: np.ndarray
    fires: np.ndarray


def core_image(network: SpikingNetwork, population: str, axons: int, neurons: int, weight_bits: int, state_bits: int) -> CoreImage:
    """The memories of a core of `axons` x `neurons` that holds `population`; unused neurons have no synapses and never fire.

    Raises
    ------
    DoesNotFitError : more axons or neurons than the core has, weights or thresholds that are too wide, or max pooling.
    """
    post = network.population(population)
    where = f"RTL core: population {population!r}"
    incoming = network.incoming(population)
    if post.kind == "max_pool" or len(incoming) != 1:
        raise DoesNotFitError(
            where, "the core integrates the events of one population and fires", post.kind, "integrate_and_fire or readout"
        )
    (connection,) = incoming
    pre = network.population(connection.pre)
    for what, need, limit in (("axons", pre.size, axons), ("neurons", post.size, neurons)):
        if need > limit:
            raise DoesNotFitError(where, f"has at most {limit} {what}", need)
    if network.weight_bits > weight_bits:
        raise DoesNotFitError(where, f"weights have at most {weight_bits} bits", network.weight_bits)
    synapses = np.zeros((axons, neurons), np.int64)
    synapses[: pre.size, : post.size] = unroll(connection, pre.shape, post.shape).toarray().T
    values = {}
    for name in ("threshold", "bias", "initial_potential"):
        values[name] = np.zeros(neurons, np.int64)
        values[name][: post.size] = post.per_neuron(name)
        if np.abs(values[name]).max() >= 2 ** (state_bits - 1):
            raise DoesNotFitError(f"{where}: {name}", f"fits into {state_bits} bits", int(np.abs(values[name]).max()))
    fires = np.zeros(neurons, bool)
    fires[: post.size] = post.kind != "readout"
    return CoreImage(synapses, fires=fires, **values)


@dataclass
class GoldenCore:
    """The core of `integrate_and_fire_core.sv`: an event adds a row of weights, a tick adds the biases, tests, fires and resets.

    ``cycles``, ``sops`` and ``saturations`` count as the hardware does, for a receiver that is always ready.
    """

    image: CoreImage
    state_bits: int
    cycles: int = 0
    sops: int = 0
    saturations: int = 0
    potential: np.ndarray = field(init=False)

    def __post_init__(self):
        self.restart()

    def restart(self) -> None:
        """Load the initial potentials."""
        self.potential = self.image.initial_potential.copy()

    def _add(self, amounts: np.ndarray) -> None:
        limit = 2 ** (self.state_bits - 1)
        exact = self.potential + amounts
        self.potential = np.clip(exact, -limit, limit - 1)
        self.saturations += int((exact != self.potential).sum())

    def event(self, axon: int) -> None:
        """Add the weights of `axon` to all neurons: 1 + 2 N cycles."""
        self._add(self.image.synapses[axon])
        self.sops += len(self.potential)
        self.cycles += 1 + 2 * len(self.potential)

    def tick(self) -> np.ndarray:
        """End the step; returns the neurons that fire, ascending: 2 + 2 N cycles and one per spike."""
        self._add(self.image.bias)
        fired = self.image.fires & (self.potential >= self.image.threshold)
        self.potential = self.potential - self.image.threshold * fired
        self.cycles += 2 + 2 * len(self.potential) + int(fired.sum())
        return np.flatnonzero(fired)
