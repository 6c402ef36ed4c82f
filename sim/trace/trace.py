"""Trace: what happened in a simulation, in counts only. It knows no joule."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ... import hdf5
from ...errors import SpikewattError, one_of, whole_number
from ...models.decision import decided_by
from ...progress import Progress, silent
from ..engines.blocks import parts
from ..engines.counts import LEDGERS
from . import trace_file
from .labels import checked_labels
from .layer_summary import LayerSummary
from .recorder import arrays_of
from .run_settings import RunSettings
from .stored import between, pieces

PART_BYTES = 2**26  # of the counts of `Trace.parts`


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """Counts of one simulation run.

    Those of a large file stay in it until they are asked for: the arrays are then `Stored`.

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

    # A few samples at a time

    def parts(self, multiple: int = 1) -> Iterator[Trace]:
        """Traces of samples one after the other, in memory; `multiple` samples or several times
        as many, but for the last.
        """
        arrays = arrays_of(self).values()
        per_sample = sum(8 * math.prod(array.shape[1:]) for array in arrays)
        per_sample += sum(raster[0].size for raster in self.rasters.values() if len(raster))
        for start, stop in parts(self.samples, self._at_once(per_sample, multiple)):
            yield self.between(start, stop)

    def _at_once(self, bytes_per_sample: int, multiple: int = 1) -> int:
        """Samples of a part; by default whole chunks of a file, so that none is read twice."""
        if multiple == 1:
            multiple = getattr(self.outputs, "chunk", 1)
        return multiple * max(1, PART_BYTES // (max(1, bytes_per_sample) * multiple))

    def between(self, start: int, stop: int) -> Trace:
        """The trace of samples `start` to `stop`, in memory."""
        found = {key: between(array, start, stop) for key, array in arrays_of(self).items()}
        rasters = {name: raster[start:stop] for name, raster in self.rasters.items()}
        return replace(self.with_arrays(found), rasters=rasters)

    def in_memory(self) -> Trace:
        """With all counts read."""
        return self.with_arrays({key: np.asarray(each) for key, each in arrays_of(self).items()})

    def spikes_in_parts(self) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """(how many samples, their `spikes`), one part after the other, in memory."""
        at_once = self._at_once(8 * self.steps * len(self.spikes))
        for start, stop in parts(self.samples, at_once):
            found = {name: between(array, start, stop) for name, array in self.spikes.items()}
            yield stop - start, found

    def with_arrays(self, arrays: Mapping[str, Any]) -> Trace:
        """With other counts, by the keys of `arrays_of`."""
        operations = {
            ledger: {name: arrays[f"synaptic_operations/{ledger}/{name}"] for name in each}
            for ledger, each in self.synaptic_operations.items()
        }
        return replace(
            self,
            outputs=arrays["outputs"],
            saturations={name: arrays[f"saturations/{name}"] for name in self.saturations},
            spikes={name: arrays[f"spikes/{name}"] for name in self.spikes},
            synaptic_operations=operations,
        )

    # Answers

    def output(self, readout: str | None = None) -> np.ndarray:
        """(samples, steps, classes) potentials of one read-out, which may be left unnamed where
        there is but one.
        """
        return self.outputs[:, :, self._columns(readout)]

    def _columns(self, readout: str | None) -> slice:
        """The columns of `outputs` that belong to a read-out."""
        known = self.settings.outputs
        if readout is None and len(known) == 1:
            return slice(0, self.outputs.shape[2])

        law = "names one of several read-outs"
        name = one_of("Trace.readout", law, str(readout), known)
        return known[name]

    def predictions(self, step: int = -1, readout: str | None = None) -> np.ndarray:
        """(samples,) class with the largest read-out potential after `step` (0-based; negative
        counts from the end).

        A read-out of one neuron decides between 0 and 1: by whether its potential, which is the
        logit, is above 0.
        """
        self._check_step("Trace.predictions.step", step)
        columns = self._columns(readout)
        found = [decided_by(piece[:, step, columns]) for piece in pieces(self.outputs)]
        return np.concatenate(found)

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

        columns, last = self._columns(readout), step % self.steps
        found = [_decided(piece[:, :, columns], spikes, last) for piece in pieces(self.outputs)]
        classes, when = zip(*found, strict=True)
        return np.concatenate(classes), np.concatenate(when)

    def accuracy(self, labels: np.ndarray, readout: str | None = None) -> np.ndarray:
        """(steps,) share of samples whose prediction equals `labels`, after each step.

        Parameters
        ----------
        labels : (samples,) integers below the number of outputs.
        """
        columns = self._columns(readout)
        where = "Trace.accuracy.labels"
        classes = columns.stop - columns.start
        labels = checked_labels(where, labels, classes, self.samples)

        correct, first = np.zeros(self.steps, np.int64), 0
        for piece in pieces(self.outputs):
            predictions = decided_by(piece[:, :, columns])
            expected = labels[first : first + len(piece), None]
            correct += (predictions == expected).sum(axis=0)
            first += len(piece)
        return correct / self.samples

    def _check_step(self, where: str, step: int) -> None:
        law = "must be a step of this trace"
        whole_number(where, law, step, -self.steps, self.steps - 1)

    # Files

    def content_hash(self, progress: Progress = silent) -> str:
        """SHA-256 over all counts.

        `progress` is called with the stage ``seal``, and per cent.
        """
        ledgers = [self.synaptic_operations[column] for column in LEDGERS]
        outputs = {"outputs": self.outputs}
        digest, done = hashlib.sha256(), 0
        total = max(1, sum(array.size for array in arrays_of(self).values()))
        for arrays in (self.spikes, *ledgers, outputs, self.saturations):
            for key, array in arrays.items():
                heading = f"{key}{array.shape}"
                digest.update(heading.encode())
                for piece in pieces(array):
                    hdf5.update(digest, piece)
                    done += piece.size
                    progress("seal", 100 * done // total, 100)
        return digest.hexdigest()

    def save(self, path) -> None:
        """Write one ``.trace`` file (HDF5), whole or not at all."""
        trace_file.save(self, path)

    @classmethod
    def load(cls, path) -> Trace:
        """Read what `save` wrote.

        The counts of a large file are checked, and stay there until they are asked for. Then it has
        to be there, as it was.

        Raises FileFormatError on a truncated, foreign or altered file, one of another version, or
        one whose header or counts cannot be.
        """
        return trace_file.load(cls, path)


def _decided(counts: np.ndarray, spikes: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Class and step of the decision of each sample, as of `Trace.decisions`."""
    # The first step at which any class has enough; −1 where there is none in time.
    reached = counts.max(axis=-1) >= spikes
    first = reached.argmax(axis=-1)
    decided = reached.any(axis=-1) & (first <= last)
    when = np.where(decided, first, -1)

    counts_then = counts[np.arange(len(counts)), when]
    classes = counts_then.argmax(axis=1)
    return np.where(decided, classes, -1), when
