"""The ANNarchy engine against ANNarchy's own converter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import peak_memory_bytes
from networks import digits_28
from spikewatt.analysis.report.numbers import with_prefix
from spikewatt.analysis.report.terminal.console import print_rows
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

STEPS = 50
ROUNDS = 5
OUR_SAMPLES = 160
STOCK_SAMPLES = 12
COUNTED_SAMPLES = 3
BASELINE = "ANNtoSNNConverter, one process"


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
    found: dict[str, list[dict]] = {BASELINE: []}
    with Stock(model, network, x) as baseline:
        for _ in range(ROUNDS):
            found[BASELINE].append({"samples_per_s": baseline.samples_per_s()})
            for workers in (1, 2):
                processes = "process" if workers == 1 else "processes"
                label = f"spikewatt with traces, {workers} {processes}"
                part = x[: OUR_SAMPLES * workers]
                found.setdefault(label, []).append(ours(network, part, workers))
        found[BASELINE][-1] |= baseline.end()

    rows = [_row(label, rounds, found[BASELINE]) for label, rounds in found.items()]
    title = "Baseline: ANNarchy's own converter (Poisson input, no traces)"
    print_rows(f"{title}; medians of {ROUNDS} rounds in turn", rows)


def _row(label: str, rounds: list[dict], baseline: list[dict]) -> dict:
    rates = np.array([each["samples_per_s"] for each in rounds])
    ratios = rates / [each["samples_per_s"] for each in baseline]
    operations = rounds[-1]["sops_per_sample"]
    return {
        "engine": label,
        "samples/s": np.median(rates),
        "ratio": np.median(ratios),
        "SOPs per sample": operations,
        "SOPs/s": with_prefix(operations * np.median(rates), ""),
        "peak memory": with_prefix(rounds[-1]["memory_bytes"], "B"),
    }


# ------------------------------------------------------------------ ours


def ours(network, x: np.ndarray, workers: int) -> dict:
    """Samples/s, operations and memory of our engine, with traces.

    The clock runs once every worker has finished a chunk.
    """
    watch = Watch()
    trace = simulate(
        network,
        x,
        "annarchy",
        STEPS,
        workers=workers,
        progress=watch,
    )
    return {
        "samples_per_s": watch.samples_per_s(workers),
        "sops_per_sample": trace.mean_operations(),
        "memory_bytes": watch.memory_bytes,
    }


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


class Stock:
    """`write_stock` in a process of its own, which runs a round when it is asked for one.

    ANNarchy keeps one network a process.
    """

    def __init__(self, model, network, x: np.ndarray):
        from spikewatt.models.keras_backend import import_keras

        keras = import_keras()
        self.home = tempfile.TemporaryDirectory(prefix="spikewatt-")
        name = self.home.name
        self.folder = Path(name)
        keras.Model(model.inputs, model.outputs).save(self.folder / "functional.keras")
        np.save(self.folder / "x.npy", x[:STOCK_SAMPLES])
        fan_out = [float(network.fan_out(c).mean()) for c in network.connections]
        (self.folder / "fan_out.json").write_text(json.dumps(fan_out))

        command = [
            sys.executable,
            str(Path(__file__).parent),
            "--alone",
            "stock",
            name,
        ]
        self.log = self.folder / "log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                bufsize=1,
            )

    def __enter__(self) -> Stock:
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()
        self.home.cleanup()

    def samples_per_s(self) -> float:
        """Of one round."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("round\n")
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(self.log.read_text())
        return float(answer)

    def end(self) -> dict:
        """Operations per sample and memory, when all rounds are done."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        return json.loads((self.folder / "stock.json").read_text())


def write_stock(folder: Path) -> None:
    """ANNarchy's own converter: samples per second of each round that a line asks for.

    At the end operations and memory, into ``stock.json``.
    """
    from spikewatt.sim.engines.annarchy.build import import_annarchy, no_arguments

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever ANNarchy prints goes to the log
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
    for _ in sys.stdin:
        start = time.perf_counter()
        predict(x[:STOCK_SAMPLES])
        print(STOCK_SAMPLES / (time.perf_counter() - start), file=answers)

    found = {
        "sops_per_sample": _stock_operations(network, predict, x, folder),
        "memory_bytes": peak_memory_bytes(),
    }
    (folder / "stock.json").write_text(json.dumps(found))


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
