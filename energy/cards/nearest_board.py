"""Boards that have no card: which core they have, and which card is nearest.

A name tells a family, a family its core: ``stm32f407`` is a STM32F4, a Cortex-M4. What is told is
a hint of an error, so that a family which is missing here costs nobody more than the hint.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from math import log
from typing import NamedTuple

from .any_chip.figures import LIKE
from .card import Card

MOST_SHOWN = 3  # cards that a hint names
LEAST_PREFIX = 4  # letters that a name and a card share, so that the card is near: `stm3`, `nrf5`


class Family(NamedTuple):
    """Chips whose names begin alike.

    Parameters
    ----------
    begins : str
        In small letters, without dashes.
    core : str
    clock_mhz : int or None
        Highest clock of most of them.
    """

    begins: str
    core: str
    clock_mhz: int | None = None


# Longer names first wins: `ra6m4` before `ra6`. From the vendors' product pages, recalled.
FAMILIES = tuple(
    Family(begins, core, clock_mhz)
    for core, members in {
        "Cortex-M0": {"stm32f0": 48, "nrf51": 16, "lpc11": 50, "xmc1": 48},
        "Cortex-M0+": {
            "stm32g0": 64, "stm32l0": 32, "stm32c0": 48, "stm32u0": 56, "samd21": 48,
            "saml21": 48, "mkl": 48, "lpc8": 30, "cc23": 48, "psoc4": 48, "pico": 133, "rp20": 133,
            "mspm0": 80, "efm32zg": 24,
        },
        "Cortex-M3": {
            "stm32f1": 72, "stm32f2": 120, "stm32l1": 32, "lpc17": 120, "sam3": 84, "bluepill": 72,
            "efm32gg": 48, "cc2650": 48, "arduinodue": 84,
        },
        "Cortex-M4": {
            "stm32f3": 72, "stm32f4": 168, "stm32g4": 170, "stm32l4": 80, "stm32wb": 64,
            "stm32wl": 48, "nrf52": 64, "ra4m1": 48, "ra6m1": 120, "ra6m2": 120, "ra6m3": 120,
            "psoc6": 150, "cy8c6": 150, "xmc4": 144, "samd51": 120, "same5": 120, "sam4": 120,
            "mk2": 120, "mk6": 180, "teensy3": 180, "tm4c": 120, "msp432": 48, "cc13": 48,
            "cc26": 48, "max32": 100, "max78": 100, "apollo": 96, "gd32f4": 200, "m48": 192,
            "m46": 200, "blackpill": 100, "nano33ble": 64, "arduinonano33ble": 64, "unor4": 48,
            "arduinounor4": 48, "microbitv2": 64, "itsybitsym4": 120, "efr32mg1": 40,
        },
        "Cortex-M23": {"ra2": 48, "saml1": 32, "m25": 64, "gd32e23": 72},
        "Cortex-M33": {
            "stm32l5": 110, "stm32u5": 160, "stm32u3": 96, "stm32h5": 250, "stm32wba": 100,
            "nrf53": 128, "nrf54": 128, "nrf91": 64, "ra4": 100, "ra6": 200, "rp23": 150,
            "pico2": 150, "lpc55": 150, "mcx": 150, "imxrt5": 200, "imxrt6": 300, "efr32mg2": 78,
            "efr32bg2": 78, "psoce8": 400, "m26": 64,
        },
        "Cortex-M7": {
            "stm32f7": 216, "stm32h7": 480, "same70": 300, "samv7": 300, "imxrt1": 600,
            "teensy4": 600, "portentah7": 480, "niclavision": 480, "openmvh7": 480, "xmc7": 250,
            "gigar1": 480,
        },
        "Cortex-M55": {"stm32n6": 800, "apollo5": 250, "ensemble": 400, "m55m1": 220},
        "Cortex-M85": {"ra8": 480},
        "Xtensa": {"esp32": 240, "esp32s": 240, "esp8266": 160},
        "RISC-V": {
            "esp32c": 160, "esp32h": 96, "esp32p": 400, "ch32v": 144, "gd32vf": 108, "gap8": 175,
            "gap9": 370, "k210": 400, "bl60": 192, "longan": 108,
        },
        "AVR": {"atmega": 16, "attiny": 20, "arduinouno": 16, "arduinomega": 16},
        "MIPS": {"pic32mz": 252, "pic32mx": 80},
        "MSP430": {"msp430": 25},
        "Cortex-A": {"raspberrypi": None, "bcm2": None, "stm32mp": None, "imx8": None},
    }.items()
    for begins, clock_mhz in members.items()
)  # fmt: skip
BOARD = re.compile(r"(nucleo|discovery|disco|eval|numaker|b|ek)(144|64|32)?[-_ ]+(?=\w)")


def family_of(name: str) -> Family | None:
    """The family of the board or chip called `name`; None for a name that tells none.

    >>> family_of("STM32F407VG").core, family_of("ESP32-S3").core, family_of("abacus")
    ('Cortex-M4', 'Xtensa', None)
    """
    plain = _plain(name)
    found = [family for family in FAMILIES if plain.startswith(family.begins)]
    if not found:
        found = [family for family in FAMILIES if f"stm32{plain}".startswith(family.begins)]
    return max(found, key=lambda family: len(family.begins), default=None)


def nearest_boards(name: str, known: Sequence[Card]) -> str:
    """What to use in place of the board called `name`, in words; "" where the name tells nothing.

    Parameters
    ----------
    name : str
        As somebody wrote it: ``stm32f407``, ``NUCLEO-F411RE``, ``esp32s3``.
    known : sequence of Card
        Microcontrollers.
    """
    plain = _plain(name)
    for card in known:  # the board of a chip, or a chip with its package and memory
        if plain.startswith(card.name) or f"stm32{plain}".startswith(card.name):
            return f"that is {card.name}"
    family = family_of(name)
    if family is None:
        return ""

    core = LIKE.get(family.core, family.core)
    with_core = [card for card in known if card.about["core"] == core]
    if not with_core:
        return f"{family.core}, not a Cortex-M: {_by_clock(family, known)}"
    likest = sorted(with_core, key=lambda card: -_alike(plain, card.name))
    near = [card for card in likest if _alike(plain, card.name) >= LEAST_PREFIX]
    names = ", ".join(card.name for card in (near or likest)[:MOST_SHOWN])
    clock = family.clock_mhz if family.clock_mhz and core == family.core else "…"
    by_core = f"{core.lower()}:clock_mhz={clock}"
    like = "" if core == family.core else f" (nearest: {core})"
    return f"{family.core}{like}: {names}, or {by_core}"


def _alike(first: str, second: str) -> int:
    """How many letters two names begin with together."""
    together = takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return len(list(together))


def _by_clock(family: Family, known: Sequence[Card]) -> str:
    """The card that runs about as fast, where nothing else is alike."""
    clock_mhz = family.clock_mhz
    if clock_mhz is None or not known:
        return "no card here is near it"
    near = min(known, key=lambda card: abs(log(card["clock_hz"].value / 1e6 / clock_mhz)))
    return f"by clock alone the nearest card is {near.name}, its cycles are those of another core"


def _plain(name: str) -> str:
    """`name` in small letters, without dashes and the maker's word for a board."""
    without_board = (
        BOARD.sub("", name.lower(), count=1) if BOARD.match(name.lower()) else name.lower()
    )
    return "".join(letter for letter in without_board if letter.isalnum())
