"""Arrivals: how often the spikes of each layer are heard at a core, and what they meet there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from ....errors import SpikewattError
from ....sim.counts.counts import Counts, LayerCounts
from ...cards.card import Card
from .placing import ROUNDING, LikeCores, Placed


@dataclass(frozen=True)
class Arrival:
    """Events that the spikes of one layer are at the cores of the layer that they reach.

    Parameters
    ----------
    pre, post : LayerCounts
        Who sent them, and who hears them.
    from_input : bool
        Whether they come from outside.
    groups : tuple of LikeCores
        Cores that hold a part of `post`.
    reached : float
        Cores that one spike reaches, on average.
    operations : float
        What the events meet, over all cores: operations of the counts, or all that a core has room
        for at each event.
    """

    pre: LayerCounts
    post: LayerCounts
    from_input: bool
    groups: tuple[LikeCores, ...]
    reached: float
    operations: float

    @cached_property
    def cores(self) -> int:
        """Cores that hold a part of the layer that hears them."""
        return sum(group.number for group in self.groups)

    @property
    def events(self) -> float:
        """Events over all cores."""
        return self.pre.spikes * self.reached

    @property
    def travelling(self) -> float:
        """Events of neurons of other cores than the one that hears them; none is from outside."""
        if self.from_input:
            return 0.0
        return sum(
            group.number * self.events_at(group) * (1 - self._share_in(group))
            for group in self.groups
        )

    def _share_in(self, group: LikeCores) -> float:
        """Part of the senders that are on one core of a group."""
        return group.neurons.get(self.pre.name, 0.0) / self.pre.neurons

    @property
    def way(self) -> str:
        """By which law a spike reaches so many cores."""
        if self.pre.row_length is not None:
            return "at as many cores as its row length says"
        if self.reached >= self.cores:
            return "at each core of the next layer"
        return "at as few cores as hold its fan-out"

    @property
    def row_length(self) -> float:
        """Operations of an event at one core."""
        return self.operations / self.events if self.events else 0.0

    def events_at(self, group: LikeCores) -> float:
        """Events that one core of a group hears.

        All spikes where they go to all cores; else each core in proportion to its neurons.
        """
        neurons = group.neurons.get(self.post.name, 0.0)
        if not neurons:
            return 0.0
        share = 1.0 if self.reached >= self.cores else neurons / self.post.neurons * self.reached
        return self.pre.spikes * min(1.0, share)


def arrivals(counts: Counts, card: Card, placed: Placed) -> list[Arrival]:
    """What each layer's spikes are at the cores, in the order of the layers.

    Spikes of the last layer that have a fan-out go to its own neurons. A spike reaches all cores of
    the layer that it feeds where its fan-out is all of that layer's neurons, and else as few as
    hold so many: min(cores, ceil(fan_out / neurons per core)); with a row length that was given,
    fan_out / row_length.

    Parameters
    ----------
    counts : Counts
    card : Card
        Says whether an event sweeps all that a core has room for (zero_skipping 0).
    placed : Placed
    """
    found = []
    for pre in counts.layers:
        post = counts.heard_by(pre)
        if post is None:
            continue
        groups = tuple(placed.holding(post.name))
        reached = _reached(pre, post, groups)
        operations = pre.synaptic_operations
        if not card.limits["zero_skipping"]:
            operations = pre.spikes * reached * placed.neurons_per_core
        found.append(Arrival(pre, post, pre.is_input, groups, reached, operations))
    return found


def _reached(pre: LayerCounts, post: LayerCounts, groups: Sequence[LikeCores]) -> float:
    """Cores that one spike of `pre` reaches."""
    cores = sum(group.number for group in groups)
    if pre.row_length is not None:
        _check_row(pre, pre.row_length, post, groups, cores)
        return pre.fan_out / pre.row_length
    if pre.fan_out >= post.neurons * (1 - ROUNDING):
        return cores
    return min(cores, ceil(pre.fan_out / (post.neurons / cores) * (1 - ROUNDING)))


def _check_row(
    pre: LayerCounts, row: float, post: LayerCounts, groups: Sequence[LikeCores], cores: int
) -> None:
    """Raise where rows so long need more cores, or more neurons on one, than hold the layer."""
    where = f"layer {pre.name!r}: row_length"
    most = max(group.neurons[post.name] for group in groups)
    if row > most * (1 + ROUNDING):
        law = f"a row is at most as long as the neurons of {post.name!r} that one core holds"
        raise SpikewattError(where, law, f"{row:g}", f"<= {most:g}")
    reached = pre.fan_out / row
    if reached > cores * (1 + ROUNDING):
        law = f"an event goes to each core of {post.name!r} once: fan_out / row_length"
        got = f"{pre.fan_out:g} / {row:g} = {reached:.4g} cores"
        raise SpikewattError(where, law, got, f"<= {cores} cores")
