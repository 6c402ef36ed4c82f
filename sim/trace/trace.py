"""Trace: what happened in a simulation, in counts only. It knows no joule."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ... import files as hdf5
from ...errors import SpikewattError, one_of, whole_number
from ..network.connection import Connection
from ..network.geometry import pooled_shape
from ..network.spiking_network import SpikingNetwork

FORMAT = "spikewatt-trace"
VERSION = 4
LEDGERS = ("synapses", "nonzero")


@dataclass(frozen=True)
class LayerSummary:
    """One connection and the population it feeds, as pricing needs them.

    Parameters
    ----------
    pre, post : populations.
    kind : kind of the connection (``dense``, ``conv2d``, ``pool``, ``max_pool``).
    post_kind : firing rule of the post population.
    pre_shape, post_shape : shapes of the two populations.
    geometry : window of a convolution or pool as lists (see `Geometry.as_lists`), None for a dense connection.
    synapses : synapses that exist, borders exact; ``nonzero_synapses``: those of weight != 0.
    macs : multiply-accumulates of the same layer in an ANN, taps on padding included (as kernel libraries execute them).
    parameters : weights and biases to be stored.
    pooled : windows that are summed in front of the weights, as lists.
    host_macs : multiply-accumulates that a host does, where the pre population is an analog input.
    branch : number of the connection where several lead from `pre` to `post`.
    fan_in : largest number of distinct pre neurons of one post neuron.
    mixed_axons : pre neurons with weights of both signs, borders not looked at.
    """

    pre: str
    post: str
    kind: str
    post_kind: str
    pre_shape: tuple[int, ...]
    post_shape: tuple[int, ...]
    geometry: list | None
    synapses: int
    nonzero_synapses: int
    macs: int
    parameters: int
    fan_in: int
    pooled: list | None = None
    host_macs: int = 0
    branch: int = 1
    mixed_axons: int = 0

    @classmethod
    def from_json(cls, values: dict) -> LayerSummary:
        """Inverse of `dataclasses.asdict` through JSON, which turns tuples into lists."""
        return cls(
            **{
                **values,
                "pre_shape": tuple(values["pre_shape"]),
                "post_shape": tuple(values["post_shape"]),
            }
        )

    @property
    def name(self) -> str:
        """``pre->post``, as `Connection.name`."""
        return f"{self.pre}->{self.post}" + (f"#{self.branch}" if self.branch > 1 else "")

    @property
    def post_neurons(self) -> int:
        """Number of neurons of the post population."""
        return int(np.prod(self.post_shape))


def _mixed_axons(connection: Connection, pre_shape: tuple[int, ...]) -> int:
    """Pre neurons with weights of both signs."""
    weights = connection.weights
    if weights is None or connection.kind == "identity":
        return 0
    if connection.kind == "dense":
        mixed = int(((weights > 0).any(axis=1) & (weights < 0).any(axis=1)).sum())
        return mixed * (int(np.prod(connection.pooled.window)) if connection.pooled else 1)
    axes = (0, 1, 3) if connection.kind == "conv2d" else (0, 1)
    channels = (weights > 0).any(axis=axes) & (weights < 0).any(axis=axes)
    return int(channels.mean() * np.prod(pre_shape))


def summarise(network: SpikingNetwork) -> tuple[LayerSummary, ...]:
    """The static layers of `network`, one per connection, in order."""
    layers = []
    for c in network.connections:
        pre, post = network.population(c.pre), network.population(c.post)
        window = int(np.prod(c.geometry.window)) if c.geometry else 1
        summed = int(np.prod(c.pooled.window)) if c.pooled else 1
        taps = {
            "dense": int(np.prod(pooled_shape(c, pre.shape))),
            "conv2d": window * pre.shape[-1],
        }.get(c.kind, window)
        biases = post.size if len(post.shape) == 1 else post.shape[2]
        synapses, nonzero = (int(network.fan_out(c, nonzero=only).sum()) for only in (False, True))
        macs = taps * post.size
        analog = pre.kind == "input" and network.input_code == "analog"
        geometry = c.geometry.as_lists() if c.geometry else None
        parameters = (
            0 if c.weights is None else c.weights.size + (biases if c.kind != "identity" else 0)
        )
        layers.append(
            LayerSummary(
                c.pre, c.post, c.kind, post.kind, pre.shape, post.shape, geometry, synapses, nonzero, macs, int(parameters),
                min(taps * summed, pre.size), c.pooled.as_lists() if c.pooled else None, macs if analog else 0, c.branch,
                _mixed_axons(c, pre.shape),
            )
        )  # fmt: skip
    return tuple(layers)


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """Counts of one simulation run.

    Parameters
    ----------
    spikes : population -> (samples, steps) spikes.
    synaptic_operations : ledger (``synapses`` or ``nonzero``) -> connection -> (samples, steps) operations.
    outputs : (samples, steps, classes) read-out potential after each step.
    layers : static summary, one per connection.
    neurons : population -> number of neurons.
    network_hash, data_hash : what ran on what.
    settings : engine, code, steps and the like.
    rasters : population -> (samples, steps, neurons) spikes (-1, 0 or 1) of the first samples, where asked for.
    saturations : population -> (samples,) how often a potential left its width and was held at the end of it.
    """

    spikes: dict[str, np.ndarray]
    synaptic_operations: dict[str, dict[str, np.ndarray]]
    outputs: np.ndarray
    layers: tuple[LayerSummary, ...]
    neurons: dict[str, int]
    network_hash: str
    data_hash: str
    settings: dict
    rasters: dict[str, np.ndarray] = field(default_factory=dict)
    saturations: dict[str, np.ndarray] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Trace({self.samples} samples, {self.steps} steps, {', '.join(self.neurons)}; {self.settings['engine']})"

    @property
    def samples(self) -> int:
        """Number of samples."""
        return self.outputs.shape[0]

    @property
    def steps(self) -> int:
        """Number of steps per sample."""
        return self.outputs.shape[1]

    def ledger(self, column: str) -> dict[str, np.ndarray]:
        """Synaptic operations per connection, (samples, steps); `column` is ``synapses`` or ``nonzero``."""
        return self.synaptic_operations[
            one_of("Trace.ledger", "must name a column of the ledger", column, LEDGERS)
        ]

    @property
    def sops(self) -> dict[str, np.ndarray]:
        """``ledger("synapses")``."""
        return self.ledger("synapses")

    def output(self, readout: str | None = None) -> np.ndarray:
        """(samples, steps, classes) potentials of one read-out, which may be left unnamed where there is but one."""
        named = self.settings["outputs"]
        if readout is None and len(named) == 1:
            return self.outputs
        first, last = named[
            one_of("Trace.readout", "names one of several read-outs", str(readout), named)
        ]
        return self.outputs[:, :, first:last]

    def predictions(self, step: int = -1, readout: str | None = None) -> np.ndarray:
        """(samples,) class with the largest read-out potential after `step` (0-based; negative counts from the end)."""
        whole_number(
            "Trace.predictions.step",
            "must be a step of this trace",
            step,
            -self.steps,
            self.steps - 1,
        )
        return self.output(readout)[:, step].argmax(axis=-1)

    def decisions(
        self, spikes: int = 1, step: int = -1, readout: str | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(samples,) class whose count first reaches `spikes`, and (samples,) the step (0-based) at which it did.

        For a network converted with ``readout="spikes"``: 1 is time to first spike, k is time to k spikes. Of classes that get there
        at once the one with more spikes by then wins, then the lowest; a sample without a decision by `step` is −1 in both.
        """
        whole_number("Trace.decisions.spikes", "must be a number of spikes", spikes, 1, 2**31)
        whole_number(
            "Trace.decisions.step",
            "must be a step of this trace",
            step,
            -self.steps,
            self.steps - 1,
        )
        if not self.settings.get("counts_output_spikes"):
            raise SpikewattError(
                "Trace.decisions",
                "needs an output that fires",
                "membrane read-out",
                "convert(readout='spikes')",
            )
        outputs = self.output(readout)
        reached = outputs.max(axis=-1) >= spikes
        when = np.where(reached.any(axis=-1), reached.argmax(axis=-1), -1)
        when = np.where(when <= step % self.steps, when, -1)
        classes = outputs[np.arange(self.samples), when].argmax(axis=1)
        return np.where(when >= 0, classes, -1), when

    def accuracy(self, labels: np.ndarray, readout: str | None = None) -> np.ndarray:
        """(steps,) share of samples whose prediction equals `labels`, after each step."""
        labels, outputs = np.asarray(labels), self.output(readout)
        if (
            not np.issubdtype(labels.dtype, np.integer)
            or labels.max(initial=0) >= outputs.shape[2]
            or labels.min(initial=0) < 0
        ):
            found = f"{labels.dtype}" + (
                f" {labels.min(initial=0)}..{labels.max(initial=0)}"
                if labels.dtype.kind in "iuf"
                else ""
            )
            raise SpikewattError(
                "Trace.accuracy.labels",
                f"labels are integers below the {outputs.shape[2]} outputs",
                found,
            )
        if labels.shape != (self.samples,):
            raise SpikewattError(
                "Trace.accuracy.labels", "one label per sample", labels.shape, (self.samples,)
            )
        return (outputs.argmax(axis=-1) == labels[:, None]).mean(axis=0)

    def content_hash(self) -> str:
        """SHA-256 over all counts."""
        digest = hashlib.sha256()
        for arrays in (
            self.spikes,
            *(self.synaptic_operations[column] for column in LEDGERS),
            {"outputs": self.outputs},
            self.saturations,
        ):
            for key, array in arrays.items():
                digest.update(
                    f"{key}{array.shape}".encode() + np.ascontiguousarray(array, "<i8").tobytes()
                )
        return digest.hexdigest()

    def save(self, path) -> None:
        """Write one HDF5 file, whole or not at all."""
        with hdf5.writing(path, FORMAT, VERSION) as file:
            file.attrs["hash"] = self.content_hash()
            about = {
                k: getattr(self, k) for k in ("network_hash", "data_hash", "settings", "neurons")
            }
            file.attrs["about"] = json.dumps(
                {**about, "layers": [asdict(layer) for layer in self.layers]}
            )
            hdf5.put(file, "outputs", self.outputs)
            for population, counts in self.saturations.items():
                hdf5.put(file, f"saturations/{population}", counts)
            for population, counts in self.spikes.items():
                hdf5.put(file, f"spikes/{population}", counts)
            for column, connections in self.synaptic_operations.items():
                for connection, counts in connections.items():
                    hdf5.put(file, f"synaptic_operations/{column}/{connection}", counts)
            for population, raster in self.rasters.items():
                hdf5.put(
                    file,
                    f"rasters/{population}",
                    np.stack([np.packbits(raster > 0, axis=-1), np.packbits(raster < 0, axis=-1)]),
                )

    @classmethod
    def load(cls, path) -> Trace:
        """Read what `save` wrote; raises FileFormatError on a truncated or foreign file, or one of another version."""
        with hdf5.reading(Path(path), FORMAT, VERSION) as file:
            about = json.loads(file.attrs["about"])
            layers = tuple(LayerSummary.from_json(layer) for layer in about.pop("layers"))
            rasters = {}
            for p, size in about["neurons"].items():
                if f"rasters/{p}" in file:
                    up, down = np.unpackbits(file[f"rasters/{p}"][()], axis=-1, count=size).astype(
                        np.int8
                    )
                    rasters[p] = up - down
            trace = cls(
                spikes={
                    p: file[f"spikes/{p}"][()]
                    for p in about["neurons"]
                    if p in {layer.pre for layer in layers}
                },
                synaptic_operations={
                    column: {
                        layer.name: file[f"synaptic_operations/{column}/{layer.name}"][()]
                        for layer in layers
                    }
                    for column in LEDGERS
                },
                outputs=file["outputs"][()],
                layers=layers,
                rasters=rasters,
                saturations={
                    p: file[f"saturations/{p}"][()]
                    for p in about["neurons"]
                    if f"saturations/{p}" in file
                },
                **about,
            )
            hdf5.same_hash(Path(path), file.attrs["hash"], trace.content_hash())
        return trace
