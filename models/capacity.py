"""How many bits of activation carry what spikes of so many steps carry."""

from __future__ import annotations

from ..errors import whole_number

MOST_STEPS = 2**31 - 1


def capacity_bits(steps: int) -> int:
    """Bits of an activation that has as many values as a number of spikes within T steps.

        ⌈log2(T + 1)⌉

    A neuron that sends at most one spike per step sends 0..T of them, T + 1 values; an activation
    of k bits has 2^k.

    Parameters
    ----------
    steps : int
        T, 1..2^31 - 1.

    Returns
    -------
    int
        k, at least 1.

    Raises
    ------
    SpikewattError
        No whole number of steps.

    References
    ----------
    Yan et al., Reconsidering the energy efficiency of spiking neural networks (2024),
    doi:10.48550/arXiv.2409.08290.

    Examples
    --------
    >>> [capacity_bits(steps) for steps in (1, 2, 3, 4, 7, 8, 32)]
    [1, 2, 2, 3, 3, 4, 6]
    """
    law = "must be a whole number of steps"
    return whole_number("capacity_bits.steps", law, steps, 1, MOST_STEPS).bit_length()
