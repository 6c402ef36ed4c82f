"""The events of ODIN: what its input link can say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError, one_of, whole_number
from ...models.odin.chip import ALL_NEURONS, LARGEST_WEIGHT, NEURONS


@dataclass(frozen=True)
class SingleSynapse:
    """One synapse.

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
    neuron : 0..255, or None (default) for all
    """

    neuron: int | None = None


@dataclass(frozen=True)
class Virtual:
    """An event for one neuron without a synapse.

    Parameters
    ----------
    neuron : 0..255
    weight : 0..7
    inhibitory : whether the weight is taken away, default False
    leak : whether the neuron leaks instead, default False
    """

    neuron: int
    weight: int
    inhibitory: bool = False
    leak: bool = False


@dataclass(frozen=True)
class Bistability:
    """A bistability event; it changes nothing while learning is off.

    Parameters
    ----------
    pre : neuron whose synapses are visited, 0..255, or None (default) for all
    """

    pre: int | None = None


Event = int | SingleSynapse | TimeReference | Virtual | Bistability

# Those fields of an event that are neurons, and whether one must be named.
NEURON_FIELDS = {
    SingleSynapse: (("pre", "post"), True),
    TimeReference: (("neuron",), False),
    Virtual: (("neuron",), True),
    Bistability: (("pre",), False),
}


def flag(where: str, value: object) -> bool:
    """`value`, if it is true or false (1 and 0 too), else an error that names `where`."""
    whole = isinstance(value, bool | int | np.bool_ | np.integer)
    if not whole or value not in (0, 1):
        raise SpikewattError(where, "must be true or false", repr(value), "True, False")

    return bool(value)


def checked(where: str, event: Event) -> Event:
    """`event`, if the core knows it and its numbers are in their range.

    Parameters
    ----------
    where : for the error
    event : number of a neuron that spiked, −1 for a time reference, or a typed event

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

    typed = [kind.__name__ for kind in NEURON_FIELDS]
    known = ("int", *typed)
    one_of(
        where,
        "must be an event that the core knows",
        type(event).__name__,
        known,
    )

    fields, named = NEURON_FIELDS[type(event)]
    for name in fields:
        neuron = getattr(event, name)
        if named or neuron is not None:
            whole_number(
                f"{where}.{name}",
                "must be a neuron",
                neuron,
                0,
                NEURONS - 1,
            )

    if isinstance(event, Virtual):
        whole_number(
            f"{where}.weight",
            "must be a weight",
            event.weight,
            0,
            LARGEST_WEIGHT,
        )
        flag(f"{where}.inhibitory", event.inhibitory)
        flag(f"{where}.leak", event.leak)

    return event


def checked_events(where: str, events: Iterable[Event]) -> list[Event]:
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
        found.append(checked(f"{where}: event {i}", event))

    return found
