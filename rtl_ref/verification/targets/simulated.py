"""Targets that run benches: units, one core, chains, the AXI peripheral; on either simulator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ...simulation.simulator import check_tools
from .. import axi_peripheral, single_modules
from ..chains.bench import run_chain
from ..chains.random_chains import CHAINS
from ..core_bench import run_cases
from ..coverage import CHAIN_BINS, CORE_BINS, Coverage
from ..random_cases import SWEEP, random_cases
from .networks import SMALL, network_rows
from .target import Job, Request, Row, Target

CASES, SEED = 40, 7
ICARUS_DIGITS = 20


class Benches(Target):
    """Every unit bench, the core over the sweep of its parameters, and functional coverage."""

    name = "benches"
    does = (
        "each module by itself; the core under random words, idle times, receivers, resets in "
        "every state, memories read back, accesses and stalls counted"
    )
    against = "golden model; coverage must be complete"

    def __init__(self, simulator: str = "verilator"):
        self.simulator = simulator

    def check_tools(self) -> None:
        """Raise MissingToolError where a program is missing; takes no time."""
        check_tools(self.simulator)

    def jobs(self, request: Request) -> Sequence[Job]:
        """A job per unit, and one per entry of the sweep."""
        units = [partial(_unit, name, self.simulator) for name in single_modules.UNITS]
        cores = [partial(_core, i, self.simulator) for i in range(len(SWEEP))]
        return [*cores, *units]

    def rows(self, results: Sequence[list[Row]]) -> list[Row]:
        """The rows, and one of what they covered."""
        return _with_coverage(super().rows(results), CORE_BINS, "core", self.simulator)


class Chains(Target):
    """Chains of cores under random words, and functional coverage."""

    name = "chains"
    does = (
        "chains of 1, 2, 3, 5 and 15 cores, 256 neurons, both rules, 2, 3 and 7 cycles per "
        "operation, a slow receiver, resets, memories read back"
    )
    against = "golden model; stalls as seen at each link; coverage must be complete"

    def __init__(self, simulator: str = "verilator"):
        self.simulator = simulator

    def check_tools(self) -> None:
        """Raise MissingToolError where a program is missing; takes no time."""
        check_tools(self.simulator)

    def jobs(self, request: Request) -> Sequence[Job]:
        """A job per chain."""
        return [partial(_chain, i, self.simulator) for i in range(len(CHAINS))]

    def rows(self, results: Sequence[list[Row]]) -> list[Row]:
        """The rows, and one of what they covered."""
        return _with_coverage(super().rows(results), CHAIN_BINS, "chain", self.simulator)


class Axi(Target):
    """The AXI peripheral behind its registers and streams."""

    name = "axi"
    does = "registers, refusals, strobes, full queues, soft reset, streams, interrupt"
    against = "sums written out beside it"

    def __init__(self, simulator: str = "verilator"):
        self.simulator = simulator

    def check_tools(self) -> None:
        """Raise MissingToolError where a program is missing; takes no time."""
        check_tools(self.simulator)
        axi_peripheral.check_tools()

    def jobs(self, request: Request) -> Sequence[Job]:
        """One job: all benches run on one build."""
        return [partial(axi_peripheral.all_benches, self.simulator)]


class Icarus(Target):
    """Benches, chains, peripheral and a radix network on the second simulator."""

    name = "icarus"
    does = "benches, chains, axi and a radix network on the second simulator"
    against = "as there"

    def __init__(self):
        self.parts = (Benches("icarus"), Chains("icarus"), Axi("icarus"))

    def check_tools(self) -> None:
        """Raise MissingToolError where a program is missing; takes no time."""
        for part in self.parts:
            part.check_tools()

    def jobs(self, request: Request) -> Sequence[Job]:
        """Those of each part, and a network."""
        jobs: list[Job] = []
        for part in self.parts:
            jobs += part.jobs(request)
        network = partial(network_rows, "radix", SMALL, ICARUS_DIGITS, "icarus", request)
        return [*jobs, network]

    def rows(self, results: Sequence[list[Row]]) -> list[Row]:
        """The rows of each part, then those of the network."""
        found, place = [], 0
        for part in self.parts:
            end = place + len(part.jobs(Request()))
            found += part.rows(results[place:end])
            place = end
        return [*found, *super().rows(results[place:])]


def _unit(name: str, simulator: str) -> list[Row]:
    run: Callable[..., Row] = single_modules.UNITS[name]
    return [run(simulator)]


def _core(number: int, simulator: str) -> list[Row]:
    coverage = Coverage(CORE_BINS)
    parameters = SWEEP[number]
    row = run_cases(parameters, random_cases(parameters, CASES, SEED), coverage, simulator)
    return [{**row, "hits": dict(coverage.hits)}]


def _chain(number: int, simulator: str) -> list[Row]:
    coverage = Coverage(CHAIN_BINS)
    row = run_chain(CHAINS[number], coverage, simulator)
    return [{**row, "hits": dict(coverage.hits)}]


def _with_coverage(rows: list[Row], bins: tuple[str, ...], what: str, simulator: str) -> list[Row]:
    """The rows, and a last one: a bin that was not hit is a mismatch."""
    coverage = Coverage(bins)
    plain = []
    for row in rows:
        coverage.hits.update(row.get("hits", {}))
        plain.append({key: value for key, value in row.items() if key != "hits"})

    missing = coverage.missing()
    hit = len(bins) - len(missing)
    covered = {
        "what": f"functional coverage of the {what}: {hit} of {len(bins)} bins",
        "simulator": simulator,
        "compared": len(bins),
        "mismatches": len(missing),
        "where": ", ".join(missing),
        "seconds": 0.0,
    }
    return [*plain, covered]
