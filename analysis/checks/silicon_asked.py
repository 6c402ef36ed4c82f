"""What was asked of predictions of measured chips, and whether it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .silicon_row import (
    CONSTANTS,
    DYNAMIC,
    GIVEN,
    HELD_OUT,
    LEFT_OUT,
    MEANT,
    PER_UPDATE,
    POWER,
    PRIOR,
    SiliconRow,
)


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
UNSEEN = (HELD_OUT, PRIOR, LEFT_OUT, CONSTANTS)
ASKED = (
    Asked("the keyword spotter's dynamic energy in range", "Loihi, keyword", DYNAMIC, IN_RANGE),
    Asked("each network of the series left out, 10 %", "Loihi, scaling", DYNAMIC, 0.10),
    Asked(
        "slope without each network, which the others fitted, 15 %",
        "Loihi, slope without",
        PER_UPDATE,
        0.15,
    ),
    Asked("slope by published constants alone, 15 %", "Loihi, slope, nothing", PER_UPDATE, 0.15),
    Asked(
        "intercept by published constants and its measured time in range",
        "Loihi, intercept",
        DYNAMIC + GIVEN,
        IN_RANGE,
    ),
    Asked("SpiNNaker's board power, 10 %", "SpiNN-", POWER, 0.10),
)


def asked_rows(rows: Iterable[SiliconRow], asked: Asked) -> list[SiliconRow]:
    """The rows that a promise is about."""
    return [
        row
        for row in rows
        if row.what.startswith(asked.beginning) and row.quantity == asked.quantity
    ]


def silicon_lines(rows: Sequence[SiliconRow]) -> list[str]:
    """What the rows say together: how many lie inside, by worth, and each promise, kept or not."""
    open_rows = [row for row in rows if row.worth in UNSEEN]
    inside = sum(row.inside for row in open_rows)
    lines = [
        f"silicon: {inside} of {len(open_rows)} rows lie in their range that no fit saw and of "
        f"which neither time nor idle power was given ({', '.join(UNSEEN)}). By worth: "
        f"{counted(rows)}. Spikes on Loihi are simulated, PilotNet's activity is assumed.",
        f"worth: {'; '.join(f'{worth}: {meant}' for worth, meant in MEANT.items())}.",
    ]
    return [*lines, *(_judged(asked, asked_rows(rows, asked)) for asked in ASKED)]


def counted(rows: Sequence[SiliconRow]) -> str:
    """How many rows of each worth lie inside; powers apart from energies and times.

    >>> from .silicon import silicon_rows
    >>> counted(silicon_rows()).split("; ")[0]
    'held out 2 of 5 (energy, time), off by 27 % at most'
    """
    parts = []
    for worth in MEANT:
        for power, name in ((False, "energy, time"), (True, "power")):
            about = [row for row in rows if row.worth == worth and (row.unit == "W") is power]
            if about:
                inside = sum(row.inside for row in about)
                worst = max(abs(row.error) for row in about)
                parts.append(
                    f"{worth} {inside} of {len(about)} ({name}), off by {worst:.0%} at most"
                )
    return "; ".join(part.replace("%", " %") for part in parts)


def _judged(asked: Asked, about: Sequence[SiliconRow]) -> str:
    """One promise: kept or missed, and by how much."""
    off = max(abs(row.error) for row in about)
    wide = max(row.high / row.low for row in about)
    inside = sum(row.inside for row in about)
    kept = off <= asked.most if asked.most < IN_RANGE else inside == len(about)
    verdict = "kept" if kept and wide <= WIDEST else "MISSED"
    return (
        f"silicon, asked: {asked.what}: {verdict}; off by {off:.1%} at most, {inside} of "
        f"{len(about)} inside, high / low {wide:.2f} at most ({WIDEST:g} asked)."
    )
