"""The networks of the studies: facts, committed weights, where weights are found, and errors."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace

import numpy as np
import pytest
import spikewatt as sw
from spikewatt.errors import SpikewattError, SpikewattWarning
from spikewatt.files import npz
from spikewatt.models.studied import find
from spikewatt.models.studied.activations import LearnedClip, PowerOfTwoSteps
from spikewatt.models.studied.build import build
from spikewatt.models.studied.catalogue import architectures, studied, studied_names
from spikewatt.models.studied.find import COMMITTED, MODELS_VARIABLE, find_weights
from spikewatt.models.studied.layers import (
    Block,
    Convolution,
    Depthwise,
    GlobalMean,
    MeanPool,
    Output,
    layer_of,
)
from spikewatt.models.studied.load import load_studied
from spikewatt.models.studied.training.integers import Integers, check_layers
from spikewatt.models.studied.training.recipe import recipe_of
from spikewatt.models.studied.training.stored import trained_arrays
from spikewatt.models.studied.weights import content_hash, put, read_archive

MOST_BYTES, MOST_BYTES_IN_ALL = 3_000_000, 12_000_000


@pytest.fixture(autouse=True)
def no_folders(monkeypatch):
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)


def weights_of(name: str) -> dict[str, np.ndarray]:
    return dict(read_archive(COMMITTED / f"{name}.npz", name))


# ------------------------------------------------------------------ facts


def test_every_fact_names_what_exists():
    assert len(studied_names()) > 50
    for name in studied_names():
        facts = studied(name)
        assert facts.layers
        assert 0.1 < facts.accuracy < 1
        assert facts.begins_with is None or facts.begins_with in studied_names()
        if facts.recipe is not None:
            recipe = recipe_of(facts)
            assert recipe.teacher is None or recipe.teacher in studied_names()
            assert recipe.epochs or facts.epochs
            if facts.levels is not None:
                check_layers(facts.layers, isinstance(facts.activation, PowerOfTwoSteps))


def test_every_architecture_is_used():
    assert {studied(name).architecture for name in studied_names()} == set(architectures())


def test_committed_weights_are_those_of_the_facts_and_small():
    files = sorted(COMMITTED.iterdir())
    assert len(files) > 30
    for path in files:
        assert content_hash(weights_of(path.stem)) == studied(path.stem).sha256
        assert path.stat().st_size == studied(path.stem).stored_bytes <= MOST_BYTES
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES_IN_ALL


@pytest.mark.parametrize("said", [{"convolve": 3}, {"conv": 3, "windows": 5}, "flatter"])
def test_an_architecture_with_an_unknown_word_is_refused(said):
    with pytest.raises(SpikewattError, match="architecture"):
        layer_of(said)


@pytest.mark.parametrize("layer", [MeanPool(2), Convolution(4, norm="after"), Depthwise(1)])
def test_few_levels_become_integers_behind_known_layers_only(layer):
    with pytest.raises(SpikewattError, match="few levels become integers"):
        check_layers((Convolution(3), layer, Output(10)), powers_of_two=False)


# ------------------------------------------------------------------ models


def test_few_bits_come_with_batch_norm_folded():
    kinds = [type(layer).__name__ for layer in studied("lenet_k1").build()[0].layers]
    assert kinds.count("KBitReLU") == 5
    assert "BatchNormalization" not in kinds

    kinds = [type(layer).__name__ for layer in studied("lenet_k1").build(folded=False)[0].layers]
    assert kinds.count("BatchNormalization") == 5


def test_dropout_is_kept():
    model, _ = studied("mnist_dropout").build()
    rates = [layer.rate for layer in model.layers if type(layer).__name__ == "Dropout"]
    assert rates == [0.25, 0.3, 0.4]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlp_48_k2", "mnist_batchnorm", "lenet_k0_sparse", "resnet20"])
def test_keras_classifies_as_many_test_images_rightly_as_the_facts_say(name):
    facts = studied(name)
    dataset = sw.load_dataset(facts.dataset)
    x = dataset.scaled("test", facts.input_max)
    classes = load_studied(name).predict(x, batch_size=250, verbose=0).argmax(1)
    assert len(x) == 10_000
    assert np.mean(classes == dataset.y_test) == pytest.approx(facts.accuracy, abs=1e-9)


def small_network(x: np.ndarray):
    """A stem and three residual blocks of few levels, normalised for `x`; where its weights are."""
    layers = (
        Convolution(4, norm="before"),
        Block(4),
        Block(6, stride=2),
        Block(6),
        GlobalMean(),
        Output(5, bias=True),
    )
    model, placed = build("small", (8, 8, 1), layers, LearnedClip(7))
    random = np.random.default_rng(3)
    for layer, keys in placed:
        if keys[0].endswith(".clip"):
            layer.clip.assign(random.uniform(1.0, 3.0))
        elif keys[0].endswith(".kernel"):
            layer.kernel.assign(random.normal(0, 1, layer.kernel.shape))
        else:
            layer.gamma.assign(random.uniform(0.5, 1.5, layer.gamma.shape))
            layer.beta.assign(random.normal(0, 0.5, layer.beta.shape))
            layer.momentum = 0.0
    model(x, training=True)
    return layers, placed


def test_the_conversion_finds_the_integers_that_few_levels_are_rounded_to():
    """Threshold by threshold; and the network of spikes gives the classes of Keras."""
    random = np.random.default_rng(5)
    x = (random.integers(0, 256, (40, 8, 8, 1)) / 255).astype(np.float32)
    layers, placed = small_network(x)
    made = Integers(trained_arrays(placed), 7, 1.0, False, mean_of=16).of(layers)
    clips = {key[:-5]: float(value) for key, value in made.items() if key.endswith(".clip")}
    folded, places = build("small", (8, 8, 1), layers, LearnedClip(7), folded=True, clips=clips)
    put(places, made, "small")

    network = sw.convert(folded, x, "radix", input_code="bitplane")
    thresholds = [value for key, value in made.items() if key.endswith(".theta")]
    found = [np.ravel(p.threshold) for p in network.populations if p.threshold is not None]
    for wanted in thresholds:
        assert any(_same(wanted, t) for t in found)

    trace = sw.simulate(network, x, "batched")
    theirs = np.asarray(folded(x)).argmax(1)
    assert len(np.unique(theirs)) > 1
    assert np.array_equal(np.asarray(trace.outputs).reshape(40, -1, 5)[:, -1].argmax(1), theirs)


def _same(wanted: np.ndarray, found: np.ndarray) -> bool:
    """Whether `found` has the thresholds of the channels `wanted`, once or at each place."""
    channels = len(wanted)
    return found.size % channels == 0 and bool(np.all(found.reshape(-1, channels) == wanted))


# ------------------------------------------------------------------ where weights are found


def test_committed_weights_need_no_folder():
    found = find_weights("mlp_48")
    assert found.path.parent == COMMITTED
    assert not found.is_own


def test_a_folder_of_the_user_comes_first_and_is_named(tmp_path):
    arrays = weights_of("mlp_48")
    arrays["layer1.bias"] = arrays["layer1.bias"] + 1
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "mlp_48.npz").write_bytes(npz(**arrays))

    with pytest.warns(SpikewattWarning, match="weights of your own.*mlp_48.npz"):
        model = load_studied("mlp_48", tmp_path)
    assert np.array_equal(model.get_layer("output").get_weights()[1], arrays["layer1.bias"])


def test_archives_of_several_networks_and_several_folders(tmp_path, monkeypatch):
    """The published weights, wherever they lie, are nobody's own."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    both = {
        f"{name}/{key}": array
        for name in ("mlp_48_k1", "mlp_48_k2")
        for key, array in weights_of(name).items()
    }
    (second / "family.npz").write_bytes(npz(**both))
    monkeypatch.setenv(MODELS_VARIABLE, f"{first}{os.pathsep}{second}")

    found = find_weights("mlp_48_k2")
    assert found.path == second / "family.npz"
    assert not found.is_own
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_studied("mlp_48_k2").count_params() == 38_171


