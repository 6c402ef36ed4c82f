"""What was measured on chips: every run and load, as it was published.

``data/silicon_measurements.csv`` holds one row per run (Loihi, Loihi 2) or per load (SpiNNaker,
mean of 20 repeats); ``data/silicon_spinnaker_events.csv`` what its authors derived per event.
Numbers are cited, no file of others is part of this package: one repository has no licence, another
is GPL-3.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[1] / "data"
MEASUREMENTS = FOLDER / "silicon_measurements.csv"
EVENTS = FOLDER / "silicon_spinnaker_events.csv"

LOIHI, LOIHI_2 = "loihi", "loihi2"
SPINN_3, SPINN_5 = "SpiNN-3", "SpiNN-5"
BOARDS = {SPINN_3: "spinnaker1", SPINN_5: "spinnaker1_48"}  # board -> its card
KEYWORD_SPOTTER = "keyword spotter"


class Run(NamedTuple):
    """One measured run.

    Parameters
    ----------
    chip : str
        Card that describes it.
    case : str
        Which network or load.
    steps : int
        Steps of an inference; of a SpiNNaker load all its steps of 1 ms.
    per_second : float
        Inferences per second.
    idle_w, running_w : float
        W, all rails together.
    dynamic_j, total_j : float
        J per inference: of running less idle power, and of running power.
    boundary : str
        What the power is that of: ``chip``, ``board`` or ``host``.
    source : str
    """

    chip: str
    case: str
    steps: int
    per_second: float
    idle_w: float
    running_w: float
    dynamic_j: float
    total_j: float
    boundary: str
    source: str

    @property
    def time_s(self) -> float:
        """s of an inference."""
        return 1 / self.per_second


class EventEnergy(NamedTuple):
    """What the authors of SNABSuite derived for one board.

    Parameters
    ----------
    quantity : str
        ``neuron update``, ``spike`` or ``event: …``.
    row_length : float or None
        Synapses of an event at one core.
    energy_j, sd_j : float
        J per update, spike or synaptic event; standard deviation of 20 repeats.
    """

    quantity: str
    row_length: float | None
    energy_j: float
    sd_j: float


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def runs(chip: str, case: str | None = None) -> tuple[Run, ...]:
    """Measured runs of a chip, or of one case.

    >>> len(runs("loihi")), len(runs("loihi", "keyword spotter"))
    (26, 5)
    """
    found = []
    for row in _rows(MEASUREMENTS):
        if row["chip"] == chip and case in (None, row["case"]):
            run = Run(
                chip,
                row["case"],
                int(row["steps"]),
                float(row["inferences_per_s"]),
                float(row["idle_w"]),
                float(row["running_w"]),
                float(row["dynamic_j"] or "nan"),  # none where running took less than idle
                float(row["total_j"]),
                row["boundary"],
                row["source"],
            )
            found.append(run)
    return tuple(found)


@cache
def mean_run(chip: str, case: str) -> Run:
    """The mean of all runs of a case.

    >>> f"{mean_run('loihi', 'scaling N=10').dynamic_j * 1e6:.0f} µJ"
    '836 µJ'
    """
    found = runs(chip, case)
    first = found[0]
    means = {
        name: sum(getattr(run, name) for run in found) / len(found)
        for name in ("per_second", "idle_w", "running_w", "dynamic_j", "total_j")
    }
    return first._replace(**means)


@cache
def event_energies(board: str) -> dict[str, EventEnergy]:
    """Quantity -> what it costs on a SpiNNaker board.

    >>> f"{event_energies('SpiNN-3')['neuron update'].energy_j * 1e9:.1f} nJ"
    '89.6 nJ'
    """
    found = {}
    for row in _rows(EVENTS):
        if row["board"] == board:
            length = float(row["row_length"]) if row["row_length"] else None
            energy = float(row["energy_j"]), float(row["sd_j"])
            found[row["quantity"]] = EventEnergy(row["quantity"], length, *energy)
    return found
