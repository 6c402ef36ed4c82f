"""The chips of ODIN's kind: what one has that the other has not, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import one_of
from . import chip, tiny_chip
from .chip import DECIDE_CYCLES, LAST_CYCLES, NEURONS, RELEASE_CYCLES, VISIT_CYCLES


@dataclass(frozen=True)
class OdinChip:
    """A chip of ODIN's kind. Its handshakes, its sweep and its 256 neurons are common to all.

    Parameters
    ----------
    name : str
        Of its card, and what `--chip` takes.
    title : str
        In words.
    queue : int
        Events that wait for their sweep.
    least_weight, largest_weight : int
        Of a synapse; with one sign per axon the least is 0.
    least_potential, largest_potential : int
        Where a sum is held.
    largest_threshold : int
        That a neuron's word holds.
    largest_bias_events : int
        Of the largest weight, which leave a potential below some threshold.
    usual_bias_events : int
        So many where nobody says otherwise.
    bias_first : bool
        Whether they come before the inputs, or after them.
    skips_unused : bool
        Whether a sweep ends at the last neuron in use.
    retire_cycles : int
        Of a neuron event after its sweep, before its place in the queue is free.
    synapse_reads, synapse_writes : int
        Accesses to a word of synapses in a sweep.
    """

    name: str
    title: str
    queue: int
    least_weight: int
    largest_weight: int
    least_potential: int
    largest_potential: int
    largest_threshold: int
    largest_bias_events: int
    usual_bias_events: int
    bias_first: bool
    skips_unused: bool
    retire_cycles: int
    synapse_reads: int
    synapse_writes: int

    def __str__(self) -> str:
        return self.name

    @property
    def synapse_law(self) -> str:
        """How wide a synapse is, in words."""
        if self.signed_synapses:
            return "a synapse has 4 bits, signed"
        return "a synapse has 3 bits and its axon the sign"

    @property
    def signed_synapses(self) -> bool:
        """Whether a synapse has its own sign, so that an axon may have both."""
        return self.least_weight < 0

    def weights(self, layer: int) -> tuple[int, int]:
        """Least and largest weight of a network's layer, counted from 0.

        Where an axon has one sign, an input may take two axons, one for each; a neuron is one.

        >>> ODIN.weights(0), ODIN.weights(1), TINY_ODIN.weights(1)
        ((-7, 7), (0, 7), (-8, 7))
        """
        if self.signed_synapses or layer > 0:
            return self.least_weight, self.largest_weight
        return -self.largest_weight, self.largest_weight

    @property
    def potentials(self) -> int:
        """How many values a potential has."""
        return self.largest_potential - self.least_potential + 1

    def held(self, potential):
        """A sum of a potential and a change (number or array), held at the ends of its range.

        >>> TINY_ODIN.held(-2050).tolist(), ODIN.held(-3).tolist()
        (-2048, 0)
        """
        import numpy as np  # here: the program asks for the names of chips before anything runs

        return np.clip(potential, self.least_potential, self.largest_potential)

    def swept(self, used: int) -> int:
        """Neurons that a sweep visits where the last in use is number `used` − 1."""
        return used if self.skips_unused else NEURONS

    def served_cycles(self, neurons: int = NEURONS) -> int:
        """Cycles of a neuron event that is taken from the queue, with a sweep of `neurons`.

        >>> ODIN.served_cycles(), TINY_ODIN.served_cycles(58)
        (513, 118)
        """
        return DECIDE_CYCLES + VISIT_CYCLES * neurons + self.retire_cycles

    def event_cycles(self, neurons: int = NEURONS) -> int:
        """Cycles of a neuron event as the chip's documents count them, without any waiting.

        One to queue it, and its sweep: 1 + 2 (N + 1) with N = SPI_MAX_NEUR.

        >>> TINY_ODIN.event_cycles(201)
        403
        """
        return chip.PUSH_CYCLES + VISIT_CYCLES * neurons


def reference_cycles(neurons: int) -> int:
    """Cycles of a time reference of so many neurons, with the handshake.

    >>> reference_cycles(1), reference_cycles(256)
    (8, 518)
    """
    return DECIDE_CYCLES + VISIT_CYCLES * neurons + RELEASE_CYCLES + LAST_CYCLES


ODIN = OdinChip(
    name="odin",
    title="ODIN",
    queue=chip.QUEUE,
    least_weight=0,
    largest_weight=chip.LARGEST_WEIGHT,
    least_potential=0,
    largest_potential=chip.LARGEST_POTENTIAL,
    largest_threshold=chip.LARGEST_THRESHOLD,
    largest_bias_events=chip.LARGEST_BIAS_EVENTS,
    usual_bias_events=8,
    bias_first=True,  # a potential that is held at 0 must not begin there
    skips_unused=False,
    retire_cycles=0,
    synapse_reads=1,
    synapse_writes=1,
)
TINY_ODIN = OdinChip(
    name="tinyodin",
    title="tinyODIN",
    queue=tiny_chip.QUEUE,
    least_weight=tiny_chip.LEAST_WEIGHT,
    largest_weight=tiny_chip.LARGEST_WEIGHT,
    least_potential=tiny_chip.LEAST_POTENTIAL,
    largest_potential=tiny_chip.LARGEST_POTENTIAL,
    largest_threshold=tiny_chip.LARGEST_THRESHOLD,
    largest_bias_events=tiny_chip.LARGEST_BIAS_EVENTS,
    usual_bias_events=16,
    bias_first=False,  # so that few neurons fire before all inputs were heard
    skips_unused=True,
    retire_cycles=tiny_chip.RETIRE_CYCLES,
    synapse_reads=2,  # the word stays selected where ODIN writes it back
    synapse_writes=0,
)

CHIPS: dict[str, OdinChip] = {known.name: known for known in (ODIN, TINY_ODIN)}


def chip_of(where: str, value: str | OdinChip) -> OdinChip:
    """The chip that `value` is, or names.

    Raises
    ------
    SpikewattError : it is none; the names of all are listed.
    """
    if isinstance(value, OdinChip) and CHIPS.get(value.name) == value:
        return CHIPS[value.name]  # a copy is the one that is known
    return CHIPS[one_of(where, "must be a known chip", value, CHIPS)]  # type: ignore[arg-type]
