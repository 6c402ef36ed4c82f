"""The ANNarchy engine against ANNarchy's own converter."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import peak_memory_bytes
from networks import digits_28
from spikewatt.analysis.report.console import print_rows
from spikewatt.analysis.report.numbers import with_prefix
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

STEPS = 50
ROUNDS = 3
OUR_SAMPLES = 160
STOCK_SAMPLES = 12
COUNTED_SAMPLES = 3


def bench_annarchy() -> None:
    """Samples per second, operations and memory of both."""
    from spikewatt.models.networks import build_network
    from spikewatt.models.training import predictions, train

    data = digits_28()
    model = build_network("lenet-same", data.input_shape, 10)
    train(model, data, epochs=4)
    x = data.scaled("test")
    accuracy = np.mean(predictions(model, x) == data.y_test) * 100
    print(f"LeNet, same padding: Keras {accuracy:.1f} % on {len(x)} test images; {STEPS} steps")

    network = convert(model, data.scaled("train")[:300])
    baseline = "ANNtoSNNConverter, one process"
    results = {baseline: _stock_in_its_own_process(model, network, x)}
    for workers in (1, 2):
        processes = "process" if workers == 1 else "processes"
        label = f"spikewatt with traces, {workers} {processes}"
        results[label] = ours(network, x[: OUR_SAMPLES * workers], workers)

    per_s = results[baseline]["samples_per_s"]
    rows = [_row(label, found, per_s) for label, found in results.items()]
    print_rows("Baseline: ANNarchy's own converter (Poisson input, no traces)", rows)


def _row(label: str, found: dict, baseline_per_s: float) -> dict:
    operations = found["sops_per_sample"]
    return {
        "engine": label,
        "samples/s": found["samples_per_s"],
        "ratio": found["samples_per_s"] / baseline_per_s,
        "SOPs per sample": operations,
        "SOPs/s": with_prefix(operations * found["samples_per_s"], ""),
        "peak memory": with_prefix(found["memory_bytes"], "B"),
    }


# ------------------------------------------------------------------ ours


def ours(network, x: np.ndarray, workers: int) -> dict:
    """Samples/s, operations and memory of our engine, with traces.

    The clock runs once every worker has finished a chunk.
    """
    best: dict = {}
    for _ in range(ROUNDS):
        watch = Watch()
        trace = simulate(
            network,
            x,
            "annarchy",
            STEPS,
            workers=workers,
            progress=watch,
        )
        rate = watch.samples_per_s(workers)
        if rate > best.get("samples_per_s", 0):
            best = {
                "samples_per_s": rate,
                "sops_per_sample": trace.mean_operations(),
                "memory_bytes": watch.memory_bytes,
            }
    return best


class Watch:
    """A progress that notes when samples were done, and how much memory the workers took."""

    def __init__(self):
        self.marks: list[tuple[float, int]] = []
        self.memory_bytes = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        import psutil

        if stage != "simulate":
            return
        self.marks.append((time.perf_counter(), done))
        children = psutil.Process().children()
        workers = [child for child in children if "worker" in " ".join(child.cmdline())]
        now = sum(peak_memory_bytes(worker.pid) for worker in workers)
        self.memory_bytes = max(self.memory_bytes, now)

    def samples_per_s(self, workers: int) -> float:
        """From the mark at which every worker had done a chunk to the last."""
        (begin, before), (end, after) = self.marks[2 * workers - 1], self.marks[-1]
        return (after - before) / (end - begin)


# ------------------------------------------------------------------ the baseline


def _stock_in_its_own_process(model, network, x: np.ndarray) -> dict:
    """What `write_stock` finds; ANNarchy keeps one network a process."""
    from spikewatt.models.keras_backend import import_keras

    keras = import_keras()
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
        folder = Path(name)
        keras.Model(model.inputs, model.outputs).save(folder / "functional.keras")
        np.save(folder / "x.npy", x[:STOCK_SAMPLES])
        fan_out = [float(network.fan_out(c).mean()) for c in network.connections]
        (folder / "fan_out.json").write_text(json.dumps(fan_out))

        command = [
            sys.executable,
            str(Path(__file__).parent),
            "--alone",
            "stock",
            name,
        ]
        finished = subprocess.run(command, capture_output=True, text=True)
        if finished.returncode:
            sys.exit(finished.stderr)
        return json.loads((folder / "stock.json").read_text())


def write_stock(folder: Path) -> None:
    """Samples/s, operations and memory of ANNarchy's own converter, into ``stock.json``."""
    (folder / "stock.json").write_text(json.dumps(stock(folder)))


def stock(folder: Path) -> dict:
    """Samples/s, operations and memory of ANNarchy's own converter, in this process."""
    from spikewatt.sim.engines.annarchy.build import import_annarchy, no_arguments

    import_annarchy()
    from ANNarchy.extensions.ann_to_snn_conversion import ANNtoSNNConverter

    x = np.load(folder / "x.npy")
    converter = ANNtoSNNConverter(input_encoding="CPN", hidden_neuron="IaF", read_out="spike_count")
    with no_arguments():
        network = converter.load_keras_model(
            str(folder / "functional.keras"), directory=str(folder / "stock"), show_info=False
        )

    def predict(samples: np.ndarray) -> None:  # without `multiple` it fails on numpy 2.4
        converter.predict(samples, duration_per_sample=STEPS, multiple=True)

    predict(x[:1])
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        predict(x[:STOCK_SAMPLES])
        rates.append(STOCK_SAMPLES / (time.perf_counter() - start))

    return {
        "samples_per_s": max(rates),
        "sops_per_sample": _stock_operations(network, predict, x, folder),
        "memory_bytes": peak_memory_bytes(),
    }


def _stock_operations(network, predict, x: np.ndarray, folder: Path) -> float:
    """Operations per sample, untimed: the converter's spikes times the same layers' fan-out.

    It does not count operations itself.
    """
    fan_out = json.loads((folder / "fan_out.json").read_text())
    monitors = [network.monitor(p, "spike") for p in network.get_populations()]
    operations = 0.0
    for i in range(COUNTED_SAMPLES):
        predict(x[i : i + 1])
        spikes = [sum(map(len, m.get("spike").values())) for m in monitors[:-1]]
        operations += float(np.dot(spikes, fan_out)) / COUNTED_SAMPLES
    return operations
