"""Blueprint: what a device must hold of a network, whether or not it ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ..engines.schedule import schedule
from ..engines.state_width import state_width
from ..network.codes import Code
from ..network.input_codes import InputCode
from ..network.spiking_network import SpikingNetwork
from .layer_summary import LayerSummary, summarise


class Demands(Protocol):
    """Codes, widths and resets; `RunSettings` has them."""

    @property
    def code(self) -> Code:
        """How a value becomes spikes."""
        ...

    @property
    def input_code(self) -> InputCode:
        """How pixels enter."""
        ...

    @property
    def weight_bits(self) -> int:
        """Width of a signed weight."""
        ...

    @property
    def state_bits(self) -> int:
        """Width of a signed potential."""
        ...

    @property
    def resets(self) -> tuple[str, ...]:
        """Names of the resets of the populations."""
        ...

    @property
    def wakes_in_time(self) -> bool:
        """Whether some neurons stay silent unless they fire early."""
        ...


class Blueprint(Protocol):
    """Layers, neurons and what they ask for; a `Trace` has them, and so has a `NetworkPlan`."""

    @property
    def layers(self) -> tuple[LayerSummary, ...]:
        """One per connection."""
        ...

    @property
    def neurons(self) -> Mapping[str, int]:
        """Population -> number of neurons."""
        ...

    @property
    def settings(self) -> Demands:
        """Codes, widths and resets."""
        ...


@dataclass(frozen=True)
class PlannedSettings:
    """The demands of a network that has not run.

    Parameters
    ----------
    code : Code
    input_code : InputCode
    weight_bits, state_bits : int
        Widths of a signed weight and of a signed potential.
    resets : tuple of str
        Names of the resets of the populations.
    wakes_in_time : bool, default False
        Whether some neurons stay silent unless they fire early.
    """

    code: Code
    input_code: InputCode
    weight_bits: int
    state_bits: int
    resets: tuple[str, ...] = ("subtract",)
    wakes_in_time: bool = False


@dataclass(frozen=True)
class NetworkPlan:
    """The blueprint of a network that has not run.

    Parameters
    ----------
    layers : tuple of LayerSummary
        One per connection.
    neurons : mapping of int
        Population -> number of neurons.
    settings : PlannedSettings
    bounded : bool, default False
        Whether the width of a potential is a bound: less may do.
    """

    layers: tuple[LayerSummary, ...]
    neurons: Mapping[str, int]
    settings: PlannedSettings
    bounded: bool = False

    def within(self, state_bits: int) -> NetworkPlan:
        """The same, with potentials of at most so many bits."""
        narrow = min(state_bits, self.settings.state_bits)
        return replace(self, settings=replace(self.settings, state_bits=narrow))

    @classmethod
    def of(
        cls, network: SpikingNetwork, steps: int | None = None, state_bits: int | None = None
    ) -> NetworkPlan:
        """The blueprint of `network`.

        Parameters
        ----------
        network : SpikingNetwork
        steps : int, optional
            Simulated steps of a streaming code, as of `simulate`.
        state_bits : int, optional
            Width of a potential; by default what the worst case of such a run needs.

        Examples
        --------
        >>> from spikewatt.sim.network.connection import Connection
        >>> from spikewatt.sim.network.population import Population
        >>> pixels = Population("input", (2,), "input", threshold=255, bias=0, initial_potential=0)
        >>> classes = Population("output", (2,), "readout", threshold=1, bias=0,
        ...                      initial_potential=0)
        >>> arrow = Connection("input", "output", "dense", [[1, 0], [0, 1]])
        >>> network = SpikingNetwork([pixels, classes], [arrow], "rate", 1 / 255, 1.0, 8)
        >>> plan = NetworkPlan.of(network, steps=8)
        >>> plan.neurons, plan.settings.weight_bits
        ({'input': 2, 'output': 2}, 8)
        """
        if state_bits is None:
            state_bits = state_width(network, schedule(network, steps))
        settings = PlannedSettings(
            network.code,
            network.input_code,
            network.weight_bits,
            state_bits,
            tuple(sorted({str(p.reset) for p in network.populations})),
            any(p.wakes_within for p in network.populations),
        )
        neurons = {p.name: p.size for p in network.populations}
        return cls(summarise(network), neurons, settings)
