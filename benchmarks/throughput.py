"""Benchmarks as ratios taken in one run against a named baseline (`make bench`; ARGS: ``annarchy``, ``batched``, ``pricing``, ``growth``).

annarchy: LeNet with same padding on digits enlarged to 28x28, T = 50: the ANNarchy engine with full traces against ANNarchy's own
ANNtoSNNConverter with its Poisson input.
batched: LeNet with valid padding, batches of 100: the batched engine with full traces against a plain TensorFlow loop without traces
under jit_compile=True, at T = 16 and 50, and radix K = 4 against that loop at T = 50.
pricing: one LeNet trace priced for many variants of a card at once, against pricing them one by one.
growth: seconds of the batched engine per added sample, step and layer.
Only simulation is timed; compiling and loading are not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

STEPS = 50
ROUNDS = 3
COMPARED_ROUNDS = 9
DESIGNS, ONE_BY_ONE = 100_000, 10
OUR_SAMPLES, STOCK_SAMPLES = 160, 12


def digits_28():
    """The digits data set enlarged to 28x28 by linear interpolation."""
    from scipy.ndimage import zoom
    from spikewatt.models.datasets import Dataset, load_dataset

    small = load_dataset("digits")
    parts = {}
    for split in ("train", "validation", "test"):
        large = zoom(small.scaled(split)[..., 0], (1, 3.5, 3.5), order=1)
        parts[f"x_{split}"] = np.round(np.clip(large, 0, 1) * 255).astype(np.uint8)[..., None]
        parts[f"y_{split}"] = getattr(small, f"y_{split}")
    return Dataset("digits28", levels=255, **parts)


def _peak_memory_bytes(pid: int | str = "self") -> int:
    """Largest resident memory that a process has had."""
    line = next(
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return int(line.split()[1]) * 1024


def stock(folder: Path) -> dict:
    """Samples/s, SOPs/s and memory of ANNarchy's own converter, in this process."""
    from spikewatt.sim.engines.annarchy.build import import_annarchy, no_arguments

    ann = import_annarchy()
    from ANNarchy.extensions.ann_to_snn_conversion import ANNtoSNNConverter

    x = np.load(folder / "x.npy")
    converter = ANNtoSNNConverter(input_encoding="CPN", hidden_neuron="IaF", read_out="spike_count")
    with no_arguments():
        network = converter.load_keras_model(
            str(folder / "functional.keras"), directory=str(folder / "stock"), show_info=False
        )
    del ann
    converter.predict(x[:1], duration_per_sample=STEPS, multiple=True)
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        converter.predict(
            x[:STOCK_SAMPLES], duration_per_sample=STEPS, multiple=True
        )  # without `multiple` it fails on numpy 2.4
        rates.append(STOCK_SAMPLES / (time.perf_counter() - start))
    # It does not count operations: count spikes with monitors, untimed, and multiply by the same layers' fan-out.
    populations = network.get_populations()
    monitors = [network.monitor(p, "spike") for p in populations]
    fan_out = json.loads((folder / "fan_out.json").read_text())
    operations, counted = 0.0, 3
    for i in range(counted):
        converter.predict(x[i : i + 1], duration_per_sample=STEPS, multiple=True)
        spikes = [sum(map(len, m.get("spike").values())) for m in monitors[:-1]]
        operations += float(np.dot(spikes, fan_out)) / counted
    return {
        "samples_per_s": max(rates),
        "sops_per_sample": operations,
        "memory_bytes": _peak_memory_bytes(),
    }


def ours(network, x: np.ndarray, workers: int) -> dict:
    """Samples/s, SOPs/s and memory of the ANNarchy engine with traces; the clock runs once every worker has finished a chunk."""
    import psutil
    from spikewatt.sim.engines.simulate import simulate

    best: dict = {}
    for _ in range(ROUNDS):
        marks: list[tuple[float, int]] = []
        memory = [0]

        def progress(stage: str, done: int, total: int, marks=marks, memory=memory) -> None:
            if stage == "simulate":
                marks.append((time.perf_counter(), done))
                workers_now = [
                    p.pid
                    for p in psutil.Process().children()
                    if "annarchy_worker" in " ".join(p.cmdline())
                ]
                memory[0] = max(memory[0], sum(_peak_memory_bytes(pid) for pid in workers_now))

        trace = simulate(network, x, "annarchy", STEPS, workers=workers, progress=progress)
        first, last = marks[2 * workers - 1], marks[-1]
        rate = (last[1] - first[1]) / (last[0] - first[0])
        if rate > best.get("samples_per_s", 0):
            operations = sum(float(c.sum(axis=1).mean()) for c in trace.sops.values())
            best = {"samples_per_s": rate, "sops_per_sample": operations, "memory_bytes": memory[0]}
    return best


