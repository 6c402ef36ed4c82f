"""Training of the networks of the studies: by a recipe, and again after an interruption."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import spikewatt as sw
from spikewatt.cli.main import app
from spikewatt.errors import SpikewattError
from spikewatt.models.datasets import Dataset
from spikewatt.models.keras_backend import import_keras
from spikewatt.models.studied.catalogue import studied
from spikewatt.models.studied.find import MODELS_VARIABLE
from spikewatt.models.studied.load import load_studied
from spikewatt.models.studied.training.augmentation import augmented, batches
from spikewatt.models.studied.training.checkpoint import alone
from spikewatt.models.studied.training.operations import OperationsPenalty
from spikewatt.models.studied.training.recipe import Recipe, recipe_of
from spikewatt.models.studied.training.train import train_studied
from spikewatt.models.studied.weights import read_archive
from typer.testing import CliRunner

from ..helpers.said import data_of

SAMPLES = 384  # three batches of an MLP


@pytest.fixture(scope="module")
def images() -> Dataset:
    """Ten patterns of 28 x 28 with noise, under the name of MNIST."""
    random = np.random.default_rng(7)
    patterns = random.integers(0, 200, (10, 28, 28, 1))

    def part(samples: int):
        y = random.integers(0, 10, samples)
        return (patterns[y] + random.integers(0, 56, (samples, 28, 28, 1))).astype(np.uint8), y

    x_train, y_train = part(SAMPLES - 84)
    x_validation, y_validation = part(84)
    x_test, y_test = part(100)
    return Dataset(
        "mnist", x_train, y_train, x_validation, y_validation, x_test, y_test, levels=255
    )


def stopping_after(epochs: int, batches: int = 3):
    """Progress that is interrupted in the middle of the next epoch."""

    def report(stage: str, done: int, total: int) -> None:
        if done > epochs * batches + 1:
            raise KeyboardInterrupt

    return report


@pytest.mark.parametrize("name", ["mlp_48", "mlp_48_k2"])
def test_an_interrupted_training_ends_with_the_same_weights(name, images, tmp_path):
    straight, halting = tmp_path / "straight", tmp_path / "halting"
    for folder in (straight, halting):
        folder.mkdir()
    whole = train_studied(name, images, straight, epochs=3)

    with pytest.raises(KeyboardInterrupt):
        train_studied(name, images, halting, epochs=3, progress=stopping_after(1))
    assert (halting / f"{name}.training").is_dir()
    assert not (halting / f"{name}.npz").exists()
    resumed = train_studied(name, images, halting, epochs=3)

    assert (whole.resumed_after, resumed.resumed_after) == (0, 1)
    one, other = (read_archive(done.path, name) for done in (whole, resumed))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[key], other[key]) for key in one)
    assert resumed.accuracy == whole.accuracy > 0.2
    assert not (halting / f"{name}.training").exists()


def test_another_recipe_does_not_take_up_a_training(images, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train_studied("mlp_48", images, tmp_path, epochs=3, progress=stopping_after(1))
    with pytest.raises(SpikewattError, match="epochs 4; allowed: epochs 3"):
        train_studied("mlp_48", images, tmp_path, epochs=4)

    other = replace(images, x_train=images.x_train[::-1].copy())
    with pytest.raises(SpikewattError, match="goes on with the recipe and the data"):
        train_studied("mlp_48", other, tmp_path, epochs=3)


def test_a_damaged_checkpoint_is_refused(images, tmp_path):
    folder = tmp_path / "mlp_48.training"
    folder.mkdir()
    (folder / "checkpoint.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(SpikewattError, match="must be a whole checkpoint.*to begin anew"):
        train_studied("mlp_48", images, tmp_path, epochs=3)


def test_what_cannot_be_trained_is_refused(images, tmp_path):
    with pytest.raises(SpikewattError, match="has a recipe"):
        train_studied("resnet20_k2_kbit", images, tmp_path)
    with pytest.raises(SpikewattError, match="is trained on images of cifar10"):
        train_studied("resnet20", images, tmp_path)
    with pytest.raises(SpikewattError, match="must be a folder that exists"):
        train_studied("mlp_48", images, tmp_path / "nowhere")
    (tmp_path / "mlp_48.npz").write_bytes(b"")
    with pytest.raises(SpikewattError, match="is not written over; got it exists: of a training"):
        train_studied("mlp_48", images, tmp_path)


def test_two_trainings_do_not_share_a_folder(images, tmp_path):
    with (
        alone(tmp_path / "mlp_48.training"),
        pytest.raises(SpikewattError, match="one training at a time"),
    ):
        train_studied("mlp_48", images, tmp_path, epochs=1)


def test_epochs_differ_and_come_again(images):
    """What is random follows from seed and epoch alone."""
    recipe = recipe_of(studied("cifar_dropout"))
    x, y = images.scaled("train"), images.y_train

    def first(seed: int, epoch: int):
        return next(batches(x, y, recipe, seed, epoch))[0]

    assert np.array_equal(first(0, 1), first(0, 1))
    assert not np.array_equal(first(0, 1), first(0, 2))
    assert not np.array_equal(first(0, 1), first(1, 1))


def test_images_are_shifted_and_mirrored_but_not_changed_otherwise(images):
    x = images.scaled("train")[:50]
    moved = augmented(x, Recipe(shift=2, flip=True), np.random.default_rng(0))
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
    for image, around in zip(moved, padded, strict=True):
        windows = [around[i : i + 28, j : j + 28] for i in range(5) for j in range(5)]
        assert any(np.array_equal(image, w) or np.array_equal(image[:, ::-1], w) for w in windows)

    grey = augmented(x, Recipe(cutout=8), np.random.default_rng(0)) != x
    assert 0 < grey.sum((1, 2, 3)).max() <= 64


def test_the_penalty_counts_what_the_trace_counts():
    """Levels as spikes, times targets, exact at borders: synaptic operations of a rate code."""
    model = load_studied("lenet_k0_sparse")
    random = np.random.default_rng(1)
    x = random.integers(0, 256, (3, 28, 28, 1)).astype(np.float32)
    penalty = OperationsPenalty(model)
    activations = [
        np.asarray(value) for value in import_keras().Model(model.input, penalty.outputs)(x)
    ]
    counted = float(penalty.of(activations, 3)) * 1e6

    network = sw.convert(model, x, "sync_rate", input_code="bitplane", input_max=255)
    trace = sw.simulate(network, x, "batched")
    by_layer = trace.synaptic_operations["synapses"]
    of_pixels, *hidden = [np.sum(n) for n in by_layer.values()]
    assert of_pixels > 0
    assert len(hidden) == 5
    assert counted == pytest.approx(sum(hidden) / 3, rel=1e-5)


def test_the_learning_rate_rises_and_falls():
    recipe = Recipe(learning_rate=0.1, warm_up=0.2)
    rates = [recipe.learning_rate_at(share) for share in np.linspace(0, 1, 101)]
    assert rates.index(max(rates)) == 20
    assert max(rates) == pytest.approx(0.1)
    assert all(rate > 0 for rate in rates)
    assert rates[-1] < 0.001


def test_the_verb_trains_and_says_how_well(images, tmp_path, monkeypatch):
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)
    parts = {
        f"{key}_{part}": getattr(images, f"{key}_{part}")
        for key in "xy"
        for part in ("train", "test")
    }
    np.savez(tmp_path / "mnist.npz", **parts)
    asked = ["study", "train", "mlp_48", "--epochs", "1", "--data-dir", str(tmp_path)]

    refused = CliRunner().invoke(app, asked)
    assert refused.exit_code != 0
    assert "must name the folder that the trained network comes into" in refused.output + str(
        refused.exception
    )

    told = CliRunner().invoke(app, [*asked, "--models-dir", str(tmp_path), "--json"])
    assert told.exit_code == 0
    said = data_of(told.stdout)
    assert said["epochs"] == 1
    assert said["published_accuracy"] == studied("mlp_48").accuracy
    assert load_studied("mlp_48", tmp_path).count_params() == 38_170
