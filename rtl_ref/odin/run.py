"""Inferences of an OdinNetwork on the twin of its chip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError
from ...models.odin.chip import ALL_NEURONS, BYTES_PER_POTENTIAL
from ...models.odin.chips import ODIN, TINY_ODIN, OdinChip
from ...progress import Progress, silent
from ...sim.odin.counts import OdinCounts
from ...sim.odin.image import OdinImage
from ...sim.odin.images import image_of
from ...sim.odin.network import OdinNetwork
from ...sim.odin.tiny_image import TinyOdinImage
from .core_twin import CoreTwin
from .events import Event, TimeReference
from .tiny_twin import TinyOdinTwin
from .twin import OdinTwin
from .twin_run import TwinRun

TWINS: dict[OdinChip, type[CoreTwin]] = {ODIN: OdinTwin, TINY_ODIN: TinyOdinTwin}


@dataclass(frozen=True, eq=False)
class OdinRun:
    """What the core answered.

    Parameters
    ----------
    predictions : (samples,) int64 classes
    potentials : (samples, classes) int64 of the output neurons, before the reset
    output_spikes : (samples, classes) int64
    counts : events, operations, cycles and accesses of each inference
    network_hash : of the network that ran
    """

    predictions: np.ndarray
    potentials: np.ndarray
    output_spikes: np.ndarray
    counts: OdinCounts
    network_hash: str

    def accuracy(self, labels: np.ndarray) -> float:
        """Share of labels that were predicted, 0..1.

        Parameters
        ----------
        labels : (samples,) classes

        Raises
        ------
        SpikewattError : not one label per sample.
        """
        shape = np.shape(labels)
        wanted = self.predictions.shape
        if shape != wanted:
            raise SpikewattError(
                "OdinRun.accuracy",
                "takes one label per image",
                shape,
                wanted,
            )

        return float((self.predictions == labels).mean())

    def __repr__(self) -> str:
        samples, classes = self.potentials.shape
        return f"OdinRun({samples:,} images, {classes} classes)"


def run_odin(
    network: OdinNetwork,
    images: np.ndarray,
    progress: Progress | None = None,
) -> OdinRun:
    """Run every image on the twin of the network's chip; sender and receiver never wait.

    After each image the core is cleared. Under ``first_spike`` the host stops at the first output
    spike. It sees it early in the sweep that causes it, because neurons are served by rising index;
    so it must not raise its next request before the outputs were served, which costs no cycle.

    Parameters
    ----------
    network : the network
    images : (samples, ...) uint8, 0..largest_pixel, at least one
    progress : called with ("odin", images done, all), default nobody

    Returns
    -------
    OdinRun : predictions, potentials, output spikes, counts.

    Raises
    ------
    SpikewattError : no images, or images that do not fit; a core that was not cleared.

    >>> layers, thresholds = [np.array([[7, -2], [0, 5]])], [np.array([9, 9])]
    >>> network = OdinNetwork(layers, thresholds, "rate", "potential", input_levels=2)
    >>> run = run_odin(network, np.array([[255, 0], [0, 255]], np.uint8))
    >>> run.predictions.tolist(), run.output_spikes.tolist()
    ([0, 1], [[1, 0], [0, 1]])
    """
    image = image_of(network)
    streams = image.encode(images)
    if not streams:
        raise SpikewattError(
            "run_odin.images",
            "holds at least one image",
            np.shape(images),
        )

    host = _Host(network, image)
    report = progress or silent
    for i, events in enumerate(streams):
        host.infer(events)
        report("odin", i + 1, len(streams))

    return host.result()


@dataclass(frozen=True, eq=False)
class _Answer:
    """Of one image: potentials and spikes of the outputs, and whether potentials had to be read."""

    prediction: int
    potentials: np.ndarray
    spikes: np.ndarray
    read: bool


class _Host:
    """Sends the events of one image after the other, reads the answer, clears the core."""

    def __init__(self, network: OdinNetwork, image: OdinImage | TinyOdinImage):
        self.network = network
        self.outputs = image.neurons[-1]
        self.twin = TWINS[network.chip](**image.memories)
        self.clearing: list[Event] = []
        for neuron in image.reset_time_references:
            event = neuron if neuron == ALL_NEURONS else TimeReference(neuron)
            self.clearing.append(event)

        self.potentials: np.ndarray | int = 0
        self.answers: list[_Answer] = []
        self.counts: list[dict[str, int]] = []

    def infer(self, events: Sequence[Event]) -> None:
        """One image."""
        run = self.twin.run(events, self.potentials)
        if self.network.readout.stops:
            sent = self._events_until_the_first_spike(run, len(events))
            if sent < len(events):
                events = events[:sent]
                run = self.twin.run(events, self.potentials)

        cleared = self._clear(run)
        answer = self._answer(run)
        self.answers.append(answer)
        counts = _count(
            run,
            cleared,
            external=len(events),
            references=len(self.clearing),
            answer=answer,
            swept=self.twin.configuration.swept,
        )
        self.counts.append(counts)

    def _events_until_the_first_spike(self, run: TwinRun, events: int) -> int:
        for cause, neuron in run.spikes:
            if neuron >= self.outputs[0]:
                return cause + 1

        return events

    def _clear(self, run: TwinRun) -> TwinRun:
        """Let time references take all potentials away."""
        cleared = self.twin.run(self.clearing, run.potentials)
        if cleared.potentials.any() or cleared.spikes:
            largest = int(np.abs(cleared.potentials).max())
            raise SpikewattError(
                "run_odin",
                "time references clear every potential",
                largest,
                0,
            )

        self.potentials = cleared.potentials
        return cleared

    def _answer(self, run: TwinRun) -> _Answer:
        first = int(self.outputs[0])
        neurons = [neuron for _, neuron in run.spikes]
        fired = [neuron - first for neuron in neurons if neuron >= first]

        spikes = np.bincount(fired, minlength=len(self.outputs))
        spikes = spikes.astype(np.int64)
        potentials = run.potentials[self.outputs]
        potentials = potentials.astype(np.int64)

        if self.network.readout.stops and fired:
            return _Answer(fired[0], potentials, spikes, read=False)
        # Most spikes win; between equals the potential decides.
        evidence = spikes * self.network.chip.potentials + potentials
        prediction = int(evidence.argmax())
        return _Answer(prediction, potentials, spikes, read=True)

    def result(self) -> OdinRun:
        """The answers to all images."""
        counts = {}
        for key in self.counts[0]:
            column = [count[key] for count in self.counts]
            counts[key] = np.array(column, np.int64)

        predictions = [answer.prediction for answer in self.answers]
        potentials = [answer.potentials for answer in self.answers]
        spikes = [answer.spikes for answer in self.answers]
        return OdinRun(
            predictions=np.array(predictions),
            potentials=np.array(potentials),
            output_spikes=np.array(spikes),
            counts=OdinCounts(**counts, chip=self.network.chip),
            network_hash=self.network.hash,
        )


def _count(
    run: TwinRun,
    cleared: TwinRun,
    external: int,
    references: int,
    answer: _Answer,
    swept: int,
) -> dict[str, int]:
    """The fields of OdinCounts for one inference."""
    output_spikes = int(answer.spikes.sum())
    outputs = len(answer.spikes)
    return {
        "external_events": external,
        "popped_events": run.synaptic_operations // swept,
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
        "readout_reads": BYTES_PER_POTENTIAL * outputs if answer.read else 0,
    }
