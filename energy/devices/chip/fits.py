"""Whether a network fits on a chip, without a run: its layers on cores, and broken laws."""

from __future__ import annotations

from ....errors import DoesNotFitError
from ....sim.counts.counts import Counts, LayerCounts
from ....sim.trace.blueprint import Blueprint
from ...cards.card import Card
from ..what_fits import Misfit
from .laws import trace_misfits
from .placing import Placed, place


def fit_on_chips(
    blueprint: Blueprint, card: Card, max_cores: int | None = None
) -> tuple[Placed | None, list[Misfit]]:
    """The network on cores, where any number of them takes it, and the laws that it breaks.

    Parameters
    ----------
    blueprint : Blueprint
        A trace, or the plan of a network that has not run.
    card : Card
        Of a chip without a clock.
    max_cores : int, optional
        Cores that it may take.

    Raises
    ------
    SpikewattError
        The card does not say how wide weights and potentials are.
    """
    misfits = trace_misfits(blueprint, card)
    counts = silent_counts(blueprint)
    try:
        return place(counts, card, max_cores), misfits
    except DoesNotFitError as error:
        law = Misfit(error.where, error.law, error.got, error.allowed, of_size=True)
        return None, [*misfits, law]


def silent_counts(blueprint: Blueprint) -> Counts:
    """Populations and their fan-outs, of a step in which nothing happens."""
    input_code = blueprint.settings.input_code
    fed = {layer.post for layer in blueprint.layers}
    layers = []
    for name, neurons in blueprint.neurons.items():
        outgoing = sum(layer.synapses for layer in blueprint.layers if layer.pre == name)
        from_outside = name not in fed and (input_code.encoded or input_code.analog)
        layers.append(LayerCounts(name, neurons, outgoing / neurons, 0.0, 0.0, from_outside))
    return Counts(layers, steps=1)
