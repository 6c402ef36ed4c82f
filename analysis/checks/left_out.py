"""Measured int8 networks, each predicted by a fit without its own submission, or its whole chip.

The prediction is the product's: a card is filled in from the fit, taken to the supply of the row,
and priced. Only the fit has not seen the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, inf, isnan, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from ...energy.cards.any_chip.described import described_card
from ...energy.cards.any_chip.figures import CORES
from ...energy.cards.card import ENDS, Card
from ...energy.cards.kinds import POWER_KEY
from ...energy.cards.load import (
    known_microcontrollers,
    load_card,
    with_library,
    with_measured_power,
)
from ...energy.cards.microcontroller_laws import SUPPLY
from ...energy.cards.operating_point import at_operating_point
from ...energy.kernels.datasheet import (
    datasheet_energies,
    power_of_any_chip,
    power_over_datasheet,
)
from ...energy.kernels.entries import FittedStacks
from ...energy.kernels.fit import works
from ...energy.kernels.library import NORMAL_90, Found, left_out_widths
from ...energy.kernels.measured import BOARD, BUILD, groups, read_measured
from ...energy.kernels.power import PowerModel, PowerWidths
from ...energy.kernels.stacks import StackModel, Widths
from ...energy.kernels.versions import named
from ...energy.layer_tables.layer_table import read_networks
from ...energy.pricing.price import price_layers

if TYPE_CHECKING:
    import pandas as pd

LATENCY, ENERGY, NO_SHEET = "latency", "energy", "energy, no data sheet"
FACTOR = "active_power_factor"
NO_LIBRARY = "no other row of its library"
NO_CORE = "no other row of its core"
EVERY, FAIR = "all rows", "all but what stands apart"
SUMMARY = (
    "scheme",
    "quantity",
    "apart",
    "rows",
    "median_error",
    "worst_error",
    "in_range",
    "high_over_low",
)


class Asked(NamedTuple):
    """What all rows of a scheme and quantity are asked to keep: at most these."""

    median_error: float
    high_over_low: float


ASKED = {
    (BUILD, LATENCY): Asked(0.08, 1.6),
    (BUILD, ENERGY): Asked(0.12, 1.6),
    (BOARD, LATENCY): Asked(0.12, 2.5),
    (BOARD, ENERGY): Asked(0.25, 2.5),
    (BOARD, NO_SHEET): Asked(inf, inf),
}
FEW_CHIPS = "power was measured on four chips, too few to say how narrow a range may be"
IN_RANGE = (0.80, 0.97)  # asked share of rows: a 90 % range that is neither too narrow nor too wide


@dataclass(frozen=True)
class Fold:
    """Fits to all rows but those left out."""

    rows: pd.DataFrame
    stacks: FittedStacks
    power: PowerModel

    @cached_property
    def unseen(self) -> FittedStacks:
        """The stacks as far as the effects go that they share with others."""
        return FittedStacks(self.stacks.model, self.stacks.work_of, unseen=True)

    @cached_property
    def cores(self) -> set[str]:
        """Cores of the rows."""
        return set(self.rows["core"])

    @cached_property
    def kin(self) -> set[str]:
        """Kin of the libraries of the rows."""
        return {named(library).kin for library in self.rows["library"]}


def left_out_rows(rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every measured row predicted without it, by either scheme.

    Parameters
    ----------
    rows : DataFrame, optional
        As of `measured.read_measured`; the committed ones.

    Returns
    -------
    DataFrame
        scheme, group, library, core, chip, network, quantity (``latency``, ``energy``, and
        ``energy, no data sheet``), measured, predicted, low, high [s or J], apart (why the row is
        no fair question: the rest has nothing of its library, or of its core; else "").
    """
    import pandas as pd

    table = read_measured() if rows is None else rows
    networks = read_networks()
    work_of = works(networks, table)
    found = []
    for scheme in (BUILD, BOARD):
        for name, own in groups(table, scheme):
            fold = fold_without(table, own, work_of, scheme, name)
            for row in table[own].to_dict("records"):
                found += _predicted(row, fold, networks[row["network"]], scheme, name)
    return pd.DataFrame(found)


def fold_without(rows: pd.DataFrame, own: Any, work_of: Mapping, scheme: str, name: str) -> Fold:
    """The fits to `rows` without `own`, with the widths that were fitted without them, too."""
    others = rows[~own]
    widths = left_out_widths(scheme, name)
    model = StackModel(others, work_of, Widths(**widths["cycles"]))
    power = PowerModel(others, PowerWidths(**widths["power"]))
    return Fold(others, FittedStacks(model, work_of), power)


def _predicted(
    row: Mapping[str, Any], fold: Fold, layers: tuple, scheme: str, name: str
) -> list[dict[str, Any]]:
    """The quantities of one row."""
    about = {key: row[key] for key in ("library", "core", "chip", "network")}
    about |= {"scheme": scheme, "group": name, "apart": _apart(row, fold)}
    found = []
    for quantity, card in cards_of(row, fold).items():
        what, unit = ("time", "s") if quantity == LATENCY else ("energy", "j")
        measured = row["latency_s"] if quantity == LATENCY else row["energy_j"]
        if isnan(measured):
            continue
        total = price_layers(layers, card).totals().iloc[0]
        low, value, high = (total[f"{what}{end}_{unit}"] for end in ("_low", "", "_high"))
        found.append(
            {
                **about,
                "quantity": quantity,
                "measured": measured,
                "predicted": value,
                "low": low,
                "high": high,
            }
        )
    return found


