"""Codes: how a value becomes spikes, as facts that conversion, schedules and engines ask for."""

from __future__ import annotations

from .named import Named, by_name, named


class Code(Named):
    """How a population transmits a value.

    Facts
    -----
    streaming : an answer at every step, the better the later; else exact at a fixed number of
        steps.
    doubles : a spike is worth twice the one after it.
    negative_spikes : a neuron may take spikes back.
    bias_each_step : the bias is added at every step; else once, as part of the initial potential.
    limited : a population transmits at most `Population.levels`; else one spike at each step.
    default_steps : steps per layer that a conversion takes where none are given; 0 where there are
        none to choose.
    largest_steps : most that may be asked for.
    """

    streaming = False
    doubles = False
    negative_spikes = False
    bias_each_step = False
    limited = True
    default_steps = 15
    largest_steps = 4096

    @property
    def exact(self) -> bool:
        """Whether the answer is that of one integer network, at a fixed number of steps."""
        return not self.streaming

    def levels(self, steps: int) -> int:
        """Largest value that `steps` transmit, in units of the last spike.

        0 where there is no limit.
        """
        return steps

    def steps(self, levels: int) -> int:
        """Steps that transmitting 0..`levels` takes."""
        return levels

    def transmits(self, levels: int) -> bool:
        """Whether a population can have this number of `levels`."""
        return levels >= 1


class Rate(Code):
    """Integrate-and-fire neurons; the value is the share of steps with a spike.

    Rueckauer et al., Front. Neurosci. 11:682 (2017), doi:10.3389/fnins.2017.00682.
    """

    name = "rate"
    streaming = True
    bias_each_step = True
    limited = False
    default_steps = 0

    def levels(self, steps: int) -> int:
        """0: one spike at each step, however many there are."""
        return 0

    def transmits(self, levels: int) -> bool:
        """Any."""
        return True


class Signed(Code):
    """Integrate-and-fire neurons that send −1 when they sent too many; exact once settled.

    Zou et al., k-bit spiking networks (2023).
    """

    name = "signed"
    streaming = True
    negative_spikes = True


class Radix(Code):
    """K steps per layer, the bits of the value, most significant first.

    Stöckl & Maass, Nat. Mach. Intell. 3, 230 (2021), doi:10.1038/s42256-021-00311-4 (few spikes).

    >>> Radix().levels(5), Radix().steps(31), Radix().transmits(30)
    (31, 5, False)
    """

    name = "radix"
    doubles = True
    default_steps = 5
    largest_steps = 16

    def levels(self, steps: int) -> int:
        """2^K − 1."""
        return 2**steps - 1

    def steps(self, levels: int) -> int:
        """The number of bits of `levels`."""
        return levels.bit_length()

    def transmits(self, levels: int) -> bool:
        """1, 3, 7, 15, …: all bits set."""
        return levels >= 1 and levels & (levels + 1) == 0


class SyncRate(Code):
    """A layer fires when all its inputs have arrived, one spike in each of the first q of L
    steps.
    """

    name = "sync_rate"


CODES = by_name((Rate(), Signed(), Radix(), SyncRate()))


def code_named(where: str, code: str | Code) -> Code:
    """The code that `code` is or names; raises SpikewattError for any other."""
    return named(where, "must be a known code", code, CODES)


def names_of(codes) -> str:
    """The names of `codes`, as an error lists them."""
    return ", ".join(code.name for code in codes)
