"""What prices hold, in short lines: what is counted, what is not, and where the values are from.

The bills' own assumptions say the rest, at length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..bill import ZERO_SKIPPING, Bill
from ..cards.card import Card
from ..kernels.versions import named

STATUSES = ("measured", "simulated", "estimated", "assumed")
ZEROS = (
    f"{ZERO_SKIPPING}: int8 that multiplies no zeros, by loops of our own, executed and counted "
    "in an emulator"
)


def in_brief(bills: Sequence[Bill]) -> list[str]:
    """Four lines for each card, one for the cores that have a host, one for skipped zeros.

    Parameters
    ----------
    bills : sequence of Bill

    Examples
    --------
    >>> print(*in_brief(prices.bills)[:2], sep="\\n")  # doctest: +SKIP
    stm32l4r5: STM32L4R5, Cortex-M4 at 120 MHz, 1.8 V, LDO
      counted: whole chip while it computes, at the board's supply pin; Stop 2 between inferences
    """
    cards = {bill.card.name: bill.card for bill in bills}
    lines = [line for card in cards.values() for line in _of_card(card)]
    hosted = [bill.device for bill in bills if bill.host is not None]
    if hosted:
        lines.append(
            f"{', '.join(hosted)}: besides, what the host does for the cores, the port between "
            "them (assumed), and the loss of the cores' converter"
        )
    if any(ZERO_SKIPPING in bill.workloads for bill in bills):
        lines.append(ZEROS)
    return lines


def _of_card(card: Card) -> list[str]:
    return [
        f"{card.name}: {card.title}{_kernels(card)}",
        f"  counted: {card.includes}",
        f"  not counted: {card.excludes}",
        f"  values: {statuses(card)}",
    ]


def _kernels(card: Card) -> str:
    """Whose int8 kernels a microcontroller is priced with."""
    library = card.about.get("library")
    return f"; int8 by {named(library)}" if library else ""


def statuses(card: Card) -> str:
    """How many values are measured, simulated, estimated and assumed.

    >>> from ..cards.load import load_card
    >>> statuses(load_card("cr2032"))
    '2 assumed'
    """
    found = Counter(quantity.status.split()[0] for quantity in card.values.values())
    known = [status for status in STATUSES if found[status]]
    return ", ".join(f"{found[status]} {status}" for status in known)
