"""Networks by name: published sizes, and what cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.models.loading.load import load_keras
from spikewatt.models.networks import build_network, check_name


@pytest.mark.parametrize(
    ("name", "neurons"),
    [
        ("lenet", [11520, 2880, 3200, 800, 500, 10]),
        ("lenet-max", [11520, 2880, 3200, 800, 500, 10]),
        ("lenet-strided", [11520, 2880, 3200, 800, 500, 10]),
        ("lenet-same", [15680, 3920, 9800, 2450, 500, 10]),
        ("annarchy-cnn", [12544, 3136, 12544, 3136, 3136, 576, 10]),
        ("mlp-784-48-10", [48, 10]),
    ],
)
def test_networks_by_name_have_the_published_sizes(name, neurons):
    model = build_network(name, (28, 28, 1), 10)
    counted = [layer for layer in model.layers if layer.name != "flatten"]
    assert [int(np.prod(layer.output.shape[1:])) for layer in counted] == neurons


def test_a_network_is_made_again_from_its_seed():
    one, two, other = (
        build_network("mlp-64-16-10", (8, 8, 1), 10, seed).get_weights() for seed in (1, 1, 2)
    )
    assert len(one) == 4
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[0], other[0])


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("mlp-64-16-10-k2", ["Flatten", "Dense", "KBitReLU", "Dense"]),
        ("mlp-64-16-10-qcfs4", ["Flatten", "Dense", "QCFS", "Dense"]),
        ("mlp-64-16-10", ["Flatten", "Dense", "Dense"]),
    ],
)
def test_the_end_of_a_name_chooses_the_activation(name, kinds):
    model = build_network(name, (8, 8, 1), 10)
    assert [type(layer).__name__ for layer in model.layers] == kinds


def test_networks_that_do_not_exist_or_fit(tmp_path):
    with pytest.raises(SpikewattError, match="must name a network.*got 'resnet'; allowed: mlp-"):
        build_network("resnet", (8, 8, 1), 10)
    law = "as many inputs and outputs as the data; got 784 and 10; allowed: 64 and 10"
    with pytest.raises(SpikewattError, match=law):
        build_network("mlp-784-48-10", (8, 8, 1), 10)
    with pytest.raises(SpikewattError, match="its windows fit into the images"):
        build_network("lenet", (8, 8, 1), 10)
    with pytest.raises(SpikewattError, match="network: must name a network; got 3"):
        check_name(3)
    with pytest.raises(SpikewattError, match="the network's file must exist; got no such file"):
        check_name(tmp_path / "absent.keras")


def test_quantised_layers_come_back_from_a_file(tmp_path):
    model = build_network("mlp-64-16-10-qcfs4", (8, 8, 1), 10)
    model.save(tmp_path / "n.keras")
    x = np.random.default_rng(0).uniform(0, 1, (5, 8, 8, 1)).astype(np.float32)
    assert np.array_equal(load_keras(tmp_path / "n.keras")(x), model(x))
