"""Golden model of the core and of a chain of cores: integer, bit-exact and cycle-exact, with the neuron rules of `sim`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ...errors import DoesNotFitError
from ...sim.engines.schedule import Schedule
from ...sim.network.neurons import fires, hold, reset
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.network.synapses import unroll
from .words import ALL, DOUBLE, FIRE, MARK, STEP, Word

COUNTERS = ("cycles", "sops", "reads", "writes", "spikes", "saturations")
NEVER = -1  # threshold of a neuron that never fires
COUNTER_ORDER = (
    "cycles",
    "stalls",
    "sops",
    "reads",
    "writes",
    "spikes",
    "saturations",
)  # of the hardware


@dataclass(frozen=True)
class CoreImage:
    """What is written into a core's memories for one population.

    ``synapses`` (axons, neurons) weights; ``threshold`` (below 0: never fires), ``bias``, ``initial_potential`` (neurons,).
    """

    synapses: np.ndarray
    threshold: np.ndarray
    bias: np.ndarray
    initial_potential: np.ndarray

    def spikes(self, potential: np.ndarray) -> np.ndarray:
        """Which neurons fire at a test."""
        return (self.threshold >= 0) & fires(potential, self.threshold)


def core_image(
    network: SpikingNetwork,
    population: str,
    axons: int,
    neurons: int,
    weight_bits: int,
    state_bits: int,
    fire_steps: int = 0,
) -> CoreImage:
    """The memories of a core of `axons` x `neurons` that holds `population`; unused neurons have no synapses and never fire.

    Under radix with `fire_steps` K the threshold is the first of its steps, θ 2^(K−1), and the initial potential is kept as the bias,
    which ADD adds behind the last input.

    Raises
    ------
    DoesNotFitError : more axons or neurons than the core has, weights or thresholds that are too wide, or max pooling.
    """
    post = network.population(population)
    where = f"RTL core: population {population!r}"
    incoming = network.incoming(population)
    if post.kind == "max_pool" or len(incoming) != 1:
        raise DoesNotFitError(
            where,
            "the core integrates the events of one population and fires",
            post.kind,
            "integrate_and_fire or readout",
        )
    (connection,) = incoming
    pre = network.population(connection.pre)
    for what, need, limit in (("axons", pre.size, axons), ("neurons", post.size, neurons)):
        if need > limit:
            raise DoesNotFitError(where, f"has at most {limit} {what}", need)
    if network.weight_bits > weight_bits:
        raise DoesNotFitError(
            where, f"weights have at most {weight_bits} bits", network.weight_bits
        )
    synapses = np.zeros((axons, neurons), np.int64)
    synapses[: pre.size, : post.size] = unroll(connection, pre.shape, post.shape).toarray().T
    values = {}
    for name in ("threshold", "bias", "initial_potential"):
        values[name] = np.zeros(neurons, np.int64)
        values[name][: post.size] = post.per_neuron(name)
    if network.code == "radix":
        values["bias"], values["initial_potential"] = values["initial_potential"], values["bias"]
        values["threshold"] <<= max(fire_steps - 1, 0)
    for name, array in values.items():
        if np.abs(array).max() >= 2 ** (state_bits - 1):
            raise DoesNotFitError(
                f"{where}: {name}", f"fits into {state_bits} bits", int(np.abs(array).max())
            )
    values["threshold"][0 if post.kind == "readout" else post.size :] = NEVER
    return CoreImage(synapses, **values)


def network_images(network: SpikingNetwork, plan: Schedule, state_bits: int) -> list[CoreImage]:
    """One image per population behind the input, each core as large as its population."""
    images = []
    for pre, post in zip(network.populations, network.populations[1:], strict=False):
        window = plan.windows.get(post.name)
        fire_steps = window.stop - window.start if window else 0
        images.append(
            core_image(
                network, post.name, pre.size, post.size, network.weight_bits, state_bits, fire_steps
            )
        )
    return images


@dataclass
class GoldenCore:
    """The core of `integrate_and_fire_core.sv`.

    Parameters
    ----------
    image : its memories. state_bits : width of a potential. cycles_per_sop : of a visit. event_rule : else the tick rule.
    index : its number in a chain, from 1.

    ``cycles``, ``sops``, ``reads``, ``writes``, ``spikes`` and ``saturations`` count as the hardware does; waiting for a receiver is none
    of its cycles.
    """

    image: CoreImage
    state_bits: int
    cycles_per_sop: int = 2
    event_rule: bool = False
    index: int = 1
    cycles: int = 0
    sops: int = 0
    reads: int = 0
    writes: int = 0
    spikes: int = 0
    saturations: int = 0
    potential: np.ndarray = field(init=False)

    def __post_init__(self):
        self.restart()

    @property
    def neurons(self) -> int:
        """Number of neurons, used or not."""
        return len(self.image.threshold)

    def restart(self) -> None:
        """Load the initial potentials."""
        self.potential = self.image.initial_potential.copy()

    def send(self, word: Word) -> list[Word]:
        """Execute a word; returns the words that leave: spikes in ascending order, then the tick if it is passed on.

        An event takes 1 + N c cycles, a tick as many and 1 if it is passed on, each spike 1 more; a tick for others takes 2.
        """
        mine = word.axon is not None or (word.kind != MARK and word.target in (ALL, self.index))
        passed = (
            [word] if word.axon is None and (word.target != self.index or word.kind == MARK) else []
        )
        fired = self._visit(word) if mine else np.zeros(0, int)
        self.cycles += 1 + len(fired) + len(passed)
        return [*(Word(int(neuron)) for neuron in fired), *passed]

    def _visit(self, word: Word) -> np.ndarray:
        """Visit all neurons; returns those that fire."""
        v, image, limit = self.potential, self.image, 2 ** (self.state_bits - 1)
        self.cycles += self.neurons * self.cycles_per_sop
        self.reads += self.neurons
        self.writes += self.neurons
        spikes = np.zeros(self.neurons, bool)
        if word.axon is not None:
            self.sops += self.neurons
        if word.axon is None and word.kind == FIRE and not self.event_rule:
            spikes = image.spikes(v)
            v, lost = hold(2 * reset(v, spikes, image.threshold, "subtract"), -limit, limit - 1)
        else:
            doubles = word.axon is None and word.kind in (DOUBLE, FIRE)
            v, lost = hold(
                v
                + (
                    image.synapses[word.axon]
                    if word.axon is not None
                    else v
                    if doubles
                    else image.bias
                ),
                -limit,
                limit - 1,
            )
            if self.event_rule:
                v = np.maximum(v, 0)
                spikes = image.spikes(v)
                v = reset(v, spikes, image.threshold, "zero")
            elif word.axon is None and word.kind == STEP:
                spikes = image.spikes(v)
                v = reset(v, spikes, image.threshold, "subtract")
        self.potential = v
        self.saturations += int(lost.sum())
        self.spikes += int(spikes.sum())
        return np.flatnonzero(spikes)

    def counters(self) -> dict[str, int]:
        """COUNTERS by name."""
        return {name: getattr(self, name) for name in COUNTERS}


@dataclass
class GoldenChain:
    """The chain of `snn_top.sv`: each core hears the one before it."""

    cores: list[GoldenCore]

    @classmethod
    def of(
        cls,
        images: Iterable[CoreImage],
        state_bits: int,
        cycles_per_sop: int = 2,
        event_rule: bool = False,
    ) -> GoldenChain:
        """One core per image."""
        return cls(
            [
                GoldenCore(image, state_bits, cycles_per_sop, event_rule, i + 1)
                for i, image in enumerate(images)
            ]
        )

    def restart(self) -> None:
        """Load the initial potentials of all cores."""
        for core in self.cores:
            core.restart()

    def send(self, word: Word) -> list[list[Word]]:
        """Execute a word in all cores, one behind the other; returns the words that leave each core."""
        left, waiting = [], [word]
        for core in self.cores:
            waiting = [out for each in waiting for out in core.send(each)]
            left.append(waiting)
        return left
