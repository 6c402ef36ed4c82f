"""Turns the nodes of a Keras graph into populations and connections of integers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import SpikewattError
from ..network.connection import Connection
from ..network.encoders import ENCODERS, unit_of
from ..network.geometry import Geometry
from ..network.input_codes import INPUT_CODES
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork
from ..network.synapses import unroll
from .activations import activations_of
from .graph_reader import GraphReader
from .graph_values import Node, Term
from .recipe import EXACT_CODES, Recipe
from .thresholds import clip_of

WEIGHT_CLIP_CANDIDATES = np.linspace(0.5, 1.0, 26)
LARGEST_RATIO = 2**20  # of a bias or threshold to the unit of the weights
SPIKE_NORM_STEPS = 100  # Sengupta et al. took 2,500: fewer steps may miss the largest sum
SPIKE_NORM_SAMPLES = 100


def nodes_of(model, code: str, negative: bool) -> list[Node]:
    """The populations that `model` becomes under `code`, in order, without their numbers; `negative`: inputs may be below zero."""
    nodes: list[Node] = []

    def note(node: Node) -> tuple[np.ndarray, int]:
        nodes.append(node)
        return np.ones(node.shape[-1]), 1

    GraphReader(
        model, note, merge_pools=code != "rate", flips=code in EXACT_CODES, negative=negative
    )
    return nodes


class Builder:
    """Two walks of the graph: clips from the activations on the calibration data, then integers."""

    def __init__(self, model, recipe: Recipe, calibration: list[np.ndarray]):
        self.model, self.calibration = model, calibration
        self.negative = INPUT_CODES[recipe.input_code].takes_negative
        self.nodes = nodes_of(model, recipe.code, self.negative)
        self.recipe = replace(
            recipe, trained={node.name: node.levels for node in self.nodes if node.levels}
        )
        self.clips: dict[str, float] = {}
        self.corrections: dict[str, np.ndarray] = {}
        self.output_unit = 1.0

    def build(self) -> SpikingNetwork:
        """Clips, then integers, then as many sweeps of bias correction as asked for."""
        recipe = self.recipe
        recipe.check_layers([node.name for node in self.nodes])
        firing = [
            node
            for node in self.nodes
            if node.kind == "relu" or (node.kind == "readout" and recipe.readout == "spikes")
        ]
        activations = activations_of(self.model, firing, self.calibration)
        for node in firing:
            if recipe.rules.rule == "trained" and not node.levels and node.kind == "relu":
                law = f"method {recipe.rules.name!r} takes the clip that the layer was trained with"
                raise SpikewattError(
                    f"convert: layer {node.name!r}",
                    law,
                    "a ReLU without one",
                    "QCFS or KBitReLU layers",
                )
            if node.levels and recipe.rules.rule in ("least_error", "trained"):
                self.clips[node.name] = float(node.maximum or 1.0)
            else:  # an output that saturates would tie its best classes
                output = node.kind == "readout" and recipe.rules.rule == "least_error"
                rules = replace(recipe.rules, rule="percentile") if output else recipe.rules
                self.clips[node.name] = clip_of(
                    rules, activations[node.name], recipe.levels(node.name), node.maximum
                )
        network = self._integers()
        for _ in range(recipe.bias_correction):
            self._correct(network, activations)
            network = self._integers()
        return network

    def _integers(self) -> SpikingNetwork:
        """Walk the graph again and quantise each node as it comes."""
        self.populations: dict[str, Population] = {}
        self.connections: list[Connection] = []
        self.units: dict[str, np.ndarray] = {}
        code = self.recipe.code
        GraphReader(
            self.model,
            self._emit,
            merge_pools=code != "rate",
            flips=code in EXACT_CODES,
            negative=self.negative,
        )
        return self._network(list(self.populations.values()))

    def _network(self, populations: list[Population]) -> SpikingNetwork:
        recipe, order = self.recipe, sorted(populations, key=lambda p: p.kind != "input")
        return SpikingNetwork(
            tuple(order), tuple(self.connections), recipe.code, recipe.input_max / recipe.input_levels, self.output_unit,
            recipe.weight_bits, self.model.name, recipe.input_code, recipe.input_levels if recipe.input_code == "bitplane" else 0,
        )  # fmt: skip

    def _emit(self, node: Node) -> tuple[np.ndarray, int]:
        build = {
            "input": self._input,
            "pool": self._pool,
            "max_pool": self._max_pool,
            "flip": self._flip,
        }.get(node.kind, self._sum)
        population, unit = build(node)
        self.populations[node.name], self.units[node.name] = replace(population, unit=unit), unit
        if (
            node.kind == "readout" and population.kind != "readout"
        ):  # its spikes are counted by a read-out of their own
            count = f"{node.name}.count"
            self.connections.append(
                Connection(node.name, count, "identity", np.ones(node.shape[-1]))
            )
            zero = np.asarray(0)
            self.populations[count] = Population(
                count, node.shape, "readout", np.asarray(1), zero, zero, unit=unit
            )
        return unit, population.levels

    def _input(self, node: Node) -> tuple[Population, np.ndarray]:
        recipe, channels, zero = self.recipe, node.shape[-1], np.asarray(0)
        code, levels = recipe.input_code, recipe.input_levels
        full = np.asarray(levels)
        if code == "bitplane":
            population = Population(
                node.name,
                node.shape,
                "input",
                np.asarray(1),
                zero,
                zero,
                2 ** levels.bit_length() - 1,
            )
            return population, np.full(channels, recipe.input_max / levels)
        if code == "analog":
            return Population(node.name, node.shape, "input", full, zero, zero, levels), np.full(
                channels, recipe.input_max / levels
            )
        if code in ENCODERS:
            pixels = np.abs(np.concatenate([part.reshape(-1) for part in self.calibration]))
            counts = np.bincount(
                np.round(pixels / recipe.input_max * levels).astype(np.int64), minlength=levels + 1
            )
            unit = recipe.input_max * unit_of(ENCODERS[code], levels, counts)
            return Population(node.name, node.shape, "input", full, zero, zero), np.full(
                channels, unit
            )
        count = recipe.levels("input")
        population = Population(node.name, node.shape, "input", full, zero, full // 2, count)
        return population, np.full(channels, recipe.input_max / max(count, 1))

    def _connect(
        self,
        term: Term,
        post: str,
        weights: np.ndarray | None,
        kind: str,
        geometry: Geometry | None,
    ) -> None:
        branch = 1 + sum((c.pre, c.post) == (term.source, post) for c in self.connections)
        self.connections.append(
            Connection(term.source, post, kind, weights, geometry, term.pooled, branch)
        )  # type: ignore[arg-type]

    def _weight_unit(self, node: Node) -> np.ndarray:
        """Unit of the weights into `node`, (channels,) or one for all: the largest over its terms, clipped where that errs least.

        Weights that lie on a power-of-two grid already are found there, and lose nothing.
        """
        limit, units = self.recipe.largest_weight, []
        one = not self.recipe.per_channel or node.kind == "readout"
        for term in node.terms:
            if term.kind == "identity" and any(other.kind != "identity" for other in node.terms):
                continue  # an identity synapse is as wide as it has to be
            by_channel = np.abs(term.weights.reshape(-1, 1 if one else node.shape[-1]))
            largest = by_channel.max(axis=0)
            largest = np.where(largest > 0, largest, 1.0)
            source = float(self.units[term.source].max())
            grid = source * 2.0 ** np.ceil(np.log2(largest / source / limit) - 1e-9)
            best, least = largest / limit, np.full(len(largest), np.inf)
            for unit in (
                grid,
                *(largest * share / limit for share in WEIGHT_CLIP_CANDIDATES[::-1]),
            ):
                error = np.sum(
                    (np.clip(np.round(by_channel / unit), 0, limit) * unit - by_channel) ** 2,
                    axis=0,
                )
                best, least = np.where(error < least, unit, best), np.minimum(error, least)
            units.append(np.where(by_channel.any(axis=0), best, 0.0))
        unit = np.max(np.broadcast_arrays(*units), axis=0)
        return np.where(unit > 0, unit, 1.0)

    def _sum(self, node: Node) -> tuple[Population, np.ndarray]:
        """A ReLU or a read-out: weights, threshold and bias in units of the weights."""
        unit = self._weight_unit(node)
        bias = node.bias + self.corrections.get(node.name, 0.0)
        # Where weights are this small beside the bias and the threshold, they are nothing; the state stays narrow.
        scale = np.broadcast_to(np.abs(bias), node.shape).reshape(-1, node.shape[-1]).max(axis=0)
        levels = self.recipe.levels(node.name)
        scale = np.maximum(scale, self.clips.get(node.name, 0.0) / max(levels, 1))
        unit = np.maximum(unit, (scale if len(unit) > 1 else scale.max()) / LARGEST_RATIO)
        for term in node.terms:
            by_channel = np.broadcast_to(unit, (node.shape[-1],))
            if term.kind == "depthwise":
                by_channel = by_channel.reshape(term.weights.shape[2:])
            weights = np.round(term.weights / by_channel)
            if term.kind != "identity":
                weights = np.clip(weights, -self.recipe.largest_weight, self.recipe.largest_weight)
            self._connect(term, node.name, weights.astype(np.int64), term.kind, term.geometry)
        integer_bias = np.round(np.broadcast_to(bias, node.shape) / unit).astype(np.int64)
        integer_bias = integer_bias.reshape(-1, node.shape[-1])
        same = (integer_bias == integer_bias[0]).all()
        integer_bias = integer_bias[0] if same else integer_bias.reshape(node.shape)
        at_once = self.recipe.code != "rate"
        per_step = np.asarray(0) if at_once else integer_bias
        if node.kind == "readout" and self.recipe.readout == "membrane":
            self.output_unit = float(unit[0])
            start = integer_bias if at_once else np.asarray(0)
            return Population(
                node.name, node.shape, "readout", np.asarray(1), per_step, start
            ), unit
        clip = self._clip_in_spikes(node, per_step, unit)
        threshold = np.round(clip / max(levels, 1) / unit).astype(np.int64)
        if threshold.min() < 1:
            raise SpikewattError(f"convert: layer {node.name!r}", "its threshold is at least 1", "0 after rounding",
                                 "more weight_bits, fewer steps, or smaller weights in this layer")  # fmt: skip
        start = (threshold // 2 if self.recipe.rules.half_start else 0) + (
            integer_bias if at_once else np.asarray(0)
        )
        kind, reset = "integrate_and_fire", self.recipe.rules.reset
        population = Population(
            node.name, node.shape, kind, threshold, per_step, start, levels, reset
        )
        worth = np.broadcast_to(threshold * unit, (node.shape[-1],))
        if node.kind == "readout":
            self.output_unit = float(worth[0])
        return population, worth

    def _clip_in_spikes(self, node: Node, bias: np.ndarray, unit: np.ndarray) -> float:
        """λ of a layer; some methods take it from the weights and the spikes of the layers before."""
        rule, clip = self.recipe.rules.rule, self.clips[node.name]
        if rule == "largest_weight_or_activation":
            return max(
                clip,
                *(float(np.abs(t.weights).max() / self.units[t.source].max()) for t in node.terms),
            )
        if rule == "worst_case":
            positive = np.maximum(node.bias, 0.0).max()
            for term in node.terms:
                axes = {"dense": (0,), "conv2d": (0, 1, 2), "depthwise": (0, 1)}.get(term.kind, ())
                together = np.prod(term.pooled.window) if term.pooled else 1
                positive = (
                    positive + (np.maximum(term.weights, 0.0).sum(axis=axes) * together).max()
                )
            return float(positive) or 1.0
        if rule == "largest_drive":
            from ..engines.simulate import simulate

            zero = np.asarray(0)
            probe = Population(node.name, node.shape, "readout", np.asarray(1), bias, zero)
            network = self._network([*self.populations.values(), probe])
            x = [part[:SPIKE_NORM_SAMPLES] for part in self.calibration]
            outputs = simulate(
                network, x if len(x) > 1 else x[0], "batched", SPIKE_NORM_STEPS
            ).outputs[..., -probe.size :]
            drive = np.diff(outputs, axis=1, prepend=0).reshape(-1, node.shape[-1]).max(axis=0)
            largest = float((drive * unit).max())
            return largest if largest > 0 else 1.0  # a layer that nothing drives
        return clip

    def _pool(self, node: Node) -> tuple[Population, np.ndarray]:
        """An average pool as a population: weight 1, and a threshold of the window's size."""
        (term,) = node.terms
        source = self.populations[term.source]
        if source.kind == "input" and (
            self.recipe.input_code == "analog" or INPUT_CODES[self.recipe.input_code].worth_varies
        ):
            raise SpikewattError(f"convert: layer {node.name!r}", "averages spikes of worth 1", f"{self.recipe.input_code} input",
                                 "a convolution in front of the pool, or input_code='if', 'poisson'")  # fmt: skip
        probe = Connection(term.source, node.name, "pool", None, node.geometry)
        in_window = np.diff(unroll(probe, source.shape, node.shape).indptr).reshape(
            node.shape
        )  # Keras leaves padding out of the average
        self._connect(term, node.name, None, "pool", node.geometry)
        population = Population(
            node.name,
            node.shape,
            "integrate_and_fire",
            in_window,
            np.asarray(0),
            in_window // 2,
            source.levels,
        )
        return population, self.units[term.source]

    def _max_pool(self, node: Node) -> tuple[Population, np.ndarray]:
        (term,) = node.terms
        source = self.populations[term.source]
        if self.recipe.code == "signed":
            law = "a spike of a max pool cannot be taken back"
            allowed = "code='rate', 'radix' or 'sync_rate', or average pooling"
            raise SpikewattError(
                f"convert: layer {node.name!r} (MaxPooling2D)", law, "signed", allowed
            )
        if source.kind == "input" and (self.recipe.code, self.recipe.input_code) not in (
            ("rate", "if"),
            ("radix", "bitplane"),
        ):
            raise SpikewattError(
                f"convert: layer {node.name!r} (MaxPooling2D)",
                "pools what a ReLU gives, or an input in its own code",
                f"input_code {self.recipe.input_code!r}",
                "rate with if, radix with bitplane",
            )
        self._connect(term, node.name, None, "max_pool", node.geometry)
        population = Population(
            node.name,
            node.shape,
            "max_pool",
            np.asarray(1),
            np.asarray(0),
            np.asarray(0),
            source.levels,
        )
        return population, self.units[term.source]

    def _flip(self, node: Node) -> tuple[Population, np.ndarray]:
        """q where the weight is positive, L - q where it is negative: makes a max pool of a min pool."""
        (term,) = node.terms
        source = self.populations[term.source]
        negative = term.weights < 0
        self._connect(term, node.name, np.where(negative, -1, 1), "identity", None)
        start = np.where(negative, source.levels, 0)
        return Population(
            node.name,
            node.shape,
            "integrate_and_fire",
            np.asarray(1),
            np.asarray(0),
            start,
            source.levels,
        ), self.units[term.source]

    def _correct(self, network: SpikingNetwork, activations: dict[str, np.ndarray]) -> None:
        """Move each channel's bias by the mean difference between the Keras activation and the transmitted value."""
        from ..engines.batched.engine import values
        from ..engines.simulate import integer_input

        x = self.calibration if len(self.calibration) > 1 else self.calibration[0]
        sent = values(network, integer_input(network, x))
        for name, wanted in activations.items():
            unit = np.broadcast_to(self.units[name], wanted.shape[1:])
            difference = (
                (wanted - sent[name].reshape(wanted.shape) * unit)
                .reshape(-1, wanted.shape[-1])
                .mean(axis=0)
            )
            self.corrections[name] = (
                self.corrections.get(name, np.zeros(len(difference))) + difference
            )
