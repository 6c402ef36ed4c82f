"""The event engine: spikes drive the work, in a compiled kernel, samples in parallel.

Each spike adds the weights of what it reaches, so that the cost is that of the synaptic operations
in the trace and of the neurons that are updated; zeros cost nothing. Where so many fire that the
product of all is faster, as measured on the connection itself, it is a product (see `costs`); exact
codes are one product per connection, of what their spikes carry. The kernel is C++ and serves every
network, see `compiled`: nothing is compiled per network or per call.
"""

from __future__ import annotations

import ctypes
import os
import time
import weakref

import numpy as np

from ....errors import SpikewattError
from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, Part, events, split_inputs
from ..schedule import Schedule
from .compiled import kernel
from .layers import Prepared

FIRST = 64  # samples of the first call, which shows how long one takes
CALL_S = 0.3  # of a call: between two, progress is reported and an interrupt is heard
EVENT_BYTES = 100e6  # of the events of an encoder that are held at once
KEPT = 4  # plans of a network whose layout is kept

_prepared: weakref.WeakKeyDictionary[SpikingNetwork, dict] = weakref.WeakKeyDictionary()


def run(
    network: SpikingNetwork,
    inputs: np.ndarray,
    plan: Schedule,
    counts: Counts,
    part: Part,
) -> None:
    """Run `inputs` (samples, neurons; integers) on `part.workers` threads."""
    samples = len(inputs)
    library = kernel()
    key, prepared = _taken(network, plan)
    prepared.into(counts, samples, counts.recorded)
    pixels = np.ascontiguousarray(inputs, np.int64)
    threads = part.workers or len(os.sched_getaffinity(0))

    most = samples
    if network.encoder:
        most = max(1, int(EVENT_BYTES // (plan.steps * max(1, inputs.shape[1]))))
    first, size = 0, min(FIRST, most)
    while first < samples:
        given = pixels[first : first + size]
        number = part.first + first
        encoded = events(network, split_inputs(network, given), plan.steps, part.seed, number)
        heard = {name: np.ascontiguousarray(each, np.int8) for name, each in encoded.items()}
        prepared.hear(heard)

        start = time.perf_counter()
        failed = library.run(
            ctypes.byref(prepared.head),
            ctypes.c_int64(first),
            ctypes.c_int64(len(given)),
            given.ctypes.data_as(ctypes.c_void_p),
            min(threads, len(given)),
        )
        if failed:
            law = "has memory for the state of a sample on each thread"
            raise SpikewattError("event engine", law, f"{threads} threads", "fewer workers")
        seconds = time.perf_counter() - start
        first += len(given)
        part.progress("simulate", first, samples)
        size = int(np.clip(len(given) * CALL_S / max(seconds, 1e-6), 1, most))
    _given_back(network, key, prepared)


def _taken(network: SpikingNetwork, plan: Schedule) -> tuple[tuple, Prepared]:
    """The layout of `network` under `plan`, and what to give it back by; nobody else has it."""
    key = (plan.steps, plan.largest, tuple(plan.windows.items()))
    found = _prepared.get(network, {}).pop(key, None)
    return key, found or Prepared(network, plan)


def _given_back(network: SpikingNetwork, key: tuple, prepared: Prepared) -> None:
    """Keep a layout for the next run, as long as the network lives."""
    known = _prepared.setdefault(network, {})
    while len(known) >= KEPT:
        known.pop(next(iter(known)), None)
    known[key] = prepared
