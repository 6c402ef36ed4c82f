"""Constrained-random samples for chains of cores: memories, words, rests, a receiver, resets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...design import packed
from ...model.core_image import CoreImage
from ...model.words import ADD, ALL, KINDS, MARK, STEP, Word
from ..random_cases import no_word, random_image
from .run import Pace


@dataclass(frozen=True)
class ChainDesign:
    """A chain that is tried, and how.

    Parameters
    ----------
    axons : of each core
    neurons : of each core
    weight_bits : width of a weight, bits
    state_bits : width of a potential, bits
    cycles_per_sop : cycles of a visit to one neuron
    event_rule : ODIN's rule in place of the tick rule, default False
    queue_depth : words before each core, default 4
    counter_bits : width of the counters, bits, default 32
    samples : how many are run, default 8; every third is interrupted by a reset
    length : words of a sample, default 20
    readiness : 0..1 of the receiver, default 0.4
    image : whether the memories begin with what files hold, default False
    """

    axons: tuple[int, ...]
    neurons: tuple[int, ...]
    weight_bits: int
    state_bits: int
    cycles_per_sop: int
    event_rule: bool = False
    queue_depth: int = 4
    counter_bits: int = 32
    samples: int = 8
    length: int = 20
    readiness: float = 0.4
    image: bool = False

    @property
    def cores(self) -> int:
        """Length of the chain."""
        return len(self.axons)

    @property
    def parameters(self) -> dict[str, int | str]:
        """Those of `snn_top`."""
        return {
            "CORES": self.cores,
            "AXONS": packed(self.axons),
            "NEURONS": packed(self.neurons),
            "WEIGHT_BITS": self.weight_bits,
            "STATE_BITS": self.state_bits,
            "CYCLES_PER_SOP": self.cycles_per_sop,
            "EVENT_RULE": int(self.event_rule),
            "QUEUE_DEPTH": self.queue_depth,
            "COUNTER_BITS": self.counter_bits,
        }

    def __str__(self) -> str:
        rule = "event" if self.event_rule else "tick"
        cores = "core" if self.cores == 1 else "cores"
        return (
            f"chain: {self.cores} {cores}, {max(self.neurons)} neurons at most, "
            f"{self.weight_bits} and {self.state_bits} bits, c {self.cycles_per_sop}, {rule} rule"
        )


ONE = ChainDesign((9,), (6,), weight_bits=4, state_bits=8, cycles_per_sop=2, counter_bits=9)
THREE = ChainDesign(
    (8, 9, 5),
    (7, 5, 6),
    weight_bits=10,
    state_bits=13,
    cycles_per_sop=3,
    counter_bits=10,
    image=True,
)
BY_EVENTS = ChainDesign(
    (6, 5, 4),
    (5, 4, 3),
    weight_bits=4,
    state_bits=12,
    cycles_per_sop=2,
    event_rule=True,
    queue_depth=2,
    counter_bits=7,
)
FIVE = ChainDesign(
    (4, 5, 4, 3, 5),
    (5, 4, 3, 4, 3),
    weight_bits=8,
    state_bits=24,
    cycles_per_sop=7,
    counter_bits=48,
)
FIFTEEN = ChainDesign(
    (3,) * 15,
    (3, 2, 3) * 5,
    weight_bits=3,
    state_bits=7,
    cycles_per_sop=2,
    samples=6,
    length=14,
    readiness=0.6,
    image=True,
)
WIDE = ChainDesign(
    (3, 256),
    (256, 4),
    weight_bits=6,
    state_bits=16,
    cycles_per_sop=2,
    queue_depth=16,
    samples=4,
    length=12,
    readiness=0.7,
)

CHAINS = (ONE, THREE, BY_EVENTS, FIVE, FIFTEEN, WIDE)


@dataclass(frozen=True)
class Samples:
    """What is run on a chain.

    Parameters
    ----------
    images : one per core
    programs : words of each sample
    pace : of sender and receiver
    """

    images: list[CoreImage]
    programs: list[list[Word]]
    pace: Pace


def random_samples(design: ChainDesign, seed: int) -> Samples:
    """Random memories, words and rests for a chain.

    Parameters
    ----------
    design : the chain
    seed : of the random numbers
    """
    random = np.random.default_rng(seed)
    images = []
    for axons, neurons in zip(design.axons, design.neurons, strict=True):
        size = {"AXONS": axons, "NEURONS": neurons, "WEIGHT_BITS": design.weight_bits}
        size |= {"STATE_BITS": design.state_bits, "EVENT_RULE": int(design.event_rule)}
        images.append(random_image(random, size))

    programs, rests, interrupted = [], [], []
    for number in range(design.samples):
        cut = number % 3 == 1
        program = [_random_word(random, design, cut) for _ in range(design.length)]
        if not cut:
            program.append(Word(kind=MARK, target=ALL, read=True))
        programs.append(program)
        rests.append(_random_rests(random, len(program)))
        longest = 2 * design.cycles_per_sop * max(design.neurons)
        interrupted.append(int(random.integers(1, longest)) if cut else 0)

    pace = Pace(design.readiness, rests, interrupted, True, design.image, seed)
    return Samples(images, programs, pace)


def _random_word(random: np.random.Generator, design: ChainDesign, cut: bool) -> Word:
    """An event, or a tick for all cores, for one of them, or for one that is not there."""
    if random.random() < 0.5:
        return Word(int(random.integers(design.axons[0])))

    if random.random() < 0.1:
        return no_word(random, design.axons[0])

    if random.random() < 0.5:
        kind, target = (STEP, ADD)[int(random.integers(2))], ALL
    else:
        kind = int(random.integers(len(KINDS)))
        target = int(random.integers(min(design.cores + 2, 16)))

    comes_out = kind == MARK or target == ALL or target > design.cores
    read = comes_out and not cut and random.random() < 0.3
    return Word(kind=kind, target=target, read=bool(read))


def _random_rests(random: np.random.Generator, words: int) -> Sequence[int]:
    often = random.random() < 0.5
    rests = random.integers(0, 30, words)
    return np.where(random.random(words) < 0.5 * often, rests, 0).tolist()
