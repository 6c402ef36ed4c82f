"""Second implementation: trained networks of full size, 100 images, spike by spike. Slow."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from spikewatt.models.datasets import load_dataset
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

from ..helpers.assert_equal import assert_equal
from ..helpers.engines import DEFINITION, OTHERS
from ..helpers.trained import on_mnist

pytestmark = pytest.mark.slow
IMAGES = int(os.environ.get("SPIKEWATT_IMAGES", 100))
DEFINED = 10  # of them in the reference engine, which has explicit synapses and no threads
CODES = {
    "rate": ({"input_code": "if"}, 16),
    "radix": ({"steps": 4, "input_code": "bitplane"}, None),
}


@pytest.fixture
def lenet(shared_data, once_per_run):
    """LeNet on MNIST."""
    mnist = load_dataset("mnist", shared_data)
    return on_mnist(once_per_run, mnist, "lenet", epochs=1), mnist


@pytest.fixture
def resnet20(shared_data, monkeypatch):
    """ResNet-20 on CIFAR-10.

    From the folder in SPIKEWATT_CIFAR10, or shared/models/cifar10 beside the checkout, by the
    loader that lies there.
    """
    beside = Path(__file__).parents[3] / "shared" / "models" / "cifar10"
    folder = Path(os.environ.get("SPIKEWATT_CIFAR10", beside))
    if not (folder / "resnet20.npz").is_file() or not (shared_data / "cifar10.npz").is_file():
        pytest.skip("no folder with resnet20.npz, or no cifar10.npz")
    monkeypatch.syspath_prepend(folder)
    sys.modules.pop("keras_nets", None)
    from keras_nets import load  # type: ignore[import-not-found]

    return load("resnet20", str(folder)), load_dataset("cifar10", shared_data)


@pytest.mark.parametrize(
    ("name", "code"), [("lenet", "rate"), ("lenet", "radix"), ("resnet20", "radix")]
)
def test_engines_agree_on_a_network_of_full_size(name, code, request):
    """Spikes, operations and outputs of all engines but the reference on all images.

    The reference joins on the first of them.
    """
    model, data = request.getfixturevalue(name)
    options, steps = CODES[code]
    network = convert(model, data.scaled("train")[:200], code, **options)
    x = data.scaled("test")[:IMAGES]

    first, *others = OTHERS
    trace = simulate(network, x, first, steps, rasters=1)
    for engine in others:
        assert assert_equal(trace, simulate(network, x, engine, steps, rasters=1)) > 0, engine

    few = x[:DEFINED]
    reference = simulate(network, few, DEFINITION, steps, rasters=1)
    event = simulate(network, few, "event", steps, rasters=1)
    compared = assert_equal(reference, event)
    assert np.array_equal(event.outputs, trace.outputs[: len(few)])
    for population, counts in event.spikes.items():
        assert np.array_equal(counts, trace.spikes[population][: len(few)])

    accuracy = trace.accuracy(data.y_test[: len(x)])[-1]
    operations = trace.mean_operations() * len(x)
    print(
        f"{name}, {code}: {len(x)} images, {operations:,.0f} operations alike in "
        f"{', '.join(OTHERS)}; {len(few)} in {DEFINITION}, {compared:,} numbers; {accuracy:.1%}"
    )
    assert accuracy > 0.8
