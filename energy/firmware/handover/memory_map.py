"""Where flash and RAM of a microcontroller begin, for its linker script."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...cards.card import Card

ROOMY_BYTES = 2**27
RAM_ADDRESS = 0x2000_0000  # where Arm's memory map has SRAM
UNKNOWN = "the addresses are those of an STM32: this chip's are not known here"
OF_VENDOR = "the addresses are recalled from the vendor's linker scripts"
BOOT = "it starts from a boot header of the vendor's SDK: build src/ as part of a project of it"


@dataclass(frozen=True)
class MemoryMap:
    """Addresses and bytes of flash and RAM, and what to check.

    ``ram_bytes`` is what lies in one piece, which may be less than the chip has.
    """

    flash_address: int
    flash_bytes: int
    ram_address: int
    ram_bytes: int
    note: str

    @property
    def roomy(self) -> MemoryMap:
        """The same addresses with more bytes than any microcontroller has."""
        return replace(self, flash_bytes=ROOMY_BYTES, ram_bytes=ROOMY_BYTES)


@dataclass(frozen=True)
class _Place:
    """Of chips whose card's name begins with ``name``; `in_one_piece` of 0: all of the RAM."""

    name: str
    flash_address: int
    ram_address: int = RAM_ADDRESS
    in_one_piece: int = 0
    note: str = OF_VENDOR


# The more particular before its family.
PLACES = (
    _Place("stm32h743", 0x0800_0000, 0x2400_0000, 524_288),
    _Place("stm32h7a3", 0x0800_0000, 0x2400_0000, 1_048_576),
    _Place("stm32f746", 0x0800_0000, RAM_ADDRESS, 327_680),
    _Place("stm32", 0x0800_0000),
    _Place("nrf", 0x0),
    _Place("ra6m4", 0x0),
    _Place("m467", 0x0),
    _Place("apollo", 0xC000, 0x1000_0000, note=f"{OF_VENDOR}, behind its boot loader"),
    _Place("psoc62", 0x1000_0000, 0x0800_0000, note=f"{OF_VENDOR}; {BOOT}"),
    _Place("rp2", 0x1000_0000, note=f"{OF_VENDOR}; {BOOT}"),
    _Place("imxrt1062", 0x6000_0000, 0x2020_0000, 524_288, f"{OF_VENDOR}; {BOOT}"),
)


def memory_map(card: Card) -> MemoryMap:
    """Addresses of a card's chip, and sizes from its limits.

    Parameters
    ----------
    card : of a microcontroller
    """
    # Of a chip by its core nobody may have said how much there is.
    sizes = (min(card.limits[key], ROOMY_BYTES) for key in ("flash_bytes", "ram_bytes"))
    flash_bytes, ram_bytes = sizes
    found = next((place for place in PLACES if card.chip.startswith(place.name)), None)
    if found is None:
        return MemoryMap(0x0800_0000, flash_bytes, RAM_ADDRESS, ram_bytes, UNKNOWN)
    in_one_piece = min(ram_bytes, found.in_one_piece or ram_bytes)
    return MemoryMap(found.flash_address, flash_bytes, found.ram_address, in_one_piece, found.note)
