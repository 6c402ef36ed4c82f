"""How far an accuracy that was counted on some images may lie from the true one."""

from __future__ import annotations

import math

from ...errors import SpikewattError

DEVIATIONS = 1.959963984540054  # of a normal distribution, between which 95 % lie


def wilson(right: int, samples: int) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson (J. Am. Stat. Assoc. 22:209, 1927).

    With p = right / samples, n = samples and z = 1.96,

        (p + z² / 2n ± z sqrt(p (1 − p) / n + z² / 4n²)) / (1 + z² / n)

    Parameters
    ----------
    right : int
        0 to `samples`.
    samples : int
        1 or more.

    Raises
    ------
    SpikewattError
        Numbers that are no such share.

    Examples
    --------
    >>> low, high = wilson(349, 360)
    >>> f"{349 / 360:.3f}: {low:.3f} to {high:.3f}"
    '0.969: 0.946 to 0.983'
    """
    if samples < 1 or not 0 <= right <= samples:
        got = f"{right} of {samples}"
        raise SpikewattError("wilson", "is a share of samples", got, "0 to all of one or more")

    share, z = right / samples, DEVIATIONS
    middle = share + z**2 / (2 * samples)
    width = z * math.sqrt(share * (1 - share) / samples + z**2 / (4 * samples**2))
    below = 1 + z**2 / samples

    # All or none right: rounding must not put the end beyond the share itself.
    low = 0.0 if right == 0 else (middle - width) / below
    high = 1.0 if right == samples else (middle + width) / below
    return low, high
