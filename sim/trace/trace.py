"""Trace: what happened in a simulation, in counts only. It knows no joule."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from ... import hdf5
from ...errors import SpikewattError, one_of, whole_number
from ...models.decision import decided_by
from ..engines.counts import LEDGERS
from . import trace_file
from .labels import checked_labels
from .layer_summary import LayerSummary
from .run_settings import RunSettings


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """Counts of one simulation run.

    Parameters
    ----------
    spikes : population -> (samples, steps) spikes.
    synaptic_operations : ledger (``synapses`` or ``nonzero``) -> connection -> (samples, steps)
        operations.
    outputs : (samples, steps, classes) read-out potential after each step.
    layers : of LayerSummary, one per connection.
    neurons : population -> number of neurons.
    network_hash : str, of what ran.
    data_hash : str, of what it ran on.
    settings : RunSettings: engine, code, schedule and the like.
    rasters : population -> (samples, steps, neurons) spikes (−1, 0 or 1) of the first samples,
        where asked for.
    saturations : population -> (samples,) how often a potential left its width and was held at the
        end of it.
    """

    spikes: dict[str, np.ndarray]
    synaptic_operations: dict[str, dict[str, np.ndarray]]
    outputs: np.ndarray
    layers: tuple[LayerSummary, ...]
    neurons: dict[str, int]
    network_hash: str
    data_hash: str
    settings: RunSettings
    rasters: dict[str, np.ndarray] = field(default_factory=dict)
    saturations: dict[str, np.ndarray] = field(default_factory=dict)

    def __repr__(self) -> str:
        sizes = f"{self.samples} samples, {self.steps} steps"
        populations = ", ".join(self.neurons)
        return f"Trace({sizes}, {populations}; {self.settings.engine})"

    @property
    def samples(self) -> int:
        """Number of samples."""
        return self.outputs.shape[0]

    @property
    def steps(self) -> int:
        """Number of steps per sample."""
        return self.outputs.shape[1]

    # Counts

    def ledger(self, column: str) -> dict[str, np.ndarray]:
        """Synaptic operations per connection, (samples, steps).

        `column` is ``synapses`` or ``nonzero``.
        """
        law = "must name a column of the ledger"
        one_of("Trace.ledger", law, column, LEDGERS)
        return self.synaptic_operations[column]

    @property
    def sops(self) -> dict[str, np.ndarray]:
        """``ledger("synapses")``."""
        return self.ledger("synapses")

    def mean_spikes(self, population: str | None = None) -> float:
        """Spikes per inference, mean over the samples: of one population, or of all."""
        if population is None:
            return sum(self.mean_spikes(name) for name in self.spikes)

        law = "must name a population that fires"
        one_of("Trace.mean_spikes", law, population, self.spikes)
        per_sample = self.spikes[population].sum(axis=1)
        return float(per_sample.mean())

    def mean_operations(self, connection: str | None = None, ledger: str = "synapses") -> float:
        """Synaptic operations per inference, mean over the samples.

        Of one connection, or of all.
        """
        counts = self.ledger(ledger)
        if connection is None:
            return sum(self.mean_operations(name, ledger) for name in counts)

        law = "must name a connection"
        one_of("Trace.mean_operations", law, connection, counts)
        per_sample = counts[connection].sum(axis=1)
        return float(per_sample.mean())

    # Answers

    def output(self, readout: str | None = None) -> np.ndarray:
        """(samples, steps, classes) potentials of one read-out, which may be left unnamed where
        there is but one.
        """
        known = self.settings.outputs
        if readout is None and len(known) == 1:
            return self.outputs

        law = "names one of several read-outs"
        name = one_of("Trace.readout", law, str(readout), known)
        return self.outputs[:, :, known[name]]

    def predictions(self, step: int = -1, readout: str | None = None) -> np.ndarray:
        """(samples,) class with the largest read-out potential after `step` (0-based; negative
        counts from the end).

        A read-out of one neuron decides between 0 and 1: by whether its potential, which is the
        logit, is above 0.
        """
        self._check_step("Trace.predictions.step", step)
        potentials = self.output(readout)[:, step]
        return decided_by(potentials)

    def decisions(
        self, spikes: int = 1, step: int = -1, readout: str | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The class whose count first reaches `spikes`, for a network converted with
        ``readout="spikes"``.

        Of classes that get there at once the one with more spikes by then wins, then the lowest.

        Parameters
        ----------
        spikes : int; 1 (default) is time to first spike, k is time to k spikes.
        step : int, last step that counts, 0-based; default the last of the run.

        Returns
        -------
        (samples,) classes, and (samples,) the steps (0-based) of the decisions; −1 in both where
        there was none.
        """
        law = "must be a number of spikes"
        whole_number("Trace.decisions.spikes", law, spikes, 1, 2**31)
        self._check_step("Trace.decisions.step", step)
        if not self.settings.counts_output_spikes:
            law = "needs an output that fires"
            remedy = "convert(readout='spikes')"
            raise SpikewattError("Trace.decisions", law, "membrane read-out", remedy)

        # The first step at which any class has enough; −1 where there is none in time.
        counts = self.output(readout)
        reached = counts.max(axis=-1) >= spikes
        first = reached.argmax(axis=-1)
        last = step % self.steps
        decided = reached.any(axis=-1) & (first <= last)
        when = np.where(decided, first, -1)

        counts_then = counts[np.arange(self.samples), when]
        classes = counts_then.argmax(axis=1)
        return np.where(decided, classes, -1), when

    def accuracy(self, labels: np.ndarray, readout: str | None = None) -> np.ndarray:
        """(steps,) share of samples whose prediction equals `labels`, after each step.

        Parameters
        ----------
        labels : (samples,) integers below the number of outputs.
        """
        outputs = self.output(readout)
        where = "Trace.accuracy.labels"
        labels = checked_labels(where, labels, outputs.shape[2], self.samples)

        predictions = decided_by(outputs)
        correct = predictions == labels[:, None]
        return correct.mean(axis=0)

    def _check_step(self, where: str, step: int) -> None:
        law = "must be a step of this trace"
        whole_number(where, law, step, -self.steps, self.steps - 1)

    # Files

    def content_hash(self) -> str:
        """SHA-256 over all counts."""
        ledgers = [self.synaptic_operations[column] for column in LEDGERS]
        outputs = {"outputs": self.outputs}
        digest = hashlib.sha256()
        for arrays in (self.spikes, *ledgers, outputs, self.saturations):
            for key, array in arrays.items():
                heading = f"{key}{array.shape}"
                digest.update(heading.encode())
                hdf5.update(digest, array)
        return digest.hexdigest()

    def save(self, path) -> None:
        """Write one ``.trace`` file (HDF5), whole or not at all."""
        trace_file.save(self, path)

    @classmethod
    def load(cls, path) -> Trace:
        """Read what `save` wrote.

        Raises FileFormatError on a truncated, foreign or altered file, one of another version, or
        one whose header or counts cannot be.
        """
        return trace_file.load(cls, path)
