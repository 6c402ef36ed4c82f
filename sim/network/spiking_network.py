"""SpikingNetwork: an immutable graph of populations and connections that holds integers only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ... import hdf5
from ...errors import SpikewattError, whole_number
from ...frozen import Rebuilt
from . import network_checks, network_file
from .codes import Code, code_named
from .connection import Connection
from .encoders import Encoder
from .input_codes import InputCode, input_code_named
from .neurons import (
    FiringRule,
    Given,
    Integrate,
    IntegrateAndFire,
    LargestCount,
    Retracting,
    Silent,
)
from .population import Population


@dataclass(frozen=True, eq=False, repr=False)
class SpikingNetwork(Rebuilt):
    """Populations in topological order, the connections between them, and what a spike of the input
    and a unit of the output mean.

    Parameters
    ----------
    populations : of Population; inputs first, in topological order; read-outs feed nothing.
    connections : of Connection; each from an earlier population to a later one.
    code : Code or its name: how a value becomes spikes. Streaming: ``rate``, ``signed`` (with
        negative spikes). Exact: ``radix`` (most significant bit first), ``sync_rate`` (a layer
        fires when all its inputs have arrived).
    input_unit : float > 0, value, as the Keras model takes it, of one unit of integer input (1/255
        for pixels in 0..1).
    output_unit : float > 0, value of one unit of read-out potential per step, in the logits of the
        Keras model. Of several read-outs a mapping from their names to such values, each its own;
        one number is then that of all, or of the last where the populations have units.
    weight_bits : int, width of a signed weight, 2..16.
    name : str, default ``network``.
    input_code : InputCode or its name: ``if`` (default: integrates the pixel), ``bitplane`` (the
        bits of the pixel are its spikes), ``analog`` (no spikes: a host multiplies the first
        layer), or, under ``rate``, an encoder (``poisson``, ``phase`` …; see encoders.py).
    largest_input : int, largest integer input, where the input neurons could take more; default 0
        where they could not.

    Raises
    ------
    SpikewattError : names that clash or do not exist, shapes that do not match, numbers that are
        not integers.

    >>> pixels = Population("input", (2,), "input", threshold=255, bias=0, initial_potential=127)
    >>> classes = Population("output", (3,), "readout", threshold=1, bias=0, initial_potential=0)
    >>> weights = [[1, -2, 3], [4, 5, -6]]
    >>> arrows = [Connection("input", "output", "dense", weights)]
    >>> SpikingNetwork([pixels, classes], arrows, "rate", 1 / 255, 0.01, 8)
    SpikingNetwork(2-3, rate, 6 synapses)
    """

    populations: tuple[Population, ...]
    connections: tuple[Connection, ...]
    code: Code
    input_unit: float
    output_unit: Any
    weight_bits: int
    name: str = "network"
    input_code: InputCode = "if"  # type: ignore[assignment]
    largest_input: int = 0

    def __post_init__(self):
        self._set("populations", tuple(self.populations))
        self._set("connections", tuple(self.connections))
        self._set("code", code_named("SpikingNetwork.code", self.code))
        self._set_whole("largest_input", "is an integer input, or 0", 0, 2**31)
        self._set_whole("weight_bits", "must be a width of signed weights", 2, 16)
        self._set("input_unit", _unit("input_unit", self.input_unit))
        self._set_output_unit()

        input_code = input_code_named("SpikingNetwork.input_code", self.input_code)
        self._set("input_code", input_code)
        network_checks.check(self)

    def _set(self, field: str, value) -> None:
        object.__setattr__(self, field, value)

    def _set_whole(self, field: str, law: str, low: int, high: int) -> None:
        """Make `field` an integer in low..high, or raise SpikewattError."""
        where = f"SpikingNetwork.{field}"
        number = whole_number(where, law, getattr(self, field), low, high)
        self._set(field, number)

    def _set_output_unit(self) -> None:
        """A number for one read-out; for several a dict, from the name of each to its own."""
        given = self.output_unit
        readouts = self.readouts
        if isinstance(given, Mapping):
            units = _units_of(given, readouts)
            own = [_with_unit(p, units.get(p.name)) for p in self.populations]
            self._set("populations", tuple(own))
        else:
            number = _unit("output_unit", given)
            own_units = [float(np.ravel(p.unit)[0]) for p in readouts]
            if own_units[-1:] != [number]:
                own_units = [number] * len(readouts)
            units = dict(zip((p.name for p in readouts), own_units, strict=True))
            units = units or {"": number}

        numbers = list(units.values())
        self._set("output_unit", numbers[0] if len(units) == 1 else units)

    @property
    def output_units(self) -> dict[str, float]:
        """Read-out -> value of one unit of its potential per step, however many there are."""
        if isinstance(self.output_unit, Mapping):
            return dict(self.output_unit)
        return {p.name: self.output_unit for p in self.readouts}

    def __repr__(self) -> str:
        shapes = ["x".join(map(str, p.shape)) for p in self.populations]
        sizes = "-".join(shapes)
        if len(sizes) > 60:
            sizes = f"{self.name}, {len(self.populations)} populations"
        synapses = _amount(self.synapses)
        return f"SpikingNetwork({sizes}, {self.code}, {synapses} synapses)"

    def population(self, name: str) -> Population:
        """The population called `name`; an unknown name is an error that lists the known ones."""
        for p in self.populations:
            if p.name == name:
                return p

        law = "must name a population"
        known = ", ".join(p.name for p in self.populations)
        raise SpikewattError("SpikingNetwork.population", law, repr(name), known)

    def incoming(self, name: str) -> list[Connection]:
        """Connections into population `name`."""
        return [c for c in self.connections if c.post == name]

    def outgoing(self, name: str) -> list[Connection]:
        """Connections out of population `name`."""
        return [c for c in self.connections if c.pre == name]

    def fan_out(self, connection: Connection, nonzero: bool = False) -> np.ndarray:
        """(pre size,) number of synapses of each pre neuron.

        With `nonzero`, those of weight != 0 only.
        """
        pre = self.population(connection.pre)
        post = self.population(connection.post)
        return connection.fan_out(pre.shape, post.shape, nonzero)

    def rule(self, population: Population) -> FiringRule:
        """How the neurons of `population` decide at a step."""
        kind = population.kind
        if kind.is_input:
            return self._input_rule()
        if kind.is_readout:
            return Integrate()
        if kind.compares:
            return LargestCount()
        if self.code.negative_spikes:
            return Retracting()
        return IntegrateAndFire()

    def _input_rule(self) -> FiringRule:
        if self.input_code.analog:
            return Silent()
        if self.input_code.encoded:
            return Given()
        return IntegrateAndFire()

    @property
    def encoder(self) -> Encoder | None:
        """What makes the events of the inputs.

        None where they compute their own spikes, or send none.
        """
        if isinstance(self.input_code, Encoder):
            return self.input_code
        return None

    @property
    def inputs(self) -> tuple[Population, ...]:
        """The input populations, first in the order of the populations."""
        return tuple(p for p in self.populations if p.kind.is_input)

    @property
    def readouts(self) -> tuple[Population, ...]:
        """The read-out populations, in order."""
        return tuple(p for p in self.populations if p.kind.is_readout)

    @property
    def input_levels(self) -> int:
        """Largest integer input."""
        if self.largest_input:
            return self.largest_input
        if self.input_code.doubles:
            return max(p.levels for p in self.inputs)
        return int(max(p.threshold.max() for p in self.inputs))

    @property
    def input_max(self) -> float:
        """Largest input value, as the Keras model takes it."""
        return self.input_unit * self.input_levels

    @property
    def input_range(self) -> tuple[float, float]:
        """Lowest and largest input value, as the Keras model takes them."""
        highest = self.input_max
        lowest = -highest if self.input_code.takes_negative else 0.0
        return lowest, highest

    @cached_property
    def synapses(self) -> int:
        """Synapses that exist, borders exact."""
        return sum(int(self.fan_out(c).sum()) for c in self.connections)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over structure and numbers; equal networks have equal hashes on every machine."""
        structure = network_file.structure_of(self)
        text = json.dumps(structure, sort_keys=True)
        digest = hashlib.sha256(text.encode())

        arrays = network_file.arrays_of(self)
        for key, array in sorted(arrays.items()):
            heading = f"{key}{array.shape}"
            digest.update(heading.encode())
            hdf5.update(digest, array)
        return digest.hexdigest()

    def save(self, path) -> None:
        """Write one ``.spk`` file (HDF5), whole or not at all."""
        network_file.save(self, path)

    @classmethod
    def load(cls, path) -> SpikingNetwork:
        """Read a ``.spk`` file; raises FileFormatError on a truncated, foreign or altered one."""
        return network_file.load(cls, path)


