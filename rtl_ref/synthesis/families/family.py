"""An FPGA family: which tools place a design on it, what its devices have, what a memory takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from ....energy.cards.card import Quantity

CLOCK_PORTS = ("clk", "aclk")
LUT, FLIP_FLOP, BLOCK_RAM = "LUT", "flip-flop", "block RAM"


@dataclass(frozen=True)
class Resources:
    """What a device has, or what a design takes of it.

    Parameters
    ----------
    luts : look-up tables, those of carry chains and of distributed RAM among them
    flip_flops : registers of one bit
    block_rams : blocks of memory
    multipliers : blocks that multiply
    """

    luts: int
    flip_flops: int
    block_rams: int
    multipliers: int

    def share_of(self, whole: Resources) -> dict[str, float]:
        """Resource -> what this is of `whole`, 0..1 and more; 0 of what a device has none of.

        >>> Resources(50, 10, 2, 0).share_of(Resources(100, 100, 4, 0))
        {'luts': 0.5, 'flip_flops': 0.1, 'block_rams': 0.5, 'multipliers': 0.0}
        """
        shares = {}
        for field in fields(self):
            used, has = getattr(self, field.name), getattr(whole, field.name)
            shares[field.name] = used / has if has else float(used > 0)

        return shares


@dataclass(frozen=True)
class Device:
    """One size of a family.

    Parameters
    ----------
    name : as its maker calls it
    options : of the placer, which choose it and its package
    has : what it has, by the placer's own data base
    speed_grades : that it is sold in, the fastest last; none where the name holds it
    clock_pin : that the clock comes in by, where the placer must know
    """

    name: str
    options: tuple[str, ...]
    has: Resources
    speed_grades: tuple[int, ...] = ()
    clock_pin: str | None = None


@dataclass(frozen=True)
class FpgaPower:
    """What a device uses, each with its range and where it comes from.

    Parameters
    ----------
    static_w : of the whole device, configured and at rest, W
    clock_j : of the clock's tree in a cycle, J
    logic_j : of a LUT, its register and its wires in a cycle, J
    block_j : of an access to a block RAM, J
    """

    static_w: Quantity
    clock_j: Quantity
    logic_j: Quantity
    block_j: Quantity


class Family:
    """What synthesis asks of an FPGA family; each is a class of its own.

    Attributes
    ----------
    name : of the family, as its maker calls it
    placer : program that places and routes, and the package on PyPI that holds it
    packer : program that makes a bitstream of what the placer wrote
    extra : of this package's dependencies, which installs the placer
    devices : by name
    block_ram : what its makers call a block of memory
    block_shapes : (width [bits], depth [words]) that a block may have
    least_block_words : words from which on Yosys may take a block; fewer always lie in LUTs
    cells : type of a placed cell -> LUT, FLIP_FLOP or BLOCK_RAM, for pictures
    """

    name: str
    placer: str
    packer: str
    extra: str
    devices: Mapping[str, Device]
    block_ram: str
    block_shapes: tuple[tuple[int, int], ...]
    least_block_words: int
    cells: Mapping[str, str]

    def synthesis(self, top: str, device: Device) -> str:
        """The command of Yosys that maps `top` to the cells of the family."""
        raise NotImplementedError

    def out_of_context(self, netlist: dict, top: str) -> None:
        """Change a netlist so that its ports take no pins, but for the clock where it needs one."""

    def placing(self, device: Device, speed_grade: int | None) -> list[str]:
        """Arguments of the placer for a device."""
        return list(device.options)

    def pack(self, device: Device, pins: bool) -> tuple[list[str], list[str]] | None:
        """Arguments of the placer and of the packer for a bitstream; None for no packer.

        Parameters
        ----------
        device : to place on
        pins : whether the file ``pins`` names those of the board
        """
        return None

    def constraints(self, device: Device, clock: str) -> str | None:
        """Text of the file ``pins`` that the placer reads; None for no file."""
        return None

    def used(self, placed: Mapping[str, int], cells: Mapping[str, int]) -> Resources:
        """What a placed design takes.

        Parameters
        ----------
        placed : the placer's own types -> count
        cells : types of the netlist -> count
        """
        raise NotImplementedError

    def needed(self, cells: Mapping[str, int]) -> Resources:
        """What a netlist takes at least, before it is placed."""
        raise NotImplementedError

    def is_block_ram(self, kind: str) -> bool:
        """Whether a cell of the netlist is a block of memory."""
        raise NotImplementedError

    def power(self, device: Device) -> FpgaPower:
        """What a device uses."""
        raise NotImplementedError

    def place_of(self, bel: str) -> tuple[float, float] | None:
        """Column and row of a placed cell, from the placer's name of its site."""
        found = re.match(r"X(\d+)/Y(\d+)/", bel)
        return (int(found[1]), int(found[2])) if found else None

    def blocks(self, width: int, depth: int) -> int:
        """Fewest blocks that hold a memory of `depth` words of `width` bits.

        Parameters
        ----------
        width : bits
        depth : words
        """
        counts = []
        for block_width, block_depth in self.block_shapes:
            across, down = -(-width // block_width), -(-depth // block_depth)
            counts.append(across * down)

        return min(counts)

    def __repr__(self) -> str:
        return f"Family({self.name})"


def clock_of(ports: Mapping[str, object]) -> str:
    """Name of the clock among a module's ports.

    >>> clock_of({"clk": 1, "reset": 2})
    'clk'
    """
    return next(name for name in CLOCK_PORTS if name in ports)


def sum_of(cells: Mapping[str, int], pattern: str) -> int:
    """How many cells have a type that matches `pattern` as a whole.

    >>> sum_of({"SB_DFF": 2, "SB_DFFE": 3, "SB_LUT4": 5}, "SB_DFF.*")
    5
    """
    return sum(count for kind, count in cells.items() if re.fullmatch(pattern, kind))
