"""Fault: what goes wrong, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import SpikewattError, whole_number
from ..engines.losses import probability
from ..network.named import Named
from ..network.spiking_network import SpikingNetwork


@dataclass(frozen=True, eq=False)
class Faulty:
    """What runs once something is wrong.

    Parameters
    ----------
    network : SpikingNetwork, an ordinary one, in which faults that are permanent are numbers.
    x : inputs, as of `simulate`.
    lost_spikes : of `simulate`.
    """

    network: SpikingNetwork
    x: Any
    lost_spikes: float = 0.0


class Fault(Named):
    """A kind of fault. Level 0 is none; what is wrong at a level is wrong at every higher one.

    Facts
    -----
    title : what is wrong, for a reader.
    unit : of 100 times a level, for a reader: per cent of what.
    most : largest level.
    levels : that are looked at where none are given.
    """

    title = ""
    unit = ""
    most = 1.0
    levels: tuple[float, ...] = ()

    def apply(self, network: SpikingNetwork, x, level: float, seed: int) -> Faulty:
        """What runs with this fault.

        Parameters
        ----------
        network, x : as of `simulate`.
        level : 0 to `most`.
        seed : 0 to 2^31 − 1, of what is wrong.

        Raises
        ------
        SpikewattError : a level that is none, or a network that has nothing that could be wrong.
        """
        level = self.checked(level)
        seed = whole_number(f"{self}.seed", "must be a seed", seed, 0, 2**31 - 1)
        if level == 0:
            return Faulty(network, x)
        return self.at(network, x, level, seed)

    def at(self, network: SpikingNetwork, x, level: float, seed: int) -> Faulty:
        """As `apply`, of numbers that were checked, `level` above 0."""
        raise NotImplementedError

    def checked(self, level: object) -> float:
        """`level`, if it is one."""
        return probability(f"{self}.level", level)


def first_of(seed: int, kind: int, total: int, share: float) -> np.ndarray:
    """Numbers of the first round(`share` · `total`) of `total` things, in an order that is drawn.

    Parameters
    ----------
    seed, kind : of the order.
    """
    if total == 0:
        raise SpikewattError("faults", "there is something that can be wrong", "nothing")
    order = np.arange(total, dtype=np.int32 if total < 2**31 else np.int64)
    np.random.default_rng([seed, kind]).shuffle(order)
    return order[: round(share * total)].astype(np.int64)
