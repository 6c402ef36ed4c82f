"""Second implementation: the networks of keras.applications, with random weights."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.sim.conversion.convert import convert

SIDES = {"InceptionV3": 75}  # its pools need as much; the others take 32
CONVERTS = (
    "DenseNet121",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "ResNet50",
    "ResNet50V2",
    "VGG16",
)
REFUSED = {"EfficientNetB0": "'stem_activation' .Activation.: .*that spikes carry; got silu"}


def application(name: str) -> tuple[keras.Model, np.ndarray]:
    side = SIDES.get(name, 32)
    keras.utils.set_random_seed(0)
    shape = (side, side, 3)
    model = getattr(keras.applications, name)(weights=None, input_shape=shape, classes=10)
    x = np.random.default_rng(0).random((3, *shape), np.float32)
    return model, x


@pytest.mark.slow
@pytest.mark.parametrize("name", CONVERTS)
def test_an_application_converts(name):
    """The guard inside of `convert` compares every population with Keras."""
    model, x = application(name)
    network = convert(model, x, "radix", steps=6, input_code="bitplane")
    assert network.synapses > 10_000
    assert network.readouts[0].shape == (10,)


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_an_application_that_spikes_cannot_carry_is_refused(name):
    model, x = application(name)
    with pytest.raises(SpikewattError, match=REFUSED[name]):
        convert(model, x, "radix", steps=6, input_code="bitplane")
