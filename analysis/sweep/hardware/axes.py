"""What can be varied of the hardware: one class per kind of axis, with the devices that have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from ....energy.cards.card import Card
from ....energy.cards.kinds import CARD_KINDS, plausible
from ....energy.cards.microcontroller_laws import REGULATORS
from ....energy.cards.parametric_core import RANGES, SIZES, check_choice, is_parametric
from ....energy.devices.registry import device_kind
from ....energy.kernels.library import named
from ....energy.pricing.order import COMPARED as COMPARED
from ....energy.pricing.order import NONE
from ....errors import SpikewattError, one_of
from ..axes import Axis, is_number

NO_HOST = NONE
STRATEGIES = ("as_given", "race_to_idle", "just_in_time")


class HardwareAxis:
    """A kind of axis.

    Facts
    -----
    structural : each of its values needs a bill of its own; the others are arrays in one bill.
    words : its values are words, not numbers.
    of_hosts : a host has it, too, where it has the axis as a device.
    """

    structural: ClassVar[bool] = False
    of_hosts: ClassVar[bool] = False
    words: ClassVar[bool] = False

    def applies(self, card: Card) -> bool:
        """Whether the device has it; a device that has not is not multiplied by it."""
        return True

    def check(self, where: str, axis: Axis) -> None:
        """Raise SpikewattError where a value cannot be."""
        if not self.words:
            _check_numbers(where, axis)


class Words(HardwareAxis):
    """Its values are names."""

    structural = True
    words = True

    def check(self, where, axis):
        """Names, no range."""
        for value in axis.values or (None,):
            if not isinstance(value, str):
                got = repr(value) if axis.values else "a range"
                raise SpikewattError(f"{where}: {axis.name}", "its values are names", got)


class Device(Words):
    """Which card."""


class Host(Words):
    """The microcontroller beside a core, or none."""

    def applies(self, card):
        """Cores have one."""
        return device_kind(card).stands_beside_hosts(card)


class Library(Words):
    """Int8 kernels of a microcontroller."""

    of_hosts = True

    def applies(self, card):
        """Microcontrollers have one."""
        return card.kind.runs_kernels

    def check(self, where, axis):
        """Known ones."""
        super().check(where, axis)
        for value in axis.values:
            with said_of(where, axis):
                named(value)


class Regulator(Words):
    """LDO or converter of a microcontroller."""

    of_hosts = True

    def applies(self, card):
        """Microcontrollers have one."""
        return card.kind.runs_kernels

    def check(self, where, axis):
        """Known ones."""
        for value in axis.values:
            one_of(f"{where}: {axis.name}", "must be a regulator", value, REGULATORS)


class Strategy(Words):
    """What is done with the rest of a period: see `operating`."""

    def applies(self, card):
        """What has a clock that can be chosen."""
        return is_parametric(card.name) or card.kind.runs_kernels

    def check(self, where, axis):
        """Known ones."""
        for value in axis.values:
            one_of(f"{where}: {axis.name}", "must be a strategy", value, STRATEGIES)


class Geometry(HardwareAxis):
    """Size of the parametric core, and its node."""

    structural = True

    def applies(self, card):
        """The parametric core alone."""
        return is_parametric(card.name)

    def check(self, where, axis):
        """Sizes that the core has."""
        _check_numbers(where, axis)
        for value in axis.all_given:
            with said_of(where, axis):
                check_choice(axis.name, value)


class Voltage(HardwareAxis):
    """Of the parametric core, by its laws."""

    def applies(self, card):
        """The parametric core alone."""
        return is_parametric(card.name)

    def check(self, where, axis):
        """Within the limits of the laws."""
        _check_numbers(where, axis)
        low, high = RANGES[axis.name]
        for value in axis.all_given:
            if not low <= value <= high:
                law = "must be within its limits"
                raise SpikewattError(f"{where}: {axis.name}", law, value, f"{low:g}..{high:g}")


class Supply(HardwareAxis):
    """V at the pin of a microcontroller."""

    structural = True
    of_hosts = True

    def applies(self, card):
        """Microcontrollers; that of a parametric core is its voltage."""
        return card.kind.runs_kernels

    def check(self, where, axis):
        """Some."""
        _check_positive(where, axis)


class Clock(HardwareAxis):
    """Hz."""

    def applies(self, card):
        """Whatever has one."""
        return "clock_hz" in card.values

    def check(self, where, axis):
        """One that ticks."""
        _check_positive(where, axis)


class Period(HardwareAxis):
    """One inference per so many seconds."""

    def applies(self, card):
        """What uses something between two inferences."""
        return device_kind(card).takes_period

    def check(self, where, axis):
        """A time."""
        _check_positive(where, axis)


class CardValue(HardwareAxis):
    """A value of the card, in SI units or as a factor on it; of a host where a core has it not."""

    def __init__(self, key: str):
        self.key = key
        self.of_hosts = key in CARD_KINDS["microcontroller"].units  # type: ignore[misc]
        # The area is no part of a bill, but of what a bill is made for.
        self.structural = key.startswith("area")  # type: ignore[misc]

    def applies(self, card):
        """Devices whose cards hold it."""
        return self.key in card.values

    def check(self, where, axis):
        """In SI units it is plausible: one prefix too many falls outside."""
        _check_numbers(where, axis)
        least, most = (0.0, 1e6) if axis.factor else plausible(self.key)
        for value in axis.all_given:
            if value < 0 or (value and not least <= value <= most):
                allowed = f"0, or {least:g}..{most:g} in SI units"
                law = "must be plausible for a value of its kind"
                raise SpikewattError(f"{where}: {axis.name}", law, value, allowed)


def _check_numbers(where: str, axis: Axis) -> None:
    for value in axis.values:
        if not is_number(value) or value < 0:
            law = "its values are numbers, not negative"
            raise SpikewattError(f"{where}: {axis.name}", law, repr(value)[:80])


def _check_positive(where: str, axis: Axis) -> None:
    _check_numbers(where, axis)
    for value in axis.all_given:
        if not value > 0:
            law = "its values are larger than 0"
            raise SpikewattError(f"{where}: {axis.name}", law, value, "> 0")


@contextmanager
def said_of(where: str, axis: Axis) -> Iterator[None]:
    """What another check refuses, said of an axis."""
    try:
        yield
    except SpikewattError as error:
        itself = f"{where}: {axis.name}"
        raise SpikewattError(itself, error.law, error.got, error.allowed, error.hint) from error


def _card_values() -> dict[str, HardwareAxis]:
    computing = [kind for kind in CARD_KINDS.values() if kind.name != "battery"]
    keys = dict.fromkeys(key for kind in computing for key in kind.priced)
    return {key: CardValue(key) for key in keys}


HARDWARE_AXES: dict[str, HardwareAxis] = {
    "device": Device(),
    "host": Host(),
    "library": Library(),
    "regulator": Regulator(),
    "strategy": Strategy(),
    **{name: Geometry() for name in (*SIZES, "node_nm")},
    "voltage_v": Voltage(),
    "supply_v": Supply(),
    "period_s": Period(),
    **_card_values(),
    "clock_hz": Clock(),
}


def hardware_axis(where: str, name: str, known: Iterable[str] = HARDWARE_AXES) -> HardwareAxis:
    """The kind of the axis called `name`; raises SpikewattError for any other."""
    one_of(f"{where}: {name}", "must be an axis of the hardware", name, known)
    return HARDWARE_AXES[name]
