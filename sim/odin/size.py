"""What fits on the 256 indices of one ODIN core."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import DoesNotFitError
from ...models.odin.chip import NEURONS


def check_size(inputs: int, neurons: Sequence[int], doubled: bool, bias: bool) -> None:
    """Raise where one core does not suffice, saying which part is too large and what would fit.

    An index is an axon and a neuron. In open loop (one layer) the outputs share their indices with
    inputs; in closed loop every input copy, the bias and every neuron has one of its own.

    Parameters
    ----------
    inputs : int
        Of the first layer.
    neurons : sequence of int
        Of each layer.
    doubled : bool
        Whether an input takes an inhibitory and an excitatory axon.
    bias : bool
        Whether the bias takes an axon.

    Raises
    ------
    DoesNotFitError : more axons and neurons than 256 indices.

    Examples
    --------
    >>> check_size(64, [48, 10], doubled=True, bias=True)
    >>> check_size(300, [10], doubled=False, bias=False)
    Traceback (most recent call last):
    ...
    spikewatt.errors.DoesNotFitError: OdinNetwork.layers[0]: inputs take an axon each, ...
    """
    total = sum(neurons)
    if total > NEURONS:
        raise DoesNotFitError(
            where="OdinNetwork.layers",
            law=f"one core has {NEURONS} neurons",
            got=total,
            allowed=f"at most {NEURONS} in all layers",
        )

    copies = 2 if doubled else 1
    open_loop = len(neurons) == 1
    room = NEURONS - bias - (0 if open_loop else total)
    if copies * inputs <= room:
        return

    each = "two axons each, for both signs" if doubled else "an axon each"
    law = f"inputs take {each}, of {NEURONS} indices"
    taken = [] if open_loop else [f"{total} neurons"]
    taken += ["the bias axon"] if bias else []
    if taken:
        law += f" with {' and '.join(taken)}"

    most = max(0, room // copies)
    allowed = f"at most {most} inputs: smaller images (`--side`, in Python `resized`)"
    allowed += "" if open_loop else ", fewer neurons"
    allowed += ", or weights of 0..7 only" if doubled else ""
    raise DoesNotFitError(
        where="OdinNetwork.layers[0]",
        law=law,
        got=f"{inputs} inputs",
        allowed=allowed,
    )
