"""synthesise: how large and how fast the core is that runs a network, on an FPGA or in cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...errors import SpikewattError
from ...sim.network.spiking_network import SpikingNetwork
from ..design import CHAIN, STATE_BITS
from .asic import AsicReport, synthesise_asic
from .fpga import DEVICE, SEEDS, synthesise_fpga
from .fpga_report import FpgaReport
from .parameters import AXI, parameters_of, parameters_of_sizes


def synthesise(
    network: SpikingNetwork | Sequence[int],
    *,
    device: str | None = None,
    speed_grade: int | None = None,
    seeds: Sequence[int] | None = None,
    liberty: Path | str | None = None,
    activity: Mapping[str, float] | None = None,
    memory_access_s: float | None = None,
    clock_hz: float = 100e6,
    state_bits: int = STATE_BITS,
    axi: bool = False,
    cycles_per_sop: int | None = None,
) -> FpgaReport | AsicReport:
    """Synthesise the chain of cores that runs a network.

    With `device`, or without either, it is placed and routed on an FPGA; with `liberty` its logic
    is mapped to standard cells. Takes up to a minute, and nothing where the same was done before.

    Parameters
    ----------
    network : SpikingNetwork that `verify` takes; or sizes of layers, the input first
    device : Lattice ECP5 or iCE40, or Gowin; default LFE5U-45F
    speed_grade : of an ECP5: 6, 7 or 8 (default)
    seeds : of the placer, default 1, 2, 3; the clock is their median
    axi : whether the chain stands behind its AXI4-Lite registers, default False
    cycles_per_sop : 2 (default) or more; from 3 on the memories have an output register
    liberty : path of a cell library, plain or gzipped, in place of a device
    activity : net of the RTL -> toggles per clock cycle, as `read_activity(...).net_rates()` gives
        them, for the power in a library; default 0.1 on every net
    memory_access_s : access time of the memories beside a library, s, default 0
    clock_hz : clock to aim at, Hz, default 100 MHz
    state_bits : width of a potential, bits, default 24

    Returns
    -------
    FpgaReport, with LUTs, block RAMs and clock; or AsicReport, with area and, where OpenSTA is
    installed, clock and power.

    Raises
    ------
    DoesNotFitError : the network is none that the cores execute, or the device is too small.
    MissingToolError : Yosys or nextpnr is not installed.
    SpikewattError : an option out of range, or one that the other kind of target has.

    >>> synthesise([784, 48, 10]).row()  # doctest: +SKIP
    """
    if isinstance(network, SpikingNetwork):
        parameters = parameters_of(network, state_bits)
    else:
        parameters = parameters_of_sizes(list(network), state_bits=state_bits)

    if cycles_per_sop is not None:
        parameters["CYCLES_PER_SOP"] = cycles_per_sop

    top = AXI if axi else CHAIN
    if liberty is None:
        of_cells = {
            "activity": activity,
            "memory_access_s": memory_access_s,
        }
        _refuse(of_cells, "goes with a cell library", "liberty=…")
        return synthesise_fpga(
            parameters,
            top,
            goal_hz=clock_hz,
            device=DEVICE if device is None else device,
            speed_grade=speed_grade,
            seeds=SEEDS if seeds is None else seeds,
        )

    of_devices = {
        "device": device,
        "speed_grade": speed_grade,
        "seeds": seeds,
    }
    _refuse(of_devices, "goes with an FPGA", "leave liberty out")
    return synthesise_asic(
        parameters,
        Path(liberty),
        activity,
        clock_hz=clock_hz,
        top=top,
        memory_access_s=0.0 if memory_access_s is None else memory_access_s,
    )


def _refuse(options: Mapping[str, object], law: str, allowed: str) -> None:
    """Raise for options that were given to the wrong kind of target."""
    for name, value in options.items():
        if value is not None:
            got = value if not isinstance(value, Mapping) else "rates of nets"
            raise SpikewattError(f"synthesise.{name}", law, got, allowed)
