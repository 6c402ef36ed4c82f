"""simulate: run a SpikingNetwork on inputs with an engine and return the Trace."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from ...errors import SpikewattError, one_of, whole_number
from ..network.encoders import takes_negative
from ..network.spiking_network import SpikingNetwork
from ..trace.trace import Trace, summarise
from .counts import Progress, state_width
from .schedule import schedule

ENGINES = ("annarchy", "batched", "reference")


def integer_input(network: SpikingNetwork, x) -> np.ndarray:
    """(samples, neurons of all inputs) int64 levels of `x`, which is what the Keras model takes: round(x / input_unit)."""
    parts = x if isinstance(x, list | tuple) and len(network.inputs) > 1 else [x]
    if len(parts) != len(network.inputs):
        raise SpikewattError(
            "simulate.x",
            "must be one array per input of the network, in a list",
            len(parts),
            len(network.inputs),
        )
    found = [
        _integer_input(network, p.shape, part)
        for p, part in zip(network.inputs, parts, strict=True)
    ]
    if len({len(part) for part in found}) != 1:
        raise SpikewattError(
            "simulate.x",
            "every input has the same number of samples",
            [len(part) for part in found],
        )
    return np.concatenate(found, axis=1)


def _integer_input(network: SpikingNetwork, shape: tuple[int, ...], x) -> np.ndarray:
    try:
        x = np.asarray(x)
    except ValueError as error:
        raise SpikewattError(
            "simulate.x", "must be an array of samples", str(error)[:100]
        ) from error
    if (
        x.ndim < 2
        or len(x) == 0
        or int(np.prod(x.shape[1:])) != int(np.prod(shape))
        or (x.ndim > 2 and x.shape[1:] != shape)
    ):
        raise SpikewattError(
            "simulate.x",
            "must hold at least one sample of the network's input shape",
            x.shape,
            ("samples", *shape),
        )
    if not np.issubdtype(x.dtype, np.number) or np.issubdtype(x.dtype, np.complexfloating):
        raise SpikewattError("simulate.x", "must hold real numbers", x.dtype)
    x = x.reshape(len(x), -1).astype(np.float64)
    if not np.isfinite(x).all():
        raise SpikewattError(
            "simulate.x", "must be finite", f"{int((~np.isfinite(x)).sum())} NaN or infinite values"
        )
    levels = np.round(x / network.input_unit)
    lowest = -network.input_levels if takes_negative(network.input_code) else 0
    if levels.min() < lowest or levels.max() > network.input_levels:
        allowed = f"{lowest * network.input_unit:g}..{network.input_levels * network.input_unit:g}"
        raise SpikewattError(
            "simulate.x",
            "must lie in the input range of the network",
            f"{x.min():g}..{x.max():g}",
            allowed,
        )
    return levels.astype(np.int64)


def simulate(
    network: SpikingNetwork,
    x,
    engine: str = "annarchy",
    steps: int | None = None,
    rasters: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    seed: int = 0,
    state_bits: int | None = None,
) -> Trace:
    """Run `network` on every sample of `x` and return the counts.

    Parameters
    ----------
    x : (samples, …) inputs as the Keras model takes them, within the network's input range; a list of such arrays for several inputs.
    engine : ``annarchy`` (C++ simulation, compiled once and cached), ``batched`` (TensorFlow, whole batches) or ``reference`` (numpy);
        all give equal integers.
    steps : simulated steps of a streaming code, 1..10000 (rate: 32, signed: as many as it needs to settle); exact codes have their own.
    rasters : record which neuron fired at which step for the first `rasters` samples.
    workers : processes of the ANNarchy engine; by default one per core.
    progress : called with (stage, done, in all); the stages are ``compile`` and ``simulate``.
    seed : of Poisson inputs; a sample's events depend on it and on the number of the sample only.
    state_bits : width of a signed potential; by default what the worst case needs. In a narrower one the potential of a streaming code
        saturates after the sum of each step, which the trace counts; exact codes do not run in a narrower one.

    Raises
    ------
    SpikewattError : wrong shape, NaN, values outside the input range, unknown engine, steps out of range or given for an exact code.
    MissingToolError : ANNarchy needs a compiler that is not installed.
    """
    one_of("simulate.engine", "must name an engine", engine, ENGINES)
    if not isinstance(network, SpikingNetwork):
        raise SpikewattError("simulate.network", "must be a SpikingNetwork", type(network).__name__)
    plan = schedule(network, steps)
    if workers is not None:
        workers = whole_number(
            "simulate.workers", "must be a number of processes", workers, 1, 1024
        )
    inputs = integer_input(network, x)
    rasters = min(
        whole_number("simulate.rasters", "must be a number of samples", rasters, 0, 2**31),
        len(inputs),
    )
    seed = whole_number("simulate.seed", "must be a seed", seed, 0, 2**31 - 1)
    needed, width = state_width(network, plan), state_width(network, plan, state_bits)
    if width < needed:
        plan = replace(plan, largest=2 ** (width - 1) - 1)
    if engine == "annarchy":
        from .annarchy import engine as annarchy_engine

        counts = annarchy_engine.run(network, inputs, plan, rasters, progress, seed, workers)
    elif engine == "batched":
        from .batched import engine as batched_engine

        counts = batched_engine.run(network, inputs, plan, rasters, progress, seed)
    else:
        from . import reference as reference_engine

        counts = reference_engine.run(network, inputs, plan, rasters, progress, seed)
    settings = {
        "engine": engine,
        "code": network.code,
        "input_code": network.input_code,
        "steps": plan.steps,
        "windows": {name: [w.start, w.stop] for name, w in plan.windows.items()},
        "weight_bits": network.weight_bits,
        **({"seed": seed} if "poisson" in network.input_code else {}),
        "counts_output_spikes": any(
            c.kind == "identity" for p in network.readouts for c in network.incoming(p.name)
        ),
        "resets": sorted({p.reset for p in network.populations}),
        "state_bits": width,
        "needed_state_bits": needed,
        "outputs": {name: [part.start, part.stop] for name, part in counts.columns.items()},
    }
    return Trace(
        counts.spikes,
        counts.synaptic_operations,
        counts.outputs,
        summarise(network),
        {p.name: p.size for p in network.populations},
        network.hash,
        hashlib.sha256(np.ascontiguousarray(inputs, "<i8").tobytes()).hexdigest(),
        settings,
        counts.rasters,
        counts.saturations,
    )
