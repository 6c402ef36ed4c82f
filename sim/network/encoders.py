"""Inputs as spike trains: every engine is given the same events, made here from integer pixels."""

from __future__ import annotations

import numpy as np

from .codes import Code, Rate
from .named import Named, by_name

ROUND_STEPS = 16  # of the rank-order code
BURST_DRIVE = 100.0  # input current of the brightest pixel, as in ANNarchy's converter
UNIT_STEPS = 400  # over which the mean worth of a level is taken
DRAWS = 2**32 - 1  # outcomes of a draw whose probability is no multiple of 1 / levels


class InputCode(Named):
    """How an input population turns integer pixels into spikes.

    Facts
    -----
    encoded : its events are made by `encode`, and given to every engine.
    integrates : its neurons add the pixel at each step and fire, as those of a hidden layer do.
    analog : it sends nothing; a host multiplies the first layer.
    doubles : its spikes are the bits of the pixel, most significant first.
    takes_negative : pixels may be below zero.
    worth_varies : an event may count for something else than 1.
    drawn : its events are drawn at random, from a seed.
    full_scale : an event counts as the largest input, as mlGeNN has it; else as what one means on
        average.
    """

    encoded = False
    integrates = False
    analog = False
    doubles = False
    takes_negative = False
    worth_varies = False
    drawn = False
    full_scale = False

    def drives(self, code: Code) -> bool:
        """Whether a network of `code` can take such an input."""
        return True

    def speaks(self, code: Code) -> bool:
        """Whether its spikes mean what those of a population of `code` mean, so that a max pool
        may compare them.
        """
        return False


class Encoder(InputCode):
    """An input whose events are given.

    The value is their mean worth over the steps, so that only a rate can carry it.
    """

    encoded = True

    def drives(self, code: Code) -> bool:
        """Only ``rate``."""
        return code == Rate()

    def by_level(self, levels: int, steps: int) -> np.ndarray:
        """(levels + 1, steps) events of each level."""
        raise NotImplementedError

    def gains(self, levels: int) -> tuple[int, ...]:
        """What an event is worth at each step of a round, which repeats.

        Empty where it is always 1.
        """
        return ()


class Drawn(Encoder):
    """Events at random: one falls with a probability that the size of the pixel says."""

    drawn = True

    def probability(self, levels: int) -> np.ndarray:
        """(levels + 1,) of an event in a step."""
        return np.arange(levels + 1) / levels

    def draw(
        self, random: np.random.Generator, sizes: np.ndarray, levels: int, steps: int
    ) -> np.ndarray:
        """(steps, neurons) whether an event falls, of pixels of `sizes`, (neurons,)."""
        draws = random.integers(0, levels, (steps, len(sizes)), np.int64)
        return draws < sizes


class Poisson(Drawn):
    """An event falls with probability pixel / levels in each step.

    Diehl et al., IJCNN 2015, doi:10.1109/IJCNN.2015.7280696.
    """

    name = "poisson"


class SignedPoisson(Drawn):
    """As `Poisson`, with negative events from pixels below zero.

    Sengupta et al., Front. Neurosci. 13:95 (2019), doi:10.3389/fnins.2019.00095.
    """

    name = "signed_poisson"
    takes_negative = True
    worth_varies = True


class ExponentialPoisson(Drawn):
    """An event falls with probability 1 − exp(−pixel / levels) in each step, at most 0.63.

    That of one event or more of a Poisson process: the ``poisson`` input of mlGeNN, Turner et al.
    (2022), doi:10.1088/2634-4386/ac5ac5.
    """

    name = "exponential_poisson"
    full_scale = True

    def probability(self, levels: int) -> np.ndarray:
        """1 − exp(−pixel / levels)."""
        return 1 - np.exp(-np.arange(levels + 1) / levels)

    def draw(
        self, random: np.random.Generator, sizes: np.ndarray, levels: int, steps: int
    ) -> np.ndarray:
        """(steps, neurons) whether an event falls, of pixels of `sizes`, (neurons,)."""
        falls_below = np.round(DRAWS * self.probability(levels)).astype(np.uint32)
        draws = random.integers(0, DRAWS, (steps, len(sizes)), np.uint32)
        return draws < falls_below[sizes]


