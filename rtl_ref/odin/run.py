"""Inferences of an OdinNetwork on the twin of ODIN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError
from ...models.odin.chip import ALL_NEURONS
from ...sim.odin.counts import OdinCounts
from ...sim.odin.image import OdinImage
from ...sim.odin.network import OdinNetwork
from .events import NEURONS, TimeReference
from .twin import OdinTwin, TwinRun

BYTES_PER_POTENTIAL = 2  # bits 70..77 of a neuron's word


@dataclass(frozen=True, eq=False)
class OdinRun:
    """What the core answered.

    Parameters
    ----------
    predictions : (samples,) int64 classes. potentials : (samples, classes) int64 of the output neurons, before the reset.
    output_spikes : (samples, classes) int64. counts : per inference. network_hash : of the network that ran.
    """

    predictions: np.ndarray
    potentials: np.ndarray
    output_spikes: np.ndarray
    counts: OdinCounts
    network_hash: str

    def accuracy(self, labels: np.ndarray) -> float:
        """Share of `labels` (samples,) that were predicted; raises SpikewattError if there is not one per sample."""
        if np.shape(labels) != self.predictions.shape:
            raise SpikewattError(
                "OdinRun.accuracy",
                "takes one label per image",
                np.shape(labels),
                self.predictions.shape,
            )
        return float((self.predictions == labels).mean())


def run_odin(
    network: OdinNetwork,
    images: np.ndarray,
    progress: Callable[[str, int, int], None] | None = None,
) -> OdinRun:
    """Run every image on `OdinTwin`, with a sender and a receiver that never wait, and clear the core behind each.

    Under ``first_spike`` the host stops at the first output spike. It sees it early in the sweep that causes it, because neurons are
    served by rising index; so it must not raise its next request before the outputs were served, which costs no cycle.

    Parameters
    ----------
    images : (samples, ...) uint8, 0..largest_pixel, at least one. progress : called with ("odin", images done, all).

    Raises
    ------
    SpikewattError : no images, or images that do not fit; a core that time references did not clear.
    """
    image = OdinImage.of(network)
    streams = image.encode(images)
    if not streams:
        raise SpikewattError("run_odin.images", "holds at least one image", np.shape(images))
    twin = OdinTwin(
        image.synapses,
        image.inhibitory,
        image.threshold,
        image.leak,
        image.leak_enable,
        image.enabled,
        image.open_loop,
    )
    reset = [
        -1 if neuron == ALL_NEURONS else TimeReference(neuron)
        for neuron in image.reset_time_references
    ]
    report = progress or (lambda stage, done, total: None)
    outputs, counts, rows = image.neurons[-1], [], []
    potentials = np.zeros(NEURONS, np.int64)
    for i, events in enumerate(streams):
        run = twin.run(events, potentials)
        if network.readout == "first_spike":
            first = next((cause for cause, neuron in run.spikes if neuron >= outputs[0]), None)
            if first is not None and first + 1 < len(events):
                run = twin.run(events[: first + 1], potentials)
                events = events[: first + 1]
        cleared = twin.run(reset, run.potentials.astype(np.int64))
        potentials = cleared.potentials.astype(np.int64)
        if potentials.any() or cleared.spikes:
            raise SpikewattError(
                "run_odin", "time references clear every potential", int(potentials.max()), 0
            )
        row = _Row.of(network, run, outputs)
        rows.append(row)
        counts.append(_count(run, cleared, len(events), len(reset), row))
        report("odin", i + 1, len(streams))
    return OdinRun(
        np.array([row.prediction for row in rows]),
        np.array([row.potentials for row in rows]),
        np.array([row.spikes for row in rows]),
        OdinCounts(
            **{key: np.array([count[key] for count in counts], np.int64) for key in counts[0]}
        ),
        network.hash,
    )


@dataclass(frozen=True, eq=False)
class _Row:
    """The answer to one image: potentials and spikes of the outputs, and whether the potentials had to be read."""

    prediction: int
    potentials: np.ndarray
    spikes: np.ndarray
    read: bool

    @classmethod
    def of(cls, network: OdinNetwork, run: TwinRun, outputs: np.ndarray) -> _Row:
        fired = [neuron - int(outputs[0]) for _, neuron in run.spikes if neuron >= outputs[0]]
        spikes = np.bincount(fired, minlength=len(outputs)).astype(np.int64)
        potentials = run.potentials[outputs].astype(np.int64)
        if network.readout == "first_spike" and fired:
            return cls(fired[0], potentials, spikes, False)
        return cls(int((spikes * NEURONS + potentials).argmax()), potentials, spikes, True)


def _count(
    run: TwinRun, cleared: TwinRun, external: int, references: int, row: _Row
) -> dict[str, int]:
    output_spikes = int(row.spikes.sum())
    return {
        "external_events": external,
        "popped_events": run.synaptic_operations // NEURONS,
        "spikes": len(run.spikes),
        "hidden_spikes": len(run.spikes) - output_spikes,
        "output_spikes": output_spikes,
        "dropped": run.dropped,
        "synaptic_operations": run.synaptic_operations,
        "cycles": run.cycles,
        **vars(run.accesses),
        "time_references": references,
        "reset_updates": cleared.accesses.neuron_writes,
        "reset_cycles": cleared.cycles,
        "readout_reads": BYTES_PER_POTENTIAL * len(row.spikes) if row.read else 0,
    }
