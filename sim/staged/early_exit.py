"""EarlyExit: a streaming code's inference ends at the step at which it is sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...errors import SpikewattError, whole_number
from ..engines.simulate import simulate
from ..network.codes import Code
from ..network.spiking_network import SpikingNetwork
from ..trace.first_steps import first_steps
from ..trace.run_settings import RunSettings
from ..trace.trace import Trace
from .dynamic_trace import DynamicTrace
from .margins import checked_share, largest_margin, margins
from .part import Part, some_samples

WHERE = "EarlyExit"
LONGEST = 10_000


@dataclass(frozen=True)
class EarlyExit:
    """A sample stops once its margin has been large enough for so many steps in a row.

    With the margin m(t) after t steps and the scale s, in the integers of the read-out:

        rate      m(t) ≥ ⌈threshold · s · t⌉     potentials grow with the steps
        signed    m(t) ≥ ⌈threshold · s⌉         potentials settle

    for `consecutive` steps one after the other, the first of them `first_step` or later. Threshold
    0 stops all at once, 1 none before the end. Nothing later is looked at: an engine that stops
    there, and one that runs on, count the same.

    Parameters
    ----------
    threshold : 0..1.
    scale : int >= 1: the largest margin on validation samples, per step under ``rate``, as
        `scale_of` finds it.
    consecutive : int >= 1, default 1.
    first_step : int >= 1, default 1: the first step whose margin counts.

    Raises
    ------
    SpikewattError : a threshold outside of 0..1, numbers below 1.

    >>> EarlyExit(0.2, 100).limits(3, grows=True).tolist()
    [20, 40, 60]
    """

    threshold: float
    scale: int
    consecutive: int = 1
    first_step: int = 1

    def __post_init__(self):
        threshold = checked_share(f"{WHERE}.threshold", self.threshold)
        object.__setattr__(self, "threshold", threshold)
        law = "is a largest margin"
        scale = whole_number(f"{WHERE}.scale", law, self.scale, 1, 2**40)
        object.__setattr__(self, "scale", scale)
        for field in ("consecutive", "first_step"):
            law = "is a number of steps"
            steps = whole_number(f"{WHERE}.{field}", law, getattr(self, field), 1, LONGEST)
            object.__setattr__(self, field, steps)

    def limits(self, steps: int, grows: bool) -> np.ndarray:
        """(steps,) the margin from which on the answer after each step is sure enough."""
        passed = np.arange(1, steps + 1) if grows else np.ones(steps)
        return np.ceil(self.threshold * self.scale * passed).astype(np.int64)


def grows(settings: RunSettings | SpikingNetwork) -> bool:
    """Whether read-out potentials grow with the steps; raises for codes without an early answer."""
    code = settings.code
    _check_streaming(code)
    return not code.limited


def _check_streaming(code: Code) -> None:
    if code.exact:
        law = f"has an answer at every step, which code {code} has not"
        raise SpikewattError(WHERE, law, None, "rate, signed", "stages: StagedNetwork")


def scale_of(trace: Trace) -> int:
    """The scale of thresholds, from the trace of validation samples: largest margin at the end,
    per step where potentials grow.
    """
    largest = largest_margin(np.asarray(_one_readout(trace)[:, -1]))
    return max(1, -(-largest // trace.steps)) if grows(trace.settings) else largest


def exit_steps(trace: Trace, rule: EarlyExit) -> np.ndarray:
    """(samples,) steps that each sample runs, 1..T; all T where it is never sure.

    Parameters
    ----------
    trace : Trace, of a streaming code, of all T steps.
    rule : EarlyExit.

    Raises
    ------
    SpikewattError : an exact code, several read-outs, more steps asked for than were simulated.
    """
    rising = grows(trace.settings)
    potentials = _one_readout(trace)
    steps = trace.steps
    needed = rule.first_step + rule.consecutive - 1
    law = "the first exit lies within the simulated steps"
    whole_number(f"{WHERE}.first_step + consecutive - 1", law, needed, 1, steps)
    if rule.threshold == 1:
        return np.full(trace.samples, steps)

    limits, found = rule.limits(steps, rising), []
    for start in range(0, trace.samples, 1024):
        piece = np.asarray(potentials[start : start + 1024])
        sure = margins(piece) >= limits
        sure[:, : rule.first_step - 1] = False
        found.append(_first_run(sure, rule.consecutive))
    return np.concatenate(found)


def _first_run(sure: np.ndarray, length: int) -> np.ndarray:
    """Steps until the end of the first `length` in a row of (samples, steps) True; else all."""
    steps = sure.shape[1]
    so_far = np.zeros((len(sure), steps + 1), np.int64)
    so_far[:, 1:] = sure.cumsum(axis=1)
    held = so_far[:, length:] - so_far[:, : steps + 1 - length] == length
    return np.where(held.any(axis=1), held.argmax(axis=1) + length, steps)


def _one_readout(trace: Trace):
    if len(trace.settings.outputs) != 1:
        law = "has one read-out, whose margin is looked at"
        raise SpikewattError(WHERE, law, ", ".join(trace.settings.outputs))
    return trace.outputs


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
    """
    grows(network)
    trace = simulate(network, x, engine, steps, workers=workers, seed=seed)
    return exited(trace, rule)
