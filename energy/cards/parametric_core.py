"""The parametric core: what `odin_style` becomes with another size, width, voltage, clock or node, by stated laws inside stated limits.

    E_sop = E_0 ((1 − m) + m M / M_0) (V / 0.55 V)² F        M = R + W of the neuron word + (R + W of 32 synapse bits) · bits / 32

M by CACTI's table (32 nm LOP, 0.6 V), log-log over the size of the memory; m = 0.53, CACTI's M_0 of ODIN over its measured E_sop. Leakage
follows memory bits and neurons half and half. F is Stillmaker and Baas's factor of the node, which for 28 nm is interpolated. Away from
0.55 V and 28 nm there are no data of such a core: ranges widen by V / 0.55 V to either side, and by 2 at another node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import exp, log

from ...errors import SpikewattError, whole_number
from .card import LIMIT_RANGES, Card, Quantity, load_card

VOLTAGE_V, NODE_NM = 0.55, 28
MEMORY_SHARE = 4.49 / 8.43
NEURON_WORD_BYTES = 16
# Bytes -> read + write energy of 32 bits in pJ. CACTI 7, 32 nm LOP, 0.6 V, one port; 1 MB from its 64-bit word, halved.
CACTI_PJ = {1024: 0.79, 4096: 1.92, 32768: 4.67, 131072: 9.58, 1048576: 19.3}
NEURON_WORD_PJ = 3.91  # the same for ODIN's 4 kB of 128 bits
# Stillmaker and Baas, Integration 58 (2017), doi:10.1016/j.vlsi.2017.02.002: EF(V) = a V² + b V + c.
NODES = {
    65: (3.755, -4.398, 1.975),
    45: (1.103, -0.362, 0.2767),
    32: (0.9559, -0.7823, 0.471),
    20: (0.373, -0.1582, 0.04104),
}
LIMITS = {
    "neurons_per_core": (16, 4096),
    "axons_per_core": (16, 65536),
    "weight_bits": (1, 16),
    "state_bits": (8, 64),
    **LIMIT_RANGES,
}
RANGES = {"voltage_v": (0.55, 1.0), "clock_hz": (1e3, 1e8), "cycles_per_sop": (1.0, 16.0)}
ALLOWED_NODES = (28, 32, 45, 65)


def _node_factor(node_nm: int, voltage_v: float) -> float:
    """Energy of a node relative to 28 nm at the same voltage."""

    def factor(node: int) -> float:
        a, b, c = NODES[node]
        return a * voltage_v**2 + b * voltage_v + c

    at_28 = factor(20) + (factor(32) - factor(20)) * (28 - 20) / (32 - 20)
    return 1.0 if node_nm == NODE_NM else factor(node_nm) / at_28


def access_pj(size_bytes: float) -> float:
    """Read and write of 32 bits of a memory of `size_bytes` in pJ, log-log between CACTI's sizes; outside of them an error."""
    sizes = list(CACTI_PJ)
    if not sizes[0] <= size_bytes <= sizes[-1]:
        raise SpikewattError(
            "odin_style: memory",
            "must have a size that CACTI's table holds",
            f"{size_bytes:,.0f} bytes",
            "1 kB to 1 MB",
        )
    above = next(i for i in range(1, len(sizes)) if size_bytes <= sizes[i])
    low, high = sizes[above - 1], sizes[above]
    share = log(size_bytes / low) / log(high / low)
    return exp(log(CACTI_PJ[low]) + share * log(CACTI_PJ[high] / CACTI_PJ[low]))


def _memory_pj(neurons: int, axons: int, weight_bits: int) -> float:
    """Memory energy of one synaptic operation."""
    neuron = (
        NEURON_WORD_PJ * access_pj(neurons * NEURON_WORD_BYTES) / access_pj(256 * NEURON_WORD_BYTES)
    )
    return neuron + access_pj(neurons * axons * weight_bits / 8) * weight_bits / 32


def highest_clock_hz(voltage_v: float) -> float:
    """75 MHz at 0.55 V (ODIN), 100 MHz at 0.8 V and above (recalled), linear between."""
    return 75e6 + 25e6 * min(1.0, (voltage_v - VOLTAGE_V) / 0.25)


