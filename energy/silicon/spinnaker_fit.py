"""What an event costs SpiNNaker by the length of its row, fitted to three measured connectors.

A synaptic event of a row of r synapses at one core costs

    E(r) = E_event / r + E_operation

so a row costs E_event + r E_operation: a packet, a look-up and a row fetched from memory, then r
additions. SNABSuite measured r = 1 (one to one), 127.5 (random, p = 0.5 of 255 neurons per core)
and 255 (one to all) on SpiNN-3; standard deviations of the repeats are the weights. SpiNN-5's
events are held out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .fitted import NORMAL_90, Fitted, least_squares
from .measurements import BOARDS, SPINN_3, event_energies, runs


class SpinnakerFit(NamedTuple):
    """The fit: key of the card -> value and range; quantity -> predicted / measured - 1."""

    values: dict[str, Fitted]
    residuals: dict[str, float]


def fit_spinnaker(static_of: str = SPINN_3) -> SpinnakerFit:
    """Fit events of the board of 4 chips.

    Parameters
    ----------
    static_of : str
        Board whose idle power is used.

    Examples
    --------
    >>> values = fit_spinnaker().values
    >>> f"{values['energy_per_event_j'].value * 1e9:.0f} nJ"
    '85 nJ'
    """
    measured = event_energies(SPINN_3)
    rows = [each for each in measured.values() if each.row_length is not None]
    counts = np.array([(1 / (each.row_length or 1), 1.0) for each in rows])
    wanted = np.array([each.energy_j for each in rows])
    spread = np.array([each.sd_j for each in rows])
    found, errors = least_squares(counts, wanted, spread)
    update, spike = measured["neuron update"], measured["spike"]
    values = {
        "energy_per_event_j": _of(found[0], errors[0]),
        "energy_per_sop_j": _of(found[1], errors[1]),
        "energy_per_neuron_update_j": _of(update.energy_j, update.sd_j),
        "energy_per_spike_j": _of(spike.energy_j, spike.sd_j),
        "chip_static_power_w": static_w(static_of),
    }
    residuals = dict(
        zip((each.quantity for each in rows), (counts @ found / wanted - 1).tolist(), strict=True)
    )
    return SpinnakerFit(values, residuals)


def static_w(board: str) -> Fitted:
    """Idle power of a board; 1 % for the meter, which the repeats share."""
    idle = runs(BOARDS[board])[0].idle_w
    return Fitted(idle, 0.99 * idle, 1.01 * idle)


def _of(value: float, sd: float) -> Fitted:
    width = NORMAL_90 * sd
    return Fitted(float(value), float(max(0.0, value - width)), float(value + width))
