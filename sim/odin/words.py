"""What the words of a chip of ODIN's kind must say, so that its files can be written and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from ...models.odin import chip

# Where the eight synapses of a word lie.
SHIFTS = chip.SYNAPSE_BITS * np.arange(chip.SYNAPSES_PER_WORD, dtype=np.uint32)

Image = TypeVar("Image")


@dataclass(frozen=True)
class ReadNumbers:
    """How the numbers of a folder are read: each takes how many there are, and of how many bits."""

    synapses: Callable[[int, int], list[int]]
    neurons: Callable[[int, int], list[int]]
    registers: Callable[[int, int], list[int]]


class ChipWords(Generic[Image]):
    """The words of a chip.

    Facts: `layout`, a text for people; `neuron_bits` of a neuron's word; `event_digits`,
    hexadecimal digits of an event.
    """

    layout: ClassVar[str]
    neuron_bits: ClassVar[int]
    event_digits: ClassVar[int]

    def synapses(self, image: Image) -> list[int]:
        """The synapse memory, in the order of its addresses."""
        raise NotImplementedError

    def neurons(self, image: Image) -> list[int]:
        """The neuron memory, in the order of its addresses."""
        raise NotImplementedError

    def registers(self, image: Image) -> list[tuple[int, int, str]]:
        """(address, value, name) of every register, as it is while the network runs."""
        raise NotImplementedError

    def meanings(self, image: Image) -> dict[int, str]:
        """Axon -> what it stands for."""
        raise NotImplementedError

    def spike(self, axon: int) -> int:
        """The word of a neuron spike event on the input link."""
        raise NotImplementedError

    def time_reference(self, neuron: int) -> int:
        """The word of a time reference of one neuron, or of all (−1)."""
        raise NotImplementedError

    def spi_writes(self, image: Image) -> list[tuple[int, int]]:
        """(20 bits of address, 20 of data) of all writes that load the chip, or none."""
        return []

    def read(self, read: ReadNumbers) -> Any:
        """What the files hold, field by field as the chip's twin takes it."""
        raise NotImplementedError


def packed(synapses: np.ndarray) -> list[int]:
    """(256, 256) synapses of four bits as words of eight, in address order {pre, post[7:3]}."""
    words = synapses.reshape(chip.SYNAPSE_WORDS, chip.SYNAPSES_PER_WORD).astype(np.uint32)
    return (words << SHIFTS).sum(axis=1).tolist()


def nibbles(words: list[int]) -> np.ndarray:
    """(256, 256) uint8 synapses of four bits, from words of eight."""
    found = np.array(words, np.uint32)[:, None] >> SHIFTS & (1 << chip.SYNAPSE_BITS) - 1
    return found.astype(np.uint8).reshape(chip.AXONS, chip.NEURONS)
