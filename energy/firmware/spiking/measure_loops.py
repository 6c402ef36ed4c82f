"""What the loops of a spiking network cost on each core: executed, counted, fitted.

    python -m spikewatt.energy.firmware.spiking.measure_loops

writes ``energy/data/software_loops.json``. Cycles of networks that differ in one size, code or
activity at a time are linear in what a trace counts; least squares give the cycles of each count.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ....files import write
from ....sim.engines.simulate import simulate
from ....sim.network.geometry import Geometry
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace
from ...devices.software_work import spiking_work, update_work
from ..cores import FIRMWARE_CORES, FirmwareCore
from ..timing import PUBLISHED
from .examples import dense_network, inputs_of, window_network
from .execute import Firmware
from .loops import Loop, loop_named
from .network import spiking_program

DATA = Path(__file__).parents[2] / "data"
CODES = ("rate", "radix", "sync_rate")
STEPS = 16  # of the rate code
SHARES = (0.1, 0.4, 0.9)  # of inputs that are not dark

DENSE, SPARSE = "cycles_per_synapse_dense", "cycles_per_synapse_sparse"
SINGLE, GATHER = "cycles_per_synapse_single", "cycles_per_neuron_gather"
UPDATE, SPIKE, STEP = "cycles_per_neuron_update", "cycles_per_spike", "cycles_per_step"
FIRST = (DENSE, UPDATE, GATHER, SPIKE, STEP)  # what networks of dense layers tell
KEYS = (DENSE, SPARSE, SINGLE, UPDATE, GATHER, SPIKE, STEP)

WAITING = 1.3  # flash that is not hidden by a cache: assumed
UNTIMED = {"Cortex-M85": "Cortex-M7"}  # cores that nothing is executed on, and whose loops they get
UNTIMED_LOW = 0.7


class Measured(NamedTuple):
    """One inference: what a trace counts of it, and what it took."""

    counts: Mapping[str, float]
    cycles: float
    low: float
    high: float


class Fitted(NamedTuple):
    """Cycles of each count, and how far the networks lie from their sum."""

    values: Mapping[str, float]
    low: float
    high: float
    residual: float


def counts_of(trace: Trace) -> dict[str, float]:
    """Card value -> events of an inference of `trace`, as `price` counts them."""
    total: Counter[str] = Counter()
    for population in trace.neurons:
        total.update(update_work(trace, population))
    for layer in trace.layers:
        total.update(spiking_work(trace, layer))
    return dict(total)


def measure(network: SpikingNetwork, x: np.ndarray, core: FirmwareCore, loop: Loop) -> Measured:
    """One inference of `network` on `core`.

    Parameters
    ----------
    network : SpikingNetwork
    x : (1, …) one sample.
    core : FirmwareCore
    loop : Loop
    """
    steps = STEPS if network.code.streaming else None
    trace = simulate(network, x, "reference", steps)
    firmware = Firmware(spiking_program(network, steps, loop, core.has_dsp), core)
    cycles = firmware.run(x[0]).count.cycles_range
    return Measured(counts_of(trace), cycles.value, cycles.low, cycles.high)


def dense_cases() -> Iterator[SpikingNetwork]:
    """One size at a time: inputs, hidden neurons, outputs, layers."""
    for code in CODES:
        for sizes in (
            (32, 10),
            (128, 10),
            (128, 40),
            (64, 48, 10),
            (64, 96, 10),
            (200, 64, 32, 10),
        ):
            yield dense_network(code, sizes)


def window_cases(kind: str) -> Iterator[SpikingNetwork]:
    """Windows, strides, padding and channels."""
    padded = Geometry((3, 3), (1, 1), ((1, 1), (1, 1)))
    strided = Geometry((3, 3), (2, 2), ((0, 1), (0, 1)))
    large = Geometry((5, 5), (1, 1))
    for code in CODES[:2]:
        if kind != "conv2d":
            apart = Geometry((2, 2), (2, 2))
            yield window_network(
                code, (12, 12, 4), kind, geometry=apart if kind == "pool" else None
            )
            continue
        yield window_network(code, (14, 14, 1), kind, 20, large)
        yield window_network(code, (10, 10, 8), kind, 16, padded)
        yield window_network(code, (12, 12, 8), kind, 24, strided)
        pooled = Geometry((2, 2), (2, 2))
        yield window_network(code, (16, 16, 10), kind, 32, large, pooled)


def all_of(
    cases: Iterator[SpikingNetwork], core: FirmwareCore, loop: Loop, shares=SHARES
) -> list[Measured]:
    """Every network at every activity."""
    return [
        measure(network, inputs_of(network, share, seed=number), core, loop)
        for number, network in enumerate(cases)
        for share in shares
    ]


def fit(
    rows: list[Measured], keys: tuple[str, ...], known: Mapping[str, float]
) -> dict[str, float]:
    """Cycles of `keys` by least squares of relative errors, none below 0; `known` are kept."""
    from scipy.optimize import nnls

    taken = [sum(known.get(k, 0) * n for k, n in row.counts.items()) for row in rows]
    matrix = np.array([[row.counts.get(k, 0) / row.cycles for k in keys] for row in rows])
    rest = np.array([1 - t / row.cycles for t, row in zip(taken, rows, strict=True)])
    scale = np.maximum(matrix.max(axis=0), 1e-30)
    found, _ = nnls(matrix / scale, rest)
    return dict(zip(keys, (found / scale).tolist(), strict=True))


def of_core(core: FirmwareCore, loop: Loop) -> Fitted:
    """All values of one loop on one core."""
    rows = all_of(dense_cases(), core, loop)
    keys = FIRST if loop.gathers else tuple(key for key in FIRST if key != GATHER)
    values = {GATHER: 0.0, **fit(rows, keys, {})}
    for key, kinds in ((SPARSE, ("conv2d",)), (SINGLE, ("depthwise", "pool", "identity"))):
        there = [
            row for kind in kinds for row in all_of(window_cases(kind), core, loop, SHARES[:2])
        ]
        values |= fit(there, (key,), values)
        rows += there
    said = [sum(values[k] * n for k, n in row.counts.items()) / row.cycles - 1 for row in rows]
    return Fitted(
        {key: values[key] for key in KEYS},
        low=min(row.low / row.cycles for row in rows),
        high=max(row.high / row.cycles for row in rows),
        residual=float(np.sqrt(np.mean(np.square(said)))),
    )


def entries(
    core: FirmwareCore, fitted: Fitted, upper: Fitted | None, title: str
) -> dict[str, dict]:
    """Card values of a loop; their upper ends are those of `upper`, plain C, where it has them."""
    exact = core.timing.status == PUBLISHED
    table = "Arm's published timing" if exact else "timing assumed (others' measurements)"
    source = (
        f"executed in unicorn {version('unicorn')}, C by ziglang {version('ziglang')} -O2, "
        f"{table}; fitted to networks that differ in one size at a time, rms residual "
        f"{fitted.residual:.1%}; high: flash that waits ({WAITING:g}, assumed)"
    )
    if upper is not None:
        source += " and plain C"
        title = f"{title}, counted by execution; plain C as the upper end"
    found = {}
    for key, value in fitted.values.items():
        high = value * fitted.high * (1 + fitted.residual) * WAITING
        if upper is not None:
            high = max(high, upper.values[key] * upper.high * WAITING)
        found[key] = {
            "value": round(value, 3),
            "low": round(value * fitted.low * (1 - fitted.residual), 3),
            "high": round(high, 3),
            "unit": "",
            "status": "simulated" if exact else "assumed",
            "conditions": title,
            "source": source,
            "measurement": f"software loop {core.name}",
        }
    return found


def loops_of(core: FirmwareCore) -> dict[str, dict]:
    """The best loop of a core, and plain C."""
    best, plain = loop_named("best", core.has_dsp), loop_named("plain", core.has_dsp)
    of_plain, of_best = of_core(core, plain), of_core(core, best)
    print(core.name, {k: round(v, 2) for k, v in of_plain.values.items()}, of_plain.residual)
    print(core.name, {k: round(v, 2) for k, v in of_best.values.items()}, of_best.residual)
    return {
        best.name: {
            "potential_bits": 32,
            "quality": "best",
            "values": entries(core, of_best, of_plain, best.title),
        },
        plain.name: {
            "potential_bits": 32,
            "quality": "plain",
            "values": entries(core, of_plain, None, plain.title),
        },
    }


def borrowed(loops: Mapping[str, dict], core: str, lender: str) -> dict[str, dict]:
    """Loops of a core that nothing is executed on."""
    found = json.loads(json.dumps(loops))
    for loop in found.values():
        for value in loop["values"].values():
            value |= {
                "low": round(value["low"] * UNTIMED_LOW, 3),
                "status": "assumed",
                "source": f"that of the {lender}; not counted on this core",
                "measurement": f"software loop {core}",
            }
    return found


def main() -> None:
    """Measure and write."""
    found = {name: loops_of(core) for name, core in FIRMWARE_CORES.items()}
    for core, lender in UNTIMED.items():
        found[core] = borrowed(found[lender], core, lender)
    write(DATA / "software_loops.json", json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
