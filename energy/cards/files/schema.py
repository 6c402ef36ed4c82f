"""What stands in a card file: its entries and their types."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from ..kinds import CARD_KINDS
from ..neuromorphic.timing import TIMINGS
from ..neuromorphic.updates import UPDATES

if TYPE_CHECKING:
    KindName = TimingName = UpdatesName = str
else:
    KindName = Literal[tuple(CARD_KINDS)]
    TimingName, UpdatesName = Literal[tuple(TIMINGS)], Literal[tuple(UPDATES)]

FOLDER = Path(__file__).parents[2] / "data"

PROVENANCE = ("status", "conditions", "source", "measurement")
HEAD = ("name", "kind", "title", "includes", "excludes")


class ValueEntry(BaseModel):
    """One value as it stands in the file: number, range and unit, and where it comes from."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
    )
    value: float
    low: float
    high: float
    unit: str
    status: Literal["measured", "measured (user)", "simulated", "estimated", "assumed"]
    conditions: str
    source: str
    measurement: str | None = None


class CardFile(BaseModel):
    """The whole file.

    `power_fit` names measured rows that the energy per cycle comes from; they must be of the chip
    that `chip` names, by default that of the card's own name. Only rules use `ledger`
    and `layers`: which operations of which layers they count; only neuromorphic cores `timing` and
    `updates`: how steps follow each other, and which neurons are updated in each.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    name: str
    kind: KindName
    title: str
    includes: str
    excludes: str
    node: str | None = None
    chip: str | None = None
    core: str | None = None
    library: str | None = None
    regulator: Literal["ldo", "dcdc"] | None = None
    power_fit: str | None = None
    executes: str | None = None
    ledger: Literal["synapses", "nonzero"] = "synapses"
    layers: Literal["all", "hidden"] = "all"
    timing: TimingName | None = None
    updates: UpdatesName | None = None
    caution: str | None = None
    values: dict[str, ValueEntry]
    limits: dict[str, int] = {}