def plain_loop(network, steps: int):
    """A hand-written TensorFlow loop of LeNet's rate code: no traces, only the last potentials, compiled."""
    from spikewatt.sim.engines.batched.operators import Operator, import_tensorflow

    tf = import_tensorflow()
    operators = [Operator(network, c, np.float32) for c in network.connections]
    layers = network.populations
    threshold = [p.threshold.astype(np.float32) for p in layers]
    bias = [p.bias.astype(np.float32) for p in layers]

    @tf.function(jit_compile=True)
    def run(pixels):
        batch = tf.shape(pixels)[0]
        v = [
            tf.zeros((batch, *p.shape))
            + np.broadcast_to(p.initial_potential, p.shape).astype(np.float32)
            for p in layers
        ]

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

        return tf.while_loop(lambda t, *_: t < steps, step, (0, *v))[-1]

    return run


def _images_per_s(run, batches: list[np.ndarray]) -> float:
    """Images per second over all batches."""
    start = time.perf_counter()
    for batch in batches:
        run(batch)
    return sum(map(len, batches)) / (time.perf_counter() - start)


def _compare(baseline, run, batches: tuple[list, list]) -> tuple[float, float, float]:
    """Images per second of `baseline` and `run`, best of all rounds, and the median over the rounds of their ratio.

    Rounds alternate between the two, so that a machine that slows down for a while slows both down.
    """
    for each, first in ((baseline, batches[0][0]), (run, batches[1][0])):
        each(first)
    rounds = [
        (_images_per_s(baseline, batches[0]), _images_per_s(run, batches[1]))
        for _ in range(COMPARED_ROUNDS)
    ]
    return (
        max(a for a, _ in rounds),
        max(b for _, b in rounds),
        float(np.median([b / a for a, b in rounds])),
    )


def _lenet():
    """LeNet with valid padding, briefly trained on the enlarged digits; and the images."""
    from spikewatt.models.networks import build_network
    from spikewatt.models.training import train

    data = digits_28()
    model = build_network("lenet", data.input_shape, 10)
    train(model, data, epochs=2)
    return model, data


def bench_batched() -> None:
    """The batched engine against the plain loop."""
    from spikewatt.analysis.report.console import print_table
    from spikewatt.sim.conversion.convert import convert
    from spikewatt.sim.engines.batched.engine import Runner
    from spikewatt.sim.engines.schedule import schedule
    from spikewatt.sim.engines.simulate import integer_input

    model, data = _lenet()
    calibration = data.scaled("train")[:300]
    x = np.tile(data.scaled("test"), (3, 1, 1, 1))[:1000]
    rate, radix = (
        convert(model, calibration),
        convert(model, calibration, code="radix", steps=4, input_code="bitplane"),
    )

    def split(network) -> list[np.ndarray]:
        inputs = integer_input(network, x)
        return [inputs[i : i + 100] for i in range(0, len(x), 100)]

    pixels = [batch.reshape(-1, 28, 28, 1).astype(np.float32) for batch in split(rate)]
    rows = []
    for network, steps, label in (
        (rate, 16, "rate, T=16"),
        (rate, 50, "rate, T=50"),
        (radix, 50, "radix K=4"),
    ):
        loop = plain_loop(rate, steps)
        runner = Runner(
            network, schedule(network, steps if network is rate else None), batch=100, compiled=True
        )
        slow, fast, ratio = _compare(
            lambda batch, loop=loop: loop(batch).numpy(), runner.run, (pixels, split(network))
        )
        rows.append(
            {
                "batched, with traces": label,
                "images/s": fast,
                "plain loop": f"T={steps}",
                "its images/s": slow,
                "ratio": ratio,
            }
        )
    print_table("LeNet, valid padding, batches of 100", rows, False)
    many = np.tile(integer_input(radix, x), (10, 1))
    runner = Runner(radix, schedule(radix), batch=500, compiled=True)
    runner.run(many[:500])
    start = time.perf_counter()
    runner.run(many)
    print(
        f"10,000 images, radix K=4, with traces: {time.perf_counter() - start:.2f} s; peak memory {_peak_memory_bytes() / 1e9:.2f} GB"
    )


def bench_growth() -> None:
    """Seconds of the batched engine as samples, steps and layers are added."""
    from spikewatt.analysis.report.console import print_table
    from spikewatt.models.networks import build_network
    from spikewatt.sim.conversion.convert import convert
    from spikewatt.sim.engines.batched.engine import Runner
    from spikewatt.sim.engines.schedule import schedule
    from spikewatt.sim.engines.simulate import integer_input

    random = np.random.default_rng(0)
    x = random.random((400, 16, 16, 1))
    rows = []
    for depth in (2, 4, 8):
        model = build_network("mlp-256-" + "-".join(["256"] * depth) + "-10", (16, 16, 1), 10)
        for code, settings in (("rate", (16, 32, 64)), ("radix", (2, 4, 8))):
            for steps in settings:
                exact = {"steps": steps, "input_code": "bitplane"} if code == "radix" else {}
                network = convert(model, x, code=code, **exact)  # type: ignore[arg-type]
                runner = Runner(
                    network, schedule(network, None if exact else steps), batch=400, compiled=True
                )
                inputs = integer_input(network, x)
                runner.run(inputs)
                spent = 1e6 / max(
                    _images_per_s(runner.run, [inputs] * 5) for _ in range(COMPARED_ROUNDS)
                )
                row = {"code": code, "layers": depth + 1, "steps": steps, "µs per sample": spent}
                row["µs per sample and layer"] = spent / (depth + 1)
                row["µs per sample, layer and step"] = spent / (depth + 1) / steps
                rows.append(row)
    print_table("Layers of 256 x 256, 400 samples", rows, False)


