"""What tinyODIN's memories and registers look like as text, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...models.odin import chip, tiny_chip
from .tiny_image import TinyOdinImage
from .words import ChipWords, ReadNumbers, nibbles, packed

LAYOUT = """\
Content of a tinyODIN core (ChFrenkel/tinyODIN), one network. Bit positions are those of
doc/README.md sections 2 to 4 of that repository and agree with neuron_core.v, lif_neuron.v,
synaptic_core.v and spi_slave.v. The files were not loaded into a chip.

synapses.hex   8192 lines, one 32-bit word each, for $readmemh. Address {pre[7:0], post[7:3]}.
               Bits 4i+3..4i are the weight of post = 8 * (address mod 32) + i, in two's complement.
neurons.hex    256 lines, one 32-bit word each, address = neuron.
               bits 11..0 potential (0), signed | 23..12 thr | 30..24 leak_str | 31 neur_disable.
               Neurons beyond SPI_MAX_NEUR are not visited; they are disabled and keep threshold
               4095, which no potential reaches.
registers.txt  address, value in hexadecimal, name. There is no reset value: write all of them,
               SPI_GATE_ACTIVITY = 1 first, which opens the memories to SPI, and again with 0 when
               the memories are loaded. A potential is read as byte 0 (its bits 7..0) and byte 1
               (its bits 11..8 in bits 3..0) of its word.
spi.txt        all writes in order, 20 bits of address and 20 of data in hexadecimal: registers,
               neurons and synapses byte by byte (address {0, 1, 01, byte, word} and
               {0, 1, 10, byte, word}), SPI_GATE_ACTIVITY = 0 at the end.
events.txt     one 10-bit AERIN_ADDR in hexadecimal per line, in order. Spike event {0, 0, axon};
               time reference of all {0, 1, 0xFF}, of one neuron {0, 1, neuron}. Time references
               follow when the core is idle again: they would overtake queued spikes.
"""

BYTES = range(4)  # of a word
SPI_WRITE = 1 << 18
SPI_NEURONS, SPI_SYNAPSES = 0b01 << 16, 0b10 << 16
NEURON_BYTE_BIT = 8  # where the number of the byte begins in an address
SYNAPSE_BYTE_BIT = 13


@dataclass(frozen=True, eq=False)
class TinyOdinMemories:
    """What exported files hold, field by field as `TinyOdinTwin` takes it.

    Parameters
    ----------
    synapses : int64 (256, 256) [pre, post]
        Weights, −8..7.
    threshold, leak : int (256,)
        Of each neuron.
    enabled : bool (256,)
        Of each neuron.
    neurons : int
        That a sweep visits.
    open_loop : bool
        Whether spikes only leave the core.
    """

    synapses: np.ndarray
    threshold: np.ndarray
    leak: np.ndarray
    enabled: np.ndarray
    neurons: int
    open_loop: bool


class TinyOdinWords(ChipWords[TinyOdinImage]):
    """tinyODIN's words: 32 bits a neuron, 4 registers, 10 bits an event."""

    layout = LAYOUT
    neuron_bits = tiny_chip.NEURON_WORD_BITS
    event_digits = 3

    def synapses(self, image):
        """Eight synapses a word, in address order."""
        return packed(image.synapses & tiny_chip.WEIGHT_MASK)

    def neurons(self, image):
        """One word of 32 bits per neuron, with a potential of 0."""
        words = image.threshold << tiny_chip.THRESHOLD_BIT
        words |= image.leak << tiny_chip.LEAK_BIT
        words |= np.where(image.enabled, 0, 1) << tiny_chip.DISABLED_BIT
        return words.tolist()

    def registers(self, image):
        """Every configuration register, as it is while the network runs."""
        values = (0, int(image.open_loop), 0, image.neurons_in_use - 1)
        named = zip(values, tiny_chip.REGISTERS, strict=True)
        return [(address, value, name) for address, (value, name) in enumerate(named)]

    def meanings(self, image):
        """Axon -> what it stands for."""
        found = {int(axon): f"input {i}" for i, axon in enumerate(image.axons)}
        found[image.bias_axon] = "bias"
        return found

    def spike(self, axon):
        """{0, 0, axon}."""
        return axon

    def time_reference(self, neuron):
        """{0, 1, 0xFF}, or {0, 1, neuron}."""
        everyone = neuron == chip.ALL_NEURONS
        return tiny_chip.TIME_REFERENCE | (tiny_chip.ALL_NEURONS_INDEX if everyone else neuron)

    def spi_writes(self, image):
        """Open the memories, write them byte by byte, and begin."""
        gate, *others = self.registers(image)
        found = [(gate[0], 1), *((address, value) for address, value, _ in others)]
        memories = (
            (SPI_NEURONS, NEURON_BYTE_BIT, self.neurons(image)),
            (SPI_SYNAPSES, SYNAPSE_BYTE_BIT, self.synapses(image)),
        )
        for memory, byte_bit, words in memories:
            for address, word in enumerate(words):
                for byte in BYTES:
                    where = SPI_WRITE | memory | byte << byte_bit | address
                    found.append((where, word >> 8 * byte & 0xFF))
        return [*found, (gate[0], 0)]

    def read(self, read: ReadNumbers) -> TinyOdinMemories:
        """The memories, from the numbers of their files."""
        weights = nibbles(read.synapses(chip.SYNAPSE_WORDS, chip.SYNAPSE_WORD_BITS)).astype(
            np.int64
        )
        neurons = np.array(read.neurons(chip.NEURONS, tiny_chip.NEURON_WORD_BITS))
        values = read.registers(len(tiny_chip.REGISTERS), chip.REGISTER_BITS)

        def field(bit: int, largest: int) -> np.ndarray:
            return neurons >> bit & largest

        negative = weights > tiny_chip.LARGEST_WEIGHT
        return TinyOdinMemories(
            synapses=np.where(negative, weights - tiny_chip.WEIGHT_MASK - 1, weights),
            threshold=field(tiny_chip.THRESHOLD_BIT, tiny_chip.LARGEST_THRESHOLD),
            leak=field(tiny_chip.LEAK_BIT, chip.LARGEST_LEAK),
            enabled=field(tiny_chip.DISABLED_BIT, 1) == 0,
            neurons=values[tiny_chip.REGISTERS.index("SPI_MAX_NEUR")] + 1,
            open_loop=bool(values[1]),
        )
