"""Benchmarks, as ratios that are taken in one run against a named baseline.

``make bench``, or ``make bench ARGS="batched pricing"``:

annarchy
    LeNet with same padding on digits enlarged to 28x28, T = 50: the ANNarchy engine with full
    traces against ANNarchy's own ANNtoSNNConverter with its Poisson input.
batched
    LeNet with valid padding, batches of 100: the batched engine with full traces against a plain
    TensorFlow loop without traces under jit_compile=True, at T = 16 and 50, and radix K = 4
    against that loop at T = 50.
event
    LeNet with valid padding and MLP 784-128-10: the event engine through `simulate`, against the
    batched engine through the same, and a plain TensorFlow loop without traces.
pricing
    One LeNet trace priced for many variants of a card at once, against pricing them one by one.
growth
    Seconds of the batched engine per added sample, step and layer.
guard
    The share of a conversion that its comparison with Keras takes.

Of the engines only simulation is timed; compiling and loading are not.
"""

from __future__ import annotations

import sys
from pathlib import Path

from annarchy_engine import bench_annarchy, write_stock
from batched_engine import bench_batched, bench_growth
from event_engine import bench_event
from guard import bench_guard
from pricing import bench_pricing

BENCHES = {
    "annarchy": bench_annarchy,
    "batched": bench_batched,
    "event": bench_event,
    "pricing": bench_pricing,
    "growth": bench_growth,
    "guard": bench_guard,
}


def main(names: list[str]) -> None:
    """Run the benchmarks that are named, or all."""
    if names[:1] == ["--stock"]:  # the baseline of `annarchy`, in a process of its own
        write_stock(Path(names[1]))
        return
    for name in names or BENCHES:
        if name not in BENCHES:
            allowed = ", ".join(BENCHES)
            sys.exit(f"bench: must name a benchmark; got {name!r}; allowed: {allowed}")
        BENCHES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
