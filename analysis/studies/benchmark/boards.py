"""Measured boards of the benchmark, whose energies stand beside ours."""

from __future__ import annotations

from typing import Any

from ....energy.kernels.measured import read_measured
from .prices import BOARDS


def measured_rows(benchmark: str) -> list[dict[str, Any]]:
    """Measured rows of a network on the chips that we price, with energy; the least energy first.

    Parameters
    ----------
    benchmark : str
        AD, IC, KWS or VWW.

    Returns
    -------
    list of mapping
        Keys ``chip``, ``board``, ``library``, ``round``, ``energy_j``, ``time_s``, ``source``.
    """
    frame = read_measured()
    known = frame[
        (frame["network"] == benchmark) & frame["chip"].isin(BOARDS) & frame["energy_j"].notna()
    ].sort_values("energy_j")
    return [
        {
            "chip": row["chip"],
            "board": row["board"],
            "library": row["library"],
            "round": row["round"],
            "energy_j": float(row["energy_j"]),
            "time_s": float(row["latency_s"]),
            "source": row["source"],
        }
        for row in known.to_dict("records")
    ]
