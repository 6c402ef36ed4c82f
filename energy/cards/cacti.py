"""Energy of a memory access by its size: CACTI 7, 32 nm LOP, 0.6 V, one port."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log

from ...errors import SpikewattError

# Bytes -> read + write energy of 32 bits in pJ; 1 MB from its 64-bit word, halved.
CACTI_PJ = {1024: 0.79, 4096: 1.92, 32768: 4.67, 131072: 9.58, 1048576: 19.3}

NEURON_WORD_BYTES = 16
NEURON_WORD_PJ = 3.91  # the same for ODIN's 4 kB of 128 bits
ODIN_NEURONS = 256


def access_pj(size_bytes: float) -> float:
    """Energy to read and to write 32 bits of a memory, log-log between CACTI's sizes.

    Parameters
    ----------
    size_bytes : float
        Size of the memory, 1 kB to 1 MB.

    Returns
    -------
    float
        pJ.

    Raises
    ------
    SpikewattError
        A size outside of the table.

    Examples
    --------
    >>> f"{access_pj(4096):.2f} pJ"
    '1.92 pJ'
    """
    sizes = list(CACTI_PJ)
    if not sizes[0] <= size_bytes <= sizes[-1]:
        raise SpikewattError(
            "odin_style: memory",
            "must have a size that CACTI's table holds",
            f"{size_bytes:,.0f} bytes",
            "1 kB to 1 MB",
        )
    low, high = next((a, b) for a, b in pairwise(sizes) if size_bytes <= b)
    at_low, at_high = CACTI_PJ[low], CACTI_PJ[high]
    share = log(size_bytes / low) / log(high / low)
    return exp(log(at_low) + share * log(at_high / at_low))


def neuron_word_bits(gates: int = 0) -> int:
    """Bits of a neuron's word: ODIN's 128, and with `gates` one that says whether it has fired."""
    return 8 * NEURON_WORD_BYTES + gates


def neuron_memory_ratio(neurons: int, gates: int = 0) -> float:
    """Access energy of the memory of `neurons` neurons over that of ODIN's 256.

    Wider words cost as many bits more, in a memory that is as much larger.
    """
    wider = neuron_word_bits(gates) / neuron_word_bits()
    own = wider * access_pj(neurons * NEURON_WORD_BYTES * wider)
    return own / access_pj(ODIN_NEURONS * NEURON_WORD_BYTES)


def synaptic_operation_pj(neurons: int, axons: int, weight_bits: int, gates: int = 0) -> float:
    """Memory energy of one synaptic operation in pJ.

    R + W of the neuron word, and R + W of 32 synapse bits for as many as a weight has:
    E = E_neuron + E_32(N · A · bits / 8) · bits / 32.

    Parameters
    ----------
    neurons, axons : int
        N and A of the core.
    weight_bits : int
        Width of a weight.
    gates : int, 0 or 1
        Bits of a neuron's word that say whether it has fired.
    """
    synapse_bytes = neurons * axons * weight_bits / 8
    neuron = NEURON_WORD_PJ * neuron_memory_ratio(neurons, gates)
    return neuron + access_pj(synapse_bytes) * weight_bits / 32
