"""Inputs that cannot be meant: those that leave nearly all of the network's range unused."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError, warn
from .blocks import blocks

FEW = 0.05  # of the range: inputs that stay below were scaled for another one, or are dark
MUCH_LOST = 0.1  # of the inputs, by rounding to levels: this cannot be meant
MANY_SAMPLES = 0.1  # of all: then a few dark ones are no accident

LAW = "uses the input range of the network"


def check_scale(
    where: str, x, largest: float, levels: int, brightest: np.ndarray | None = None
) -> None:
    """Refuse inputs that rounding to levels would destroy; warn of those that are all dark.

    Parameters
    ----------
    where : str
        What an error names.
    x : array, (samples, …)
        Inputs as the Keras model takes them, in the range of the network.
    largest : float
        Largest input value of the network.
    levels : int
        What it becomes as an integer.
    brightest : (samples,) array, default None
        Largest magnitude of each sample, where it is known.

    Raises
    ------
    SpikewattError : nothing above 5 % of the range, and more than 10 % of the inputs is lost when
        they are rounded to levels: they were scaled for another range.

    Examples
    --------
    >>> pixels = np.linspace(0, 1, 100).reshape(10, 10)  # as they are for a range of 0..1
    >>> check_scale("simulate.x", pixels, largest=1.0, levels=255)
    >>> check_scale("simulate.x", pixels, largest=255.0, levels=255)
    Traceback (most recent call last):
    ...
    spikewatt.errors.SpikewattError: simulate.x: uses the input range of the network; got ...
    """
    if brightest is None:
        brightest = np.concatenate([np.abs(block).max(axis=1) for _, block in blocks(x)])
    top = float(brightest.max())
    if top == 0:
        warn(where, LAW, "zeros only")
        return

    unit = largest / levels
    dark = (brightest > 0) & (brightest < FEW * largest)
    if not dark.any():
        return

    lost = _lost(x, dark, unit)
    got = f"nothing above {top:.3g}, where {largest:g} is the largest"
    hint = (
        f"inputs whose largest value is {largest:g}, or a network for others: convert(input_max=)"
    )

    if top >= FEW * largest:
        _check_mixture(where, dark, lost, largest)
    elif lost > MUCH_LOST:
        got += f": rounding to {levels} levels loses {lost:.0%} of them"
        raise SpikewattError(where, LAW, got, hint=hint)
    else:
        warn(where, LAW, got, hint)


def _check_mixture(where: str, dark: np.ndarray, lost: float, largest: float) -> None:
    """Warn where many samples, but not all, look as if they were scaled for another range."""
    if lost <= MUCH_LOST or dark.mean() < MANY_SAMPLES:
        return
    got = f"{int(dark.sum())} of {len(dark)} samples that stay below {FEW * largest:.3g}"
    warn(where, f"{LAW}, 0..{largest:g}", got, "one scale for all samples")


def _lost(x, dark: np.ndarray, unit: float) -> float:
    """The share of the `dark` samples that rounding to multiples of `unit` takes away or adds."""
    difference, total = 0.0, 0.0
    for start, block in blocks(x):
        chosen = dark[start : start + len(block)]
        if not chosen.any():
            continue
        size = np.abs(block[chosen])
        rounded = np.round(size / unit) * unit
        difference += float(np.abs(rounded - size).sum(dtype=np.float64))
        total += float(size.sum(dtype=np.float64))
    return difference / total
