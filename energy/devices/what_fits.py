"""What fits on a device: a list of laws, each of which says what is needed and what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from ...errors import DoesNotFitError, SpikewattError
from ...sim.network.neurons import Zero
from ...sim.trace.blueprint import Blueprint, Demands
from ...sim.trace.layer_summary import LayerSummary
from ..cards.card import Card
from ..cores.nearest_geometry import NearestGeometry

EXECUTED_BY_CORES = (
    "rate, sync_rate; if, poisson, constant, bursting; analog with a host; "
    "radix with a doubling_accumulator"
)


@dataclass(frozen=True)
class Misfit:
    """A law that a network breaks on a device.

    Parameters
    ----------
    where : str
        Device, and layer where one layer is the reason.
    law : str
        What must hold.
    needed : object
        What the network needs.
    there : object, optional
        What the device has, or the remedy.
    instead : str, optional
        A device that would do, where it is a matter of size.
    of_size : bool, default False
        Whether another geometry of the core might do.
    """

    where: str
    law: str
    needed: object
    there: object = None
    instead: str | None = None
    of_size: bool = False

    @property
    def short(self) -> str:
        """The law and what is needed, without the device."""
        _, _, layer = self.where.partition(": ")
        needed = f"got {self.needed}" if self.needed is not None else ""
        said = "; ".join(filter(None, (self.law, needed)))
        return f"{layer}: {said}" if layer else said

    @property
    def error(self) -> DoesNotFitError:
        """The error to raise."""
        return DoesNotFitError(
            self.where,
            self.law,
            self.needed,
            self.there,
            instead=self.instead,
        )


def raise_first(misfits: Iterable[Misfit | None]) -> None:
    """Raise the first law that is broken, if any."""
    for misfit in misfits:
        if misfit is not None:
            raise misfit.error


# Laws of a neuromorphic core, for a whole network


def executes_this_network(card: Card, work: str = "a trace of another network") -> Misfit | None:
    """A chip that executes only networks made for it takes no other trace, and no counts."""
    if "executes" not in card.about:
        return None
    return Misfit(
        f"device {card.name!r}",
        f"executes {card.about['executes']}",
        work,
        "`spikewatt odin`, in Python price_odin",
    )


def weights_fit(blueprint: Blueprint, card: Card, hosted: bool) -> Misfit | None:
    """A weight is as wide as a synapse at most."""
    needed, there = blueprint.settings.weight_bits, _said(card, "weight_bits")
    if needed <= there:
        return None
    where = f"device {card.name!r}"
    return Misfit(
        where,
        "weights fit into its synapses",
        f"{needed} bits",
        f"<= {there}",
    )


def potentials_fit(blueprint: Blueprint, card: Card, hosted: bool) -> Misfit | None:
    """A potential is as wide as the state of a neuron at most."""
    needed, there = blueprint.settings.state_bits, _said(card, "state_bits")
    if needed <= there:
        return None
    return Misfit(
        f"device {card.name!r}",
        "potentials fit",
        f"{needed} bits",
        f"<= {there}",
    )


def _said(card: Card, limit: str) -> int:
    """A limit that the card of a chip may leave out, which then takes no trace."""
    if limit not in card.limits:
        law = f"must say the limit {limit!r}, which a trace is checked against"
        raise SpikewattError(f"card {card.name!r}", law, "nothing", hint="counts know no widths")
    return card.limits[limit]


@dataclass(frozen=True)
class ArithmeticLaw:
    """What a core that integrates and fires with signed weights cannot do.

    Parameters
    ----------
    name : str
        Why it cannot.
    is_broken : callable
        (settings, card, hosted) -> whether the run asks for it all the same.
    """

    name: str
    is_broken: Callable[[Demands, Card, bool], bool]

    def __call__(self, blueprint: Blueprint, card: Card, hosted: bool) -> Misfit | None:
        settings = blueprint.settings
        if not self.is_broken(settings, card, hosted):
            return None
        return Misfit(
            f"device {card.name!r}",
            f"integrates and fires with signed weights only: {self.name}",
            f"code {settings.code}, input code {settings.input_code}",
            EXECUTED_BY_CORES,
        )


def _doubles_without_accumulator(settings: Demands, card: Card, hosted: bool) -> bool:
    doubles = settings.code.doubles or settings.input_code.doubles
    return doubles and not card.limits["doubling_accumulator"]


def _takes_spikes_back(settings: Demands, card: Card, hosted: bool) -> bool:
    return settings.code.negative_spikes


def _multiplies_without_host(settings: Demands, card: Card, hosted: bool) -> bool:
    return settings.input_code.analog and not hosted


def _resets_to_zero(settings: Demands, card: Card, hosted: bool) -> bool:
    return Zero().name in settings.resets and not card.limits["reset_to_zero"]


def _only_subtracts(settings: Demands, card: Card, hosted: bool) -> bool:
    return Zero().name not in settings.resets and not card.limit("resets_by_subtraction")


def _wakes_without_gates(settings: Demands, card: Card, hosted: bool) -> bool:
    return settings.wakes_in_time and not card.limit("neuron_gates")


def _has_negative_events(settings: Demands, card: Card, hosted: bool) -> bool:
    return settings.input_code.encoded and settings.input_code.takes_negative


def _has_events_of_several_worths(settings: Demands, card: Card, hosted: bool) -> bool:
    return settings.input_code.encoded and settings.input_code.worth_varies


CORE_LAWS: tuple[Callable[[Blueprint, Card, bool], Misfit | None], ...] = (
    weights_fit,
    potentials_fit,
    ArithmeticLaw("radix doubles the accumulator at each step", _doubles_without_accumulator),
    ArithmeticLaw("who wakes late stays silent: neuron_gates", _wakes_without_gates),
    ArithmeticLaw("a negative spike takes one back", _takes_spikes_back),
    ArithmeticLaw("an analog first layer needs a host that multiplies", _multiplies_without_host),
    ArithmeticLaw("a reset to zero is not a subtraction", _resets_to_zero),
    ArithmeticLaw("a subtraction is not a reset to zero", _only_subtracts),
    ArithmeticLaw("an event of the input is positive", _has_negative_events),
    ArithmeticLaw("an event of the input has one worth", _has_events_of_several_worths),
)


# Laws of a neuromorphic core, layer by layer


@dataclass(frozen=True)
class FeedingLayers:
    """A layer beside the others that feed the same population, with the axons that they take.

    Parameters
    ----------
    layer : LayerSummary
    feeding : sequence of LayerSummary
        All that feed its post population, itself included.
    copies : mapping of float
        Layer -> axons per pre neuron: above 1 where weights of both signs need two.
    nearest : NearestGeometry
        What would hold the network, for a refusal.
    """

    layer: LayerSummary
    feeding: Sequence[LayerSummary]
    copies: Mapping[str, float]
    nearest: NearestGeometry

    @property
    def doubles(self) -> bool:
        """Whether some axons count twice."""
        return any(self.copies[layer.name] > 1 for layer in self.feeding)


def compares_nothing(layer: LayerSummary, card: Card) -> Misfit | None:
    """The core adds what arrives, it does not compare."""
    if not layer.kind.compares:
        return None
    return Misfit(
        _where(card, layer.post),
        "the core integrates and fires; max pooling counts the spikes of each input",
        layer.kind,
        "average pooling or a strided convolution",
    )


def no_max_pooling(fed: FeedingLayers, card: Card) -> Misfit | None:
    """As `compares_nothing`."""
    return compares_nothing(fed.layer, card)


def inputs_of_a_neuron_fit(fed: FeedingLayers, card: Card) -> Misfit | None:
    """A neuron has no more inputs than a core has axons."""
    there = card.limits["axons_per_core"]
    needed = sum(ceil(layer.fan_in * fed.copies[layer.name]) for layer in fed.feeding)
    if needed <= there:
        return None
    doubled = " (axons with weights of both signs count twice)" if fed.doubles else ""
    law = f"a neuron has at most {there} inputs (axons_per_core){doubled}"
    instead = fed.nearest.device
    geometry = instead or fed.nearest.why_none
    remedy = f"a card with axons_per_core >= {needed} ({geometry}), or a narrower layer"
    return Misfit(
        _where(card, fed.layer.post),
        law,
        needed,
        remedy,
        instead,
        of_size=True,
    )


LAYER_LAWS: tuple[Callable[[FeedingLayers, Card], Misfit | None], ...] = (
    no_max_pooling,
    inputs_of_a_neuron_fit,
)


# Laws of cores that are filled


def inputs_fit_an_empty_core(
    population: str, needed: int, card: Card, nearest: NearestGeometry
) -> Misfit:
    """Dense layers share one set of axons, which not even an empty core has."""
    law = f"its inputs fit {card.limits['axons_per_core']} axons"
    instead = nearest.device
    return Misfit(
        _where(card, population),
        law,
        needed,
        instead or nearest.why_none,
        instead,
        of_size=True,
    )


def cores_are_few_enough(
    cores: int, max_cores: int | None, card: Card, nearest: NearestGeometry
) -> Misfit | None:
    """The network takes no more cores than it may."""
    if max_cores is None or cores <= max_cores:
        return None
    instead = nearest.device
    plural = "" if max_cores == 1 else "s"
    return Misfit(
        f"device {card.name!r}",
        f"the network fits on {max_cores:,} core{plural} (max_cores)",
        f"{cores:,} cores",
        f"{instead or nearest.why_none}, or max_cores >= {cores}",
        instead,
        of_size=True,
    )


def cores_are_there(cores: int, card: Card) -> Misfit | None:
    """The network takes no more cores than its chips have."""
    per_chip, chips = card.limit("cores_per_chip"), card.limit("chips_per_board")
    if per_chip is None or cores <= per_chip * (chips or 1):
        return None
    law = "the network fits on its cores (cores_per_chip * chips_per_board)"
    return Misfit(
        f"device {card.name!r}",
        law,
        f"{cores:,} cores",
        f"<= {per_chip * (chips or 1):,}",
        of_size=True,
    )


def _where(card: Card, population: str) -> str:
    return f"device {card.name!r}: layer {population!r}"
