"""Large networks for CIFAR-10 in radix, against one pass of the same network, and their memory."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from alone import alone, asked_of, found
from baselines import ann_pass
from measure import BUDGET_SECONDS, alternate, fastest, in_batches, peak_memory_bytes
from networks import cifar_data, cifar_folder, cifar_network, repeated
from rows import Rows
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

NETWORKS = ("resnet20", "alexnet_avg_no_bias", "vgg16")
ENGINE = "batched"
STEPS = 6
SAMPLES = 1000
CALIBRATION = 100  # images
BATCHES = (50, 200)  # images of one pass
TRIED = 200  # images on which a batch size is chosen


def bench_cifar(samples: int | None = None, budget_seconds: float = BUDGET_SECONDS) -> None:
    """Images per second, their ratio, accuracy and the largest memory of each network."""
    folder = cifar_folder()
    if folder is None:
        print("cifar: left out; no trained networks (set SPIKEWATT_CIFAR10 to their folder)")
        return
    rows = Rows("cifar", f"Radix K={STEPS}, full traces, {ENGINE} engine; each in its own process")
    for name in NETWORKS:
        count = samples or SAMPLES
        rows.add(alone("cifar", network=name, samples=count, budget_seconds=budget_seconds))
    rows.table()


def write_cifar(folder: Path) -> None:
    """One network, in this process; its memory is that of converting and simulating it."""
    asked = asked_of(folder)
    networks, data = cifar_folder(), cifar_data()
    assert networks is not None
    model = cifar_network(asked["network"], networks)
    calibration = data.scaled("train")[:CALIBRATION]
    network = convert(model, calibration, "radix", steps=STEPS, input_code="bitplane")

    x = repeated(data.scaled("test")[: asked["samples"]], asked["samples"])
    labels = np.resize(data.y_test[: len(x)], len(x))
    del data
    trace = simulate(network, x, ENGINE)
    memory = peak_memory_bytes()
    accuracy = trace.accuracy(labels)[-1]
    operations = trace.mean_operations()
    del trace

    run = ann_pass(model)
    batch = fastest({size: partial(in_batches, run, x[:TRIED], size) for size in BATCHES})
    ways = {
        ENGINE: partial(simulate, network, x, ENGINE),
        "one ANN pass": partial(in_batches, run, x, batch),
    }
    spent = alternate(ways, asked["budget_seconds"], least_rounds=1)
    found(
        folder,
        network=asked["network"],
        images=len(x),
        rounds=spent.rounds,
        **{name: spent.per_s(name, len(x)) for name in ways},
        ratio=spent.ratio(ENGINE, "one ANN pass"),
        accuracy=float(accuracy),
        operations_per_image=float(operations),
        peak_memory_gb=memory / 1e9,
    )
