"""fit: what a network takes up on each device, and what does not fit, without data or a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import SpikewattError
from ...sim.network.named import Named
from ...sim.trace.blueprint import Blueprint, NetworkPlan
from ..cards.any_chip.described import UNKNOWN_BYTES
from ..cards.card import ENDS, Card
from ..cards.neuromorphic.timing import timing_in
from ..cores.area import footprint_of
from ..footprint import Footprint
from .chip.fits import fit_on_chips
from .core.count import most_cores
from .core.mapping import try_to_map
from .registry import device_kind
from .software_limits import SoftwareNeed, all_that_is_short, potentials_are_int32
from .software_work import software_needs
from .what_fits import Misfit, executes_this_network, potentials_fit

if TYPE_CHECKING:
    import pandas as pd

YES, NO, PERHAPS = "yes", "no", "perhaps"
COLUMNS = (
    "device",
    "workload",
    "fits",
    "cores",
    "mm2",
    "mm2_low",
    "mm2_high",
    "memory_bytes",
    "used_bytes",
    "flash_bytes",
    "flash_there_bytes",
    "ram_bytes",
    "ram_there_bytes",
    "why_not",
    "nearest",
    "nearest_cores",
    "nearest_mm2",
)
MISFIT_COLUMNS = ("device", "workload", "where", "law", "needed", "there")


@dataclass(frozen=True)
class Fit:
    """How one workload sits on one device.

    Parameters
    ----------
    device, workload : str
    fits : str
        ``yes``, ``no``; ``perhaps`` where only a bound on the width of its potentials is broken.
    misfits : tuple of Misfit
        The laws that it breaks, the most telling first.
    footprint : Footprint, optional
        What it takes up, whether it may or not; None where no number of cores takes it.
    used_bytes : int, optional
        Of a core's memory, in use.
    need : SoftwareNeed, optional
        Flash and RAM of a microcontroller that it needs.
    there : dict of int
        ``flash_bytes`` and ``ram_bytes`` that the microcontroller has.
    nearest : str, optional
        The nearest geometry of the parametric core that would hold it on so few cores; where none
        does and this one would on no number of cores, on as many as it takes.
    nearest_footprint : Footprint, optional
        What it takes up there.
    why_none : str, default ""
        Why no geometry of the parametric core would on so few cores, where none does.
    said : str, default ""
        Of a chip: its cores and chips, and how full they are.
    """

    device: str
    workload: str
    fits: str
    misfits: tuple[Misfit, ...] = ()
    footprint: Footprint | None = None
    used_bytes: int | None = None
    need: SoftwareNeed | None = None
    there: dict[str, int] = field(default_factory=dict)
    nearest: str | None = None
    nearest_footprint: Footprint | None = None
    why_none: str = ""
    said: str = ""

    @property
    def why_not(self) -> str:
        """The first law that is broken, in one line; "" where it fits."""
        return self.misfits[0].short if self.misfits else ""

    def row(self) -> tuple:
        """Its values of COLUMNS."""
        area = _mm2(self.footprint)
        need = self.need
        return (
            self.device,
            self.workload,
            self.fits,
            self.footprint.cores if self.footprint else None,
            *area,
            self.footprint.memory_bytes if self.footprint else None,
            self.used_bytes,
            need.flash_bytes if need else None,
            self.there.get("flash_bytes"),
            need.ram_bytes if need else None,
            self.there.get("ram_bytes"),
            self.why_not,
            self.nearest or "",
            self.nearest_footprint.cores if self.nearest_footprint else None,
            _mm2(self.nearest_footprint)[0],
        )


@dataclass(frozen=True, eq=False, repr=False)
class Fits:
    """How a network sits on devices.

    Parameters
    ----------
    network : str
        Its name.
    fits : tuple of Fit
        One per device and workload.
    notes : tuple of str, default ()
        What was assumed.
    """

    network: str
    fits: tuple[Fit, ...]
    notes: tuple[str, ...] = ()

    @property
    def frame(self) -> pd.DataFrame:
        """One row per device and workload; columns COLUMNS. What a device has not is missing."""
        import pandas as pd

        return pd.DataFrame([fit.row() for fit in self.fits], columns=list(COLUMNS))

    @property
    def misfits(self) -> pd.DataFrame:
        """One row per law that is broken; columns MISFIT_COLUMNS."""
        import pandas as pd

        rows = [
            (fit.device, fit.workload, misfit.where, misfit.law, _told(misfit.needed), misfit.there)
            for fit in self.fits
            for misfit in fit.misfits
        ]
        return pd.DataFrame(rows, columns=list(MISFIT_COLUMNS))

    def __repr__(self) -> str:
        shown = ", ".join(f"{fit.device} {fit.workload}: {fit.fits}" for fit in self.fits)
        return f"Fits({self.network}; {shown})"

    def _repr_html_(self) -> str:
        return self.frame.to_html(index=False, float_format="{:.4g}".format)


def fits_on(
    blueprint: Blueprint, cards: Sequence[Card], max_cores: int | None = 1
) -> Iterator[Fit]:
    """How a network sits on each device.

    Parameters
    ----------
    blueprint : Blueprint
        A trace, or the plan of a network that has not run.
    cards : sequence of Card
        Of neuromorphic cores and microcontrollers.
    max_cores : int, optional
        Neuromorphic cores that it may take.

    Raises
    ------
    SpikewattError
        A device that holds no networks.
    """
    for card in cards:
        if device_kind(card).places_neurons:
            yield _on_cores(blueprint, card, max_cores)
        elif card.kind.runs_kernels:
            yield from _on_a_microcontroller(blueprint, card)
        else:
            raise SpikewattError(
                "fit.devices",
                "must be neuromorphic cores or microcontrollers",
                f"{card.name} is a {card.kind}",
            )


def _on_cores(blueprint: Blueprint, card: Card, max_cores: int | None) -> Fit:
    """On neuromorphic cores, an analog first layer on a host beside them."""
    other_network = executes_this_network(card)
    if other_network is not None:
        return Fit(card.name, "snn", NO, (other_network,))

    wide = potentials_fit(blueprint, card, True)
    bound = wide if _is_bounded(blueprint) else None
    if bound and isinstance(blueprint, NetworkPlan):
        blueprint = blueprint.within(card.limits["state_bits"])

    if not timing_in(card.about).counts_cycles:
        return _on_a_chip(blueprint, card, max_cores, bound)
    attempt = try_to_map(blueprint, card, True, max_cores)
    mapping = attempt.mapping
    a_matter_of_size = any(misfit.of_size for misfit in attempt.misfits)
    nearest = attempt.nearest.found if a_matter_of_size else None
    if a_matter_of_size and nearest is None and mapping is None:
        nearest = attempt.nearest.on_more_cores.found
    return Fit(
        card.name,
        "snn",
        _in_a_word(attempt.misfits, bound),
        (*attempt.misfits, bound) if bound else attempt.misfits,
        None if mapping is None else mapping.footprint(card),
        None if mapping is None else mapping.used_bytes,
        nearest=nearest[0].name if nearest else None,
        nearest_footprint=footprint_of(*nearest) if nearest else None,
        why_none="" if not a_matter_of_size or attempt.nearest.found else attempt.nearest.why_none,
    )


def _on_a_chip(
    blueprint: Blueprint, card: Card, max_cores: int | None, bound: Misfit | None
) -> Fit:
    """On a chip that is priced alone: nobody multiplies an analog first layer for it."""
    placed, broken = fit_on_chips(blueprint, card, most_cores(max_cores, card))
    return Fit(
        card.name,
        "snn",
        _in_a_word(broken, bound),
        (*broken, bound) if bound else tuple(broken),
        None if placed is None else footprint_of(card, placed.cores),
        said="" if placed is None else f"{card.name}: {placed.describe()}",
    )


def _on_a_microcontroller(blueprint: Blueprint, card: Card) -> Iterator[Fit]:
    """In software: the spiking network, and the int8 network of the same layers."""
    for workload, need in software_needs(blueprint).items():
        where = f"device {card.name!r}: {workload}"
        reasons = all_that_is_short(need, card)
        bound = potentials_are_int32(need, card) if _is_bounded(blueprint) else None
        yield Fit(
            card.name,
            workload,
            _in_a_word([reason for reason in reasons if reason != bound], bound),
            tuple(Misfit(where, reason, None) for reason in reasons),
            Footprint(need.memory_bytes),
            need.memory_bytes,
            need,
            {what: there for what, there in card.limits.items() if there < UNKNOWN_BYTES},
        )


def _is_bounded(blueprint: Blueprint) -> bool:
    """Whether the width of the potentials is a bound: less may do."""
    return isinstance(blueprint, NetworkPlan) and blueprint.bounded


def _in_a_word(certain: Sequence[object], bound: object) -> str:
    """Whether it fits, by the laws that are broken for certain, and by the bound that is."""
    if certain:
        return NO
    return PERHAPS if bound else YES


def _mm2(footprint: Footprint | None) -> tuple[float | None, ...]:
    """Area and its ends in mm²."""
    if footprint is None or footprint.area_m2 is None:
        return (None,) * len(ENDS)
    return tuple(getattr(footprint.area_m2, end) * 1e6 for end in ENDS)


def _told(needed: object) -> object:
    """A number as it is; a kind by its name."""
    return needed.name if isinstance(needed, Named) else needed
