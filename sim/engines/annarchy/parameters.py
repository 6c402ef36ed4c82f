"""The parameters of the neurons and observers of a plan, each group by its rule and window."""

from __future__ import annotations

import numpy as np

from ..counts import has_potential
from .layout import Layout, Segment
from .neurons import NEURON_FIELDS, NEVER, OBSERVER_FIELDS, RELAY, RULES, Parameters


def neurons_of(layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(NEURON_FIELDS, neurons) parameters, (neurons,) start values, (neurons,) worth of the
    first spike.
    """
    size = size_class(layout.size, 1024)
    table = _table(NEURON_FIELDS, size)
    table[NEURON_FIELDS.index("threshold")] = NEVER
    potential = np.zeros(size)
    gain = np.ones(size)

    for segment in layout.segments.values():
        part = segment.neurons
        for field, value in _parameters(layout, segment).items():
            row = NEURON_FIELDS.index(field)
            table[row, part] = value
        if not segment.relay:
            potential[part] = segment.population.per_neuron("initial_potential")
        gain[part] = segment.window.gain(segment.window.start)
    return table, potential, gain


def _parameters(layout: Layout, segment: Segment) -> Parameters:
    """The NEURON_FIELDS of a segment, scalar or (size,)."""
    p, window = segment.population, segment.window
    values: Parameters = dict.fromkeys(NEURON_FIELDS, 0.0)
    values |= {
        "start_step": window.start,
        "stop_step": window.stop,
        "cap": NEVER,
        "lowest": -NEVER,
        "highest": NEVER,
    }
    if segment.relay:
        return values | RELAY

    rule = layout.network.rule(p)
    values |= RULES[type(rule)](p)
    doubles = bool(window.gains) and rule != "given"
    values["doubling"] = float(doubles)
    if has_potential(layout.network, p):
        values |= _width(layout)
    return values


def observers_of(layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """(OBSERVER_FIELDS, rows) parameters, (rows,) start values."""
    rows = size_class(layout.observers, 32)
    table = _table(OBSERVER_FIELDS, rows)
    kept = np.zeros(rows)

    for p in layout.network.readouts:
        part = layout.readouts[p.name]
        lag = layout.lag[p.name]
        rule = layout.network.rule(p)
        values = {
            **RULES[type(rule)](p),
            "start_step": lag,
            "stop_step": lag + layout.schedule.steps,
            **_width(layout),
        }
        for field, value in values.items():
            row = OBSERVER_FIELDS.index(field)
            table[row, part] = value
        kept[part] = p.per_neuron("initial_potential")
    return table, kept


def _table(names: tuple[str, ...], size: int) -> np.ndarray:
    """Parameters of neurons that do nothing."""
    table = np.zeros((len(names), size))
    table[names.index("lowest")] = -NEVER
    table[names.index("highest")] = NEVER
    return table


def _width(layout: Layout) -> Parameters:
    """Ends of a potential, where it can saturate."""
    largest = layout.schedule.largest
    if not largest:
        return {"lowest": -NEVER, "highest": NEVER}
    return {"lowest": -largest - 1, "highest": largest}


def size_class(count: int, smallest: int) -> int:
    """Smallest of smallest · {1, 1.25, 1.5, 1.75} · 2^k that holds `count`.

    The compiled code depends on sizes only.

    >>> size_class(5, 32), size_class(33, 32), size_class(65, 32)
    (32, 40, 80)
    """
    size = smallest
    while 2 * size <= count:
        size *= 2

    for quarters in (4, 5, 6, 7):
        found = size * quarters // 4
        if found >= count:
            return found
    return 2 * size
