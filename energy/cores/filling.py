"""Filling a core: the longest run of neurons whose axons fit beside those in use.

Axons grow with each neuron that is added, so the run is found by counting which inputs are new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, prod

import numpy as np

from ...sim.network.connection_kinds import Dense
from ...sim.trace.layer_summary import LayerSummary
from .receptive_field import OUTSIDE, ReceptiveField, receptive_field

SEEN_AT_ONCE = 4096  # neurons whose inputs are looked at together, where a core is large


class FedPopulation:
    """What feeds one population, pre population by pre population.

    Parameters
    ----------
    feeding : sequence of LayerSummary
        Layers into it.
    copies : mapping of float
        Layer -> axons per pre neuron.
    """

    def __init__(self, feeding: Sequence[LayerSummary], copies: Mapping[str, float]):
        self.all_axons = sum(_axons_of_all(layer, copies) for layer in feeding)
        # One population feeds all: an axon that is already listened to is shared.
        self.shared = all(isinstance(layer.kind, Dense) for layer in feeding)
        self.most = {layer.pre: _axons_of_all(layer, copies) for layer in feeding}
        self.copies = {layer.pre: copies[layer.name] for layer in feeding}
        self._layers: dict[str, list[LayerSummary]] = {}
        for layer in feeding:
            self._layers.setdefault(layer.pre, []).append(layer)
        self._fields: dict[str, _Heard] = {}

    def longest_run(
        self, first: int, last: int, axons: dict[str, int], limit: int
    ) -> tuple[int, dict[str, int]]:
        """The longest run of neurons from `first` whose axons fit beside those in use.

        Returns
        -------
        end : int
            The neuron after the last of the run, at most `last`.
        axons : dict of int
            The axons then in use.
        """
        if self.shared:
            wanted = {**axons, **self.most}
            if last > first and sum(wanted.values()) <= limit:
                return last, wanted
            return first, axons

        end, used, before = first, axons, {}
        heard = self._heard()
        for each in heard.values():
            each.forget()
        for start in range(first, last, SEEN_AT_ONCE):
            stop = min(start + SEEN_AT_ONCE, last)
            counts = {
                pre: before.get(pre, 0) + each.new(start, stop) for pre, each in heard.items()
            }
            fitting, used = self._fitting(counts, axons, limit, used)
            end = start + fitting
            if end < stop:
                break
            before = {pre: int(count[-1]) for pre, count in counts.items()}
        return end, used

    def _fitting(
        self,
        counts: dict[str, np.ndarray],
        axons: dict[str, int],
        limit: int,
        used: dict[str, int],
    ) -> tuple[int, dict[str, int]]:
        """How many of the neurons fit whose inputs, with those before, are `counts`.

        Axons that other residents use are not assumed to be the same ones.
        """
        wanted = {}
        for pre, count in counts.items():
            more = np.ceil(count * self.copies[pre]).astype(np.int64)
            wanted[pre] = np.minimum(axons.get(pre, 0) + more, self.most[pre])
        others = sum(number for pre, number in axons.items() if pre not in wanted)
        total = sum(wanted.values()) + others
        fitting = int(np.searchsorted(total, limit, side="right"))
        if fitting == 0:
            return 0, used
        return fitting, {**axons, **{pre: int(each[fitting - 1]) for pre, each in wanted.items()}}

    def _heard(self) -> dict[str, _Heard]:
        if not self._fields:
            self._fields = {pre: _Heard(layers) for pre, layers in self._layers.items()}
        return self._fields


class _Heard:
    """Which neurons of one pre population were heard by a run of neurons so far.

    Parameters
    ----------
    layers : list of LayerSummary
        From that population; where they are several, inputs that both hear count once.
    """

    def __init__(self, layers: list[LayerSummary]):
        self.fields: list[ReceptiveField] = [receptive_field(layer) for layer in layers]
        self.alone = len(layers) == 1
        self.weight = self.fields[0].weight if self.alone else 1
        size = prod(layers[0].pre_shape)
        self.first_heard = np.full(size // self.weight, OUTSIDE, np.int64)

    def forget(self) -> None:
        """Nothing was heard."""
        self.first_heard[:] = OUTSIDE

    def new(self, first: int, last: int) -> np.ndarray:
        """(neurons,) inputs that were not heard before, up to each of the neurons of a run."""
        if self.alone:
            (field,) = self.fields
            begin = first // field.together
            end = (last - 1) // field.together + 1
            units = field.units(begin, end)
        else:
            begin, end = first, last
            units = np.concatenate([field.inputs(first, last) for field in self.fields], axis=1)

        counts = self._count(units) * self.weight
        if not self.alone:
            return counts
        neuron = np.arange(first, last)
        return counts[neuron // self.fields[0].together - begin]

    def _count(self, units: np.ndarray) -> np.ndarray:
        """(groups,) units heard for the first time, up to each group."""
        group, tap = np.nonzero(units != OUTSIDE)
        unit = units[group, tap]
        fresh = self.first_heard[unit] == OUTSIDE
        group, unit = group[fresh], unit[fresh]

        # The last writer stays: written backwards, that is the first group that hears a unit.
        self.first_heard[unit[::-1]] = np.arange(len(unit))[::-1]
        firsts = self.first_heard[unit] == np.arange(len(unit))
        per_group = np.bincount(group[firsts], minlength=len(units))
        return np.cumsum(per_group)


def _axons_of_all(layer: LayerSummary, copies: Mapping[str, float]) -> int:
    """Axons that listen to the whole pre population."""
    return ceil(prod(layer.pre_shape) * copies[layer.name])
