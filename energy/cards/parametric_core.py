"""The parametric core: `odin_style` with another size, width, voltage, clock or node.

    E_sop = E_0 ((1 − m) + m M / M_0) (V / 0.55 V)² F
    M = R + W of the neuron word + (R + W of 32 synapse bits) · bits / 32

M by CACTI's table (32 nm LOP, 0.6 V), log-log over the size of the memory; m = 0.53, CACTI's M_0
of ODIN over its measured E_sop. Leakage follows memory bits and neurons half and half. F is
Stillmaker and Baas's factor of the node, which for 28 nm is interpolated. Away from 0.55 V and
28 nm there are no data of such a core: ranges widen by V / 0.55 V to either side, and by 2 at
another node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...errors import SpikewattError, whole_number
from .cacti import neuron_memory_ratio, synaptic_operation_pj
from .card import Card, Quantity

PARAMETRIC = "odin_style"
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
ALLOWED_NODES = (28, 32, 45, 65)
SIZES = {
    "neurons_per_core": (16, 4096),
    "axons_per_core": (16, 65536),
    "weight_bits": (1, 16),
    "state_bits": (8, 64),
    "signs_per_axon": (1, 2),
    "doubling_accumulator": (0, 1),
    "zero_skipping": (0, 1),
    "reset_to_zero": (0, 1),
}
RANGES = {"voltage_v": (0.55, 1.0), "clock_hz": (1e3, 1e8), "cycles_per_sop": (1.0, 16.0)}
CHOICES = (*SIZES, *RANGES, "node_nm")


@dataclass(frozen=True)
class OperatingPoint:
    """Where a core of `limits` runs: voltage [V], node [nm], clock [Hz], cycles per operation."""

    limits: Mapping[str, int]
    voltage_v: float
    node_nm: int
    clock_hz: float
    cycles_per_sop: float | None


def highest_clock_hz(voltage_v: float) -> float:
    """75 MHz at 0.55 V (ODIN), 100 MHz at 0.8 V and above (recalled), linear between.

    >>> highest_clock_hz(0.8)
    100000000.0
    """
    return 75e6 + 25e6 * min(1.0, (voltage_v - VOLTAGE_V) / 0.25)


def scaled_core(base: Card, **chosen: float) -> Card:
    """`base`, the card ``odin_style``, with values of your own.

    Parameters
    ----------
    base : Card
        ``load_card("odin_style")``.
    neurons_per_core, axons_per_core, weight_bits, state_bits : int
        Sizes, within SIZES; the memories must have a size in CACTI's table.
    signs_per_axon : int
        1 or 2.
    doubling_accumulator : int
        0 or 1; radix needs it.
    zero_skipping : int
        0 or 1.
    reset_to_zero : int
        0 or 1; ODIN resets to zero.
    cycles_per_sop : float
        1 to 16.
    voltage_v : float
        0.55 to 1.0 V.
    clock_hz : float
        Up to `highest_clock_hz`; by default that.
    node_nm : int
        28, 32, 45 or 65.

    Raises
    ------
    SpikewattError
        Unknown name, or a value outside of its limits.
    """
    if not chosen:
        return base
    for name, value in chosen.items():
        _check_choice(name, value)

    point = _operating_point(base, chosen)
    return replace(
        base,
        name=device_text(chosen),
        title=_title(point),
        values=_scaled_values(base, point),
        limits=dict(point.limits),
    )


def device_text(chosen: Mapping[str, float]) -> str:
    """The name of the parametric core with values of your own.

    >>> device_text({"neurons_per_core": 512, "voltage_v": 0.8})
    'odin_style:neurons_per_core=512,voltage_v=0.8'
    """
    parts = ",".join(f"{key}={value:.12g}" for key, value in chosen.items())
    return f"{PARAMETRIC}:{parts}" if parts else PARAMETRIC


def parse_choices(text: str) -> dict[str, float]:
    """The values in ``odin_style:neurons_per_core=512,voltage_v=0.8``.

    Raises
    ------
    SpikewattError
        Another device, or a part that is not name=number.

    Examples
    --------
    >>> parse_choices("odin_style:neurons_per_core=512,voltage_v=0.8")
    {'neurons_per_core': 512.0, 'voltage_v': 0.8}
    """
    name, _, rest = text.partition(":")
    if name != PARAMETRIC:
        raise SpikewattError(
            "device",
            "only the parametric core takes values of your own",
            repr(text),
            f"{PARAMETRIC}:name=value,…",
        )
    choices: dict[str, float] = {}
    for part in rest.split(","):
        key, value = _parse_choice(text, part)
        if key in choices:
            raise SpikewattError(f"device {text!r}", "names each value once", f"{key} twice")
        choices[key] = value
    return choices


def _parse_choice(text: str, part: str) -> tuple[str, float]:
    """``voltage_v=0.8`` as name and number."""
    key, _, number = part.strip().partition("=")
    try:
        return key, float(number)
    except ValueError:
        raise SpikewattError(
            f"device {text!r}",
            "parts are name=number",
            repr(part),
            "neurons_per_core=512, voltage_v=0.8, …",
        ) from None


def _check_choice(name: str, value: float) -> None:
    """Raise where the core has no such parameter, or not with this value."""
    if name not in CHOICES:
        raise SpikewattError(
            PARAMETRIC, "must be given what it has", repr(name), ", ".join(CHOICES)
        )
    where = f"{PARAMETRIC}: {name}"
    if name in SIZES:
        whole = int(value) if float(value).is_integer() else value
        whole_number(where, "must be a size of the core", whole, *SIZES[name])
    elif name in RANGES:
        low, high = RANGES[name]
        if not low <= value <= high:
            raise SpikewattError(
                where,
                "must be within its limits",
                value,
                f"{low:g}..{high:g}",
            )


def _operating_point(base: Card, chosen: Mapping[str, float]) -> OperatingPoint:
    """What was chosen, and the defaults of `base` for the rest."""
    voltage = float(chosen.get("voltage_v", VOLTAGE_V))
    node = chosen.get("node_nm", NODE_NM)
    if node not in ALLOWED_NODES:
        raise SpikewattError(
            f"{PARAMETRIC}: node_nm",
            "must be a planar node of the scaling table",
            f"{node:g}",
            ", ".join(map(str, ALLOWED_NODES)),
        )

    fastest = highest_clock_hz(voltage)
    clock = float(chosen.get("clock_hz", fastest))
    if clock > fastest * (1 + 1e-9):
        raise SpikewattError(
            f"{PARAMETRIC}: clock_hz",
            f"the core reaches it at {voltage:g} V",
            f"{clock:g}",
            f"<= {fastest:g}",
        )

    limits = {key: int(chosen.get(key, own)) for key, own in base.limits.items()}
    return OperatingPoint(limits, voltage, int(node), clock, chosen.get("cycles_per_sop"))


def _title(point: OperatingPoint) -> str:
    limits, node = point.limits, point.node_nm
    technology = "28 nm FDSOI" if node == NODE_NM else f"{node} nm"
    size = (
        f"{limits['neurons_per_core']} neurons, {limits['axons_per_core']} axons, "
        f"{limits['weight_bits']}-bit weights"
    )
    return f"ODIN-style core, {size}, {technology} at {point.voltage_v:g} V"


def _node_factor(node_nm: int, voltage_v: float) -> float:
    """Energy of a node relative to 28 nm at the same voltage."""
    if node_nm == NODE_NM:
        return 1.0

    def factor(node: int) -> float:
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


def _factors(base: Card, point: OperatingPoint) -> dict[str, float]:
    """Key -> what the value of `base` is multiplied with, by the laws of this module."""
    own, original = _core_size(point.limits), _core_size(base.limits)
    memory, memory_0 = synaptic_operation_pj(*own), synaptic_operation_pj(*original)
    neuron_memory = neuron_memory_ratio(own[0])
    size = _leaking_size(own, original)
    technology = (point.voltage_v / VOLTAGE_V) ** 2 * _node_factor(point.node_nm, point.voltage_v)
    area = (point.node_nm / NODE_NM) ** 2
    return {
        "energy_per_sop_j": technology * (1 - MEMORY_SHARE + MEMORY_SHARE * memory / memory_0),
        "energy_per_neuron_update_j": technology * neuron_memory,
        "energy_per_neuron_access_j": technology * neuron_memory,
        "energy_per_clock_cycle_j": technology * size,
        "energy_per_routed_event_j": technology,
        "leakage_power_w": technology * size,
        "area_per_synapse_bit_m2": area,
        "area_besides_synapses_m2": area,
    }


def _wider(key: str, point: OperatingPoint) -> float:
    """Factor on either side of a range, where there are no data of such a core."""
    at_home = point.node_nm == NODE_NM
    away = point.voltage_v / VOLTAGE_V * (1 if at_home else 2)
    if key == "leakage_power_w":
        return away**2
    if key.startswith("area") and at_home:
        return 1.0  # no voltage changes an area
    return away


def _scaled_values(base: Card, point: OperatingPoint) -> dict[str, Quantity]:
    """The values of `base` at another operating point."""
    values = dict(base.values)
    for key, factor in _factors(base, point).items():
        wider = _wider(key, point)
        if factor == 1.0 and wider == 1.0:
            continue
        note = (
            f"{base[key].source}; scaled by {factor:.3g} with the laws of the parametric core, "
            f"range wider by {wider:.2g}"
        )
        values[key] = base[key].scaled(factor, wider, status="estimated", source=note)

    at = f"{point.voltage_v:g} V"
    values["clock_hz"] = base["clock_hz"].exactly(point.clock_hz, status="assumed", conditions=at)
    if point.cycles_per_sop:
        for key in ("cycles_per_sop", "cycles_per_neuron_update"):
            values[key] = base[key].exactly(
                point.cycles_per_sop, status="assumed", source="as given"
            )
    return values
