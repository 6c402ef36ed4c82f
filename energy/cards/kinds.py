"""Kinds of cards: which values and limits a card of each kind holds, in which units and ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import ClassVar

from ...sim.network.named import Named, by_name
from .neuromorphic.keys import CLOCKED_UNITS, NEW_UNITS, UNSAID_LIMITS
from .neuromorphic.keys import LIMITS as CORE_LIMITS
from .neuromorphic.keys import LINK_KEYS as LINK_KEYS
from .neuromorphic.keys import SIZE as SIZE
from .neuromorphic.timing import WORD as TIMING
from .neuromorphic.timing import timing_in
from .neuromorphic.updates import WORD as UPDATES

# Cycle counts of an int8 kernel library: in the card, or fitted to its library and core.
KERNEL_KEYS = (
    "cycles_per_mac_dense",
    "cycles_per_mac_conv",
    "cycles_per_output",
    "cycles_per_pool_element",
)
# Overhead of an int8 network: in the card, or assumed as for every card (`kernels.overhead`).
OVERHEAD_KEYS = ("cycles_per_layer", "cycles_per_inference")
# Cycle counts of a spiking network in software: in the card, or those of its core.
LOOP_KEYS = (
    "cycles_per_synapse_dense",
    "cycles_per_synapse_sparse",
    "cycles_per_neuron_update",
    "cycles_per_spike",
    "cycles_per_step",
)
# What finer counts of such loops tell apart; in earlier cards part of the others.
FINER_LOOP_KEYS = ("cycles_per_synapse_single", "cycles_per_neuron_gather")
# What holds for every microcontroller whose card says nothing else (`common_values`).
COMMON_KEYS = (
    "active_power_factor",
    "regulator_efficiency",
    "cycles_per_event_output",
    "cycles_per_result_read",
)
POWER_KEY = "energy_per_cycle_j"  # in the card, or measured while networks ran (its `power_fit`)

# Of a microcontroller: the supplies that its data sheet allows, and, of a chip that has both an LDO
# and a converter, the supply at which both draw the same: core voltage / efficiency.
LOWEST_SUPPLY, HIGHEST_SUPPLY = "lowest_supply_voltage_v", "highest_supply_voltage_v"
EQUAL_SUPPLY = "equal_supply_voltage_v"
SUPPLY_KEYS = (LOWEST_SUPPLY, HIGHEST_SUPPLY, EQUAL_SUPPLY)
# Of one whose weights lie in an external flash: cycles that a byte takes that no cache holds.
FLASH_BYTE = "cycles_per_flash_byte"

# What a value of each kind can be at most and, where it is not 0, at least, in SI units: one unit
# prefix too many or too few (PJ for pJ, mW for µW of a whole board) falls outside. The widest
# published devices lie well inside: 27 µJ per operation of a GPU, femtojoules of analog synapses.
PLAUSIBLE = {
    "clock_hz": (1e3, 1e11),
    "energy_*_j": (1e-18, 1e-3),
    "barrier_energy*_j": (1e-18, 1.0),  # of a whole chip, once a step
    "barrier_time*_s": (1e-12, 1e2),
    "time_per_*_s": (1e-15, 1.0),
    "*_power_w": (1e-12, 1e3),
    "*_time_s": (1e-12, 1e2),
    "*voltage_v": (1e-2, 1e3),
    "capacity_c": (1e-3, 1e7),
    "area_per_*_m2": (1e-18, 1e-9),
    "area_besides_*_m2": (1e-14, 1e-2),
    "area_of_*_m2": (1e-14, 1e-2),
    "cycles_per_*": (1e-4, 1e7),
    "bits_per_*": (1, 1e4),
    "*_factor": (1e-2, 1e2),
    "*_efficiency": (1e-2, 1.0),
}
TOLD = ("node", "chip", "core", "library", "regulator", "caution", "executes")


@dataclass(frozen=True)
class Layout:
    """What one card must and may hold, which its words can change.

    Parameters
    ----------
    values, limits : set of str
        Keys that it must have, those that are assumed in their absence included.
    more_values, more_limits : set of str
        Keys that it may have beside these.
    one_of : tuple of tuple
        Groups of values, of each of which it must have one.
    needs_a_price : tuple of tuple
        Likewise, of which it must have one as soon as counts hold what they are the price of.
    limit_defaults : mapping of int
        Limits that it gets where it does not say them.
    taken_from : mapping of str
        Values that it may leave out -> the card whose value is then assumed.
    """

    values: frozenset[str]
    limits: frozenset[str]
    more_values: frozenset[str] = frozenset()
    more_limits: frozenset[str] = frozenset()
    one_of: tuple[tuple[str, ...], ...] = ()
    needs_a_price: tuple[tuple[str, ...], ...] = ()
    limit_defaults: Mapping[str, int] = field(default_factory=dict)
    taken_from: Mapping[str, str] = field(default_factory=dict)


class CardKind(Named):
    """What a card of one kind holds.

    Parameters
    ----------
    units : mapping of str
        Key of each value -> its SI unit, "" for a plain number. A card holds exactly these,
        unless its words say otherwise (`layout`).
    optional : mapping of str
        Likewise, of values that a card may hold beside these.
    never_zero : set of str
        Values whose low end lies above 0.
    limits : mapping of str
        Key of each limit -> its lowest and highest whole number. A card holds exactly these.
    unsaid_limits : mapping of int or None
        Those that a card may leave out, with what holds then; None where nothing bounds it.
    told : tuple of str
        Entries of the file that `Card.about` repeats where they are given.
    required : tuple of str
        Those of them that must be given.
    runs_kernels : bool
        Whether an int8 kernel library can give the values KERNEL_KEYS, its core LOOP_KEYS, and
        COMMON_KEYS can be left out.
    """

    units: ClassVar[Mapping[str, str]]
    optional: ClassVar[Mapping[str, str]] = {}
    never_zero: ClassVar[frozenset[str]] = frozenset()
    limits: ClassVar[Mapping[str, tuple[int, int]]] = {}
    unsaid_limits: ClassVar[Mapping[str, int | None]] = {}
    told: ClassVar[tuple[str, ...]] = TOLD
    required: ClassVar[tuple[str, ...]] = ()
    runs_kernels: ClassVar[bool] = False

    def unit(self, key: str) -> str:
        """The SI unit of a value that a card may hold."""
        return {**self.units, **self.optional}[key]

    @property
    def priced(self) -> Mapping[str, str]:
        """Key of each value that a bill may name -> its SI unit."""
        return self.units

    def layout(self, words: Mapping[str, str]) -> Layout:
        """What a card with these words must and may hold.

        Parameters
        ----------
        words : mapping of str
            Entries of its file, those of `told` that are given.
        """
        return Layout(frozenset(self.units), frozenset(self.limits), frozenset(self.optional))


class NeuromorphicCoreCard(CardKind):
    """Cores of neurons and synapses: one that takes turns at one datapath, or a chip of many."""

    name = "neuromorphic_core"
    units: ClassVar = CLOCKED_UNITS
    optional: ClassVar = NEW_UNITS
    never_zero = frozenset({"clock_hz", "step_time_s", "regulator_efficiency"})
    limits: ClassVar = CORE_LIMITS
    unsaid_limits: ClassVar = UNSAID_LIMITS
    told = (*TOLD, TIMING, UPDATES)

    @property
    def priced(self):
        """Those that a card may leave out, too."""
        return {**self.units, **self.optional}

    def layout(self, words: Mapping[str, str]) -> Layout:
        """As its timing says.

        >>> sorted(NeuromorphicCoreCard().layout({"timing": "tick"}).values)
        ['energy_per_neuron_update_j', 'energy_per_sop_j', 'step_time_s']
        """
        timing = timing_in(words)
        return Layout(
            values=timing.needs,
            limits=timing.needs_limits | set(timing.limit_defaults),
            more_values=timing.may_have,
            more_limits=frozenset(self.limits),
            one_of=timing.one_of,
            needs_a_price=timing.needs_a_price,
            limit_defaults=timing.limit_defaults,
            taken_from=timing.taken_from,
        )


class MicrocontrollerCard(CardKind):
    """A Cortex-M: it runs int8 kernels, and the spiking network in software."""

    name = "microcontroller"
    units: ClassVar = {
        "clock_hz": "Hz",
        POWER_KEY: "J",
        "supply_voltage_v": "V",
        "sleep_power_w": "W",
        "wake_time_s": "s",
        **dict.fromkeys(
            (*KERNEL_KEYS, *OVERHEAD_KEYS, *LOOP_KEYS, *FINER_LOOP_KEYS, *COMMON_KEYS), ""
        ),
    }
    optional: ClassVar = {**dict.fromkeys(SUPPLY_KEYS, "V"), FLASH_BYTE: ""}
    never_zero = frozenset({"clock_hz", "supply_voltage_v", "regulator_efficiency"})
    limits: ClassVar = {"flash_bytes": SIZE, "ram_bytes": SIZE}
    required = ("library", "regulator", "core")
    runs_kernels = True


class PortCard(CardKind):
    """What lies between a host and its core."""

    name = "port"
    units: ClassVar = {
        "energy_per_bit_j": "J",
        "bits_per_value": "",
        "bits_per_potential": "",
        "cycles_per_transfer": "",
    }


class RuleCard(CardKind):
    """A rule from the literature: constants times operation counts."""

    name = "rule"
    units: ClassVar = {
        "energy_per_sop_j": "J",
        "energy_per_neuron_update_j": "J",
        "energy_per_spike_j": "J",
        "energy_per_mac_j": "J",
        "static_power_w": "W",
        "step_time_s": "s",
    }
    told = (*TOLD, "ledger", "layers")


class BatteryCard(CardKind):
    """A cell that devices live on."""

    name = "battery"
    units: ClassVar = {"capacity_c": "C", "voltage_v": "V"}
    never_zero = frozenset({"capacity_c", "voltage_v"})


def plausible(key: str) -> tuple[float, float]:
    """The least value that is not 0, and the largest, that a value called `key` can have, in SI.

    >>> plausible("energy_per_sop_j")
    (1e-18, 0.001)
    """
    return next(bounds for pattern, bounds in PLAUSIBLE.items() if fnmatchcase(key, pattern))


CARD_KINDS: dict[str, CardKind] = by_name(
    (NeuromorphicCoreCard(), MicrocontrollerCard(), PortCard(), RuleCard(), BatteryCard())
)
