"""Which neurons of a core are updated at a step."""

from __future__ import annotations

from collections.abc import Mapping

from ....sim.network.named import Named, by_name

WORD = "updates"


class Updates(Named):
    """A rule for the neuron updates of an inference.

    Facts
    -----
    takes_counts : updates that were counted are taken as they are.
    said : in words, of an assumption.
    """

    takes_counts: bool = False
    said: str

    def number(self, slots: float, neurons: float, reached: float, steps: float) -> float:
        """Neuron updates of cores, or of one layer on them.

        Parameters
        ----------
        slots : float
            Neurons that the cores have room for.
        neurons : float
            Neurons in use.
        reached : float
            Synaptic operations that reach these neurons in all steps.
        steps : float
            Steps of the cores.
        """
        raise NotImplementedError


class Slots(Updates):
    """All that a core has room for, in use or not."""

    name = "slots"
    said = "all neurons that a core has room for are updated at each step"

    def number(self, slots, neurons, reached, steps):
        """slots · steps.

        >>> Slots().number(slots=256, neurons=10, reached=30, steps=8)
        2048
        """
        return slots * steps


class Used(Updates):
    """Those in use."""

    name = "used"
    said = "the neurons in use are updated at each step"

    def number(self, slots, neurons, reached, steps):
        """neurons · steps.

        >>> Used().number(slots=256, neurons=10, reached=30, steps=8)
        80
        """
        return neurons * steps


class Touched(Updates):
    """Those that a synaptic operation reached in this step."""

    name = "touched"
    takes_counts = True
    said = "a neuron is updated in the steps in which an operation reached it"

    def number(self, slots, neurons, reached, steps):
        """At most min(neurons · steps, operations), where several reach no neuron in one step.

        >>> Touched().number(slots=256, neurons=10, reached=30, steps=8)
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