def bench_annarchy() -> None:
    """The ANNarchy engine against ANNarchy's own converter."""
    from spikewatt.analysis.report.console import print_table, with_prefix
    from spikewatt.models.keras_backend import import_keras
    from spikewatt.models.networks import build_network
    from spikewatt.models.training import predictions, train
    from spikewatt.sim.conversion.convert import convert

    keras = import_keras()
    data = digits_28()
    model = build_network("lenet-same", data.input_shape, 10)
    train(model, data, epochs=4)
    x = data.scaled("test")
    print(
        f"LeNet, same padding: Keras {np.mean(predictions(model, x) == data.y_test) * 100:.1f} % on {len(x)} test images; {STEPS} steps"
    )
    network = convert(model, data.scaled("train")[:300])
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
        folder = Path(name)
        keras.Model(model.inputs, model.outputs).save(folder / "functional.keras")
        np.save(folder / "x.npy", x[:STOCK_SAMPLES])
        (folder / "fan_out.json").write_text(
            json.dumps([float(network.fan_out(c).mean()) for c in network.connections])
        )
        command = [sys.executable, __file__, "--stock", name]
        finished = subprocess.run(command, capture_output=True, text=True)
        if finished.returncode:
            sys.exit(finished.stderr)
        results = {
            "ANNtoSNNConverter, one process": json.loads((folder / "stock.json").read_text())
        }
    for workers in (1, 2):
        label = f"spikewatt with traces, {workers} process{'es' if workers > 1 else ''}"
        results[label] = ours(network, x[: OUR_SAMPLES * workers], workers)
    baseline = results["ANNtoSNNConverter, one process"]["samples_per_s"]
    rows = [
        {
            "engine": label,
            "samples/s": r["samples_per_s"],
            "ratio": r["samples_per_s"] / baseline,
            "SOPs per sample": r["sops_per_sample"],
            "SOPs/s": with_prefix(r["sops_per_sample"] * r["samples_per_s"], ""),
            "peak memory": with_prefix(r["memory_bytes"], "B"),
        }
        for label, r in results.items()
    ]
    print_table("Baseline: ANNarchy's own converter (Poisson input, no traces)", rows, False)


def bench_pricing() -> None:
    """Design points per second: all at once against one by one."""
    from spikewatt.analysis.report.console import print_table
    from spikewatt.energy.cards.load import load_card
    from spikewatt.energy.pricing.bills import bill_of
    from spikewatt.energy.pricing.uncertainty import draw
    from spikewatt.sim.conversion.convert import convert
    from spikewatt.sim.engines.simulate import simulate

    model, data = _lenet()
    network = convert(model, data.scaled("train")[:300])
    trace = simulate(network, data.scaled("test")[:20], "batched", 16)
    rows = []
    for device in ("odin_style:axons_per_core=1024,neurons_per_core=1024", "stm32l4r5"):
        card = load_card(device)
        designs = draw(card.values, DESIGNS, seed=0)
        start = time.perf_counter()
        bill = bill_of(trace, card)
        many = bill.reprice(designs)
        all_at_once = DESIGNS / (time.perf_counter() - start)
        start = time.perf_counter()
        for i in range(ONE_BY_ONE):
            changed = {
                key: replace(card[key], value=float(values[i])) for key, values in designs.items()
            }
            energy = bill_of(trace, replace(card, values={**card.values, **changed})).total("snn")
            np.testing.assert_allclose(many["snn"]["energy_j"][i], energy, rtol=1e-12)
        one_by_one = ONE_BY_ONE / (time.perf_counter() - start)
        names = ("device", "one by one (designs/s)", "all at once (designs/s)", "ratio")
        rows.append(
            dict(
                zip(names, (device, one_by_one, all_at_once, all_at_once / one_by_one), strict=True)
            )
        )
    print_table(
        f"Pricing one LeNet trace for {DESIGNS:,} variants of a card, its bill included; {ONE_BY_ONE} compared one by one",
        rows,
        False,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--stock"]:
        Path(sys.argv[2], "stock.json").write_text(json.dumps(stock(Path(sys.argv[2]))))
    else:
        benches = {
            "annarchy": bench_annarchy,
            "batched": bench_batched,
            "pricing": bench_pricing,
            "growth": bench_growth,
        }
        for name in sys.argv[1:] or benches:
            if name not in benches:
                sys.exit(
                    f"bench: must name a benchmark; got {name!r}; allowed: {', '.join(benches)}"
                )
            benches[name]()
