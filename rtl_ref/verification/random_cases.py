"""Constrained-random cases for one core: memories, words, idle times, a receiver, resets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..design import DEFAULTS
from ..model.core_image import CoreImage
from ..model.words import ALL, MARK, Word
from .coverage import STATES

NUMBER_BITS = 16
AXES = 1 << NUMBER_BITS  # numbers of axons and neurons that a word or an address can hold
MOST_TARGETS = 16

# Parameters of the sweep: sizes from 1, both rules, slow memories, a short queue, potentials that
# saturate, counters that wrap, the last index.
SWEEP: tuple[dict[str, int], ...] = (
    {"AXONS": 8, "NEURONS": 6, "WEIGHT_BITS": 4, "STATE_BITS": 7},
    {
        "AXONS": 8,
        "NEURONS": 6,
        "WEIGHT_BITS": 4,
        "STATE_BITS": 9,
        "EVENT_RULE": 1,
    },
    {
        "AXONS": 1,
        "NEURONS": 1,
        "WEIGHT_BITS": 2,
        "STATE_BITS": 6,
        "CYCLES_PER_SOP": 3,
    },
    {
        "AXONS": 5,
        "NEURONS": 7,
        "WEIGHT_BITS": 11,
        "STATE_BITS": 16,
        "CYCLES_PER_SOP": 5,
        "QUEUE_DEPTH": 2,
        "INDEX": 3,
    },
    {
        "AXONS": 3,
        "NEURONS": 4,
        "WEIGHT_BITS": 5,
        "STATE_BITS": 5,
        "CYCLES_PER_SOP": 3,
        "EVENT_RULE": 1,
        "INDEX": 15,
        "COUNTER_BITS": 8,
    },
)


@dataclass(frozen=True)
class Case:
    """What the bench does between two loads of the memories.

    Parameters
    ----------
    image : what is loaded
    words : what is sent, in order
    idle : cycles of rest before each word
    readiness : 0..1, probability that the receiver is ready in a cycle
    interrupted : number of words after which the core is reset; 0, the default, for never
    reset_state : state of the controller, of STATES, in which the reset comes, default 0
    refused : what the memory port is asked for and must refuse, before the words: whether to write,
        memory, axon, neuron, value; default nothing
    """

    image: CoreImage
    words: list[Word]
    idle: list[int]
    readiness: float
    interrupted: int = 0
    reset_state: int = 0
    refused: list[tuple[bool, int, int, int, int]] = field(default_factory=list)


def random_image(random: np.random.Generator, parameters: Mapping[str, int]) -> CoreImage:
    """Weights over their whole range, small thresholds and biases; some neurons never fire.

    Parameters
    ----------
    random : source of the numbers
    parameters : of the core
    """
    axons = parameters["AXONS"]
    neurons = parameters["NEURONS"]
    largest = 2 ** (parameters["WEIGHT_BITS"] - 1)
    limit = 2 ** (parameters["STATE_BITS"] - 1)
    reach = min(limit, 3 * largest + 2)

    synapses = random.integers(-largest, largest, (axons, neurons))
    absent = random.random(synapses.shape) < 0.2
    synapses[absent] = 0

    may_fire = random.random(neurons) < 0.8
    positive = random.integers(0, reach, neurons)
    negative = random.integers(-limit, 0, neurons)
    threshold = np.where(may_fire, positive, negative)

    smallest_bias = -min(3, limit)
    bias = random.integers(smallest_bias, 3, neurons)
    lowest = 0 if parameters.get("EVENT_RULE", 0) else -reach
    initial_potential = random.integers(lowest, reach, neurons)
    return CoreImage(synapses, threshold, bias, initial_potential)


def random_cases(parameters: Mapping[str, int], cases: int, seed: int) -> list[Case]:
    """Random cases; every fourth is interrupted by a reset, in each state in turn.

    Parameters
    ----------
    parameters : of the core
    cases : how many
    seed : of the random numbers
    """
    random = np.random.default_rng(seed)
    return [_random_case(random, parameters, number) for number in range(cases)]


def _random_case(
    random: np.random.Generator,
    parameters: Mapping[str, int],
    number: int,
) -> Case:
    length = int(random.integers(4, 30))
    words = [_random_word(random, parameters) for _ in range(length)]

    patience = random.random()
    idle = [_random_rest(random, patience) for _ in words]

    interrupted = 0
    readiness = 0.05  # a reset shall find the controller waiting, too
    if number % 4 == 3:
        interrupted = len(words) - 1
    else:
        readiness = float(random.choice([1.0, 0.7, 0.3]))

    image = random_image(random, parameters)
    reset_state = number // 4 % len(STATES)
    refused = _refused(random, parameters)
    return Case(image, words, idle, readiness, interrupted, reset_state, refused)


def _refused(
    random: np.random.Generator, parameters: Mapping[str, int]
) -> list[tuple[bool, int, int, int, int]]:
    """Places beyond the last, and weights beyond the ends of their range."""
    axons, neurons = parameters["AXONS"], parameters["NEURONS"]
    axon, neuron = int(random.integers(axons)), int(random.integers(neurons))
    memory = int(random.integers(1, 4))
    tries = []
    for write in (True, False):
        for beyond in (axons, axons + 1, AXES - 1, _one_bit_more(random, axons)):
            tries.append((write, 0, beyond, neuron, 0))
        for beyond in (neurons, neurons + 1, AXES - 1, _one_bit_more(random, neurons)):
            tries.append((write, 0, axon, beyond, 0))
            tries.append((write, memory, 0, beyond, 0))

    limit = 2 ** (parameters["WEIGHT_BITS"] - 1)
    if parameters["WEIGHT_BITS"] < parameters["STATE_BITS"]:
        for value in (limit, -limit - 1):
            tries.append((True, 0, axon, neuron, value))
    order = random.permutation(len(tries))
    return [tries[i] for i in order]


def _random_word(random: np.random.Generator, parameters: Mapping[str, int]) -> Word:
    """An event, or a tick for all cores, for this one, or for the next."""
    if random.random() < 0.55:
        axon = random.integers(parameters["AXONS"])
        return Word(int(axon))

    if random.random() < 0.1:
        return no_word(random, parameters["AXONS"])

    index = parameters.get("INDEX", DEFAULTS["INDEX"])
    kind = random.integers(MARK + 1)
    targets = [ALL, index, (index + 1) % MOST_TARGETS or 1]
    target = random.choice(targets)
    return Word(kind=int(kind), target=int(target))


def no_word(random: np.random.Generator, axons: int) -> Word:
    """A word that does not exist: of an axon beyond the last, or of a kind after MARK.

    Parameters
    ----------
    random : source of the numbers
    axons : of the core
    """
    if random.random() < 0.5:
        return Word(kind=int(random.integers(MARK + 1, 8)), target=int(random.integers(2)))

    beyond = [axons, axons + 1, AXES - 1, _one_bit_more(random, axons)]
    return Word(int(random.choice(beyond)))


def _one_bit_more(random: np.random.Generator, size: int) -> int:
    """A number below `size` with one more bit set, of those that none of them has."""
    lowest = (size - 1).bit_length()
    return int(random.integers(size)) + (1 << int(random.integers(lowest, NUMBER_BITS)))


def _random_rest(random: np.random.Generator, patience: float) -> int:
    if random.random() < patience:
        return int(random.integers(0, 40))

    return 0
