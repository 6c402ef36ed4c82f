"""When each population fires, and what one of its spikes is worth at a step."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import SpikewattError, whole_number
from ..network.encoders import halving
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork

DEFAULT_STEPS = 32
LARGEST_STEPS = 10_000


@dataclass(frozen=True)
class Window:
    """Steps in which a population may fire: start <= t < stop.

    Parameters
    ----------
    start : int, first step.
    stop : int, step after the last.
    gains : what a spike is worth in turn, over and over; default always 1.

    >>> bits = Window(3, 6, (4, 2, 1))
    >>> [bits.gain(t) for t in range(3, 6)], bits.active(6)
    ([4, 2, 1], False)
    """

    start: int
    stop: int
    gains: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        """Number of steps."""
        return self.stop - self.start

    @property
    def doublings(self) -> int:
        """How often who hears it doubles its sum after the last step: once per plane not sent."""
        return self.gains[-1].bit_length() - 1 if self.gains else 0

    def active(self, step: int) -> bool:
        """Whether `step` lies in the window."""
        return self.start <= step < self.stop

    def gain(self, step: int) -> int:
        """Worth of a spike at `step`."""
        if not self.gains or not self.active(step):
            return 1
        turn = (step - self.start) % len(self.gains)
        return self.gains[turn]


@dataclass(frozen=True)
class Schedule:
    """The window of every population but the read-outs.

    Parameters
    ----------
    windows : population -> Window.
    steps : int, from first input to last output.
    streaming : bool, whether there is an answer at every step.
    largest : int, potentials saturate at this value, and at its negative minus 1; default 0, never.
    """

    windows: dict[str, Window]
    steps: int
    streaming: bool
    largest: int = 0


def schedule(network: SpikingNetwork, steps: int | None = None) -> Schedule:
    """The schedule of `network`.

    Streaming codes: all populations fire in steps 0..T−1. Exact codes: a population fires when the
    windows of all its inputs are over, for as many steps as its levels take; a max pool repeats its
    inputs one step later. Of a population that sends fewer planes the window is shorter, and who
    hears it takes a step for each doubling that is left: a core has the weights, thresholds and
    biases of all planes, whichever are sent.

    Parameters
    ----------
    steps : int, T of a streaming code, 1..10000; default 32 (rate), or levels + depth + inputs'
        steps (signed), which lets it settle.

    Raises
    ------
    SpikewattError : `steps` given for an exact code, or out of range; pooled populations that fire
        at different times.
    """
    if network.code.exact:
        if steps is not None:
            law = f"is fixed when the network is converted to {network.code}"
            raise SpikewattError("simulate.steps", law, steps, "convert(steps=…)")
        return _exact(network)

    if steps is None:
        steps = _default_steps(network)
    else:
        law = "must be a number of steps"
        steps = whole_number("simulate.steps", law, steps, 1, LARGEST_STEPS)
    return _streaming(network, steps)


def _exact(network: SpikingNetwork) -> Schedule:
    """One population after the other."""
    code = network.code
    windows: dict[str, Window] = {}
    for p in network.populations:
        if p.kind.is_input:
            windows[p.name] = _input_window(network, p)
        elif p.kind.fires:
            incoming = network.incoming(p.name)
            feeding = [windows[c.pre] for c in incoming]
            start = _start_after(p, feeding)

            length = code.steps(p.levels)
            windows[p.name] = (
                _bit_window(start, length, p.planes)
                if code.doubles
                else Window(start, start + length)
            )

    last = max(window.stop + window.doublings for window in windows.values())
    steps = max(1, last)
    return Schedule(windows, steps, streaming=False)


def _bit_window(start: int, bits: int, planes: int) -> Window:
    """Bits, most significant first: all of them, or the first `planes`."""
    gains = halving(bits)[: planes or bits]
    return Window(start, start + len(gains), gains)


def _start_after(p: Population, feeding: list[Window]) -> int:
    """First step of a population that hears the populations of windows `feeding`."""
    if not p.kind.compares:
        return max(window.stop + window.doublings for window in feeding)

    times = {(window.start, window.stop) for window in feeding}
    if len(times) != 1:
        law = "the inputs of a max pool fire at the same time"
        raise SpikewattError(f"Population {p.name!r}", law, feeding)
    return feeding[0].start + 1


def _default_steps(network: SpikingNetwork) -> int:
    """Steps of a streaming code where none are given: of a limited one, until it has settled."""
    if not network.code.limited:
        return DEFAULT_STEPS

    stops = [_input_window(network, p).stop for p in network.inputs]
    levels = [p.levels for p in network.populations if not p.kind.is_input]
    depth = len(network.populations)
    return max(levels) + depth + max(stops)


def _streaming(network: SpikingNetwork, steps: int) -> Schedule:
    """All populations at every step.

    An input that sends a number of spikes, until they are sent.
    """
    windows = {}
    for p in network.populations:
        if p.kind.is_input and network.encoder:
            gains = network.encoder.gains(network.input_levels)
            windows[p.name] = Window(0, steps, gains)
        elif p.kind.is_input and not _fires_at_every_step(network):
            windows[p.name] = _input_window(network, p)
        elif p.kind.fires:
            windows[p.name] = Window(0, steps)
    return Schedule(windows, steps, streaming=True)


def _fires_at_every_step(network: SpikingNetwork) -> bool:
    """Whether inputs have no limit to what they send."""
    return network.input_code.integrates and not network.code.limited


def _input_window(network: SpikingNetwork, p: Population) -> Window:
    """The window of an input that transmits its levels: bit by bit, or one by one."""
    code = network.input_code
    if code.analog:
        return Window(0, 0)
    if code.doubles:
        return _bit_window(0, p.levels.bit_length(), p.planes)
    return Window(0, p.levels)
