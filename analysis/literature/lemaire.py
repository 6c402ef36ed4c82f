"""Lemaire et al. 2022: operations, addressing and memory accesses, layer by layer, in 45 nm.

Equation numbers are those of the paper (ICONIP 2022, doi:10.1007/978-3-031-30105-6_48), as they
stand in the implementation of its authors' group (Qualia). Left out on both sides: reads of biases,
and the addresses of a kernel's taps. Exact borders: synaptic operations are counted, not estimated.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.parts import LayerQuantities
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status, Swap

ADD_J = 0.1e-12  # int32
MULTIPLY_J = 3.1e-12
MAC_J = ADD_J + MULTIPLY_J
WORD_BYTES = 4
DRAM_J = 8 * WORD_BYTES * 20.3e-12  # of a word, in place of SRAM; not of the paper
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


def spiking_j(layer: LayerQuantities, weight_j: float | None = None, state: bool = True) -> float:
    """Energy of a layer as spikes: operations + addressing + memory.

    Parameters
    ----------
    layer : LayerQuantities
    weight_j : float, optional
        J of a fetch of a weight; by default that of an SRAM of all weights of the layer.
    state : bool, default True
        Whether accesses to potentials are charged.
    """
    fetch_j = words_j(layer.parameters) if weight_j is None else weight_j
    neurons, visits = layer.outputs, layer.outputs * layer.post_steps
    operations_j = ADD_J * (layer.operations + visits + layer.spikes_out)  # 1.4, 2.4
    addressing_j = ADD_J * layer.operations  # 16.3, 17.2
    if layer.is_windowed:
        addressing_j += 2 * MAC_J * layer.spikes_in  # 16.2
    memory_j = (
        words_j(0) * (layer.spikes_in + layer.spikes_out)  # queues of events: 5, 13
        + fetch_j * layer.operations  # weights: 7, 8
    )
    if state:
        memory_j += (
            words_j(neurons) * (layer.operations + visits)  # potentials read: 9, 10
            + words_j(neurons) * (layer.operations + neurons)  # potentials written: 14, 15
        )
    return operations_j + addressing_j + memory_j


def dense_j(layer: LayerQuantities, weight_j: float | None = None, reuses: bool = False) -> float:
    """Energy of a layer as an ANN of the same weights.

    Parameters
    ----------
    layer : LayerQuantities
    weight_j : float, optional
        As of `spiking_j`.
    reuses : bool, default False
        Whether each weight is fetched once.
    """
    fetch_j = words_j(layer.parameters) if weight_j is None else weight_j
    operations_j = MAC_J * layer.macs + ADD_J * layer.outputs  # 1.1, 1.2, 2.1, 2.2
    addresses = layer.inputs + layer.outputs if layer.is_windowed else layer.macs
    reads = layer.macs if layer.is_windowed else layer.inputs  # 3, 4
    memory_j = (
        words_j(layer.inputs) * reads
        + fetch_j * (min(layer.parameters, layer.macs) if reuses else layer.macs)  # 6
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
        Unit.JOULES, WeightFetch.SRAM, Reuse.NONE, Bits.NOT_MATCHED, State.STATE
    )
    status = Status.SECONDARY
    source = "ICONIP 2022, doi:10.1007/978-3-031-30105-6_48, arXiv:2210.13107"

    def has(self, quantities: Quantities) -> Span:
        """Spiking over dense, of all layers that multiply."""
        return _ratio(quantities)

    def threshold(self, quantities: Quantities) -> Span:
        """1."""
        return Span.of(1.0)

    def swaps(self, quantities: Quantities) -> Iterator[Swap]:
        """Weights for nothing, and from DRAM; each once for the ANN; potentials for nothing."""
        one = Span.of(1.0)
        free, dram = _ratio(quantities, 0.0), _ratio(quantities, DRAM_J)
        yield Swap("weight_fetch", WeightFetch.FREE, free, one)
        yield Swap("weight_fetch", WeightFetch.DRAM, dram, one)
        yield Swap("reuse", Reuse.LAYER, _ratio(quantities, reuses=True), one)
        yield Swap("state", State.NOTHING, _ratio(quantities, state=False), one)


def _ratio(
    quantities: Quantities,
    weight_j: float | None = None,
    *,
    reuses: bool = False,
    state: bool = True,
) -> Span:
    layers = [layer for layer in quantities.layers if layer.macs]
    spiking = sum(spiking_j(layer, weight_j, state) for layer in layers)
    return Span.of(spiking / sum(dense_j(layer, weight_j, reuses) for layer in layers))
