"""Inputs as spike trains: every engine is given the same events, made here from integer pixels.

``if`` and ``bitplane`` inputs are not here: their neurons compute their own spikes on every engine. ``analog`` inputs send none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ORDER_STEPS = 16  # of one round of the rank-order code
BURST_DRIVE = (
    100.0  # input current of the brightest pixel, as ANNarchy's converter drives its neurons
)
UNIT_STEPS = 400  # over which the mean worth of a level is taken


@dataclass(frozen=True)
class Encoder:
    """How an input neuron fires.

    Parameters
    ----------
    by_level : (levels, steps) -> (levels + 1, steps) events of each level; None where they are drawn at random.
    gains : levels -> what an event is worth at each step of a round, which repeats; empty where it is always 1.
    signed : whether inputs below zero send negative events.
    source : where the code was described.
    """

    by_level: Callable[[int, int], np.ndarray] | None
    gains: Callable[[int], tuple[int, ...]]
    signed: bool
    source: str


def _constant(levels: int, steps: int) -> np.ndarray:
    """An event at every step from any input above zero."""
    return np.repeat((np.arange(levels + 1) > 0)[:, None], steps, axis=1)


def _bursting(levels: int, steps: int) -> np.ndarray:
    """Izhikevich neurons: v' = 0.04 v² + 5 v + 140 − u + I, u' = 0.02 (0.2 v − u), Euler steps of 1 ms; beyond 30 mV v = −55, u += 4."""
    current = BURST_DRIVE * np.arange(levels + 1) / levels
    v, u = np.full(levels + 1, -55.0), np.full(levels + 1, -13.0)
    fired = np.zeros((levels + 1, steps), bool)
    for t in range(steps):
        change = 0.04 * v * v + 5.0 * v + 140.0 - u + current
        u = u + 0.02 * (0.2 * v - u)
        v = v + change
        fired[:, t] = v > 30.0
        u = np.where(fired[:, t], u + 4.0, u)
        v = np.where(fired[:, t], -55.0, v)
    return fired


def _phase(levels: int, steps: int) -> np.ndarray:
    """The bits of the level, most significant first, over and over."""
    bits = levels.bit_length()
    shift = bits - 1 - np.arange(steps) % bits
    return (np.arange(levels + 1)[:, None] >> shift) & 1


def _rank_order(levels: int, steps: int) -> np.ndarray:
    """One event in each round, the earlier the brighter: at step P − round(P q / levels); none from a dark pixel."""
    rank = (2 * ORDER_STEPS * np.arange(levels + 1) + levels) // (2 * levels)
    return (ORDER_STEPS - rank)[:, None] == np.arange(steps) % ORDER_STEPS


def _one(levels: int) -> tuple[int, ...]:
    return ()


def halving(bits: int) -> tuple[int, ...]:
    """Worth of `bits` events, most significant first."""
    return tuple(1 << i for i in reversed(range(bits)))


def _bits(levels: int) -> tuple[int, ...]:
    return halving(levels.bit_length())


def _falling(levels: int) -> tuple[int, ...]:
    return tuple(range(ORDER_STEPS, 0, -1))


ENCODERS = {
    "poisson": Encoder(
        None, _one, False, "Diehl et al., IJCNN 2015, doi:10.1109/IJCNN.2015.7280696"
    ),
    "signed_poisson": Encoder(
        None,
        _one,
        True,
        "Sengupta et al., Front. Neurosci. 13:95 (2019), doi:10.3389/fnins.2019.00095",
    ),
    "constant": Encoder(
        _constant,
        _one,
        False,
        "the `spike` input of mlGeNN, Turner et al. (2022), doi:10.1088/2634-4386/ac5ac5",
    ),
    "bursting": Encoder(
        _bursting,
        _one,
        False,
        "Izhikevich, IEEE Trans. Neural Netw. 14, 1569 (2003), doi:10.1109/TNN.2003.820440",
    ),
    "phase": Encoder(
        _phase,
        _bits,
        False,
        "Kim et al., Neurocomputing 311, 373 (2018), doi:10.1016/j.neucom.2018.05.087",
    ),
    "rank_order": Encoder(
        _rank_order, _falling, False, "Thorpe & Gautrais (1998), doi:10.1007/978-1-4615-4831-7_19"
    ),
}


def takes_negative(input_code: str) -> bool:
    """Whether inputs may be below zero: a host can multiply them, and a signed event can carry them."""
    return input_code == "analog" or (input_code in ENCODERS and ENCODERS[input_code].signed)


def takes_more_than_one(input_code: str) -> bool:
    """Whether an event may count for something else than 1."""
    return input_code in ENCODERS and (
        ENCODERS[input_code].signed or bool(ENCODERS[input_code].gains(255))
    )


def encode(
    code: str, pixels: np.ndarray, levels: int, steps: int, seed: int, first: int
) -> np.ndarray:
    """(samples, steps, neurons) int8 events, −1, 0 or 1, of integer `pixels` (samples, neurons) in 0..levels.

    A Poisson event falls with probability |pixel| / levels in each step. Its draws depend on `seed` and on the number of the
    sample, `first` + i, alone: batches, processes and engines do not change them, and a longer run begins like a shorter one.
    """
    encoder = ENCODERS[code]
    if encoder.by_level is not None:
        return np.swapaxes(encoder.by_level(levels, steps).astype(np.int8)[pixels], 1, 2)
    events = np.empty((len(pixels), steps, pixels.shape[1]), np.int8)
    for i, row in enumerate(pixels):
        draws = np.random.default_rng([seed, first + i]).integers(
            0, levels, (steps, len(row)), np.int64
        )
        events[i] = np.sign(row) * (draws < np.abs(row))
    return events


def unit_of(code: str, levels: int, counts: np.ndarray) -> float:
    """Value, in units of the largest input, of one event of worth 1 per step: the least-squares fit over pixels.

    `counts` (levels + 1,) says how often each level occurs. Exact for the codes that are linear in the pixel.
    """
    encoder, value = ENCODERS[code], np.arange(levels + 1) / levels
    mean = value
    if encoder.by_level is not None:
        gains = encoder.gains(levels) or (1,)
        steps = len(gains) * -(-UNIT_STEPS // len(gains))
        mean = (encoder.by_level(levels, steps) * np.resize(gains, steps)).mean(axis=1)
    weighted = counts @ (mean * mean)
    return float(counts @ (value * mean) / weighted) if weighted > 0 else 1.0
