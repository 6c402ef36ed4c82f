"""What a method does on test images, beside the same network without it: accuracy, work, price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...energy.cards.card import Card
from ...energy.pricing.order import NONE
from ...energy.staged.distribution import SHARES, Distribution, Spread, price_distribution
from ...models.decision import decided_by
from ...sim.engines.simulate import simulate
from ...sim.staged.dynamic_trace import DynamicTrace, undivided
from ...sim.trace.trace import Trace
from ..design.interval import wilson
from ..report.findings import Column, Findings, Table
from ..report.numbers import in_percent, percent_range, with_prefix
from ..report.sentence import points_of
from ..report.units import JOULES, PERCENT, SECONDS
from .methods import Chosen, Sample, Wanted

if TYPE_CHECKING:
    import pandas as pd

WITHOUT, WITH = "without", "with"
SINGLE = 200  # inferences that are priced one by one


@dataclass(frozen=True, eq=False)
class Side:
    """A run on images, and which of its answers are right.

    Parameters
    ----------
    work : DynamicTrace
    right : (samples,) bool
    """

    work: DynamicTrace
    right: np.ndarray

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return float(self.right.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Of it, 95 %."""
        return wilson(int(self.right.sum()), len(self.right))


@dataclass(frozen=True, eq=False)
class Outcome:
    """Both sides on validation and on test images, and what single inferences cost.

    Parameters
    ----------
    chosen : Chosen
    validation, test : mapping
        WITHOUT and WITH -> Side.
    prices : mapping
        The same -> Distribution.
    budget_points : float or None
        None where a threshold was given.
    does_not_fit : mapping
        Device -> why.
    """

    chosen: Chosen
    validation: Mapping[str, Side]
    test: Mapping[str, Side]
    prices: Mapping[str, Distribution] = field(default_factory=dict)
    budget_points: float | None = None
    does_not_fit: Mapping[str, str] = field(default_factory=dict)

    @property
    def lost_points(self) -> float:
        """Percentage points of accuracy lost on test images."""
        return 100 * (self.test[WITHOUT].accuracy - self.test[WITH].accuracy)

    @property
    def saved_operations(self) -> float:
        """Share of the synaptic operations."""
        before, after = (self.test[side].work.mean_operations() for side in (WITHOUT, WITH))
        return 1 - after / before if before else 0.0

    @cached_property
    def energies(self) -> dict[str, tuple[float, float]]:
        """Device, as it was asked for, -> joules per inference, without and with."""
        if not self.prices:
            return {}
        before, after = (self.prices[side].asked_for for side in (WITHOUT, WITH))
        return {
            device: (before[device].mean_energy_j, after[device].mean_energy_j)
            for device in before
            if device in after
        }

    @property
    def sentence(self) -> str:
        """What it saves, at what it loses."""
        saved = f"{self.chosen.said}: {_less(self.saved_operations)} operations"
        for asked_for, (before, after) in list(self.energies.items())[:1]:
            device = self.prices[WITH].asked_for[asked_for].device
            energies = f"{with_prefix(after, 'J')} in place of {with_prefix(before, 'J')}"
            less = _less(1 - after / before, "less")
            saved += f", {less} energy on {device} ({energies})"
        before, after = self.test[WITHOUT], self.test[WITH]
        accuracy = f"{after.accuracy:.2%} in place of {before.accuracy:.2%}".replace("%", " %")
        how = "its threshold was given"
        if self.budget_points is not None:
            images = f"{len(self.validation[WITH].right):,} validation images"
            how = f"chosen on {images} within {points_of(self.budget_points)}"
        return (
            f"{saved}, at {points_lost(self.lost_points)} on {len(after.right):,} test images "
            f"({accuracy}); {how}."
        )

    def spreads(self) -> dict[str, Spread]:
        """Both sides on the first device."""
        device = next(iter(self.energies))
        return {
            f"{side} {self.chosen.method.name}": self.prices[side].spread(device)
            for side in (WITHOUT, WITH)
        }

    def findings(self) -> Findings:
        """As tables."""
        tables = [self.accuracy_table()]
        if self.energies:
            tables += [self.price_table("energy_j"), self.price_table("time_s")]
        prices = self.prices[WITH].prices if self.prices else None
        facts = {
            "method": self.chosen.method.name,
            "lost_points": self.lost_points,
            "saved_operations": self.saved_operations,
            "network_hash": self.chosen.network.hash,
        }
        return Findings(
            tuple(tables),
            tuple(prices.assumptions if prices else ()),
            self.does_not_fit,
            facts,
            sentence=self.sentence,
            in_brief=tuple(prices.in_brief if prices else ()),
        )

    def accuracy_table(self, name: str = "accuracy") -> Table:
        """A row without the method, and one with it."""
        import pandas as pd

        counted = self.chosen.method.counted
        rows = []
        for side in (WITHOUT, WITH):
            test, work = self.test[side], self.test[side].work
            low, high = test.interval
            amount = self.chosen.amount(work) if side == WITH else self.chosen.whole_amount
            rows.append(
                {
                    "network": side,
                    "accuracy_validation": self.validation[side].accuracy,
                    "accuracy": test.accuracy,
                    "accuracy_low": low,
                    "accuracy_high": high,
                    "operations": work.mean_operations(),
                    "bit_operations": work.mean_bit_operations(),
                    counted: work.mean_steps() if amount is None else amount,
                    "monitor_updates": float(work.monitor_updates().mean()),
                }
            )
        columns = (
            Column(self.chosen.method.name, ("network",)),
            Column("test (%)", ("accuracy",), in_percent, number=True),
            Column("95 % (%)", ("accuracy_low", "accuracy_high"), percent_range, leave_out=3),
            Column(
                "validation (%)", ("accuracy_validation",), in_percent, leave_out=2, number=True
            ),
            Column("operations", ("operations",), "{:,.0f}".format, number=True),
            Column(counted, (counted,), "{:.2f}".format, number=True),
            Column("watching", ("monitor_updates",), "{:,.1f}".format, leave_out=1, number=True),
        )
        notes = (
            "per inference; watching: neuron updates that looking at the margins is charged as.",
        )
        title = f"Accuracy and work on {self.test[WITH].work.samples:,} test images"
        return Table(name, title, pd.DataFrame(rows), columns, footnotes=notes)

    def price_table(self, what: str) -> Table:
        """Mean, median and tail of energy or time, a row per device and side."""
        word, unit = {"energy_j": ("energy", JOULES), "time_s": ("time", SECONDS)}[what]
        columns = [Column("device", ("device",)), Column(self.chosen.method.name, ("network",))]
        for share in ("mean", *SHARES):
            off = {"largest": 2, "p50": 1}.get(share, 0)
            columns.append(Column(share, (f"{share}_{what}",), unit=unit, leave_out=off))
        columns.append(Column("saved", (f"saved_{what}",), unit=PERCENT))
        title = f"{word.capitalize()} of an inference: mean, and what so many do not exceed"
        return Table(word, title, self._rows(what), columns)

    def _rows(self, what: str) -> pd.DataFrame:
        import pandas as pd

        rows = []
        for device in self.energies:
            means = {}
            for side in (WITHOUT, WITH):
                spread = self.prices[side].spread(device)
                means[side] = getattr(spread, f"mean_{what}")
                row = {"device": spread.device, "network": side}
                row[f"mean_{what}"] = means[side]
                row |= {f"{name}_{what}": spread.at(what, share) for name, share in SHARES.items()}
                saved = None if side == WITHOUT else 1 - means[WITH] / means[WITHOUT]
                rows.append({**row, f"saved_{what}": saved})
        return pd.DataFrame(rows)


