"""Devices as tables: microcontrollers by their core, other devices, and one card in full."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pandas as pd

from ...energy.cards.any_chip.figures import CORES
from ...energy.cards.card import Card
from ...energy.cards.files.said import choices_of
from ...energy.cards.kinds import POWER_KEY
from ...energy.cards.load import card_names, load_card
from ...energy.kernels.measured import read_measured
from .findings import Column, Findings, Table
from .units import HERTZ

SMALLEST_FIRST = [core.name for core in CORES.values()]
KIB = 1024
MEASURED = "measured"
# How the power of a chip without rows is known, by the status of its energy per cycle.
OTHERWISE = {"measured": "data sheet", "estimated": "estimated", "assumed": "recalled"}
NO_LATENCY = "by core"
BOARDS = (
    Column("core", ("core",)),
    Column("device", ("device",)),
    Column("clock", ("clock_hz",), unit=HERTZ),
    Column(
        "supply",
        ("supply_voltage_v", "regulator"),
        lambda volts, regulator: f"{volts:.1f} V {regulator}",
        leave_out=3,
        number=True,
    ),
    Column(
        "flash / RAM (KiB)",
        ("flash_bytes", "ram_bytes"),
        lambda flash, ram: f"{flash / KIB:,.0f} / {ram / KIB:,.0f}",
        leave_out=4,
        number=True,
    ),
    Column("latency", ("latency",), leave_out=2),
    Column("power", ("power",), leave_out=1),
    Column(
        "pJ per cycle",
        ("cycle_j", "cycle_low_j", "cycle_high_j"),
        lambda *ends: "{:,.0f} ({:,.0f} to {:,.0f})".format(*(end * 1e12 for end in ends)),
        number=True,
    ),
)
OTHERS = (
    Column("kind", ("kind",)),
    Column("device", ("device",)),
    Column("what", ("what",)),
    Column("values", ("values",), leave_out=1),
)
ABOUT_BOARDS = (
    "latency: measured on this chip, or that of its core; power: measured while networks ran, the "
    "data sheet's run current times what networks take beyond it, or such a figure estimated or "
    "recalled.",
    "pJ per cycle: energy while a network runs, with the 5th and 95th percentile.",
)


# ------------------------------------------------------------------ all of them


def device_findings(more_notes: Sequence[str] = ()) -> Findings:
    """Every device that comes with spikewatt, and `more_notes` for a reader."""
    return Findings((board_table(), device_table()), notes=(*ABOUT_BOARDS, *more_notes))


def board_table(name: str = "microcontrollers") -> Table:
    """One row per microcontroller, grouped by core, the slowest of a core first."""
    cards = [card for card in map(load_card, card_names()) if card.kind.runs_kernels]
    cards.sort(key=lambda card: (SMALLEST_FIRST.index(card.about["core"]), card["clock_hz"].value))
    frame = pd.DataFrame([_board_row(card) for card in cards])

    said_once = frame["core"].where(frame["core"].ne(frame["core"].shift()), "")
    title = "Microcontrollers by core (`spikewatt devices NAME` shows values and sources)"
    return Table(name, title, frame, BOARDS, brief=frame.assign(core=said_once))


def device_table(name: str = "rows") -> Table:
    """One row per card: its kind, what it is, and how many of its values are measured.

    A reader sees those that are no microcontrollers, which have a table of their own.
    """
    frame = pd.DataFrame([_device_row(load_card(each)) for each in card_names()])
    others = frame[frame["kind"] != "microcontroller"].sort_values("kind", kind="stable")
    said_once = others["kind"].where(others["kind"].ne(others["kind"].shift()), "")
    return Table(name, "Other devices", frame, OTHERS, brief=others.assign(kind=said_once))


def measured_on(chip: str) -> tuple[bool, bool]:
    """Whether there are rows of a network's latency on `chip`, and of its energy.

    >>> measured_on("stm32l4r5"), measured_on("apollo3")
    ((True, True), (False, False))
    """
    return _measured().get(chip, (False, False))


def _board_row(card: Card) -> dict[str, object]:
    latency, _ = measured_on(card.chip)
    energy = card[POWER_KEY].times(card["active_power_factor"])
    return {
        "device": card.name,
        "core": card.about["core"],
        "clock_hz": card["clock_hz"].value,
        "supply_voltage_v": card["supply_voltage_v"].value,
        "regulator": card.about["regulator"],
        **card.limits,
        "latency": MEASURED if latency else NO_LATENCY,
        "power": _power(card),
        "cycle_j": energy.value,
        "cycle_low_j": energy.low,
        "cycle_high_j": energy.high,
    }


def _power(card: Card) -> str:
    """How the energy per cycle is known."""
    own = card[POWER_KEY]
    while_networks_ran = own.status == "measured" and not card["active_power_factor"].is_uncertain
    return MEASURED if while_networks_ran else OTHERWISE.get(own.status, own.status)


def _device_row(card: Card) -> dict[str, str]:
    statuses = [quantity.status for quantity in card.values.values()]
    counts = [f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses)]
    return {
        "device": card.name,
        "kind": str(card.kind),
        "what": card.title,
        "values": ", ".join(counts),
    }


@cache
def _measured() -> dict[str, tuple[bool, bool]]:
    """Chip -> whether its latency and its energy were measured."""
    rows = read_measured()
    return {
        str(chip): (True, bool(of_chip["energy_j"].notna().any()))
        for chip, of_chip in rows.groupby("chip")
    }


# ------------------------------------------------------------------ one card


def card_findings(card: Card) -> Findings:
    """One card in full, and what a reader of its prices must know."""
    notes = [f"included: {card.includes}. Not included: {card.excludes}."]
    if card.kind.runs_kernels:
        latency, _ = measured_on(card.chip)
        cycles = "measured on this chip" if latency else "those of other chips with this core"
        notes.append(
            f"int8 by {card.about['library']} on {card.about['core']}, cycles {cycles}; "
            f"power: {_power(card)}."
        )
    for word, choice in card.about.items():
        if meaning := choices_of(card.kind, word).get(choice):
            notes.append(f"{word} {choice}: {meaning}.")
    if caution := card.about.get("caution"):
        notes.append(f"{caution}.")
    return Findings((card_table(card),), notes=tuple(notes))


def card_rows(card: Card) -> pd.DataFrame:
    """Every value of a card in SI units with its range and provenance, then its limits."""
    rows = []
    for key, quantity in card.values.items():
        rows.append(
            {
                "key": key,
                "value": f"{quantity.value:.4g} {card.kind.unit(key)}".strip(),
                "low": f"{quantity.low:.4g}",
                "high": f"{quantity.high:.4g}",
                "status": quantity.status,
                "conditions": quantity.conditions,
                "source": quantity.source,
            }
        )
    for key, limit in card.limits.items():
        nothing = dict.fromkeys(("low", "high", "conditions", "source"), "")
        rows.append(
            {
                "key": key,
                "value": str(limit),
                "status": "limit",
                **nothing,
            }
        )

    return pd.DataFrame(rows)


def card_table(card: Card, name: str = "rows") -> Table:
    """One card; see `card_rows`. A reader sees numbers of sources, which stand below."""
    frame = card_rows(card)
    sources = list(dict.fromkeys(source for source in frame["source"] if source))
    marks = {source: f"[{i}]" for i, source in enumerate(sources, start=1)}
    columns = (
        Column("key", ("key",)),
        Column("value", ("value",)),
        Column("low", ("low",)),
        Column("high", ("high",)),
        Column("status", ("status",), leave_out=1),
        Column("source", ("source",), lambda source: marks.get(source, "")),
        Column("conditions", ("conditions",), leave_out=2),
    )
    footnotes = [f"{mark} {source}" for source, mark in marks.items()]
    return Table(name, f"{card.name}: {card.title}", frame, columns, footnotes=footnotes)
