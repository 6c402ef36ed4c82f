"""What a device has to hold of a network: cores, area and memory."""

from __future__ import annotations

from dataclasses import dataclass

from .cards.card import Quantity


@dataclass(frozen=True)
class Footprint:
    """What a workload takes up on a device.

    Parameters
    ----------
    cores : int, optional
        Neuromorphic cores; None of a device that has none.
    area_m2 : Quantity, optional
        m², of all cores with what links them, with its range; None where no card says it.
    memory_bytes : int, optional
        Of a core all of its memory, filled or not: synapses, and the words of its neurons. Of a
        microcontroller flash and RAM that the workload needs, code and stack included. None of a
        chip whose card does not say it.

    Examples
    --------
    >>> Footprint(memory_bytes=131_072).cores is None
    True
    """

    memory_bytes: int | None
    cores: int | None = None
    area_m2: Quantity | None = None
