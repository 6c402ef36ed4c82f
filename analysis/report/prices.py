"""What `spikewatt price` shows and saves: prices, verdicts, break-even points, what matters most and why two prices differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ...errors import SpikewattError
from .console import difference_rows, price_rows, print_lines, print_table, records, verdict_rows

if TYPE_CHECKING:
    from ...energy.cards.card import Card
    from ...energy.pricing.prices import Prices
    from ...sim.trace.trace import Trace

Priced = Mapping[str, "Prices"]  # network, "" that of a trace -> its prices


def save_prices(priced: Priced, path: Path) -> None:
    """Write every layer and component as CSV; where networks have names, they are the first column."""
    frames = []
    for name, prices in priced.items():
        frames.append(prices.frame.copy())
        if name:
            frames[-1].insert(0, "benchmark", name)
    pd.concat(frames).to_csv(path, index=False)


def print_prices(
    priced: Priced,
    trace: Trace | None,
    as_json: bool,
    tornado: bool = False,
    explained: tuple[list[Card], str | None] | None = None,
) -> None:
    """Print a table of prices and what goes with it per network, each with its assumptions; or one JSON document of all.

    Parameters
    ----------
    trace : what was priced, for break-even points; None for layer tables. tornado : which values matter most.
    explained : cards and workload; the price on the first that can execute the network is led over into that on the second.

    Raises
    ------
    SpikewattError : something to explain, and fewer than two devices that can execute the network.
    """
    found = {}
    for name, prices in priced.items():
        parts = {"verdicts": prices.verdicts(everything=as_json)}
        parts["break_even"] = prices.break_evens(trace) if trace else pd.DataFrame()
        parts["tornado"] = prices.tornado() if tornado else pd.DataFrame()
        found[name] = {key: records(table) for key, table in parts.items() if len(table)}
        if explained:
            cards, workload = explained
            able = [card for card in cards if card.name not in prices.does_not_fit]
            if len(able) < 2:
                raise SpikewattError(
                    "price --explain",
                    "needs two devices that can execute the network",
                    len(able),
                    "two or more",
                )
            table = prices.explain(able[0].name, able[1].name, workload)
            found[name]["explain"] = table.to_dict("records")
    if as_json:
        print(json.dumps(_document(priced, found), indent=2, default=float))
        return
    for name, extra in found.items():
        prices = priced[name]
        print_table(
            f"{name}: price of one inference" if name else "Price of one inference",
            price_rows(prices),
            False,
        )
        for key, title, shown in (
            ("verdicts", "Verdicts", verdict_rows),
            ("break_even", "Break-even with the int8 network, per inference", _break_even_rows),
            ("tornado", "What matters most", difference_rows),
            ("explain", "From the first price to the second", difference_rows),
        ):
            if key in extra:
                print_table(title, shown(extra[key]), False)
        print_lines(
            [*prices.assumptions, *(f"does not fit: {why}" for why in prices.does_not_fit.values())]
        )


def _break_even_rows(rows: list[dict]) -> list[dict]:
    """Break-even points, with words where nothing draws level, or all simulated steps stay below."""
    shown = []
    for row in rows:
        factor, steps = row["factor_on_spikes"], row.get("steps")
        part = {"device": row["device"], "against": row["against"]}
        part["factor on spikes"] = "none" if factor is None else f"{factor:.3g}"
        if steps is not None:
            of = row["simulated_steps"]
            part["steps"] = (
                "none"
                if steps == 0
                else f"all {of} simulated"
                if steps == of
                else f"{steps} of {of}"
            )
        shown.append(part)
    return shown


def _document(priced: Priced, found: dict[str, dict[str, list[dict]]]) -> dict:
    """All networks in one document: rows carry the network's name where it has one."""
    document: dict = {"rows": [], "assumptions": [], "does_not_fit": {}}
    for name, prices in priced.items():
        label = {"benchmark": name} if name else {}
        for key, rows in {"rows": price_rows(prices, raw=True), **found[name]}.items():
            document.setdefault(key, []).extend({**label, **row} for row in rows)
        document["assumptions"] += [
            line for line in prices.assumptions if line not in document["assumptions"]
        ]
        document["does_not_fit"] |= {
            f"{name}: {device}" if name else device: why
            for device, why in prices.does_not_fit.items()
        }
    return document
