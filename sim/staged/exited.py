"""Runs of streaming codes whose samples stop early: what is counted, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...errors import SpikewattError
from ..engines.simulate import simulate
from ..network.spiking_network import SpikingNetwork
from ..trace.first_steps import first_steps
from ..trace.trace import Trace
from .dynamic_trace import DynamicTrace
from .early_exit import EarlyExit, checked_rule, exit_steps, grows
from .part import Part, some_samples


def stopped(trace: Trace, steps: np.ndarray) -> Trace:
    """The trace, in which each sample did nothing after its own number of steps.

    Counts after it are 0, and outputs stay what they were. Saturations, which are no counts per
    step, are those of the whole run.

    Parameters
    ----------
    steps : (samples,) integers, 1..T.

    Raises
    ------
    SpikewattError : an exact code, other numbers of steps.

    Examples
    --------
    >>> stopped(trace, exit_steps(trace, EarlyExit(0.2, 100)))  # doctest: +SKIP
    """
    grows(trace.settings)
    steps = _checked_steps(trace, steps)
    runs = np.arange(trace.steps) < steps[:, None]

    def cut(tables: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: np.asarray(counts) * runs for name, counts in tables.items()}

    outputs = np.asarray(trace.outputs)
    last = np.minimum(np.arange(trace.steps), steps[:, None] - 1)
    rasters = {n: np.asarray(r) * runs[: len(r), :, None] for n, r in trace.rasters.items()}
    return replace(
        trace,
        spikes=cut(trace.spikes),
        synaptic_operations={k: cut(t) for k, t in trace.synaptic_operations.items()},
        outputs=np.take_along_axis(outputs, last[:, :, None], axis=1),
        rasters={name: r.astype(trace.rasters[name].dtype) for name, r in rasters.items()},
    )


def _checked_steps(trace: Trace, steps: object) -> np.ndarray:
    array = np.asarray(steps)
    fits = array.shape == (trace.samples,) and array.dtype.kind in "iu"
    if not fits or array.min() < 1 or array.max() > trace.steps:
        law = "is a number of steps for each sample"
        got = f"shape {array.shape}, {array.dtype}"
        if fits:
            got = f"{array.min()}..{array.max()}"
        allowed = f"({trace.samples},) integers, 1..{trace.steps}"
        raise SpikewattError("stopped.steps", law, got, allowed)
    return array.astype(np.int64)


@dataclass(frozen=True, eq=False, repr=False)
class ExitedTrace(DynamicTrace):
    """What happened in a run whose samples stopped early.

    `parts` are the samples that stopped after the same number of steps.
    """


def exited(trace: Trace, rule: EarlyExit) -> ExitedTrace:
    """The samples of `trace`, each up to where `rule` stops it.

    The margin of n outputs is looked at after each step from `first_step` on, the last of all
    aside; each look is charged as n neuron updates.

    Parameters
    ----------
    trace, rule : as of `exit_steps`.
    """
    steps = exit_steps(trace, rule)
    classes = trace.outputs.shape[2]
    parts = []
    for own in np.unique(steps):
        which = np.flatnonzero(steps == own)
        looks = min(int(own), trace.steps - 1) - rule.first_step + 1
        updates = np.full(len(which), max(0, looks) * classes)
        parts.append(Part(first_steps(some_samples(trace, which), int(own)), which, updates))

    outputs = np.empty((trace.samples, classes), np.int64)
    for part in parts:
        outputs[part.samples] = part.trace.outputs[:, -1]
    return ExitedTrace(tuple(parts), outputs)


def run_early_exit(
    network: SpikingNetwork,
    x,
    rule: EarlyExit,
    engine: str = "event",
    steps: int | None = None,
    workers: int | None = None,
    *,
    seed: int = 0,
) -> ExitedTrace:
    """Run a streaming network, each sample up to where it is sure.

    Parameters
    ----------
    network : SpikingNetwork, under ``rate`` or ``signed``.
    x, engine, steps, workers, seed : as of `simulate`.
    rule : EarlyExit.

    Raises
    ------
    SpikewattError : an exact code, several read-outs; as `simulate`.

    Examples
    --------
    >>> run_early_exit(network, x_test, EarlyExit(0.2, 100)).mean_steps()  # doctest: +SKIP
    """
    grows(network)
    checked_rule(rule)
    trace = simulate(network, x, engine, steps, workers=workers, seed=seed)
    return exited(trace, rule)
