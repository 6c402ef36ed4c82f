"""simulate: run a SpikingNetwork on inputs with an engine and return the Trace."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from ..errors import SpikewattError, one_of, whole_number
from .engine import check_exact, largest_potential
from .network import SpikingNetwork
from .trace import Trace, summarise

ENGINES = ("annarchy", "reference")


def integer_input(network: SpikingNetwork, x: np.ndarray) -> np.ndarray:
    """(samples, neurons) int64 input levels of `x`, which is what the Keras model takes: round(x / input_unit)."""
    try:
        x = np.asarray(x)
    except ValueError as error:
        raise SpikewattError("simulate.x", "must be an array of samples", str(error)[:100]) from error
    shape = network.populations[0].shape
    if x.ndim < 2 or len(x) == 0 or int(np.prod(x.shape[1:])) != int(np.prod(shape)) or (x.ndim > 2 and x.shape[1:] != shape):
        raise SpikewattError("simulate.x", "must hold at least one sample of the network's input shape", x.shape, ("samples", *shape))
    if not np.issubdtype(x.dtype, np.number) or np.issubdtype(x.dtype, np.complexfloating):
        raise SpikewattError("simulate.x", "must hold real numbers", x.dtype)
    x = x.reshape(len(x), -1).astype(np.float64)
    if not np.isfinite(x).all():
        raise SpikewattError("simulate.x", "must be finite", f"{int((~np.isfinite(x)).sum())} NaN or infinite values")
    levels = np.round(x / network.input_unit)
    if levels.min() < 0 or levels.max() > network.input_levels:
        allowed = f"0..{network.input_levels * network.input_unit:g}"
        raise SpikewattError("simulate.x", "must lie in the input range of the network", f"{x.min():g}..{x.max():g}", allowed)
    return levels.astype(np.int64)


def simulate(
    network: SpikingNetwork,
    x: np.ndarray,
    engine: str = "annarchy",
    steps: int = 32,
    rasters: int = 0,
    workers: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Trace:
    """Run `network` on every sample of `x` for `steps` and return the counts.

    Parameters
    ----------
    x : (samples, …) inputs as the Keras model takes them, within the network's input range.
    engine : ``annarchy`` (C++ simulation, compiled once and cached) or ``reference`` (numpy); both give equal integers.
    steps : simulated steps, 1..10000.
    rasters : record which neuron fired at which step for the first `rasters` samples.
    workers : processes of the ANNarchy engine; by default one per core.
    progress : called with (stage, done, in all); the stages are ``compile`` and ``simulate``.

    Raises
    ------
    SpikewattError : wrong shape, NaN, values outside the input range, unknown engine, steps out of range.
    MissingToolError : ANNarchy needs a compiler that is not installed.
    """
    one_of("simulate.engine", "must name an engine", engine, ENGINES)
    if not isinstance(network, SpikingNetwork):
        raise SpikewattError("simulate.network", "must be a SpikingNetwork", type(network).__name__)
    whole_number("simulate.steps", "must be a number of steps", steps, 1, 10_000)
    if workers is not None:
        whole_number("simulate.workers", "must be a number of processes", workers, 1, 1024)
    inputs = integer_input(network, x)
    rasters = min(whole_number("simulate.rasters", "must be a number of samples", rasters, 0, 2**31), len(inputs))
    check_exact(network, steps)
    if engine == "annarchy":
        from . import annarchy_engine

        counts = annarchy_engine.run(network, inputs, steps, rasters, progress, workers)
    else:
        from . import reference_engine

        counts = reference_engine.run(network, inputs, steps, rasters, progress)
    return Trace(
        counts.spikes,
        counts.synaptic_operations,
        counts.outputs,
        summarise(network),
        {p.name: p.size for p in network.populations},
        network.hash,
        hashlib.sha256(np.ascontiguousarray(inputs, "<i8").tobytes()).hexdigest(),
        {
            "engine": engine,
            "code": network.code,
            "steps": steps,
            "input_code": "if",
            "weight_bits": network.weight_bits,
            "state_bits": largest_potential(network, steps).bit_length() + 1,
        },
        counts.rasters,
    )
