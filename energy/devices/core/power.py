"""What cores and chips draw whatever they do: leakage, and the processors beside them."""

from __future__ import annotations

from dataclasses import dataclass

from ...bill import BillWriter
from ...cards.card import Card
from ...cards.neuromorphic.timing import timing_in

COMPANION = "companion processor"


@dataclass(frozen=True)
class Draw:
    """A power that flows while an inference runs.

    Parameters
    ----------
    key : str
        Of the value in the card.
    number : int
        How many draw it: cores or chips.
    component, layer : str
        The row of a price that it is charged to.
    stays : bool, default True
        Whether it flows between inferences, too.
    """

    key: str
    number: int
    component: str
    layer: str
    stays: bool = True


def draws(card: Card, cores: int, chips: int = 1) -> list[Draw]:
    """The powers of `cores` on `chips`; of one core there is no router."""
    of_cores = "all" if timing_in(card.about).counts_cycles else "cores"
    found = []
    if "leakage_power_w" in card.values:
        found.append(Draw("leakage_power_w", cores, "leakage", of_cores))
    if cores > 1 and "router_leakage_power_w" in card.values:
        found.append(Draw("router_leakage_power_w", cores, "leakage", of_cores))
    if "chip_static_power_w" in card.values:
        found.append(Draw("chip_static_power_w", chips, "leakage", "chip"))
    if "companion_power_w" in card.values:
        stays = not card.limit("companion_sleeps")
        found.append(Draw("companion_power_w", chips, COMPANION, "all", stays))
    return found


def write_draws(writer: BillWriter, card: Card, cores: int, chips: int, since: int = 0) -> None:
    """Charge what is drawn in the time charged from term `since` on."""
    for draw in draws(card, cores, chips):
        row = ("snn", draw.component, draw.number, draw.key)
        writer.per_second(*row, since=since, layer=draw.layer)


def write_idle(writer: BillWriter, card: Card, cores: int, chips: int, period_s: float) -> None:
    """Charge what is drawn between inferences."""
    for draw in draws(card, cores, chips):
        if draw.stays:
            writer.over_period("snn", period_s, draw.number, draw.key)
            writer.per_second("snn", "between inferences", -draw.number, draw.key)
