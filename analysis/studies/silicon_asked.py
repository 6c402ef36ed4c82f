"""What was asked of predictions of measured chips, and whether it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .silicon import DYNAMIC, HELD_OUT, LEFT_OUT, MEANT, PER_UPDATE, POWER, SiliconRow

if TYPE_CHECKING:
    import pandas as pd


class Asked(NamedTuple):
    """A promise, and the rows that it is about.

    Parameters
    ----------
    what : str
    beginning, quantity : str
        Of its rows: how their names begin, and what they are of.
    most : float
        Largest error, or inf where lying in the range is asked.
    """

    what: str
    beginning: str
    quantity: str
    most: float


IN_RANGE = float("inf")
WIDEST = 2.5
ASKED = (
    Asked("the keyword spotter's dynamic energy in range", "Loihi, keyword", DYNAMIC, IN_RANGE),
    Asked("each network of the series left out, 10 %", "Loihi, scaling", DYNAMIC, 0.10),
    Asked("slope without each network, 15 %", "Loihi, slope without", PER_UPDATE, 0.15),
    Asked("SpiNNaker's board power, 10 %", "SpiNN-", POWER, 0.10),
)


def asked_rows(rows: Iterable[SiliconRow], asked: Asked) -> list[SiliconRow]:
    """The rows that a promise is about."""
    return [
        row
        for row in rows
        if row.what.startswith(asked.beginning) and row.quantity == asked.quantity
    ]


def silicon_frame(rows: Sequence[SiliconRow]) -> pd.DataFrame:
    """One line per row: its fields, ``error``, ``inside`` and ``high_over_low``."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(SiliconRow._fields))
    frame["error"] = [row.error for row in rows]
    frame["inside"] = [row.inside for row in rows]
    frame["high_over_low"] = frame["high"] / frame["low"]
    return frame


def silicon_lines(rows: Sequence[SiliconRow]) -> list[str]:
    """What the rows say together: how many lie inside, the worst, and what was asked and missed."""
    unseen = [row for row in rows if row.worth in (LEFT_OUT, HELD_OUT)]
    inside = sum(row.inside for row in unseen)
    worst = max(unseen, key=lambda row: abs(row.error))
    lines = [
        f"silicon: {inside} of {len(unseen)} rows that no fit saw lie in their range; the worst is "
        f"off by {worst.error:+.0%} ({worst.what}, {worst.quantity}). Spikes on Loihi are "
        "simulated, PilotNet's activity is assumed.",
        f"worth: {'; '.join(MEANT)}.",
    ]
    misses = []
    for asked in ASKED:
        about = asked_rows(rows, asked)
        off = max(abs(row.error) for row in about)
        wide = max(row.high / row.low for row in about)
        if off > asked.most or not (asked.most < IN_RANGE or all(row.inside for row in about)):
            misses.append(f"{asked.what} (off by {off:.1%})")
        if wide > WIDEST:
            misses.append(f"{asked.what}: high / low {wide:.2f}, not {WIDEST:g}")
    if misses:
        lines.append(f"silicon, asked and missed: {'; '.join(misses)}.")
    return lines
