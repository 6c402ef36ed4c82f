"""How an image becomes events for an ODIN core, and how its answer is read."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ..network.named import Named, by_name


class OdinInputCode(Named):
    """Which pixels of an image send an event, in which order.

    Facts: `unused`, a setting of the network that plays no part here, and the value that it keeps.
    """

    unused: ClassVar[tuple[str, int]]

    def senders(self, image: np.ndarray, network) -> np.ndarray:
        """The pixels that send an event, in order, as often as they do.

        Parameters
        ----------
        image : int64 (inputs,)
            Pixels, 0..largest_pixel.
        network : OdinNetwork
            Whose settings hold.
        """
        raise NotImplementedError


class OdinRate(OdinInputCode):
    """A pixel sends round(pixel input_levels / largest_pixel) events, halves upwards.

    All pixels send their first event, then those with a second one, and so on.
    """

    name = "rate"
    unused = ("brightness", 0)

    def senders(self, image, network):
        """In rounds, by rising index."""
        full, levels = network.largest_pixel, network.input_levels
        # In integers: floor(image levels / full + 1/2).
        counts = (2 * image * levels + full) // (2 * full)
        rounds = [np.flatnonzero(counts > level) for level in range(levels)]
        return np.concatenate(rounds)


class OdinRankOrder(OdinInputCode):
    """A pixel above `brightness` sends one event, brightest first, ties by index."""

    name = "rank_order"
    unused = ("input_levels", 1)

    def senders(self, image, network):
        """By falling brightness."""
        order = np.argsort(-image, kind="stable")
        brighter = int((image > network.brightness).sum())
        return order[:brighter]


class OdinReadout(Named):
    """Which class an answer is. Ties go to the lowest class.

    Facts: `stops`, whether the host sends nothing after the first output spike.
    """

    stops = False


class Potential(OdinReadout):
    """The class with most spikes, and among equals the one with the largest potential."""

    name = "potential"


class FirstSpike(OdinReadout):
    """The class of the first output spike; without any that of the largest potential."""

    name = "first_spike"
    stops = True


INPUT_CODES: dict[str, OdinInputCode] = by_name((OdinRate(), OdinRankOrder()))
READOUTS: dict[str, OdinReadout] = by_name((Potential(), FirstSpike()))
