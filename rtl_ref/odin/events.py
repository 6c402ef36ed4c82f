"""The events of ODIN and of tinyODIN: what their input links can say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError, one_of, whole_number
from ...models.odin import tiny_chip
from ...models.odin.chip import ALL_NEURONS, LARGEST_WEIGHT, NEURONS


@dataclass(frozen=True)
class SingleSynapse:
    """One synapse; ODIN only.

    Parameters
    ----------
    pre : neuron that it comes from, 0..255
    post : neuron that it goes to, 0..255
    """

    pre: int
    post: int


@dataclass(frozen=True)
class TimeReference:
    """A time reference, at which neurons leak.

    Parameters
    ----------
    neuron : 0..255, or None (default) for all; on tinyODIN 0..254, whose 255 says all
    """

    neuron: int | None = None


@dataclass(frozen=True)
class Virtual:
    """An event for one neuron without a synapse.

    With a weight of 0 it cannot be told from a spike of its neuron, and acts as that.

    Parameters
    ----------
    neuron : 0..255; on tinyODIN 0..15
    weight : 0..7; on tinyODIN −8..7
    inhibitory : whether the weight is taken away, default False; ODIN only
    leak : whether the neuron leaks instead, default False; ODIN only
    """

    neuron: int
    weight: int
    inhibitory: bool = False
    leak: bool = False


@dataclass(frozen=True)
class Bistability:
    """A bistability event, which moves mapped weights whatever the learning bit says; ODIN only.

    Weights of 4 and more go up by one, to 7 at most, the others down by one, to 0.

    Parameters
    ----------
    pre : neuron whose synapses are visited, 0..255, or None (default) for all
    """

    pre: int | None = None


Event = int | SingleSynapse | TimeReference | Virtual | Bistability


@dataclass(frozen=True)
class InputLink:
    """What the input link of a chip can say.

    Parameters
    ----------
    kinds : typed events
    references : neurons, from 0 on, with a time reference of their own
    virtual_neurons : neurons, from 0 on, that a virtual event can name
    virtual_weights : least and largest
    virtual_flags : whether a virtual event can be inhibitory, or a leak
    """

    kinds: tuple[type, ...]
    references: int
    virtual_neurons: int
    virtual_weights: tuple[int, int]
    virtual_flags: bool

    def neurons(self, kind: type) -> tuple[tuple[str, int, bool], ...]:
        """Those fields of a kind that are neurons, how many there are, whether one must be named.

        >>> TINY_ODIN_LINK.neurons(Virtual)
        (('neuron', 16, True),)
        """
        return {
            SingleSynapse: (("pre", NEURONS, True), ("post", NEURONS, True)),
            TimeReference: (("neuron", self.references, False),),
            Virtual: (("neuron", self.virtual_neurons, True),),
            Bistability: (("pre", NEURONS, False),),
        }[kind]


ODIN_LINK = InputLink(
    kinds=(SingleSynapse, TimeReference, Virtual, Bistability),
    references=NEURONS,
    virtual_neurons=NEURONS,
    virtual_weights=(0, LARGEST_WEIGHT),
    virtual_flags=True,
)
TINY_ODIN_LINK = InputLink(
    kinds=(TimeReference, Virtual),
    references=tiny_chip.ALL_NEURONS_INDEX,
    virtual_neurons=tiny_chip.VIRTUAL_NEURONS,
    virtual_weights=(tiny_chip.LEAST_WEIGHT, tiny_chip.LARGEST_WEIGHT),
    virtual_flags=False,
)


def flag(where: str, value: object) -> bool:
    """`value`, if it is true or false (1 and 0 too), else an error that names `where`."""
    whole = isinstance(value, bool | int | np.bool_ | np.integer)
    if not whole or value not in (0, 1):
        raise SpikewattError(where, "must be true or false", repr(value), "True, False")

    return bool(value)


def checked(where: str, event: Event, link: InputLink = ODIN_LINK) -> Event:
    """`event`, if the core knows it and its numbers are in their range.

    Parameters
    ----------
    where : for the error
    event : number of a neuron that spiked, −1 for a time reference, or a typed event
    link : of the core, default ODIN's

    Raises
    ------
    SpikewattError : no event, or a number out of range.

    >>> checked("first event", Virtual(neuron=9, weight=3))
    Virtual(neuron=9, weight=3, inhibitory=False, leak=False)
    """
    is_number = isinstance(event, int | np.integer)
    if is_number and not isinstance(event, bool):
        law = "must be a neuron, or -1 for a time reference"
        number = int(event)
        return whole_number(where, law, number, ALL_NEURONS, NEURONS - 1)

    typed = [kind.__name__ for kind in link.kinds]
    known = ("int", *typed)
    one_of(
        where,
        "must be an event that the core knows",
        type(event).__name__,
        known,
    )

    for name, neurons, named in link.neurons(type(event)):
        neuron = getattr(event, name)
        if named or neuron is not None:
            whole_number(
                f"{where}.{name}",
                "must be a neuron",
                neuron,
                0,
                neurons - 1,
            )

    if isinstance(event, Virtual):
        _check_virtual(where, event, link)

    return event


def _check_virtual(where: str, event: Virtual, link: InputLink) -> None:
    """Raise where a weight or a flag of a virtual event is not one of the link's."""
    whole_number(
        f"{where}.weight",
        "must be a weight",
        event.weight,
        *link.virtual_weights,
    )
    for name in ("inhibitory", "leak"):
        value = flag(f"{where}.{name}", getattr(event, name))
        if value and not link.virtual_flags:
            raise SpikewattError(
                f"{where}.{name}",
                "is ODIN's: the virtual events of this core have a signed weight",
                value,
                False,
            )


def checked_events(where: str, events: Iterable[Event], link: InputLink = ODIN_LINK) -> list[Event]:
    """A list of events, each `checked`; an error names the number of the wrong one."""
    if not isinstance(events, Iterable):
        raise SpikewattError(
            f"{where}.events",
            "must be a list of events",
            type(events).__name__,
            "[3, -1, …]",
        )

    found = []
    for i, event in enumerate(events):
        found.append(checked(f"{where}: event {i}", event, link))

    return found
