"""What a paper about sizes is made of: the study's tables, joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ....errors import SpikewattError
from ....models.studied.catalogue import studied
from ..hardware.size_files import PLACEMENTS, read_modules, read_sizes
from ..hardware.size_table import median_lines
from ..kinds.method import WITH
from ..kinds.odin import PublishedChip
from ..methods.columns import METHODS
from ..results import PRICES, RESULTS, Results, read_results

Line = Mapping[str, Any]
SMALL, LARGE = "784-48-10", "784-128-10"
SIZES = {SMALL: 48, LARGE: 128}  # design -> hidden neurons
BOARD = "LFE5U-45F-8"  # the FPGA that both designs fit
ODIN = "odin-demonstration"


@dataclass(frozen=True, eq=False)
class SizeFacts:
    """The tables of a study that compares two sizes.

    Parameters
    ----------
    folder : Path
        With its CSV files and its picture.
    results : Results
    hardware : list of mappings
        A line per run and target, of FPGAs that of the median clock.
    modules : list of mappings
        A line per design and module.
    published_odin : PublishedChip
        Of ODIN's demonstration.
    """

    folder: Path
    results: Results
    hardware: list[dict[str, Any]]
    modules: list[dict[str, Any]]
    published_odin: PublishedChip

    @classmethod
    def read(cls, folder: Path, published_odin: PublishedChip) -> SizeFacts:
        """From the files in `folder`, and what was published of ODIN.

        Raises
        ------
        SpikewattError : a file that the study leaves is not there.
        """
        for name in (RESULTS, PLACEMENTS):
            if not (folder / name).is_file():
                law, allowed = "is left by the study", "`spikewatt study run`"
                raise SpikewattError(str(folder / name), law, "no such file", allowed)

        hardware = median_lines(read_sizes(folder))
        modules = read_modules(folder).to_dict("records")
        return cls(folder, read_results(folder), hardware, modules, published_odin)

    @cached_property
    def picture(self) -> bytes:
        """The placements, as PNG."""
        return (self.folder / PLACEMENTS).read_bytes()

    def run_of(self, size: int, what: str, target: str = BOARD) -> Line:
        """What run ``<size>-<what>`` takes and costs on a target."""
        cell = f"{size}-{what}"
        for line in self.hardware:
            if (line["cell"], line["target"]) == (cell, target):
                return line

        known = sorted({f"{line['cell']} on {line['target']}" for line in self.hardware})
        law = "is a run of the study's row of sizes"
        raise SpikewattError(str(self.folder), law, f"{cell} on {target}", "; ".join(known[:8]))

    def accuracy_of(self, run: Line) -> Line:
        """What a row of networks says of the network of a run, after as many steps."""
        same = [
            line
            for line in self.results.lines
            if line["row"] != run["row"]
            and (line["network_hash"], line["steps"]) == (run["network_hash"], run["steps"])
        ]
        if not same:
            law = "holds the network of each run of sizes"
            raise SpikewattError(str(self.folder / RESULTS), law, f"none of {run['cell']}")

        return max(same, key=lambda line: line["images"])

    def epochs_of(self, size: int) -> float:
        """Of the one training of a size that all its runs on hardware come from."""
        name = f"mlp_{size}"
        epochs = studied(name).epochs
        if epochs is None:
            raise SpikewattError(name, "says how long it was trained", "no epochs")
        return epochs

    def line_of(self, row: str, cell: str) -> Line:
        """A line of results by its names."""
        for line in self.results.lines:
            if (line["row"], line["cell"]) == (row, cell):
                return line

        law = "holds the lines that the paper shows"
        raise SpikewattError(str(self.folder / RESULTS), law, f"no {row}, {cell}")

    def price_of(self, row: str, cell: str, device: str, workload: str) -> Line:
        """A line of prices by its names."""
        asked = (row, cell, device, workload)
        for price in self.results.prices:
            if (price["row"], price["cell"], price["device"], price["workload"]) == asked:
                return price

        law = "holds the prices that the paper shows"
        raise SpikewattError(str(self.folder / PRICES), law, f"no {', '.join(asked)}")

    def saved_by(self, row: str, device: str) -> Line:
        """What the method of a row saves on a device."""
        for line in self.results.methods:
            if (line["row"], line["cell"], line["device"]) == (row, WITH, device):
                return line

        law = "holds the methods that the paper shows"
        raise SpikewattError(str(self.folder / METHODS), law, f"no {row} on {device}")

    @property
    def odin(self) -> tuple[Line, Line]:
        """(results, price) of ODIN's demonstration."""
        line = self.line_of(ODIN, "twin")
        price = next(price for price in self.results.prices if price["row"] == ODIN)
        return line, price

    def refused_by(self, target: str) -> bool:
        """Whether a target is too small for any of the networks."""
        return any(line["refused"] for line in self.hardware if line["target"] == target)

    @property
    def targets(self) -> list[str]:
        """All targets, in the order of the file."""
        return list(dict.fromkeys(line["target"] for line in self.hardware))
