"""The event engine through the public call, against the batched one and a plain TensorFlow loop."""

from __future__ import annotations

import os
import time

import numpy as np
from batched_engine import plain_loop
from measure import lenet
from spikewatt.analysis.report.console import print_rows
from spikewatt.models.networks import build_network
from spikewatt.models.training import train
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.inputs import integer_input
from spikewatt.sim.engines.simulate import simulate

ROUNDS = 5
BATCH = 100
STEPS = (16, 50)
SAMPLES = {"lenet": 300, "mlp": 2000}


def bench_event() -> None:
    """Images per second of each, medians of alternating rounds."""
    model, data = lenet()
    mlp = build_network("mlp-784-128-10", data.input_shape, 10)
    train(mlp, data, epochs=2)
    calibration, images = data.scaled("train")[:300], data.scaled("test")

    rows = []
    for name, keras_model in (("lenet", model), ("mlp", mlp)):
        x = np.resize(images, (SAMPLES[name], *images.shape[1:]))
        rate = convert(keras_model, calibration)
        analog = convert(keras_model, calibration, input_code="analog")
        for steps in STEPS:
            loop = _plain(rate, x, steps)
            for network in (rate, analog):
                label = f"{name}, rate, {network.input_code}, T={steps}"
                rows.append(_row(label, network, x, steps, loop))
        radix = convert(keras_model, calibration, "radix", steps=4, input_code="bitplane")
        rows.append(_row(f"{name}, radix, K=4", radix, x, None, _plain(rate, x, STEPS[0])))

    load = os.getloadavg()[0]
    print_rows(f"Public calls, full traces; load of the machine {load:.1f}", rows)


def _plain(rate, x: np.ndarray, steps: int):
    """The loop over all images, in batches; inputs are ready in float32."""
    loop = plain_loop(rate, steps)
    pixels = integer_input(rate, x).astype(np.float32)
    shape = rate.inputs[0].shape
    batches = [pixels[i : i + BATCH].reshape(-1, *shape) for i in range(0, len(pixels), BATCH)]

    def run() -> None:
        for batch in batches:
            loop(batch).numpy()

    return run


def _row(label: str, network, x: np.ndarray, steps: int | None, loop) -> dict:
    ways = {
        "event": lambda: simulate(network, x, "event", steps),
        "batched": lambda: simulate(network, x, "batched", steps),
        "plain loop": loop,
    }
    for way in ways.values():
        way()
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            spent[name].append(time.perf_counter() - start)

    row = {"images/s": label}
    row |= {name: len(x) / float(np.median(seconds)) for name, seconds in spent.items()}
    for other in ("batched", "plain loop"):
        ratios = np.divide(spent[other], spent["event"])
        row[f"event / {other}"] = float(np.median(ratios))
    return row
