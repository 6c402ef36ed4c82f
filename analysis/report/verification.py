"""What `spikewatt verify` shows."""

from __future__ import annotations

from .console import print_lines, print_table


def print_target(target: str, rows: list[dict]) -> None:
    """What a target of `spikewatt verify` found, in the words of what it does, and the sum."""
    wrong, compared = (sum(row[key] for row in rows) for key in ("mismatches", "compared"))
    if target == "proofs":
        shown = [
            {"what": row["what"], "properties": row["compared"], "result": row["where"]}
            for row in rows
        ]
        print_table("Proofs of queue, controller and AXI4-Lite peripheral", shown, False)
        print_lines([f"{compared:,} properties, {wrong:,} proofs failed."])
    elif target == "faults":
        shown = [
            {
                "what": row["what"],
                "caught": "no" if row["mismatches"] else "yes",
                "seen by": row["where"],
            }
            for row in rows
        ]
        print_table("Faults planted in the RTL", shown, False)
        print_lines([f"{compared - wrong:,} of {compared:,} faults caught."])
    else:
        keys = (
            "what",
            "compared",
            "mismatches",
            *(("cycles", "sops", "stalls") if target == "network" else ()),
            "where",
        )
        print_table(
            "RTL against the golden model",
            [{key: row.get(key, "") for key in keys} for row in rows],
            False,
        )
        print_lines([f"{compared:,} values compared, {wrong:,} mismatches."])
