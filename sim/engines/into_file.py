"""A run whose counts are written while they arrive."""

from __future__ import annotations

from collections.abc import Callable

from ...progress import silent
from ..network.spiking_network import SpikingNetwork
from ..trace import trace_file
from ..trace.recorder import Column, arrays_of, chunk_of, narrowest, recording
from ..trace.trace import Trace
from .counts import Counts
from .run_parts import Run
from .schedule import Schedule
from .state_width import largest_of

BLOCK_BYTES = 2**25  # of counts that are written at once, while as many are filled


def into_file(run: Run, path, trace_of: Callable[[Counts, str], Trace]) -> Trace:
    """Run, write a trace, and return it; its counts stay in the file.

    Parameters
    ----------
    run : Run.
    path : of the file.
    trace_of : makes a Trace of counts and of the hash of the inputs.
    """
    columns = columns_in_file(run.network, run.plan)
    samples = run.inputs.samples
    with recording(path, trace_file.FORMAT, trace_file.VERSION, columns, samples) as recorder:
        data_hash = run.into(recorder, block_of(run))
        empty = Counts.empty(run.network, 0, run.plan.steps, 0)
        empty.rasters = recorder.rasters()
        trace = trace_of(empty, data_hash).with_arrays(recorder.arrays())
        content_hash = trace.content_hash(run.progress or silent)
        recorder.finish(trace_file.about(trace), content_hash)
    return trace_file.reopened(trace, path)


def block_of(run: Run) -> int:
    """Samples that are written at once: whole chunks of the file."""
    columns = columns_in_file(run.network, run.plan)
    chunk = chunk_of(columns, run.inputs.samples)
    wanted = max(run.at_once, BLOCK_BYTES // run.bytes_per_sample)
    return chunk * max(1, wanted // chunk)


def columns_in_file(network: SpikingNetwork, plan: Schedule) -> dict[str, Column]:
    """Key -> shape and type of each array of a trace; no count can be beyond its type."""
    bounds = _bounds(network, plan)
    found = {}
    for key, array in arrays_of(Counts.empty(network, 0, plan.steps, 0)).items():
        found[key] = Column(tuple(array.shape[1:]), narrowest(*bounds[key]))
    return found


def _bounds(network: SpikingNetwork, plan: Schedule) -> dict[str, tuple[int, int]]:
    """Key -> smallest and largest number that can be."""
    largest = max((largest_of(network, plan, p) for p in network.readouts), default=0)
    found = {"outputs": (-largest - 1, largest)}
    for p in network.populations:
        found[f"spikes/{p.name}"] = (0, p.size)
        found[f"saturations/{p.name}"] = (0, p.size * plan.steps)
    for c in network.connections:
        for ledger, nonzero in (("synapses", False), ("nonzero", True)):
            most = int(network.fan_out(c, nonzero).sum())
            found[f"synaptic_operations/{ledger}/{c.name}"] = (0, most)
    return found
