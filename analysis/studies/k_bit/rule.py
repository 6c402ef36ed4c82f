"""Operations as Zou counts them."""

from __future__ import annotations

import numpy as np

from ....sim.trace.trace import Trace

ADDITIONS_PER_MULTIPLY_ACCUMULATE = 3  # a multiplication as two additions, and one


def zou_operations(trace: Trace) -> np.ndarray:
    """(samples, steps) additions by Zou's rule.

    One for each spike, of either sign, at each synapse that it reaches; those of the first layer,
    which encodes the input, are left out, and so are spikes of the last layer, which has none here.
    Zou (2023), doi:10.1002/aisy.202300383, as its published code counts.

    Parameters
    ----------
    trace : Trace
    """
    inputs = inputs_of(trace)
    later = [trace.sops[layer.name] for layer in trace.layers if layer.pre not in inputs]
    return np.sum(later, axis=0)


def zou_ann_operations(trace: Trace) -> int:
    """Additions of one inference of the ANN by Zou's rule: three per multiply-accumulate.

    The first layer's are left out there, too.
    """
    inputs = inputs_of(trace)
    later = sum(layer.macs for layer in trace.layers if layer.pre not in inputs)
    return ADDITIONS_PER_MULTIPLY_ACCUMULATE * int(later)


def inputs_of(trace: Trace) -> set[str]:
    """Populations that nothing reaches."""
    return {layer.pre for layer in trace.layers} - {layer.post for layer in trace.layers}
