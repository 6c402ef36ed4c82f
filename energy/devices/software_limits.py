"""What fits on a microcontroller: flash, RAM and the widths of its machine words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..cards.card import Card

WEIGHT_BITS = 8  # int8
POTENTIAL_BITS = 32  # int32


@dataclass(frozen=True)
class SoftwareNeed:
    """What one workload needs of a microcontroller.

    Parameters
    ----------
    flash_bytes, ram_bytes : int
        Code and stack included.
    weight_bits : int, default 8
        Widest weight.
    state_bits : int, default 0
        Widest potential; 0 of a network without any.
    gated : bool, default False
        Whether some neurons stay silent unless they fire early.
    """

    flash_bytes: int
    ram_bytes: int
    weight_bits: int = WEIGHT_BITS
    state_bits: int = 0
    gated: bool = False

    @property
    def memory_bytes(self) -> int:
        """Flash and RAM together."""
        return self.flash_bytes + self.ram_bytes


def flash_is_enough(need: SoftwareNeed, card: Card) -> str | None:
    """Parameters and code lie in flash."""
    return _too_small(need.flash_bytes, card, "flash_bytes")


def ram_is_enough(need: SoftwareNeed, card: Card) -> str | None:
    """Activations or potentials, and the stack, lie in RAM."""
    return _too_small(need.ram_bytes, card, "ram_bytes")


def potentials_are_int32(need: SoftwareNeed, card: Card) -> str | None:
    """A potential is a machine word."""
    if need.state_bits <= POTENTIAL_BITS:
        return None
    return f"potentials are int32, this run may need {need.state_bits} bits"


def weights_are_int8(need: SoftwareNeed, card: Card) -> str | None:
    """The kernels multiply bytes."""
    if need.weight_bits <= WEIGHT_BITS:
        return None
    return f"weights are int8, the network's have {need.weight_bits} bits"


def loop_has_no_gate(need: SoftwareNeed, card: Card) -> str | None:
    """The loop that was measured visits every neuron at every step of its window."""
    return "its loop has no gate for neurons that wake late (wakes_within)" if need.gated else None


Law = Callable[[SoftwareNeed, Card], str | None]
MEMORY_LAWS: tuple[Law, ...] = (flash_is_enough, ram_is_enough)
# The most telling last: what is wider than its type does not fit into any memory.
SOFTWARE_LAWS: tuple[Law, ...] = (
    *MEMORY_LAWS,
    potentials_are_int32,
    weights_are_int8,
    loop_has_no_gate,
)


def why_not(need: SoftwareNeed, card: Card) -> str | None:
    """Why a workload does not run on a microcontroller, None if it does.

    The most telling reason; of memory, all that is short.
    """
    for law in reversed(SOFTWARE_LAWS):
        if law not in MEMORY_LAWS and (why := law(need, card)):
            return why
    short = [why for law in MEMORY_LAWS if (why := law(need, card))]
    return " and ".join(short) or None


def all_that_is_short(need: SoftwareNeed, card: Card) -> list[str]:
    """Every reason why a workload does not run on a microcontroller, the most telling first."""
    return [why for law in reversed(SOFTWARE_LAWS) if (why := law(need, card))]


def _too_small(needed: int, card: Card, what: str) -> str | None:
    there = card.limits[what]
    short = f"{needed - there:,} too many"
    return f"needs {needed:,} of {there:,} {what}, {short}" if needed > there else None
