"""The checks that are run on a fault, each by name: the same benches that `verify` runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...design import sources_of
from .. import single_modules
from ..axi_peripheral import network_through_registers, registers
from ..chain_bench import run_chain
from ..core_bench import run_cases
from ..coverage import CHAIN_BINS, Coverage
from ..random_cases import SWEEP, random_cases
from ..random_chains import CHAINS

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


def _unit(function: Callable[..., dict], *arguments) -> Callable[[Path | None], dict]:
    def run(sources: Path | None) -> dict:
        return function(*arguments, ICARUS, sources)

    return run


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


CORE_TOP, CHAIN_TOP, AXI_TOP = "integrate_and_fire_core", "snn_top", "axi_lite_peripheral"

CHECKS = (
    Check("adder", "saturating_add", _unit(single_modules.adder)),
    Check("neuron, tick rule", "neuron_update", _unit(single_modules.neuron, False)),
    Check("neuron, event rule", "neuron_update", _unit(single_modules.neuron, True)),
    Check("memory", "sram", _unit(single_modules.memory)),
    Check("queue", "event_queue", _unit(single_modules.queue)),
    *(Check(f"core {i + 1}", CORE_TOP, partial(_core, i)) for i in range(len(SWEEP))),
    *(Check(f"chain {i + 1}", CHAIN_TOP, partial(_chain, i)) for i in range(len(CHAINS))),
    Check("axi registers", AXI_TOP, _unit(registers)),
    Check("axi network", AXI_TOP, _unit(network_through_registers)),
)

PROOFS = {
    "event_queue.sv": Check("proof event_queue", "event_queue", partial(_proof, "event_queue")),
    "controller.sv": Check("proof handshake", "controller", partial(_proof, "handshake")),
    "axi_lite_peripheral.sv": Check("proof axi_lite", AXI_TOP, partial(_proof, "axi_lite")),
}


def checks_of(file: str, proofs: bool = False) -> list[Check]:
    """The checks that run a file, in order: those of its own module, then the broader ones.

    Parameters
    ----------
    file : name of a SystemVerilog file
    proofs : whether a proof of its module comes last, default False
    """
    found = [check for check in CHECKS if check.sees(file)]
    module = file.removesuffix(".sv")
    own = [check for check in found if check.top == module]
    others = [check for check in found if check.top != module]
    if proofs and file in PROOFS:
        others.append(PROOFS[file])
    return own + others
