"""What an FPGA uses: published measurements where there are any, else scaled or derived from them.

    E = P_static t + cycles (E_clock + LUTs E_logic) + sum over memories of accesses blocks E_block

Measured: an iCE40UP5K at 1.219 V (github.com/tinyvision-ai-inc/ice40_power, table of core
currents): 85.6 uA with a blank design; 613.5 and 641.3 uA with counters of 32 and 228 cells at
12 MHz, and 645 and 996 uA without and with a multiplier of 180 cells whose inputs change in every
cycle. Its block RAMs are not in that table, and of the other families no such table is at hand:
they are scaled, with ranges that say so.
"""

from __future__ import annotations

from ....energy.cards.cacti import access_pj
from ....energy.cards.card import Quantity
from .family import Device, FpgaPower

SOURCE = "github.com/tinyvision-ai-inc/ice40_power, core current of an iCE40UP5K"
MEASURED_V, MEASURED_HZ, MEASURED_LUTS = 1.219, 12e6, 5280
AMPERES = 1e-6

# Core currents of that table, A.
BLANK = 85.6 * AMPERES
COUNTERS = {32: 613.5 * AMPERES, 228: 641.3 * AMPERES}  # cells -> current
BEFORE_MULTIPLIER, MULTIPLIER, MULTIPLIER_CELLS = 645 * AMPERES, 996 * AMPERES, 180

CACTI_V, CACTI_NM = 0.6, 32
CACTI_BITS = 32
CROSSCHECK = 10.0  # how much a block of an FPGA may use more than a plain memory of its size


def measured_power() -> FpgaPower:
    """Coefficients of the iCE40UP5K; only its block RAM is derived.

    >>> power = measured_power()
    >>> f"{power.static_w.value * 1e6:.0f} uW, {power.clock_j.value * 1e12:.0f} pJ"
    '104 uW, 53 pJ'
    """
    per_cycle = MEASURED_V / MEASURED_HZ
    (few, at_few), (many, at_many) = COUNTERS.items()
    quiet = (at_many - at_few) / (many - few) * per_cycle
    busy = (MULTIPLIER - BEFORE_MULTIPLIER) / MULTIPLIER_CELLS * per_cycle
    clock = (at_few - BLANK) * per_cycle - few * quiet
    conditions = f"{MEASURED_V} V, room temperature"

    return FpgaPower(
        static_w=Quantity(
            BLANK * MEASURED_V,
            BLANK * MEASURED_V * 0.7,
            BLANK * MEASURED_V * 2,
            "measured",
            conditions,
            f"{SOURCE}; range for chips and temperature, assumed",
        ),
        clock_j=Quantity(
            clock,
            clock * 0.8,
            clock * 1.3,
            "measured",
            conditions,
            f"{SOURCE}; range for the reach of the tree, assumed",
        ),
        logic_j=Quantity(
            (quiet * busy) ** 0.5,
            quiet,
            busy,
            "measured",
            conditions,
            f"{SOURCE}: low a counter, high a multiplier, value their geometric mean",
        ),
        block_j=block_energy(MEASURED_V, 40, 512, 16),
    )


def block_energy(voltage_v: float, node_nm: float, size_bytes: float, width: int) -> Quantity:
    """Energy of an access to one block RAM, J.

    CACTI's energy of a plain memory of that size, times (V / 0.6 V)² and node / 32 nm: the low
    end. A block of an FPGA has two ports and many widths: the high end is ten times that, the
    value their geometric mean.

    Parameters
    ----------
    voltage_v : of the core, V
    node_nm : of the process, nm
    size_bytes : of a block
    width : of its widest port, bits
    """
    table_pj = access_pj(max(size_bytes, 1024)) / 2  # its price is of a read and a write
    scale = (voltage_v / CACTI_V) ** 2 * node_nm / CACTI_NM
    low = table_pj * 1e-12 * width / CACTI_BITS * scale
    return Quantity(
        low * CROSSCHECK**0.5,
        low,
        low * CROSSCHECK,
        "estimated",
        f"{voltage_v} V, {node_nm:g} nm, {width} bits",
        "CACTI 7, 32 nm LOP, 0.6 V, scaled; no published figure of the block was found",
    )


def scaled_power(
    device: Device,
    voltage_v: float,
    node_nm: float,
    static_w: Quantity,
    block_bytes: float,
    block_width: int,
) -> FpgaPower:
    """Coefficients of another device, scaled from the iCE40UP5K by V² and node.

    Logic widens by 2 to either side. A clock tree is at least that of the iCE40UP5K and at most
    as much larger as the device has more LUTs; the value is the geometric mean.

    Parameters
    ----------
    device : its LUTs count
    voltage_v : of the core, V
    node_nm : of the process, nm
    static_w : of the device, W
    block_bytes : size of a block RAM
    block_width : of its widest port, bits
    """
    base = measured_power()
    factor = (voltage_v / MEASURED_V) ** 2 * node_nm / 40
    larger = max(device.has.luts / MEASURED_LUTS, 1.0)
    how = {"status": "estimated", "conditions": f"{voltage_v} V, {node_nm:g} nm"}
    source = f"scaled by V² and node from {SOURCE}"
    clock = base.clock_j
    return FpgaPower(
        static_w=static_w,
        clock_j=Quantity(
            clock.value * factor * larger**0.5,
            clock.low * factor,
            clock.high * factor * larger,
            **how,
            source=f"{source}, and by up to the ratio of LUTs",
        ),
        logic_j=base.logic_j.scaled(factor, wider=2.0, **how, source=source),
        block_j=block_energy(voltage_v, node_nm, block_bytes, block_width),
    )


def leakage(datasheet_a: float, voltage_v: float) -> Quantity:
    """Static power from a data sheet's typical standby current of the core at 85 °C.

    Leakage falls about threefold to room temperature, which is the value; the data sheet's figure
    is the high end, a tenth of it the low end.

    Parameters
    ----------
    datasheet_a : current at 85 °C, A
    voltage_v : of the core, V
    """
    hot = datasheet_a * voltage_v
    return Quantity(
        hot / 3,
        hot / 10,
        hot,
        "assumed",
        f"{voltage_v} V, room temperature",
        "recalled from the data sheet's standby currents, which was not at hand; "
        "a third at room temperature, assumed",
    )
