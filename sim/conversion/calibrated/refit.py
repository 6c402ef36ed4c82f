"""Weights of a layer, fitted again to inputs that carry the errors of the layers before."""

from __future__ import annotations

import numpy as np

RIDGE = 0.1  # of the mean square of a column


class Refit:
    """Least squares with a ridge: the change of weights that brings sums closest to their targets.

        min Σ (t − s − X Δ − β)² + λ Σ Δ²

    with sums s as they are, λ = `RIDGE` Σ X² / columns, and X centred, which makes β the mean of
    what is left.

    Parameters
    ----------
    columns : array, (rows, columns)
        X: what each weight of a channel multiplies.
    """

    def __init__(self, columns: np.ndarray):
        from scipy.linalg import cho_factor

        self.mean = columns.mean(axis=0)
        self.centred = columns - self.mean
        rows, unknown = columns.shape
        self.by_row = rows < unknown  # the smaller of two equal systems
        x = self.centred
        square = x @ x.T if self.by_row else x.T @ x
        damping = RIDGE * float(np.einsum("rc,rc->", x, x)) / unknown
        square[np.diag_indices_from(square)] += damping or 1.0
        self.factor = cho_factor(square, overwrite_a=True, check_finite=False)

    def change(self, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(Δ (columns, channels), β (channels,)) for what is `missing`, (rows, channels)."""
        from scipy.linalg import cho_solve

        mean = missing.mean(axis=0)
        x = self.centred
        if self.by_row:
            found = x.T @ cho_solve(self.factor, missing - mean, check_finite=False)
        else:
            found = cho_solve(self.factor, x.T @ (missing - mean), check_finite=False)
        return found, mean - self.mean @ found

    def adds(self, change: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """(rows, channels) what a change adds to the sums."""
        return self.centred @ change + (self.mean @ change + bias)


def targets(sums: np.ndarray, wanted: np.ndarray, clip: np.ndarray | None) -> np.ndarray:
    """(rows, channels) what sums should be, given what the neuron makes of them.

    A neuron that should be silent is as good with any sum below 0, and one that should send the
    most with any sum above its clip.

    Parameters
    ----------
    sums : array, (rows, channels)
        As they are.
    wanted : array, (rows, channels)
        What Keras computes before the activation.
    clip : array, (channels,), or None
        λ; None of an output, which nothing rectifies.

    Examples
    --------
    >>> wanted, reached = np.array([[-3.0], [0.5], [9.0]]), np.array([[-1.0], [-1.0], [5.0]])
    >>> targets(wanted, reached, np.array([4.0]))
    array([[-3.],
           [ 0.],
           [ 9.]])
    """
    if clip is None:
        return wanted
    found = np.where(wanted <= 0, np.minimum(sums, 0), wanted)
    return np.where(wanted >= clip, np.maximum(sums, clip), found).astype(wanted.dtype)
