"""The modules by themselves: what they must do, written as numpy, and the vectors that are tried."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...sim.network.neurons import fires, hold, reset
from ..model.words import DOUBLE, FIRE, STEP
from ..simulation.simulator import Simulation

BITS, WEIGHT_BITS = 6, 3  # narrow, so that every sum and every end of the range is met


def _signed(values: np.ndarray, bits: int) -> np.ndarray:
    """Two's complement patterns as numbers."""
    return np.where(values >> (bits - 1) & 1, values - (1 << bits), values)


def _row(what: str, simulator: str, wrong: np.ndarray, compared: int) -> dict:
    where = f"vector {int(np.flatnonzero(wrong)[0])}" if wrong.any() else ""
    return {
        "what": what,
        "simulator": simulator,
        "compared": compared,
        "mismatches": int(wrong.sum()),
        "where": where,
    }


def _vectors(
    top: str,
    parameters: dict,
    inputs: dict[str, np.ndarray],
    outputs: tuple[str, ...],
    simulator: str,
    sources: Path | None,
):
    job = {
        "names": np.array(list(inputs)),
        "outputs": np.array(outputs),
        "inputs": np.stack(list(inputs.values()), axis=1),
    }
    return Simulation(top, parameters, simulator, sources=sources).run("units", job, "vectors")[
        "rows"
    ]


def adder(simulator: str = "verilator", sources: Path | None = None) -> dict:
    """saturating_add: every pair of two 6-bit numbers."""
    a, b = (grid.reshape(-1) for grid in np.meshgrid(*[np.arange(-32, 32)] * 2))
    rows = _vectors(
        "saturating_add",
        {"WIDTH": BITS},
        {"a": a, "b": b},
        ("sum", "saturated"),
        simulator,
        sources,
    )
    held, lost = hold(a + b, -32, 31)
    wrong = (_signed(rows[:, 0], BITS) != held) | (rows[:, 1] != lost)
    return _row("saturating_add, every pair of 6 bits", simulator, wrong, rows.size)


def neuron(event_rule: bool, simulator: str = "verilator", sources: Path | None = None) -> dict:
    """neuron_update: corner values of potential, threshold, bias and weight in every kind of visit."""
    corners = np.array([-32, -31, -17, -5, -1, 0, 1, 4, 15, 16, 17, 30, 31])
    random = np.random.default_rng(0)
    count = 6000
    v, threshold, bias = (random.choice(corners, count) for _ in range(3))
    close = random.random(count) < 0.3
    threshold = np.where(close, np.clip(v + random.integers(-1, 2, count), -32, 31), threshold)
    weight, is_event = random.integers(-4, 4, count), random.integers(0, 2, count)
    kind = random.integers(0, 4, count)
    if event_rule:
        v = np.abs(v).clip(0, 31)
    inputs = {
        "is_event": is_event, "kind": kind, "weight": weight, "bias": bias, "threshold": threshold, "potential": v,
    }  # fmt: skip
    parameters = {"WEIGHT_BITS": WEIGHT_BITS, "STATE_BITS": BITS, "EVENT_RULE": int(event_rule)}
    rows = _vectors(
        "neuron_update",
        parameters,
        inputs,
        ("next_potential", "spike", "saturated"),
        simulator,
        sources,
    )
    fire = (is_event == 0) & (kind == FIRE)
    doubles = fire | ((is_event == 0) & (kind == DOUBLE))
    after, lost = hold(v + np.where(is_event == 1, weight, np.where(doubles, v, bias)), -32, 31)
    if event_rule:
        after = np.maximum(after, 0)
        spike = (threshold >= 0) & fires(after, threshold)
        after = reset(after, spike, threshold, "zero")
    else:
        spike = (
            (threshold >= 0)
            & (is_event == 0)
            & np.where(fire, fires(v, threshold), (kind == STEP) & fires(after, threshold))
        )
        twice, twice_lost = hold(2 * reset(v, spike, threshold, "subtract"), -32, 31)
        after = np.where(
            fire, twice, hold(reset(after, spike & ~fire, threshold, "subtract"), -32, 31)[0]
        )
        lost = np.where(fire, twice_lost, lost)
    wrong = (_signed(rows[:, 0], BITS) != after) | (rows[:, 1] != spike) | (rows[:, 2] != lost)
    return _row(
        f"neuron_update, {'event' if event_rule else 'tick'} rule, corner values",
        simulator,
        wrong,
        rows.size,
    )


def memory(simulator: str = "verilator", sources: Path | None = None) -> dict:
    """sram: random reads and writes of a memory whose size is no power of two; a write keeps rdata."""
    random, depth = np.random.default_rng(1), 11
    first = np.stack(
        [np.ones(depth), np.ones(depth), np.arange(depth), random.integers(0, 256, depth)], axis=1
    ).astype(np.int64)
    enable, write = random.integers(0, 2, 800), random.integers(0, 2, 800)
    operations = np.concatenate(
        [
            first,
            np.stack(
                [enable, write, random.integers(0, depth, 800), random.integers(0, 256, 800)],
                axis=1,
            ),
        ]
    )
    simulation = Simulation("sram", {"WIDTH": 8, "DEPTH": depth}, simulator, sources=sources)
    answers = simulation.run("units", {"operations": operations}, "memory")["answers"]
    content, expected, rdata = np.zeros(depth, np.int64), [], -1
    for enabled, writes, address, data in operations.tolist():
        if enabled and writes:
            content[address] = data
        elif enabled:
            rdata = int(content[address])
        expected.append(rdata)
    known = np.array(expected) >= 0
    wrong = known & (answers != np.array(expected))
    return _row("sram, random reads and writes", simulator, wrong, int(known.sum()))


def queue(simulator: str = "verilator", sources: Path | None = None) -> dict:
    """event_queue: random offers on both sides, with stretches that fill and empty it: the same words in the same order, none lost."""
    random = np.random.default_rng(2)
    eager = np.repeat(random.choice([0.1, 0.5, 0.95], (60, 2)), 20, axis=0)
    offers = (random.random(eager.shape) < eager).astype(np.int64)
    result = Simulation("event_queue", {"WIDTH": 5, "DEPTH": 4}, simulator, sources=sources).run(
        "units", {"offers": offers}, "queue"
    )
    went_in, came_out = result["went_in"], result["came_out"]
    wrong = np.zeros(max(len(came_out), 1), bool)
    same = min(len(came_out), len(went_in))
    wrong[:same] = came_out[:same] != went_in[:same]
    wrong[same:] = True
    inside = len(went_in) - len(came_out)
    full, empty = (~result["filled"][:, 1]).any(), (~result["filled"][:, 0]).any()
    bad = np.append(wrong, not (0 <= inside <= 4 and full and empty))
    return _row("event_queue, random offers", simulator, bad, len(came_out) + 1)


def all_units(simulator: str = "verilator", sources: Path | None = None) -> list[dict]:
    """Every unit bench; one row each."""
    rows = [
        adder(simulator, sources),
        neuron(False, simulator, sources),
        neuron(True, simulator, sources),
    ]
    return [*rows, memory(simulator, sources), queue(simulator, sources)]
