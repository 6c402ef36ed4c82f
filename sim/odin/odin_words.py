"""What ODIN's memories and registers look like as text, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...models.odin import chip
from .image import OdinImage
from .words import ChipWords, ReadNumbers, nibbles, packed

# The registers after the signs; all are 0.
OTHER_REGISTERS = (
    "SPI_BURST_TIMEREF",
    "SPI_AER_SRC_CTRL_nNEUR",
    "SPI_OUT_AER_MONITOR_EN",
    "SPI_MONITOR_NEUR_ADDR",
    "SPI_MONITOR_SYN_ADDR",
    "SPI_UPDATE_UNMAPPED_SYN",
    "SPI_PROPAGATE_UNMAPPED_SYN",
    "SPI_SDSP_ON_SYN_STIM",
)

LAYOUT = """\
Content of an ODIN core (ChFrenkel/ODIN), one network. Bit positions are those of doc/README.md
sections 2 to 4 of that repository and agree with src/neuron_core.v, src/synaptic_core.v and
src/spi_slave.v. The files were not loaded into a chip.

synapses.hex   8192 lines, one 32-bit word each, for $readmemh. Address {pre[7:0], post[7:3]}.
               Bits 4i+3..4i are the synapse of post = 8 * (address mod 32) + i: bit 3 mapping
               (1 = there is a synapse), bits 2..0 weight.
neurons.hex    256 lines, one 128-bit word each, address = neuron.
               bit 0 model (1 = LIF) | 7..1 leak_str | 8 leak_en | 16..9 thr |
               17 ca_en (0: no learning) | 39..18 learning (0) | 77..70 potential (0) |
               85..78 learning state (0) | 127 neur_disable | all other bits unused (0).
               Unused neurons are disabled and keep threshold 255; they get no weight, and cost
               their cycles all the same.
registers.txt  address, value in hexadecimal, name. There is no reset value: write all of them,
               SPI_GATE_ACTIVITY = 1 first, which opens the memories to SPI, and again with 0 when
               the memories are loaded. Bit i of the register at address 2 + k is the sign of
               axon 16 k + i (1 = inhibitory). A potential is read as byte 8 (its bits 1..0 in
               bits 7..6) and byte 9 (its bits 7..2 in bits 5..0) of its word.
events.txt     one 17-bit AERIN_ADDR in hexadecimal per line, in order. Spike event
               {0, axon, 0x07}; time reference of all {0, 0, 0x7F}, of one neuron
               {0, neuron, 0xFF}. Time references follow when the core is idle again: they would
               overtake queued spikes.
"""


@dataclass(frozen=True, eq=False)
class OdinMemories:
    """What exported files hold, field by field as `OdinTwin` takes it.

    Parameters
    ----------
    synapses : uint8 (256, 256) [pre, post]
        Bits 0..2 the weight, bit 3 set where there is a synapse.
    inhibitory : bool (256,)
        The sign of an axon.
    threshold, leak : int (256,)
        Of each neuron.
    leak_enable, enabled : bool (256,)
        Of each neuron.
    open_loop : bool
        Whether spikes only leave the core.
    """

    synapses: np.ndarray
    inhibitory: np.ndarray
    threshold: np.ndarray
    leak: np.ndarray
    leak_enable: np.ndarray
    enabled: np.ndarray
    open_loop: bool


class OdinWords(ChipWords[OdinImage]):
    """ODIN's words: 128 bits a neuron, 26 registers, 17 bits an event."""

    layout = LAYOUT
    event_digits = 5

    def synapses(self, image):
        """Eight synapses a word, in address order."""
        return packed(image.synapses)

    def neurons(self, image):
        """One word of 128 bits per neuron, in Python's integers."""
        words = []
        for neuron in range(chip.NEURONS):
            word = chip.LIF
            word |= int(image.leak[neuron]) << chip.LEAK_BIT
            word |= int(image.leak_enable[neuron]) << chip.LEAK_ENABLE_BIT
            word |= int(image.threshold[neuron]) << chip.THRESHOLD_BIT
            word |= int(not image.enabled[neuron]) << chip.DISABLED_BIT
            words.append(word)
        return words

    neuron_bits = chip.NEURON_WORD_BITS

    def registers(self, image):
        """Every configuration register, as it is while the network runs."""
        found = [
            (0, 0, "SPI_GATE_ACTIVITY"),
            (1, int(image.open_loop), "SPI_OPEN_LOOP"),
        ]

        width = chip.SIGNS_PER_REGISTER
        bits = 1 << np.arange(width)
        signs = image.inhibitory.reshape(-1, width) @ bits
        for k, value in enumerate(signs.tolist()):
            name = f"SPI_SYN_SIGN[{width * k + width - 1}:{width * k}]"
            found.append((chip.FIRST_SIGN_REGISTER + k, value, name))

        for k, name in enumerate(OTHER_REGISTERS):
            found.append((chip.FIRST_OTHER_REGISTER + k, 0, name))
        return found

    def meanings(self, image):
        """Axon -> what it stands for."""
        found = {
            int(axon): f"input {i}, excitatory" for i, axon in enumerate(image.excitatory_axons)
        }
        for i, axon in enumerate(image.inhibitory_axons):
            found[int(axon)] = f"input {i}, inhibitory"
        found[image.bias_axon] = "bias"
        return found

    def spike(self, axon):
        """{0, axon, 0x07}."""
        return axon << chip.EVENT_INDEX_BIT | chip.SPIKE

    def time_reference(self, neuron):
        """{0, 0, 0x7F}, or {0, neuron, 0xFF}."""
        if neuron == chip.ALL_NEURONS:
            return chip.TIME_REFERENCE_ALL
        return neuron << chip.EVENT_INDEX_BIT | chip.TIME_REFERENCE_ONE

    def read(self, read: ReadNumbers) -> OdinMemories:
        """The memories, from the numbers of their files."""
        words = read.synapses(chip.SYNAPSE_WORDS, chip.SYNAPSE_WORD_BITS)
        neurons = read.neurons(chip.NEURONS, chip.NEURON_WORD_BITS)
        values = read.registers(chip.REGISTERS, chip.REGISTER_BITS)

        def field(bit: int, width: int) -> np.ndarray:
            mask = (1 << width) - 1
            return np.array([word >> bit & mask for word in neurons])

        return OdinMemories(
            synapses=nibbles(words),
            inhibitory=_signs(values),
            threshold=field(chip.THRESHOLD_BIT, chip.THRESHOLD_BITS),
            leak=field(chip.LEAK_BIT, chip.LEAK_BITS),
            leak_enable=field(chip.LEAK_ENABLE_BIT, 1) == 1,
            enabled=field(chip.DISABLED_BIT, 1) == 0,
            open_loop=bool(values[1]),
        )


def _signs(values: list[int]) -> np.ndarray:
    """(256,) bool, from the values of the registers."""
    signs = []
    for axon in range(chip.AXONS):
        register, bit = divmod(axon, chip.SIGNS_PER_REGISTER)
        signs.append(values[chip.FIRST_SIGN_REGISTER + register] >> bit & 1)
    return np.array(signs, bool)
