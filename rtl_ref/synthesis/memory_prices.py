"""What an access to each memory of the design costs, by CACTI."""

from __future__ import annotations

from dataclasses import dataclass

from ...energy.cards.cacti import CACTI_PJ, access_pj
from ..design import CORE, Parameters, memories

MEMORY_TECHNOLOGY = "CACTI 7, 32 nm LOP, 0.6 V"
SMALLEST_BYTES = min(CACTI_PJ)
TABLE_BITS = 32  # of an access in CACTI's table


@dataclass(frozen=True)
class MemoryPrice:
    """One memory and its price.

    Parameters
    ----------
    name : hierarchical name in the design
    width : bits
    depth : words
    access_j : energy of one access, J: the mean of a read and a write in CACTI's table
    held : whether it lies below the table's 1 kB and is priced as 1 kB, which is too much
    """

    name: str
    width: int
    depth: int
    access_j: float
    held: bool


def memory_prices(parameters: Parameters, top: str = CORE) -> list[MemoryPrice]:
    """Each memory of the design with its energy per access.

    Parameters
    ----------
    parameters : of the module, those that differ from the defaults
    top : ``integrate_and_fire_core`` (default) or ``snn_top``

    Raises
    ------
    SpikewattError : a memory above the 1 MB of CACTI's table.

    >>> [price.name for price in memory_prices({"AXONS": 256})]
    ['synapses', 'potentials', 'thresholds', 'biases']
    """
    prices = []
    sizes = memories(parameters, top)
    for name, (width, depth) in sizes.items():
        size = width * depth / 8
        # The table's price is of a read and a write.
        access = access_pj(max(size, SMALLEST_BYTES)) / 2
        access_j = access * width / TABLE_BITS * 1e-12

        held = size < SMALLEST_BYTES
        price = MemoryPrice(name, width, depth, access_j, held)
        prices.append(price)

    return prices
