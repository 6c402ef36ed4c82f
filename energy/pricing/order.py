"""What is priced: devices as they are run, and the hosts that stand beside each core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...errors import SpikewattError
from ..cards.card import Card
from ..cards.load import BY_CORE, known_microcontrollers, load_card, with_library
from ..cards.operating_point import at_operating_point
from ..devices.host_and_core import check_host
from ..devices.registry import device_kind
from ..kernels.library import named

COMPARED, NONE = "compared", "none"

PerDevice = float | Mapping[str, float] | None
TextPerDevice = str | Mapping[str, str] | None


class OperatingPoint(NamedTuple):
    """Clock [Hz], supply [V] and regulator that a device was given, None for its own."""

    clock_hz: float | None = None
    supply_v: float | None = None
    regulator: str | None = None


@dataclass(frozen=True)
class Order:
    """Devices at their clock, supply, regulator and library, and hosts.

    Parameters
    ----------
    devices : dict of Card
        What was asked for -> its card.
    hosts : tuple of Card
        Microcontrollers, each of which makes a system with each core.
    points : mapping of OperatingPoint
        What was asked for -> clock, supply and regulator that it was given.
    """

    devices: dict[str, Card]
    hosts: tuple[Card, ...] = ()
    points: Mapping[str, OperatingPoint] = field(default_factory=dict)

    def beside(self, card: Card) -> tuple[Card | None, ...]:
        """What `card` is priced beside: nothing first, then each host where it takes one."""
        beside = self.hosts if device_kind(card).stands_beside_hosts(card) else ()
        return (None, *beside)

    def in_its_place(self, asked_for: str, device: str) -> Card:
        """The card of `device` at the operating point of what was asked for."""
        return at_operating_point(load_card(device), *self.points[asked_for])


def ordered(
    devices: Sequence[str | Card],
    host: str | Card | None = None,
    library: TextPerDevice = None,
    clock_hz: PerDevice = None,
    supply_v: PerDevice = None,
    regulator: TextPerDevice = None,
    where: str = "price.",
) -> Order:
    """The cards of an order, as they are run.

    A setting is one value for all microcontrollers, the hosts among them (a clock or supply for
    the cores where there is none), or a mapping from device to value.

    Parameters
    ----------
    devices : sequence of str or Card
    host : str, Card or None
        ``compared``: each microcontroller among the devices; ``none``; or a microcontroller.
    library : str or mapping, optional
        Int8 kernel library.
    clock_hz : float or mapping, optional
        Hz.
    supply_v : float or mapping, optional
        V.
    regulator : str or mapping, optional
        ``ldo`` or ``dcdc``.
    where : str, default "price."
        Before the name of a parameter that an error names.

    Raises
    ------
    SpikewattError
        Unknown device, host or library; two devices of one name; a setting for a device that is
        not priced, that takes none, or that cannot run so.

    Examples
    --------
    >>> order = ordered(["odin_style", "nrf54l15"], "compared", clock_hz={"nrf54l15": 64e6})
    >>> [card.title for card in order.hosts]
    ['nRF54L15, Cortex-M33 at 128 MHz, 3 V, DC/DC, here at 64 MHz']
    """
    cards = _named_once(devices, where)
    beside = _hosts(host, list(cards.values()), where)
    known = {card.name: card for card in (*cards.values(), *beside)}
    names = {asked_for: card.name for asked_for, card in cards.items()} | {n: n for n in known}

    libraries = _setting(where + "library", library, known, names, of_cores=False, check=named)
    regulators = _setting(where + "regulator", regulator, known, names, of_cores=False)
    clocks = _setting(where + "clock_hz", clock_hz, known, names)
    supplies = _setting(where + "supply_v", supply_v, known, names)

    points = {
        name: OperatingPoint(clocks.get(name), supplies.get(name), regulators.get(name))
        for name in known
    }

    def as_run(card: Card) -> Card:
        if card.name in libraries:
            card = with_library(card, libraries[card.name])
        return at_operating_point(card, *points[card.name])

    run = {name: as_run(card) for name, card in known.items()}
    return Order(
        devices={asked_for: run[card.name] for asked_for, card in cards.items()},
        hosts=tuple(run[card.name] for card in beside),
        points={asked_for: points[card.name] for asked_for, card in cards.items()},
    )


def _named_once(devices: Sequence[str | Card], where: str) -> dict[str, Card]:
    """What was asked for -> its card."""
    cards = [load_card(device) for device in devices]
    names = [card.name for card in cards]
    if len(set(names)) != len(names):
        raise SpikewattError(
            f"{where}devices", "must have different names (the key `name` of a card)", names
        )
    asked_for = [d.name if isinstance(d, Card) else str(d) for d in devices]
    return dict(zip(asked_for, cards, strict=True))


def _hosts(host: str | Card | None, cards: Sequence[Card], where: str) -> tuple[Card, ...]:
    """The microcontrollers that `host` says."""
    if host is None or host == NONE:
        return ()
    if host == COMPARED:
        return tuple(card for card in cards if card.kind.runs_kernels)
    if not isinstance(host, Card):
        host = _named_host(str(host), where)
    check_host(host, f"{where}host")
    # A microcontroller that is priced itself is the same one beside a core.
    return (next((card for card in cards if card.name == host.name), host),)


def _named_host(name: str, where: str) -> Card:
    """The card of a host, by name or path."""
    try:
        return load_card(name)
    except SpikewattError as error:
        if error.where != "device":
            raise
        microcontrollers = known_microcontrollers()
        raise SpikewattError(
            f"{where}host",
            "must be compared, none, or a microcontroller",
            repr(name),
            ", ".join((COMPARED, NONE, *(card.name for card in microcontrollers), f"or {BY_CORE}")),
        ) from error


def _setting(
    where: str,
    given: Any,
    known: Mapping[str, Card],
    names: Mapping[str, str],
    of_cores: bool = True,
    check: Callable[[Any], object] | None = None,
) -> dict[str, Any]:
    """Name of a device -> its value of a setting, which cores may have, too."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return _of_each(where, given, names)

    if check is not None:
        check(given)
    takers = [name for name, card in known.items() if card.kind.runs_kernels]
    if not takers and of_cores:
        takers = [name for name, card in known.items() if device_kind(card).places_neurons]
    if not takers:
        law = "is for microcontrollers, or for cores" if of_cores else "is for microcontrollers"
        raise SpikewattError(where, law, ", ".join(known))
    return dict.fromkeys(takers, given)


def _of_each(where: str, given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Name of a device -> the value that a mapping has for it, once."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        device = _device(where, name, names)
        if device in values:
            raise SpikewattError(where, "names each device once", f"{device} twice")
        values[device] = value
    return values


def _device(where: str, name: str, names: Mapping[str, str]) -> str:
    """Name of the device that a mapping names."""
    for asked_for, own in names.items():
        if str(name).lower() == asked_for.lower():
            return own
    allowed = ", ".join(dict.fromkeys(names.values()))
    raise SpikewattError(where, "must name devices that are priced", repr(name), allowed)
