"""Benchmarks in the gallery: energies beside the measured boards, and who wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ....energy.bill import INT8, SPIKING
from ...report.numbers import with_prefix
from ..benchmark.boards import measured_rows
from ..benchmark.prices import BESIDE, BOARDS, HOSTS
from ..kinds.benchmark import BenchmarkRow
from ..study import Study
from .families import CORES
from .markdown import markdown_table, whole

Price = Mapping[str, Any]
TEXT = """Energy and time of an inference: measured on boards of the benchmark (the least and the
most of all submissions with energy), predicted for the same network in int8, as spikes of the
row's first cell on the same board, and as spikes on as many cores as they take, with the board as
their host. Ranges are 5 % to 95 %.
"""


@dataclass(frozen=True)
class Side:
    """A way of running the network with a board.

    Parameters
    ----------
    words : str
    price : mapping or None
        Its line of the prices; None where it is refused.
    """

    words: str
    price: Price | None


def boards_section(study: Study) -> Iterator[str]:
    """A table of energies and a verdict per row; nothing for a study without a benchmark."""
    rows = [row for row in study.rows if isinstance(row, BenchmarkRow)]
    prices = study.committed().prices
    if not rows or not prices:
        return

    yield TEXT
    heads = ["network", "board", "measured int8", "int8", "spikes", "cores and board", "cores"]
    lines = [
        _line(row, board, _sides(row, board, prices), number == 0)
        for row in rows
        for number, board in enumerate(BOARDS)
    ]
    yield markdown_table(heads, lines) + "\n"
    verdicts = [f"* {row.title}: {verdict(row, prices)}" for row in rows]
    yield "Who needs least, by the middle of the ranges:\n\n" + "\n".join(verdicts) + "\n"
    reasons = list(_refusals(rows, prices))
    if reasons:
        yield "What is refused, and why:\n\n" + "\n".join(reasons) + "\n"


def verdict(row: BenchmarkRow, prices: list[Price]) -> str:
    """Who needs the least energy on each host, and by how much."""
    sentences = []
    for host in HOSTS:
        known = [side for side in _sides(row, host, prices).values() if side.price is not None]
        best, *rest = sorted(known, key=_energy_of)
        if not rest:
            sentences.append(f"with an {_board(host)} only {best.words} is possible")
            continue
        others = ", ".join(_against(best, side) for side in rest)
        sentences.append(f"with an {_board(host)} {best.words}: {others}")
    return "; ".join(sentences) + "."


def _energy_of(side: Side) -> float:
    assert side.price is not None
    return side.price["energy_j"]


def _against(best: Side, other: Side) -> str:
    assert best.price is not None
    assert other.price is not None
    times = other.price["energy_j"] / best.price["energy_j"]
    apart = other.price["energy_low_j"] > best.price["energy_high_j"]
    doubt = "" if apart else ", ranges overlap"
    return f"{other.words} {times:.2g} times as much{doubt}"


def _sides(row: BenchmarkRow, board: str, prices: list[Price]) -> dict[str, Side]:
    """By a short name: int8 and spikes on the board, and cores with the board as their host."""
    cell = row.cells[0].cell
    own = [
        price
        for price in prices
        if (price["row"], price["cell"]) == (row.row, cell) and price["energy_j"] is not None
    ]

    def only(fits) -> Price | None:
        return next((price for price in own if fits(price)), None)

    def on_cores(price: Price) -> bool:
        return price["priced_as"].startswith(CORES) and price["priced_as"].endswith(BESIDE + board)

    on_board = {
        workload: only(lambda p, w=workload: (p["device"], p["workload"]) == (board, w))
        for workload in (INT8, SPIKING)
    }
    return {
        "int8": Side("int8", on_board[INT8]),
        "spikes": Side("spikes", on_board[SPIKING]),
        "cores": Side("spikes on cores", only(on_cores)),
    }


def _line(row: BenchmarkRow, board: str, sides: Mapping[str, Side], first: bool) -> list[str]:
    cores = sides["cores"].price
    return [
        f"{row.benchmark}, {row.title}" if first else "",
        _board(board),
        _measured(row.benchmark, board),
        *(_amount(side.price) for side in sides.values()),
        "" if cores is None else whole(cores["cores"]),
    ]


def _board(chip: str) -> str:
    return chip.upper()


def _measured(benchmark: str, chip: str) -> str:
    found = [row for row in measured_rows(benchmark) if row["chip"] == chip]
    if not found:
        return "–"
    least, most = found[0], found[-1]
    if least is most:
        return f"{_energy(least)} ({least['library']})"
    return f"{_energy(least)} ({least['library']}) to {_energy(most)} ({most['library']})"


def _energy(line: Mapping[str, Any]) -> str:
    return f"{with_prefix(line['energy_j'], 'J')}, {with_prefix(line['time_s'], 's')}"


def _amount(price: Price | None) -> str:
    if price is None:
        return "–"
    low, high = (with_prefix(price[f"energy_{end}_j"], "J") for end in ("low", "high"))
    time = with_prefix(price["time_s"], "s")
    return f"{with_prefix(price['energy_j'], 'J')} ({low} to {high}), {time}"


def _refusals(rows: list[BenchmarkRow], prices: list[Price]) -> Iterator[str]:
    for row in rows:
        cell = row.cells[0].cell
        for price in prices:
            if (price["row"], price["cell"]) == (row.row, cell) and price["refused"]:
                yield f"* {row.title}, {_board(price['device'])}: {_shortened(price['refused'])}."


def _shortened(reason: str) -> str:
    """Without the device's name at its beginning, and without the hint at its end."""
    begins = reason.partition("': ")[2] if reason.startswith("device '") else reason
    return begins.partition("; hint:")[0].rstrip(".")
