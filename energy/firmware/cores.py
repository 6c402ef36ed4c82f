"""The cores that firmware is compiled for, executed on, and timed by."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import one_of
from .assumed_timing import CortexM7, CortexM33
from .published_timing import CortexM0Plus, CortexM4
from .timing import Timing


@dataclass(frozen=True)
class FirmwareCore:
    """One core: how compilers and the emulator call it, and what its instructions cost.

    Parameters
    ----------
    name : as the cards write it
    zig_cpu, gcc_cpu : of ``-mcpu``
    emulated_as : name of the emulator's model, without ``UC_CPU_ARM_``; the Cortex-M0 executes the
        instructions of the Cortex-M0+, which is the same architecture
    has_dsp : whether it adds halves and bytes side by side (SADD16, SXTAB16, SMLAD)
    timing : cycles of its instructions
    """

    name: str
    zig_cpu: str
    gcc_cpu: str
    emulated_as: str
    has_dsp: bool
    timing: Timing

    @property
    def zig_target(self) -> tuple[str, ...]:
        """Arguments of Zig's compiler."""
        return ("-target", "thumb-freestanding-eabi", f"-mcpu={self.zig_cpu}")


FIRMWARE_CORES = {
    core.name: core
    for core in (
        FirmwareCore(
            "Cortex-M0+", "cortex_m0plus", "cortex-m0plus", "CORTEX_M0", False, CortexM0Plus()
        ),
        FirmwareCore("Cortex-M4", "cortex_m4", "cortex-m4", "CORTEX_M4", True, CortexM4()),
        FirmwareCore("Cortex-M33", "cortex_m33+dsp", "cortex-m33", "CORTEX_M33", True, CortexM33()),
        FirmwareCore("Cortex-M7", "cortex_m7", "cortex-m7", "CORTEX_M7", True, CortexM7()),
    )
}


def core_named(name: str) -> FirmwareCore:
    """The core of that name; SpikewattError where firmware is not built for it.

    Examples
    --------
    >>> core_named("Cortex-M4").zig_cpu
    'cortex_m4'
    """
    law = "must be a core that firmware is built for"
    return FIRMWARE_CORES[one_of("firmware.core", law, name, FIRMWARE_CORES)]
