"""The kinds of rows by name; who adds one writes its file, two functions, and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..annarchy.pictures import pictures_outcome, run_pictures_row
from ..benchmark.outcome import benchmark_judged
from ..benchmark.run import run_benchmark_row
from ..cells.network_row import run_network_row
from ..hardware.outcomes import odin_judged, sizes_judged
from ..hardware.run_odin import run_odin_row
from ..hardware.run_sizes import run_size_row
from ..judgement import judged
from ..k_bit.row import KBitRow
from ..k_bit.run import outcome_of, run_k_bit_row
from ..methods.curves import curves_outcome, run_robustness_row
from ..methods.outcome import method_judged
from ..methods.run import run_method_row
from ..outcome import Outcome
from ..peers.outcome import published_only_outcome, run_published_only_row
from ..places import Places
from ..results import Results
from ..row import RowFile
from .benchmark import BenchmarkRow
from .method import MethodRow
from .network import NetworkRow
from .odin import OdinRow
from .pictures import PicturesRow
from .published_only import PublishedOnlyRow
from .robustness import RobustnessRow
from .size import SizeRow


@dataclass(frozen=True)
class RowKind:
    """A kind of row.

    Parameters
    ----------
    file : type of RowFile
        What its file holds.
    run : callable
        Runs a row of a study in places; what was done before is taken from ``places.kept``.
    outcome : callable
        What became of a row, by what the CSV files of its study say.
    """

    file: type[RowFile]
    run: Callable[[str, Any, Places], Results]
    outcome: Callable[[Any, Results], Outcome]


ROW_KINDS = {
    "benchmark": RowKind(BenchmarkRow, run_benchmark_row, benchmark_judged),
    "method": RowKind(MethodRow, run_method_row, method_judged),
    "network": RowKind(NetworkRow, run_network_row, judged),
    "pictures": RowKind(PicturesRow, run_pictures_row, pictures_outcome),
    "k_bit": RowKind(KBitRow, run_k_bit_row, outcome_of),
    "odin": RowKind(OdinRow, run_odin_row, odin_judged),
    "published_only": RowKind(PublishedOnlyRow, run_published_only_row, published_only_outcome),
    "robustness": RowKind(RobustnessRow, run_robustness_row, curves_outcome),
    "size": RowKind(SizeRow, run_size_row, sizes_judged),
}
"""Name -> kind."""

USUAL = "network"  # of a file that says no kind


def kind_of(row: RowFile) -> RowKind:
    """The kind of a row."""
    return ROW_KINDS[row.kind]
