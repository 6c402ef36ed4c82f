"""Part: some inferences that went the same way, and what watching them took.

Runs that stop early or change their precision are parts side by side: of each there is an ordinary
trace, so that whoever counts or prices traces does so with these, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import SpikewattError
from ..engines.counts import LEDGERS
from ..trace.recorder import arrays_of
from ..trace.trace import Trace


@dataclass(frozen=True, eq=False)
class Part:
    """What some of the samples did in one network.

    Parameters
    ----------
    trace : Trace, of these samples alone, with as many steps as they took.
    samples : (n,) their numbers among all samples of the run.
    updates : (n,) what the monitor costs beside it, in neuron updates: reading a value and
        comparing it.
    """

    trace: Trace
    samples: np.ndarray
    updates: np.ndarray

    def only(self, which: np.ndarray) -> Part:
        """The samples at these positions."""
        trace = some_samples(self.trace, which)
        return Part(trace, self.samples[which], self.updates[which])


def some_samples(trace: Trace, which: np.ndarray) -> Trace:
    """The trace of the samples at the positions `which`, in memory; rasters as far as there are."""
    arrays = {key: np.asarray(array[which]) for key, array in arrays_of(trace).items()}
    recorded = {name: raster[which[which < len(raster)]] for name, raster in trace.rasters.items()}
    recorded = {name: raster for name, raster in recorded.items() if len(raster)}
    return replace(trace.with_arrays(arrays), rasters=recorded)


def operations_of(trace: Trace, ledger: str = "synapses") -> np.ndarray:
    """(samples,) synaptic operations of each sample, over all connections.

    Parameters
    ----------
    ledger : ``synapses`` or ``nonzero``.
    """
    if ledger not in LEDGERS:
        law = "must name a column of the ledger"
        raise SpikewattError("operations.ledger", law, repr(ledger), ", ".join(LEDGERS))
    counts = trace.ledger(ledger).values()
    return sum((np.asarray(c.sum(axis=1)) for c in counts), np.zeros(trace.samples, np.int64))


def summed(parts: tuple[Part, ...], samples: int, values: list[np.ndarray]) -> np.ndarray:
    """(samples,) sum over the parts that each sample went through.

    Parameters
    ----------
    values : of each part, one value per sample of it, or one for all.
    """
    total = np.zeros(samples, np.result_type(*values))
    for part, value in zip(parts, values, strict=True):
        total[part.samples] += value
    return total


def joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """One part for each network that ran, in the order in which they did so first."""
    by_network: dict[str, list[Part]] = {}
    for part in parts:
        by_network.setdefault(part.trace.network_hash, []).append(part)
    return tuple(_one(group) for group in by_network.values())


def _one(parts: Sequence[Part]) -> Part:
    """Parts of one network as one; without rasters."""
    traces = [part.trace for part in parts]
    stacked = {
        key: np.concatenate([np.asarray(arrays_of(trace)[key]) for trace in traces])
        for key in arrays_of(traces[0])
    }
    data = hashlib.sha256("".join(trace.data_hash for trace in traces).encode()).hexdigest()
    trace = replace(traces[0].with_arrays(stacked), data_hash=data, rasters={})
    samples = np.concatenate([part.samples for part in parts])
    return Part(trace, samples, np.concatenate([part.updates for part in parts]))
