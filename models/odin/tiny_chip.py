"""tinyODIN, the chip: its sizes, widths and memory layout, said once.

Numbers of the public RTL (ChFrenkel/tinyODIN 1865653): `doc/README.md` sections 2 to 4,
`lif_neuron.v`, `neuron_core.v`, `controller.v`, `scheduler.v` and `spi_slave.v`. What is not here
is as in ODIN (`chip.py`): 256 neurons and axons, eight synapses a word, the handshakes.
"""

from __future__ import annotations

QUEUE = 128  # events that wait for their sweep

# Widths: weights and potentials are signed, in two's complement.
WEIGHT_BITS = 4
LEAST_WEIGHT = -(2 ** (WEIGHT_BITS - 1))  # −8
LARGEST_WEIGHT = 2 ** (WEIGHT_BITS - 1) - 1  # 7
WEIGHT_MASK = 2**WEIGHT_BITS - 1

POTENTIAL_BITS = 12
LEAST_POTENTIAL = -(2 ** (POTENTIAL_BITS - 1))  # −2048
LARGEST_POTENTIAL = 2 ** (POTENTIAL_BITS - 1) - 1  # 2047

THRESHOLD_BITS = 12
LARGEST_THRESHOLD = 2**THRESHOLD_BITS - 1  # 4095; no potential reaches one of 2048 or more

# A host gives the first layer a bias: events of the largest weight, which stay below any threshold.
LARGEST_BIAS_EVENTS = LARGEST_POTENTIAL // LARGEST_WEIGHT  # 292

# The neuron memory: one word of 32 bits per neuron, by the lowest bit of each field.
NEURON_WORD_BITS = 32
POTENTIAL_BIT = 0
THRESHOLD_BIT = 12
LEAK_BIT = 24
DISABLED_BIT = 31

# The registers, by address.
REGISTERS = ("SPI_GATE_ACTIVITY", "SPI_OPEN_LOOP", "SPI_AER_SRC_CTRL_nNEUR", "SPI_MAX_NEUR")

# An event on the input link: {virtual, time reference, 8 bits}.
EVENT_BITS = 10
TIME_REFERENCE = 1 << 8
ALL_NEURONS_INDEX = 0xFF  # so that neuron 255 has no time reference of its own
VIRTUAL = 1 << 9
VIRTUAL_NEURONS = 16  # a virtual event names its neuron with four bits

# Clock cycles, where they are not ODIN's.
RETIRE_CYCLES = 1  # a neuron event leaves the queue in a cycle of its own, after its sweep
