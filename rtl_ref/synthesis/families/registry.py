"""All FPGA families, and the family of a device by its name."""

from __future__ import annotations

from ....errors import one_of
from .ecp5 import Ecp5
from .family import Device, Family
from .gowin import Gowin
from .ice40 import Ice40

FAMILIES: tuple[Family, ...] = (Ecp5(), Ice40(), Gowin())
DEVICES = {name: family for family in FAMILIES for name in family.devices}


def family_of(name: str) -> tuple[Family, Device]:
    """The family and the device of that name.

    Raises
    ------
    SpikewattError : no such device; all are named.

    >>> family_of("LFE5U-45F")[1].has.block_rams
    108
    """
    one_of("synth.device", "must be an FPGA", name, DEVICES)
    family = DEVICES[name]
    return family, family.devices[name]
