"""What a layer that skips activations of zero takes on each core: executed, counted, fitted.

    python -m spikewatt.energy.firmware.measure_skipping

writes ``energy/data/skipping_loops.json``. Cycles of layers that differ in one size or in their
share of zeros are linear in what `devices.zero_skipping` counts; least squares give the cycles of
each count. Every answer is compared with that of the ordinary kernel, bit for bit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...errors import SpikewattError
from ...files import write
from ..cards.software_loops import (
    CHECK,
    ORDINARY_KEYS,
    ORDINARY_MAC,
    POSITION,
    SKIPPING_KEYS,
    SKIPPING_LOOPS,
    SUM,
)
from .build import build
from .cores import FIRMWARE_CORES, FirmwareCore
from .emulator import Emulator
from .int8.geometry import Shape
from .int8.layers import Conv, Dense
from .int8.samples import Sample, conv, dense
from .int8.skipping import SKIPPING
from .int8_network import write_graph
from .spiking.measure_loops import UNTIMED, WAITING, borrowed
from .timing import PUBLISHED
from .versions import versions

SHARES = (0.0, 0.3, 0.6, 0.9)  # of inputs that are zero
SIZES = ((64, 48), (64, 10), (256, 48), (800, 100), (1024, 128))
PLAIN_C = "INT8_SKIPPING_IN_C"  # leaves the inner loop to the compiler


class Measured(NamedTuple):
    """One inference: what is counted of it, and what it took."""

    counts: Mapping[str, float]
    cycles: float
    low: float
    high: float
    ordinary: float  # cycles of the ordinary kernel of the same hand


@dataclass(frozen=True)
class Fitted:
    """Cycles of each count, and how far the layers lie from their sum.

    Parameters
    ----------
    values : mapping of float
    low, high : float
        The least and the most that the core's timing leaves open, as shares of the value.
    residual : float
        Root mean square of the relative errors.
    ordinary : mapping of float
        Cycles of the ordinary kernels, by ORDINARY_KEYS.
    """

    values: Mapping[str, float]
    low: float
    high: float
    residual: float
    ordinary: Mapping[str, float]


def cases() -> Iterator[Sample]:
    """Dense layers and convolutions that differ in one size at a time."""
    for inputs, outputs in SIZES:
        yield dense(f"dense {inputs}-{outputs}", inputs, outputs)
    yield conv("conv 5x5 1-20", Shape(16, 16, 1), 20, 5, same=False)
    yield conv("conv 5x5 20-50", Shape(8, 8, 20), 50, 5, same=False)
    yield conv("conv 3x3 16-16", Shape(10, 10, 16), 16, 3)
    yield conv("conv 3x3 16-64", Shape(10, 10, 16), 64, 3)
    yield conv("conv 1x1 64-64", Shape(6, 6, 64), 64, 1)


def counts_of(layer: Dense | Conv, nonzero: np.ndarray) -> dict[str, float]:
    """Card value -> events of one inference; as `devices.zero_skipping` counts them.

    Parameters
    ----------
    layer : Dense or Conv
    nonzero : bool (inputs,)
        Which inputs are not zero.
    """
    if isinstance(layer, Dense):
        taps, positions = int(nonzero.sum()), 1
    else:
        taps, positions = _taps(layer, nonzero), layer.output.rows * layer.output.columns
    outputs = len(layer.rows)
    counts = (layer.operations / outputs, taps, taps * outputs, positions * outputs, positions)
    return dict(zip(SKIPPING_KEYS, counts, strict=True))


def _taps(layer: Conv, nonzero: np.ndarray) -> int:
    """Inputs that are not zero under all positions of a window."""
    from ...sim.network.connection_kinds import Conv2D
    from ...sim.network.geometry import Geometry

    rows, columns = layer.window.rows, layer.window.columns
    inside, outside = layer.input, layer.output
    after = [
        max((there - 1) * axis.stride + axis.size - here - axis.before, 0)
        for axis, here, there in (
            (rows, inside.rows, outside.rows),
            (columns, inside.columns, outside.columns),
        )
    ]
    geometry = Geometry(
        (rows.size, columns.size),
        (rows.stride, columns.stride),
        ((rows.before, after[0]), (columns.before, after[1])),
    )
    weights = np.ones((rows.size, columns.size, inside.channels, 1))
    seen = (inside.rows, inside.columns, inside.channels)
    post = (outside.rows, outside.columns, 1)
    reach = Conv2D().fan_out(weights, geometry, seen, post, False)
    return int(reach.reshape(-1)[nonzero].sum())


def measure(sample: Sample, core: FirmwareCore, defines: Iterable[str] = ()) -> Iterator[Measured]:
    """One layer on a core, at each share of zeros.

    Raises
    ------
    SpikewattError
        An answer other than that of the ordinary kernel.
    """
    layer, graph = sample.layer, sample.graph
    assert isinstance(layer, Dense | Conv)
    ordinary = Emulator(build(write_graph(graph, "best").sources, core), core)
    program = build(write_graph(graph, SKIPPING).sources, core, defines=defines)
    skipping = Emulator(program, core)
    random = np.random.default_rng(0)
    for share in SHARES:
        pixels = random.integers(-128, 128, graph.sizes[graph.input])
        pixels[random.random(len(pixels)) < share] = layer.input_zero
        answers, counted = [], []
        for emulator in (ordinary, skipping):
            emulator.write("network_input", pixels.astype(np.int8))
            counted.append(emulator.call("infer"))
            answers.append(emulator.read("network_output", np.int8, graph.sizes[graph.output]))
        if not np.array_equal(*answers):
            law = "computes what the ordinary kernel computes"
            raise SpikewattError(f"{sample.name} on a {core.name}", law, "something else")
        without, count = counted
        cycles, outside = count.cycles_range, count.by_layer["infer"].cycles
        yield Measured(
            counts_of(layer, pixels != layer.input_zero),
            cycles.value - outside.value,
            cycles.low - outside.low,
            cycles.high - outside.high,
            without.cycles - without.by_layer["infer"].cycles.value,
        )


def of_core(core: FirmwareCore, defines: Iterable[str] = ()) -> Fitted:
    """Cycles of each count on a core, by least squares of relative errors, none below 0."""
    rows = [row for sample in cases() for row in measure(sample, core, defines)]
    counts = [row.counts for row in rows]
    values, errors = _least_squares(counts, [row.cycles for row in rows], SKIPPING_KEYS)

    every = [{**each, ORDINARY_MAC: each[CHECK] * each[SUM] / each[POSITION]} for each in counts]
    ordinary, _ = _least_squares(every, [row.ordinary for row in rows], ORDINARY_KEYS)
    return Fitted(
        values,
        low=min(row.low / row.cycles for row in rows),
        high=max(row.high / row.cycles for row in rows),
        residual=float(np.sqrt(np.mean(np.square(errors)))),
        ordinary=ordinary,
    )


def _least_squares(
    counts: Sequence[Mapping[str, float]], cycles: Sequence[float], keys: Sequence[str]
) -> tuple[dict[str, float], np.ndarray]:
    """Cycles of each of `keys`, and the relative error of each row."""
    from scipy.optimize import nnls

    pairs = zip(counts, cycles, strict=True)
    matrix = np.array([[each[key] / took for key in keys] for each, took in pairs])
    scale = matrix.max(axis=0)
    found, _ = nnls(matrix / scale, np.ones(len(matrix)))
    values = found / scale
    return dict(zip(keys, values.tolist(), strict=True)), matrix @ values - 1


def entries(core: FirmwareCore, fitted: Fitted, in_c: Fitted) -> dict[str, dict]:
    """Card values; their upper ends are those of plain C, where these are higher."""
    exact = core.timing.status == PUBLISHED
    table = "Arm's published timing" if exact else "timing assumed (others' measurements)"
    tools = versions()
    source = (
        f"executed in {tools['emulator']}, C by {tools['compiler']} {tools['optimise']}, {table}; "
        f"fitted to layers that differ in one size or in their share of zeros, rms residual "
        f"{fitted.residual:.1%}; high: flash that waits ({WAITING:g}, assumed) and plain C"
    )
    found = {}
    for key, value in fitted.values.items():
        high = value * fitted.high * (1 + fitted.residual)
        found[key] = {
            "value": round(value, 3),
            "low": round(value * fitted.low * (1 - fitted.residual), 3),
            "high": round(max(high, in_c.values[key] * in_c.high) * WAITING, 3),
            "unit": "",
            "status": "simulated" if exact else "assumed",
            "conditions": "inputs that are not zero are listed, four outputs at a time, int32 sums "
            "in registers; plain C as the upper end",
            "source": source,
            "measurement": f"zero-skipping int8 loop {core.name}",
        }
    return found


def main() -> None:
    """Measure and write."""
    found: dict[str, dict] = {}
    for name, core in FIRMWARE_CORES.items():
        fitted, in_c = of_core(core), of_core(core, (PLAIN_C,))
        print(name, {key: round(value, 2) for key, value in fitted.values.items()}, fitted.residual)
        print(name, {key: round(value, 2) for key, value in in_c.values.items()}, in_c.residual)
        print(name, {key: round(value, 2) for key, value in fitted.ordinary.items()})
        found[name] = {
            SKIPPING: {
                "values": entries(core, fitted, in_c),
                # The same hand's ordinary kernels: what skipping itself saves is told from them.
                "ordinary": {key: round(value, 3) for key, value in fitted.ordinary.items()},
            }
        }
    for core, lender in UNTIMED.items():
        found[core] = borrowed(found[lender], core, lender)
    write(SKIPPING_LOOPS, json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
