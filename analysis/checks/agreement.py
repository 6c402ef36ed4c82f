"""Does the spiking network do what Keras does? A quick look, before anything is paid for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import warn
from ...models.decision import decided_by
from ...sim.conversion.graph.keras_values import activations_of
from ...sim.conversion.graph.nodes import ReadoutNode
from ...sim.conversion.reading.reader import read
from ...sim.conversion.reading.rules import ReadingRules
from ...sim.engines.schedule import schedule
from ...sim.engines.simulate import simulate
from ...sim.network.spiking_network import SpikingNetwork
from .diagnosis import diagnose

SAMPLES = 64
FEWEST = 8  # samples, of a network however large
UPDATES = 2e9  # of neurons, which a comparison may take
DIAGNOSED = 16  # samples, of a network that does not agree
SPIKES_KEPT = 2e8

# Where a network is said not to do what Keras does; our choice.
BAD_AGREEMENT = 0.7
BAD_CORRELATION = 0.8


@dataclass(frozen=True)
class Agreement:
    """How far a spiking network answers as Keras does.

    Parameters
    ----------
    samples : int
        That were compared.
    steps : int
        That were simulated.
    agreement : float
        Share of the samples with the same largest output; of several outputs the worst.
    correlation : float
        Of the outputs before their softmax, each less its mean over the samples; of several
        outputs the worst.
    try_next : str, default ""
        What `diagnose` recommends, where the two are bad.

    Examples
    --------
    >>> print(Agreement(64, 32, 0.98, 0.995))
    answers as Keras does on 98 % of 64 samples at 32 steps; correlation of the outputs 0.99
    >>> Agreement(64, 32, 0.1, -0.09).bad
    True
    """

    samples: int
    steps: int
    agreement: float
    correlation: float
    try_next: str = ""

    @property
    def bad(self) -> bool:
        """Whether the network computes something else than Keras."""
        return self.agreement < BAD_AGREEMENT or self.correlation < BAD_CORRELATION

    def __str__(self) -> str:
        share = f"{int(self.agreement * 100)} % of {self.samples} samples at {self.steps} steps"
        only = "only " if self.bad else ""
        correlation = int(self.correlation * 100) / 100  # never rounded up
        line = f"answers as Keras does on {only}{share}; correlation of the outputs {correlation}"
        return f"{line}; try: {self.try_next}" if self.try_next else line

    def warn(self) -> None:
        """Warn with a `SpikewattWarning` where it is bad."""
        if self.bad:
            numbers = replace(self, try_next="")
            law = "should do what Keras does"
            warn("the converted network", law, f"one that {numbers}", self.try_next or None)


def compare(
    model,
    network: SpikingNetwork,
    x,
    steps: int | None = None,
    samples: int = SAMPLES,
) -> Agreement:
    """Compare a network with the Keras model that it was converted from.

    Parameters
    ----------
    model : keras.Model
        The Keras network.
    network : SpikingNetwork
        What `convert` made of it.
    x : array or list of array, (samples, …)
        Inputs as the model takes them; the calibration data will do.
    steps : int, default None
        Simulated steps of a streaming code, as in `simulate`.
    samples : int, default 64
        Of `x`, evenly chosen; fewer of a large network, so that it takes a fraction of a run.

    Examples
    --------
    >>> import spikewatt as sw
    >>> print(sw.compare(model, network, calibration, steps=32))  # doctest: +SKIP
    answers as Keras does on 98 % of 64 samples at 32 steps; correlation of the outputs 0.99
    """
    length = schedule(network, steps).steps
    updates = length * sum(p.size for p in network.populations)
    fewer = int(max(FEWEST, UPDATES // updates))
    parts = _chosen(model, x, min(samples, fewer))

    graph = read(model, ReadingRules.of(network.code, network.input_code))
    outputs = [node for node in graph.nodes if isinstance(node, ReadoutNode)]
    wanted = activations_of(graph, outputs, parts)
    given = parts if len(parts) > 1 else parts[0]
    trace = simulate(network, given, "batched", steps)

    agreements = []
    correlations = []
    for node, readout in zip(outputs, network.readouts, strict=True):
        count = len(parts[0])
        keras_value = wanted[node.name].reshape(count, -1)
        spiking = trace.output(readout.name)[:, -1].astype(np.float64)
        same = decided_by(spiking) == decided_by(keras_value)
        agreements.append(float(same.mean()))
        correlations.append(_correlation(spiking, keras_value))

    found = Agreement(len(parts[0]), length, min(agreements), min(correlations))
    if not found.bad:
        return found

    room = int(max(1, SPIKES_KEPT // updates))
    few = _chosen(model, given, min(DIAGNOSED, room))
    return replace(found, try_next=_recommended(model, network, few, steps))


def _chosen(model, x, samples: int) -> list[np.ndarray]:
    """`samples` of each input, apart from each other."""
    several = isinstance(x, list | tuple) and len(model.inputs) > 1
    found = []
    for part in list(x) if several else [x]:
        array = np.asarray(part, np.float32)
        places = np.linspace(0, len(array) - 1, min(samples, len(array)))
        found.append(array[places.astype(int)])
    return found


def _correlation(found: np.ndarray, wanted: np.ndarray) -> float:
    """Of what differs from sample to sample; of everything where nothing does in Keras."""
    if np.allclose(wanted, wanted[0]):
        return _cosine(found, wanted)
    return _cosine(found - found.mean(axis=0), wanted - wanted.mean(axis=0))


def _cosine(found: np.ndarray, wanted: np.ndarray) -> float:
    sizes = np.linalg.norm(found) * np.linalg.norm(wanted)
    if not sizes:
        return float(not found.any() and not wanted.any())
    return float(np.sum(found * wanted) / sizes)


def _recommended(model, network: SpikingNetwork, parts: list[np.ndarray], steps) -> str:
    """What `diagnose` says of the first layer that is wrong."""
    x = parts if len(parts) > 1 else parts[0]
    rows = diagnose(model, network, x, None, steps)
    advised = rows[rows["try_next"] != "nothing"]
    if advised.empty:
        return "diagnose, layer by layer"

    first = advised.iloc[0]
    text = f"layer {first['layer']!r}: {first['try_next']}"
    if not network.code.limited:
        text += "; or an exact code: convert(code='radix')"
    return text
