"""What the twins of ODIN's kind share: their link settings, and a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...errors import SpikewattError, whole_number
from ...models.odin.chip import NEURONS
from ...models.odin.chips import OdinChip
from .configuration import Configuration
from .events import Event, InputLink, checked_events, flag
from .serving import Serving
from .twin_run import TwinRun


class CoreTwin:
    """A configured core of ODIN's kind.

    Facts: `chip`, which one; `link`, the events that its input link can say.
    """

    chip: ClassVar[OdinChip]
    link: ClassVar[InputLink]
    configuration: Configuration

    def __repr__(self) -> str:
        synapses = np.count_nonzero(self.configuration.change)
        loop = "open" if self.configuration.open_loop else "closed"
        return f"{type(self).__name__}({synapses:,} synapses, {loop} loop)"

    def run(
        self,
        events: Iterable[Event],
        potentials=None,
        most_local_spikes: int = 1_000_000,
    ) -> TwinRun:
        """Give the core `events`, each requested as soon as the one before is acknowledged.

        A spike or virtual event is queued; the others run at once and overtake the queue,
        bistability only when it is empty. The run ends when all is idle.

        Parameters
        ----------
        events : number of a pre-synaptic neuron that spiked, −1 (a time reference of all neurons),
            or a typed event
        potentials : to start from, one for all or (256,), default 0
            In the chip's range: 0..255 on ODIN, −2048..2047 on tinyODIN. A run keeps nothing for
            the next: give it those of the last.
        most_local_spikes : default a million
            In closed loop a core may excite itself for ever; after so many spikes between two
            events it is stopped.

        Returns
        -------
        TwinRun : spikes in order with their clock cycles, potentials and synapses after the run,
            cycles, memory accesses, lost spikes, operations.

        Raises
        ------
        SpikewattError : an event that the core does not know, a number out of range, a core that
            does not come to rest.
        """
        where = f"{type(self).__name__}.run"
        most_local_spikes = whole_number(
            f"{where}.most_local_spikes",
            "must be a number of spikes",
            most_local_spikes,
            1,
            2**62,
        )
        requests = checked_events(where, events, self.link)

        start = per_neuron(
            f"{where}.potentials",
            or_default(potentials, 0),
            self.chip.least_potential,
            self.chip.largest_potential,
        )

        serving = Serving(where, self.configuration, start, most_local_spikes)
        return serving.all(requests)


def link_settings(where: str, open_loop, sender_delay, receiver_delay) -> dict:
    """Those fields of a Configuration that say how spikes go in and out, checked."""
    return {
        "open_loop": flag(f"{where}.open_loop", open_loop),
        "sender_delay": whole_number(
            f"{where}.sender_delay",
            "is that of the senders in the sources: at once, or registered",
            sender_delay,
            0,
            1,
        ),
        "receiver_delay": whole_number(
            f"{where}.receiver_delay",
            "must be a number of cycles",
            receiver_delay,
            0,
            10**6,
        ),
    }


def per_neuron(where: str, value, least: int, largest: int) -> np.ndarray:
    """(256,) int16 of its own, from one value for all or one for each."""
    array = np.asarray(value)
    law = f"one integer in {least}..{largest}, or one per neuron"
    allowed = f"{least}..{largest}"

    integers = array.dtype.kind in "biu"
    right_shape = array.shape in ((), (NEURONS,))
    if not right_shape or not integers:
        raise SpikewattError(where, law, f"{array.dtype} {array.shape}", allowed)

    wrong = array[(array < least) | (array > largest)]
    if wrong.size:
        raise SpikewattError(where, law, int(wrong[0]), allowed)

    return np.broadcast_to(array, NEURONS).astype(np.int16)


def or_default(value, default: int):
    """`value`, or the default where there is none."""
    return default if value is None else value
