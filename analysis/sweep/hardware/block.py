"""A block of hardware axes: checked one by one and together, before any work starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....energy.cards.card import Card
from ....energy.cards.load import load_card
from ....energy.devices.registry import device_kind
from ....errors import SpikewattError
from ..axes import Axis, Block, axis_of
from .axes import COMPARED, HARDWARE_AXES, NO_HOST, hardware_axis

DEVICES = ("odin_style", "stm32l4r5", "nrf54l15")  # where a space names none


def hardware_block(where: str, axes: Mapping[str, Any], fixed: Mapping[str, Any]) -> Block:
    """The axes of a block, checked one by one and together; the device first.

    Parameters
    ----------
    where : str
        The file, or "space", for messages.
    axes : mapping
        As they stand below ``hardware``.
    fixed : mapping
        Keys of a run that are axes of one value, unless they stand among `axes`.

    Raises
    ------
    SpikewattError
        An axis or value that cannot be, or that no device has.
    """
    inside = f"{where}: hardware"
    found = {}
    for name, given in axes.items():
        kind = hardware_axis(inside, name)
        found[name] = axis_of(inside, name, given)
        kind.check(inside, found[name])
    for name, given in fixed.items():
        if name not in found and given is not None:
            found[name] = axis_of(where, name, given)
            HARDWARE_AXES[name].check(where, found[name])

    cards = [_computing(inside, name) for name in found["device"].values]
    found["host"] = _hosts(inside, found.get("host"), cards)
    has_cores = any(HARDWARE_AXES["host"].applies(card) for card in cards)
    beside = [host for host in found["host"].values if host != NO_HOST and has_cores]
    for name in found:
        kind = HARDWARE_AXES[name]
        asked_for = name in axes
        having = [*cards, *(load_card(host) for host in beside if kind.of_hosts)]
        if asked_for and not any(kind.applies(card) for card in having):
            devices = ", ".join(card.name for card in cards)
            law = "one of the devices has it"
            raise SpikewattError(f"{inside}: {name}", law, devices, _who_has(name))
    _check_strategies(inside, found)
    # The device first, then what it is made for, then what is an array.
    order = sorted(found, key=lambda name: (name != "device", not HARDWARE_AXES[name].structural))
    return tuple(found[name] for name in order)


def _computing(where: str, name: object) -> Card:
    card = load_card(str(name))
    if not device_kind(card).computes:
        law = "must be devices that compute"
        raise SpikewattError(f"{where}: device", law, card.name, "see `spikewatt devices`")
    return card


def _hosts(where: str, given: Axis | None, cards: list[Card]) -> Axis:
    """Each core alone and beside each microcontroller of the space, unless others are named."""
    words = (COMPARED,) if given is None else given.values
    hosts: dict[str, None] = {}
    for word in words:
        if word == COMPARED:
            beside = [card.name for card in cards if card.kind.runs_kernels]
            hosts |= dict.fromkeys((NO_HOST, *beside))
        else:
            hosts[word] = None
            if word != NO_HOST and not load_card(word).kind.runs_kernels:
                law = "must be a microcontroller"
                allowed = f"a microcontroller, {NO_HOST}, {COMPARED}"
                raise SpikewattError(f"{where}: host", law, word, allowed)
    return Axis("host", tuple(hosts))


def _who_has(name: str) -> str:
    kind = HARDWARE_AXES[name]
    found = [each for each in DEVICES if kind.applies(load_card(each))]
    return ", ".join(found) or "a card with this value"


def _check_strategies(where: str, axes: dict[str, Axis]) -> None:
    """What chooses a clock needs a period to choose it for, and no clock that is given."""
    chosen = (
        [name for name in axes["strategy"].values if name != "as_given"]
        if ("strategy" in axes)
        else []
    )
    if not chosen:
        return
    if "period_s" not in axes:
        raise SpikewattError(f"{where}: strategy", "needs a period", chosen, "the axis period_s")
    if "clock_hz" in axes:
        law = "chooses the clock itself"
        raise SpikewattError(f"{where}: strategy", law, "clock_hz too", "strategy or clock_hz")


def check_periods(where: str, blocks: tuple[Block, ...]) -> None:
    """Raise where some blocks have a period: points without one, with no idle part, always win."""
    with_period = [any(axis.name == "period_s" for axis in block) for block in blocks]
    for block, has in zip(blocks, with_period, strict=True):
        devices = next(axis.values for axis in block if axis.name == "device")
        idle = [name for name in devices if device_kind(load_card(name)).takes_period]
        if any(with_period) and idle and not has:
            law = "all blocks have it, or none"
            raise SpikewattError(f"{where}: hardware: period_s", law, f"none of {idle[0]}")
