"""Loops: how a spiking network is computed in software, in which quality."""

from __future__ import annotations

from ....errors import SpikewattError
from ....sim.network.named import Named, by_name


class Loop(Named):
    """How spikes and weights meet.

    Facts
    -----
    title : in words.
    gathers : outputs gather the inputs that spiked; else each spike adds its row of weights.
    needs_dsp : uses instructions of the DSP extension.
    weight_bias : what is added to a stored weight.
    chunk : spikes at most that are gathered at once, so that their sums fit 16 bits.
    fours : neurons are updated four at a time.
    """

    title = ""
    gathers = False
    needs_dsp = False
    weight_bias = 0
    chunk = 256
    fours = False


class PlainRowAdd(Loop):
    """Plain C: each spike adds its row of int8 weights to int32 potentials."""

    name = "plain"
    title = "row add in plain C, int32"


class GatherDsp(Loop):
    """Four outputs to a word, two sums to a register, by SXTAB16."""

    name = "gather_dsp"
    title = "gather with sums in registers by SXTAB16, int32 potentials"
    gathers = True
    needs_dsp = True
    fours = True


class GatherMasked(Loop):
    """The same without the DSP extension: bytes plus 128, two sums to a register by masks."""

    name = "gather_masked"
    title = "gather with sums in registers by masks, int32 potentials"
    gathers = True
    weight_bias = 128
    fours = True


LOOPS: dict[str, Loop] = by_name((PlainRowAdd(), GatherDsp(), GatherMasked()))


def best_of(has_dsp: bool) -> Loop:
    """The best loop for a core with or without the DSP extension."""
    return LOOPS["gather_dsp"] if has_dsp else LOOPS["gather_masked"]


def loop_named(quality: str | Loop, has_dsp: bool) -> Loop:
    """The loop called `quality`: ``best``, ``plain``, or its own name."""
    if isinstance(quality, Loop):
        return quality
    if quality == "best":
        return best_of(has_dsp)
    found = LOOPS.get(quality)
    if found is None or (found.needs_dsp and not has_dsp):
        allowed = ["best", *(name for name, loop in LOOPS.items() if has_dsp >= loop.needs_dsp)]
        law = "names a loop that the core has"
        raise SpikewattError("firmware.quality", law, repr(quality), ", ".join(allowed))
    return found
