"""ODIN's constants against the numbers that its RTL shows, as documented and as simulated."""

from __future__ import annotations

from spikewatt.models.odin import chip


def test_the_sums_of_the_cycles_are_those_of_the_rtl():
    """cycles = 5 N + 2 + 513 P + 6 S; a time reference takes 8 for one neuron, 518 for all."""
    assert chip.EVENT_CYCLES == 5
    assert chip.LAST_CYCLES == 2
    assert chip.SERVED_CYCLES == 513
    assert chip.OUTPUT_CYCLES == 6
    assert (chip.ONE_REFERENCE_CYCLES, chip.ALL_REFERENCE_CYCLES) == (8, 518)
    assert chip.SPI_BYTE_CYCLES == 160


def test_the_widths_follow_from_the_words():
    assert (chip.LARGEST_WEIGHT, chip.LARGEST_POTENTIAL, chip.LARGEST_LEAK) == (7, 255, 127)
    assert (chip.MAPPED, chip.LARGEST_SYNAPSE) == (0b1000, 0b1111)
    assert chip.SYNAPSE_WORDS * chip.SYNAPSES_PER_WORD == chip.AXONS * chip.NEURONS
    assert chip.SYNAPSE_WORD_BITS == 32
    assert chip.FIRST_OTHER_REGISTER + 8 == chip.REGISTERS
    assert chip.LARGEST_BIAS_EVENTS * chip.LARGEST_WEIGHT < chip.LARGEST_THRESHOLD


def test_the_fields_of_a_neuron_do_not_overlap():
    fields = [
        (0, 1),
        (chip.LEAK_BIT, chip.LEAK_BITS),
        (chip.LEAK_ENABLE_BIT, 1),
        (chip.THRESHOLD_BIT, chip.THRESHOLD_BITS),
        (chip.DISABLED_BIT, 1),
    ]
    taken = [bit for low, width in fields for bit in range(low, low + width)]
    assert len(set(taken)) == len(taken)
    assert max(taken) == chip.NEURON_WORD_BITS - 1
