"""What toggles while the core infers: bit changes of a waveform by part of the design, memory accesses, and shares of energy from both.

Changes while the host uses the memory port (loading, reading back) are left out, and so are clock and reset. A bit counts once where the
simulator knows that two names are one net; it counts where it settles, without glitches.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from ...errors import FileFormatError, MissingToolError, SpikewattError
from ..simulation.waveform import vcd_to_fst
from .asic import memory_prices

GROUPS = {
    "synapses": "synapse memory",
    "potentials": "neuron memory",
    "thresholds": "neuron memory",
    "biases": "neuron memory",
    "queue": "queue",
}
REST = "logic"
ALL_GROUPS = (*dict.fromkeys(GROUPS.values()), REST)
MEMORIES = tuple(name for name, group in GROUPS.items() if group.endswith("memory"))
LEFT_OUT = ("clk", "reset")
# Half of C V^2 of a net of 2 fF, gate and wire, at the 0.6 V of the memories' prices. Assumed: no layout stands behind it.
TOGGLE_J = 0.5 * 2e-15 * 0.6**2


@dataclass
class Activity:
    """What a waveform holds: bit toggles by group; reads and writes of each memory by the core; clock cycles; toggles of each bit."""

    cycles: int = 0
    toggles: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    bits: Counter[str] = field(default_factory=Counter)

    def net_rates(self) -> dict[str, float]:
        """Toggles per clock cycle of each bit of the RTL that was seen, 0 for those that rest: what `synthesise_asic` takes."""
        return {name: count / self.cycles for name, count in self.bits.items()}

    def energy_j(
        self, parameters: Mapping[str, int | str], top: str, toggle_j: float = TOGGLE_J
    ) -> dict[str, float]:
        """Relative energies [J] by group: CACTI's price of each memory access; `toggle_j` for each toggle of logic and queue.

        Only the shares mean something: glitches, clock tree and wiring are not in it.
        """
        energies = dict.fromkeys(ALL_GROUPS, 0.0)
        for price in memory_prices(parameters, top):
            accesses = self.reads[price.name] + self.writes[price.name]
            energies[GROUPS[price.name.rsplit(".", 1)[-1]]] += accesses * price.access_j
        for group in ("queue", REST):
            energies[group] += self.toggles[group] * toggle_j
        return energies

    def energy_shares(
        self, parameters: Mapping[str, int | str], top: str, toggle_j: float = TOGGLE_J
    ) -> dict[str, float]:
        """`energy_j` as shares that sum to 1."""
        energies = self.energy_j(parameters, top, toggle_j)
        total = sum(energies.values())
        return {group: value / total for group, value in energies.items()}


def group_of(name: str) -> str:
    """Part of the design that a hierarchical name lies in: the memories, the queue, or the logic."""
    return next((GROUPS[part] for part in name.split(".") if part in GROUPS), REST)


def read_activity(waveform: Path) -> Activity:
    """Read the waveform of a run of `snn_top` or of one core, FST or VCD; about a second per 300,000 changes.

    Raises
    ------
    MissingToolError : pylibfst is not installed. FileFormatError : no waveform. SpikewattError : not of the core, or nothing ran in it.
    """
    if not waveform.is_file():
        raise SpikewattError(str(waveform), "the waveform must exist", "no such file")
    if find_spec("pylibfst") is None:
        raise MissingToolError(
            "waveforms",
            "FST needs the package pylibfst",
            "not installed",
            "pip install 'spikewatt[rtl]'",
        )
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as folder:
        if waveform.suffix == ".vcd":
            fst = Path(folder) / "waveform.fst"
            vcd_to_fst(waveform, fst)
        else:
            fst = waveform
        return _read(fst, str(waveform))


def _read(fst: Path, where: str) -> Activity:
    from pylibfst import fstReaderIterBlocks, get_scopes_signals2, lib, string  # type: ignore[import-not-found]

    reader = lib.fstReaderOpen(str(fst).encode())
    if not reader:
        raise FileFormatError(where, "must be a waveform, FST or VCD", "neither")
    try:
        signals: dict[int, list[str]] = {}
        for name, signal in get_scopes_signals2(reader)[1].by_name.items():
            signals.setdefault(signal.handle, []).append(name)
        counter = _Counting(signals, where)
        lib.fstReaderSetFacProcessMaskAll(reader)
        fstReaderIterBlocks(
            reader, lambda data, time, handle, value: counter.change(time, handle, string(value))
        )
    finally:
        lib.fstReaderClose(reader)
    return counter.result()


class _Counting:
    """Takes the changes of a waveform in the order of time."""

    def __init__(self, signals: Mapping[int, list[str]], where: str):
        self.where, self.activity = where, Activity()
        outside = ("TOP.", "$rootio.")  # Verilator's own scopes
        signals = {
            handle: [n for n in names if not n.startswith(outside)]
            for handle, names in signals.items()
        }
        tops = [
            name.removesuffix(".port_enable")
            for names in signals.values()
            for name in names
            if name.endswith(".port_enable")
        ]
        if not tops:
            raise SpikewattError(
                where,
                "must be a waveform of the core",
                f"{len(signals)} signals",
                "one with port_enable",
            )
        prefix = min(tops, key=len) + "."
        self.names = {
            handle: sorted({n.removeprefix(prefix) for n in names if n.startswith(prefix)})
            for handle, names in signals.items()
        }
        self.handle = {name: handle for handle, names in self.names.items() for name in names}
        self.clock, self.port = self.handle["clk"], self.handle["port_enable"]
        self.group = {handle: self._group(names) for handle, names in self.names.items()}
        memories = [
            name.removesuffix(".enable")
            for name in self.handle
            if name.endswith(tuple(f"{m}.enable" for m in MEMORIES))
        ]
        self.memories = {
            name: (self.handle[f"{name}.enable"], self.handle[f"{name}.write"]) for name in memories
        }
        if not memories or len(memories) % len(MEMORIES):
            raise SpikewattError(
                where,
                "must show the memories of each core",
                memories,
                "synapses, potentials, thresholds, biases",
            )
        self.value: dict[int, int | None] = {}
        self.width: dict[int, int] = {}
        self.counts: dict[int, Counter[int]] = {handle: Counter() for handle in self.names}
        self.now, self.pending = -1, {}

    @staticmethod
    def _group(names: list[str]) -> str | None:
        """A net of several names belongs to the first group among them; clock and reset to none."""
        if not names or any(name.rsplit(".", 1)[-1] in LEFT_OUT for name in names):
            return None
        return min((group_of(name) for name in names), key=ALL_GROUPS.index)

    def change(self, time: int, handle: int, value: str) -> None:
        if time != self.now:
            self._settle()
            self.now = time
        self.pending[handle] = value

    def _settle(self) -> None:
        """All that changed at one time; what the clock takes is what stood before."""
        pending, self.pending = self.pending, {}
        host = self.value.get(self.port) != 0 or pending.get(self.port, "0") != "0"
        if not host and pending.get(self.clock) == "1" and self.value.get(self.clock) == 0:
            self.activity.cycles += 1
            for name, (enable, write) in self.memories.items():
                if self.value.get(enable) == 1:
                    (self.activity.writes if self.value.get(write) == 1 else self.activity.reads)[
                        name
                    ] += 1
        for handle, text in pending.items():
            self.width[handle] = len(text)
            new = int(text, 2) if set(text) <= {"0", "1"} else None
            old = self.value.get(handle)
            self.value[handle] = new
            if host or old is None or new is None or (group := self.group[handle]) is None:
                continue
            changed = old ^ new
            self.activity.toggles[group] += changed.bit_count()
            counts = self.counts[handle]
            while changed:
                counts[(changed & -changed).bit_length() - 1] += 1
                changed &= changed - 1

    def result(self) -> Activity:
        self._settle()
        if not self.activity.cycles or not self.activity.toggles:
            raise SpikewattError(
                self.where,
                "something must run in it",
                f"{self.activity.cycles} cycles",
                "a waveform of an inference",
            )
        for handle, names in self.names.items():
            if self.group[handle] is None:
                continue
            width = self.width.get(handle, 0)
            for name in names:
                for bit in range(width):
                    self.activity.bits[f"{name}[{bit}]" if width > 1 else name] = self.counts[
                        handle
                    ][bit]
        return self.activity
