"""Training of the networks of the studies: by a recipe, and again after an interruption."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.models.datasets import Dataset
from spikewatt.models.studied.training.train import train_studied
from spikewatt.models.studied.weights import read_archive

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
