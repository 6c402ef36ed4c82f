"""What a graph of another tool may have meant otherwise than it is read."""

from __future__ import annotations

import warnings

from ...errors import SpikewattWarning


def warn_of_several_spikes(neurons: list[str]) -> None:
    """Say which neurons a step can bring more than their threshold.

    NIR does not say how many spikes a neuron then sends: here one a step, in sinabs by default as
    many as there are thresholds.
    """
    if not neurons:
        return
    text = (
        f"from_nir: {_named(neurons)}: one step can bring more than the threshold, and a neuron "
        "sends one spike a step here; sinabs' default neuron sends several, and its counts differ; "
        "hint: export neurons of one spike a step (sinabs: spike_fn=SingleSpike)"
    )
    warnings.warn(text, SpikewattWarning, stacklevel=4)


def warn_of_rounding(errors: dict[str, float], weight_bits: int) -> None:
    """Say which weights lie on no grid of their width, and how far they moved.

    Parameters
    ----------
    errors : dict of float
        Neuron -> largest error of the weights that feed it, relative to the largest weight.
    weight_bits : int
        Width that they were rounded to.
    """
    if not errors:
        return
    worst = max(errors.values())
    text = (
        f"from_nir: {_named(list(errors))}: weights are rounded to {weight_bits} bits, the worst "
        f"by {worst:.2%} of the largest; spikes differ from those of the file"
    )
    if weight_bits < 16:
        text += "; hint: weight_bits=16"
    warnings.warn(text, SpikewattWarning, stacklevel=4)


def _named(neurons: list[str]) -> str:
    """The first, and how many besides."""
    more = len(neurons) - 1
    return f"node {neurons[0]!r}" + (f" and {more} more" if more else "")
