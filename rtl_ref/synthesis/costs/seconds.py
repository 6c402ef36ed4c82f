"""How long a synthesis on an FPGA takes, by what earlier ones took on this machine.

Yosys takes a time for each core; placing and routing takes one for each core and block RAM, as
often as there are rounds of placements. Mostly it is nextpnr, which runs as WebAssembly in one
thread per seed.
"""

from __future__ import annotations

from collections.abc import Sequence

from ....sim.engines.estimate.records import Record, Records, fitted, predicted
from ...design import Parameters
from ..families.family import Family
from ..families.fitting import blocks_of, memories_of
from ..tools import at_once

# Seconds on a busy x86 core; weak beside what was measured on this machine.
WEIGHT = 1e-3
PRIOR = (
    Record({"start": 1, "cores": 2, "placed_cores": 4, "placed_blocks": 106}, 60.0, weight=WEIGHT),
    Record({"start": 1, "cores": 4, "placed_cores": 8, "placed_blocks": 358}, 240.0, weight=WEIGHT),
    Record({"start": 1, "cores": 1, "placed_cores": 2, "placed_blocks": 38}, 20.0, weight=WEIGHT),
    Record({"start": 1, "cores": 2, "placed_cores": 4, "placed_blocks": 6}, 36.0, weight=WEIGHT),
)


class SynthesisSeconds:
    """Seconds of one synthesis.

    Parameters
    ----------
    parameters : of the module
    top : module that is synthesised
    family : of the device
    seeds : of the placer
    """

    def __init__(self, parameters: Parameters, top: str, family: Family, seeds: Sequence[int]):
        cores = int(parameters.get("CORES", 1))
        blocks = sum(blocks_of(memories_of(parameters, top), family).values())
        rounds = -(-len(seeds) // at_once())
        amounts = {
            "start": 1,
            "cores": cores,
            "placed_cores": rounds * cores,
            "placed_blocks": rounds * blocks,
        }
        self.features = {name: float(amount) for name, amount in amounts.items() if amount}
        self.records = Records(f"synthesis-{family.placer}", [])

    def expected(self) -> float:
        """Seconds that it should take, s."""
        return predicted(fitted([*self.records.read(), *PRIOR]), self.features)

    def took(self, seconds: float) -> None:
        """Keep what it took, s."""
        self.records.add(Record(self.features, seconds))
