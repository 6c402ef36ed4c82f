"""How the steps of an inference follow each other, and what a card must then say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ....sim.network.named import Named, by_name
from .keys import (
    BARRIER_ENERGIES,
    BARRIER_TIMES,
    CLOCKED_UNITS,
    LIMIT_DEFAULTS,
    LIMITS,
    LINK_KEYS,
    OF_ANY_CHIP,
    TICK,
    UNSAID_LIMITS,
    WORK_TIMES,
)

WORD = "timing"

# Of a core that no clock drives: what is left of the values of one that has a clock.
_KEPT = (
    "energy_per_routed_event_j",
    "leakage_power_w",
    "area_per_synapse_bit_m2",
    "area_besides_synapses_m2",
    "regulator_efficiency",
)


class Timing(Named):
    """How the steps of an inference follow each other.

    Facts
    -----
    needs : values that a card must have.
    may_have : values that it may have beside these; no bill needs them.
    one_of : groups of values, of each of which it must have one.
    needs_a_price : groups of values, of each of which counts that have what they price need one.
    taken_from : values that are assumed where a card does not say them -> the card they are from.
    needs_limits : limits that a card must have.
    limit_defaults : limits that it gets where it does not say them.
    counts_cycles : time is that of clock cycles.
    said : in words, of an assumption.
    """

    needs: ClassVar[frozenset[str]]
    may_have: ClassVar[frozenset[str]]
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    needs_a_price: ClassVar[tuple[tuple[str, ...], ...]] = ()
    taken_from: ClassVar[Mapping[str, str]] = {}
    needs_limits: ClassVar[frozenset[str]]
    limit_defaults: ClassVar[Mapping[str, int]] = LIMIT_DEFAULTS
    counts_cycles: ClassVar[bool] = False
    said: ClassVar[str]


class Clocked(Timing):
    """A step takes the clock cycles of its busiest core."""

    name = "clocked"
    needs = frozenset(CLOCKED_UNITS)
    may_have = frozenset(OF_ANY_CHIP)
    taken_from: ClassVar = dict.fromkeys(LINK_KEYS, "odin_style")
    needs_limits = frozenset(LIMITS) - set(LIMIT_DEFAULTS) - set(UNSAID_LIMITS)
    counts_cycles = True
    said = "a step takes the cycles of its busiest core"


class _WithoutClock(Timing):
    """A core whose steps something else ends than a count of cycles."""

    needs = frozenset({"energy_per_sop_j", "energy_per_neuron_update_j"})
    may_have = frozenset({*_KEPT, *OF_ANY_CHIP, *WORK_TIMES, *BARRIER_ENERGIES})
    one_of = (("leakage_power_w", "chip_static_power_w"),)
    needs_a_price: ClassVar[tuple[tuple[str, ...], ...]] = (("energy_per_spike_j",),)
    needs_limits = frozenset({"neurons_per_core"})
    limit_defaults: ClassVar = {
        **LIMIT_DEFAULTS,
        "signs_per_axon": 2,
        "doubling_accumulator": 0,
        "zero_skipping": 1,
    }


class Tick(_WithoutClock):
    """Every step lasts as long, in real time; a core that is not done by then is too slow."""

    name = "tick"
    said = "every step lasts one tick, in real time"
    needs = _WithoutClock.needs | set(TICK)


class Barrier(_WithoutClock):
    """A step ends when all cores have told each other that they are done."""

    name = "barrier"
    said = "a step ends with a barrier"
    needs_a_price = (*_WithoutClock.needs_a_price, tuple(BARRIER_ENERGIES))
    needs = _WithoutClock.needs | {"barrier_time_s"}
    may_have = _WithoutClock.may_have | (set(BARRIER_TIMES) - {"barrier_time_s"})


TIMINGS: dict[str, Timing] = by_name((Clocked(), Tick(), Barrier()))


def timing_in(about: Mapping[str, str]) -> Timing:
    """The timing that the words of a card name; a clock where they name none.

    >>> timing_in({"timing": "tick"}), timing_in({})
    (Tick(), Clocked())
    """
    return TIMINGS[about.get(WORD, Clocked.name)]
