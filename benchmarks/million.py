"""A million digits through an MLP, the trace into a file: time, and memory that has a ceiling."""

from __future__ import annotations

import time
from pathlib import Path

from alone import alone, asked_of, found
from measure import peak_memory_bytes
from networks import repeated
from rows import Rows
from spikewatt.models.datasets import load_dataset
from spikewatt.models.networks import build_network
from spikewatt.models.training import train
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

NETWORK = "mlp-64-48-10"
ENGINE = "event"
STEPS = 16
SAMPLES = 1_000_000
EPOCHS = 3


def bench_million(samples: int | None = None, engine: str | None = None) -> None:
    """Seconds, size of the trace, and the largest memory."""
    engine = engine or ENGINE
    rows = Rows("million", f"{NETWORK}, T={STEPS}, {engine} engine, trace into a file")
    rows.add(alone("million", samples=samples or SAMPLES, engine=engine))
    rows.table()


def write_million(folder: Path) -> None:
    """The run, in this process; its memory holds the images too."""
    asked = asked_of(folder)
    count = asked["samples"]
    digits = load_dataset("digits")
    model = build_network(NETWORK, digits.input_shape, digits.classes)
    train(model, digits, epochs=EPOCHS)
    network = convert(model, digits.scaled("train")[:300], input_levels=digits.levels)
    x = repeated(digits.scaled("test"), count)
    before = peak_memory_bytes()

    begin = time.perf_counter()
    simulate(network, x, asked["engine"], STEPS, out=folder / "digits.trace")
    seconds = time.perf_counter() - begin
    found(
        folder,
        images=count,
        seconds=seconds,
        images_per_s=count / seconds,
        trace_gb=(folder / "digits.trace").stat().st_size / 1e9,
        images_gb=x.nbytes / 1e9,
        peak_memory_before_gb=before / 1e9,
        peak_memory_gb=peak_memory_bytes() / 1e9,
    )
