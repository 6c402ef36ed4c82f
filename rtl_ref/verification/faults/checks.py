"""The checks that are run on a fault, each by name: the same benches that `verify` runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...design import sources_of
from .. import single_modules
from ..axi_peripheral import BENCHES as AXI_BENCHES
from ..chains.bench import run_chain
from ..chains.random_chains import CHAINS
from ..core_bench import run_cases
from ..coverage import CHAIN_BINS, Coverage
from ..random_cases import SWEEP, random_cases

CASES, SEED = 24, 3
ICARUS = "icarus"


@dataclass(frozen=True)
class Check:
    """A check by name.

    Parameters
    ----------
    name : as the plan has it
    top : the module that it runs
    run : called with the folder of the SystemVerilog files (None: the package's); a row with
        ``compared``, ``mismatches``, ``where``
    """

    name: str
    top: str
    run: Callable[[Path | None], dict]

    def sees(self, file: str) -> bool:
        """Whether a file is among those of the module that it runs."""
        return file in [source.name for source in sources_of(self.top)]


def _unit(name: str, sources: Path | None) -> dict:
    return single_modules.UNITS[name](ICARUS, sources)


def _bus(name: str, sources: Path | None) -> dict:
    return AXI_BENCHES[name](ICARUS, sources)


def _core(number: int, sources: Path | None) -> dict:
    parameters = SWEEP[number]
    cases = random_cases(parameters, CASES, SEED)
    return run_cases(parameters, cases, Coverage(), ICARUS, sources)


def _chain(number: int, sources: Path | None) -> dict:
    return run_chain(CHAINS[number], Coverage(CHAIN_BINS), ICARUS, sources)


def _proof(name: str, sources: Path | None) -> dict:
    from ..proofs import prove

    rows = prove(name, sources)
    return {"compared": sum(row["checked"] for row in rows), "mismatches": 0, "where": ""}


UNIT_TOPS = {
    "adder": "saturating_add",
    "neuron, tick rule": "neuron_update",
    "neuron, event rule": "neuron_update",
    "memory": "sram",
    "memory with an output register": "sram",
    "queue": "event_queue",
}
CORE_TOP, CHAIN_TOP, AXI_TOP = "integrate_and_fire_core", "snn_top", "axi_lite_peripheral"

CHECKS = (
    *(Check(name, UNIT_TOPS[name], partial(_unit, name)) for name in single_modules.UNITS),
    *(Check(f"core {i + 1}", CORE_TOP, partial(_core, i)) for i in range(len(SWEEP))),
    *(Check(f"chain {i + 1}", CHAIN_TOP, partial(_chain, i)) for i in range(len(CHAINS))),
    *(Check(name, AXI_TOP, partial(_bus, name)) for name in AXI_BENCHES),
)

PROOFS = {
    "event_queue.sv": Check("proof event_queue", "event_queue", partial(_proof, "event_queue")),
    "controller.sv": Check("proof handshake", "controller", partial(_proof, "handshake")),
    "integrate_and_fire_core.sv": Check("proof accesses", CORE_TOP, partial(_proof, "accesses")),
    "axi_lite_peripheral.sv": Check("proof axi_lite", AXI_TOP, partial(_proof, "axi_lite")),
}


# Files with what joins the cores, or is part of the peripheral itself: the broadest checks, which
# would tell nothing new of the inside of a core, are theirs.
JOINING = (
    "snn_words.sv",
    "snn_registers.sv",
    "event_queue.sv",
    "snn_top.sv",
    "axi_lite_peripheral.sv",
)
SMALL_CHAINS = 3


def checks_of(file: str, proofs: bool = False) -> list[Check]:
    """The checks that run a file, in order: those of its own module, then the broader ones.

    Parameters
    ----------
    file : name of a SystemVerilog file
    proofs : whether a proof of its module comes last, default False
    """
    module = file.removesuffix(".sv")
    found = [check for check in CHECKS if check.sees(file)]
    if file not in JOINING:
        broad = [f"chain {i + 1}" for i in range(SMALL_CHAINS, len(CHAINS))]
        found = [check for check in found if check.top != AXI_TOP and check.name not in broad]

    own = [check for check in found if check.top == module]
    others = [check for check in found if check.top != module]
    if proofs and file in PROOFS:
        others.append(PROOFS[file])
    return own + others
