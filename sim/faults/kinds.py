"""The kinds of faults by name. A new one is one entry here."""

from __future__ import annotations

from ..network.named import by_name, named
from .fault import Fault
from .neurons import FiringNeurons, SilentNeurons
from .noise import InputNoise
from .spikes import LostSpikes
from .weights import BitsAtOne, BitsAtZero, FlippedBits

FAULTS: dict[str, Fault] = by_name(
    (
        InputNoise(),
        LostSpikes(),
        SilentNeurons(),
        FiringNeurons(),
        FlippedBits(),
        BitsAtZero(),
        BitsAtOne(),
    )
)


def fault_named(where: str, fault: str | Fault) -> Fault:
    """The fault that `fault` is or names; raises SpikewattError for any other."""
    return named(where, "must be a known fault", fault, FAULTS)
