"""A bill: what a workload uses, as counts times card values.

Every price, range, sweep and verdict is read off it. Each term is one product, count · Π
value(key)^power, of energy in J or of clock cycles; a row of a price is the sum of its terms. So
one bill can be evaluated for one card, for its low and high ends, or for a hundred thousand
variants of the card at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import SpikewattError
from .cards.card import Card, Quantity, check_priced
from .footprint import Footprint

Powers = tuple[tuple[str, int], ...]
Number = float | np.ndarray
WHAT = ("energy_j", "cycles", "time_s")
IDLE_COMPONENTS = ("between inferences", "waking")

# The spiking network, the same layers as an int8 network, and that which multiplies no zeros.
SPIKING, INT8, ZERO_SKIPPING = WORKLOADS = ("snn", "int8_ann", "int8_ann_zero_skipping")
INT8_WORKLOADS = (INT8, ZERO_SKIPPING)


@dataclass(frozen=True)
class Term:
    """count · Π value(key)^power of one `what` (energy_j, cycles or time_s).

    Parameters
    ----------
    workload : str
        One of WORKLOADS.
    layer, component : str
        The row that it belongs to.
    what : str
        One of WHAT.
    count : float
        How often, per inference (mean over the samples).
    powers : tuple
        Keys of card values and their powers, sorted.
    by_spikes : bool, default False
        Whether the count grows in proportion to the number of spikes.
    by_period : bool, default False
        Whether the count grows in proportion to the period.
    """

    workload: str
    layer: str
    component: str
    what: str
    count: float
    powers: Powers
    by_spikes: bool = False
    by_period: bool = False


def powers_of(*keys: str | Powers) -> Powers:
    """Powers of a product: a key counts once, ``"/key"`` divides, powers are multiplied in.

    >>> powers_of("cycles_per_sop", "/clock_hz")
    (('clock_hz', -1), ('cycles_per_sop', 1))
    """
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
    """Collects the terms of one device while its model goes through a trace.

    Parameters
    ----------
    terms : list of Term
    footprints : dict of Footprint
        Workload -> what it takes up; a rule writes none.
    values : dict of Quantity
        That terms name beside those of the card.
    """

    terms: list[Term] = field(default_factory=list)
    footprints: dict[str, Footprint] = field(default_factory=dict)
    values: dict[str, Quantity] = field(default_factory=dict)

    @property
    def workloads(self) -> list[str]:
        """Workloads in the order in which they were charged."""
        return list(dict.fromkeys(term.workload for term in self.terms))

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
        self._add(workload, layer, component, "energy_j", count, powers_of(*keys), by_spikes)

    def over_period(self, workload: str, period_s: float, count: float, key: str) -> None:
        """Energy between inferences of `count` powers `key`, which last the whole period, in J."""
        row = (workload, "all", "between inferences")
        term = Term(*row, "energy_j", count * period_s, powers_of(key), by_period=True)
        self.terms.append(term)

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
        self._add(workload, layer, component, "cycles", count, powers, by_spikes)
        seconds = powers_of(powers, f"/{clock}")
        self._add(workload, layer, component, "time_s", count, seconds, by_spikes)

    def seconds(
        self, workload: str, layer: str, component: str, count: float, *keys: str | Powers
    ) -> None:
        """Time that is no clock cycles: count · Π keys, in s."""
        self._add(workload, layer, component, "time_s", count, powers_of(*keys), False)

    def per_cycle(self, workload: str, component: str, count: float, *keys: str | Powers) -> None:
        """Energy that follows all cycles charged so far: each one · count · Π keys, in J."""
        self._follow("cycles", 0, workload, component, count, keys)

    def per_second(
        self,
        workload: str,
        component: str,
        count: float,
        *keys: str | Powers,
        since: int = 0,
        layer: str = "all",
    ) -> None:
        """Energy that follows the time charged from term `since` on: each second · Π keys, in J."""
        self._follow("time_s", since, workload, component, count, keys, layer)

    def _follow(
        self,
        what: str,
        since: int,
        workload: str,
        component: str,
        count: float,
        keys: tuple[str | Powers, ...],
        layer: str = "all",
    ) -> None:
        """Charge energy in proportion to each term of `what`."""
        followed = [t for t in self.terms[since:] if t.workload == workload and t.what == what]
        for term in followed:
            powers = powers_of(term.powers, *keys)
            self._add(
                workload, layer, component, "energy_j", count * term.count, powers, term.by_spikes
            )

    def _add(
        self,
        workload: str,
        layer: str,
        component: str,
        what: str,
        count: float,
        powers: Powers,
        by_spikes: bool,
    ) -> None:
        self.terms.append(Term(workload, layer, component, what, float(count), powers, by_spikes))


@dataclass(frozen=True, eq=False, repr=False)
class Bill:
    """The terms of one device, and the card values that they name.

    Parameters
    ----------
    device : str
        Its name.
    card : Card
        That of the device (of a system, of its core).
    values : mapping of Quantity
        In a system the host's keys begin with ``host.``.
    terms : tuple of Term
    assumptions : tuple of str
        Lines to print with the numbers.
    period_s : float, optional
        One inference per so many seconds, where what is used between them is charged.
    footprints : mapping of Footprint
        Workload -> what it takes up on the device; of a rule nothing is known.
    host : Card, optional
        The microcontroller of a system.
    instead_of : str, default ""
        The device that was asked for and does not hold the network, where its refusal named this
        one.
    """

    device: str
    card: Card
    values: Mapping[str, Quantity]
    terms: tuple[Term, ...]
    assumptions: tuple[str, ...] = ()
    period_s: float | None = None
    footprints: Mapping[str, Footprint] = field(default_factory=dict)
    host: Card | None = None
    instead_of: str = ""

    def __post_init__(self):
        for term in self.terms:
            for key, _ in term.powers:
                check_priced(self.device, key, self.values)

    def __repr__(self) -> str:
        return f"Bill({self.device}, {', '.join(self.workloads)}, {len(self.terms)} terms)"

    @property
    def workloads(self) -> list[str]:
        """Workloads in the order of the terms."""
        return list(dict.fromkeys(term.workload for term in self.terms))

    @property
    def footprint(self) -> Footprint | None:
        """What the first workload takes up; None of a rule."""
        return self.footprints.get(self.workloads[0])

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
        if idle:
            return chosen
        return [term for term in chosen if term.component not in IDLE_COMPONENTS]

    def evaluate(
        self, terms: Iterable[Term], changed: Mapping[str, Number] | None = None
    ) -> Number:
        """Sum of `terms`, with the nominal values, or with those that are changed.

        Parameters
        ----------
        terms : iterable of Term
        changed : mapping, optional
            Key -> number or (designs,) numbers in SI units.

        Raises
        ------
        SpikewattError
            A key that the card does not have.
        """
        changed = changed or {}
        for key in changed:
            check_priced(self.device, key, self.values)

        # Many rows share one product of values: count first, multiply once.
        counts: dict[Powers, float] = {}
        for term in terms:
            counts[term.powers] = counts.get(term.powers, 0.0) + term.count

        total: Number = 0.0
        for powers, count in counts.items():
            product: Number = count
            for key, power in powers:
                product = _times(product, changed.get(key, self.values[key].value), power)
            total = total + product
        return total

    def total(
        self,
        workload: str,
        what: str = "energy_j",
        idle: bool = True,
        changed: Mapping[str, Number] | None = None,
    ) -> Number:
        """Sum over all layers and components of a workload."""
        return self.evaluate(self.select(workload, what, idle), changed)

    def reprice(
        self, changed: Mapping[str, np.ndarray], idle: bool = True
    ) -> dict[str, dict[str, np.ndarray]]:
        """Energy, time and cycles for many variants of the card at once.

        Parameters
        ----------
        changed : mapping
            Key -> (designs,) values in SI units, all of one length; keys that are left out keep
            the card's value.
        idle : bool, default True
            Whether what is used between inferences counts.

        Returns
        -------
        dict
            Workload -> energy_j, time_s, cycles, each (designs,).

        Raises
        ------
        SpikewattError
            Unknown key, arrays of unequal length, values that are negative or no numbers.

        Examples
        --------
        >>> from spikewatt.energy.cards.load import load_card
        >>> card, writer = load_card("odin_style"), BillWriter()
        >>> writer.charge("snn", "all", "synaptic operations", 1e6, "energy_per_sop_j")
        >>> bill = Bill(card.name, card, card.values, tuple(writer.terms))
        >>> dearer = bill.reprice({"energy_per_sop_j": np.array([8e-12, 9e-12])})
        >>> dearer["snn"]["energy_j"].tolist()
        [8e-06, 9e-06]
        """
        arrays = {key: np.asarray(values, float) for key, values in changed.items()}
        size = _one_length(arrays)

        priced = {}
        for workload in self.workloads:
            totals = {what: self.total(workload, what, idle, arrays) for what in WHAT}
            priced[workload] = {what: np.broadcast_to(t, size) for what, t in totals.items()}
        return priced


def _times(product: Number, value: Number, power: int) -> Number:
    """product · value^power, by the cheapest operation."""
    if power == 1:
        return product * value
    if power == -1:
        return product / value
    return product * value**power


def _one_length(arrays: Mapping[str, np.ndarray]) -> tuple[int, ...]:
    """The shape that all arrays have; raises SpikewattError where they cannot be values."""
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        raise SpikewattError(
            "reprice.changed", "arrays have one length", sorted(shapes), "(designs,) each"
        )
    for key, array in arrays.items():
        if not (np.isfinite(array) & (array >= 0)).all():
            raise SpikewattError(
                f"reprice.changed[{key!r}]",
                "must be finite and not negative",
                f"{array.min()}..{array.max()}",
            )
    return next(iter(shapes))
