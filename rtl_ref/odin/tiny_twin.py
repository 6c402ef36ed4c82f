"""tinyODIN's core as an event-accurate model: what it computes, in which order, at what expense.

The rules are those of the public RTL (ChFrenkel/tinyODIN):

    event           V = V + w, held at −2048 and 2047; w is signed
    time reference  V towards 0 by `leak`, and not beyond it
    then, after every update: if V >= threshold: spike, V = 0

Potentials are signed and thresholds are not: below 0 no neuron fires, and a threshold above 2047 is
never reached.
"""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError, whole_number
from ...models.odin.chip import LARGEST_LEAK, NEURONS
from ...models.odin.chips import TINY_ODIN
from ...models.odin.tiny_chip import LARGEST_THRESHOLD, LARGEST_WEIGHT, LEAST_WEIGHT
from .configuration import Configuration
from .core_twin import CoreTwin, link_settings, or_default, per_neuron
from .events import TINY_ODIN_LINK


class TinyOdinTwin(CoreTwin):
    """A configured core of tinyODIN.

    Parameters
    ----------
    synapses : (256, 256) integers in −8..7 [pre, post]
        The weights.
    threshold : 0..4095, one for all or (256,)
        At 0 a neuron fires on every update that does not leave it below 0.
    leak : 0..127 per time reference, one for all or (256,), default 0
    enabled : bool, one for all or (256,), default all
        Whether a neuron may emit its spikes.
    neurons : 1..256 (default)
        SPI_MAX_NEUR + 1: sweeps visit the neurons below it. An axon may be above.
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
    Derived from ODIN: Frenkel et al., IEEE Trans. Biomed. Circuits Syst. 13, 145 (2019),
    doi:10.1109/TBCAS.2018.2880425. The rules are those of its own public RTL.

    >>> import numpy as np
    >>> synapses = np.zeros((256, 256), int)
    >>> synapses[200, :2] = 5, -5
    >>> run = TinyOdinTwin(synapses, threshold=8, neurons=2).run([200, 200])
    >>> run.spikes, run.potentials[:2].tolist()
    ([(1, 0)], [0, -10])
    >>> run.cycles, run.synaptic_operations  # of four updates instead of 512
    (30, 4)
    """

    chip, link = TINY_ODIN, TINY_ODIN_LINK

    def __init__(
        self,
        synapses,
        threshold,
        leak=None,
        enabled=None,
        neurons: int = NEURONS,
        open_loop: bool = True,
        sender_delay: int = 0,
        receiver_delay: int = 0,
    ):
        where = type(self).__name__
        synapses = _checked(synapses)
        enabled = per_neuron(f"{where}.enabled", or_default(enabled, 1), 0, 1)

        self.configuration = Configuration(
            chip=TINY_ODIN,
            synapses=synapses,
            change=synapses,
            sign=np.ones(NEURONS, np.int16),
            threshold=per_neuron(f"{where}.threshold", threshold, 0, LARGEST_THRESHOLD),
            leak=per_neuron(f"{where}.leak", or_default(leak, 0), 0, LARGEST_LEAK),
            enabled=enabled.astype(bool),
            swept=whole_number(
                f"{where}.neurons", "must be a number of neurons", neurons, 1, NEURONS
            ),
            **link_settings(where, open_loop, sender_delay, receiver_delay),
        )


def _checked(synapses) -> np.ndarray:
    """(256, 256) int16 of its own, read-only."""
    where = "TinyOdinTwin.synapses"
    law = "a (256, 256) array of integers of 4 bits, signed"
    synapses = np.asarray(synapses)
    shape = (NEURONS, NEURONS)
    if synapses.shape != shape or synapses.dtype.kind not in "iu":
        raise SpikewattError(where, law, f"{synapses.dtype} {synapses.shape}", f"integers {shape}")

    for extreme in (int(synapses.min()), int(synapses.max())):
        if not LEAST_WEIGHT <= extreme <= LARGEST_WEIGHT:
            raise SpikewattError(where, law, extreme, f"{LEAST_WEIGHT}..{LARGEST_WEIGHT}")

    synapses = synapses.astype(np.int16)
    synapses.setflags(write=False)
    return synapses
