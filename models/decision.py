"""From outputs to a class."""

from __future__ import annotations

import numpy as np


def decided_by(outputs: np.ndarray, halfway: float = 0.0) -> np.ndarray:
    """The class of the largest output; a single output decides between two.

    Parameters
    ----------
    outputs : (…, classes)
        Logits, potentials or probabilities.
    halfway : float, default 0
        What a single output lies above where it says class 1; 0.5 of a sigmoid.

    Returns
    -------
    int64 (…)
        Classes; ties go to the lowest.

    >>> decided_by(np.array([[3], [-1]])).tolist(), decided_by(np.array([[3, 5]])).tolist()
    ([1, 0], [1])
    """
    if outputs.shape[-1] == 1:
        return (outputs[..., 0] > halfway).astype(np.int64)
    return outputs.argmax(axis=-1)