def test_weights_that_were_replaced_give_way_to_the_committed_ones(tmp_path, monkeypatch):
    """Where int8 weights are committed, the float16 ones that they come from are known."""
    arrays = weights_of("mlp_48")
    arrays["layer1.bias"] = arrays["layer1.bias"] + 1
    (tmp_path / "mlp_48.npz").write_bytes(npz(**arrays))
    assert find_weights("mlp_48", tmp_path).path.parent == tmp_path

    facts = replace(studied("mlp_48"), replaced=(content_hash(arrays),))
    monkeypatch.setattr(find, "studied", lambda name: facts)
    assert find_weights("mlp_48", tmp_path).path.parent == COMMITTED


def test_a_keras_file_of_any_name(tmp_path):
    load_studied("mlp_48").save(tmp_path / "mine.keras")
    assert find_weights("mine", tmp_path).is_own
    assert load_studied("mine", tmp_path).count_params() == 38_170


def test_a_keras_file_for_other_images_is_refused(tmp_path):
    load_studied("mlp_48").save(tmp_path / "resnet20.keras")
    with pytest.raises(SpikewattError, match="has the input of the network 'resnet20'"):
        load_studied("resnet20", tmp_path)


def test_missing_weights_say_which_file_to_put_where(tmp_path):
    with pytest.raises(SpikewattError) as caught:
        load_studied("vgg16", tmp_path)
    text = str(caught.value)
    assert f"put vgg16.npz (13.5 MB) into {tmp_path}" in text
    assert "spikewatt study train vgg16 --models-dir DIR" in text


def test_an_unknown_name_and_a_missing_folder(tmp_path):
    with pytest.raises(SpikewattError, match="did you mean 'resnet20'"):
        load_studied("resnet2", tmp_path)
    with pytest.raises(SpikewattError, match="models_dir: must name a folder"):
        load_studied("resnet20", tmp_path / "nowhere")


def test_damaged_and_incomplete_archives_are_refused(tmp_path):
    path = tmp_path / "mlp_48.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(
        SpikewattError, match="must be an archive of numpy with weights; got no .npz"
    ):
        load_studied("mlp_48", tmp_path)

    arrays = weights_of("mlp_48")
    path.write_bytes(npz(**{key: value for key, value in arrays.items() if "bias" not in key}))
    with pytest.raises(SpikewattError, match="no layer0.bias"):
        load_studied("mlp_48", tmp_path)

    path.write_bytes(npz(**{**arrays, "layer0.bias": np.zeros(7, np.float32)}))
    with pytest.raises(SpikewattError, match="has the shapes of its layer"):
        load_studied("mlp_48", tmp_path)
