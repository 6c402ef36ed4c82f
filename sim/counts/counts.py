"""Counts: what happened in one inference of a network, without its weights or its simulator.

A network of another tool, the log of a chip, or a table of a paper can then be priced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ...errors import SpikewattError
from . import fields
from .file import read_counts, write_counts

ROUNDING = 1e-9  # by which a product of means may lie above a count


@dataclass(frozen=True)
class LayerCounts:
    """One layer of neurons, and what its spikes caused in one inference (mean over the samples).

    Parameters
    ----------
    name : str
        No two layers have the same.
    neurons : int
        How many it has, those that never spike included.
    fan_out : float
        Synapses that a spike of one of its neurons meets, mean; 0 for a read-out.
    spikes : float
        Spikes that its neurons sent, all steps together.
    synaptic_operations : float
        Operations that these spikes caused, at most ``spikes * fan_out``.
    is_input : bool, default False
        Whether its spikes come from outside, so that no neuron of it is updated.
    active_updates : float, optional
        Neuron updates after which the neuron fired; where unknown, one for each spike.
    idle_updates : float, optional
        Other neuron updates; where unknown, those that the chip does.
    cores : int, optional
        Cores that it is spread over, or an input comes in by; where unknown, as few as hold it.
    row_length : float, optional
        Synapses that an event meets at one core; where unknown, `fan_out` over the cores of the
        next layer that it reaches: as few as hold so many neurons.
    parameters : int, optional
        Weights and biases that are stored for its synapses; where unknown, a weight for each
        synapse (those of a convolution are far fewer) and a bias for each neuron that it feeds.
    """

    name: str
    neurons: int
    fan_out: float
    spikes: float
    synaptic_operations: float
    is_input: bool = False
    active_updates: float | None = None
    idle_updates: float | None = None
    cores: int | None = None
    row_length: float | None = None
    parameters: int | None = None


@dataclass(frozen=True)
class Counts:
    """What happened in one inference, layer by layer in the order of the data.

    Parameters
    ----------
    layers : sequence of LayerCounts, or of mappings with their fields
        In the order of the data; each feeds the next one that is no input. Rows of a pandas table
        are mappings; NaN in an optional field is one that nobody knows.
    steps : int
        Steps of one inference.
    time_s : float, optional
        s that an inference took where it ran: the price then takes it in place of a prediction.
    spikes_per_step : int, default 1
        Most spikes that a neuron sends in one step.
    leaks : bool, default False
        Whether potentials leak.
    reset : str, default "subtract"
        ``subtract`` or ``zero``, which a neuron does that fired.

    Raises
    ------
    SpikewattError
        A field that is missing, unknown, negative or not finite; counts that contradict each
        other; an input that has synapses and feeds no layer.

    Examples
    --------
    >>> layers = [
    ...     {"name": "in", "neurons": 4, "fan_out": 2, "spikes": 8, "synaptic_operations": 16},
    ...     {"name": "out", "neurons": 2, "fan_out": 0, "spikes": 1, "synaptic_operations": 0},
    ... ]
    >>> counts = Counts(layers, steps=10)
    >>> counts.neurons, counts.spikes, counts.synaptic_operations
    (6, 9.0, 16.0)
    """

    # Without a value both end in one line; mappings are taken as layers, too, and become these.
    layers: Sequence[LayerCounts] = ()
    steps: int = 0
    time_s: float | None = field(default=None, kw_only=True)
    spikes_per_step: int = field(default=1, kw_only=True)
    leaks: bool = field(default=False, kw_only=True)
    reset: str = field(default="subtract", kw_only=True)

    def __post_init__(self) -> None:
        for name, kind in fields.INFERENCE.items():
            value = getattr(self, name)
            if value is not None or name not in fields.MAY_BE_UNKNOWN:
                object.__setattr__(self, name, kind.checked(f"Counts.{name}", value))

        layers = tuple(_layer(number, each) for number, each in enumerate(_listed(self.layers)))
        object.__setattr__(self, "layers", layers)
        _check_names(layers)
        for layer in layers:
            _check_against_each_other(layer, self)
            _check_leads_somewhere(layer, self)

    @property
    def neurons(self) -> int:
        """Neurons of all layers, those of inputs included."""
        return sum(layer.neurons for layer in self.layers)

    @property
    def spikes(self) -> float:
        """Spikes of all layers."""
        return sum(layer.spikes for layer in self.layers)

    @property
    def synaptic_operations(self) -> float:
        """Synaptic operations of all layers."""
        return sum(layer.synaptic_operations for layer in self.layers)

    def fed_by(self, layer: LayerCounts) -> LayerCounts | None:
        """The layer that one feeds: the next that is no input; None of the last."""
        return self._fed[layer.name]

    def heard_by(self, layer: LayerCounts) -> LayerCounts | None:
        """The layer whose neurons hear its spikes: the one that it feeds, of the last itself.

        None where nobody does: of a layer without a fan-out, of an input after all others.
        """
        if not layer.fan_out:
            return None
        return self.fed_by(layer) or (None if layer.is_input else layer)

    @cached_property
    def _fed(self) -> dict[str, LayerCounts | None]:
        """Layer -> what it feeds, all in one go from the last one on."""
        fed: dict[str, LayerCounts | None] = {}
        behind = None
        for layer in reversed(self.layers):
            fed[layer.name] = behind
            behind = behind if layer.is_input else layer
        return fed

    def updates_of(self, layer: LayerCounts) -> float:
        """Neuron updates of a layer: those that were counted, else one per neuron and step."""
        if layer.is_input:
            return 0.0
        if layer.idle_updates is None:
            return float(layer.neurons * self.steps)
        return self.active_updates_of(layer) + layer.idle_updates

    def active_updates_of(self, layer: LayerCounts) -> float:
        """Updates after which a neuron fires: those that were counted, else one for each spike.

        A neuron that sends several spikes in a step is updated once.
        """
        if layer.active_updates is not None:
            return layer.active_updates
        return min(layer.spikes, layer.neurons * self.steps - (layer.idle_updates or 0.0))

    def save(self, path: str | Path) -> None:
        """Write a ``.json`` file, whole or not at all."""
        write_counts(self, path)

    @classmethod
    def load(cls, path: str | Path, steps: int | None = None) -> Counts:
        """Read a JSON file, or a CSV with one row per layer; see docs/how_to/counts.md.

        Parameters
        ----------
        path : str or Path
        steps : int, optional
            Steps of one inference, of a file that does not say them.

        Raises
        ------
        SpikewattError
            No such file, none of counts, a field that is missing, unknown, negative or not finite,
            counts that contradict each other; with the line.
        """
        return read_counts(cls, path, steps)

    def __repr__(self) -> str:
        names = ", ".join(layer.name for layer in self.layers)
        return f"Counts({self.steps} steps, {names})"


def _listed(layers: object) -> list[Any]:
    """The layers that were given, of which there is one at least."""
    if isinstance(layers, str | bytes | Mapping) or not isinstance(layers, Iterable):
        law = "must be a list of layers"
        raise SpikewattError("Counts.layers", law, type(layers).__name__)
    try:
        found = list(layers)
    except TypeError as error:  # an array of no axis
        raise SpikewattError("Counts.layers", "must be a list of layers", layers) from error
    if not found:
        raise SpikewattError("Counts.layers", "must have a layer", "none")
    return found


def _layer(number: int, given: LayerCounts | Mapping[str, Any]) -> LayerCounts:
    """One layer, its fields checked one by one."""
    where = f"Counts.layers[{number}]"
    if isinstance(given, LayerCounts):
        values = {name: getattr(given, name) for name in fields.LAYER}
    elif isinstance(given, Mapping) or fields.is_table_row(given):
        values = {name: given[name] for name in given.keys()}  # noqa: SIM118, of a row its values
        values = {
            name: None if name in fields.OPTIONAL and fields.is_missing(value) else value
            for name, value in values.items()
        }
    else:
        law = "must be a mapping of fields, or LayerCounts"
        raise SpikewattError(where, law, type(given).__name__)

    fields.check_known(where, values, fields.REQUIRED, fields.OPTIONAL)
    found = {"name": fields.REQUIRED["name"].checked(f"{where}.name", values["name"])}
    where = f"layer {found['name']!r}"
    for name, kind in fields.LAYER.items():
        value = values.get(name)
        if name in fields.REQUIRED or value is not None:
            found[name] = kind.checked(f"{where}: {name}", value)
    return LayerCounts(**found)


def _check_names(layers: Sequence[LayerCounts]) -> None:
    names = [layer.name for layer in layers]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        law = "must have different names"
        raise SpikewattError("Counts.layers", law, f"{', '.join(twice)} more than once")


def _check_against_each_other(layer: LayerCounts, counts: Counts) -> None:
    """Raise SpikewattError where the counts of a layer contradict each other."""
    where = f"layer {layer.name!r}"
    visits = layer.neurons * counts.steps
    most_spikes = visits * counts.spikes_per_step
    law = "sends at most neurons * steps * spikes_per_step spikes"
    _at_most(f"{where}: spikes", law, layer.spikes, most_spikes)

    law = "has at most spikes * fan_out synaptic operations"
    met = layer.spikes * layer.fan_out
    _at_most(f"{where}: synaptic_operations", law, layer.synaptic_operations, met)

    _check_updates(where, layer, counts)
    if layer.row_length is not None:
        law = "a row is at most as long as the fan-out"
        _at_most(f"{where}: row_length", law, layer.row_length, layer.fan_out)


def _check_leads_somewhere(layer: LayerCounts, counts: Counts) -> None:
    """Raise SpikewattError where an input has synapses, and no layer that they lead to."""
    if layer.is_input and layer.fan_out and counts.fed_by(layer) is None:
        where = f"layer {layer.name!r}: fan_out"
        law = "an input has a fan-out only where a layer that is no input comes after it"
        hint = "layers stand in the order of the data; the fan-out of a read-out is 0"
        raise SpikewattError(where, law, f"{layer.fan_out:g}", "0", hint)


def _check_updates(where: str, layer: LayerCounts, counts: Counts) -> None:
    """Raise SpikewattError where updates contradict spikes or steps."""
    active, idle = layer.active_updates, layer.idle_updates
    if layer.is_input:
        if updates := (active or 0.0) + (idle or 0.0):
            raise SpikewattError(where, "is an input, which has no neuron updates", updates)
        return

    fewest = layer.spikes / counts.spikes_per_step
    if active is not None:
        at = f"{where}: active_updates"
        _at_most(at, "are followed by a spike each, or more", active, layer.spikes)
        if active < fewest * (1 - ROUNDING):
            law = "are followed by at most spikes_per_step spikes each"
            raise SpikewattError(at, law, f"{active:.10g}", f">= {fewest:.10g}")
    if idle is not None or active is not None:
        at, unsaid = f"{where}: active_updates + idle_updates", active is None
        if unsaid:
            at = f"{where}: spikes / spikes_per_step + idle_updates"
        law = "updates each of its neurons at most once in a step"
        updates = (fewest if active is None else active) + (idle or 0.0)
        _at_most(at, law, updates, layer.neurons * counts.steps)


def _at_most(where: str, law: str, got: float, most: float) -> None:
    if got > most * (1 + ROUNDING):
        raise SpikewattError(where, law, f"{got:.10g}", f"<= {most:.10g}")
