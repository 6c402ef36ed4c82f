"""The share of a conversion that its guard takes: the comparison of what was read with Keras."""

from __future__ import annotations

import time

import numpy as np
from spikewatt.analysis.report.terminal.console import print_rows
from spikewatt.models.networks import build_network
from spikewatt.sim.conversion import convert as convert_module

SAMPLES = 1000
ROUNDS = 3
NETWORKS = {"lenet": (28, 28, 1), "annarchy-cnn": (28, 28, 1), "mlp-784-128-10": (28, 28, 1)}


def bench_guard() -> None:
    """Conversions in radix on 1,000 samples, the first of which warms TensorFlow up."""
    rows = [_row(name, shape) for name, shape in NETWORKS.items()]
    print_rows(f"Share of the guard in a conversion on {SAMPLES:,} samples", rows)


def _row(name: str, shape: tuple[int, ...]) -> dict:
    model = build_network(name, shape, 10)
    x = np.random.default_rng(0).random((SAMPLES, *shape))
    shares = [_share(model, x) for _ in range(1 + ROUNDS)]
    return {"network": name, "share": float(np.median(shares[1:]))}


def _share(model, x: np.ndarray) -> float:
    """Seconds in the guard over seconds of the conversion."""
    check = convert_module.check_against_keras
    spent = []

    def timed(*arguments) -> None:
        begin = time.perf_counter()
        check(*arguments)
        spent.append(time.perf_counter() - begin)

    convert_module.check_against_keras = timed
    try:
        begin = time.perf_counter()
        convert_module.convert(model, x, "radix", input_code="bitplane")
        return sum(spent) / (time.perf_counter() - begin)
    finally:
        convert_module.check_against_keras = check
