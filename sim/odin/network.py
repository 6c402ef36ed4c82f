"""OdinNetwork: a network that one ODIN core can execute, in whole numbers of its width."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ... import files
from ...errors import DoesNotFitError, SpikewattError, check_name, one_of, whole_number

FORMAT = "spikewatt-odin-network"
VERSION = 1

INDICES = 256  # each is an axon and a neuron
LARGEST_WEIGHT, LARGEST_THRESHOLD = 7, 255
INPUT_CODES = ("rate", "rank_order")
READOUTS = ("potential", "first_spike")
SETTINGS = (
    "input_code",
    "readout",
    "bias_events",
    "input_levels",
    "largest_pixel",
    "brightness",
    "name",
)


@dataclass(frozen=True, eq=False)
class OdinNetwork:
    """Layers, the code of the input and the way to read the output.

    One inference, from potentials of 0: `bias_events` events of weight 7 to all neurons of the first layer; all inhibitory input
    events; all excitatory ones. So a neuron of the first layer has max(0, 7 bias_events − I) + E when all is in, and fires where that
    reaches its threshold; it starts again from 0. Time plays no part: there are events, in order, and no steps.

    Parameters
    ----------
    layers : one (pre, post) array of integers per layer. First layer −7..7; an input with both signs takes two axons, whose sign is
        that of all its synapses. Later layers 0..7: a neuron is one axon, and adding a constant to all synapses of an axon changes no
        difference between classes.
    thresholds : one (post,) array per layer, 1..255; those of the first layer above the 7 bias_events with which it begins.
    input_code : ``rate`` (a pixel sends round(pixel input_levels / largest_pixel) events) or ``rank_order`` (a pixel above `brightness`
        sends one event, brightest first, ties by index).
    readout : ``potential`` (the class with the largest potential, and before it the one with most spikes) or ``first_spike`` (the class
        of the first output spike, after which the host sends nothing; without any the largest potential). Ties go to the lowest class.
    bias_events : 0..36. input_levels : events of a pixel at most, 1..255. largest_pixel : 1..255. brightness : 0..largest_pixel-1.

    Raises
    ------
    SpikewattError : shapes that do not follow each other, numbers out of range.
    DoesNotFitError : weights beyond 3 bits, two signs where there is one axon, more axons and neurons than 256 indices.
    """

    layers: tuple[np.ndarray, ...]
    thresholds: tuple[np.ndarray, ...]
    input_code: str
    readout: str
    bias_events: int = 0
    input_levels: int = 1
    largest_pixel: int = 255
    brightness: int = 0
    name: str = "odin"

    def __post_init__(self):
        where = "OdinNetwork"
        check_name(f"{where}.name", self.name)
        one_of(f"{where}.input_code", "must be a known input code", self.input_code, INPUT_CODES)
        one_of(f"{where}.readout", "must be a known read-out", self.readout, READOUTS)
        for key, law, low, high in (
            ("bias_events", "leaves the potential below a threshold", 0, 36),
            ("input_levels", "must be a number of events", 1, 255),
            ("largest_pixel", "must be the pixel of full brightness", 1, 255),
            ("brightness", "must be below the largest pixel", 0, self.largest_pixel - 1),
        ):
            object.__setattr__(
                self, key, whole_number(f"{where}.{key}", law, getattr(self, key), low, high)
            )
        setting, fixed = ("brightness", 0) if self.input_code == "rate" else ("input_levels", 1)
        if getattr(self, setting) != fixed:
            raise SpikewattError(
                f"{where}.{setting}",
                f"plays no part under {self.input_code}",
                getattr(self, setting),
                fixed,
            )
        layers = tuple(
            _integers(f"{where}.layers[{i}]", layer, 2) for i, layer in enumerate(self.layers)
        )
        thresholds = tuple(
            _integers(f"{where}.thresholds[{i}]", values, 1)
            for i, values in enumerate(self.thresholds)
        )
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "thresholds", thresholds)
        if not layers or len(thresholds) != len(layers):
            raise SpikewattError(
                f"{where}.thresholds",
                "has one array per layer",
                len(thresholds),
                max(1, len(layers)),
            )
        for i, (layer, threshold) in enumerate(zip(layers, thresholds, strict=True)):
            self._check_layer(i, layer, threshold)
        check_size(
            self.inputs,
            [layer.shape[1] for layer in self.layers],
            self.doubled,
            self.bias_events > 0,
        )

    def _check_layer(self, i: int, layer: np.ndarray, threshold: np.ndarray) -> None:
        where = f"OdinNetwork.layers[{i}]"
        if min(layer.shape) < 1 or (i and layer.shape[0] != self.layers[i - 1].shape[1]):
            wanted = f"({self.layers[i - 1].shape[1]}, neurons)" if i else "(inputs, neurons)"
            raise SpikewattError(where, "takes what the layer before it gives", layer.shape, wanted)
        if np.abs(layer).max() > LARGEST_WEIGHT:
            raise DoesNotFitError(where, "a synapse has 3 bits and its axon the sign", int(layer.flat[np.abs(layer).argmax()]),
                                  "-7..7 in the first layer, 0..7 in the others")  # fmt: skip
        if i and layer.min() < 0:
            raise DoesNotFitError(
                where,
                "a neuron is one axon, excitatory",
                int(layer.min()),
                "0..7: subtract the least of each row",
            )
        least = 1 + (LARGEST_WEIGHT * self.bias_events if i == 0 else 0)
        if (
            threshold.shape != (layer.shape[1],)
            or threshold.min() < least
            or threshold.max() > LARGEST_THRESHOLD
        ):
            got = (
                f"{threshold.shape} of {threshold.min()}..{threshold.max()}"
                if threshold.size
                else threshold.shape
            )
            raise SpikewattError(f"OdinNetwork.thresholds[{i}]", "one per neuron, 8 bits, above the potential before the input", got,
                                 f"({layer.shape[1]},) of {least}..{LARGEST_THRESHOLD}")  # fmt: skip

    @property
    def doubled(self) -> bool:
        """Whether every input takes an inhibitory and an excitatory axon."""
        return bool(self.layers[0].min() < 0)

    @property
    def open_loop(self) -> bool:
        """Whether spikes only leave the core: one layer. In closed loop no index can be an input axon and a neuron at once."""
        return len(self.layers) == 1

    @property
    def inputs(self) -> int:
        """Number of pixels."""
        return self.layers[0].shape[0]

    @property
    def classes(self) -> int:
        """Number of output neurons."""
        return self.layers[-1].shape[1]

    @property
    def hash(self) -> str:
        """SHA-256 over settings and numbers; equal networks have equal hashes on every machine."""
        digest = hashlib.sha256(json.dumps(self._settings(), sort_keys=True).encode())
        for array in (*self.layers, *self.thresholds):
            digest.update(str(array.shape).encode() + np.ascontiguousarray(array, "<i8").tobytes())
        return digest.hexdigest()

    def _settings(self) -> dict:
        return {key: getattr(self, key) for key in SETTINGS} | {"layers": len(self.layers)}

    def save(self, path) -> None:
        """Write one HDF5 file, whole or not at all."""
        with files.writing(path, FORMAT, VERSION) as file:
            file.attrs["settings"] = json.dumps(self._settings())
            file.attrs["hash"] = self.hash
            for i, (layer, threshold) in enumerate(zip(self.layers, self.thresholds, strict=True)):
                files.put(file, f"layer_{i}", layer)
                files.put(file, f"threshold_{i}", threshold)

    @classmethod
    def load(cls, path) -> OdinNetwork:
        """Read a file that `save` wrote; raises FileFormatError on a truncated, foreign or altered one."""
        with files.reading(path, FORMAT, (VERSION,)) as file:
            settings = json.loads(file.attrs["settings"])
            count = settings.pop("layers")
            layers = tuple(file[f"layer_{i}"][()] for i in range(count))
            network = cls(
                layers, tuple(file[f"threshold_{i}"][()] for i in range(count)), **settings
            )
            files.same_hash(Path(path), file.attrs["hash"], network.hash)
        return network


def check_size(inputs: int, neurons: Sequence[int], doubled: bool, bias: bool) -> None:
    """Raise DoesNotFitError where 256 indices do not suffice, saying which part is too large and what would fit.

    Parameters
    ----------
    inputs : of the first layer; `doubled` : an inhibitory and an excitatory axon each; `bias` : an axon more.
    neurons : of each layer; in a single layer the outputs share their indices with inputs.
    """
    copies, open_loop = (2 if doubled else 1), len(neurons) == 1
    room = INDICES - bias - (0 if open_loop else sum(neurons))
    if sum(neurons) > INDICES:
        raise DoesNotFitError(
            "OdinNetwork.layers",
            f"one core has {INDICES} neurons",
            sum(neurons),
            f"at most {INDICES} in all layers",
        )
    if copies * inputs > room:
        each = "an axon each" if copies == 1 else "two axons each, for both signs"
        taken = [] if open_loop else [f"{sum(neurons)} neurons"]
        taken += ["the bias axon"] if bias else []
        law = f"inputs take {each}, of {INDICES} indices" + (
            f" with {' and '.join(taken)}" if taken else ""
        )
        allowed = (
            f"at most {max(0, room // copies)} inputs: smaller images (`--side`, in Python `resized`)"
            + ("" if open_loop else ", fewer neurons")
        )
        allowed += ", or weights of 0..7 only" if copies == 2 else ""
        raise DoesNotFitError("OdinNetwork.layers[0]", law, f"{inputs} inputs", allowed)


def _integers(where: str, value, dimensions: int) -> np.ndarray:
    """Read-only int64 copy of `value`; raises if it is not an integer array of so many dimensions."""
    array = np.asarray(value)
    if not np.issubdtype(array.dtype, np.integer) or array.ndim != dimensions or not array.size:
        raise SpikewattError(
            where, f"is an array of integers with {dimensions} axes", f"{array.dtype} {array.shape}"
        )
    array = array.astype(np.int64)
    array.setflags(write=False)
    return array
