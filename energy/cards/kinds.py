"""Kinds of cards: which values and limits a card of each kind holds, in which units and ranges."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import ClassVar

from ...sim.network.named import Named, by_name

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
# What the links between cores cost, which only networks on several cores pay.
LINK_KEYS = (
    "energy_per_router_cycle_j",
    "router_leakage_power_w",
    "cycles_per_routed_event",
    "cycles_per_hop",
    "area_of_router_m2",
)

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
SIZE = (1, 10**12)
SWITCH = (0, 1)  # whether the core can do it
TOLD = ("node", "chip", "core", "library", "regulator", "caution", "executes")


class CardKind(Named):
    """What a card of one kind holds.

    Parameters
    ----------
    units : mapping of str
        Key of each value -> its SI unit, "" for a plain number. A card holds exactly these.
    optional : mapping of str
        Likewise, of values that a card may hold beside these; no bill names them.
    never_zero : set of str
        Values whose low end lies above 0.
    limits : mapping of str
        Key of each limit -> its lowest and highest whole number. A card holds exactly these.
    limit_defaults : mapping of int
        Those that earlier files do not name, with what holds then.
    taken_from : mapping of str
        Values that earlier files do not name -> the card whose value is then assumed.
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
    limit_defaults: ClassVar[Mapping[str, int]] = {}
    taken_from: ClassVar[Mapping[str, str]] = {}
    told: ClassVar[tuple[str, ...]] = TOLD
    required: ClassVar[tuple[str, ...]] = ()
    runs_kernels: ClassVar[bool] = False

    def unit(self, key: str) -> str:
        """The SI unit of a value that a card may hold."""
        return {**self.units, **self.optional}[key]


class NeuromorphicCoreCard(CardKind):
    """A core of neurons and synapses that takes turns at one datapath."""

    name = "neuromorphic_core"
    units: ClassVar = {
        "clock_hz": "Hz",
        "energy_per_sop_j": "J",
        "energy_per_neuron_update_j": "J",
        "energy_per_neuron_access_j": "J",
        "energy_per_clock_cycle_j": "J",
        "energy_per_routed_event_j": "J",
        "energy_per_router_cycle_j": "J",
        "leakage_power_w": "W",
        "router_leakage_power_w": "W",
        "cycles_per_sop": "",
        "cycles_per_event": "",
        "cycles_per_neuron_update": "",
        "cycles_per_neuron_access": "",
        "cycles_per_step": "",
        "cycles_per_output_spike": "",
        "cycles_per_routed_event": "",
        "cycles_per_hop": "",
        "area_per_synapse_bit_m2": "m**2",
        "area_besides_synapses_m2": "m**2",
        "area_of_router_m2": "m**2",
        "regulator_efficiency": "",
    }
    never_zero = frozenset({"clock_hz", "regulator_efficiency"})
    limits: ClassVar = {
        "neurons_per_core": SIZE,
        "axons_per_core": SIZE,
        "weight_bits": SIZE,
        "bits_beside_weight": (0, 64),  # of a synapse: ODIN keeps one that switches its learning
        "state_bits": SIZE,
        "signs_per_axon": (1, 2),
        "doubling_accumulator": SWITCH,
        "zero_skipping": SWITCH,
        "reset_to_zero": SWITCH,
    }
    limit_defaults: ClassVar = {"reset_to_zero": 0, "bits_beside_weight": 0}
    taken_from: ClassVar = dict.fromkeys(LINK_KEYS, "odin_style")


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
