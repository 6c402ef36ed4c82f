"""Benchmarks, as ratios that are taken in one run against a named baseline.

``make bench``, or ``make bench ARGS="event growth"``; ``ARGS="event --only lenet"`` for a part of
one, ``--samples 100`` for a try:

annarchy
    LeNet with same padding on digits enlarged to 28x28, T = 50: the ANNarchy engine with full
    traces against ANNarchy's own ANNtoSNNConverter with its Poisson input.
batched
    LeNet with valid padding, batches of 100: the batched engine with full traces against a plain
    TensorFlow loop without traces under jit_compile=True, at T = 16 and 50, and radix K = 4
    against that loop at T = 50.
event
    LeNet with valid padding and MLP 784-128-10: public calls with full traces, against a plain
    TensorFlow loop, one pass of the network, and SpikingJelly, snnTorch and sinabs where they are
    installed (extra: peers).
cifar
    VGG-16, AlexNet and ResNet-20 for CIFAR-10, where they are at hand, in radix K = 6 against one
    pass of the network; memory; each in a process of its own.
million
    A million digits through an MLP at T = 16, the trace into a file; memory.
growth
    How the cost grows per sample, step, layer and spike; and a picture.
pricing
    One LeNet trace priced for many variants of a card at once, against pricing them one by one.
sweep
    The example space from nothing; five million points of hardware on one trace; how often a search
    finds the best of a grid within 60 evaluations. ``--only 5`` for the second.
guard
    The share of a conversion that its comparison with Keras takes.

Of the engines only simulation is timed; compiling and loading are not. Rows are printed as they
come, and written to ``build/bench``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import peers

peers.load_torch()  # before TensorFlow

from annarchy_engine import bench_annarchy, write_stock  # noqa: E402
from batched_engine import bench_batched  # noqa: E402
from cifar import bench_cifar, write_cifar  # noqa: E402
from event_engine import bench_event  # noqa: E402
from growth.bench import bench_growth  # noqa: E402
from guard import bench_guard  # noqa: E402
from measure import BUDGET_SECONDS  # noqa: E402
from million import bench_million, write_million  # noqa: E402
from pricing import bench_pricing  # noqa: E402
from sweeps import bench_sweeps  # noqa: E402

BENCHES = {
    "annarchy": lambda _: bench_annarchy(),
    "batched": lambda _: bench_batched(),
    "event": lambda options: bench_event(options.samples, options.budget, options.only),
    "cifar": lambda options: bench_cifar(
        options.samples, options.budget, options.engine, options.only
    ),
    "million": lambda options: bench_million(options.samples, options.engine),
    "growth": lambda options: bench_growth(options.samples, options.budget),
    "pricing": lambda _: bench_pricing(),
    "sweep": lambda options: bench_sweeps(options.only),
    "guard": lambda _: bench_guard(),
}
ALONE = {"stock": write_stock, "cifar": write_cifar, "million": write_million}


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=")
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], metavar=" ".join(BENCHES))
    parser.add_argument("--samples", type=int, help="at most so many, for a try")
    parser.add_argument("--budget", type=float, default=BUDGET_SECONDS, help="seconds per row")
    parser.add_argument("--only", default="", help="of event, cifar and sweep: rows with this text")
    parser.add_argument("--engine", help="of cifar and million")
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)  # in a process of its own
    options = parser.parse_args()

    if options.alone:
        what, folder = options.alone
        ALONE[what](Path(folder))
        return
    for name in options.names or BENCHES:
        BENCHES[name](options)


if __name__ == "__main__":
    main()
