"""A verdict in one sentence, from the tables of a run that has none of its own."""

from __future__ import annotations

import pandas as pd

from ..numbers import with_prefix


def from_verdicts(verdicts: pd.DataFrame, totals: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Who uses less energy: the first spiking device or the best int8 network.

    Parameters
    ----------
    verdicts, totals, summary : DataFrame
        ``verdicts.csv``, ``energy_totals.csv`` and ``summary.csv`` of a run; each may be empty.
    """
    at = _accuracy(summary)
    if not {"first", "second", "ratio", "verdict"} <= set(verdicts.columns) or not len(verdicts):
        return _price(totals, at)

    own = verdicts[verdicts["first"] == verdicts["first"].iloc[0]]
    int8 = own[own["second"].str.endswith(" int8_ann")]
    row = (int8 if len(int8) else own).sort_values("ratio").iloc[-1]
    ratio, low, high = (float(row[key]) for key in ("ratio", "ratio_low", "ratio_high"))
    if row["verdict"] == "undecided":
        return (
            f"Undecided: {row['first']} uses {ratio:.3g} times the energy of {row['second']} "
            f"({low:.3g} to {high:.3g}){at}."
        )
    if row["verdict"] == "wins":
        use, against = row["first"], row["second"]
        ratio, low, high = 1 / ratio, 1 / high, 1 / low
    else:
        use, against = row["second"], row["first"]
    return (
        f"Use {use}: {ratio:.3g} times less energy an inference than {against} "
        f"({low:.3g} to {high:.3g}){at}."
    )


def _accuracy(summary: pd.DataFrame) -> str:
    if not {"snn_accuracy", "ann_accuracy"} <= set(summary.columns) or not len(summary):
        return ""
    row = summary.iloc[0]
    snn, keras = 100 * row["snn_accuracy"], 100 * row["ann_accuracy"]
    return f", at {snn:.1f} % accuracy in spikes and {keras:.1f} % in Keras"


def _price(totals: pd.DataFrame, at: str) -> str:
    """Where nothing can be compared."""
    if not len(totals):
        return f"No device can execute the network{at}."
    row = totals.iloc[0]
    keys = ("energy_j", "energy_low_j", "energy_high_j")
    energy, low, high = (with_prefix(row[key], "J") for key in keys)
    return f"{row['device']} uses {energy} an inference ({low} to {high}){at}."
