"""The modules by themselves: what they must do, as numpy, and the vectors that are tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from ...sim.network.neurons import Reset, Subtract, Zero, fire, hold
from ..model.words import DOUBLE, FIRE, STEP
from ..simulation.simulator import Simulation

# Narrow, so that every sum and every end of the range is met.
BITS, WEIGHT_BITS = 6, 3
LOWEST, HIGHEST = -32, 31
CORNERS = (-32, -31, -17, -5, -1, 0, 1, 4, 15, 16, 17, 30, 31)
VECTORS, OPERATIONS = 6000, 800


def adder(simulator: str = "verilator", sources: Path | None = None) -> dict:
    """saturating_add: every pair of two 6-bit numbers.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    """
    numbers = np.arange(LOWEST, HIGHEST + 1)
    grids = np.meshgrid(numbers, numbers)
    a, b = (grid.reshape(-1) for grid in grids)

    simulation = Simulation("saturating_add", {"WIDTH": BITS}, simulator, sources=sources)
    got = _vectors(simulation, {"a": a, "b": b}, "sum", "saturated")

    held, lost = hold(a + b, LOWEST, HIGHEST)
    wrong = _signed(got["sum"], BITS) != held
    wrong |= got["saturated"] != lost
    return _row(
        "saturating_add, every pair of 6 bits",
        simulator,
        wrong,
        2 * len(a),
    )


def neuron(
    event_rule: bool,
    simulator: str = "verilator",
    sources: Path | None = None,
) -> dict:
    """neuron_update: corner values of potential, threshold, bias and weight in every kind of visit.

    Parameters
    ----------
    event_rule : ODIN's rule in place of the tick rule
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    """
    inputs = _neuron_inputs(event_rule)
    parameters = {
        "WEIGHT_BITS": WEIGHT_BITS,
        "STATE_BITS": BITS,
        "EVENT_RULE": int(event_rule),
    }
    simulation = Simulation("neuron_update", parameters, simulator, sources=sources)
    got = _vectors(simulation, inputs, "next_potential", "spike", "saturated")

    rule = _event_rule if event_rule else _tick_rule
    potential, spike, saturated = rule(**inputs)

    wrong = _signed(got["next_potential"], BITS) != potential
    wrong |= got["spike"] != spike
    wrong |= got["saturated"] != saturated
    name = "event" if event_rule else "tick"
    what = f"neuron_update, {name} rule, corner values"
    return _row(what, simulator, wrong, 3 * VECTORS)


def _neuron_inputs(event_rule: bool) -> dict[str, np.ndarray]:
    """(VECTORS,) values of each port of neuron_update."""
    random = np.random.default_rng(0)
    potential = random.choice(CORNERS, VECTORS)
    threshold = random.choice(CORNERS, VECTORS)
    bias = random.choice(CORNERS, VECTORS)

    # Almost a third of the thresholds lie at the potential or one beside it.
    close = random.random(VECTORS) < 0.3
    beside = potential + random.integers(-1, 2, VECTORS)
    beside = np.clip(beside, LOWEST, HIGHEST)
    threshold = np.where(close, beside, threshold)

    weight = random.integers(-4, 4, VECTORS)
    is_event = random.integers(0, 2, VECTORS)
    kind = random.integers(0, 4, VECTORS)
    if event_rule:
        potential = np.abs(potential).clip(0, HIGHEST)

    return {
        "is_event": is_event,
        "kind": kind,
        "weight": weight,
        "bias": bias,
        "threshold": threshold,
        "potential": potential,
    }


def _sum(is_event, kind, weight, bias, potential) -> tuple[np.ndarray, np.ndarray]:
    """The held sum of a visit, and where it had to be held."""
    doubles = (kind == DOUBLE) | (kind == FIRE)
    of_tick = np.where(doubles, potential, bias)
    change = np.where(is_event == 1, weight, of_tick)
    return hold(potential + change, LOWEST, HIGHEST)


def _event_rule(
    is_event, kind, weight, bias, threshold, potential
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Potential, spikes and saturations of a visit under the event rule."""
    after, saturated = _sum(is_event, kind, weight, bias, potential)
    after = np.maximum(after, 0)
    may_fire = threshold >= 0
    potential, spike = _fire(after, threshold, Zero(), may_fire)
    return potential, spike, saturated


