"""A bill: what a workload uses, as counts times card values. Every price, range, sweep and verdict is read off it.

Each term is one product, count · Π value(key)^power, of energy in J or of clock cycles; a row of a price is the sum of its terms.
So one bill can be evaluated for one card, for its low and high ends, or for a hundred thousand variants of the card at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import SpikewattError
from .cards.card import Card, Quantity

Powers = tuple[tuple[str, int], ...]
WHAT = ("energy_j", "cycles", "time_s")
IDLE_COMPONENTS = ("between inferences", "waking")


@dataclass(frozen=True)
class Term:
    """count · Π value(key)^power of one `what` (energy_j, cycles or time_s).

    Parameters
    ----------
    workload : ``snn`` or ``int8_ann``; layer, component : the row that it belongs to.
    count : how often, per inference (mean over the samples).
    powers : keys of card values and their powers, sorted.
    by_spikes : whether the count grows in proportion to the number of spikes.
    """

    workload: str
    layer: str
    component: str
    what: str
    count: float
    powers: Powers
    by_spikes: bool = False


def powers_of(*keys: str | Powers) -> Powers:
    """Powers of a product: a key counts once, ``"/key"`` divides, powers are multiplied in."""
    total: Counter[str] = Counter()
    for key in keys:
        if isinstance(key, str):
            total[key.removeprefix("/")] += -1 if key.startswith("/") else 1
        else:
            for name, power in key:
                total[name] += power
    return tuple(sorted((name, power) for name, power in total.items() if power))


@dataclass
class BillWriter:
    """Collects the terms of one device while its model goes through a trace."""

    terms: list[Term] = field(default_factory=list)

    def charge(
        self,
        workload: str,
        layer: str,
        component: str,
        count: float,
        *keys: str | Powers,
        by_spikes: bool = False,
    ) -> None:
        """Energy: count · Π keys, in J."""
        self.terms.append(
            Term(workload, layer, component, "energy_j", float(count), powers_of(*keys), by_spikes)
        )

    def cycles(
        self,
        workload: str,
        layer: str,
        component: str,
        count: float,
        *keys: str | Powers,
        clock: str = "clock_hz",
        by_spikes: bool = False,
    ) -> None:
        """Clock cycles, and the time that they take."""
        powers = powers_of(*keys)
        self.terms.append(
            Term(workload, layer, component, "cycles", float(count), powers, by_spikes)
        )
        self.terms.append(
            Term(
                workload,
                layer,
                component,
                "time_s",
                float(count),
                powers_of(powers, f"/{clock}"),
                by_spikes,
            )
        )

    def seconds(
        self, workload: str, layer: str, component: str, count: float, *keys: str | Powers
    ) -> None:
        """Time that is no clock cycles: count · Π keys, in s."""
        self.terms.append(
            Term(workload, layer, component, "time_s", float(count), powers_of(*keys))
        )

    def per_cycle(self, workload: str, component: str, count: float, *keys: str | Powers) -> None:
        """Energy that follows all cycles charged so far to `workload`: each one · count · Π keys, in J."""
        for term in [t for t in self.terms if t.workload == workload and t.what == "cycles"]:
            self.charge(
                workload,
                "all",
                component,
                count * term.count,
                term.powers,
                *keys,
                by_spikes=term.by_spikes,
            )

    def per_second(
        self, workload: str, component: str, count: float, *keys: str | Powers, since: int = 0
    ) -> None:
        """Energy that follows the time charged so far to `workload`, from term `since` on: each second · count · Π keys, in J."""
        for term in [
            t for t in self.terms[since:] if t.workload == workload and t.what == "time_s"
        ]:
            self.charge(
                workload,
                "all",
                component,
                count * term.count,
                term.powers,
                *keys,
                by_spikes=term.by_spikes,
            )


@dataclass(frozen=True, eq=False)
class Bill:
    """The terms of one device, and the card values that they name.

    Parameters
    ----------
    device : its name. card : that of the device (of a system, of its core).
    values : key -> Quantity; in a system the host's keys begin with ``host.``.
    terms : see Term. assumptions : lines to print with the numbers.
    period_s : one inference per so many seconds, where what is used between them is charged.
    """

    device: str
    card: Card
    values: Mapping[str, Quantity]
    terms: tuple[Term, ...]
    assumptions: tuple[str, ...] = ()
    period_s: float | None = None

    def __post_init__(self):
        for term in self.terms:
            for key, _ in term.powers:
                if key not in self.values:
                    raise SpikewattError(
                        f"card {self.device!r}",
                        f"must price {key!r}",
                        "no such value",
                        ", ".join(self.values),
                    )

    def __deepcopy__(self, _memo) -> Bill:
        return self  # immutable: pandas copies the attributes of a frame at every step

    @property
    def workloads(self) -> list[str]:
        """Workloads in the order of the terms."""
        return list(dict.fromkeys(term.workload for term in self.terms))

    def select(self, workload: str, what: str = "energy_j", idle: bool = True) -> list[Term]:
        """Terms of a workload; without `idle` those of the inference alone."""
        if workload not in self.workloads:
            raise SpikewattError(
                f"bill of {self.device!r}",
                "must hold the workload",
                repr(workload),
                ", ".join(self.workloads),
            )
        chosen = [term for term in self.terms if term.workload == workload and term.what == what]
        return (
            chosen if idle else [term for term in chosen if term.component not in IDLE_COMPONENTS]
        )

    def evaluate(
        self, terms: Iterable[Term], changed: Mapping[str, np.ndarray | float] | None = None
    ) -> np.ndarray | float:
        """Sum of `terms`, with the nominal values, or with those of `changed`: key -> number or (designs,) numbers in SI units.

        Raises
        ------
        SpikewattError : a key that the card does not have.
        """
        changed = changed or {}
        for key in changed:
            if key not in self.values:
                raise SpikewattError(
                    f"card {self.device!r}",
                    f"must price {key!r}",
                    "no such value",
                    ", ".join(self.values),
                )
        counts: dict[Powers, float] = {}
        for term in terms:
            counts[term.powers] = (
                counts.get(term.powers, 0.0) + term.count
            )  # many rows share one product of values
        total: np.ndarray | float = 0.0
        for powers, count in counts.items():
            product: np.ndarray | float = count
            for key, power in powers:
                value = changed.get(key, self.values[key].value)
                product = (
                    product * value
                    if power == 1
                    else product / value
                    if power == -1
                    else product * value**power
                )
            total = total + product
        return total

    def total(
        self,
        workload: str,
        what: str = "energy_j",
        idle: bool = True,
        changed: Mapping | None = None,
    ):
        """Sum over all layers and components of a workload."""
        return self.evaluate(self.select(workload, what, idle), changed)

    def reprice(
        self, changed: Mapping[str, np.ndarray], idle: bool = True
    ) -> dict[str, dict[str, np.ndarray]]:
        """workload -> energy_j, time_s, cycles, each (designs,), for many variants of the card at once.

        Parameters
        ----------
        changed : key -> (designs,) values in SI units, all of one length; keys that are left out keep the card's value.

        Raises
        ------
        SpikewattError : unknown key, arrays of unequal length, values that are negative or no numbers.
        """
        arrays = {key: np.asarray(values, float) for key, values in changed.items()}
        lengths = {array.shape for array in arrays.values()}
        if len(lengths) != 1 or len(next(iter(lengths))) != 1:
            raise SpikewattError(
                "reprice.changed", "arrays have one length", sorted(lengths), "(designs,) each"
            )
        for key, array in arrays.items():
            if not (np.isfinite(array) & (array >= 0)).all():
                raise SpikewattError(
                    f"reprice.changed[{key!r}]",
                    "must be finite and not negative",
                    f"{array.min()}..{array.max()}",
                )
        size = next(iter(lengths))
        return {
            workload: {
                what: np.broadcast_to(self.total(workload, what, idle, arrays), size)
                for what in WHAT
            }
            for workload in self.workloads
        }
