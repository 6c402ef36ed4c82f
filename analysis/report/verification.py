"""Tables of `spikewatt verify`, in the words of what each target does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from .findings import Column, Findings, Table

NUMBERS = ("cycles", "sops", "stalls", "stalls_seen")
NETWORK = "network"  # a user's own, in place of the targets


def verification_findings(
    found: Mapping[str, Sequence[dict]], summaries: Mapping[str, str]
) -> Findings:
    """What the targets of `spikewatt verify` found, in one table, and a line for each.

    Parameters
    ----------
    found : mapping
        Target -> its rows: ``what``, ``compared``, ``mismatches``, ``seconds``, ``where``; of a
        network also what NUMBERS names.
    summaries : mapping
        Target -> what it found, in a line.
    """
    rows = [{"target": target, **row} for target, part in found.items() for row in part]
    frame = pd.DataFrame(rows, dtype=object)
    numbers = NUMBERS if NETWORK in found else ()
    columns = [
        Column("target", ("target",)),
        Column("what", ("what",)),
        Column("compared", ("compared",)),
        Column("mismatches", ("mismatches",)),
        *(Column(key.replace("_", " "), (key,), leave_out=2) for key in numbers),
        Column("seconds", ("seconds",), _tenths, leave_out=3, number=True),
        Column("where", ("where",), leave_out=1),
    ]
    table = Table("verification", "RTL against what it must do", frame, columns)
    return Findings((table,), notes=tuple(summaries.values()))


def _tenths(seconds: float) -> str:
    return f"{seconds:.1f}"
