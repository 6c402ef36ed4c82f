"""Count the changes of a waveform by net and by part of the design."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import SpikewattError
from ..design import Parameters
from .memory_prices import memory_prices

# Instance of the design -> the part that it belongs to; all else is logic.
GROUPS = {
    "synapses": "synapse memory",
    "potentials": "neuron memory",
    "thresholds": "neuron memory",
    "biases": "neuron memory",
    "queue": "queue",
}
LOGIC = "logic"
ALL_GROUPS: tuple[str, ...] = (
    "synapse memory",
    "neuron memory",
    "queue",
    LOGIC,
)
MEMORIES = ("synapses", "potentials", "thresholds", "biases")
LEFT_OUT = {"clk", "reset"}
SIMULATORS_OWN = (
    "TOP.",
    "$rootio.",
)  # Verilator's scopes outside of the design

# Half of C V² of a net of 2 fF, gate and wire, at the 0.6 V of the memories' prices. Assumed: no
# layout stands behind it.
TOGGLE_J = 0.5 * 2e-15 * 0.6**2


@dataclass
class Activity:
    """What a waveform holds.

    Parameters
    ----------
    cycles : clock cycles of the core
    toggles : group -> bits that changed
    reads : memory -> reads by the core
    writes : memory -> writes by the core
    bits : net of one bit -> how often it changed
    """

    cycles: int = 0
    toggles: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    bits: Counter[str] = field(default_factory=Counter)

    def net_rates(self) -> dict[str, float]:
        """Toggles per clock cycle of each bit of the RTL that was seen, 0 for those that rest.

        `synthesise_asic` takes them.
        """
        return {name: count / self.cycles for name, count in self.bits.items()}

    def energy_j(
        self,
        parameters: Parameters,
        top: str,
        toggle_j: float = TOGGLE_J,
    ) -> dict[str, float]:
        """Relative energies by group, J.

        CACTI's price of each memory access, and a price for each toggle of logic and queue. Only
        the shares mean something: glitches, clock tree and wiring are not in it.

        Parameters
        ----------
        parameters : of the module that ran
        top : ``integrate_and_fire_core`` or ``snn_top``
        toggle_j : price of a toggle, J, default 0.36 fJ
        """
        energies = dict.fromkeys(ALL_GROUPS, 0.0)
        for price in memory_prices(parameters, top):
            accesses = self.reads[price.name]
            accesses += self.writes[price.name]
            group = group_of(price.name)
            energies[group] += accesses * price.access_j

        for group in ("queue", LOGIC):
            energies[group] += self.toggles[group] * toggle_j

        return energies

    def energy_shares(
        self,
        parameters: Parameters,
        top: str,
        toggle_j: float = TOGGLE_J,
    ) -> dict[str, float]:
        """`energy_j`, with the same parameters, as shares that sum to 1."""
        energies = self.energy_j(parameters, top, toggle_j)
        total = sum(energies.values())
        return {group: value / total for group, value in energies.items()}

    def __repr__(self) -> str:
        return f"Activity({self.cycles:,} cycles, {self.toggles.total():,} toggles)"


def group_of(name: str) -> str:
    """Part of the design that a hierarchical name lies in: the memories, the queue, or the logic.

    >>> group_of("g_core[0].core.thresholds.rdata")
    'neuron memory'
    """
    for part in name.split("."):
        if part in GROUPS:
            return GROUPS[part]

    return LOGIC


class Toggles:
    """Takes the changes of a waveform in the order of time.

    Parameters
    ----------
    signals : handle -> names of the net
    where : name of the waveform, for errors

    Raises
    ------
    SpikewattError : not a waveform of the core.
    """

    def __init__(self, signals: Mapping[int, list[str]], where: str):
        self.where = where
        self.activity = Activity()
        self.names = _names_in_the_core(signals, where)

        self.group: dict[int, str | None] = {}
        handle_of = {}
        for handle, names in self.names.items():
            self.group[handle] = _group(names)
            handle_of.update(dict.fromkeys(names, handle))

        self.clock = handle_of["clk"]
        self.port = handle_of["port_enable"]
        self.memories = _enables(handle_of, where)

        self.value: dict[int, int | None] = {}  # None where a bit is unknown
        self.width: dict[int, int] = {}
        self.counts: dict[int, Counter[int]] = {}
        for handle in self.names:
            self.counts[handle] = Counter()

        self.now = -1
        self.pending: dict[int, str] = {}  # changes of this time

    def change(self, time: int, handle: int, value: str) -> None:
        """A change of a net."""
        if time != self.now:
            self._settle()
            self.now = time

        self.pending[handle] = value

    def result(self) -> Activity:
        """All that was counted; raises SpikewattError if nothing ran."""
        self._settle()
        activity = self.activity
        if not activity.cycles or not activity.toggles:
            raise SpikewattError(
                self.where,
                "something must run in it",
                f"{activity.cycles} cycles",
                "a waveform of an inference",
            )

        for handle, names in self.names.items():
            if self.group[handle] is not None:
                for name in names:
                    self._bits(handle, name)

        return activity

    def _bits(self, handle: int, name: str) -> None:
        width = self.width.get(handle, 0)
        counts = self.counts[handle]
        for bit in range(width):
            single = f"{name}[{bit}]" if width > 1 else name
            self.activity.bits[single] = counts[bit]

    def _settle(self) -> None:
        """All that changed at one time; what the clock takes is what stood before."""
        pending, self.pending = self.pending, {}
        # The host works where the port is enabled, before or after.
        host = self.value.get(self.port) != 0
        host |= pending.get(self.port, "0") != "0"

        was_low = self.value.get(self.clock) == 0
        goes_high = pending.get(self.clock) == "1"
        if was_low and goes_high and not host:
            self._clock_edge()

        for handle, text in pending.items():
            old = self.value.get(handle)
            new = _number(text)
            self.width[handle] = len(text)
            self.value[handle] = new
            if not host and old is not None and new is not None:
                self._toggle(handle, old ^ new)

    def _clock_edge(self) -> None:
        """One cycle of the core, and the accesses that it begins."""
        self.activity.cycles += 1
        for name, (enable, write) in self.memories.items():
            if self.value.get(enable) == 1:
                writes = self.value.get(write) == 1
                accesses = self.activity.writes if writes else self.activity.reads
                accesses[name] += 1

    def _toggle(self, handle: int, changed: int) -> None:
        """Count the bits that are set in `changed`."""
        group = self.group[handle]
        if group is None:
            return
        self.activity.toggles[group] += changed.bit_count()
        counts = self.counts[handle]
        while changed:
            lowest = changed & -changed
            counts[lowest.bit_length() - 1] += 1
            changed ^= lowest


def _names_in_the_core(signals: Mapping[int, list[str]], where: str) -> dict[int, list[str]]:
    """Names of each net below the outermost module that has a memory port."""
    inside = {}
    for handle, names in signals.items():
        inside[handle] = [name for name in names if not name.startswith(SIMULATORS_OWN)]

    ports = []
    for names in inside.values():
        ports += [name for name in names if name.endswith(".port_enable")]
    if not ports:
        raise SpikewattError(
            where,
            "must be a waveform of the core",
            f"{len(inside)} signals",
            "one with port_enable",
        )

    prefix = min(ports, key=len).removesuffix("port_enable")
    found = {}
    for handle, names in inside.items():
        below = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
        found[handle] = sorted(below)

    return found


def _enables(handle_of: Mapping[str, int], where: str) -> dict[str, tuple[int, int]]:
    """Memory -> its enable and its write."""
    ends = tuple(f"{memory}.enable" for memory in MEMORIES)
    memories = [name.removesuffix(".enable") for name in handle_of if name.endswith(ends)]
    if not memories or len(memories) % len(MEMORIES):
        law = "must show the memories of each core"
        raise SpikewattError(where, law, memories, ", ".join(MEMORIES))

    found = {}
    for name in memories:
        enable, write = f"{name}.enable", f"{name}.write"
        found[name] = (handle_of[enable], handle_of[write])

    return found


def _group(names: list[str]) -> str | None:
    """A net of several names belongs to the first group among them; clock and reset to none."""
    last_parts = {name.rsplit(".", 1)[-1] for name in names}
    if not names or last_parts & LEFT_OUT:
        return None
    groups = {group_of(name) for name in names}
    return min(groups, key=ALL_GROUPS.index)


def _number(text: str) -> int | None:
    """A value of 0 and 1; None where a bit is unknown."""
    return int(text, 2) if set(text) <= {"0", "1"} else None
