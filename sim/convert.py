"""convert: a trained Keras network becomes a SpikingNetwork of integers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import SpikewattError, one_of, whole_number
from ..models.keras_backend import import_keras
from .geometry import Geometry, unroll
from .keras_graph import GraphReader, Node, Term
from .network import CODES, EXACT_CODES, INPUT_CODES, Connection, Population, SpikingNetwork

CLIP_CANDIDATES = np.linspace(0.15, 1.0, 60)
WEIGHT_CLIP_CANDIDATES = np.linspace(0.5, 1.0, 26)
CLIP_VALUES = 200_000  # activations per layer that the clip is chosen on
RATE_CLIP_LEVELS = 32  # steps for which the clip of a streaming rate is tuned; the optimum is flat around it
DEFAULT_STEPS = {"rate": 0, "signed": 15, "sync_rate": 15, "radix": 5}
LARGEST_RATIO = 2**20  # of a bias or threshold to the unit of the weights


def convert(
    model,
    calibration,
    code: str = "rate",
    weight_bits: int = 8,
    input_levels: int = 255,
    input_max: float = 1.0,
    *,
    steps: int | Mapping[str, int] | None = None,
    input_code: str = "if",
    per_channel: bool | None = None,
    bias_correction: int = 0,
) -> SpikingNetwork:
    """Convert a trained Keras network into integrate-and-fire populations with integer weights and thresholds.

    A population transmits q spikes' worth of value, q in 0..L. With clip λ of its activations chosen on the calibration data,
    w the unit of its weights (their clip / (2^(bits-1) - 1)): weights round(W / w), threshold θ = round(λ / (L w)), bias
    round(b / w), and one spike is worth θ w exactly, which the next layer uses: the rounding of θ costs nothing. Exact codes
    compute q = clip(floor((Σ W q + b + θ//2) / θ), 0, L). Under ``rate`` L = 1 per step, and the bias is added at each.

    Parameters
    ----------
    model : a built Keras 3 Sequential or functional model.
    calibration : (samples, …) typical inputs as the model takes them, 100 or more, a list of arrays for several inputs; no labels.
    code : ``rate`` (streaming), ``signed`` (streaming, with negative spikes, exact once settled), ``radix`` or ``sync_rate`` (exact).
    weight_bits : width of the signed weights, 2..16. per_channel : one unit per output channel; by default in exact codes.
    input_levels : number of steps between an input of 0 and of `input_max`; 255 for 8-bit pixels.
    input_max : largest input value of the model; inputs are in 0..input_max (-input_max..input_max for an analog input).
    steps : K of ``radix`` (L = 2^K - 1), L of ``sync_rate`` and ``signed``; or a mapping from layer to steps, whose key ``""`` is the rest
        and ``input`` an ``if`` input. Not for ``rate``, whose steps are simulated ones.
    input_code : ``if``, ``bitplane`` (not under ``rate``) or ``analog``.
    bias_correction : sweeps over the calibration data that move each channel's mean to that of the Keras layer (exact codes).

    Raises
    ------
    SpikewattError : unsupported layer or option, bad calibration data, a threshold that rounds to 0, a code that a layer does not allow.

    References
    ----------
    Rueckauer et al., Front. Neurosci. 11:682 (2017), doi:10.3389/fnins.2017.00682 (rate);
    Stöckl & Maass, Nat. Mach. Intell. 3, 230 (2021), doi:10.1038/s42256-021-00311-4 (few spikes, here radix);
    Bu et al., ICLR 2022 (the floor-clip form); Li et al., ICML 2021 (bias correction).
    """
    builder = _Builder(model, code, weight_bits, input_levels, input_max, steps, input_code, per_channel)
    calibration = _checked_calibration(model, calibration, builder)
    return builder.build(calibration, bias_correction)


def _checked_calibration(model, calibration, builder: _Builder) -> list[np.ndarray]:
    inputs = getattr(model, "inputs", [None])
    parts = list(calibration) if isinstance(calibration, list | tuple) and len(inputs) > 1 else [calibration]
    if len(parts) != len(inputs):
        raise SpikewattError("convert.calibration", "must be one array per input of the model, in a list", len(parts), len(inputs))
    found = []
    lowest = -builder.input_max if builder.input_code == "analog" else 0.0
    for tensor, part in zip(inputs, parts, strict=True):
        try:
            part = np.asarray(part, np.float32)
        except (TypeError, ValueError) as error:
            raise SpikewattError("convert.calibration", "must hold numbers", str(error)) from error
        if part.ndim == 0 or len(part) == 0:
            raise SpikewattError("convert.calibration", "must hold at least one sample", "none", "100 or more")
        shape = tuple(tensor.shape[1:]) if tensor is not None else part.shape[1:]
        if part.shape[1:] != shape:
            raise SpikewattError("convert.calibration", "must have the model's input shape", part.shape, ("samples", *shape))
        if not np.isfinite(part).all():
            raise SpikewattError("convert.calibration", "must be finite", "NaN or infinity")
        if part.min() < lowest or part.max() > builder.input_max:
            law = "must lie in -input_max..input_max" if lowest else "must lie in 0..input_max"
            allowed = f"{lowest:g}..{builder.input_max:g}; set input_max for another range"
            if part.min() < 0 and not lowest:
                allowed += ", input_code='analog' for negative inputs"
            raise SpikewattError("convert.calibration", law, f"{part.min():g}..{part.max():g}", allowed)
        found.append(part)
    return found


class _Builder:
    """Turns the nodes of a graph into populations and connections."""

    def __init__(self, model, code, weight_bits, input_levels, input_max, steps, input_code, per_channel):
        one_of("convert.code", "must be a known code", code, CODES)
        one_of("convert.input_code", "must be a known input code", input_code, INPUT_CODES)
        if code == "rate" and input_code == "bitplane":
            raise SpikewattError("convert.input_code", "under rate an input drives every step", input_code, "if, analog")
        whole_number("convert.weight_bits", "must be a width of signed weights", weight_bits, 2, 16)
        whole_number("convert.input_levels", "must be a number of input levels", input_levels, 1, 65535)
        if not (isinstance(input_max, int | float) and 1e-30 < input_max < 1e30):
            raise SpikewattError("convert.input_max", "must be the largest input value", repr(input_max), "1e-30..1e30")
        if code == "rate" and steps is not None:
            raise SpikewattError("convert.steps", "rate is simulated for any number of steps", steps, "simulate(steps=…)")
        self.model, self.code, self.input_code = model, code, input_code
        self.limit, self.weight_bits = 2 ** (weight_bits - 1) - 1, weight_bits
        self.input_levels, self.input_max = input_levels, float(input_max)
        self.per_channel = code != "rate" if per_channel is None else per_channel
        self.steps = dict(steps) if isinstance(steps, Mapping) else {"": DEFAULT_STEPS[code] if steps is None else steps}
        self.steps.setdefault("", DEFAULT_STEPS[code])
        for name, value in self.steps.items() if code != "rate" else ():
            whole_number(
                f"convert.steps[{name!r}]" if name else "convert.steps",
                "must be a number of steps",
                value,
                1,
                16 if code == "radix" else 4096,
            )
        self.clips: dict[str, float] = {}
        self.corrections: dict[str, np.ndarray] = {}
        self.output_unit = 1.0

    def levels(self, name: str) -> int:
        """L of population `name`; 0 where there is no limit."""
        if self.code == "rate":
            return 0
        known = self.steps.get(name, self.steps[""])
        return 2**known - 1 if self.code == "radix" else known

    def read(self, emit) -> None:
        """Walk the graph once."""
        GraphReader(self.model, emit, merge_pools=self.code != "rate", flips=self.code in EXACT_CODES)

    def build(self, calibration: list[np.ndarray], bias_correction: int) -> SpikingNetwork:
        """Clips, then integers, then as many sweeps of bias correction as asked for."""
        self.nodes: list[Node] = []

        def note(node: Node) -> tuple[np.ndarray, int]:
            self.nodes.append(node)
            return np.ones(node.shape[-1]), 1

        self.read(note)
        unknown = set(self.steps) - {"", "input"} - {node.name for node in self.nodes}
        if unknown:
            raise SpikewattError(
                "convert.steps", "must name layers that become populations", sorted(unknown), ", ".join(n.name for n in self.nodes)
            )
        activations = self._activations(calibration)
        for node in self.nodes:
            if node.kind == "relu":
                self.clips[node.name] = self._clip(node, activations[node.name])
        network = self._integers()
        whole_number("convert.bias_correction", "must be a number of sweeps", bias_correction, 0, 100)
        if bias_correction and self.code not in EXACT_CODES:
            raise SpikewattError("convert.bias_correction", "needs an exact code", self.code, ", ".join(EXACT_CODES))
        for _ in range(bias_correction):
            self._correct(network, calibration, activations)
            network = self._integers()
        return network

    def _activations(self, calibration: list[np.ndarray]) -> dict[str, np.ndarray]:
        """Name -> (samples, *shape) what each ReLU gives on the calibration data."""
        keras = import_keras()
        closing = [node for node in self.nodes if node.kind == "relu"]
        if not closing:
            return {}
        tensors = list({id(node.tensor): node.tensor for node in closing}.values())
        inputs = calibration if len(calibration) > 1 else calibration[0]
        found = keras.Model(self.model.inputs, tensors).predict(inputs, batch_size=64, verbose=0)
        by_tensor = dict(zip(map(id, tensors), found if isinstance(found, list) else [found], strict=True))
        return {node.name: by_tensor[id(node.tensor)][..., node.channels] for node in closing}

    def _clip(self, node: Node, activations: np.ndarray) -> float:
        """λ that minimises the squared error of clip(round(a L / λ), 0, L) λ / L."""
        values = activations[activations > 0].astype(np.float64)
        if not len(values):
            return 1.0  # silent on all calibration data: any clip will do
        largest = min(values.max(), node.maximum or np.inf)
        candidates = CLIP_CANDIDATES * largest
        if len(values) > CLIP_VALUES:
            values = np.random.default_rng(0).choice(values, CLIP_VALUES, replace=False)
        levels = self.levels(node.name) or RATE_CLIP_LEVELS
        errors = [np.mean((np.clip(np.round(values / c * levels), 0, levels) * c / levels - values) ** 2) for c in candidates]
        return float(candidates[int(np.argmin(errors))])

    def _integers(self) -> SpikingNetwork:
        """Walk the graph again and quantise each node as it comes."""
        self.populations: dict[str, Population] = {}
        self.connections: list[Connection] = []
        self.units: dict[str, np.ndarray] = {}
        self.read(self._emit)
        order = [p for p in self.populations.values() if p.kind == "input"]
        order += [p for p in self.populations.values() if p.kind != "input"]
        return SpikingNetwork(
            tuple(order), tuple(self.connections), self.code, self.input_max / self.input_levels, self.output_unit, self.weight_bits,
            self.model.name, self.input_code,
        )  # fmt: skip

    def _emit(self, node: Node) -> tuple[np.ndarray, int]:
        build = {"input": self._input, "pool": self._pool, "max_pool": self._max_pool, "flip": self._flip}.get(node.kind, self._sum)
        population, unit = build(node)
        self.populations[node.name], self.units[node.name] = population, unit
        return unit, population.levels

    def _input(self, node: Node) -> tuple[Population, np.ndarray]:
        channels, levels = node.shape[-1], self.input_levels
        if self.input_code == "bitplane":
            population = Population(
                node.name, node.shape, "input", np.asarray(1), np.asarray(0), np.asarray(0), 2 ** levels.bit_length() - 1
            )
            return population, np.full(channels, self.input_max / levels)
        if self.input_code == "analog":
            population = Population(node.name, node.shape, "input", np.asarray(levels), np.asarray(0), np.asarray(0), levels)
            return population, np.full(channels, self.input_max / levels)
        count = self.levels("input")
        population = Population(node.name, node.shape, "input", np.asarray(levels), np.asarray(0), np.asarray(levels // 2), count)
        return population, np.full(channels, self.input_max / max(count, 1))

    def _connect(self, term: Term, post: str, weights: np.ndarray | None, kind: str, geometry: Geometry | None) -> None:
        branch = 1 + sum((c.pre, c.post) == (term.source, post) for c in self.connections)
        self.connections.append(Connection(term.source, post, kind, weights, geometry, term.pooled, branch))  # type: ignore[arg-type]

    def _weight_unit(self, node: Node) -> np.ndarray:
        """Unit of the weights into `node`, (channels,) or one for all: the largest over its terms, clipped where that errs least."""
        units = []
        for term in node.terms:
            if term.kind == "identity" and any(other.kind != "identity" for other in node.terms):
                continue  # an identity synapse is as wide as it has to be
            by_channel = np.abs(
                term.weights.reshape(-1, node.shape[-1] if self.per_channel and node.kind != "readout" else term.weights.size // 1)
            )
            if not self.per_channel or node.kind == "readout":
                by_channel = by_channel.reshape(-1, 1)
            largest = by_channel.max(axis=0)
            best, least = largest, np.full(len(largest), np.inf)
            for share in WEIGHT_CLIP_CANDIDATES[::-1]:
                unit = np.where(largest > 0, largest, 1.0) * share / self.limit
                error = np.sum((np.clip(np.round(by_channel / unit), 0, self.limit) * unit - by_channel) ** 2, axis=0)
                best, least = np.where(error < least, largest * share, best), np.minimum(error, least)
            units.append(best / self.limit)
        unit = np.max(np.broadcast_arrays(*units), axis=0)
        return np.where(unit > 0, unit, 1.0)

    def _sum(self, node: Node) -> tuple[Population, np.ndarray]:
        """A ReLU or a read-out: weights, threshold and bias in units of the weights."""
        unit = self._weight_unit(node)
        bias = node.bias + self.corrections.get(node.name, 0.0)
        # Where weights are this small beside the bias and the threshold, they are nothing; the state stays narrow.
        scale = np.broadcast_to(np.abs(bias), node.shape).reshape(-1, node.shape[-1]).max(axis=0)
        scale = np.maximum(scale, self.clips.get(node.name, 0.0) / max(self.levels(node.name), 1))
        unit = np.maximum(unit, (scale if len(unit) > 1 else scale.max()) / LARGEST_RATIO)
        for term in node.terms:
            by_channel = np.broadcast_to(unit, (node.shape[-1],))
            if term.kind == "depthwise":
                by_channel = by_channel.reshape(term.weights.shape[2:])
            weights = np.round(term.weights / by_channel)
            if term.kind != "identity":
                weights = np.clip(weights, -self.limit, self.limit)
            self._connect(term, node.name, weights.astype(np.int64), term.kind, term.geometry)
        integer_bias = np.round(np.broadcast_to(bias, node.shape) / unit).astype(np.int64)
        integer_bias = integer_bias.reshape(-1, node.shape[-1])
        same = (integer_bias == integer_bias[0]).all()
        integer_bias = integer_bias[0] if same else integer_bias.reshape(node.shape)
        at_once = self.code != "rate"
        per_step = np.asarray(0) if at_once else integer_bias
        if node.kind == "readout":
            self.output_unit = float(unit[0])
            start = integer_bias if at_once else np.asarray(0)
            return Population(node.name, node.shape, "readout", np.asarray(1), per_step, start), unit
        levels = self.levels(node.name)
        threshold = np.round(self.clips[node.name] / max(levels, 1) / unit).astype(np.int64)
        if threshold.min() < 1:
            raise SpikewattError(f"convert: layer {node.name!r}", "its threshold is at least 1", "0 after rounding",
                                 "more weight_bits, fewer steps, or smaller weights in this layer")  # fmt: skip
        start = threshold // 2 + (integer_bias if at_once else 0)
        population = Population(node.name, node.shape, "integrate_and_fire", threshold, per_step, start, levels)
        return population, np.broadcast_to(threshold * unit, (node.shape[-1],))

    def _pool(self, node: Node) -> tuple[Population, np.ndarray]:
        """An average pool as a population: weight 1, and a threshold of the window's size."""
        (term,) = node.terms
        source = self.populations[term.source]
        probe = Connection(term.source, node.name, "pool", None, node.geometry)
        in_window = np.diff(unroll(probe, source.shape, node.shape).indptr).reshape(node.shape)  # Keras leaves padding out of the average
        self._connect(term, node.name, None, "pool", node.geometry)
        population = Population(node.name, node.shape, "integrate_and_fire", in_window, np.asarray(0), in_window // 2, source.levels)
        return population, self.units[term.source]

    def _max_pool(self, node: Node) -> tuple[Population, np.ndarray]:
        (term,) = node.terms
        source = self.populations[term.source]
        if self.code == "signed":
            raise SpikewattError(f"convert: layer {node.name!r} (MaxPooling2D)", "a spike of a max pool cannot be taken back", self.code,
                                 "code='rate', 'radix' or 'sync_rate', or average pooling")  # fmt: skip
        if source.kind == "input" and self.input_code == "analog":
            raise SpikewattError(
                f"convert: layer {node.name!r} (MaxPooling2D)", "pools spikes, which an analog input has none of", "the input"
            )
        self._connect(term, node.name, None, "max_pool", node.geometry)
        population = Population(node.name, node.shape, "max_pool", np.asarray(1), np.asarray(0), np.asarray(0), source.levels)
        return population, self.units[term.source]

    def _flip(self, node: Node) -> tuple[Population, np.ndarray]:
        """q where the weight is positive, L - q where it is negative: makes a max pool of a min pool."""
        (term,) = node.terms
        source = self.populations[term.source]
        negative = term.weights < 0
        self._connect(term, node.name, np.where(negative, -1, 1), "identity", None)
        start = np.where(negative, source.levels, 0)
        return Population(node.name, node.shape, "integrate_and_fire", np.asarray(1), np.asarray(0), start, source.levels), self.units[
            term.source
        ]

    def _correct(self, network: SpikingNetwork, calibration: list[np.ndarray], activations: dict[str, np.ndarray]) -> None:
        """Move each channel's bias by the mean difference between the Keras activation and the transmitted value."""
        from .batched_engine import values
        from .simulate import integer_input

        x = calibration if len(calibration) > 1 else calibration[0]
        sent = values(network, integer_input(network, x))
        for name, wanted in activations.items():
            unit = np.broadcast_to(self.units[name], wanted.shape[1:])
            difference = (wanted - sent[name].reshape(wanted.shape) * unit).reshape(-1, wanted.shape[-1]).mean(axis=0)
            self.corrections[name] = self.corrections.get(name, np.zeros(len(difference))) + difference
