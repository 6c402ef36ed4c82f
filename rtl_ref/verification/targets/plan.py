"""The verification plan: what the core must do, which check looks, which bins say it happened."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ..coverage import CHAIN_BINS, CORE_BINS
from ..faults.checks import CHECKS
from ..faults.hand_written import HAND_WRITTEN
from ..property_sets import PROPERTIES

PLAN = Path(__file__).parents[2] / "VERIFICATION.md"
BINS = (*CORE_BINS, *CHAIN_BINS)
PROOFS = tuple(f"proof {name}" for name in PROPERTIES)
CHECK_NAMES = (*(check.name for check in CHECKS), *PROOFS)


@dataclass(frozen=True)
class Feature:
    """A line of the plan.

    Parameters
    ----------
    name : what the core must do
    checks : patterns of the names of checks that look at it
    bins : patterns of the bins that show that it happened, default none
    faults : names of hand-written faults of it, default none
    """

    name: str
    checks: tuple[str, ...]
    bins: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


FEATURES = (
    Feature(
        "sums are held at the ends of their range, and counted",
        ("adder", "neuron, *", "core *"),
        ("sum held at *", "weight: *", "negative bias"),
        ("sums wrap round", "the counter of saturations counts spikes"),
    ),
    Feature(
        "tick rule: STEP, DOUBLE, ADD, FIRE",
        ("neuron, tick rule", "core *", "chain *"),
        (
            "word: *",
            "rule: tick",
            "rule: FIRE*",
            "potential *",
            "neuron that may not fire*",
            "chain: tick rule",
            "chain: event",
            *(f"chain: {kind}" for kind in ("STEP", "DOUBLE", "ADD", "FIRE")),
        ),
        (
            "fires above the threshold only",
            "resets to zero",
            "a neuron that may not fire does",
            "FIRE does not double",
        ),
    ),
    Feature(
        "event rule, in a core and in a chain",
        ("neuron, event rule", "core *", "chain *"),
        ("rule: event", "event rule: *", "chain: event rule"),
        ("event rule goes below 0", "EVENT_RULE is not handed on by the chain"),
    ),
    Feature(
        "spikes leave in ascending order, none is lost",
        ("core *", "chain *", "proof handshake"),
        ("spikes of a visit: *", "spike of *", "chain: spikes leave it"),
        ("the last neuron's spike ends the visit without its tick",),
    ),
    Feature(
        "ticks for all, for one, for nobody; MARK comes out",
        ("core *", "chain *", "axi registers", "proof handshake"),
        ("target: *", "chain: tick for *", "chain: MARK"),
        ("ticks for another core are executed", "MARK is lost", "INDEX is one too small"),
    ),
    Feature(
        "words that do not exist are refused and counted",
        ("core *", "chain *", "axi streams", "axi registers"),
        ("word of no *", "chain: word that does not exist"),
        ("an axon beyond the last is taken by the bus",),
    ),
    Feature(
        "the queue loses, duplicates and reorders nothing; no word is lost in a full chain",
        ("queue", "core *", "chain *", "axi full", "axi at once", "proof event_queue"),
        (
            "queue *",
            "receiver waits: *",
            "chain: the last core waits*",
            "chain: a core waits*",
        ),
        ("a full queue takes a word",),
    ),
    Feature(
        "cycles by their formula; stalls as seen at each link",
        ("core *", "chain *", "axi network*", "proof handshake"),
        ("cycles per operation: *", "chain: cycles per operation *"),
        ("waiting for the receiver counts as work",),
    ),
    Feature(
        "memories are asked no more often than counted",
        ("memory", "memory with an output register", "core *", "proof accesses"),
        (),
        ("the memory of biases is read for events, too",),
    ),
    Feature(
        "the memory port: all memories back, refusals, latency, silence while the core works",
        ("core *", "chain *", "axi registers", "axi auto-increment", "proof axi_lite"),
        (
            "all memories read back",
            "access refused*",
            "memory port asked*",
            "memories written anew",
            "chain: all memories*",
            "chain: access refused*",
            "chain: number of no core",
        ),
        (
            "the port's answer is that of another memory",
            "biases are written with the thresholds",
            "the memory port is served while the core works",
        ),
    ),
    Feature(
        "memories from files",
        ("chain 2", "chain 5"),
        ("chain: memories loaded from files",),
    ),
    Feature(
        "sizes: 1 to 15 cores, 1 to 256 axons and neurons, widths",
        ("core *", "chain *"),
        (
            "one axon",
            "one neuron",
            "chain of *",
            "chain: core of *",
            "chain: axons that nobody feeds",
            "chain: counters wider*",
        ),
    ),
    Feature(
        "reset in every state: work ends, counters 0, memories stay",
        ("core *", "chain *", "axi registers", "axi recovery"),
        (
            "reset in *",
            "reset of the counter *",
            "second run without a reset",
            "chain: reset of *",
        ),
        ("a soft reset does not reach the output queue", "a write waits for ever"),
    ),
    Feature(
        "counters wrap with a flag",
        ("core 5", "chain 1", "chain 2", "chain 3"),
        ("counter that wraps", "chain: counter that wraps"),
    ),
    Feature(
        "AXI4-Lite, AXI-Stream, interrupt",
        ("axi *", "proof axi_lite"),
    ),
)


def matching(patterns: tuple[str, ...], names: tuple[str, ...]) -> list[str]:
    """The names that a pattern is of, each once.

    Parameters
    ----------
    patterns : with * for anything
    names : to choose from

    >>> matching(("a*",), ("ab", "b"))
    ['ab']
    """
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def plan_text() -> str:
    """VERIFICATION.md: a row per feature, its checks, bins and hand-written faults by name."""
    lines = [
        "# Verification plan",
        "",
        "Made from `verification/targets/plan.py`; a test compares. A check is run by `spikewatt",
        "verify`, on faults too; `core 1` is the first entry of the sweep in `random_cases.py`,",
        "`chain 1` the first design in `random_chains.py`. A bin that is not hit is a mismatch.",
        "Chains and whole networks are played by `benches/chain_player.sv`, which drives, watches",
        "and judges nothing: what it saw is compared outside of the simulation.",
        "Beside the faults named here `verify --what faults` plants some of every module by rule",
        "(`verification/faults/operators.py`), and `--what all-faults` all of them. Laws of",
        "parameters are elaborated in three tools (`tests/rtl_ref/test_laws.py`).",
        "",
        "| feature | checks | bins | faults |",
        "|---|---|---|---|",
    ]
    for feature in FEATURES:
        cells = (
            feature.name,
            ", ".join(matching(feature.checks, CHECK_NAMES)),
            "; ".join(matching(feature.bins, BINS)),
            "; ".join(feature.faults),
        )
        lines.append(f"| {' | '.join(cells)} |")

    networks = "golden model and an engine, spike for spike, stalls as seen at each link"
    lines.append(f"| whole trained networks, rate and radix | radix, rate | | {networks} |")
    return "\n".join(lines) + "\n"


def gaps() -> dict[str, list[str]]:
    """Checks, bins and hand-written faults that no feature names, and names that are none."""
    checks = {name for each in FEATURES for name in matching(each.checks, CHECK_NAMES)}
    bins = {name for each in FEATURES for name in matching(each.bins, BINS)}
    faults = {name for each in FEATURES for name in each.faults}
    planted = {fault.rule for fault in HAND_WRITTEN}
    patterns = [p for each in FEATURES for p in each.checks if not matching((p,), CHECK_NAMES)]
    patterns += [p for each in FEATURES for p in each.bins if not matching((p,), BINS)]
    return {
        "checks": sorted(set(CHECK_NAMES) - checks),
        "bins": sorted(set(BINS) - bins),
        "faults": sorted(planted ^ faults),
        "patterns": patterns,
    }
