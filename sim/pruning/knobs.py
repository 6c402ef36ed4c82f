"""Knobs: what can be pruned by a share, least salient first: synapses, or channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError, one_of
from ..network.spiking_network import SpikingNetwork
from .activity import Activity
from .channels.groups import Channel, ChannelGroups
from .cut import Cut
from .saliency import group_scores, prunable, synapse_scores

CHANNELS, SYNAPSES = "channels", "synapses"
WHAT = (CHANNELS, SYNAPSES)
MAGNITUDE, BY_ACTIVITY = "magnitude", "magnitude_activity"
SCORES = (MAGNITUDE, BY_ACTIVITY)
LAYER, NETWORK = "layer", "network"
SCOPES = (LAYER, NETWORK)


class Knob:
    """Something of which a share can go.

    Facts: `what` it is, `where` it is.
    """

    what: str
    where: str

    def cut(self, share: float) -> Cut:
        """What is kept when the least salient `share`, 0..1, goes."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class SynapseKnob(Knob):
    """Single weights of one connection, or of all.

    Parameters
    ----------
    where : str
    scores : dict of array
        Connection -> saliency of its weights.
    """

    where: str
    scores: dict[str, np.ndarray]
    what = SYNAPSES

    def cut(self, share):
        """Without the weights of the lowest scores."""
        every = np.concatenate([each.ravel() for each in self.scores.values()])
        kept = np.ones(every.size, bool)
        kept[np.argsort(every, kind="stable")[: int(share * every.size)]] = False
        masks, first = {}, 0
        for name, each in self.scores.items():
            masks[name] = kept[first : first + each.size].reshape(each.shape)
            first += each.size
        return Cut(masks)


@dataclass(frozen=True, eq=False)
class ChannelKnob(Knob):
    """Channels of populations that are tied.

    Parameters
    ----------
    where : str
    network : SpikingNetwork
    groups : sequence of tuple
        The channels that go together.
    scores : array (groups,)
    """

    where: str
    network: SpikingNetwork
    groups: Sequence[tuple[Channel, ...]]
    scores: np.ndarray
    what = CHANNELS

    def cut(self, share):
        """Without the groups of the lowest scores; one stays."""
        count = min(int(share * len(self.groups)), len(self.groups) - 1)
        masks: dict[str, np.ndarray] = {}
        for i in np.argsort(self.scores, kind="stable")[:count]:
            for name, channel in self.groups[i]:
                if name not in masks:
                    masks[name] = np.ones(self.network.population(name).shape[-1], bool)
                masks[name][channel] = False
        return Cut({}, masks)


@dataclass(frozen=True)
class Choice:
    """What is pruned, and by which score.

    Parameters
    ----------
    what : tuple of str
        Of ``channels`` and ``synapses``.
    score : str
        Of a synapse: ``magnitude``, or ``magnitude_activity``.
    scope : str
        ``layer``: synapses of each connection by themselves; ``network``: of all together.

    Raises
    ------
    SpikewattError : an unknown word, or nothing that is pruned.
    """

    what: tuple[str, ...] = WHAT
    score: str = MAGNITUDE
    scope: str = LAYER

    def __post_init__(self):
        if not self.what:
            raise SpikewattError("prune.what", "names what is pruned", "nothing", ", ".join(WHAT))
        for word in self.what:
            one_of("prune.what", "must name what is pruned", word, WHAT)
        one_of("prune.score", "must be a known score", self.score, SCORES)
        one_of("prune.scope", "must be a known scope", self.scope, SCOPES)


def knobs_of(
    network: SpikingNetwork, activity: Activity, choice: Choice | None = None
) -> list[Knob]:
    """All knobs of `network`, by its own `activity`; by default synapses and channels."""
    choice = choice or Choice()
    found: list[Knob] = []
    if CHANNELS in choice.what:
        for groups in ChannelGroups(network).families:
            scores = group_scores(network, groups, activity)
            names = dict.fromkeys(name for name, _ in groups[0])
            if len(groups) > 1:
                found.append(ChannelKnob(" ".join(names), network, groups, scores))
    if SYNAPSES in choice.what:
        by_activity = choice.score == BY_ACTIVITY
        scores = {
            c.name: synapse_scores(network, c, activity, by_activity) for c in prunable(network)
        }
        if choice.scope == NETWORK and scores:
            found.append(SynapseKnob("all connections", scores))
        else:
            found += [SynapseKnob(name, {name: each}) for name, each in scores.items()]
    return found
