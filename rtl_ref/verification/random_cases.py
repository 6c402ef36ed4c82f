"""Constrained-random cases for one core: memories, words, idle times, a receiver, resets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..design import DEFAULTS
from ..model.core_image import CoreImage
from ..model.words import ALL, MARK, Word
from .coverage import STATES

# Parameters of the sweep: sizes from 1, both rules, slow memories, a short queue, potentials that
# saturate.
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
        "WEIGHT_BITS": 8,
        "STATE_BITS": 16,
        "CYCLES_PER_SOP": 5,
        "QUEUE_DEPTH": 2,
        "INDEX": 3,
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
    """

    image: CoreImage
    words: list[Word]
    idle: list[int]
    readiness: float
    interrupted: int = 0
    reset_state: int = 0


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
    return Case(image, words, idle, readiness, interrupted, reset_state)


def _random_word(random: np.random.Generator, parameters: Mapping[str, int]) -> Word:
    """An event, or a tick for all cores, for this one, or for the next."""
    if random.random() < 0.55:
        axon = random.integers(parameters["AXONS"])
        return Word(int(axon))

    index = parameters.get("INDEX", DEFAULTS["INDEX"])
    kind = random.integers(MARK + 1)
    targets = [ALL, index, index + 1]
    target = random.choice(targets)
    return Word(kind=int(kind), target=int(target))


def _random_rest(random: np.random.Generator, patience: float) -> int:
    if random.random() < patience:
        return int(random.integers(0, 40))

    return 0
