"""From the numbers of a file to integers: weights on their own grid where they have one."""

from __future__ import annotations

from math import prod

import numpy as np

from ..network.connection import Connection
from .dialects import near
from .link import Link
from .nodes import refused


def to_integers(
    where: str, name: str, links: list[Link], scales: list[float], largest_weight: int
) -> tuple[list[Connection], float]:
    """Connections into a neuron, with integer weights in one unit.

    Parameters
    ----------
    where : str
        The neuron, for errors.
    name : str
        Of the neuron.
    links : list of Link
        Into it, in the file's numbers times the gain of the neuron; at least one.
    scales : list of float
        Factors by which the grid of the weights may differ from powers of two.
    largest_weight : int
        Of the width.

    Returns
    -------
    connections : list of Connection
        One per link.
    unit : float
        What one unit of potential stands for.

    Raises
    ------
    SpikewattError : pools without weights that do not have the unit of all.
    """
    unit = unit_of(links, scales, largest_weight)

    connections: list[Connection] = []
    for link in links:
        integers = np.round(link.weights / unit).astype(np.int64)
        if not link.kind.weighted and (integers != 1).any():
            raise refused(
                where=where,
                law="a pool without weights after it sums,"
                " in the unit of all that feed the neuron",
                got=float(link.weights.max()),
            )

        branch = 1 + sum(c.pre == link.source for c in connections)
        connections.append(link.connection(name, integers, branch))
    return connections, unit


def unit_of(links: list[Link], scales: list[float], largest_weight: int) -> float:
    """The value of one unit of weight.

    That of a pool without weights; else the finest power of two, times one of `scales`, on whose
    grid all weights lie; else the largest weight divided by that of the width.
    """
    pools = [float(link.weights.max()) for link in links if not link.kind.weighted]
    if pools:
        return pools[0]

    sizes = np.concatenate([np.abs(link.weights).reshape(-1) for link in links])
    largest = float(sizes.max()) or 1.0
    values = np.unique(sizes)
    for scale in scales:
        steps = np.log2(largest / scale / largest_weight)
        unit = scale * 2.0 ** np.ceil(steps - 1e-9)
        in_units = values / unit
        if near(in_units, np.round(in_units)).all():
            return float(unit)
    return largest / largest_weight


def rounding_error(links: list[Link], made: list[Connection], unit: float) -> float:
    """Largest error of the weights into a neuron, relative to the largest; 0 where none moved."""
    error, largest = 0.0, 0.0
    for link, connection in zip(links, made, strict=True):
        if connection.weights is None:
            continue
        exact = link.weights / unit
        largest = max(largest, float(np.abs(exact).max()))
        if not near(exact, connection.weights).all():
            error = max(error, float(np.abs(exact - connection.weights).max()))
    return error / largest if error else 0.0


def scales_of(link: Link, gain: float) -> list[float]:
    """Factors of a link's weights that need not be powers of two: the gain, and a pool's mean."""
    mean = gain / prod(link.pooled.window) if link.pooled else 1.0
    return [gain, mean]
