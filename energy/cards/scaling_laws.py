"""The laws of the parametric core: how its values follow size, node, voltage and clock.

Numbers and arrays of numbers alike; see `parametric_core` for the equations and their sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .cacti import neuron_memory_ratio, synaptic_operation_pj
from .card import Card

VOLTAGE_V, NODE_NM = 0.55, 28
MEMORY_SHARE = 4.49 / 8.43
# Node -> a, b, c of EF(V) = a V² + b V + c; Stillmaker and Baas, Integration 58 (2017),
# doi:10.1016/j.vlsi.2017.02.002.
NODES = {
    65: (3.755, -4.398, 1.975),
    45: (1.103, -0.362, 0.2767),
    32: (0.9559, -0.7823, 0.471),
    20: (0.373, -0.1582, 0.04104),
}
SLOWEST_AT_V, FULL_AT_V = VOLTAGE_V, 0.8  # between them the highest clock rises
SLOWEST_HZ, FULL_HZ = 75e6, 100e6

Number = Any  # a float, or an array of them


@dataclass(frozen=True)
class OperatingPoint:
    """Where a core of `limits` runs: voltage [V], node [nm], clock [Hz], cycles per operation.

    Voltage and clock may be arrays, of many points at once.
    """

    limits: Mapping[str, int]
    voltage_v: Number
    node_nm: int
    clock_hz: Number
    cycles_per_sop: float | None


def highest_clock_hz(voltage_v: Number) -> Number:
    """75 MHz at 0.55 V (ODIN), 100 MHz at 0.8 V and above (recalled), linear between.

    Parameters
    ----------
    voltage_v : float or ndarray
        V, 0.55 to 1.0.

    >>> highest_clock_hz(0.8)
    100000000.0
    >>> highest_clock_hz(np.array([0.55, 1.0])).tolist()
    [75000000.0, 100000000.0]
    """
    share = np.minimum(1.0, (voltage_v - SLOWEST_AT_V) / (FULL_AT_V - SLOWEST_AT_V))
    clock = SLOWEST_HZ + (FULL_HZ - SLOWEST_HZ) * share
    return clock if isinstance(voltage_v, np.ndarray) else float(clock)


def lowest_voltage_v(clock_hz: Number) -> Number:
    """The lowest voltage at which the core reaches a clock: the inverse of `highest_clock_hz`.

    Parameters
    ----------
    clock_hz : float or ndarray
        Hz, up to 100 MHz.

    >>> round(lowest_voltage_v(87.5e6), 3), lowest_voltage_v(1e6)
    (0.675, 0.55)
    """
    share = np.maximum(0.0, (clock_hz - SLOWEST_HZ) / (FULL_HZ - SLOWEST_HZ))
    voltage = SLOWEST_AT_V + (FULL_AT_V - SLOWEST_AT_V) * share
    return voltage if isinstance(clock_hz, np.ndarray) else float(voltage)


def _node_factor(node_nm: int, voltage_v: Number) -> Number:
    """Energy of a node relative to 28 nm at the same voltage."""
    if node_nm == NODE_NM:
        return 1.0

    def factor(node: int) -> Number:
        a, b, c = NODES[node]
        return a * voltage_v**2 + b * voltage_v + c

    at_28 = factor(20) + (factor(32) - factor(20)) * (28 - 20) / (32 - 20)
    return factor(node_nm) / at_28


def _core_size(limits: Mapping[str, int]) -> tuple[int, int, int]:
    """Neurons, axons, bits of a weight."""
    return limits["neurons_per_core"], limits["axons_per_core"], limits["weight_bits"]


def _leaking_size(own: tuple[int, int, int], base: tuple[int, int, int]) -> float:
    """Size relative to the base: half by memory bits, half by neurons."""
    neurons, axons, bits = own
    base_neurons, base_axons, base_bits = base
    base_memory = base_neurons * base_axons * base_bits
    by_bits = 0.5 * neurons * axons * bits / base_memory
    by_neurons = 0.5 * neurons / base_neurons
    return by_bits + by_neurons


def factors(base: Card, point: OperatingPoint) -> dict[str, Number]:
    """Key -> what the value of `base` is multiplied with, by the laws of this module."""
    own, original = _core_size(point.limits), _core_size(base.limits)
    gates = point.limits["neuron_gates"]
    memory, memory_0 = synaptic_operation_pj(*own, gates), synaptic_operation_pj(*original)
    neuron_memory = neuron_memory_ratio(own[0], gates)
    size = _leaking_size(own, original)
    technology = (point.voltage_v / VOLTAGE_V) ** 2 * _node_factor(point.node_nm, point.voltage_v)
    area = (point.node_nm / NODE_NM) ** 2
    return {
        "energy_per_sop_j": technology * (1 - MEMORY_SHARE + MEMORY_SHARE * memory / memory_0),
        "energy_per_neuron_update_j": technology * neuron_memory,
        "energy_per_neuron_access_j": technology * neuron_memory,
        "energy_per_clock_cycle_j": technology * size,
        "energy_per_routed_event_j": technology,
        "energy_per_router_cycle_j": technology,
        "leakage_power_w": technology * size,
        "router_leakage_power_w": technology,
        "area_per_synapse_bit_m2": area,
        "area_besides_synapses_m2": area,
        "area_of_router_m2": area,
    }


def wider_by(key: str, point: OperatingPoint) -> Number:
    """Factor on either side of a range, where there are no data of such a core."""
    at_home = point.node_nm == NODE_NM
    away = point.voltage_v / VOLTAGE_V * (1 if at_home else 2)
    if key.endswith("leakage_power_w"):
        return away**2
    if key.startswith("area") and at_home:
        return 1.0  # no voltage changes an area
    return away
