"""The table of the README: does a known network fit, and do spikes win?

``python -m spikewatt.analysis.studies.known.table`` prints it; a test compares it with the README.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ....energy.bill import INT8, SPIKING
from ....errors import SpikewattError
from ...report.units import significant
from ..cells.prices import CORE
from ..results import read_results
from ..shown.markdown import markdown_table
from ..study import read_study
from .networks import FOLDER, HOST, KNOWN, NEWER, OWN, Known, at_one_a_second, beside

HEADS = ("network", "cores", "spikes: core + L4R5", "int8: L4R5", "spikes", "one a second",
         "nRF54L15", "spikes, int8, Keras (%)")  # fmt: skip
SIDES = "lrrrllll"
NOTHING, WIN, LOSE = "–", "win", "lose"
UNITS = ((1e-3, "mJ"), (1e-6, "µJ"))
MEGABYTE = 1e6

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What the committed tables say of a network.

    Parameters
    ----------
    prices : list of mapping
        Lines of its cell.
    lines : list of mapping
        Lines of its row, with accuracies.
    """

    prices: list[Line]
    lines: list[Line]

    def price(self, device: str, workload: str) -> Line | None:
        """The price of a workload on a device; None where it is refused or nobody asked."""
        for line in self.prices:
            if (line["device"], line["workload"]) == (device, workload) and not line["refused"]:
                return line
        return None

    def refusal(self, device: str) -> str:
        """Why a device refuses the network; "" where it does not."""
        for line in self.prices:
            if line["device"] == device and line["refused"]:
                return str(line["refused"])
        return ""


@cache
def found_of(known: Known) -> Found:
    """The committed lines of a network: its own with a host, else those of its study."""
    own = read_results(FOLDER)
    if known.study == OWN:
        prices, lines = own.prices, own.lines
    else:
        study = read_study(known.study).committed()
        prices = own.prices if known.images else study.prices
        lines = study.lines
    asked = (known.study, known.row)
    of_row = [line for line in prices if (line["study"], line["row"]) == asked]
    return Found(
        [line for line in of_row if line["cell"] == known.cell],
        [line for line in lines if (line["study"], line["row"]) == asked],
    )


def known_table() -> str:
    """Markdown, a row per network."""
    rows = [list(_cells(known, found_of(known))) for known in KNOWN]
    return markdown_table(HEADS, rows, SIDES)


def _cells(known: Known, found: Found) -> Iterator[str]:
    core = found.price(beside(HOST), SPIKING)
    alone = found.price(CORE, SPIKING)
    int8 = found.price(HOST, INT8)
    yield known.title
    placed = core or alone
    yield f"{placed['cores']:,.0f}" if placed else why_not(found.refusal(CORE))
    yield amount(core) if core else (f"{amount(alone)}, alone" if alone else NOTHING)
    yield amount(int8) if int8 else why_not(found.refusal(HOST))
    yield from verdicts(found)
    yield accuracies(known, found)


def verdicts(found: Found) -> tuple[str, str, str]:
    """Of one inference, of one a second, and of one beside the newer microcontroller."""
    idle, int8_idle = (at_one_a_second(device) for device in (beside(HOST), HOST))
    return (
        verdict(found.price(beside(HOST), SPIKING), found.price(HOST, INT8)),
        verdict(found.price(idle, SPIKING), found.price(int8_idle, INT8)),
        verdict(found.price(beside(NEWER), SPIKING), found.price(NEWER, INT8)),
    )


def known_sentence() -> str:
    """How often spikes win, in each of the three cases."""
    cases = list(zip(*(verdicts(found_of(known)) for known in KNOWN), strict=True))
    asked = [len(KNOWN) - case.count(NOTHING) for case in cases]
    one, second, newer = (
        f"win {case.count(WIN)} and lose {case.count(LOSE)} of {count}"
        for case, count in zip(cases, asked, strict=True)
    )
    return (
        f"Spikes {one}; at one inference a second, when leakage counts, they {second}; beside an "
        f"nRF54L15 and against its own int8 they {newer}; the others are undecided."
    )


def amount(line: Line) -> str:
    """An energy with its range, in the unit that it reads best in.

    >>> amount({"energy_j": 9.5e-4, "energy_low_j": 8.1e-4, "energy_high_j": 1.28e-3})
    '950 µJ (810–1,280)'
    """
    size, unit = next(each for each in UNITS if line["energy_j"] >= each[0] or each == UNITS[-1])
    middle, low, high = (
        significant(line[key] / size) for key in ("energy_j", "energy_low_j", "energy_high_j")
    )
    return f"{middle} {unit} ({low}–{high})"


def verdict(spikes: Line | None, int8: Line | None) -> str:
    """Who takes less; open where the ranges overlap, whatever both have in common.

    >>> low = {"energy_low_j": 1.0, "energy_high_j": 2.0}
    >>> high = {"energy_low_j": 1.9, "energy_high_j": 3.0}
    >>> verdict(low, high), verdict(low, None)
    ('undecided', '–')
    """
    if spikes is None or int8 is None:
        return NOTHING
    if spikes["energy_high_j"] < int8["energy_low_j"]:
        return WIN
    return LOSE if spikes["energy_low_j"] > int8["energy_high_j"] else "undecided"


def why_not(refused: str) -> str:
    """The reason of a refusal in a few words; of memory the largest need of the int8 network.

    >>> why_not("the network fits; got int8_ann: needs 15,100,216 of 2,097,152 flash_bytes")
    'needs 15.1 MB'

    Raises
    ------
    SpikewattError : a refusal for which there are no such words.
    """
    if needed := re.search(r"int8_ann: needs ([\d,]+) of", refused):
        return f"needs {int(needed[1].replace(',', '')) / MEGABYTE:.1f} MB"
    if "max_pool" in refused:
        return "max pools"
    if "no geometry" in refused:
        return "too wide"
    raise SpikewattError("table of known networks", "has words for each refusal", refused)


def accuracies(known: Known, found: Found) -> str:
    """Of spikes, int8 and Keras; where nobody knows the classes, agreement with Keras."""
    by_cell = {line["cell"]: line for line in found.lines}
    spikes, int8, keras = (by_cell.get(cell) for cell in (known.cell, "int8", "keras"))
    if keras is None or keras["accuracy"] is None:
        return f"{_percent(spikes, 'agreement')}, {_percent(int8, 'agreement')} as Keras"
    return ", ".join(_percent(line, "accuracy") for line in (spikes, int8, keras))


def _percent(line: Line | None, key: str) -> str:
    return NOTHING if line is None or line[key] is None else f"{100 * line[key]:.1f}"


if __name__ == "__main__":
    print(known_table(), known_sentence(), sep="\n\n")
