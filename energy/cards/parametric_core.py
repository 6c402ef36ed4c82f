"""The parametric core: `odin_style` with another size, width, voltage, clock or node.

    E_sop = E_0 ((1 − m) + m M / M_0) (V / 0.55 V)² F
    M = R + W of the neuron word + (R + W of 32 synapse bits) · bits / 32

The neuron word has 128 bits, and with gates one more. M by CACTI's table (32 nm LOP, 0.6 V),
log-log over the size of the memory; m = 0.53, CACTI's M_0 of ODIN over its measured E_sop. Leakage
follows memory bits and neurons half and half. F is Stillmaker and Baas's factor of the node, which
for 28 nm is interpolated. Away from 0.55 V and 28 nm there are no data of such a core: ranges widen
by V / 0.55 V to either side, and by 2 at another node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...errors import SpikewattError, whole_number
from .card import Card, Quantity
from .scaling_laws import (
    NODE_NM,
    VOLTAGE_V,
    Number,
    OperatingPoint,
    factors,
    highest_clock_hz,
    wider_by,
)

PARAMETRIC = "odin_style"
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
    "neuron_gates": (0, 1),
}
RANGES = {"voltage_v": (0.55, 1.0), "clock_hz": (1e3, 1e8), "cycles_per_sop": (1.0, 16.0)}
CHOICES = (*SIZES, *RANGES, "node_nm")
ROUNDING = 1e-9  # by which a clock may lie above the highest


def is_parametric(device: str) -> bool:
    """Whether the size, node and voltage of the device of this name can be chosen.

    >>> is_parametric("odin_style:voltage_v=0.8"), is_parametric("odin_style_7nm")
    (True, False)
    """
    return device.partition(":")[0] == PARAMETRIC


def at_operating_points(
    base: Card,
    voltage_v: Number = VOLTAGE_V,
    clock_hz: Number | None = None,
    end: str = "value",
    **chosen: float,
) -> dict[str, Number]:
    """The values of `base` that depend on size, node, voltage and clock, at many points at once.

    They are what `scaled_core` gives, for `Bill.reprice`.

    Parameters
    ----------
    base : Card
        ``load_card("odin_style")``.
    voltage_v : float or (points,) ndarray
        V, 0.55 to 1.0.
    clock_hz : float or (points,) ndarray, optional
        Hz, at most `highest_clock_hz`; by default that.
    end : str, default "value"
        ``value``, or ``low`` or ``high`` for an end of the range.
    **chosen
        Sizes and node, as of `scaled_core`.

    Raises
    ------
    SpikewattError
        A voltage or clock beyond the limits, or as `scaled_core`.

    Examples
    --------
    >>> from spikewatt.energy.cards.load import load_card
    >>> found = at_operating_points(load_card("odin_style"), np.array([0.55, 1.1 / 2 * 1.5]))
    >>> (found["energy_per_sop_j"] / 8.43e-12).round(6).tolist()
    [1.0, 2.25]
    """
    for name, value in chosen.items():
        check_choice(name, value)
    low, high = RANGES["voltage_v"]
    voltages = np.asarray(voltage_v)
    if not ((voltages >= low) & (voltages <= high)).all():
        got = f"{voltages.min():g}..{voltages.max():g}"
        law = "must be within its limits"
        raise SpikewattError(f"{PARAMETRIC}: voltage_v", law, got, f"{low:g}..{high:g}")

    fastest = highest_clock_hz(voltage_v)
    clock = fastest if clock_hz is None else clock_hz
    if not (np.asarray(clock) <= np.asarray(fastest) * (1 + ROUNDING)).all():
        law = "the core reaches it at its voltage"
        got = f"{np.max(clock):g} Hz"
        raise SpikewattError(f"{PARAMETRIC}: clock_hz", law, got, "<= highest_clock_hz(voltage_v)")

    size = _operating_point(base, chosen)
    point = replace(size, voltage_v=voltage_v, clock_hz=clock)
    values: dict[str, Number] = {}
    for key, factor in factors(base, point).items():
        wider = {"value": 1.0, "low": 1 / wider_by(key, point), "high": wider_by(key, point)}[end]
        values[key] = getattr(base[key], end) * factor * wider
    values["clock_hz"] = clock
    return values


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
    neuron_gates : int
        0 or 1; needed where neurons stay silent unless they fire early. The word of a neuron has a
        bit more, which its memory, accesses and operations pay for.
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
        check_choice(name, value)

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
            "only the parametric core and a chip by its core take values of your own",
            repr(text),
            f"{PARAMETRIC}:name=value,… or cortex-m4:clock_mhz=168,…",
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


def check_choice(name: str, value: float) -> None:
    """Raise SpikewattError where the core has no such parameter, or not with this value."""
    if name not in CHOICES:
        raise SpikewattError(
            PARAMETRIC, "must be given what it has", repr(name), ", ".join(CHOICES)
        )
    where = f"{PARAMETRIC}: {name}"
    if name in SIZES:
        whole = int(value) if float(value).is_integer() else value
        whole_number(where, "must be a size of the core", whole, *SIZES[name])
    elif name == "node_nm":
        if value not in ALLOWED_NODES:
            nodes = ", ".join(map(str, ALLOWED_NODES))
            law = "must be a planar node of the scaling table"
            raise SpikewattError(where, law, f"{value:g}", nodes)
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
    fastest = highest_clock_hz(voltage)
    clock = float(chosen.get("clock_hz", fastest))
    if clock > fastest * (1 + ROUNDING):
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


def _scaled_values(base: Card, point: OperatingPoint) -> dict[str, Quantity]:
    """The values of `base` at another operating point."""
    values = dict(base.values)
    for key, factor in factors(base, point).items():
        wider = wider_by(key, point)
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
