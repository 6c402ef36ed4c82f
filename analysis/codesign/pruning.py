"""What a pruning found, for a reader: what it saves, at which loss, and what hardware has of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...energy.pruning_savings import AFTER, BEFORE, Saving, pruning_savings
from ...sim.engines.simulate import simulate
from ...sim.pruning.judge import NEURONS, NONZERO_SYNAPSES, OPERATIONS
from ...sim.pruning.pruned import Pruned
from ...sim.trace.trace import Trace
from ..design.interval import wilson
from ..report.findings import Column, Findings, Table
from ..report.numbers import in_percent, percent_range
from ..report.units import BINARY_BYTES, JOULES, PERCENT, SECONDS
from .methods import Sample
from .outcome import points_lost

if TYPE_CHECKING:
    import pandas as pd

CROSSBAR = (
    "A crossbar stores and performs a synapse whose weight is 0 like any other: single zero "
    "weights save nothing there. With zero_skipping=1 it leaves out the operation and stores the "
    "weight all the same. Channels that are gone save rows, columns and cores."
)
AIM_SAID = {
    OPERATIONS: "operations of weights that are not 0",
    NONZERO_SYNAPSES: "synapses whose weight is not 0",
    NEURONS: "neurons",
}
NUMBERS = ("cores", "synapse_words", "memory_bytes", "operations", "energy_j", "time_s")


@dataclass(frozen=True, eq=False)
class PruningOutcome:
    """A pruned network on test images, beside the network before.

    Parameters
    ----------
    pruned : Pruned
    before, after : Trace
        On the test images.
    labels : array or None
    validation_images : int
    budget_points : float
    aim : str
        What was to be saved.
    savings : list of Saving
    """

    pruned: Pruned
    before: Trace
    after: Trace
    labels: Any
    validation_images: int
    budget_points: float
    aim: str
    savings: Sequence[Saving]

    @property
    def sentence(self) -> str:
        """What was saved at which loss."""
        pruned, removed = self.pruned, self.pruned.removed()
        weights = 1 - removed["nonzero_weights"].sum() / removed["weights_before"].sum()
        said = (
            f"Pruning saves {pruned.saved:.1%} of the {AIM_SAID[self.aim]}, at "
            f"{points_lost(pruned.loss_points)} on {self.validation_images:,} validation images "
            f"(budget {self.budget_points:g}); {weights:.1%} of the weights are 0 or gone"
        )
        if self.labels is not None:
            before, after = (_share(trace, self.labels) for trace in (self.before, self.after))
            said += f"; {after:.2%} in place of {before:.2%} of {self.after.samples:,} test images"
            said += " are right"
        return said.replace("%", " %") + "."

    def findings(self) -> Findings:
        """As tables: rounds, hardware, test images."""
        tables = [rounds_table(self.pruned)]
        if any(not row.refused for row in self.savings):
            tables.append(self.hardware_table())
        tables.append(self.test_table())
        refused = {
            f"{row.device} ({row.network})": row.refused for row in self.savings if row.refused
        }
        facts = {
            "network_hash": self.pruned.network.hash,
            "saved": self.pruned.saved,
            "loss_points": self.pruned.loss_points,
        }
        return Findings(tuple(tables), (), refused, facts, sentence=self.sentence)

    def hardware_table(self) -> Table:
        """A row per device and workload, before and after side by side."""
        columns = (
            Column("device", ("device",)),
            Column("workload", ("workload",)),
            Column("cores", _pair("cores"), _arrow, leave_out=2),
            Column("memory", _pair("memory_bytes"), unit=BINARY_BYTES, between=" → ", leave_out=3),
            Column("operations", _pair("operations"), _arrow),
            Column("energy", _pair("energy_j"), unit=JOULES, between=" → "),
            Column("time", _pair("time_s"), unit=SECONDS, between=" → ", leave_out=4),
            Column("energy saved", ("energy_saved",), unit=PERCENT),
        )
        title = "What mapped hardware saves, per inference: before → after"
        return Table("hardware", title, self._rows(), columns, footnotes=(CROSSBAR,))

    def _rows(self) -> pd.DataFrame:
        import pandas as pd

        sides: dict[tuple[str, str], dict[str, Saving]] = {}
        for found in self.savings:
            if not found.refused:
                sides.setdefault((found.device, found.workload), {})[found.network] = found
        rows = []
        for (device, workload), both in sides.items():
            row: dict[str, Any] = {"device": device, "workload": workload}
            for side in (BEFORE, AFTER):
                row |= {f"{side}_{name}": getattr(both.get(side), name, None) for name in NUMBERS}
            before, after = row["before_energy_j"], row["after_energy_j"]
            row["energy_saved"] = 1 - after / before if before and after else None
            rows.append(row)
        return pd.DataFrame(rows)

    def test_table(self) -> Table:
        """Accuracy and operations on the test images, before and after."""
        import pandas as pd

        rows = []
        for side, trace in ((BEFORE, self.before), (AFTER, self.after)):
            row: dict[str, Any] = {"network": side}
            if self.labels is not None:
                share = _share(trace, self.labels)
                low, high = wilson(round(share * trace.samples), trace.samples)
                row |= {"accuracy": share, "accuracy_low": low, "accuracy_high": high}
            row["operations"] = trace.mean_operations()
            row["nonzero_operations"] = trace.mean_operations(ledger="nonzero")
            row["synapses"] = sum(layer.synapses for layer in trace.layers)
            row["nonzero_synapses"] = sum(layer.nonzero_synapses for layer in trace.layers)
            rows.append(row)
        accuracy = (
            Column("accuracy (%)", ("accuracy",), in_percent, number=True),
            Column("95 % (%)", ("accuracy_low", "accuracy_high"), percent_range, leave_out=1),
        )
        columns = (
            Column("network", ("network",)),
            *(accuracy if self.labels is not None else ()),
            Column("operations", ("operations",), "{:,.0f}".format, number=True),
            Column("of weights not 0", ("nonzero_operations",), "{:,.0f}".format, number=True),
            Column("synapses", ("synapses",), "{:,.0f}".format, leave_out=2, number=True),
            Column("not 0", ("nonzero_synapses",), "{:,.0f}".format, leave_out=3, number=True),
        )
        title = f"On {self.after.samples:,} test images"
        return Table("test", title, pd.DataFrame(rows), columns)


def rounds_table(pruned: Pruned, name: str = "rounds") -> Table:
    """A row per round."""
    columns = (
        Column("round", ("number",)),
        Column("what", ("what",), leave_out=1),
        Column("where, and its share", ("where",)),
        Column("saved", ("saved",), unit=PERCENT),
        Column("accuracy (%)", ("accuracy",), in_percent, number=True),
        Column("lost (points)", ("loss_points",), "{:.2f}".format, number=True),
        Column("", ("kept",), lambda kept: "kept" if kept else "undone"),
    )
    title = "Rounds on validation images"
    return Table(name, title, pruned.table(), columns)


def pruning_outcome(
    pruned: Pruned,
    test: Sample,
    devices: Sequence[str],
    validation_images: int,
    budget_points: float,
    aim: str = OPERATIONS,
    steps: int | None = None,
    seed: int = 0,
) -> PruningOutcome:
    """Run both networks on the test images, and price both on each device.

    Raises
    ------
    SpikewattError
        An unknown device.
    """
    before, after = (
        simulate(network, test.x, "event", steps, seed=seed)
        for network in (pruned.before, pruned.network)
    )
    savings = pruning_savings(before, after, *devices)
    return PruningOutcome(
        pruned, before, after, test.labels, validation_images, budget_points, aim, savings
    )


def _share(trace: Trace, labels) -> float:
    return float(trace.accuracy(labels)[-1])


def _pair(name: str) -> tuple[str, str]:
    return f"{BEFORE}_{name}", f"{AFTER}_{name}"


def _arrow(before: float, after: float) -> str:
    return f"{before:,.0f} → {after:,.0f}"