class Resetting(Encoder):
    """A neuron adds the pixel at each step, fires at `levels`, and begins at 0 again.

    What exceeds `levels` is lost: pixels of 0.5 and of 0.99 both fire at every second step. The
    ``if`` input of mlGeNN, Turner et al. (2022), doi:10.1088/2634-4386/ac5ac5.
    """

    name = "resetting"
    full_scale = True

    def by_level(self, levels: int, steps: int) -> np.ndarray:
        """An event in every ⌈levels / level⌉-th step."""
        level = np.arange(1, levels + 1)
        period = np.concatenate([[steps + 1], -(-levels // level)])
        step = np.arange(1, steps + 1)
        return step % period[:, None] == 0


class Constant(Encoder):
    """An event at every step from any pixel above zero.

    The ``spike`` input of mlGeNN, Turner et al. (2022), doi:10.1088/2634-4386/ac5ac5.
    """

    name = "constant"

    def by_level(self, levels: int, steps: int) -> np.ndarray:
        """1 at every step of a level above 0."""
        lit = np.arange(levels + 1) > 0
        return np.repeat(lit[:, None], steps, axis=1)


class Bursting(Encoder):
    """Izhikevich's neuron, driven by the pixel.

    v' = 0.04 v² + 5 v + 140 − u + I, u' = 0.02 (0.2 v − u), Euler steps of 1 ms; beyond 30 mV v =
    −55, u += 4. Izhikevich, IEEE Trans. Neural Netw. 14, 1569 (2003), doi:10.1109/TNN.2003.820440.
    """

    name = "bursting"

    def by_level(self, levels: int, steps: int) -> np.ndarray:
        """The spikes of one neuron per level."""
        neurons = levels + 1
        current = BURST_DRIVE * np.arange(neurons) / levels
        v = np.full(neurons, -55.0)
        u = np.full(neurons, -13.0)
        fired = np.zeros((neurons, steps), bool)

        for t in range(steps):
            change = 0.04 * v * v + 5.0 * v + 140.0 - u + current
            u = u + 0.02 * (0.2 * v - u)
            v = v + change

            spikes = v > 30.0
            u = np.where(spikes, u + 4.0, u)
            v = np.where(spikes, -55.0, v)
            fired[:, t] = spikes
        return fired


class Phase(Encoder):
    """The bits of the pixel, most significant first, over and over.

    Kim et al., Neurocomputing 311, 373 (2018), doi:10.1016/j.neucom.2018.05.087.
    """

    name = "phase"
    worth_varies = True

    def by_level(self, levels: int, steps: int) -> np.ndarray:
        """The bit of each level whose turn it is."""
        bits = levels.bit_length()
        turn = np.arange(steps) % bits
        shift = bits - 1 - turn
        level = np.arange(levels + 1)[:, None]
        return (level >> shift) & 1

    def gains(self, levels: int) -> tuple[int, ...]:
        """The worth of each bit."""
        return halving(levels.bit_length())


class RankOrder(Encoder):
    """One event in each round, the earlier the brighter: at step P − round(P q / levels).

    None from a dark pixel.

    Thorpe & Gautrais (1998), doi:10.1007/978-1-4615-4831-7_19.
    """

    name = "rank_order"
    worth_varies = True

    def by_level(self, levels: int, steps: int) -> np.ndarray:
        """1 at the step of each level's rank."""
        twice = 2 * ROUND_STEPS * np.arange(levels + 1)
        rank = (twice + levels) // (2 * levels)
        turn = ROUND_STEPS - rank
        return turn[:, None] == np.arange(steps) % ROUND_STEPS

    def gains(self, levels: int) -> tuple[int, ...]:
        """P, P − 1, …, 1."""
        return tuple(range(ROUND_STEPS, 0, -1))


ENCODERS: dict[str, Encoder] = by_name(
    (
        Poisson(),
        SignedPoisson(),
        ExponentialPoisson(),
        Resetting(),
        Constant(),
        Bursting(),
        Phase(),
        RankOrder(),
    )
)


def halving(bits: int) -> tuple[int, ...]:
    """Worth of `bits` spikes, most significant first.

    >>> halving(4)
    (8, 4, 2, 1)
    """
    return tuple(1 << i for i in reversed(range(bits)))


def encode(
    encoder: Encoder, pixels: np.ndarray, levels: int, steps: int, seed: int, first: int
) -> np.ndarray:
    """Events of integer pixels: −1, 0 or 1 at each step.

    Parameters
    ----------
    pixels : (samples, neurons) integers in 0..levels (−levels..levels where the encoder is signed).
    seed : of the draws of a Poisson encoder.
    first : number of the first sample. Draws depend on `seed` and on the number of the sample
        alone: batches, processes and engines do not change them, and a longer run begins like a
        shorter one.

    Returns
    -------
    (samples, steps, neurons) int8.
    """
    if not isinstance(encoder, Drawn):
        by_level = encoder.by_level(levels, steps)
        by_level = by_level.astype(np.int8)
        return np.swapaxes(by_level[pixels], 1, 2)

    samples, neurons = pixels.shape
    events = np.empty((samples, steps, neurons), np.int8)
    for i, row in enumerate(pixels):
        random = np.random.default_rng([seed, first + i])
        falls = encoder.draw(random, np.abs(row), levels, steps)
        events[i] = np.sign(row) * falls
    return events


def unit_of(encoder: Encoder, levels: int, counts: np.ndarray) -> float:
    """Value of one event of worth 1 per step, in units of the largest input.

    The least-squares fit over pixels, exact for the codes that are linear in the pixel; 1 of those
    that count an event as the largest input.

    Parameters
    ----------
    counts : (levels + 1,) how often each level occurs.
    """
    if encoder.full_scale:
        return 1.0

    value = np.arange(levels + 1) / levels
    if isinstance(encoder, Drawn):
        mean = encoder.probability(levels)
    else:
        mean = _mean_worth(encoder, levels)

    weighted = counts @ (mean * mean)
    if weighted <= 0:
        return 1.0
    return float(counts @ (value * mean) / weighted)


def _mean_worth(encoder: Encoder, levels: int) -> np.ndarray:
    """(levels + 1,) mean worth of a step's events, over whole rounds."""
    gains = encoder.gains(levels) or (1,)
    rounds = -(-UNIT_STEPS // len(gains))
    steps = len(gains) * rounds

    worth = np.resize(gains, steps)
    events = encoder.by_level(levels, steps)
    return (events * worth).mean(axis=1)
