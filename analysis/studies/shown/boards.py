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
from ..results import Results
from ..study import Study
from .families import CORES
from .markdown import markdown_table, whole

Price = Mapping[str, Any]
TEXT = """Energy and time of an inference: measured on boards of the benchmark (the least and the
most of all submissions with energy), predicted for the same network in int8, as spikes on the same
board, and as spikes on as many cores as they take, with the board as their host. Spikes are those
of the cell that stands beside the network's name, which the row's file fixes (`verdict_of`). Ranges
are 5 % to 95 %.
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
    committed = study.committed()
    prices = committed.prices
    priced = {price["row"] for price in prices}
    rows = [row for row in study.rows if isinstance(row, BenchmarkRow) and row.row in priced]
    if not rows:
        return

    yield TEXT
    heads = ["network", "board", "measured int8", "int8", "spikes", "cores and board", "cores"]
    lines = [
        _line(row, board, committed, first=number == 0)
        for row in rows
        for number, board in enumerate(BOARDS)
    ]
    yield markdown_table(heads, lines, "llllllr") + "\n"
    verdicts = [f"* {row.benchmark}, {row.title}: {verdict(row, committed)}" for row in rows]
    yield "Who needs least, by the middle of the predicted ranges:\n\n" + "\n".join(verdicts) + "\n"
    reasons = list(_refusals(rows, committed))
    if reasons:
        yield "What is refused, and why:\n\n" + "\n".join(reasons) + "\n"


def verdict(row: BenchmarkRow, committed: Results) -> str:
    """Who needs the least energy on each host, by how much, and beside the best measured."""
    sentences = []
    for host in HOSTS:
        known = [side for side in _sides(row, host, committed).values() if side.price is not None]
        best, *rest = sorted(known, key=_energy_of)
        least = with_prefix(_energy_of(best), "J")
        others = [_against(best, side) for side in rest]
        others.append(_measured_against(best, row.benchmark, host))
        sentences.append(
            f"With an {_board(host)} {best.words} need least, {least}: "
            + "; ".join(filter(None, others))
            + "."
        )
    return " ".join(sentences)


def _measured_against(best: Side, benchmark: str, host: str) -> str:
    found = [row for row in measured_rows(benchmark) if row["chip"] == host]
    if not found:
        return ""
    times = found[0]["energy_j"] / _energy_of(best)
    return f"int8 as measured at best {times:.2g} times ({found[0]['library']})"


def _energy_of(side: Side) -> float:
    assert side.price is not None
    return side.price["energy_j"]


def _against(best: Side, other: Side) -> str:
    assert best.price is not None
    assert other.price is not None
    times = other.price["energy_j"] / best.price["energy_j"]
    apart = other.price["energy_low_j"] > best.price["energy_high_j"]
    doubt = "" if apart else " (ranges overlap)"
    return f"{other.words} {times:.2g} times{doubt}"


def _is_of(row: BenchmarkRow, price: Price) -> bool:
    """Whether it is a price of the cell that the row's file names."""
    return (price["row"], price["cell"]) == (row.row, row.verdict_of)


def _sides(row: BenchmarkRow, board: str, committed: Results) -> dict[str, Side]:
    """By a short name: int8 and spikes on the board, and cores with the board as their host."""
    own = [
        price for price in committed.prices if _is_of(row, price) and price["energy_j"] is not None
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
        "int8": Side("int8 kernels", on_board[INT8]),
        "spikes": Side("spikes", on_board[SPIKING]),
        "cores": Side("spikes on cores", only(on_cores)),
    }


def _line(row: BenchmarkRow, board: str, committed: Results, *, first: bool) -> list[str]:
    sides = _sides(row, board, committed)
    cores = sides["cores"].price
    return [
        f"{row.benchmark}: {row.verdict_of}" if first else "",
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


def _refusals(rows: list[BenchmarkRow], committed: Results) -> Iterator[str]:
    for row in rows:
        for price in committed.prices:
            if _is_of(row, price) and price["refused"]:
                name = _name_of(price["device"])
                yield f"* {row.benchmark}, {name}: {_shortened(price['refused'])}."


def _name_of(device: str) -> str:
    return "cores alone" if device.startswith(CORES) else _board(device)


def _shortened(reason: str) -> str:
    """Without the device's name at its beginning, and without the hint at its end."""
    begins = reason.partition("': ")[2] if reason.startswith("device '") else reason
    return begins.partition("; hint:")[0].rstrip(".")
