"""What counts say that is allowed, and probably not meant."""

from __future__ import annotations

from ...errors import warn
from .counts import Counts

ROUNDING = 1e-9
MORE_THAN_NEXT = "is more than the {neurons:,} neurons of {fed!r}, the layer that it feeds"
TAKEN_AS = (
    "taken as synapses that are met there: a spike goes to every core of {fed!r}, and in software "
    "its targets are looked up; of a recurrent layer so (docs/how_to/counts.md), else correct it"
)


def warn_of_fan_outs(counts: Counts) -> None:
    """Warn of each layer whose spikes meet more synapses than there are neurons in the next."""
    for layer in counts.layers:
        fed = counts.fed_by(layer)
        if fed is not None and layer.fan_out > fed.neurons * (1 + ROUNDING):
            law = MORE_THAN_NEXT.format(neurons=fed.neurons, fed=fed.name)
            hint = TAKEN_AS.format(fed=fed.name)
            warn(f"layer {layer.name!r}: fan_out", law, f"{layer.fan_out:g}", hint)


def without_input(counts: Counts) -> list[str]:
    """What it means that no layer comes from outside, as a line of the assumptions."""
    if any(layer.is_input for layer in counts.layers):
        return []
    first = counts.layers[0].name
    return [f"no layer is an input (is_input): the neurons of {first!r} are updated, too."]
