"""What there is in the zoo: the networks, by name, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SpikewattError, nearest
from ...files import read_yaml
from ..studied.activations import activation_of
from ..studied.catalogue import Studied
from ..studied.layers import Layer, layer_of
from ..studied.training.recipe import Recipe

if TYPE_CHECKING:
    import pandas as pd

PREFIX = "zoo:"
HERE = Path(__file__).parent
ENTRIES, WEIGHTS = HERE / "networks.yaml", HERE / "weights"
USUAL_DATASET = "digits"  # of networks that are not of the zoo


@dataclass(frozen=True, kw_only=True)
class ZooNetwork(Studied):
    """What is known of a network and of its trained weights, beside the facts of `Studied`.

    Parameters
    ----------
    description : str
        In a few words.
    training : Recipe
        How it was trained, and is trained again.
    parameters : int
        Weights, biases and what else Keras keeps.
    macs : int
        Multiply-accumulates of one inference.
    drawn : tuple of Layer
        From the pixels to the classes; empty where `architecture` names them.
    """

    description: str
    training: Recipe
    parameters: int
    macs: int
    drawn: tuple[Layer, ...] = field(default=())

    @property
    def layers(self) -> tuple[Layer, ...]:
        """From the pixels to the classes."""
        return self.drawn or super().layers

    @property
    def title(self) -> str:
        """The name that verbs and functions take."""
        return PREFIX + self.name

    @property
    def path(self) -> Path:
        """The archive with its weights."""
        return WEIGHTS / f"{self.name}.npz"


def names() -> tuple[str, ...]:
    """The networks of the zoo, as verbs and functions take them.

    Examples
    --------
    >>> names()
    ('zoo:digits-mlp', 'zoo:digits-cnn', 'zoo:lenet', 'zoo:resnet8')
    """
    return tuple(entry.title for entry in _entries().values())


def zoo() -> pd.DataFrame:
    """The trained networks that come with the package, one row for each.

    Returns
    -------
    DataFrame
        ``network``, ``dataset``, ``accuracy`` (share of the test images, of Keras),
        ``parameters``, ``macs`` (of one inference) and ``description``.

    Examples
    --------
    >>> zoo()[["network", "dataset"]].values.tolist()[2]
    ['zoo:lenet', 'digits28']
    """
    import pandas as pd

    return pd.DataFrame(
        {
            "network": entry.title,
            "dataset": entry.dataset,
            "accuracy": entry.accuracy,
            "parameters": entry.parameters,
            "macs": entry.macs,
            "description": entry.description,
        }
        for entry in _entries().values()
    )


def is_of_zoo(name: object) -> bool:
    """Whether `name` is meant as a network of the zoo.

    >>> is_of_zoo("zoo:lenet"), is_of_zoo(Path("zoo:lenet")), is_of_zoo("lenet")
    (True, True, False)
    """
    return isinstance(name, str | Path) and str(name).startswith(PREFIX)


def zoo_network(name: str | Path) -> ZooNetwork:
    """What is known of a network of the zoo.

    Parameters
    ----------
    name : str or Path
        ``zoo:NAME``.

    Raises
    ------
    SpikewattError : unknown name.

    Examples
    --------
    >>> zoo_network("zoo:lenet").dataset
    'digits28'
    >>> zoo_network("zoo:lennet")
    Traceback (most recent call last):
    ...
    spikewatt.errors.SpikewattError: network: must be one of the zoo; ... mean 'zoo:lenet'?
    """
    known = _entries()
    plain = str(name).removeprefix(PREFIX)
    if plain not in known:
        meant = nearest(str(name).lower(), names())
        raise SpikewattError(
            where="network",
            law="must be one of the zoo",
            got=repr(str(name)),
            allowed=", ".join(names()),
            hint=f"did you mean {meant!r}?" if meant else None,
        )
    return known[plain]


def dataset_of(network: object, given: str | None = None) -> str:
    """The data set that goes with a network: what was given, its own, or the digits.

    Parameters
    ----------
    network : str, Path or anything
        That is run.
    given : str, optional
        What a user asked for.

    Examples
    --------
    >>> dataset_of("zoo:lenet"), dataset_of("my.keras"), dataset_of("zoo:lenet", "mnist")
    ('digits28', 'digits', 'mnist')
    """
    if given is not None:
        return given
    if is_of_zoo(network):
        assert isinstance(network, str | Path)
        return zoo_network(network).dataset
    return USUAL_DATASET


@cache
def _entries() -> Mapping[str, ZooNetwork]:
    said = read_yaml(ENTRIES)
    assert isinstance(said, dict)
    return {name: _entry(name, facts) for name, facts in said.items()}


def _entry(name: str, facts: dict) -> ZooNetwork:
    """One entry of ``networks.yaml``."""
    facts = {
        **facts,
        "activation": activation_of(facts.get("activation", "relu")),
        "drawn": tuple(map(layer_of, facts.get("drawn", ()))),
        "training": Recipe(**facts["training"]),
    }
    return ZooNetwork(name, **facts)
