"""How weights lie in flash for the best kernels."""

from __future__ import annotations

import numpy as np

BLOCK = 4  # outputs, and taps, that are computed together
ORDER = (0, 2, 1, 3)  # of taps in a word: its even bytes are the first two


def whole_blocks(count: int) -> int:
    """The next multiple of a block.

    >>> whole_blocks(10), whole_blocks(12)
    (12, 12)
    """
    return -(-count // BLOCK) * BLOCK


def in_blocks(weights: np.ndarray) -> np.ndarray:
    """int8 (size,) weights in the order of ``int8_blocks.h``.

    Parameters
    ----------
    weights : int8 (outputs, taps)
    """
    outputs, taps = weights.shape
    whole = np.zeros((whole_blocks(outputs), whole_blocks(taps)), np.int8)
    whole[:outputs, :taps] = weights
    blocks = whole.reshape(-1, BLOCK, whole.shape[1] // BLOCK, BLOCK)
    return blocks.transpose(0, 2, 1, 3)[..., ORDER].reshape(-1)


def in_pairs_of_taps(weights: np.ndarray) -> np.ndarray:
    """int8 (size,) weights in the order of ``int8_depthwise_best.c``.

    Parameters
    ----------
    weights : int8 (taps, channels)
        Channels are a multiple of 4.
    """
    taps, channels = weights.shape
    even = np.zeros((taps + taps % 2, channels), np.int8)
    even[:taps] = weights
    # (pair, tap of the pair, group of 4, half of the group, channel of the half)
    split = even.reshape(-1, 2, channels // 4, 2, 2)
    return split.transpose(2, 0, 3, 1, 4).reshape(-1)
