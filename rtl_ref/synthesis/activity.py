"""What toggles while the core infers, and shares of energy from it.

Bit changes of a waveform by part of the design, and memory accesses. Changes while the host uses
the memory port (loading, reading back) are left out, and so are clock and reset. A bit counts
once where the simulator knows that two names are one net; it counts where it settles, without
glitches.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from ...errors import FileFormatError, SpikewattError
from ..simulation.waveform import check_waveform_tools, vcd_to_fst
from .toggles import Activity, Toggles


def read_activity(waveform: Path) -> Activity:
    """Read the waveform of a run of `snn_top` or of one core; about a second per 300,000 changes.

    Parameters
    ----------
    waveform : path, FST or VCD

    Raises
    ------
    MissingToolError : pylibfst is not installed.
    FileFormatError : no waveform.
    SpikewattError : not of the core, or nothing ran in it.
    """
    if not waveform.is_file():
        raise SpikewattError(str(waveform), "the waveform must exist", "no such file")
    check_waveform_tools()
    if waveform.suffix != ".vcd":
        return _read(waveform, str(waveform))

    with tempfile.TemporaryDirectory(prefix="spikewatt-") as folder:
        fst = Path(folder) / "waveform.fst"
        vcd_to_fst(waveform, fst)
        return _read(fst, str(waveform))


def _read(fst: Path, where: str) -> Activity:
    from pylibfst import (  # type: ignore[import-not-found]
        fstReaderIterBlocks,
        get_scopes_signals2,
        lib,
        string,
    )

    reader = lib.fstReaderOpen(str(fst).encode())
    if not reader:
        raise FileFormatError(where, "must be a waveform, FST or VCD", "neither")
    try:
        _, signals = get_scopes_signals2(reader)
        names: dict[int, list[str]] = {}
        for name, signal in signals.by_name.items():
            names.setdefault(signal.handle, []).append(name)
        toggles = Toggles(names, where)

        def change(_, time: int, handle: int, value) -> None:
            toggles.change(time, handle, string(value))

        lib.fstReaderSetFacProcessMaskAll(reader)
        fstReaderIterBlocks(reader, change)
    finally:
        lib.fstReaderClose(reader)

    return toggles.result()
