"""Golden model of the core and of a chain of cores: integer, bit-exact and cycle-exact.

What a neuron does is said in `sim.network.neurons`, which the reference engine calls too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ...sim.network.neurons import Reset, Subtract, Zero, fire, hold
from .core_image import CoreImage
from .words import DOUBLE, FIRE, STEP, Word

# The hardware counts stalls too, which are those of a receiver and not of the core.
COUNTERS = (
    "cycles",
    "sops",
    "reads",
    "writes",
    "spikes",
    "saturations",
    "refusals",
)


@dataclass
class GoldenCore:
    """The core of `integrate_and_fire_core.sv`.

    Parameters
    ----------
    image : what its memories hold
    state_bits : width of a potential, bits
    cycles_per_sop : cycles of a visit to one neuron, at least 2 (default): read, then write
    event_rule : ODIN's rule (held at 0, tested after every visit, reset to zero) in place of the
        tick rule, default False
    index : its number in a chain, from 1 (default)

    ``cycles``, ``sops``, ``reads``, ``writes``, ``spikes``, ``saturations`` and ``refusals`` count
    as the hardware does; waiting for a receiver is none of its cycles.

    >>> import numpy as np
    >>> zeros = np.zeros(2, int)
    >>> image = CoreImage(np.array([[3, 5]]), zeros + 4, bias=zeros, initial_potential=zeros)
    >>> core = GoldenCore(image, state_bits=8)
    >>> core.send(Word(axon=0))
    []
    >>> core.send(Word(kind=STEP, target=1))
    [Word(axon=1, kind=0, target=0, read=False)]
    >>> core.potential.tolist()
    [3, 1]
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
    refusals: int = 0
    potential: np.ndarray = field(init=False)

    def __post_init__(self):
        self.restart()

    @property
    def neurons(self) -> int:
        """Number of neurons, used or not."""
        return len(self.image.threshold)

    @property
    def axons(self) -> int:
        """Number of axons."""
        return len(self.image.synapses)

    def restart(self) -> None:
        """Load the initial potentials."""
        self.potential = self.image.initial_potential.copy()

    def send(self, word: Word) -> list[Word]:
        """Execute a word; returns the words that leave.

        These are spikes in ascending order, then the tick if it is passed on. An event takes 1 +
        N c cycles, a tick as many and 1 if it is passed on, each spike 1 more; a tick for others
        takes 2. A word that does not exist is refused, and takes none.
        """
        if not word.exists(self.axons):
            self.refusals += 1
            return []

        left = []
        if word.is_for(self.index):
            fired = self._visit(word)
            left += [Word(neuron) for neuron in fired]

        if word.leaves(self.index):
            left.append(word)

        self.cycles += 1 + len(left)
        return left

    def counters(self) -> dict[str, int]:
        """COUNTERS by name."""
        return {name: getattr(self, name) for name in COUNTERS}

    def change(self, word: Word) -> np.ndarray:
        """(neurons,) what `word` adds to the potentials: synapses, themselves, or the bias."""
        if word.is_event:
            return self.image.synapses[word.axon]
        if word.kind in (DOUBLE, FIRE):
            return self.potential

        return self.image.bias

    def _visit(self, word: Word) -> list[int]:
        """Visit all neurons; returns those that fire."""
        self.cycles += self.neurons * self.cycles_per_sop
        self.reads += self.neurons
        self.writes += self.neurons
        if word.is_event:
            self.sops += self.neurons

        rule = self._by_event_rule if self.event_rule else self._by_tick_rule
        spikes = rule(word)
        self.spikes += int(spikes.sum())
        return np.flatnonzero(spikes).tolist()

    def _by_tick_rule(self, word: Word) -> np.ndarray:
        """What the simulators of `sim` do: a tick tells when neurons fire."""
        spikes = np.zeros(self.neurons, bool)
        if word.is_event:
            self._add(self.change(word))
        elif word.kind == FIRE:
            spikes = self._fire(Subtract())
            self._add(self.change(word))  # what is left is doubled, after the test
        else:
            self._add(self.change(word))
            if word.kind == STEP:
                spikes = self._fire(Subtract())

        return spikes

    def _by_event_rule(self, word: Word) -> np.ndarray:
        """What ODIN does: a neuron fires as soon as it reaches its threshold."""
        self._add(self.change(word))
        self.potential = np.maximum(self.potential, 0)
        return self._fire(Zero())

    def _add(self, change: np.ndarray) -> None:
        limit = 2 ** (self.state_bits - 1)
        exact = self.potential + change
        self.potential, held = hold(exact, -limit, limit - 1)
        self.saturations += int(held.sum())

    def _fire(self, reset: Reset) -> np.ndarray:
        """Test and reset those neurons that may fire; returns the spikes."""
        before = self.potential
        after, spikes = fire(before, self.image.threshold, reset)

        may_fire = self.image.may_fire
        self.potential = np.where(may_fire, after, before)
        return may_fire & (spikes == 1)


@dataclass
class GoldenChain:
    """The chain of `snn_top.sv`: each core hears the one before it.

    Parameters
    ----------
    cores : the first hears the host
    """

    cores: list[GoldenCore]

    @classmethod
    def of(
        cls,
        images: Iterable[CoreImage],
        state_bits: int,
        cycles_per_sop: int = 2,
        event_rule: bool = False,
    ) -> GoldenChain:
        """One core per image; the other parameters are those of each GoldenCore."""
        cores = []
        for index, image in enumerate(images, start=1):
            cores.append(GoldenCore(image, state_bits, cycles_per_sop, event_rule, index))

        return cls(cores)

    def restart(self) -> None:
        """Load the initial potentials of all cores."""
        for core in self.cores:
            core.restart()

    def send(self, word: Word) -> list[list[Word]]:
        """Execute a word in all cores in turn; returns the words that leave each core."""
        left = []
        arriving = [word]
        for core in self.cores:
            leaving = []
            for each in arriving:
                leaving += core.send(each)
            left.append(leaving)
            arriving = leaving

        return left
