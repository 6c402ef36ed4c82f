"""When each population fires, and what one of its spikes is worth at a step."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import SpikewattError, whole_number
from ..network.encoders import ENCODERS, halving
from ..network.spiking_network import STREAMING_CODES, SpikingNetwork

DEFAULT_STEPS = 32


@dataclass(frozen=True)
class Window:
    """Steps in which a population may fire: start <= t < stop. `gains` are what a spike is worth in turn, over and over; 1 without."""

    start: int
    stop: int
    gains: tuple[int, ...] = ()

    def active(self, step: int) -> bool:
        """Whether `step` lies in the window."""
        return self.start <= step < self.stop

    def gain(self, step: int) -> int:
        """Worth of a spike at `step`."""
        return (
            self.gains[(step - self.start) % len(self.gains)]
            if self.gains and self.active(step)
            else 1
        )


@dataclass(frozen=True)
class Schedule:
    """The window of every population but the read-outs, and the number of steps from first input to last output."""

    windows: dict[str, Window]
    steps: int
    streaming: bool
    largest: int = 0  # potentials saturate at this value, and at its negative minus 1; 0: never


def schedule(network: SpikingNetwork, steps: int | None = None) -> Schedule:
    """The schedule of `network`.

    Streaming codes: all populations fire in steps 0..T-1. Exact codes: a population fires when the windows of all its inputs are
    over, for `levels` steps (sync_rate) or for as many as `levels` has bits (radix); a max pool repeats its inputs one step later.

    Parameters
    ----------
    steps : T of a streaming code; by default 32 (rate), or levels + depth + inputs' steps (signed), which lets it settle.

    Raises
    ------
    SpikewattError : `steps` given for an exact code, or out of 1..10000; pooled populations that fire at different times.
    """
    streaming = network.code in STREAMING_CODES
    if steps is not None and not streaming:
        raise SpikewattError(
            "simulate.steps",
            f"is fixed when the network is converted to {network.code}",
            steps,
            "convert(steps=…)",
        )
    if steps is not None:
        steps = whole_number("simulate.steps", "must be a number of steps", steps, 1, 10_000)
    windows: dict[str, Window] = {}
    for p in network.populations:
        if p.kind == "readout":
            continue
        doubling = (
            (network.input_code == "bitplane") if p.kind == "input" else network.code == "radix"
        )
        length = p.levels.bit_length() if doubling else p.levels
        if p.kind == "input":
            windows[p.name] = Window(
                0,
                0 if network.input_code == "analog" else length,
                halving(length) if doubling else (),
            )
        elif not streaming:
            feeding = [windows[c.pre] for c in network.incoming(p.name)]
            start = max(w.stop for w in feeding)
            if p.kind == "max_pool":
                if len({(w.start, w.stop) for w in feeding}) != 1:
                    raise SpikewattError(
                        f"Population {p.name!r}",
                        "the inputs of a max pool fire at the same time",
                        feeding,
                    )
                start = feeding[0].start + 1
            windows[p.name] = Window(start, start + length, halving(length) if doubling else ())
    if not streaming:
        return Schedule(windows, max(1, *(w.stop for w in windows.values())), False)
    if steps is None:
        largest = max(p.levels for p in network.populations if p.kind != "input")
        settle = largest + len(network.populations) + max(w.stop for w in windows.values())
        steps = DEFAULT_STEPS if network.code == "rate" else settle
    for p in network.populations:
        if p.kind == "input" and network.input_code in ENCODERS:
            windows[p.name] = Window(
                0, steps, ENCODERS[network.input_code].gains(network.input_levels)
            )
        elif p.kind != "readout" and (
            p.name not in windows
            or (p.kind == "input" and network.code == "rate" and network.input_code == "if")
        ):
            windows[p.name] = Window(0, steps)
    return Schedule(windows, steps, True)
