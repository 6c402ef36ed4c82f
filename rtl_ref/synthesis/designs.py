"""Designs to synthesise: networks, sizes and the bare core, and those of the standing table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...sim.engines.simulate import simulate
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace
from ..design import CHAIN, CORE, Parameters
from .asic import AsicReport
from .costs.inference import InferenceCost, inference_costs
from .fpga_report import FpgaReport
from .parameters import parameters_of, parameters_of_sizes

if TYPE_CHECKING:
    from ...models.datasets import Dataset

CORE_ALONE = {"AXONS": 256, "NEURONS": 256, "WEIGHT_BITS": 4, "STATE_BITS": 16}
STANDING_NETWORKS = ([784, 48, 10], [784, 128, 10])
TABLE_SAMPLES = 20
# LeNet's dense copies do not fit: see `standing_designs`. Filters of two 3x3 layers, 8x8 images.
CNN_FILTERS, CNN_DEVICE = (28, 16), "LFE5U-85F"


@dataclass(frozen=True, eq=False)
class Design:
    """What is synthesised, and where there are data, what ran on it.

    Parameters
    ----------
    name : for tables
    top : module
    parameters : of the module
    network : that it runs, default none
    trace : of that network on some samples, default none
    device : that it needs, default the one that is asked for
    """

    name: str
    top: str
    parameters: Parameters
    network: SpikingNetwork | None = None
    trace: Trace | None = None
    device: str | None = None

    def costs(self, reports: Sequence[FpgaReport | AsicReport]) -> list[InferenceCost]:
        """What an inference costs on each of its syntheses, and on the cards; [] without data."""
        if self.network is None or self.trace is None:
            return []

        return inference_costs(self.network, self.trace, reports)


def design_of_network(
    name: str,
    network: SpikingNetwork,
    x: np.ndarray | None = None,
    steps: int | None = None,
    top: str = CHAIN,
    cycles_per_sop: int | None = None,
    device: str | None = None,
) -> Design:
    """A network as a chain of cores.

    Parameters
    ----------
    name : for tables
    network : that `verify` takes
    x : (samples, ...) inputs, for the costs of an inference; default none
    steps : of a rate network
    top : ``snn_top`` (default) or ``axi_lite_peripheral``
    cycles_per_sop : default 2
    device : that it needs, default the one that is asked for
    """
    parameters = with_cycles(parameters_of(network), cycles_per_sop)
    trace = None if x is None else simulate(network, x, "batched", steps)
    return Design(name, top, parameters, network, trace, device)


def design_of_sizes(
    sizes: Sequence[int], top: str = CHAIN, cycles_per_sop: int | None = None
) -> Design:
    """Layers of given sizes as a chain of cores.

    >>> design_of_sizes([784, 48, 10]).name
    '784-48-10'
    """
    parameters = with_cycles(parameters_of_sizes(list(sizes)), cycles_per_sop)
    return Design("-".join(map(str, sizes)), top, parameters)


def core_alone(cycles_per_sop: int | None = None) -> Design:
    """The bare core: 256 axons, 256 neurons, 4-bit weights, 16-bit potentials."""
    parameters = with_cycles(CORE_ALONE, cycles_per_sop)
    cycles = parameters.get("CYCLES_PER_SOP", 2)
    return Design(f"core 256 x 256, 4 bits, c = {cycles}", CORE, parameters)


def with_cycles(parameters: Parameters, cycles_per_sop: int | None) -> dict[str, int | str]:
    """Parameters with another number of cycles per operation; None leaves them as they are."""
    chosen = dict(parameters)
    if cycles_per_sop is not None:
        chosen["CYCLES_PER_SOP"] = cycles_per_sop

    return chosen


def standing_designs(data_dir: Path | None) -> list[Design]:
    """The designs of the table: three networks of dense layers, a CNN, and the bare core.

    Each neuron of a convolution has a row of weights of its own here. LeNet's first layer would
    take 784 x 16,384 of them, thirty times what the largest ECP5 holds; the CNN is the largest of
    its shape (two layers of 3x3, a pool, ten classes) that fits.

    Parameters
    ----------
    data_dir : folder with mnist.npz; None for the variable SPIKEWATT_DATA; random images without
    """
    from ..verification.trained_networks import trained

    designs = []
    for sizes in ("64-48-10", "784-48-10", "784-128-10"):
        network, x = trained(f"mlp-{sizes}", data_dir)
        designs.append(design_of_network(sizes, network, x[:TABLE_SAMPLES]))

    network, x = _trained_cnn()
    first, second = CNN_FILTERS
    name = f"CNN {first}C3-{second}C3-P2-10, 8x8"
    cnn = design_of_network(name, network, x[:TABLE_SAMPLES], device=CNN_DEVICE)
    return [*designs, cnn, core_alone(2), core_alone(3)]


def _trained_cnn() -> tuple[SpikingNetwork, np.ndarray]:
    """A small CNN for the 8x8 digits, briefly trained, and test images."""
    from ...models.datasets import load_dataset
    from ...models.training import train
    from ...sim.conversion.convert import convert

    data = load_dataset("digits")
    model = _small_cnn(data)
    train(model, data, epochs=10, batch_size=32)
    calibration = data.scaled("train")[:300]
    network = convert(model, calibration, input_levels=data.levels)
    return network, data.scaled("test")


def _small_cnn(data: Dataset):
    from ...models.keras_backend import import_keras

    keras = import_keras()
    keras.utils.set_random_seed(0)
    layers = keras.layers
    first, second = CNN_FILTERS
    return keras.Sequential(
        [
            layers.Input(data.input_shape),
            layers.Conv2D(first, 3, activation="relu"),
            layers.Conv2D(second, 3, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
