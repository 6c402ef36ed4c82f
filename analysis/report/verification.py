"""Tables of `spikewatt verify`, in the words of what each target does."""

from __future__ import annotations

import pandas as pd

from .findings import Column, Findings, Table

NUMBERS = ("cycles", "sops", "stalls")


def target_findings(target: str, rows: list[dict]) -> Findings:
    """What a target of `spikewatt verify` found, and its sum as the last line.

    Parameters
    ----------
    target : str
        ``proofs``, ``faults``, ``network``, or one that compares with the golden model.
    rows : list of dict
        ``what``, ``compared``, ``mismatches``, ``where``; of a network also what NUMBERS names.
    """
    wrong = sum(row["mismatches"] for row in rows)
    compared = sum(row["compared"] for row in rows)
    frame = pd.DataFrame(rows, dtype=object)

    if target == "proofs":
        title = "Proofs of queue, controller and AXI4-Lite peripheral"
        columns = [
            Column("what", ("what",)),
            Column("properties", ("compared",)),
            Column("result", ("where",)),
        ]
        line = f"{compared:,} properties, {wrong:,} proofs failed."
    elif target == "faults":
        title = "Faults planted in the RTL"
        columns = [
            Column("what", ("what",)),
            Column("caught", ("mismatches",), lambda missed: "no" if missed else "yes"),
            Column("seen by", ("where",)),
        ]
        line = f"{compared - wrong:,} of {compared:,} faults caught."
    else:
        title = "RTL against the golden model"
        numbers = NUMBERS if target == "network" else ()
        keys = ("what", "compared", "mismatches", *numbers, "where")
        columns = [Column(key, (key,)) for key in keys]
        line = f"{compared:,} values compared, {wrong:,} mismatches."

    return Findings((Table(target, title, frame, columns),), notes=(line,))
