"""ODIN, the chip: its sizes, widths, cycles and memory layout, said once.

Numbers of the public RTL (ChFrenkel/ODIN 1781931): `doc/README.md` sections 2 to 4,
`src/neuron_core.v`, `src/synaptic_core.v`, `src/controller.v` and `src/spi_slave.v`.

References
----------
Frenkel et al., IEEE Trans. Biomed. Circuits Syst. 13, 145 (2019), doi:10.1109/TBCAS.2018.2880425.
"""

from __future__ import annotations

# Sizes. An index of the core is a neuron and, as the one that spiked, the axon of its synapses.
NEURONS = 256
AXONS = NEURONS
QUEUE = 32  # events that wait for their sweep

# Widths.
WEIGHT_BITS = 3
LARGEST_WEIGHT = 2**WEIGHT_BITS - 1  # 7; the sign belongs to the axon
POTENTIAL_BITS = 8
LARGEST_POTENTIAL = 2**POTENTIAL_BITS - 1  # 255
THRESHOLD_BITS = 8
LARGEST_THRESHOLD = 2**THRESHOLD_BITS - 1  # 255
LEAK_BITS = 7
LARGEST_LEAK = 2**LEAK_BITS - 1  # 127, taken away by a time reference

# A host gives the first layer a bias: events of the largest weight, which stay below any threshold.
LARGEST_BIAS_EVENTS = LARGEST_THRESHOLD // LARGEST_WEIGHT  # 36
LARGEST_EVENTS = 255  # of one pixel
LARGEST_PIXEL = 255

# A synapse: four bits.
WEIGHT_MASK = LARGEST_WEIGHT
MAPPED = 1 << WEIGHT_BITS  # the mapping bit, without which a weight counts as 0
SYNAPSE_BITS = WEIGHT_BITS + 1
LARGEST_SYNAPSE = MAPPED | WEIGHT_MASK

# The synapse memory: words of eight synapses, at address {pre[7:0], post[7:3]}.
SYNAPSES_PER_WORD = 8
SYNAPSE_WORD_BITS = SYNAPSES_PER_WORD * SYNAPSE_BITS  # 32
WORDS_PER_AXON = NEURONS // SYNAPSES_PER_WORD  # 32
SYNAPSE_WORDS = AXONS * WORDS_PER_AXON  # 8192

# The neuron memory: one word per neuron, by the lowest bit of each field.
NEURON_WORD_BITS = 128
LIF = 1  # the value of the model bit, bit 0
LEAK_BIT = 1
LEAK_ENABLE_BIT = 8
THRESHOLD_BIT = 9
DISABLED_BIT = 127
BYTES_PER_POTENTIAL = 2  # its bits 70..77 lie across two bytes

# The registers: one sign bit per axon from address 2 on.
REGISTERS = 26
REGISTER_BITS = 20
SIGNS_PER_REGISTER = 16
FIRST_SIGN_REGISTER = 2
FIRST_OTHER_REGISTER = FIRST_SIGN_REGISTER + AXONS // SIGNS_PER_REGISTER  # 18

# An event on the input link: {0, index, kind}.
EVENT_INDEX_BIT = 8
SPIKE = 0x07
TIME_REFERENCE_ALL = 0x7F
TIME_REFERENCE_ONE = 0xFF
ALL_NEURONS = -1  # in a list of time references or events: all neurons at once

# Clock cycles.
VISIT_CYCLES = 2  # read and write of a neuron or of a word of synapses
DECIDE_CYCLES = 1  # to choose what is served next
PUSH_CYCLES = 1  # to put an event into the queue
SYNCHRONISE_CYCLES = 2  # until a request is seen
RELEASE_CYCLES = 3  # from an acknowledgement to rest, with a sender that answers at once
OUTPUT_CYCLES = 6  # of the output link per spike, with a receiver that answers at once

# Sums of these, per event.
SWEEP_CYCLES = VISIT_CYCLES * NEURONS  # 512: all neurons in ascending order
EVENT_CYCLES = DECIDE_CYCLES + PUSH_CYCLES + RELEASE_CYCLES  # 5: a request that is queued
SERVED_CYCLES = DECIDE_CYCLES + SWEEP_CYCLES  # 513: an event that is popped
LAST_CYCLES = 2  # of an inference with events, beyond the sums of its events
ONE_REFERENCE_CYCLES = DECIDE_CYCLES + VISIT_CYCLES + RELEASE_CYCLES + LAST_CYCLES  # 8
ALL_REFERENCE_CYCLES = DECIDE_CYCLES + SWEEP_CYCLES + RELEASE_CYCLES + LAST_CYCLES  # 518

# SPI: 20 bits of address and 20 of data, at four clock cycles a bit at least.
SPI_BIT_CYCLES = 4
SPI_BYTE_CYCLES = (20 + 20) * SPI_BIT_CYCLES  # 160
