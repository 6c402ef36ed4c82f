"""What every engine fills and returns, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...progress import Progress, silent
from ..network.encoders import encode
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork

LEDGERS = ("synapses", "nonzero")


def has_potential(network: SpikingNetwork, population: Population) -> bool:
    """Whether a population adds up a potential that can saturate.

    That of a bitplane input begins at the pixel and falls.
    """
    falls = population.kind.is_input and network.input_code.doubles
    return network.rule(population).integrates and not falls


@dataclass
class Counts:
    """Counts of a run while an engine fills them.

    The numeric part of a Trace, with the same names and shapes.

    Parameters
    ----------
    spikes : population -> (samples, steps).
    synaptic_operations : ledger -> connection -> (samples, steps).
    outputs : (samples, steps, neurons of all read-outs) potentials.
    rasters : population -> (samples asked for, steps, neurons) spikes.
    columns : read-out -> its columns of `outputs`.
    saturations : population -> (samples,) how often a potential was held.
    """

    spikes: dict[str, np.ndarray]
    synaptic_operations: dict[str, dict[str, np.ndarray]]
    outputs: np.ndarray
    rasters: dict[str, np.ndarray]
    columns: dict[str, slice] = field(default_factory=dict)
    saturations: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def empty(cls, network: SpikingNetwork, samples: int, steps: int, rasters: int) -> Counts:
        """Zeros for `samples` x `steps`, and rasters of the first `rasters` samples."""
        populations = network.populations
        spiking = [p for p in populations if p.kind.fires]
        potentials = [p for p in populations if has_potential(network, p)]

        def per_step(names) -> dict[str, np.ndarray]:
            return {name: np.zeros((samples, steps), np.int64) for name in names}

        names = [c.name for c in network.connections]
        operations = {ledger: per_step(names) for ledger in LEDGERS}

        width = sum(p.size for p in network.readouts)

        raster = {}
        if rasters:
            for p in spiking:
                raster[p.name] = np.zeros((rasters, steps, p.size), np.int8)

        return cls(
            spikes=per_step([p.name for p in spiking]),
            synaptic_operations=operations,
            outputs=np.zeros((samples, steps, width), np.int64),
            rasters=raster,
            columns=columns_of(network),
            saturations={p.name: np.zeros(samples, np.int64) for p in potentials},
        )

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.outputs)

    @property
    def recorded(self) -> int:
        """Of how many samples, from the first on, every spike is kept."""
        return len(next(iter(self.rasters.values()), ()))

    def between(self, start: int, stop: int) -> Counts:
        """Those of samples `start` to `stop`, as views: what fills them fills these."""

        def cut(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            return {name: array[start:stop] for name, array in arrays.items()}

        operations = {ledger: cut(each) for ledger, each in self.synaptic_operations.items()}
        return Counts(
            spikes=cut(self.spikes),
            synaptic_operations=operations,
            outputs=self.outputs[start:stop],
            rasters=cut(self.rasters) if start < self.recorded else {},
            columns=self.columns,
            saturations=cut(self.saturations),
        )

    def output(self, readout: str) -> np.ndarray:
        """(samples, steps, neurons) view of the potentials of one read-out."""
        columns = self.columns[readout]
        return self.outputs[:, :, columns]


def columns_of(network: SpikingNetwork) -> dict[str, slice]:
    """Read-out -> its columns of the outputs, which lie side by side."""
    columns, width = {}, 0
    for p in network.readouts:
        columns[p.name] = slice(width, width + p.size)
        width += p.size
    return columns


@dataclass(frozen=True)
class Part:
    """The samples that an engine is given at once, one after the other in a longer run.

    Parameters
    ----------
    first : number of the first of them in the run, on which its Poisson events depend.
    seed : of Poisson inputs, and of what is lost.
    workers : processes or threads, where an engine has them; default one per core.
    progress : called with (stage, done, in all); of the samples of this part.
    lost_spikes : probability that a spike is lost on its way; 0 in engines that cannot.
    """

    first: int = 0
    seed: int = 0
    workers: int | None = None
    progress: Progress = silent
    lost_spikes: float = 0.0


def split_inputs(network: SpikingNetwork, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Input population -> its columns of `inputs` (samples, neurons of all inputs)."""
    sizes = [p.size for p in network.inputs]
    ends = np.cumsum(sizes)[:-1]
    parts = np.split(inputs, ends, axis=1)
    names = [p.name for p in network.inputs]
    return dict(zip(names, parts, strict=True))


def events(
    network: SpikingNetwork, pixels: dict[str, np.ndarray], steps: int, seed: int, first: int
) -> dict[str, np.ndarray]:
    """Events of encoded inputs; several inputs draw from different seeds.

    Parameters
    ----------
    pixels : input population -> (samples, neurons) integers.
    seed : of Poisson inputs.
    first : number of the first sample.

    Returns
    -------
    input population -> (samples, steps, neurons); empty where the inputs compute their own spikes.
    """
    encoder = network.encoder
    if encoder is None:
        return {}

    found = {}
    for i, (name, part) in enumerate(pixels.items()):
        found[name] = encode(
            encoder,
            part,
            network.input_levels,
            steps,
            seed + (i << 32),
            first,
        )
    return found
