"""SpikingNetwork: an immutable graph of populations and connections that holds integers only."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ... import files as hdf5
from ...errors import SpikewattError, one_of, whole_number
from .connection import Connection
from .encoders import ENCODERS
from .geometry import Geometry, fan_out, output_shape
from .population import Population

FORMAT = "spikewatt-network"
VERSION = 3

STREAMING_CODES = ("rate", "signed")
EXACT_CODES = ("radix", "sync_rate")
CODES = STREAMING_CODES + EXACT_CODES
INPUT_CODES = ("if", "bitplane", "analog", *ENCODERS)


@dataclass(frozen=True, eq=False)
class SpikingNetwork:
    """Populations in topological order, the connections between them, and what a spike of the input and a unit of the output mean.

    Parameters
    ----------
    populations : inputs first, in topological order; read-outs feed nothing.
    connections : each from an earlier population to a later one.
    code : how a value becomes spikes. Streaming: ``rate``, ``signed`` (with negative spikes). Exact: ``radix`` (most significant
        bit first), ``sync_rate`` (a layer fires when all its inputs have arrived).
    input_code : ``if`` (integrates the pixel), ``bitplane`` (the bits of the pixel are its spikes), ``analog`` (no spikes: a
        host multiplies the first layer), or, under ``rate``, the name of an encoder (``poisson``, ``phase`` …; see encoders.py).
    largest_input : largest integer input, where the input neurons could take more; 0 where they could not.
    input_unit : value, as the Keras model takes it, of one unit of integer input (1/255 for pixels in 0..1).
    output_unit : value of one unit of read-out potential per step, in the logits of the Keras model.
    weight_bits : width of a signed weight.

    Raises
    ------
    SpikewattError : names that clash or do not exist, shapes that do not match, numbers that are not integers.
    """

    populations: tuple[Population, ...]
    connections: tuple[Connection, ...]
    code: str
    input_unit: float
    output_unit: float
    weight_bits: int
    name: str = "network"
    input_code: str = "if"
    largest_input: int = 0

    def __post_init__(self):
        object.__setattr__(self, "populations", tuple(self.populations))
        object.__setattr__(self, "connections", tuple(self.connections))
        one_of("SpikingNetwork.code", "must be a known code", self.code, CODES)
        largest = whole_number(
            "SpikingNetwork.largest_input",
            "is an integer input, or 0",
            self.largest_input,
            0,
            2**31,
        )
        object.__setattr__(self, "largest_input", largest)
        bits = whole_number(
            "SpikingNetwork.weight_bits",
            "must be a width of signed weights",
            self.weight_bits,
            2,
            16,
        )
        object.__setattr__(self, "weight_bits", bits)
        for name in ("input_unit", "output_unit"):
            unit = getattr(self, name)
            if not (isinstance(unit, float | int | np.floating | np.integer) and 0 < unit < np.inf):
                raise SpikewattError(f"SpikingNetwork.{name}", "is a value above 0", repr(unit))
            object.__setattr__(self, name, float(unit))
        order = {p.name: i for i, p in enumerate(self.populations)}
        if len(order) != len(self.populations):
            raise SpikewattError(
                "SpikingNetwork.populations", "names are unique", [p.name for p in self.populations]
            )
        one_of(
            "SpikingNetwork.input_code", "must be a known input code", self.input_code, INPUT_CODES
        )
        if self.input_code in ENCODERS and self.code != "rate":
            raise SpikewattError(
                "SpikingNetwork.input_code",
                f"{self.input_code} drives a streaming rate",
                f"code {self.code}",
                "code 'rate'",
            )
        kinds = [p.kind for p in self.populations]
        if "readout" not in kinds or kinds[: kinds.count("input")] != ["input"] * max(
            kinds.count("input"), 1
        ):
            raise SpikewattError(
                "SpikingNetwork.populations", "begin with the inputs and hold a readout", kinds
            )
        names = [c.name for c in self.connections]
        if len(set(names)) != len(names):
            raise SpikewattError(
                "SpikingNetwork.connections", "have different names; set branch", names
            )
        for p in self.populations:
            if p.kind == "max_pool" and (
                p.initial_potential.any() or p.bias.any() or (p.threshold != 1).any()
            ):
                raise SpikewattError(
                    f"Population {p.name!r}", "a max pool has threshold 1, no bias and starts at 0"
                )
            if p.kind == "input" and p.bias.any():
                raise SpikewattError(
                    f"Population {p.name!r}.bias",
                    "is 0 for an input, whose bias is the pixel",
                    int(p.bias.max()),
                )
        limit = 2 ** (self.weight_bits - 1) - 1
        for p in self.populations:
            self._check_code(p)
        for c in self.connections:
            where = f"Connection {c.name!r}"
            if c.pre not in order or c.post not in order or order[c.pre] >= order[c.post]:
                raise SpikewattError(
                    where,
                    "goes from an earlier population to a later one",
                    c.name,
                    ", ".join(order),
                )
            pre, post = self.population(c.pre), self.population(c.post)
            if (c.kind == "max_pool") != (post.kind == "max_pool"):
                raise SpikewattError(
                    where,
                    "max_pool connections and populations go together",
                    f"{c.kind} into {post.kind}",
                )
            expected = output_shape(c, pre.shape)
            if expected != post.shape:
                raise SpikewattError(
                    where,
                    "the shape it produces is that of its post population",
                    expected,
                    post.shape,
                )
            if c.kind == "max_pool":
                self._check_max_pool(where, pre, post)
            if pre.kind == "readout":
                raise SpikewattError(where, "a readout feeds nothing", pre.name)
            # An identity synapse carries a ratio of units, one per channel, and is as wide as it has to be.
            if c.weights is not None and c.kind != "identity" and np.abs(c.weights).max() > limit:
                raise SpikewattError(
                    where,
                    f"weights have {self.weight_bits} bits",
                    int(np.abs(c.weights).max()),
                    f"-{limit}..{limit}",
                )
        fed = {c.post for c in self.connections}
        for p in self.populations:
            if self.code != "rate" and p.kind != "readout" and p.levels < 1:
                raise SpikewattError(
                    f"Population {p.name!r}.levels", f"is at least 1 under {self.code}", p.levels
                )
            if p.kind != "input" and p.name not in fed:
                raise SpikewattError(
                    f"Population {p.name!r}", "has at least one incoming connection", "none"
                )

    def _check_code(self, p: Population) -> None:
        """Raise where the code or the input code leaves `p` no choice, and it chose otherwise."""
        where, start = f"Population {p.name!r}", p.initial_potential
        if p.kind == "input":
            one = p.threshold.ndim == 0 and (
                self.input_code == "bitplane"
                or int(p.threshold) == int(self.inputs[0].threshold.max())
            )
            law = f"inputs are alike: under {self.input_code} "
            if not one or p.reset != "subtract":
                raise SpikewattError(
                    f"{where}.threshold",
                    law + "one threshold for all, reset by subtraction",
                    p.threshold.shape,
                )
            if self.input_code != "if" and start.any():
                raise SpikewattError(
                    f"{where}.initial_potential", law + "they start at 0", int(start.max()), 0
                )
            if self.input_code == "if" and not (start.min() >= 0 and (start < p.threshold).all()):
                raise SpikewattError(
                    f"{where}.initial_potential",
                    law + "they start below the threshold",
                    int(start.max()),
                )
            if self.input_code == "bitplane" and (p.threshold != 1).any():
                raise SpikewattError(
                    f"{where}.threshold", law + "it is 1", int(p.threshold.max()), 1
                )
        elif self.code in EXACT_CODES:
            if p.bias.any():
                raise SpikewattError(
                    f"{where}.bias",
                    f"{self.code} adds the bias once, as initial potential",
                    int(p.bias.max()),
                    0,
                )
            if p.reset != "subtract":
                raise SpikewattError(
                    f"{where}.reset", f"{self.code} subtracts what it sends", p.reset, "subtract"
                )
            if self.code == "radix" and p.kind != "readout" and p.levels & (p.levels + 1):
                raise SpikewattError(
                    f"{where}.levels", "radix transmits 2^K - 1 levels", p.levels, "1, 3, 7, 15, …"
                )

    def _check_max_pool(self, where: str, pre: Population, post: Population) -> None:
        if pre.kind == "input" and (self.code, self.input_code) not in (
            ("rate", "if"),
            ("radix", "bitplane"),
        ):
            got = f"an {self.input_code} input under {self.code}"
            raise SpikewattError(
                where,
                "a max pool compares spikes of its own code",
                got,
                "a ReLU in front; rate with if, radix with bitplane",
            )
        if self.code in EXACT_CODES and (
            len(self.incoming(post.name)) > 1 or post.levels != pre.levels
        ):
            raise SpikewattError(
                where,
                "a max pool repeats one population",
                f"levels {post.levels} of {pre.levels}",
                "one source, its levels",
            )

    def population(self, name: str) -> Population:
        """The population called `name`; an unknown name is an error that lists the known ones."""
        for p in self.populations:
            if p.name == name:
                return p
        raise SpikewattError(
            "SpikingNetwork.population",
            "must name a population",
            repr(name),
            ", ".join(p.name for p in self.populations),
        )

    def incoming(self, name: str) -> list[Connection]:
        """Connections into population `name`."""
        return [c for c in self.connections if c.post == name]

    def outgoing(self, name: str) -> list[Connection]:
        """Connections out of population `name`."""
        return [c for c in self.connections if c.pre == name]

    def fan_out(self, connection: Connection, nonzero: bool = False) -> np.ndarray:
        """(pre size,) number of synapses of each pre neuron; with `nonzero`, those of weight != 0 only."""
        return fan_out(
            connection,
            self.population(connection.pre).shape,
            self.population(connection.post).shape,
            nonzero,
        )

    @property
    def inputs(self) -> tuple[Population, ...]:
        """The input populations, first in the order of the populations."""
        return tuple(p for p in self.populations if p.kind == "input")

    @property
    def readouts(self) -> tuple[Population, ...]:
        """The read-out populations, in order."""
        return tuple(p for p in self.populations if p.kind == "readout")

    @property
    def input_levels(self) -> int:
        """Largest integer input."""
        if self.largest_input:
            return self.largest_input
        return int(
            max(
                p.levels if self.input_code == "bitplane" else p.threshold.max()
                for p in self.inputs
            )
        )

    @cached_property
    def hash(self) -> str:
        """SHA-256 over structure and numbers; equal networks have equal hashes on every machine."""
        digest = hashlib.sha256(json.dumps(self._structure(), sort_keys=True).encode())
        for key, array in sorted(self._arrays().items()):
            digest.update(
                f"{key}{array.shape}".encode() + np.ascontiguousarray(array, "<i8").tobytes()
            )
        return digest.hexdigest()

    def _structure(self) -> dict:
        return {
            "name": self.name,
            "code": self.code,
            "weight_bits": self.weight_bits,
            "input_code": self.input_code,
            "largest_input": self.largest_input,
            "input_unit": float(self.input_unit),
            "output_unit": float(self.output_unit),
            "populations": [
                {
                    "name": p.name,
                    "shape": list(p.shape),
                    "kind": p.kind,
                    "levels": p.levels,
                    "reset": p.reset,
                    "unit": np.asarray(p.unit).tolist(),
                }
                for p in self.populations
            ],
            "connections": [
                {
                    "pre": c.pre,
                    "post": c.post,
                    "kind": c.kind,
                    "geometry": c.geometry.as_lists() if c.geometry else None,
                    "pooled": c.pooled.as_lists() if c.pooled else None,
                    "branch": c.branch,
                }
                for c in self.connections
            ],
        }

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {
            f"connection_{i}_weights": c.weights
            for i, c in enumerate(self.connections)
            if c.weights is not None
        }
        for i, p in enumerate(self.populations):
            for field in ("threshold", "bias", "initial_potential"):
                arrays[f"population_{i}_{field}"] = getattr(p, field)
        return arrays

    def save(self, path) -> None:
        """Write one ``.spk`` file (HDF5), whole or not at all."""
        with hdf5.writing(path, FORMAT, VERSION) as file:
            file.attrs["structure"] = json.dumps(self._structure())
            file.attrs["hash"] = self.hash
            for key, array in self._arrays().items():
                hdf5.put(file, key, array)

    @classmethod
    def load(cls, path) -> SpikingNetwork:
        """Read a ``.spk`` file; raises FileFormatError on a truncated, foreign or altered one."""
        with hdf5.reading(path, FORMAT, VERSION) as file:
            s = json.loads(file.attrs["structure"])
            populations = []
            for i, p in enumerate(s["populations"]):
                threshold, bias, start = (
                    file[f"population_{i}_{field}"][()]
                    for field in ("threshold", "bias", "initial_potential")
                )
                populations.append(
                    Population(
                        p["name"],
                        tuple(p["shape"]),
                        p["kind"],
                        threshold,
                        bias,
                        start,
                        p["levels"],
                        p["reset"],
                        p["unit"],
                    )
                )
            connections = [
                Connection(
                    c["pre"],
                    c["post"],
                    c["kind"],
                    file[f"connection_{i}_weights"][()]
                    if f"connection_{i}_weights" in file
                    else None,
                    Geometry.from_lists(c["geometry"]) if c["geometry"] else None,
                    Geometry.from_lists(c["pooled"]) if c["pooled"] else None,
                    c["branch"],
                )
                for i, c in enumerate(s["connections"])
            ]
            network = cls(
                tuple(populations),
                tuple(connections),
                s["code"],
                s["input_unit"],
                s["output_unit"],
                s["weight_bits"],
                s["name"],
                s["input_code"],
                s["largest_input"],
            )
            hdf5.same_hash(Path(path), file.attrs["hash"], network.hash)
        return network
