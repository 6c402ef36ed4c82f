"""Lemaire et al. 2022: operations, addressing and memory accesses, layer by layer, in 45 nm.

Equation numbers are those of the paper (ICONIP 2022, doi:10.1007/978-3-031-30105-6_48), as they
stand in the implementation of its authors' group (Qualia). Left out on both sides: reads of biases,
and the addresses of a kernel's taps. Exact borders: synaptic operations are counted, not estimated.
"""

from __future__ import annotations

from itertools import pairwise

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.parts import LayerQuantities
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status

ADD_J = 0.1e-12  # int32
MULTIPLY_J = 3.1e-12
MAC_J = ADD_J + MULTIPLY_J
WORD_BYTES = 4
# Bytes of an SRAM -> J of an access of one word (Horowitz 2014).
SRAM_J = ((8192, 10e-12), (32768, 20e-12), (1048576, 100e-12))


def access_j(memory_bytes: float) -> float:
    """Energy of one access to an SRAM, piecewise linear; both end pieces go on.

    Parameters
    ----------
    memory_bytes : float
        Size of the memory.

    Examples
    --------
    >>> [round(access_j(kilobytes * 1024) * 1e12, 1) for kilobytes in (8, 20, 32, 528, 1024)]
    [10.0, 15.0, 20.0, 60.0, 100.0]
    """
    lower, upper = pairwise(SRAM_J)
    (low, low_j), (high, high_j) = lower if memory_bytes <= SRAM_J[1][0] else upper
    return low_j + (high_j - low_j) * (memory_bytes - low) / (high - low)


def words_j(words: float) -> float:
    """Energy of one access to a memory of so many words."""
    return access_j(words * WORD_BYTES)


def spiking_j(layer: LayerQuantities) -> float:
    """Energy of a layer as spikes: operations + addressing + memory."""
    neurons, visits = layer.outputs, layer.outputs * layer.post_steps
    operations_j = ADD_J * (layer.operations + visits + layer.spikes_out)  # 1.4, 2.4
    addressing_j = ADD_J * layer.operations  # 16.3, 17.2
    if layer.is_windowed:
        addressing_j += 2 * MAC_J * layer.spikes_in  # 16.2
    memory_j = (
        words_j(0) * (layer.spikes_in + layer.spikes_out)  # queues of events: 5, 13
        + words_j(layer.parameters) * layer.operations  # weights: 7, 8
        + words_j(neurons) * (layer.operations + visits)  # potentials read: 9, 10
        + words_j(neurons) * (layer.operations + neurons)  # potentials written: 14, 15
    )
    return operations_j + addressing_j + memory_j


def dense_j(layer: LayerQuantities) -> float:
    """Energy of a layer as an ANN of the same weights."""
    operations_j = MAC_J * layer.macs + ADD_J * layer.outputs  # 1.1, 1.2, 2.1, 2.2
    addresses = layer.inputs + layer.outputs if layer.is_windowed else layer.macs
    reads = layer.macs if layer.is_windowed else layer.inputs  # 3, 4
    memory_j = (
        words_j(layer.inputs) * reads
        + words_j(layer.parameters) * layer.macs  # 6
        + words_j(layer.outputs) * layer.outputs  # 11, 12
    )
    return operations_j + ADD_J * addresses + memory_j


class Lemaire(Rule):
    """E of the spikes over E of the ANN, both in int32."""

    name = "lemaire"
    paper = "Lemaire 2022"
    quantity = "energy, spiking / dense"
    formula = "(E_ops + E_addr + E_mem) / the same of the ANN < 1"
    depends_on = ""
    assumptions = Assumptions(
        Unit.JOULES, WeightFetch.SRAM, Reuse.NONE, Bits.NOT_MATCHED, State.BOTH
    )
    status = Status.SECONDARY
    source = "ICONIP 2022, doi:10.1007/978-3-031-30105-6_48, arXiv:2210.13107"

    def has(self, quantities: Quantities) -> Span:
        """Spiking over dense, of all layers that multiply."""
        layers = [layer for layer in quantities.layers if layer.macs]
        return Span.of(sum(map(spiking_j, layers)) / sum(map(dense_j, layers)))

    def threshold(self, quantities: Quantities) -> Span:
        """1."""
        return Span.of(1.0)
