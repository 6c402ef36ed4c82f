"""The plan of a sweep: which networks, and which hardware of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .hardware.points import Batch, HardwarePoints, batches_of, hardware_points
from .methods import METHODS
from .network_points import NetworkPoint, network_points
from .samples import Sample, latin_hypercube
from .space import Space


@dataclass(frozen=True)
class Plan:
    """What a sweep has to do.

    Parameters
    ----------
    space : Space
    networks : list of NetworkPoint
    hardware : HardwarePoints
        Of a grid; empty of other methods.
    samples : dict
        Network point -> (number, sample), where points are drawn.
    """

    space: Space
    networks: list[NetworkPoint]
    hardware: HardwarePoints
    samples: dict[int, list[tuple[int, Sample]]] = field(default_factory=dict)

    @classmethod
    def of(cls, space: Space) -> Plan:
        """The plan of a space."""
        networks = network_points(space)
        method = METHODS[space.method]
        if method.name == "grid":
            return cls(space, networks, hardware_points(space))
        samples: dict[int, list[tuple[int, Sample]]] = {}
        if not method.searches:
            drawn = latin_hypercube(space, method.count(space.points))
            for number, sample in enumerate(drawn):
                samples.setdefault(sample.network, []).append((number, sample))
        return cls(space, networks, HardwarePoints(), samples)

    @property
    def wanted(self) -> list[NetworkPoint]:
        """Network points that it looks at; of a search all that it may."""
        if not self.samples:
            return self.networks
        return [point for point in self.networks if point.number in self.samples]

    @property
    def rows(self) -> int:
        """How many points it looks at."""
        if self.hardware.groups:
            return len(self.networks) * self.hardware.size
        return METHODS[self.space.method].count(self.space.points)

    def part_count(self, point: NetworkPoint) -> int:
        """Parts of the store that a network point has."""
        return 1 if self.samples or point.config is None else self.hardware.part_count

    def parts(self, point: NetworkPoint) -> Iterable[list[Batch]]:
        """All hardware of a network point, part by part."""
        if not self.samples:
            yield from self.hardware.parts()
            return
        by_block: dict[int, list[tuple[int, dict]]] = {}
        for number, sample in self.samples[point.number]:
            by_block.setdefault(sample.block, []).append((number, sample.hardware))
        yield [
            batch
            for block, found in sorted(by_block.items())
            for batch in batches_of(found, self.space.hardware[block])
        ]
