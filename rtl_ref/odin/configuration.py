"""What is written into a core of ODIN's kind, and what its synapses add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...models.odin.chip import LARGEST_WEIGHT, MAPPED, WEIGHT_BITS, WEIGHT_MASK
from ...models.odin.chips import OdinChip


@dataclass(frozen=True, eq=False)
class Configuration:
    """What is written into the core, and how fast its neighbours answer.

    Parameters
    ----------
    chip : which chip it is
    synapses : (256, 256) [pre, post], as the twin was given them; only ODIN's ever change
    change : (256, 256) int16 [pre, post], what a synapse adds to a potential
    sign : (256,) int16, of an axon; 1 where a synapse has its own
    threshold : (256,) int16
    leak : (256,) int16, what a time reference takes from the size of a potential
    enabled : (256,) bool, whether a neuron may emit its spikes
    swept : neurons that a sweep visits, from 0 on
    open_loop : whether spikes only leave the core
    sender_delay : cycles by which the sender answers late
    receiver_delay : cycles per edge of the output handshake
    """

    chip: OdinChip
    synapses: np.ndarray
    change: np.ndarray
    sign: np.ndarray
    threshold: np.ndarray
    leak: np.ndarray
    enabled: np.ndarray
    swept: int
    open_loop: bool
    sender_delay: int
    receiver_delay: int


def mapped_weights(synapses: np.ndarray) -> np.ndarray:
    """int16 weights of ODIN's synapses that are mapped, 0 of the others.

    >>> mapped_weights(np.array([0b1101, 0b0101], np.uint8)).tolist()
    [5, 0]
    """
    weights = (synapses & WEIGHT_MASK).astype(np.int16)
    mapped = (synapses & MAPPED) != 0
    return np.where(mapped, weights, np.int16(0))


def after_bistability(synapses: np.ndarray) -> np.ndarray:
    """ODIN's synapses after a bistability event, whatever the learning bit says.

    The top bit of a mapped weight says where it goes: 4 and more up by one, to 7 at most; less
    down, to 0. A synapse that is not mapped stays.

    >>> after_bistability(np.arange(8, 16, dtype=np.uint8)).tolist()
    [8, 8, 9, 10, 13, 14, 15, 15]
    >>> after_bistability(np.arange(8, dtype=np.uint8)).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    weights = (synapses & WEIGHT_MASK).astype(np.int16)
    upwards = weights >= 1 << (WEIGHT_BITS - 1)
    moved = np.clip(weights + np.where(upwards, 1, -1), 0, LARGEST_WEIGHT)
    mapped = (synapses & MAPPED) != 0
    return np.where(mapped, moved | MAPPED, synapses).astype(np.uint8)
