"""first_steps: a run of a streaming code as it was after fewer steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...errors import SpikewattError, whole_number
from ..engines.schedule import Schedule
from .trace import Trace


def first_steps(trace: Trace, steps: int) -> Trace:
    """The trace as it was after `steps` steps; a streaming code's run gives every shorter one.

    Parameters
    ----------
    trace : Trace
    steps : int
        1 to the number of simulated steps.

    Raises
    ------
    SpikewattError
        An exact code, whose number of steps is fixed, or more steps than were simulated.
    """
    settings = trace.settings
    if settings.code.exact:
        raise SpikewattError(
            "first_steps",
            "a network of an exact code has its number of steps",
            settings.code,
            "rate",
        )
    whole_number("first_steps.steps", "must be a number of simulated steps", steps, 1, trace.steps)

    def cut(tables: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: counts[:, :steps] for name, counts in tables.items()}

    ledgers = {column: cut(tables) for column, tables in trace.synaptic_operations.items()}
    return replace(
        trace,
        spikes=cut(trace.spikes),
        synaptic_operations=ledgers,
        outputs=trace.outputs[:, :steps],
        settings=replace(settings, schedule=_first_windows(settings.schedule, steps)),
        rasters=cut(trace.rasters),
    )


def _first_windows(schedule: Schedule, steps: int) -> Schedule:
    """The windows of a schedule as far as they lie within `steps`."""
    windows = {
        name: replace(window, start=min(window.start, steps), stop=min(window.stop, steps))
        for name, window in schedule.windows.items()
    }
    return replace(schedule, windows=windows, steps=steps)
