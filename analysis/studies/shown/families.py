"""Devices that one colour stands for."""

from __future__ import annotations

from dataclasses import dataclass

from ...report.figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY
from ..benchmark.prices import BESIDE


@dataclass(frozen=True)
class Family:
    """Devices of one kind.

    Parameters
    ----------
    name : str
        In the legend.
    colour : str
    begins : tuple of str
        How the names of its devices begin.
    with_host : bool, default False
        Whether a host is charged, too.
    """

    name: str
    colour: str
    begins: tuple[str, ...]
    with_host: bool = False

    def has(self, device: str) -> bool:
        """Whether a device is one of them."""
        return device.startswith(self.begins) and self.with_host == (BESIDE in device)


CORES = ("odin", "tinyodin", "reference_core")
FAMILIES = (
    Family("neuromorphic core", BLUE, CORES),
    Family("core with its microcontroller", SKY, CORES, with_host=True),
    Family("STM32L4R5 (Cortex-M4)", ORANGE, ("stm32l4",)),
    Family("STM32U575 (Cortex-M33)", GREEN, ("stm32u",)),
    Family("STM32H743, H7A3 (Cortex-M7)", RED, ("stm32h",)),
    Family("0.9 pJ an addition, 4.6 pJ a multiplication", GREY, ("rule_",)),
)
REST = Family("FPGA and standard cells", PURPLE, ("",))


def family_of(device: str) -> Family:
    """The family of a device.

    Examples
    --------
    >>> family_of("stm32h743").name, family_of("odin_style+stm32l4r5").with_host
    ('STM32H743, H7A3 (Cortex-M7)', True)
    """
    return next((family for family in FAMILIES if family.has(device)), REST)
