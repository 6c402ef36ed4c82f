"""What a synthesis for an FPGA found: sizes, clocks of all seeds, and what limits them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .families.family import Resources


@dataclass(frozen=True)
class FpgaReport:
    """What the core takes of an FPGA, and how fast it is there.

    Parameters
    ----------
    technology : in words
    top : module
    parameters : of the module
    family : of the FPGA
    device : name of the FPGA
    speed_grade : of an ECP5: 6, 7 or 8, the fastest; None where the device's name holds it
    used : ``luts``, ``flip_flops``, ``block_rams``, ``multipliers`` of the median's seed
    available : the same of the device
    memory_blocks : memory -> block RAMs
    clock_hz : median of the highest clocks of all seeds, Hz
    all_clocks_hz : seed -> highest clock, Hz
    seed : of the placer, that of the best clock, whose placement is kept
    goal_hz : clock that the placer aimed at, Hz
    critical_path_s : longest path of the median's seed, s
    critical_from : where it starts
    critical_to : where it ends
    critical_parts_s : what it consists of, s
    cells : type -> count, after synthesis
    tools : name -> version
    seconds : that the tools took
    folder : of the tools' own reports
    """

    technology: str
    top: str
    parameters: dict[str, int | str]
    family: str
    device: str
    speed_grade: int | None
    used: dict[str, int]
    available: dict[str, int]
    memory_blocks: dict[str, int]
    clock_hz: float
    all_clocks_hz: dict[str, float]
    seed: int
    goal_hz: float
    critical_path_s: float
    critical_from: str
    critical_to: str
    critical_parts_s: dict[str, float]
    cells: dict[str, int]
    tools: dict[str, str]
    seconds: float
    folder: str

    @property
    def luts(self) -> int:
        """Look-up tables, those of carry chains and of distributed RAM among them."""
        return self.used["luts"]

    @property
    def flip_flops(self) -> int:
        """Registers of one bit."""
        return self.used["flip_flops"]

    @property
    def block_rams(self) -> int:
        """Blocks of memory."""
        return self.used["block_rams"]

    @property
    def multipliers(self) -> int:
        """Blocks that multiply."""
        return self.used["multipliers"]

    @property
    def utilisation(self) -> dict[str, float]:
        """Resource -> share of the device, 0..1."""
        return Resources(**self.used).share_of(Resources(**self.available))

    @property
    def clock_spread_hz(self) -> float:
        """Clock of the fastest seed less that of the slowest, Hz."""
        clocks = self.all_clocks_hz.values()
        return max(clocks) - min(clocks)

    @property
    def device_and_grade(self) -> str:
        """``LFE5U-45F-8``."""
        return self.device if self.speed_grade is None else f"{self.device}-{self.speed_grade}"

    def taken(self, resource: str) -> str:
        """Count and share of a resource, in words: ``2,536 (5.8 %)``."""
        return f"{self.used[resource]:,} ({self.utilisation[resource]:.1%})".replace("%", " %")

    def row(self) -> dict[str, object]:
        """One line of a table."""
        return {
            "top": self.top,
            "device": self.device_and_grade,
            "LUTs": self.taken("luts"),
            "flip-flops": self.taken("flip_flops"),
            "block RAMs": self.taken("block_rams"),
            "multipliers": self.multipliers,
            "MHz, median": round(self.clock_hz / 1e6, 1),
            "MHz, spread": round(self.clock_spread_hz / 1e6, 1),
            "critical path": f"{self.critical_from} -> {self.critical_to}",
        }

    def limit(self) -> str:
        """What sets the clock, in words."""
        parts = []
        for name, seconds in self.critical_parts_s.items():
            if seconds:
                parts.append(f"{name} {seconds * 1e9:.1f}")

        path = f"from {self.critical_from} to {self.critical_to}"
        return f"{self.critical_path_s * 1e9:.1f} ns {path} (ns: {', '.join(parts)})"

    def as_dict(self) -> dict[str, object]:
        """All fields, and what follows from them."""
        shares = {"utilisation": self.utilisation, "clock_spread_hz": self.clock_spread_hz}
        return asdict(self) | shares

    def __repr__(self) -> str:
        size = f"{self.luts:,} LUTs, {self.block_rams} block RAMs"
        clock = f"{self.clock_hz / 1e6:.1f} MHz"
        return f"FpgaReport({self.top} on {self.device_and_grade}: {size}, {clock})"
