"""The bench of the AXI4-Lite peripheral, judged: a chain behind its registers.

What must come out is summed here, in a few lines of numpy, and not taken from the golden model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ...installed import not_installed
from ..benches.accesses import PATTERNS
from ..design import COUNTER_ORDER, packed
from ..registers import REGISTERS, VERSION
from ..simulation.simulator import Simulation
from .comparison import Tally

TOP = "axi_lite_peripheral"
SIZES = ((12, 7), (7, 5))  # (axons, neurons) of each core
WEIGHT_BITS, STATE_BITS, CYCLES_PER_SOP = 8, 20, 2
QUEUE_DEPTH, OUTPUT_DEPTH = 4, 8
TICK, VALID, MARK = 1 << 31, 1 << 16, 4 << 28
STALLS = COUNTER_ORDER.index("stalls")
CYCLES, SOPS, SPIKES, REFUSALS = (
    COUNTER_ORDER.index(name) for name in ("cycles", "sops", "spikes", "refusals")
)
NOT_STALLS = [i for i in range(len(COUNTER_ORDER)) if i != STALLS]
OTHER_MEMORIES = ("synapses", "threshold", "bias")
REFUSED_ACCESSES = 45 + 8  # registers, words and places that are not there; values that do not fit
FULL = 0b0011  # the last bits of STATUS, where neither input nor port is ready
READY = 0b1100


def check_tools() -> None:
    """Raise MissingToolError unless cocotb has its AXI extension."""
    from importlib.util import find_spec

    if find_spec("cocotbext") is None or find_spec("cocotbext.axi") is None:
        raise not_installed("verify", "needs a host on AXI", "cocotbext-axi", extra="rtl")


def peripheral(
    simulator: str = "verilator",
    sources: Path | None = None,
    sizes: Sequence[tuple[int, int]] = SIZES,
) -> Simulation:
    """The peripheral with a chain and small queues.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    sizes : axons and neurons of each core, default SIZES
    """
    check_tools()
    axons, neurons = zip(*sizes, strict=True)
    parameters = {
        "CORES": len(sizes),
        "AXONS": packed(axons),
        "NEURONS": packed(neurons),
        "STATE_BITS": STATE_BITS,
        "CYCLES_PER_SOP": CYCLES_PER_SOP,
        "QUEUE_DEPTH": QUEUE_DEPTH,
        "OUTPUT_DEPTH": OUTPUT_DEPTH,
    }
    return Simulation(TOP, parameters, simulator, sources=sources)


def network_through_registers(
    simulator: str = "verilator",
    sources: Path | None = None,
    seed: int = 1,
    idle: float = 0.0,
    sizes: Sequence[tuple[int, int]] = SIZES,
) -> dict:
    """A network runs through the registers: words, potentials, counters, memories, sizes.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    seed : of memories and events, default 1
    idle : 0..1, probability that a channel rests in a cycle, default 0
    sizes : axons and neurons of each core, default SIZES
    """
    job = random_job(seed, idle, steps=12, sizes=sizes)
    words, potentials, counters = expected(job)
    result = peripheral(simulator, sources, sizes).run("axi", job, test="run_network")

    tally = Tally()
    tally.check("words", result["words"], np.array(words))
    tally.check("potentials", result["potentials"], potentials)
    tally.check("counters", result["counters"][:, NOT_STALLS], counters[:, NOT_STALLS])
    tally.check("identification", result["identification"], np.array(job["identification"]))
    told = [axons << 16 | neurons for axons, neurons in sizes]
    tally.check("sizes", result["sizes"], np.array(told))
    for core in range(len(sizes)):
        for memory in OTHER_MEMORIES:
            name = f"{memory}{core}"
            tally.check(memory, result[name], job[name])

    cores = "a core" if len(sizes) == 1 else "a network"
    return _row(f"AXI: {cores} through registers, channels rest {idle:.0%}", simulator, tally)


def reads_and_writes_at_once(
    simulator: str = "verilator", sources: Path | None = None, idle: float = 0.5
) -> dict:
    """Words are written back to back while spikes, status and counters are read.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    idle : 0..1, probability that a channel rests in a cycle, default 0.5
    """
    job = random_job(4, idle, steps=20)
    words, _, _ = expected(job)
    result = peripheral(simulator, sources).run("axi", job, test="talk_at_once")

    tally = Tally()
    tally.check("words", result["words"], np.array(words))
    tally.check("identification while busy", np.array(result["looks"] > 50), np.array(True))
    return _row("AXI: reads and writes at once", simulator, tally)


def full_output_queue(
    simulator: str = "verilator", sources: Path | None = None, idle: float = 0.4
) -> dict:
    """Nobody reads: the cores wait, what would wait for ever is refused, nothing is lost.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    idle : 0..1, probability that a channel rests in a cycle, default 0.4
    """
    job = random_job(5, idle, steps=20)
    words, _, counters = expected(job)
    result = peripheral(simulator, sources).run("axi", job, test="fill_output_queue")

    tally = Tally()
    tally.check("words", result["words"], np.array(words))
    tally.check("status", result["status"], np.array(OUTPUT_DEPTH << 16 | FULL))
    tally.check("writes refused", np.array(result["refused"] > 5), np.array(True))
    tally.check("read refused", result["read_refused"], np.array(True))
    tally.check("refusals counted", result["counted"], result["refused"] + 1)
    equal = [CYCLES, SOPS, SPIKES]
    tally.check("counters", result["counters"][:, equal], counters[:, equal])
    waited = (result["counters"][:, STALLS] > 3000).any()
    tally.check("stalls", np.array(waited), np.array(True))
    return _row("AXI: a full output queue", simulator, tally)


def recovery(simulator: str = "verilator", sources: Path | None = None) -> dict:
    """With the output full and an event held a soft reset is reached, and the chain works anew.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    """
    job = random_job(8, 0.0, steps=3)
    words, _, counters = expected(job)
    result = peripheral(simulator, sources).run("axi", job, test="recover")

    tally = Tally()
    tally.check("writes refused", np.array(result["refused"] > 100), np.array(True))
    tally.check("port refused", result["port_refused"], np.array(True))
    tally.check("status when full", result["full"] & 0b1111, np.array(FULL))
    tally.check("status after the reset", result["after"], np.array(READY))
    tally.check("refusals after the reset", result["left"], np.array(0))
    tally.check("words", result["words"], np.array(words))
    tally.check("counters", result["counters"][:, NOT_STALLS], counters[:, NOT_STALLS])
    return _row("AXI: soft reset of a full peripheral", simulator, tally)


def streams(simulator: str = "verilator", sources: Path | None = None, idle: float = 0.4) -> dict:
    """Words come and go by AXI-Stream, those that do not exist are counted; the interrupt.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    idle : 0..1, probability that a channel rests in a cycle, default 0.4
    """
    job = random_job(9, idle, steps=10)
    words, _, counters = expected(job)
    counters[0, REFUSALS] = 2 * 10  # two words of each step do not exist
    result = peripheral(simulator, sources).run("axi", job, test="stream")

    tally = Tally()
    tally.check("words", result["words"], np.array(words))
    tally.check("counters", result["counters"][:, NOT_STALLS], counters[:, NOT_STALLS])
    tally.check("interrupts", result["interrupts"], np.array([0, 1, 0, 0, 1]))
    return _row("AXI: streams and interrupt", simulator, tally)


def auto_increment(simulator: str = "verilator", sources: Path | None = None) -> dict:
    """Whole memories are written and read by PORT_DATA alone.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    """
    job = random_job(10, 0.2, steps=1)
    result = peripheral(simulator, sources).run("axi", job, test="advance")
    axons, _ = SIZES[0]

    tally = Tally()
    tally.check("values", result["read"], job["synapses0"][:, ::-1].ravel())
    tally.check("places", result["places"], np.array([axons << 16] * 2))
    tally.check("refused beyond the end", result["refused"], np.array(True))
    return _row("AXI: addresses that advance", simulator, tally)


def registers(simulator: str = "verilator", sources: Path | None = None) -> dict:
    """Strobes, refusals, ticks for one core, and a soft reset.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    """
    job = random_job(6, 0.2, steps=1)
    result = peripheral(simulator, sources).run("axi_registers", job, test="check_registers")

    tally = Tally()
    addresses = [0x01010101, 0x01010102, 0x01010302, 0x01040302, 0x05040302]
    tally.check("bytes of PORT_ADDRESS", result["bytes28"], np.array(addresses))
    selects = [0x0101, 0x0102, 0x0302, 0x0302, 0x0302]
    tally.check("bytes of PORT_SELECT", result["bytes24"], np.array(selects))
    tally.check("bytes of COUNTER_SELECT", result["bytes36"], np.array([1, 2, 2, 2, 2]))
    tally.check("patterns in registers", result["patterns"], _expected_patterns())
    tally.check("refusals", result["refused"], np.ones(REFUSED_ACCESSES, bool))
    writable = sum(each.writable for each in REGISTERS)
    tally.check("writes of nothing", result["nothing"], np.ones(writable, bool))

    mark = TICK | MARK | VALID
    tally.check("marks", result["marks"], np.array([mark, mark | 9 << 24]))
    last = job["potential1"] + job["bias1"]
    tally.check("potentials", result["potentials"], np.concatenate([job["potential0"], last]))

    tally.check("before a soft reset", result["before_reset"] >> 16 > 0, np.array(True))
    tally.check("after a soft reset", result["after_reset"], np.array(READY))
    counters = result["counters"]
    tally.check("counters after a soft reset", counters, np.zeros_like(counters))
    tally.check("no spike", result["spike"], np.array(0))
    tally.check("memory after a soft reset", result["bias0"], job["bias0"])
    tally.check("mark after a soft reset", result["mark"], np.array([mark]))
    return _row("AXI: registers, refusals, soft reset", simulator, tally)


BENCHES: dict[str, Callable[..., dict]] = {
    "axi registers": registers,
    "axi network": network_through_registers,
    "axi network, resting channels": partial(network_through_registers, seed=2, idle=0.3),
    "axi network, slow channels": partial(network_through_registers, seed=3, idle=0.7),
    "axi one core": partial(network_through_registers, seed=4, sizes=SIZES[:1]),
    "axi streams": streams,
    "axi auto-increment": auto_increment,
    "axi at once": reads_and_writes_at_once,
    "axi full": full_output_queue,
    "axi recovery": recovery,
}


def all_benches(simulator: str = "verilator", sources: Path | None = None) -> list[dict]:
    """Every bench of the peripheral; one row each, with its seconds.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    """
    rows = []
    for bench in BENCHES.values():
        started = time.perf_counter()
        row = bench(simulator, sources)
        rows.append({**row, "seconds": time.perf_counter() - started})
    return rows


def _expected_patterns() -> np.ndarray:
    """What is left of each pattern in each register that can be written and read."""
    found = []
    for each in REGISTERS:
        if each.writable and each.readable and each.name != "PORT_DATA":
            mask = sum(field.mask for field in each.fields)
            found += [pattern & mask for pattern in PATTERNS]
    return np.array(found)


def random_job(
    seed: int, idle: float, steps: int, sizes: Sequence[tuple[int, int]] = SIZES
) -> dict:
    """A network of small random integers in which every layer fires, and random events.

    Parameters
    ----------
    seed : of the random numbers
    idle : 0..1, probability that a channel rests in a cycle
    steps : of the raster
    sizes : axons and neurons of each core, default SIZES
    """
    random = np.random.default_rng(seed)
    job = {
        "sizes": np.array(sizes),
        "seed": seed,
        "idle": idle,
        "identification": 0x53 << 24 | VERSION << 16 | len(sizes) << 8 | STATE_BITS,
        "weight_bits": WEIGHT_BITS,
        "state_bits": STATE_BITS,
    }

    for core, (axons, neurons) in enumerate(sizes):
        threshold = random.integers(20, 120, neurons)
        threshold[2] = -1  # the third never fires
        job[f"synapses{core}"] = random.integers(-20, 50, (axons, neurons))
        job[f"potential{core}"] = random.integers(-90, 90, neurons)
        job[f"threshold{core}"] = threshold
        job[f"bias{core}"] = random.integers(-9, 15, neurons)

    axons, _ = sizes[0]
    job["raster"] = random.random((steps, axons)) < 0.4
    return job


def expected(job: dict) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Words out, potentials of all cores after each step, counters in COUNTER_ORDER.

    Parameters
    ----------
    job : as `random_job` makes it
    """
    sizes = job["sizes"].tolist()
    potentials = [job[f"potential{core}"].copy() for core in range(len(sizes))]
    counters = np.zeros((len(sizes), len(COUNTER_ORDER)), int)
    words, history = [], []
    for step in job["raster"]:
        events = np.flatnonzero(step)
        for core in range(len(sizes)):
            fired = _one_step(job, core, potentials[core], events)
            counters[core] += _counts(sizes[core][1], len(events), len(fired))
            events = fired

        words += [VALID | int(neuron) for neuron in events]
        words.append(TICK | VALID)
        history.append(np.concatenate(potentials))

    return words, np.array(history), counters


def _one_step(job: dict, core: int, v: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Neurons that fire; the potentials `v` are changed."""
    synapses, threshold = job[f"synapses{core}"], job[f"threshold{core}"]
    v += synapses[events].sum(0) + job[f"bias{core}"]
    fired = np.flatnonzero((threshold >= 0) & (v >= threshold))
    v[fired] -= threshold[fired]
    return fired


def _counts(neurons: int, events: int, spikes: int) -> np.ndarray:
    """What a core counts in a step: each event and the tick visit all neurons."""
    visits = (events + 1) * neurons
    cycles = CYCLES_PER_SOP * visits + events + 1 + spikes + 1
    counted = {"cycles": cycles, "sops": events * neurons, "reads": visits, "writes": visits}
    counted["spikes"] = spikes
    return np.array([counted.get(name, 0) for name in COUNTER_ORDER])


def _row(what: str, simulator: str, tally: Tally) -> dict:
    return {
        "what": what,
        "simulator": simulator,
        "compared": tally.compared,
        "mismatches": tally.mismatches,
        "where": tally.where,
    }
