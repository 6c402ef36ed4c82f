"""What the benchmarks share: data, a network, clocks and memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from spikewatt.models.datasets import Dataset, load_dataset

COMPARED_ROUNDS = 9
Batches = list[np.ndarray]
Run = Callable[[np.ndarray], object]


def digits_28() -> Dataset:
    """The digits data set enlarged to 28x28 by linear interpolation."""
    from scipy.ndimage import zoom

    small = load_dataset("digits")
    parts = {}
    for split in ("train", "validation", "test"):
        large = zoom(small.scaled(split)[..., 0], (1, 3.5, 3.5), order=1)
        pixels = np.round(np.clip(large, 0, 1) * 255)
        parts[f"x_{split}"] = pixels.astype(np.uint8)[..., None]
        parts[f"y_{split}"] = getattr(small, f"y_{split}")
    return Dataset("digits28", levels=255, **parts)


def lenet():
    """LeNet with valid padding, briefly trained on the enlarged digits; and the images."""
    from spikewatt.models.networks import build_network
    from spikewatt.models.training import train

    data = digits_28()
    model = build_network("lenet", data.input_shape, 10)
    train(model, data, epochs=2)
    return model, data


def peak_memory_bytes(pid: int | str = "self") -> int:
    """Largest resident memory that a process has had."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def images_per_s(run: Run, batches: Batches) -> float:
    """Images per second over all batches."""
    start = time.perf_counter()
    for batch in batches:
        run(batch)
    return sum(map(len, batches)) / (time.perf_counter() - start)


def compare(baseline: Run, run: Run, batches: tuple[Batches, Batches]) -> tuple[float, ...]:
    """Two ways of running the same images, one round each in turn.

    So a machine that slows down for a while slows both down.

    Returns
    -------
    tuple of float
        Images per second of `baseline` and of `run`, best of all rounds; and the median over the
        rounds of their ratio.
    """
    baseline(batches[0][0])
    run(batches[1][0])
    slow, fast = [], []
    for _ in range(COMPARED_ROUNDS):
        slow.append(images_per_s(baseline, batches[0]))
        fast.append(images_per_s(run, batches[1]))
    return max(slow), max(fast), float(np.median(np.divide(fast, slow)))
