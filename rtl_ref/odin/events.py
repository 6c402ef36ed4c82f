"""The events of ODIN: what its input link can say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError, one_of, whole_number

NEURONS = 256
WEIGHT = 0b0111


@dataclass(frozen=True)
class SingleSynapse:
    """One synapse of neuron `pre`, to neuron `post`, both 0..255."""

    pre: int
    post: int


@dataclass(frozen=True)
class TimeReference:
    """A time reference, which leaks: of one neuron, or of all (None)."""

    neuron: int | None = None


@dataclass(frozen=True)
class Virtual:
    """An event for one neuron without a synapse: `weight` 0..7, inhibitory or not, or a leak."""

    neuron: int
    weight: int
    inhibitory: bool = False
    leak: bool = False


@dataclass(frozen=True)
class Bistability:
    """A bistability event of the synapses of one pre-synaptic neuron, or of all (None); it changes nothing while learning is off."""

    pre: int | None = None


Event = int | SingleSynapse | TimeReference | Virtual | Bistability


def flag(where: str, value) -> bool:
    """`value`, if it is true or false (1 and 0 too), else an error."""
    if not isinstance(value, bool | int | np.bool_ | np.integer) or value not in (0, 1):
        raise SpikewattError(where, "must be true or false", repr(value), "True, False")
    return bool(value)


def checked(where: str, event: Event) -> Event:
    """`event`, if it is one that the core knows with numbers in its range, else an error."""
    if isinstance(event, int | np.integer) and not isinstance(event, bool):
        return whole_number(
            where, "must be a neuron, or -1 for a time reference", int(event), -1, NEURONS - 1
        )
    fields = {
        SingleSynapse: ("pre", "post"),
        TimeReference: ("neuron",),
        Virtual: ("neuron",),
        Bistability: ("pre",),
    }
    kind = type(event)
    one_of(
        where,
        "must be an event that the core knows",
        kind.__name__,
        ("int", *(k.__name__ for k in fields)),
    )
    for name in fields[kind]:
        value = getattr(event, name)
        if value is not None or kind in (SingleSynapse, Virtual):
            whole_number(f"{where}.{name}", "must be a neuron", value, 0, NEURONS - 1)
    if isinstance(event, Virtual):
        whole_number(f"{where}.weight", "must be a weight", event.weight, 0, WEIGHT)
        flag(f"{where}.inhibitory", event.inhibitory)
        flag(f"{where}.leak", event.leak)
    return event
