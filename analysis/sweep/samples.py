"""Points of a space by shares along its axes: for samples, and for sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .axes import Block
from .network_points import place
from .space import Space


class Sample(NamedTuple):
    """One point: a network, and hardware of one block; none where the best of it is asked for."""

    network: int
    block: int
    hardware: dict[str, Any]


class Shares:
    """The space as a cube: which blocks, and how far along each of their axes.

    Parameters
    ----------
    space : Space
    """

    def __init__(self, space: Space):
        self.space = space
        self.network_size = 1 + max(map(len, space.network))
        self.size = self.network_size + 1 + max(map(len, space.hardware))

    def samples(self, shares: np.ndarray) -> list[Sample]:
        """The points at `shares`, (points, size) numbers of 0 to 1."""
        networks = self._networks(shares[:, : self.network_size])
        chosen, values = _along(self.space.hardware, shares[:, self.network_size :])
        return [
            Sample(network, int(block), found)
            for network, block, found in zip(networks, chosen, values, strict=True)
        ]

    def _networks(self, shares: np.ndarray) -> list[int]:
        blocks = self.space.network
        chosen = _places(shares[:, 0], len(blocks))
        numbers = []
        for block, row in zip(chosen, shares[:, 1:], strict=True):
            axes = blocks[block]
            indices = (int(_places(row[i], len(axis))) for i, axis in enumerate(axes))
            numbers.append(place(blocks, int(block), tuple(indices)))
        return numbers


def _places(shares: Any, count: int) -> Any:
    """Which of `count` equal parts of 0..1 each share lies in."""
    return np.minimum((np.asarray(shares) * count).astype(int), count - 1)


def _along(blocks: Sequence[Block], shares: np.ndarray) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """The block that the first share of each row chooses, and the values along its axes."""
    chosen = _places(shares[:, 0], len(blocks))
    values: list[dict[str, Any]] = [{} for _ in shares]
    for number, block in enumerate(blocks):
        rows = np.flatnonzero(chosen == number)
        for i, axis in enumerate(block):
            for row, value in zip(rows, axis.at(shares[rows, i + 1]), strict=True):
                values[row][axis.name] = value
    return chosen, values


def latin_hypercube(space: Space, count: int) -> list[Sample]:
    """`count` points, even along each axis; the same for the same seed."""
    from scipy.stats import qmc

    shares = Shares(space)
    cube = qmc.LatinHypercube(shares.size, rng=np.random.default_rng(space.seed))
    return shares.samples(cube.random(count))
