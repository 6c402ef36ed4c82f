"""DynamicTrace: what all runs have in common whose samples go different ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...models.decision import decided_by
from ..trace.blueprint import NetworkPlan
from ..trace.labels import check_one_readout, checked_labels
from ..trace.trace import Trace
from .part import Part, operations_of, summed


@dataclass(frozen=True, eq=False, repr=False)
class DynamicTrace:
    """Parts of a run, and the answers of all samples.

    Parameters
    ----------
    parts : of Part; a sample may be in several, whose counts add up.
    outputs : (samples, classes) read-out potentials with which each sample ended, in the integers
        of the network that it ended in.
    shares_weights : bool, whether one image of the memories serves all parts.
    extra_starts : int, sets of starting potentials that are kept beside the first, where it does.
    unreached : plans of networks that no sample ran, and that lie in the memories all the same.
    """

    parts: tuple[Part, ...]
    outputs: np.ndarray
    shares_weights: bool = field(default=True, kw_only=True)
    extra_starts: int = field(default=0, kw_only=True)
    unreached: tuple[NetworkPlan, ...] = field(default=(), kw_only=True)

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.outputs)

    def __repr__(self) -> str:
        own = ", ".join(str(len(part.samples)) for part in self.parts[:8])
        more = ", …" if len(self.parts) > 8 else ""
        return f"{type(self).__name__}({self.samples} samples, in parts {own}{more})"

    # Answers

    def predictions(self) -> np.ndarray:
        """(samples,) classes; raises for several read-outs, each of which decides."""
        if self.parts:
            outputs = self.parts[0].trace.settings.outputs
            check_one_readout(f"{type(self).__name__}.predictions", outputs)
        return decided_by(self.outputs)

    def accuracy(self, labels: np.ndarray) -> float:
        """Share of samples whose prediction equals `labels`."""
        classes = self.outputs.shape[1]
        where = f"{type(self).__name__}.accuracy.labels"
        labels = checked_labels(where, labels, classes, self.samples)
        return float((self.predictions() == labels).mean())

    # Counts

    def operations(self, ledger: str = "synapses") -> np.ndarray:
        """(samples,) synaptic operations over all parts that each sample went through."""
        return self._summed([operations_of(part.trace, ledger) for part in self.parts])

    def mean_operations(self, ledger: str = "synapses") -> float:
        """Synaptic operations per inference."""
        return float(self.operations(ledger).mean())

    def mean_bit_operations(self) -> float:
        """Operations times the width of a weight, per inference: a spike is one bit."""
        bits = [p.trace.settings.weight_bits * operations_of(p.trace) for p in self.parts]
        return float(self._summed(bits).mean())

    def mean_spikes(self) -> float:
        """Spikes per inference, of all populations."""
        spikes = [
            np.asarray(sum(s.sum(axis=1) for s in p.trace.spikes.values())) for p in self.parts
        ]
        return float(self._summed(spikes).mean())

    def steps(self) -> np.ndarray:
        """(samples,) simulated steps."""
        return self._summed([np.full(len(p.samples), p.trace.steps) for p in self.parts])

    def mean_steps(self) -> float:
        """Simulated steps per inference."""
        return float(self.steps().mean())

    def monitor_updates(self) -> np.ndarray:
        """(samples,) what watching costs, in neuron updates: a read and a comparison each."""
        return self._summed([part.updates for part in self.parts])

    def _summed(self, values: Sequence[np.ndarray]) -> np.ndarray:
        return summed(self.parts, self.samples, list(values))


def undivided(trace: Trace) -> DynamicTrace:
    """An ordinary trace as one part, which nobody watched: what the others are compared with."""
    samples = np.arange(trace.samples)
    part = Part(trace, samples, np.zeros(trace.samples, np.int64))
    return DynamicTrace((part,), np.asarray(trace.outputs[:, -1]))