def odin_style(**chosen: float) -> Card:
    """`odin_style` with values of your own.

    Parameters
    ----------
    neurons_per_core, axons_per_core, weight_bits, state_bits : sizes, within LIMITS; the memories must have a size in CACTI's table.
    signs_per_axon : 1 or 2. doubling_accumulator (for radix), zero_skipping : 0 or 1.
    cycles_per_sop : 1..16. voltage_v : 0.55..1.0. clock_hz : up to `highest_clock_hz`; by default that. node_nm : 28, 32, 45, 65.

    Raises
    ------
    SpikewattError : unknown name, or a value outside of its limits.
    """
    base = load_card("odin_style")
    if not chosen:
        return base
    allowed = (*LIMITS, *RANGES, "node_nm")
    for name, value in chosen.items():
        if name not in allowed:
            raise SpikewattError(
                "odin_style", "must be given what it has", repr(name), ", ".join(allowed)
            )
        if name in LIMITS:
            whole = int(value) if float(value).is_integer() else value
            whole_number(f"odin_style: {name}", "must be a size of the core", whole, *LIMITS[name])
        elif name in RANGES and not RANGES[name][0] <= value <= RANGES[name][1]:
            raise SpikewattError(
                f"odin_style: {name}",
                "must be within its limits",
                value,
                f"{RANGES[name][0]:g}..{RANGES[name][1]:g}",
            )
    limits = {key: int(chosen.get(key, own)) for key, own in base.limits.items()}
    voltage, node = float(chosen.get("voltage_v", VOLTAGE_V)), int(chosen.get("node_nm", NODE_NM))
    if node not in ALLOWED_NODES:
        raise SpikewattError(
            "odin_style: node_nm",
            "must be a planar node of the scaling table",
            node,
            ", ".join(map(str, ALLOWED_NODES)),
        )
    fastest = highest_clock_hz(voltage)
    clock = float(chosen.get("clock_hz", fastest))
    if clock > fastest * (1 + 1e-9):
        raise SpikewattError(
            "odin_style: clock_hz",
            f"the core reaches it at {voltage:g} V",
            f"{clock:g}",
            f"<= {fastest:g}",
        )
    return replace(
        base,
        name="odin_style:" + ",".join(f"{key}={value:g}" for key, value in chosen.items()),
        title=_title(base, limits, voltage, node),
        values=_scaled(base, limits, voltage, node, clock, chosen),
        limits=limits,
    )


def _title(base: Card, limits: Mapping[str, int], voltage: float, node: int) -> str:
    technology = "28 nm FDSOI" if node == NODE_NM else f"{node} nm"
    size = f"{limits['neurons_per_core']} neurons, {limits['axons_per_core']} axons, {limits['weight_bits']}-bit weights"
    return f"ODIN-style core, {size}, {technology} at {voltage:g} V"


def _scaled(
    base: Card,
    limits: Mapping[str, int],
    voltage: float,
    node: int,
    clock: float,
    chosen: Mapping[str, float],
) -> dict[str, Quantity]:
    """The values of `base` by the laws of this module."""
    sizes = ("neurons_per_core", "axons_per_core", "weight_bits")
    memory, memory_0 = (
        _memory_pj(*(limits[key] for key in sizes)),
        _memory_pj(*(base.limits[key] for key in sizes)),
    )
    neuron_memory = access_pj(limits["neurons_per_core"] * NEURON_WORD_BYTES) / access_pj(
        256 * NEURON_WORD_BYTES
    )
    bits, bits_0 = ([limits_of[key] for key in sizes] for limits_of in (limits, base.limits))
    size = (
        0.5 * bits[0] * bits[1] * bits[2] / (bits_0[0] * bits_0[1] * bits_0[2])
        + 0.5 * bits[0] / bits_0[0]
    )
    technology = (voltage / VOLTAGE_V) ** 2 * _node_factor(node, voltage)
    away = voltage / VOLTAGE_V * (1 if node == NODE_NM else 2)  # no data there
    factors = {
        "energy_per_sop_j": technology * (1 - MEMORY_SHARE + MEMORY_SHARE * memory / memory_0),
        "energy_per_neuron_update_j": technology * neuron_memory,
        "energy_per_neuron_access_j": technology * neuron_memory,
        "energy_per_clock_cycle_j": technology * size,
        "energy_per_routed_event_j": technology,
        "leakage_power_w": technology * size,
        "area_per_synapse_bit_m2": (node / NODE_NM) ** 2,
        "area_besides_synapses_m2": (node / NODE_NM) ** 2,
    }
    values = dict(base.values)
    for key, factor in factors.items():
        own = base[key]
        wider = (
            away**2
            if key == "leakage_power_w"
            else 1.0
            if key.startswith("area") and node == NODE_NM
            else away
        )
        if factor == 1.0 and wider == 1.0:
            continue
        note = f"{own.source}; scaled by {factor:.3g} with the laws of the parametric core, range wider by {wider:.2g}"
        values[key] = replace(
            own,
            value=own.value * factor,
            low=own.low * factor / wider,
            high=own.high * factor * wider,
            status="estimated",
            source=note,
        )
    values["clock_hz"] = replace(
        base["clock_hz"],
        value=clock,
        low=clock,
        high=clock,
        status="assumed",
        conditions=f"{voltage:g} V",
    )
    if per_sop := chosen.get("cycles_per_sop"):
        for key in ("cycles_per_sop", "cycles_per_neuron_update"):
            values[key] = replace(
                base[key],
                value=per_sop,
                low=per_sop,
                high=per_sop,
                status="assumed",
                source="as given",
            )
    return values


def from_text(text: str) -> Card:
    """``odin_style:neurons_per_core=512,voltage_v=0.8`` as a card.

    Raises
    ------
    SpikewattError : another device, or a part that is not name=number.
    """
    name, _, rest = text.partition(":")
    if name != "odin_style":
        raise SpikewattError(
            "device",
            "only the parametric core takes values of your own",
            repr(text),
            "odin_style:name=value,…",
        )
    chosen: dict[str, float] = {}
    for part in rest.split(","):
        key, equals, number = part.strip().partition("=")
        try:
            chosen[key] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise SpikewattError(
                f"device {text!r}",
                "parts are name=number",
                repr(part),
                "neurons_per_core=512, voltage_v=0.8, …",
            )
    return odin_style(**chosen)
