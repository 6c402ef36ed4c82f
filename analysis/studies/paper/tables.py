"""The tables of a paper about sizes, as rows of texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...report.units import significant
from ..hardware.size_table import HIGHEST, LOWEST, SEEDS
from ..hardware.sizes import CELLS
from .facts import BOARD, LARGE, SIZES, SMALL, Line, SizeFacts
from .seeds import FEW_BITS, FLOAT, both, percent, trainings

NONE = "–"
# (how it is trained, cell) of what several trainings give -> what it is called.
TRAINED = {
    (FLOAT, "keras"): "Keras, float",
    (FLOAT, "int8"): "int8, executed",
    (FLOAT, "exact"): "spiking, K = 4 bits",
    (FLOAT, "pixels-2-bits"): "… pixels of 2 bits",
    (FEW_BITS, "exact"): "fine-tuned, K = 4 bits",
}
# Run of the row of sizes -> what it is called in the paper.
NETWORKS = {
    "rate": "spiking, rate, 32 steps",
    "exact": "spiking, K = 4 bits",
    "weights-4-bits": "… weights of 4 bits",
    "pixels-2-bits": "… pixels of 2 bits",
    "pixels-1-bit": "… pixels of 1 bit",
    "k4": "fine-tuned, K = 4 bits",
    "k2": "fine-tuned, K = 2 bits",
    "k1": "fine-tuned, K = 1 bit",
    "k4-pixels-2-bits": "… K = 4, pixels of 2 bits",
    "k1-pixels-2-bits": "… K = 1, pixels of 2 bits",
}
USUAL = "exact"  # the run that a design is shown with
LIBRARIES = {"sky130": "SkyWater sky130", "sg13g2": "IHP SG13G2"}
MICRO, MILLI, MEGA = 1e-6, 1e-3, 1e6


@dataclass(frozen=True)
class PaperTable:
    """A table whose first column names the rows.

    Parameters
    ----------
    groups : tuple of (text, columns)
        A head above the head.
    head : tuple of str
    rows : tuple of tuples of str
    strong : frozenset of int
        Rows that stand out; a row of one text is a head of those below it.
    """

    groups: tuple[tuple[str, int], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: frozenset[int] = frozenset()


def accuracy_table(facts: SizeFacts) -> PaperTable:
    """Accuracy, operations and energy of both sizes, network by network.

    First what several trainings give, then the one training that everything else is made of.
    """
    times, epochs = trainings(facts, USUAL), [facts.epochs_of(size) for size in SIZES.values()]
    rows = [(f"{times} trainings, alike in both sizes: median (lowest to highest)",)]
    rows += [(title, *_trained(facts, *key)) for key, title in TRAINED.items()]
    strong = frozenset({1 + list(TRAINED).index((FLOAT, USUAL))})
    rows.append((f"one training each, of {epochs[0]:g} and {epochs[1]:g} epochs",))
    for run, title in NETWORKS.items():
        cells: list[str] = []
        for size in SIZES.values():
            line = facts.run_of(size, run)
            operations = line["synaptic_operations_per_image"]
            energy = line["energy_per_inference_j"]
            cells += [
                percent(facts.accuracy_of(line)["accuracy"]),
                f"{operations:,.0f}",
                significant(energy / MICRO),
            ]
        rows.append((title, *cells))

    head = ("", *(("right", "operations", "energy") * len(SIZES)))
    units = ("network", *(("%", "per image", "µJ") * len(SIZES)))
    groups = (("", 1), *((design, 3) for design in SIZES))
    return PaperTable(groups, tuple(map(_stacked, head, units)), tuple(rows), strong)


def hardware_table(facts: SizeFacts) -> PaperTable:
    """What both sizes take and cost, target by target, and the larger over the smaller."""
    rows: list[tuple[str, ...]] = [
        (f"Lattice {BOARD}: LUTs", *_both(facts, BOARD, "luts", 1, _whole))
    ]
    rows.append(("flip-flops", *_both(facts, BOARD, "flip_flops", 1, _whole)))
    of_board = facts.run_of(SIZES[SMALL], USUAL)["block_rams_available"]
    title = f"block RAMs, of {of_board:.0f}"
    rows.append((title, *_both(facts, BOARD, "block_rams", 1, _whole)))
    seeds = facts.run_of(SIZES[SMALL], USUAL)[SEEDS]
    title = f"clock, median of {seeds} placements, MHz"
    rows.append((title, *_both(facts, BOARD, "frequency_hz", MEGA, _one_decimal)))
    rows.append(("… lowest to highest, MHz", *_clock_ranges(facts), ""))
    rows.append(("latency, ms", *_both(facts, BOARD, "latency_s", MILLI)))
    rows.append(("power while it runs, mW", *_ranges(facts, BOARD, "power_{}w", MILLI)))
    rows.append(("energy, µJ", *_ranges(facts, BOARD, "energy_per_inference_{}j", MICRO)))

    bits = _both(facts, BOARD, "memory_bits", 1000, _whole)
    rows.append(("bits of memory, thousands", *bits))
    for target in sorted(facts.targets, key=facts.refused_by):
        if target == BOARD:
            continue
        runs = [facts.run_of(size, USUAL, target) for size in SIZES.values()]
        name = short_name(target)
        if any(run["refused"] for run in runs):
            said = ["too small" if run["refused"] else _on(run) for run in runs]
            rows.append((f"{name}", *said, ""))
            continue
        if runs[0]["kind"] == CELLS:
            rows.append((f"{name}: logic, mm²", *_both(facts, target, "area_mm2", 1)))
            ranges = _ranges(facts, target, "power_{}w", MILLI)
            clock = runs[0]["frequency_hz"] / MEGA
            rows.append((f"… power at {clock:.0f} MHz, mW", *ranges))
        else:
            rows.append((f"{name}: block RAMs", *_both(facts, target, "block_rams", 1, _whole)))
        ranges = _ranges(facts, target, "energy_per_inference_{}j", MICRO)
        rows.append(("… energy, µJ", *ranges))

    return PaperTable((), ("", SMALL, LARGE, "ratio"), tuple(rows))


def short_name(target: str) -> str:
    """A target as it is called in a sentence.

    >>> short_name("sky130_fd_sc_hd__tt_025C_1v80"), short_name("iCE40UP5K")
    ('SkyWater sky130', 'iCE40UP5K')
    """
    first = target.partition("_")[0]
    return LIBRARIES.get(first, first)


def _stacked(title: str, unit: str) -> str:
    return f"{title}\n{unit}" if title else unit


def _trained(facts: SizeFacts, trained: str, cell: str) -> list[str]:
    """Accuracies of several trainings, and the median of their operations where there are any."""
    cells = []
    for spread in both(facts, cell, trained):
        operations = spread.operations
        cells += [str(spread), NONE if operations is None else f"{operations:,.0f}", NONE]
    return cells


def _both(
    facts: SizeFacts,
    target: str,
    column: str,
    unit: float,
    write: Callable[[float], str] = significant,
) -> tuple[str, str, str]:
    """A quantity of both sizes, and its ratio."""
    small, large = (facts.run_of(size, USUAL, target)[column] / unit for size in SIZES.values())
    return write(small), write(large), f"{large / small:.2f}"


def _ranges(facts: SizeFacts, target: str, column: str, unit: float) -> tuple[str, str, str]:
    """The same with low and high ends."""
    runs = [facts.run_of(size, USUAL, target) for size in SIZES.values()]
    values = [run[column.format("")] for run in runs]
    said = [
        f"{significant(run[column.format('')] / unit)} "
        f"({significant(run[column.format('low_')] / unit)} to "
        f"{significant(run[column.format('high_')] / unit)})"
        for run in runs
    ]
    return said[0], said[1], f"{values[1] / values[0]:.2f}"


def _clock_ranges(facts: SizeFacts) -> list[str]:
    return [
        f"{run[LOWEST] / MEGA:.1f} to {run[HIGHEST] / MEGA:.1f}"
        for run in (facts.run_of(size, USUAL) for size in SIZES.values())
    ]


def _on(run: Line) -> str:
    """A design on an FPGA that holds only one of the two."""
    energy = significant(run["energy_per_inference_j"] / MICRO)
    return f"{run['block_rams']:.0f} block RAMs, {energy} µJ"


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _one_decimal(value: float) -> str:
    return f"{value:.1f}"
