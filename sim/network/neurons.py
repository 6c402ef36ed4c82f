"""The rules of one neuron, for the reference engine and the golden model of the RTL core alike."""

from __future__ import annotations

import numpy as np


def hold(v: np.ndarray, lowest: int, highest: int) -> tuple[np.ndarray, np.ndarray]:
    """Potentials held within lowest..highest, and where they had to be."""
    held = np.clip(v, lowest, highest)
    return held, held != v


def fires(v: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """Where a potential reaches its threshold: v >= threshold."""
    return v >= threshold


def reset(v: np.ndarray, spikes: np.ndarray, threshold: np.ndarray, rule: str) -> np.ndarray:
    """Potentials behind the spikes (1, 0 or -1): v − threshold · spikes (``subtract``), or 0 where there was one (``zero``)."""
    return np.where(spikes != 0, 0, v) if rule == "zero" else v - threshold * spikes
