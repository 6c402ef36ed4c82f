"""The batched engine against a plain TensorFlow loop, and as work is added."""

from __future__ import annotations

import time

import numpy as np
from measure import COMPARED_ROUNDS, compare, images_per_s, lenet, peak_memory_bytes
from spikewatt.analysis.report.console import print_rows
from spikewatt.models.networks import build_network
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.batched.engine import Runner
from spikewatt.sim.engines.batched.operators import Operator, import_tensorflow
from spikewatt.sim.engines.inputs import integer_input
from spikewatt.sim.engines.schedule import schedule

BATCH = 100


def bench_batched() -> None:
    """Images per second with traces, beside those of a loop without."""
    model, data = lenet()
    calibration = data.scaled("train")[:300]
    x = np.tile(data.scaled("test"), (3, 1, 1, 1))[:1000]
    rate = convert(model, calibration)
    radix = convert(
        model,
        calibration,
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
        found = compare(_to_numpy(loop), runner.run, (pixels, _batches(network, x)))
        slow, fast, ratio = found
        row = {"batched, with traces": label, "images/s": fast, "plain loop": f"T={steps}"}
        rows.append(row | {"its images/s": slow, "ratio": ratio})

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


def _to_numpy(loop):
    return lambda batch: loop(batch).numpy()


def plain_loop(network, steps: int):
    """A hand-written TensorFlow loop of LeNet's rate code, compiled.

    No traces, only the last potentials.
    """
    tf = import_tensorflow()
    operators = [Operator(network, c, np.float32) for c in network.connections]
    layers = network.populations
    threshold = [p.threshold.astype(np.float32) for p in layers]
    bias = [p.bias.astype(np.float32) for p in layers]
    start = [np.broadcast_to(p.initial_potential, p.shape).astype(np.float32) for p in layers]

    @tf.function(jit_compile=True)
    def run(pixels):
        batch = tf.shape(pixels)[0]
        first = [tf.zeros((batch, *p.shape)) + at for p, at in zip(layers, start, strict=True)]

        def step(t, *v):
            v = list(v)
            drive = pixels
            for i in range(len(layers)):
                v[i] = v[i] + drive + bias[i]
                if i < len(operators):
                    spikes = tf.cast(v[i] >= threshold[i], tf.float32)
                    v[i] = v[i] - threshold[i] * spikes
                    drive = operators[i](spikes)
            return (t + 1, *v)

        return tf.while_loop(lambda t, *_: t < steps, step, (0, *first))[-1]

    return run


# ------------------------------------------------------------------ growth

DEPTHS = (2, 4, 8)
SETTINGS = {"rate": (16, 32, 64), "radix": (2, 4, 8)}  # code -> steps
SAMPLES = 400


def bench_growth() -> None:
    """Microseconds of the batched engine as steps and layers are added."""
    x = np.random.default_rng(0).random((SAMPLES, 16, 16, 1))
    rows = []
    for depth in DEPTHS:
        hidden = "-".join(["256"] * depth)
        model = build_network(f"mlp-256-{hidden}-10", (16, 16, 1), 10)
        for code, settings in SETTINGS.items():
            for steps in settings:
                rows.append(
                    _growth_row(
                        model,
                        x,
                        code,
                        steps,
                        depth + 1,
                    )
                )
    print_rows(f"Layers of 256 x 256, {SAMPLES} samples", rows)


def _growth_row(model, x: np.ndarray, code: str, steps: int, layers: int) -> dict:
    exact = {"steps": steps, "input_code": "bitplane"} if code == "radix" else {}
    network = convert(model, x, code, **exact)  # type: ignore[arg-type]
    runner = _runner(network, None if exact else steps, SAMPLES)
    inputs = integer_input(network, x)
    runner.run(inputs)
    rates = [images_per_s(runner.run, [inputs] * 5) for _ in range(COMPARED_ROUNDS)]
    spent = 1e6 / max(rates)
    return {
        "code": code,
        "layers": layers,
        "steps": steps,
        "µs per sample": spent,
        "µs per sample and layer": spent / layers,
        "µs per sample, layer and step": spent / layers / steps,
    }
