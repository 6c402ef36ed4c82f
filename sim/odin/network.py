"""OdinNetwork: a network that one core of ODIN's kind executes, in whole numbers of its width."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ... import hdf5
from ...errors import DoesNotFitError, SpikewattError, check_name, whole_number
from ...frozen import Rebuilt
from ...models.odin.chip import LARGEST_EVENTS, LARGEST_PIXEL
from ...models.odin.chips import ODIN, OdinChip, chip_of
from ..network.named import named
from .codes import INPUT_CODES, READOUTS, OdinInputCode, OdinReadout
from .size import check_size

FORMAT = "spikewatt-odin-network"
VERSION = 2
READABLE = (1, VERSION)  # version 1 had no seal

LARGEST_LAYERS = 256  # a core has no more neurons
LAYERS_LAW = "is a number of layers"
ONE_SIGN_ALLOWED = "-7..7 in the first layer, 0..7 in the others"

SETTINGS = (
    "input_code",
    "readout",
    "bias_events",
    "input_levels",
    "largest_pixel",
    "brightness",
    "name",
)
CHIP = "chip"  # the setting that networks for ODIN leave out: their files are older than it


@dataclass(frozen=True, eq=False)
class OdinNetwork(Rebuilt):
    """Layers, the code of the input and the way to read the output.

    One inference, from potentials of 0: `bias_events` events of weight 7 to all neurons of the
    first layer; all inhibitory input events; all excitatory ones. A neuron of the first layer has

        max(0, 7 bias_events − I) + E

    when all is in, and fires where that reaches its threshold; it starts again from 0. Time plays
    no part: there are events, in order, and no steps.

    On tinyODIN, whose weights and potentials are signed, an input has one event for weights of both
    signs, and the bias events follow the inputs: E − I + 7 bias_events. A neuron that reaches its
    threshold before all inputs were heard has fired all the same.

    Parameters
    ----------
    layers : tuple of int arrays (pre, post)
        First layer −7..7; an input with both signs takes two axons, whose sign is that of all its
        synapses. Later layers 0..7: a neuron is one axon, and adding a constant to all synapses of
        an axon changes no difference between classes.
    thresholds : tuple of int arrays (post,)
        One per layer, 1..255; those of the first layer above the 7 bias_events with which it
        begins.
    input_code : OdinInputCode or its name
        ``rate`` (a pixel sends round(pixel input_levels / largest_pixel) events) or ``rank_order``
        (a pixel above `brightness` sends one event, brightest first, ties by index).
    readout : OdinReadout or its name
        ``potential`` (the class with the largest potential, and before it the one with most spikes)
        or ``first_spike`` (the class of the first output spike, after which the host sends nothing;
        without any the largest potential). Ties go to the lowest class.
    bias_events : int, default 0
        0..36.
    input_levels : int, default 1
        Events of a pixel at most, 1..255.
    largest_pixel : int, default 255
        Pixel of full brightness, 1..255.
    brightness : int, default 0
        A pixel must be brighter to send its event, 0..largest_pixel-1; ``rank_order`` only.
    name : str, default "odin"
        A name for files and tables.
    chip : OdinChip or its name, default "odin"
        Which core executes it: ``odin`` or ``tinyodin``. On tinyODIN weights are −8..7 in every
        layer, thresholds 1..2047, and bias events 0..292.

    Raises
    ------
    SpikewattError : shapes that do not follow each other, numbers out of range.
    DoesNotFitError : weights beyond a synapse, two signs where there is one axon, more axons and
        neurons than 256 indices.

    Examples
    --------
    >>> layers, thresholds = [np.array([[7, -2], [0, 5]])], [np.array([9, 9])]
    >>> network = OdinNetwork(layers, thresholds, "rate", "potential", input_levels=2)
    >>> network.inputs, network.classes, network.doubled, network.open_loop
    (2, 2, True, True)
    >>> OdinNetwork(layers, thresholds, "rate", "potential", chip="tinyodin").doubled
    False
    """

    layers: tuple[np.ndarray, ...]
    thresholds: tuple[np.ndarray, ...]
    input_code: OdinInputCode
    readout: OdinReadout
    bias_events: int = 0
    input_levels: int = 1
    largest_pixel: int = LARGEST_PIXEL
    brightness: int = 0
    name: str = "odin"
    chip: OdinChip = ODIN

    def __post_init__(self):
        self._check_settings()
        self._take_arrays()

        for i, (layer, threshold) in enumerate(zip(self.layers, self.thresholds, strict=True)):
            self._check_weights(i, layer)
            self._check_thresholds(i, layer.shape[1], threshold)

        neurons = [layer.shape[1] for layer in self.layers]
        check_size(self.inputs, neurons, self.doubled, self.bias_events > 0)

    def _check_settings(self) -> None:
        """Raise where a name is unknown or a number is out of its range."""
        where = "OdinNetwork"
        check_name(f"{where}.name", self.name)
        object.__setattr__(self, CHIP, chip_of(f"{where}.chip", self.chip))

        law = "must be a known input code"
        input_code = named(f"{where}.input_code", law, self.input_code, INPUT_CODES)
        object.__setattr__(self, "input_code", input_code)
        law = "must be a known read-out"
        readout = named(f"{where}.readout", law, self.readout, READOUTS)
        object.__setattr__(self, "readout", readout)

        most_bias = self.chip.largest_bias_events
        ranges = (
            ("bias_events", "leaves the potential below a threshold", 0, most_bias),
            ("input_levels", "must be a number of events", 1, LARGEST_EVENTS),
            ("largest_pixel", "must be the pixel of full brightness", 1, LARGEST_PIXEL),
            ("brightness", "must be below the largest pixel", 0, self.largest_pixel - 1),
        )
        for key, law, low, high in ranges:
            value = whole_number(f"{where}.{key}", law, getattr(self, key), low, high)
            object.__setattr__(self, key, value)

        setting, fixed = self.input_code.unused
        value = getattr(self, setting)
        if value != fixed:
            raise SpikewattError(
                where=f"{where}.{setting}",
                law=f"plays no part under {self.input_code}",
                got=value,
                allowed=fixed,
            )

    def _take_arrays(self) -> None:
        """Keep read-only copies of the numbers, one pair of arrays per layer."""
        where = "OdinNetwork"
        layers = [
            _integers(f"{where}.layers[{i}]", weights, 2) for i, weights in enumerate(self.layers)
        ]
        thresholds = [
            _integers(f"{where}.thresholds[{i}]", values, 1)
            for i, values in enumerate(self.thresholds)
        ]
        object.__setattr__(self, "layers", tuple(layers))
        object.__setattr__(self, "thresholds", tuple(thresholds))

        if not layers or len(thresholds) != len(layers):
            raise SpikewattError(
                where=f"{where}.thresholds",
                law="has one array per layer",
                got=len(thresholds),
                allowed=max(1, len(layers)),
            )

    def _check_weights(self, i: int, layer: np.ndarray) -> None:
        """Raise where layer `i` has a shape or weights that the chip or the layer before forbid."""
        where = f"OdinNetwork.layers[{i}]"
        inputs = self.layers[i - 1].shape[1] if i else layer.shape[0]
        if min(layer.shape) < 1 or layer.shape[0] != inputs:
            raise SpikewattError(
                where=where,
                law="takes what the layer before it gives",
                got=layer.shape,
                allowed=f"({inputs}, neurons)" if i else "(inputs, neurons)",
            )

        low, high = self.chip.weights(i)
        signed = self.chip.signed_synapses
        beyond = layer[(layer > high) | (layer < (low if signed else -high))]
        if beyond.size:
            raise DoesNotFitError(
                where=where,
                law=self.chip.synapse_law,
                got=int(beyond[np.abs(beyond).argmax()]),
                allowed=f"{low}..{high}" if signed else ONE_SIGN_ALLOWED,
            )

        if layer.min() < low:
            raise DoesNotFitError(
                where=where,
                law="a neuron is one axon, excitatory",
                got=int(layer.min()),
                allowed="0..7: subtract the least of each row",
            )

    def _check_thresholds(self, i: int, neurons: int, threshold: np.ndarray) -> None:
        """Raise where the thresholds of layer `i` are not one per neuron, or out of range."""
        chip, largest = self.chip, self.chip.largest_potential
        before_input = chip.largest_weight * self.bias_events if i == 0 and chip.bias_first else 0
        least = before_input + 1

        one_each = threshold.shape == (neurons,)
        if not one_each or threshold.min() < least or threshold.max() > largest:
            raise SpikewattError(
                where=f"OdinNetwork.thresholds[{i}]",
                law=f"one per neuron, {largest.bit_length()} bits, above the potential before "
                "the input",
                got=f"{threshold.shape} of {threshold.min()}..{threshold.max()}",
                allowed=f"({neurons},) of {least}..{largest}",
            )

    @property
    def doubled(self) -> bool:
        """Whether every input takes an inhibitory and an excitatory axon."""
        return not self.chip.signed_synapses and bool(self.layers[0].min() < 0)

    @property
    def open_loop(self) -> bool:
        """Whether spikes only leave the core: one layer.

        In closed loop no index can be an input axon and a neuron at once.
        """
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
        settings = json.dumps(self._settings(), sort_keys=True)
        digest = hashlib.sha256(settings.encode())
        for array in (*self.layers, *self.thresholds):
            digest.update(str(array.shape).encode())
            hdf5.update(digest, array)
        return digest.hexdigest()

    def __repr__(self) -> str:
        sizes = [self.inputs, *(layer.shape[1] for layer in self.layers)]
        of_chip = "" if self.chip == ODIN else f", {self.chip}"
        codes = f"{self.input_code}, {self.readout}"
        return f"OdinNetwork({'-'.join(map(str, sizes))}, {codes}{of_chip})"

    def _settings(self) -> dict:
        """What a file and the hash hold besides the arrays, as JSON takes it."""
        settings = {key: getattr(self, key) for key in SETTINGS}
        of_chip = {} if self.chip == ODIN else {CHIP: str(self.chip)}
        return {
            **settings,
            **of_chip,
            "input_code": str(self.input_code),
            "readout": str(self.readout),
            "layers": len(self.layers),
        }

    def save(self, path: str | Path) -> None:
        """Write one HDF5 file, whole or not at all."""
        with hdf5.writing(path, FORMAT, VERSION) as file:
            hdf5.put_json(file, "settings", self._settings())
            file.attrs["hash"] = np.bytes_(self.hash)
            for i, (layer, threshold) in enumerate(zip(self.layers, self.thresholds, strict=True)):
                hdf5.put(file, f"layer_{i}", layer)
                hdf5.put(file, f"threshold_{i}", threshold)

    @classmethod
    def load(cls, path: str | Path) -> OdinNetwork:
        """Read a file that `save` wrote.

        Raises
        ------
        FileFormatError : a truncated, foreign or altered file.
        """
        with hdf5.reading(path, FORMAT, READABLE, sealed_from=VERSION) as file:
            settings = hdf5.take_json(file, "settings")
            hdf5.check_keys("settings", settings, {*SETTINGS, CHIP, "layers"})
            count = whole_number("layers", LAYERS_LAW, settings.pop("layers"), 1, LARGEST_LAYERS)
            layers = [hdf5.take(file, f"layer_{i}") for i in range(count)]
            thresholds = [hdf5.take(file, f"threshold_{i}") for i in range(count)]
            network = cls(tuple(layers), tuple(thresholds), **settings)
            hdf5.same_hash(Path(path), hdf5.stored_hash(file), network.hash)
        return network


def _integers(where: str, value, dimensions: int) -> np.ndarray:
    """Read-only int64 copy of an integer array of so many dimensions."""
    array = np.asarray(value)
    if not np.issubdtype(array.dtype, np.integer) or array.ndim != dimensions or not array.size:
        raise SpikewattError(
            where=where,
            law=f"is an array of integers with {dimensions} axes",
            got=f"{array.dtype} {array.shape}",
        )
    array = array.astype(np.int64)
    array.setflags(write=False)
    return array
