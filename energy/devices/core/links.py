"""What the links between cores carry in one inference; nothing where there is one core."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....sim.trace.trace import Trace
from ...cores.mesh import OUTSIDE_CORE, Flow, Mesh, undominated
from ...cores.placement import Core
from ...cores.traffic import Homes, homes_of, traffic


@dataclass(frozen=True)
class LinkActivity:
    """Events on the links, mean over the samples.

    Parameters
    ----------
    spike_hops : float
        Events times links between cores that they cross.
    value_hops : float
        The same of inputs that are written, of results that are read, and of the barrier that ends
        each step: it is told along a tree of all cores, and back.
    ways : float
        Hops one after the other: the barrier's way to the farthest core and back at each step,
        inputs in, results out.
    loads : tuple of dict
        Links that may be the busiest: pre population -> events for one of its spikes.
    """

    spike_hops: float
    value_hops: float
    ways: float
    loads: tuple[dict[str, float], ...]


def link_activity(
    trace: Trace, cores: Sequence[Core], steps: int, ends: Sequence[str]
) -> LinkActivity | None:
    """Count what the links carry.

    Parameters
    ----------
    trace : Trace
    cores : sequence of Core
        The network on them.
    steps : int
        Of the cores, those of the pipeline included.
    ends : sequence of str
        Populations whose neurons are written before an inference or read after it.
    """
    if len(cores) == 1:
        return None
    flows = {pre: flow for pre, flow in traffic(trace, cores).items() if pre in trace.spikes}
    spikes = {pre: trace.mean_spikes(pre) for pre in flows}
    return carried(Mesh(len(cores)), flows, spikes, homes_of(cores), steps, ends)


def carried(
    mesh: Mesh,
    flows: Map[str, Flow],
    spikes: Map[str, float],
    homes: Map[str, Homes],
    steps: int,
    ends: Sequence[str],
) -> LinkActivity:
    """What the links of a mesh carry.

    Parameters
    ----------
    mesh : Mesh
    flows : mapping of Flow
        Population -> events from core to core for one of its spikes.
    spikes : mapping of float
        Population -> its spikes.
    homes : mapping of Homes
        Population -> where its neurons live.
    steps, ends
        As of `link_activity`.
    """
    spike_hops = sum(spikes[pre] * mesh.event_hops(flow) for pre, flow in flows.items())
    told = 2 * (mesh.cores - 1) * steps
    return LinkActivity(
        spike_hops=spike_hops,
        value_hops=told + sum(_hops_to_outside(mesh, homes, name) for name in ends),
        ways=2 * mesh.longest_way * (steps + 1),
        loads=_busiest(mesh, flows),
    )


def _hops_to_outside(mesh: Mesh, places: Map[str, Homes], population: str) -> float:
    """Hops between the neurons of a population and the port to the outside, one value each."""
    homes = places.get(population)
    if homes is None:
        return 0.0
    neurons = np.diff(homes.ends, prepend=0)
    return float((neurons * mesh.hops(homes.cores, np.array(OUTSIDE_CORE))).sum())


def _busiest(mesh: Mesh, flows: Map[str, Flow]) -> tuple[dict[str, float], ...]:
    """Loads of the links that may be the busiest, whatever the numbers of spikes are."""
    names = list(flows)
    if not names:
        return ()
    loads = np.stack([mesh.loads(flow) for flow in flows.values()], axis=1)
    return tuple(dict(zip(names, row, strict=True)) for row in undominated(loads).tolist())