def cards_of(row: Mapping[str, Any], fold: Fold) -> dict[str, Card]:
    """Quantity -> the card that predicts it."""
    card = load_card(row["chip"])
    stacks = fold.stacks
    library = named(row["library"])
    of_its_family = any(library.family == known.family for known in stacks.libraries())
    if _apart(row, fold) or not of_its_family:
        stacks = fold.unseen
    card = with_library(card, row["library"], stacks)
    supply_v = None if isnan(row["supply_v"]) else row["supply_v"]
    if row["chip"] in fold.power.regulators:
        card = _with_known_power(card, fold.power)
        card = at_operating_point(card, supply_v=supply_v)
        return {LATENCY: card, ENERGY: card}

    by_sheet = _with_datasheet(card, fold.power, supply_v)
    without = _without_datasheet(card, fold.power, supply_v)
    return {LATENCY: card, ENERGY: by_sheet, NO_SHEET: without}


def _apart(row: Mapping[str, Any], fold: Fold) -> str:
    """Why nothing in the fold is like the row."""
    if row["core"] not in fold.cores:
        return NO_CORE
    return "" if named(row["library"]).kin in fold.kin else NO_LIBRARY


def _with_known_power(card: Card, power: PowerModel) -> Card:
    """`card` with the power of other submissions on its chip."""
    known = power.known(card.chip, card[SUPPLY].value)
    half = NORMAL_90 * sqrt(known.variance)
    value, low, high = (exp(known.mean + way * half) for way in (0, -1, 1))
    found = Found(value, low, high, "left out", f"power {card.chip}")
    return _without_factor(with_measured_power(card, found, "left out"))


def _with_datasheet(card: Card, power: PowerModel, supply_v: float | None) -> Card:
    """`card` as of a chip whose power was not measured: its data sheet's, by that of others."""
    sheet = datasheet_energies()[card.chip]
    ends = dict(zip(ENDS, (sheet.per_cycle_j, sheet.low_j, sheet.high_j), strict=True))
    factor = power_over_datasheet(power, without=card.chip)
    values = {
        SUPPLY: card[SUPPLY].exactly(sheet.supply_v),
        POWER_KEY: replace(card[POWER_KEY], **ends, measurement="data sheet"),
        FACTOR: replace(
            card[FACTOR],
            **{end: factor[end] for end in ENDS},
            measurement="power over data sheet",
        ),
    }
    about = {**card.about, "regulator": sheet.regulator}
    own_v = card[SUPPLY].value if supply_v is None else supply_v
    known = replace(card, values={**card.values, **values}, about=about)
    return at_operating_point(known, supply_v=own_v, regulator=card.about["regulator"])


def _without_datasheet(card: Card, power: PowerModel, supply_v: float | None) -> Card:
    """`card` with the power of a chip that is described without a current."""
    figures = {
        "clock_mhz": card["clock_hz"].value / 1e6,
        "regulator": card.about["regulator"],
        "supply_v": card[SUPPLY].value if supply_v is None else supply_v,
    }
    core = CORES[card.about["core"].lower()]
    any_power = power_of_any_chip(power, without=card.chip)
    described = described_card("any", core, figures, known_microcontrollers(), any_power=any_power)
    values = {key: described[key] for key in (POWER_KEY, FACTOR, SUPPLY)}
    return replace(card, values={**card.values, **values})


def _without_factor(card: Card) -> Card:
    return replace(card, values={**card.values, FACTOR: card[FACTOR].exactly(1.0)})


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """How well predictions hold: by scheme and quantity, those apart in rows of their own.

    Parameters
    ----------
    table : DataFrame
        As of `left_out_rows`.

    Returns
    -------
    DataFrame
        scheme, quantity, apart (EVERY for all rows, FAIR for those that are not), rows,
        median_error (of |predicted / measured - 1|), worst_error,
        in_range (share of rows between low and high), high_over_low (median).
    """
    import pandas as pd

    keys = ["scheme", "quantity"]
    every = table.assign(apart=EVERY)
    lines = []
    for names, group in pd.concat([every, table]).groupby([*keys, "apart"], sort=False):
        error = (group["predicted"] / group["measured"] - 1).abs()
        inside = group["measured"].between(group["low"], group["high"])
        wide = (group["high"] / group["low"]).median()
        cells = (*names, len(group), error.median(), error.max(), inside.mean(), wide)
        lines.append(cells)
    summed = pd.DataFrame(lines, columns=list(SUMMARY))
    summed["apart"] = summed["apart"].replace("", FAIR)
    return summed.sort_values(keys, ascending=[False, False], kind="stable", ignore_index=True)


def missed(summed: pd.DataFrame) -> list[str]:
    """What all rows were asked to keep and do not, in words.

    Parameters
    ----------
    summed : DataFrame
        As of `summary`.
    """
    found = summed[summed["apart"] == EVERY].set_index(["scheme", "quantity"])
    lines = []
    for (scheme, quantity), asked in ASKED.items():
        row = found.loc[(scheme, quantity)]
        inside, (least, most) = row["in_range"], IN_RANGE
        said = []
        if not least <= inside <= most:
            said.append(f"{inside:.0%} in range, not {least:.0%} to {most:.0%}")
        if row["high_over_low"] > asked.high_over_low:
            said.append(f"high / low {row['high_over_low']:.2f}, not {asked.high_over_low:g}")
        if row["median_error"] > asked.median_error:
            said.append(f"median error {row['median_error']:.1%}, not {asked.median_error:.0%}")
        if said:
            why = "" if quantity == LATENCY else f" ({FEW_CHIPS})"
            lines.append(f"{quantity}, {scheme} left out: {', '.join(said)}{why}")
    return lines
