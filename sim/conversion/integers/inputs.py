"""Input populations, by input code."""

from __future__ import annotations

import numpy as np

from ...network.encoders import Encoder, unit_of
from ...network.population import Input, Population
from ..graph.nodes import InputNode
from .draft import ONE, ZERO, Draft


def add_input(draft: Draft, node: InputNode) -> None:
    """An input population: what its neurons count to, and what a spike of it is worth."""
    options = draft.options
    input_code = draft.options.spike_input_code
    full = options.input_levels
    unit = options.input_unit
    threshold = np.asarray(full)
    start = ZERO
    levels = 0

    if input_code.doubles:
        threshold = ONE
        levels = 2 ** full.bit_length() - 1
    elif input_code.analog:
        levels = full
    elif isinstance(input_code, Encoder):
        unit = options.input_max * unit_of(input_code, full, _level_counts(draft))
    else:
        levels = options.levels_of(node)
        start = threshold // 2
        unit = options.input_max / max(levels, 1)

    population = Population(
        node.name,
        node.shape,
        Input(),
        threshold,
        ZERO,
        start,
        levels,
    )
    units = np.full(node.shape[-1], unit)
    draft.add(population, units)


def _level_counts(draft: Draft) -> np.ndarray:
    """(levels + 1,) how often each level occurs in the calibration data, its sign left out."""
    options = draft.options
    parts = [part.reshape(-1) for part in draft.calibration]
    pixels = np.abs(np.concatenate(parts))

    share = pixels / options.input_max
    levels = np.round(share * options.input_levels)
    levels = levels.astype(np.int64)
    return np.bincount(levels, minlength=options.input_levels + 1)
