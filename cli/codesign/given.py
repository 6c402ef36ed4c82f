"""What a verb of co-design is given: a spiking network, or a trained one that it converts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import SpikewattError
from ..options import fields, network_inputs, not_staged

if TYPE_CHECKING:
    from ...analysis.codesign.methods import Sample
    from ...models.datasets import Dataset
    from ...sim.network.spiking_network import SpikingNetwork

CALIBRATION = 1000  # training samples


@dataclass(frozen=True, eq=False)
class Given:
    """A spiking network, and what it was converted from.

    Parameters
    ----------
    network : SpikingNetwork
    model : Keras model, optional
        None of a network that was converted before.
    data : Dataset, optional
        In the shape that the model takes.
    options : dict
        Of the conversion.
    """

    network: SpikingNetwork
    model: Any = None
    data: Dataset | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def input_max(self) -> float:
        """Of the brightest pixel."""
        return self.options.get("input_max", 1.0)

    @property
    def calibration(self):
        """Training samples of the conversion."""
        assert self.data is not None
        return self.data.scaled("train", self.input_max)[:CALIBRATION]


def conversion_options():
    """Those of `convert`."""
    from ...sim.conversion.options import ConversionOptions

    return fields(ConversionOptions, leave_out=("input_levels",))


def given_network(
    verb: str, path: Path, dataset: str | None, data_dir: Path | None, options: dict[str, Any]
) -> Given:
    """A spiking network, or what a trained one is converted into.

    Without a `dataset` a network of the zoo is converted with its own, others with the digits.

    Raises
    ------
    SpikewattError
        Options of a conversion for a network that is converted; stages.
    """
    from ...models.loading.formats import TRAINED, is_trained
    from ...sim.network.spiking_network import SpikingNetwork

    not_staged(verb, path)
    if not is_trained(path):
        if options:
            law = "is an option of a conversion, and this network is converted already"
            word = next(iter(options)).replace("_", "-")
            raise SpikewattError(f"{verb} --{word}", law, str(path), TRAINED)
        return Given(SpikingNetwork.load(path))

    from ...models.datasets import load_dataset
    from ...models.loading.load import load_keras
    from ...models.zoo.catalogue import dataset_of
    from ...sim.conversion.convert import convert

    model, data = load_keras(path), load_dataset(dataset_of(path, dataset), data_dir)
    if len(model.inputs) == 1:
        data = data.fitted(model.inputs[0].shape[1:])
    options = {"input_levels": data.levels, **options}
    calibration = data.scaled("train", options.get("input_max", 1.0))[:CALIBRATION]
    return Given(convert(model, calibration, **options), model, data, options)


def sample(
    network: SpikingNetwork,
    dataset: str,
    data_dir: Path | None,
    samples: int | None,
    split: str = "test",
    shift: int = 0,
) -> Sample:
    """The first images of a part of the data, as the network takes them, moved by some pixels."""
    from ...analysis.codesign.methods import Sample
    from ...sim.staged.choosing.shifted import shifted

    x, labels = network_inputs(network, dataset, data_dir, samples, split)
    return Sample(shifted(x, shift) if shift else x, labels)