def outcome(
    found: Chosen,
    validation: Sample,
    test: Sample,
    devices: Sequence[str | Card],
    wanted: Wanted,
    max_cores: int | None = None,
    whole: Trace | None = None,
) -> Outcome:
    """Run both sides on both samples and price the test images, on devices that can.

    With `whole`, the trace of the test images without the method, these are not run again. Where
    no device can execute the network with the method, `does_not_fit` says why of each.
    """

    def both(sample: Sample, run: Trace | None = None) -> dict[str, Side]:
        if run is None:
            run = simulate(found.network, sample.x, "event", wanted.steps, seed=wanted.seed)
        return {
            WITHOUT: _side(run, undivided(run), sample),
            WITH: _side(run, found.run(sample.x, run), sample),
        }

    seen, unseen = both(validation), both(test, whole)
    prices: dict[str, Distribution] = {}
    refused: dict[str, str] = {}
    if devices:
        for side in (WITHOUT, WITH):
            prices[side] = price_distribution(
                unseen[side].work,
                *devices,
                inferences=SINGLE,
                host=NONE,
                skip_unfit=True,
                max_cores=max_cores,
            )
        refused = {**prices[WITHOUT].prices.does_not_fit, **prices[WITH].prices.does_not_fit}
    budget = None if wanted.threshold is not None else wanted.budget_points
    return Outcome(found, seen, unseen, prices, budget, refused)


def _side(whole: Trace, work: DynamicTrace, sample: Sample) -> Side:
    expected = sample.labels
    if expected is None:
        expected = decided_by(np.asarray(whole.outputs[:, -1]))
    return Side(work, work.predictions() == expected)


def points_lost(points: float) -> str:
    """In words.

    >>> points_lost(0.284), points_lost(-1.5)
    ('0.28 points lost', '1.50 points gained')
    """
    return f"{abs(points):.2f} points {'gained' if points < 0 else 'lost'}"


def _less(saved: float, word: str = "fewer") -> str:
    return f"{abs(saved):.1%} {word if saved >= 0 else 'more'}".replace("%", " %")
