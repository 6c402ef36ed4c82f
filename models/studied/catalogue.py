"""What there is: the networks of the studies, by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...errors import SpikewattError, nearest
from ...files import read_yaml
from .activations import Activation, activation_of
from .build import build
from .layers import Layer, layer_of, with_dropout

DATA = Path(__file__).with_name("data")
INPUT_SHAPES = {
    "digits": (8, 8, 1),
    "digits28": (28, 28, 1),
    "mnist": (28, 28, 1),
    "cifar10": (32, 32, 3),
}


@dataclass(frozen=True)
class Studied:
    """What is known of a network and of its trained weights.

    Parameters
    ----------
    name : str
    dataset : str
        That it was trained on, as `load_dataset` takes it.
    architecture : str
        As it stands in ``data/architectures.yaml``.
    activation : Activation
        After every layer.
    accuracy : float
        Share of the 10,000 test images that Keras classifies rightly with the stored weights.
    seed : int
        Of its first weights and the order of the images.
    stored : str
        ``float16``, ``int8`` (a scale for each output channel), or ``integers`` (the weights of
        a few-bit network, which are 8 bits wide).
    stored_bytes : int
        Of its archive.
    sha256 : str
        Of the weights, as `weights.content_hash` says.
    epochs : float or None
        Passes over the training images, where they were counted; of a few-bit network, those
        after `begins_with`.
    input_max : float
        Value of the largest pixel: 1, or 255 for raw pixels.
    recipe : str or None
        As it stands in ``data/recipes.yaml``.
    begins_with : str or None
        Network from whose weights its training begins.
    dropout : tuple of float or None
        Shares of its dropout layers, where they are not those of the architecture.
    replaced : tuple of str
        Hashes of earlier or more exact weights of this network, to which the committed ones are
        preferred.
    """

    name: str
    dataset: str
    architecture: str
    activation: Activation
    accuracy: float
    seed: int
    stored: str
    stored_bytes: int
    sha256: str
    epochs: float | None = None
    input_max: float = 1.0
    recipe: str | None = None
    begins_with: str | None = None
    dropout: tuple[float, ...] | None = None
    replaced: tuple[str, ...] = ()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(rows, columns, channels)."""
        return INPUT_SHAPES[self.dataset]

    @property
    def levels(self) -> int | None:
        """Values above 0 of its activations; None where any."""
        return self.activation.levels

    @property
    def layers(self) -> tuple[Layer, ...]:
        """From the pixels to the classes."""
        layers = architectures()[self.architecture]
        return layers if self.dropout is None else with_dropout(layers, self.dropout)

    def build(self, clips=None, folded: bool | None = None):
        """An untrained Keras model, and where its weights go, as `build.build` says.

        Few levels come with batch norm that is folded, unless `folded` says otherwise.
        """
        if folded is None:
            folded = self.levels is not None
        return build(self.name, self.input_shape, self.layers, self.activation, folded, clips)


def studied_names() -> tuple[str, ...]:
    """The networks of the studies.

    Examples
    --------
    >>> "resnet20" in studied_names()
    True
    """
    return tuple(_networks())


def studied(name: str) -> Studied:
    """What is known of a network.

    Raises
    ------
    SpikewattError : unknown name.

    Examples
    --------
    >>> studied("resnet20").dataset, studied("resnet20_k2_qcfs").levels
    ('cifar10', 3)
    """
    known = _networks()
    if name not in known:
        raise unknown_network(name)
    return known[name]


def unknown_network(name: str) -> SpikewattError:
    """The error of a name that no network has."""
    meant = nearest(str(name), studied_names())
    return SpikewattError(
        where="network of a study",
        law="must name one",
        got=repr(name),
        allowed=", ".join(sorted(studied_names())),
        hint=f"did you mean {meant!r}?" if meant else None,
    )


@cache
def architectures() -> dict[str, tuple[Layer, ...]]:
    """Layers by the name of the architecture."""
    said = read_yaml(DATA / "architectures.yaml")
    assert isinstance(said, dict)
    return {name: tuple(map(layer_of, lines)) for name, lines in said.items()}


@cache
def _networks() -> dict[str, Studied]:
    said = read_yaml(DATA / "networks.yaml")
    assert isinstance(said, dict)
    return {name: _network(name, facts) for name, facts in said.items()}


def _network(name: str, facts: dict) -> Studied:
    """One entry of ``data/networks.yaml``."""
    facts = {**facts, "activation": activation_of(facts.get("activation", "relu"))}
    for key in ("dropout", "replaced"):
        if key in facts:
            facts[key] = tuple(facts[key])
    return Studied(name, **facts)
