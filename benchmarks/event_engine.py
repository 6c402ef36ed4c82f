"""The public call with full traces, against a plain loop, one pass of the network, and the peers.

Three rows a network at least: `if` and `analog` inputs under the rate code, and radix. Each is
taken in alternating rounds; every baseline is given its inputs ready in float32, keeps no traces,
and runs in the batch size at which it is fastest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from baselines import Batch, ann_pass, plain_loop
from measure import BUDGET_SECONDS, Spent, Way, alternate, fastest, in_batches
from networks import calibration, images, trained
from peers import Peer, installed
from rows import Rows
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.inputs import integer_input
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.spiking_network import SpikingNetwork

OURS = ("event", "batched")
BATCHES = (50, 200, 1000)  # images
COMPILED_BATCH = 200  # images; each size is compiled anew, which takes up to a minute
TRIED = 1000  # images on which a batch size is chosen
CHECKED = 40  # images on which a baseline gives the same potentials
RADIX_STEPS = 4


@dataclass(frozen=True)
class Case:
    """One row.

    Parameters
    ----------
    network, input_code, steps : what is simulated; no steps: radix, against one pass.
    samples : int, images.
    peers : bool, whether other simulators run beside.
    """

    network: str
    samples: int
    input_code: str = "if"
    steps: int | None = 16
    peers: bool = True

    def label(self, images: int) -> str:
        """What a reader sees."""
        if self.steps is None:
            return f"{self.network}, radix K={RADIX_STEPS}, {images:,} images"
        return f"{self.network}, {self.input_code}, T={self.steps}, {images:,} images"


CASES = (
    Case("mlp-784-128-10", 1000),
    Case("mlp-784-128-10", 1000, "analog"),
    Case("mlp-784-128-10", 10_000),
    Case("mlp-784-128-10", 10_000, "analog"),
    Case("lenet", 1000),
    Case("lenet", 1000, "analog"),
    Case("lenet", 1000, "if", 50, peers=False),
    Case("lenet", 1000, "analog", 50, peers=False),
    Case("lenet", 10_000, "bitplane", None, peers=False),
)
SECOND_CALL = 100  # images
SECOND = f"mlp-784-128-10, if, T=16, a second call on {SECOND_CALL} images"


def bench_event(
    samples: int | None = None, budget_seconds: float = BUDGET_SECONDS, only: str = ""
) -> None:
    """Images per second of each, medians of alternating rounds.

    Parameters
    ----------
    only : str, that the names of the cases contain: a network, an input code, ``radix``, ``T=50``.
    samples : int, at most so many images; default those of the case.
    budget_seconds : of the rounds of a row.
    """
    name = f"event_{only}".strip("_")
    rows = Rows(name, "Images/s of public calls with full traces, and of baselines without")
    for case in CASES:
        count = min(case.samples, samples or case.samples)
        if only not in case.label(count):
            continue
        row = _radix_row if case.steps is None else _rate_row
        rows.add(row(case, images(count), budget_seconds))
    if only in SECOND:
        rows.add(_second_call())
    rows.table()


# ------------------------------------------------------------------ rows


def _rate_row(case: Case, x: np.ndarray, budget_seconds: float) -> dict:
    assert case.steps is not None
    steps = case.steps
    network = _converted(case.network, input_code=case.input_code)
    pixels = integer_input(network, x).reshape(x.shape).astype(np.float32)
    checked = simulate(network, x[:CHECKED], "event", steps).outputs[:, -1]

    ways = _ours(network, x, steps)
    ways["plain loop"] = _baseline(plain_loop(network, steps), pixels, checked)
    for peer in installed() if case.peers else []:
        ways |= _peer(peer, network, steps, pixels, checked)
    return _row(case.label(len(x)), len(x), alternate(ways, budget_seconds))


def _radix_row(case: Case, x: np.ndarray, budget_seconds: float) -> dict:
    model = trained(case.network)
    network = _converted(case.network, code="radix", steps=RADIX_STEPS, input_code="bitplane")
    ways = _ours(network, x, None)
    ways["one ANN pass"] = _baseline(ann_pass(model), x)
    return _row(case.label(len(x)), len(x), alternate(ways, budget_seconds))


def _ours(network: SpikingNetwork, x: np.ndarray, steps: int | None) -> dict[str, Way]:
    return {engine: partial(simulate, network, x, engine, steps) for engine in OURS}


def _second_call() -> dict:
    """Milliseconds of a call on a few images of a network that has run before."""
    network = _converted("mlp-784-128-10", input_code="if")
    x = images(SECOND_CALL)
    spent = alternate({"event": lambda: simulate(network, x, "event", 16)}, budget_seconds=2)
    milliseconds = 1000 * float(np.median(spent.seconds["event"]))
    return {"case": SECOND, "ms": milliseconds}


def _row(label: str, count: int, spent: Spent) -> dict:
    """Images per second of all, and how many times as fast as each other our engine is."""
    row: dict[str, object] = {"case": label, "rounds": spent.rounds}
    row |= {name: spent.per_s(name, count) for name in spent.seconds}
    for ours in OURS:
        baselines = [name for name in spent.seconds if name not in OURS]
        row |= {f"{ours} / {name}": spent.ratio(ours, name) for name in baselines}
    return row


# ------------------------------------------------------------------ baselines


def _peer(
    peer: type[Peer], network: SpikingNetwork, steps: int, pixels: np.ndarray, checked: np.ndarray
) -> dict[str, Way]:
    """A peer as its documentation has it, and through ``torch.compile``, where that is faster."""
    plain = peer(network, steps)
    np.testing.assert_array_equal(plain(pixels[:CHECKED]), checked)
    batch = _best_batch(plain, pixels)
    ways: dict[str, Way] = {peer.package: partial(in_batches, plain, pixels, batch)}

    compiled = _compiled(peer, network, steps)
    some = pixels[: min(COMPILED_BATCH, len(pixels))]
    try:
        np.testing.assert_array_equal(compiled(some), plain(some))
    except RuntimeError as error:  # what torch raises where it cannot
        print(f"  {peer.package} does not compile: {str(error).splitlines()[0][:80]}", flush=True)
        return ways
    forms = {"plain": partial(plain, some), "compiled": partial(compiled, some)}
    if fastest(forms) == "plain":
        print(f"  {peer.package} is slower through torch.compile", flush=True)
        return ways
    return ways | {f"{peer.package}, compiled": partial(in_batches, compiled, pixels, len(some))}


@cache
def _compiled(peer: type[Peer], network: SpikingNetwork, steps: int) -> Peer:
    """A peer that compiles on its first call, once for each network."""
    return peer(network, steps, compiled=True)


@cache
def _converted(name: str, **options) -> SpikingNetwork:
    return convert(trained(name), calibration(), **options)


def _baseline(run: Batch, pixels: np.ndarray, checked: np.ndarray | None = None) -> Way:
    """All images in the batches that are fastest.

    Parameters
    ----------
    checked : potentials after the last step of the first images, which it must give.
    """
    if checked is not None:
        np.testing.assert_array_equal(run(pixels[: len(checked)]), checked)
    return partial(in_batches, run, pixels, _best_batch(run, pixels))


def _best_batch(run: Batch, pixels: np.ndarray) -> int:
    sizes = [batch for batch in BATCHES if batch <= len(pixels)] or [len(pixels)]
    tried = pixels[:TRIED]
    return fastest({batch: partial(in_batches, run, tried, batch) for batch in sizes})
