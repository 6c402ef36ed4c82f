"""ODIN's core as an event-accurate model: what it computes, in which order, and at what expense.

The rules are those of the public RTL (ChFrenkel/ODIN), LIF neurons, learning off (bistability
moves synapses all the same):

    excitatory      V = min(255, V + w)
    inhibitory      V = max(0, V − w)
    time reference  V = max(0, V − leak)
    then, after every update: if V >= threshold: spike, V = 0
"""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError
from ...models.odin.chip import LARGEST_LEAK, LARGEST_SYNAPSE, LARGEST_THRESHOLD, NEURONS
from ...models.odin.chips import ODIN
from .configuration import Configuration, mapped_weights
from .core_twin import CoreTwin, link_settings, or_default, per_neuron
from .events import ODIN_LINK
from .twin_run import Accesses, TwinRun

__all__ = ["Accesses", "OdinTwin", "TwinRun"]


class OdinTwin(CoreTwin):
    """A configured core.

    Parameters
    ----------
    synapses : (256, 256) uint8 [pre, post]
        Bits 0..2 the weight, bit 3 the mapping bit, without which the weight is 0.
    inhibitory : bool, one for all or (256,)
        Whether the axon of a pre-synaptic neuron takes away.
    threshold : 0..255, one for all or (256,)
        At 0 a neuron fires on every update.
    leak : 0..127 per time reference, one for all or (256,), default 0
    leak_enable : bool, one for all or (256,), default all
        Whether a neuron leaks.
    enabled : bool, one for all or (256,), default all
        Whether a neuron may emit its spikes.
    open_loop : bool, default True
        Spikes only leave the core; in closed loop they are also queued as events of their neuron.
    sender_delay : 0 (default) or 1 cycles
        By which the sender answers late.
    receiver_delay : cycles per edge of the output handshake, default 0

    Raises
    ------
    SpikewattError : shapes, types or ranges that the core does not have.

    References
    ----------
    Frenkel et al., IEEE Trans. Biomed. Circuits Syst. 13, 145 (2019),
    doi:10.1109/TBCAS.2018.2880425. The rules are those of its public RTL.

    >>> import numpy as np
    >>> synapses = np.zeros((256, 256), np.uint8)
    >>> synapses[17, 3] = 0b1101  # mapped, weight 5
    >>> run = OdinTwin(synapses, inhibitory=False, threshold=8).run([17, 17])
    >>> run.spikes  # the second event makes neuron 3 fire: 5 + 5 >= 8
    [(1, 3)]
    >>> run.cycles, run.synaptic_operations
    (1044, 512)
    """

    chip, link = ODIN, ODIN_LINK

    def __init__(
        self,
        synapses,
        inhibitory,
        threshold,
        leak=None,
        leak_enable=None,
        enabled=None,
        open_loop: bool = True,
        sender_delay: int = 0,
        receiver_delay: int = 0,
    ):
        synapses = _checked(synapses)
        sign = 1 - 2 * per_neuron("OdinTwin.inhibitory", inhibitory, 0, 1)
        threshold = per_neuron("OdinTwin.threshold", threshold, 0, LARGEST_THRESHOLD)
        leaks = per_neuron("OdinTwin.leak_enable", or_default(leak_enable, 1), 0, 1)
        leak = per_neuron("OdinTwin.leak", or_default(leak, 0), 0, LARGEST_LEAK)
        enabled = per_neuron("OdinTwin.enabled", or_default(enabled, 1), 0, 1)

        self.configuration = Configuration(
            chip=ODIN,
            synapses=synapses,
            change=mapped_weights(synapses) * sign[:, None],
            sign=sign,
            threshold=threshold,
            leak=leak * leaks,
            enabled=enabled.astype(bool),
            swept=NEURONS,
            **link_settings("OdinTwin", open_loop, sender_delay, receiver_delay),
        )


def _checked(synapses) -> np.ndarray:
    """(256, 256) uint8 of its own, read-only."""
    where = "OdinTwin.synapses"
    law = "a (256, 256) uint8 array of 4 bits"
    synapses = np.asarray(synapses)
    shape = (NEURONS, NEURONS)
    if synapses.shape != shape or synapses.dtype != np.uint8:
        raise SpikewattError(
            where,
            law,
            f"{synapses.dtype} {synapses.shape}",
            f"uint8 {shape}",
        )

    largest = int(synapses.max())
    if largest > LARGEST_SYNAPSE:
        raise SpikewattError(where, law, largest, f"0..{LARGEST_SYNAPSE}")

    synapses = synapses.copy()
    synapses.setflags(write=False)
    return synapses
