"""Which neurons of a core are updated at a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ....sim.network.named import Named, by_name

WORD = "updates"


class Updates(Named):
    """A rule for the neuron updates of an inference.

    Facts
    -----
    by_layer : each layer has its own; else each core that is in use.
    grows_with_spikes : there are more of them where there are more spikes.
    said : in words, of an assumption.
    """

    by_layer: ClassVar[bool] = True
    grows_with_spikes: ClassVar[bool] = False
    said: ClassVar[str]

    def of_layer(self, neurons: float, reached: float, steps: float) -> float:
        """Updates of one layer.

        Parameters
        ----------
        neurons : float
        reached : float
            Synaptic operations that reach these neurons in all steps.
        steps : float
            Steps of the cores.
        """
        return neurons * steps

    def of_core(self, slots: float, of_layers: float, steps: float) -> float:
        """Updates of one core.

        Parameters
        ----------
        slots : float
            Neurons that it has room for.
        of_layers : float
            Updates of the parts of layers that it holds.
        steps : float
            Steps of the cores.
        """
        return of_layers


class Slots(Updates):
    """All that a core has room for, in use or not."""

    name = "slots"
    by_layer = False
    said = "all neurons that a core in use has room for are updated at each step"

    def of_core(self, slots, of_layers, steps):
        """slots · steps.

        >>> Slots().of_core(slots=256, of_layers=80, steps=8)
        2048
        """
        return slots * steps


class Used(Updates):
    """Those in use, at each step.

    >>> Used().of_core(256, Used().of_layer(neurons=10, reached=30, steps=8), 8)
    80
    """

    name = "used"
    said = "the neurons in use are updated at each step"


class Touched(Updates):
    """Those that a synaptic operation reached in this step."""

    name = "touched"
    grows_with_spikes = True
    said = "a neuron is updated in the steps in which an operation reaches it"

    def of_layer(self, neurons, reached, steps):
        """At most min(neurons · steps, operations): as if no two reached one neuron in one step.

        >>> Touched().of_layer(neurons=10, reached=30, steps=8)
        30
        """
        return min(neurons * steps, reached)


UPDATES: dict[str, Updates] = by_name((Slots(), Used(), Touched()))


def updates_in(about: Mapping[str, str]) -> Updates:
    """The rule that the words of a card name; all slots where they name none.

    >>> updates_in({"updates": "used"}), updates_in({})
    (Used(), Slots())
    """
    return UPDATES[about.get(WORD, Slots.name)]
