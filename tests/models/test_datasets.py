"""Data sets: the same samples every time, files that are whole and say their largest pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spikewatt.errors import FileFormatError, SpikewattError
from spikewatt.models.datasets import load_dataset, resized


@pytest.fixture
def arrays(random):
    """A small data set of grey images, as a file holds it."""
    return {
        "x_train": random.integers(0, 256, (20, 6, 5), dtype=np.uint8),
        "y_train": np.arange(20) % 3,
        "x_test": random.integers(0, 256, (4, 6, 5), dtype=np.uint8),
        "y_test": np.arange(4) % 3,
    }


@pytest.fixture
def written(tmp_path, arrays):
    """Write the arrays, some of them changed or left out (None), and return the path."""

    def write(**changes) -> str:
        members = {k: v for k, v in {**arrays, **changes}.items() if v is not None}
        np.savez(tmp_path / "mine.npz", **members)
        return str(tmp_path / "mine.npz")

    return write


def test_digits_are_the_same_every_time(digits):
    parts = (digits.x_train, digits.x_validation, digits.x_test)
    assert [len(x) for x in parts] == [1293, 144, 360]
    assert digits.x_test.max() == digits.levels == 16
    again = load_dataset("digits")
    assert again is not digits
    assert np.array_equal(again.x_test, digits.x_test)
    assert np.array_equal(again.x_validation, digits.x_validation)


def test_scaled_pixels_are_as_the_model_takes_them(digits):
    x = digits.scaled("train")
    assert (x.dtype, x.min(), x.max()) == (np.float32, 0.0, 1.0)
    assert np.array_equal(x * 16, digits.x_train)

    for largest in (255, 255.0, np.float64(255), np.int64(255)):
        raw = digits.scaled("test", largest)
        assert raw.dtype == np.float32
        assert np.array_equal(raw, digits.scaled("test") * 255)

    with pytest.raises(SpikewattError, match="Dataset.scaled: must name a split; got 'all'"):
        digits.scaled("all")
    for largest in (0, -1.0, np.inf, np.nan, "255"):
        with pytest.raises(SpikewattError, match="scaled.largest: must be the value of the larg"):
            digits.scaled("test", largest)


def test_a_file_becomes_a_data_set(written):
    mine = load_dataset(written())
    assert (mine.name, mine.input_shape, mine.classes, mine.levels) == ("mine", (6, 5, 1), 3, 255)
    assert (len(mine.x_train), len(mine.x_validation), len(mine.x_test)) == (18, 2, 4)
    assert mine.scaled("test").max() <= 1.0

    colour = np.zeros((20, 6, 5, 3), np.uint8)
    mine = load_dataset(written(x_train=colour, x_test=colour[:4], levels=np.array(9)))
    assert mine.input_shape == (6, 5, 3)
    assert load_dataset(written(y_train=np.arange(20))).classes == 20


def test_dim_images_say_their_largest_pixel(written, arrays):
    dim = {key: arrays[key] // 16 for key in ("x_train", "x_test")}
    law = (
        "the largest possible pixel as `levels`; got brightest pixel 15, no `levels`; "
        "allowed: np.savez"
    )
    with pytest.raises(FileFormatError, match=law):
        load_dataset(written(**dim))

    said = load_dataset(written(**dim, levels=16))
    assert said.scaled("test").max() == dim["x_test"].max() / 16

    law = "levels: is the largest possible pixel; got 14; allowed: one integer in 15..255"
    with pytest.raises(FileFormatError, match=law):
        load_dataset(written(**dim, levels=14))
    with pytest.raises(FileFormatError, match="levels: is the largest possible pixel"):
        load_dataset(written(**dim, levels=[16, 16]))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"x_test": np.zeros((4, 6, 5))}, "x_test: must be uint8 images; got float64"),
        ({"x_train": np.zeros((20, 6), np.uint8)}, "x_train: must be uint8 images"),
        ({"x_train": np.zeros((20, 0, 5), np.uint8)}, "x_train: must hold images of at least one"),
        ({"y_test": np.zeros(3, int)}, "y_test: must hold one integer label per image"),
        ({"y_test": np.zeros(4)}, r"y_test: must hold one integer label per image; got float64"),
        (
            {"x_test": np.zeros((4, 5, 5), np.uint8)},
            r"x_test: images have the shape of those in x_train; got \(5, 5\); allowed: \(6, 5\)",
        ),
        ({"y_train": np.arange(20) - 1}, "y_train: labels count from 0; got -1..18"),
        ({"y_test": None}, "must hold the arrays.*got no y_test"),
    ],
)
def test_files_with_wrong_arrays(changes, match, written):
    with pytest.raises(FileFormatError, match=match):
        load_dataset(written(**changes))


def test_files_that_are_not_whole(written, arrays, tmp_path):
    whole = load_dataset(written())
    assert len(whole.x_test) == 4

    np.save(tmp_path / "array.npy", arrays["x_train"])
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    half = (tmp_path / "mine.npz").read_bytes()[:300]
    (tmp_path / "cut.npz").write_bytes(half)
    for name in ("array", "cut"):
        with pytest.raises(FileFormatError, match=r"must be a whole .npz file"):
            load_dataset(str(tmp_path / f"{name}.npz"))


def test_data_sets_that_are_not_there(tmp_path):
    law = "must name a data set.*got 'letters'; allowed: cifar10, digits"
    with pytest.raises(SpikewattError, match=law):
        load_dataset("letters")
    with pytest.raises(SpikewattError, match="data set file must exist"):
        load_dataset("mnist", tmp_path)


def test_a_folder_is_named_by_the_variable(written, tmp_path, monkeypatch):
    Path(written()).rename(tmp_path / "mnist.npz")
    monkeypatch.setenv("SPIKEWATT_DATA", str(tmp_path))
    assert load_dataset("mnist").name == "mnist"


def test_mnist_file_is_found_by_folder(shared_data):
    mnist = load_dataset("mnist", shared_data)
    assert mnist.x_test.shape == (10_000, 28, 28, 1)
    assert len(mnist.x_train) + len(mnist.x_validation) == 60_000


def test_resized_images_are_means_over_areas(digits):
    half = resized(digits, 4, 4)
    blocks = digits.x_test.astype(int).reshape(-1, 4, 2, 4, 2, 1).sum(axis=(2, 4))
    assert np.array_equal(half.x_test, (blocks + 2) // 4)
    assert (half.levels, half.name, half.x_train.shape[1:]) == (16, "digits_4x4", (4, 4, 1))

    assert np.array_equal(resized(digits, 8, 8).x_test, digits.x_test)
    odd = resized(digits, 3, 8)
    assert abs(odd.x_test.mean() - digits.x_test.mean()) < 0.1

    with pytest.raises(SpikewattError, match="resized.height: images only shrink; got 9"):
        resized(digits, 9, 8)
