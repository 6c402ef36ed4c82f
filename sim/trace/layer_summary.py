"""LayerSummary: the static side of a trace, one entry per connection, as pricing needs it."""

from __future__ import annotations

import weakref
from dataclasses import asdict, dataclass
from math import prod

from ..network.connection import Connection, ExecutedLayer
from ..network.connection_kinds import CONNECTION_KINDS, ConnectionKind
from ..network.named import named
from ..network.network_file import executed_entry, executed_layers
from ..network.population import POPULATION_KINDS, PopulationKind
from ..network.spiking_network import SpikingNetwork


@dataclass(frozen=True)
class LayerSummary:
    """One connection and the population it feeds.

    Parameters
    ----------
    pre : str, population.
    post : str, population.
    kind : ConnectionKind or its name.
    post_kind : PopulationKind or its name.
    pre_shape : shape of the pre population.
    post_shape : shape of the post population.
    geometry : window of a convolution or pool as lists (see `Geometry.as_lists`), None without.
    synapses : int, synapses that exist, borders exact.
    nonzero_synapses : int, those of weight != 0.
    macs : int, multiply-accumulates of the ANN here, as Keras executes its layers, taps on padding
        included (as kernel libraries do); of a pool or an identity, elements that are touched.
    parameters : int, weights and biases to be stored.
    fan_in : int, largest number of distinct pre neurons of one post neuron.
    pooled : windows that are summed in front of the weights, as lists; default none.
    host_macs : int, multiply-accumulates that a host does, where the pre population is an analog
        input.
    branch : int, number of the connection where several lead from `pre` to `post`.
    mixed_axons : int, pre neurons with weights of both signs, borders not looked at.
    executed : layers of the ANN that were merged into the connection; see `Connection.executed`.
    """

    pre: str
    post: str
    kind: ConnectionKind
    post_kind: PopulationKind
    pre_shape: tuple[int, ...]
    post_shape: tuple[int, ...]
    geometry: list | None
    synapses: int
    nonzero_synapses: int
    macs: int
    parameters: int
    fan_in: int
    pooled: list | None = None
    host_macs: int = 0
    branch: int = 1
    mixed_axons: int = 0
    executed: tuple[ExecutedLayer, ...] | None = None

    def __post_init__(self):
        law = "must be a known kind"
        kind = named("LayerSummary.kind", law, self.kind, CONNECTION_KINDS)
        object.__setattr__(self, "kind", kind)

        law = "must be a known kind of population"
        post_kind = named("LayerSummary.post_kind", law, self.post_kind, POPULATION_KINDS)
        object.__setattr__(self, "post_kind", post_kind)

    def as_json(self) -> dict:
        """JSON form, read back by `from_json`."""
        values = asdict(self)
        values["kind"] = str(self.kind)
        values["post_kind"] = str(self.post_kind)
        del values["executed"]
        if self.executed is not None:
            values["executed"] = [executed_entry(layer) for layer in self.executed]
        return values

    @classmethod
    def from_json(cls, values: dict) -> LayerSummary:
        """Inverse of `as_json`."""
        fields = {
            **values,
            "pre_shape": tuple(values["pre_shape"]),
            "post_shape": tuple(values["post_shape"]),
            "executed": executed_layers(values.get("executed")),
        }
        return cls(**fields)

    @property
    def name(self) -> str:
        """``pre->post``, as `Connection.name`."""
        name = f"{self.pre}->{self.post}"
        if self.branch > 1:
            name += f"#{self.branch}"
        return name

    @property
    def live_macs(self) -> int:
        """Those of `macs` that are left where dead channels are not computed."""
        if self.executed is None:
            return self.macs
        return sum(layer.computed_macs(prunes=True) for layer in self.executed)

    @property
    def post_neurons(self) -> int:
        """Number of neurons of the post population."""
        return prod(self.post_shape)


_summaries: weakref.WeakKeyDictionary[SpikingNetwork, tuple[LayerSummary, ...]] = (
    weakref.WeakKeyDictionary()
)


def summarise(network: SpikingNetwork) -> tuple[LayerSummary, ...]:
    """The static layers of `network`, one per connection, in order; kept as long as it lives."""
    found = _summaries.get(network)
    if found is None:
        found = tuple(_summary(network, c) for c in network.connections)
        _summaries[network] = found
    return found


def _summary(network: SpikingNetwork, c: Connection) -> LayerSummary:
    pre = network.population(c.pre)
    post = network.population(c.post)
    synapses = network.fan_out(c)
    nonzero_synapses = network.fan_out(c, nonzero=True)

    # What the ANN does here: as one layer, or as the layers that were merged into it.
    taps = c.taps(pre.shape)
    macs, parameters = taps * post.size, 0
    if c.weights is not None:
        biases = post.shape[-1] if c.kind.narrow else 0
        parameters = c.weights.size + biases
    if c.executed is not None:
        macs = sum(layer.macs for layer in c.executed)
        parameters = sum(layer.parameters for layer in c.executed)

    host_macs = 0
    if pre.kind.is_input and network.input_code.analog:
        host_macs = taps * post.size

    return LayerSummary(
        pre=c.pre,
        post=c.post,
        kind=c.kind,
        post_kind=post.kind,
        pre_shape=pre.shape,
        post_shape=post.shape,
        geometry=c.geometry.as_lists() if c.geometry else None,
        synapses=int(synapses.sum()),
        nonzero_synapses=int(nonzero_synapses.sum()),
        macs=macs,
        parameters=parameters,
        fan_in=min(taps * c.summed, pre.size),
        pooled=c.pooled.as_lists() if c.pooled else None,
        host_macs=host_macs,
        branch=c.branch,
        mixed_axons=c.mixed_axons(pre.shape),
        executed=c.executed,
    )
