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
ENGINE = "event"
STEPS = 6
SAMPLES = 1000
CALIBRATION = 100  # images
BATCHES = (50, 200)  # images of one pass
TRIED = 200  # images on which a batch size is chosen


def bench_cifar(
    samples: int | None = None,
    budget_seconds: float = BUDGET_SECONDS,
    engine: str | None = None,
    only: str = "",
) -> None:
    """Images per second, their ratio, accuracy and the largest memory of each network.

    Parameters
    ----------
    engine : str, default ``event``.
    only : str, that the names of the networks contain.
    """
    engine = engine or ENGINE
    folder = cifar_folder()
    if folder is None:
        print("cifar: left out; no trained networks (set SPIKEWATT_CIFAR10 to their folder)")
        return
    title = f"CIFAR-10, radix K={STEPS}, full traces; each in a process of its own"
    rows = Rows(f"cifar_{engine}", title)
    asked = {"samples": samples or SAMPLES, "budget_seconds": budget_seconds, "engine": engine}
    for name in NETWORKS:
        if only in name:
            rows.add(alone("cifar", network=name, **asked))
    rows.table()


def write_cifar(folder: Path) -> None:
    """One network, in this process; its memory is that of converting and simulating it."""
    asked = asked_of(folder)
    networks = cifar_folder()
    assert networks is not None
    data = cifar_data(CALIBRATION, asked["samples"])
    model = cifar_network(asked["network"], networks)
    network = convert(model, data.scaled("train"), "radix", steps=STEPS, input_code="bitplane")

    x = repeated(data.scaled("test"), asked["samples"])
    labels = np.resize(data.y_test, len(x))
    engine = asked["engine"]
    trace = simulate(network, x, engine)
    memory = peak_memory_bytes()
    accuracy = trace.accuracy(labels)[-1]
    operations = trace.mean_operations()
    del trace

    run = ann_pass(model)
    batch = fastest({size: partial(in_batches, run, x[:TRIED], size) for size in BATCHES})
    ways = {
        engine: partial(simulate, network, x, engine),
        "one ANN pass": partial(in_batches, run, x, batch),
    }
    spent = alternate(ways, asked["budget_seconds"], least_rounds=1)
    found(
        folder,
        network=asked["network"],
        images=len(x),
        rounds=spent.rounds,
        engine=engine,
        images_per_s=spent.per_s(engine, len(x)),
        one_ann_pass_per_s=spent.per_s("one ANN pass", len(x)),
        ratio=spent.ratio(engine, "one ANN pass"),
        accuracy=float(accuracy),
        operations_per_image=float(operations),
        peak_memory_gb=memory / 1e9,
    )