def _tick_rule(
    is_event, kind, weight, bias, threshold, potential
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Potential, spikes and saturations of a visit under the tick rule."""
    added, saturated = _sum(is_event, kind, weight, bias, potential)
    is_fire = (is_event == 0) & (kind == FIRE)
    is_step = (is_event == 0) & (kind == STEP)

    # A FIRE tests before it doubles; a STEP tests its sum; the others test nothing.
    tested = np.where(is_fire, potential, added)
    may_fire = (is_fire | is_step) & (threshold >= 0)
    left, spike = _fire(tested, threshold, Subtract(), may_fire)

    doubled, doubled_saturated = hold(2 * left, LOWEST, HIGHEST)
    after = np.where(is_fire, doubled, left)
    saturated = np.where(is_fire, doubled_saturated, saturated)
    return after, spike, saturated


def _fire(
    v: np.ndarray,
    threshold: np.ndarray,
    reset: Reset,
    may_fire: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Potentials and spikes after a test of those neurons that may fire."""
    after, spikes = fire(v, threshold, reset)
    potentials = np.where(may_fire, after, v)
    return potentials, may_fire & (spikes == 1)


def memory(
    simulator: str = "verilator", sources: Path | None = None, output_register: bool = False
) -> dict:
    """sram: random reads and writes of a memory whose size is no power of two; a write keeps rdata.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    output_register : whether an answer comes one cycle later, default False
    """
    depth = 11
    operations = _memory_operations(depth)
    parameters = {"WIDTH": 8, "DEPTH": depth, "OUTPUT_REGISTER": int(output_register)}
    simulation = Simulation("sram", parameters, simulator, sources=sources)
    result = simulation.run("units", {"operations": operations}, "memory")
    answers = result["answers"]

    content = np.zeros(depth, np.int64)
    rdata = -1
    expected, accesses = [], []
    for enable, write, address, data in operations.tolist():
        accesses.append((enable and not write, enable and write))
        if output_register:
            expected.append(rdata)
        if enable and write:
            content[address] = data
        elif enable:
            rdata = int(content[address])
        if not output_register:
            expected.append(rdata)

    # Before the first read nobody knows what the memory shows.
    known = np.array(expected) >= 0
    wrong = known & (answers != np.array(expected))
    wrong = np.append(wrong, (result["accesses"] != np.array(accesses, np.int64)).any(axis=1))
    register = ", output register" if output_register else ""
    return _row(
        f"sram, random reads and writes{register}",
        simulator,
        wrong,
        int(known.sum()) + 2 * len(operations),
    )


def _memory_operations(depth: int) -> np.ndarray:
    """(operations, 4) enable, write, address, data: first every address is written once."""
    random = np.random.default_rng(1)
    ones = np.ones(depth, np.int64)
    first = [
        ones,
        ones,
        np.arange(depth),
        random.integers(0, 256, depth),
    ]

    enable = random.integers(0, 2, OPERATIONS)
    write = random.integers(0, 2, OPERATIONS)
    address = random.integers(0, depth, OPERATIONS)
    data = random.integers(0, 256, OPERATIONS)
    then = [enable, write, address, data]

    # One list of columns after the other.
    columns = [np.concatenate(pair) for pair in zip(first, then, strict=True)]
    return np.stack(columns, axis=1)


def queue(simulator: str = "verilator", sources: Path | None = None) -> dict:
    """event_queue: random offers on both sides: the same words in the same order, none lost.

    Stretches of eagerness on one side fill it, those on the other empty it.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    """
    depth = 4
    random = np.random.default_rng(2)
    stretches = random.choice([0.1, 0.5, 0.95], (60, 2))
    eagerness = np.repeat(stretches, 20, axis=0)
    offers = random.random(eagerness.shape) < eagerness
    offers = offers.astype(np.int64)
    simulation = Simulation(
        "event_queue",
        {"WIDTH": 5, "DEPTH": depth},
        simulator,
        sources=sources,
    )
    result = simulation.run("units", {"offers": offers}, "queue")

    went_in = result["went_in"]
    came_out = result["came_out"]
    same = min(len(came_out), len(went_in))
    wrong = np.ones(max(len(came_out), 1), bool)
    wrong[:same] = came_out[:same] != went_in[:same]

    # It held no more than it can, and it was seen full and seen empty.
    inside = len(went_in) - len(came_out)
    has_word, has_room = result["filled"].T
    was_full = not has_room.all()
    was_empty = not has_word.all()
    sound = 0 <= inside <= depth and was_full and was_empty
    wrong = np.append(wrong, not sound)
    return _row(
        "event_queue, random offers",
        simulator,
        wrong,
        len(came_out) + 1,
    )


UNITS: dict[str, Callable[..., dict]] = {
    "adder": adder,
    "neuron, tick rule": partial(neuron, False),
    "neuron, event rule": partial(neuron, True),
    "memory": memory,
    "memory with an output register": partial(memory, output_register=True),
    "queue": queue,
}


def _vectors(
    simulation: Simulation,
    inputs: Mapping[str, np.ndarray],
    *outputs: str,
) -> dict[str, np.ndarray]:
    """Give `inputs`, by port, to a combinational module; returns `outputs`, by port."""
    job = {
        "names": np.array(list(inputs)),
        "outputs": np.array(outputs),
        "inputs": np.stack(list(inputs.values()), axis=1),
    }
    rows = simulation.run("units", job, "vectors")["rows"]
    return dict(zip(outputs, rows.T, strict=True))


def _signed(values: np.ndarray, bits: int) -> np.ndarray:
    """Two's complement patterns as numbers."""
    negative = values >> (bits - 1) & 1
    return np.where(negative, values - (1 << bits), values)


def _row(what: str, simulator: str, wrong: np.ndarray, compared: int) -> dict:
    where = ""
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        where = f"vector {first}"

    return {
        "what": what,
        "simulator": simulator,
        "compared": compared,
        "mismatches": int(wrong.sum()),
        "where": where,
    }
