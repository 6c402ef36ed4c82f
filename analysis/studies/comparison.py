"""Whether a rerun gives the committed numbers again, and which not, by how much."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..report.numbers import count_of
from .annarchy.asked import OURS_BESIDE, OWN_CONVERTER
from .judgement import LINE
from .results import AMOUNTS, Results
from .study import Study
from .study_file import Tolerance

PRICE = (*LINE, "device", "priced_as", "workload")
MEASURE = ("row", "cell", "measure")
SAME = ("code", "steps_per_layer", "annarchy_equal", "multiply_accumulates")
# Answers and counts of the spiking network alone, which an equal network gives again.
EXACT_SHARES = ("accuracy",)
SHARES = ("ann_accuracy", "agreement")
COUNTS = (
    "spikes_per_image",
    "synaptic_operations_per_image",
    "synaptic_operations_without_first_layer",
)
IF_ASKED_FOR = (OWN_CONVERTER, OURS_BESIDE)  # cells that not every rerun has
DIGITS = 1e-8  # by which a number differs from itself in a file, as a share

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """A number that came out otherwise.

    Parameters
    ----------
    where : str
        Row, cell, steps and, of a price, device and workload.
    column : str
    committed, own : object
        None where there is no such line.
    within : bool
        Whether the tolerance of the study allows for it.
    """

    where: str
    column: str
    committed: Any
    own: Any
    within: bool

    def __str__(self) -> str:
        place = "within the tolerance" if self.within else "beyond the tolerance"
        return f"{self.where}: {self.column} {self.own}, committed {self.committed}; {place}"


@dataclass(frozen=True)
class Comparison:
    """A rerun beside the committed files.

    Parameters
    ----------
    lines : int
        Lines of both tables that were compared.
    new : int
        Lines of cells of which nothing is committed.
    other_images : int
        Lines on another number of images than the committed ones.
    differences : tuple of Difference
    """

    lines: int
    new: int
    other_images: int
    differences: tuple[Difference, ...]

    @property
    def beyond(self) -> tuple[Difference, ...]:
        """What the tolerance does not allow for."""
        return tuple(each for each in self.differences if not each.within)

    def __add__(self, other: Comparison) -> Comparison:
        return Comparison(
            self.lines + other.lines,
            self.new + other.new,
            self.other_images + other.other_images,
            self.differences + other.differences,
        )

    def __str__(self) -> str:
        said = []
        if self.lines and not self.differences:
            said.append(f"{count_of(self.lines, 'line is', 'lines are')} as committed")
        elif self.lines or self.differences:
            numbers, beyond = len(self.differences), len(self.beyond)
            said.append(
                f"{count_of(self.lines, 'line', 'lines')} compared with the committed ones: "
                f"{count_of(numbers, 'number differs', 'numbers differ')}, {beyond:,} of them "
                "beyond the tolerance"
            )
        if self.other_images:
            law = "not compared, being of another number of images than the committed ones"
            said.append(f"{count_of(self.other_images, 'line', 'lines')} {law}")
        if self.new:
            said.append(
                f"{count_of(self.new, 'line', 'lines')} of cells of which nothing is committed"
            )
        return "; ".join(said) or "nothing was compared: there are no lines"


def compare(study: Study, own: Results, committed: Results | None = None) -> Comparison:
    """The lines of a rerun beside those of the committed files.

    Parameters
    ----------
    study : Study
        Whose tolerance holds.
    own : Results
        As `run_study` returns them.
    committed : Results, optional
        By default those of the study.
    """
    committed = study.committed() if committed is None else committed
    rows = {line["row"] for line in own.lines}
    ours = keyed(own.lines, LINE)
    theirs = keyed((line for line in committed.lines if line["row"] in rows), LINE)

    both = ours.keys() & theirs.keys()
    alike = {key for key in both if ours[key]["images"] == theirs[key]["images"]}
    missing = {key for key in theirs.keys() - both if key[1] not in IF_ASKED_FOR}
    found = [Difference(_named(key), "line", "there", None, False) for key in missing]
    for key in alike:
        found.extend(_of_a_line(_named(key), ours[key], theirs[key], study.file.tolerance))

    lines = len(alike)
    for table, columns, judge in (
        ("prices", PRICE, _of_a_price),
        ("measures", MEASURE, _of_a_measure),
    ):
        pair = [_of_cells(getattr(results, table), columns, alike) for results in (own, committed)]
        found.extend(_only_in_one(*pair))
        for key in pair[0].keys() & pair[1].keys():
            lines += 1
            found.extend(judge(_named(key), pair[0][key], pair[1][key], study.file.tolerance))

    found.sort(key=lambda each: (each.within, each.where))
    return Comparison(lines, len(ours.keys() - both), len(both - alike), tuple(found))


def _of_cells(
    lines: Iterable[Line], columns: tuple[str, ...], alike: Collection[tuple]
) -> dict[tuple, Line]:
    """Those of `lines` that belong to lines that are compared, whose steps they may not say."""
    shared = [column for column in LINE if column in columns]
    wanted = {key[: len(shared)] for key in alike}
    return keyed((line for line in lines if _key(line, shared) in wanted), columns)


def _key(line: Line, columns: Iterable[str]) -> tuple:
    return tuple(line.get(column) or None for column in columns)


def keyed(lines: Iterable[Line], columns: tuple[str, ...]) -> dict[tuple, Line]:
    """Lines by what tells them apart."""
    return {_key(line, columns): line for line in lines}


def _named(key: tuple) -> str:
    row, cell, which, *rest = key
    at = count_of(which, "step", "steps") if isinstance(which, int) else which
    parts = dict.fromkeys((row, cell, at, *rest))
    return ", ".join(str(part) for part in parts if part)


def _only_in_one(ours: Mapping[tuple, Line], theirs: Mapping[tuple, Line]) -> Iterator[Difference]:
    for key in ours.keys() - theirs.keys():
        yield Difference(_named(key), "line", None, "there", False)
    for key in theirs.keys() - ours.keys():
        yield Difference(_named(key), "line", "there", None, False)


def _of_a_line(where: str, own: Line, committed: Line, allowed: Tolerance) -> Iterator[Difference]:
    """An equal network answers and counts equally; of another, within the tolerance."""
    network = own.get("network_hash")
    exact = bool(network) and network == committed.get("network_hash")
    points = allowed.accuracy_points / 100

    for column in SAME:
        if (own.get(column) or None) != (committed.get(column) or None):
            yield Difference(where, column, committed.get(column), own.get(column), False)
    for column in (*EXACT_SHARES, *SHARES):
        most = 0.0 if exact and column in EXACT_SHARES else points
        yield from differing(where, column, own, committed, most, of_share=False)
    for column in COUNTS:
        most = 0.0 if exact else allowed.counts_percent / 100
        yield from differing(where, column, own, committed, most, of_share=True)


def _of_a_price(where: str, own: Line, committed: Line, allowed: Tolerance) -> Iterator[Difference]:
    if own.get("cores") != committed.get("cores"):
        yield Difference(where, "cores", committed.get("cores"), own.get("cores"), False)
    for column in AMOUNTS:
        most = allowed.energy_percent / 100
        yield from differing(where, column, own, committed, most, of_share=True)


def _of_a_measure(
    where: str, own: Line, committed: Line, allowed: Tolerance
) -> Iterator[Difference]:
    most = allowed.counts_percent / 100
    yield from differing(where, "value", own, committed, most, of_share=True)


def differing(
    where: str, column: str, own: Line, committed: Line, most: float, *, of_share: bool
) -> Iterator[Difference]:
    """A number that is another; `most` is a share of it, or an amount."""
    ours, theirs = own.get(column), committed.get(column)
    if ours is None or theirs is None:
        if ours is not theirs:
            yield Difference(where, column, theirs, ours, False)
        return

    size = abs(theirs) if of_share else 1.0
    away = abs(ours - theirs)
    if away > DIGITS * size:
        yield Difference(where, column, theirs, ours, away <= (most + DIGITS) * size)