def _unit(field: str, unit) -> float:
    """`unit` as a float, if it is a value above 0."""
    number = isinstance(unit, float | int | np.floating | np.integer)
    if not number or not 0 < unit < np.inf:
        law = "is a value above 0"
        raise SpikewattError(f"SpikingNetwork.{field}", law, repr(unit))
    return float(unit)


def _units_of(given: Mapping, readouts: tuple[Population, ...]) -> dict[str, float]:
    """Read-out -> unit, if `given` has one for each."""
    names = [p.name for p in readouts]
    if sorted(given) != sorted(names):
        law = "has a value for each read-out"
        raise SpikewattError("SpikingNetwork.output_unit", law, list(given), ", ".join(names))
    return {name: _unit("output_unit", given[name]) for name in names}


def _with_unit(population: Population, unit: float | None) -> Population:
    """`population`, whose unit is `unit` unless that is None or it has it."""
    if unit is None or np.all(population.unit == unit):
        return population
    return replace(population, unit=unit)


def _amount(count: int) -> str:
    """A count in three digits: 640, 3.6 k, 12 M."""
    amount = float(count)
    for suffix in ("", " k", " M"):
        if amount < 1000:
            return f"{amount:.3g}{suffix}"
        amount /= 1000
    return f"{amount:.3g} G"
