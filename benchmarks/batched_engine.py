"""The batched engine itself, without the public call, against a plain TensorFlow loop."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
from baselines import plain_loop
from measure import alternate, peak_memory_bytes
from networks import calibration, images, lenet
from spikewatt.analysis.report.terminal.console import print_rows
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.batched.engine import Runner
from spikewatt.sim.engines.inputs import integer_input
from spikewatt.sim.engines.schedule import schedule

BATCH = 100


def bench_batched() -> None:
    """Images per second with traces, beside those of a loop without."""
    model, _ = lenet()
    x = images(1000)
    rate = convert(model, calibration())
    radix = convert(
        model,
        calibration(),
        "radix",
        steps=4,
        input_code="bitplane",
    )

    pixels = [batch.reshape(-1, 28, 28, 1).astype(np.float32) for batch in _batches(rate, x)]
    rows = []
    for network, steps, label in (
        (rate, 16, "rate, T=16"),
        (rate, 50, "rate, T=50"),
        (radix, 50, "radix K=4"),
    ):
        loop = plain_loop(rate, steps)
        runner = _runner(network, steps if network is rate else None, BATCH)
        ours = _batches(network, x)
        spent = alternate(
            {
                "batched": partial(_each, runner.run, ours),
                "loop": partial(_each, loop, pixels),
            }
        )
        row = {"batched, with traces": label, "images/s": spent.per_s("batched", len(x))}
        row |= {"plain loop": f"T={steps}", "its images/s": spent.per_s("loop", len(x))}
        rows.append(row | {"ratio": spent.ratio("batched", "loop")})

    print_rows("LeNet, valid padding, batches of 100", rows)
    _print_ten_thousand(radix, x)


def _print_ten_thousand(radix, x: np.ndarray) -> None:
    many = np.tile(integer_input(radix, x), (10, 1))
    runner = _runner(radix, None, 500)
    runner.run(many[:500])
    start = time.perf_counter()
    runner.run(many)
    seconds, memory = time.perf_counter() - start, peak_memory_bytes() / 1e9
    print(f"10,000 images, radix K=4, with traces: {seconds:.2f} s; peak memory {memory:.2f} GB")


def _runner(network, steps: int | None, batch: int) -> Runner:
    return Runner(network, schedule(network, steps), batch=batch, compiled=True)


def _batches(network, x: np.ndarray) -> list[np.ndarray]:
    inputs = integer_input(network, x)
    return [inputs[i : i + BATCH] for i in range(0, len(x), BATCH)]


def _each(run, batches: list[np.ndarray]) -> None:
    for batch in batches:
        run(batch)
