"""The parameters of the neurons and observers of a plan, each group by its rule and window."""

from __future__ import annotations

import numpy as np

from ..counts import has_potential
from .layout import Layout, Segment
from .neurons import NEURON_FIELDS, NEVER, OBSERVER_FIELDS, RELAY, RULES, Parameters


def neurons_of(layout: Layout) -> np.ndarray:
    """(NEURON_FIELDS, neurons) parameters."""
    table = np.zeros((len(NEURON_FIELDS), layout.size))
    for segment in layout.segments.values():
        part = segment.neurons
        for field, value in _parameters(layout, segment).items():
            row = NEURON_FIELDS.index(field)
            table[row, part] = value
    return table


def _parameters(layout: Layout, segment: Segment) -> Parameters:
    """The NEURON_FIELDS of a segment, scalar or (size,)."""
    p, window = segment.population, segment.window
    values: Parameters = dict.fromkeys(NEURON_FIELDS, 0.0)
    values |= {
        "start_step": window.start,
        "stop_step": window.stop,
        "late_step": window.stop,
        "cap": NEVER,
        "lowest": -NEVER,
        "highest": NEVER,
        "first_gain": window.gain(window.start),
    }
    if segment.relay:
        return values | RELAY

    rule = layout.network.rule(p)
    values |= RULES[type(rule)](p)
    values["initial"] = p.per_neuron("initial_potential")
    if p.wakes_within:
        values["late_step"] = window.start + p.wakes_within
    doubles = bool(window.gains) and rule != "given"
    values["doubling"] = float(doubles)
    if has_potential(layout.network, p):
        values |= _width(layout)
    return values


def observers_of(layout: Layout) -> np.ndarray:
    """(OBSERVER_FIELDS, rows) parameters."""
    table = np.zeros((len(OBSERVER_FIELDS), layout.observers))
    table[OBSERVER_FIELDS.index("lowest")] = -NEVER
    table[OBSERVER_FIELDS.index("highest")] = NEVER

    for p in layout.network.readouts:
        part = layout.readouts[p.name]
        lag = layout.lag[p.name]
        rule = layout.network.rule(p)
        values = {
            **RULES[type(rule)](p),
            "start_step": lag,
            "stop_step": lag + layout.schedule.steps,
            "initial": p.per_neuron("initial_potential"),
            **_width(layout),
        }
        for field, value in values.items():
            row = OBSERVER_FIELDS.index(field)
            table[row, part] = value
    return table


def _width(layout: Layout) -> Parameters:
    """Ends of a potential, where it can saturate."""
    largest = layout.schedule.largest
    if not largest:
        return {"lowest": -NEVER, "highest": NEVER}
    return {"lowest": -largest - 1, "highest": largest}
