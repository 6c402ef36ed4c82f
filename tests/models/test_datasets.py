"""Data sets: the same samples every time, files that are whole and say their largest pixel."""

from __future__ import annotations

import contextlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from spikewatt.errors import FileFormatError, SpikewattError
from spikewatt.models.datasets import SPLITS, load_dataset, resized
from spikewatt.models.enlarging import bilinear


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
        (
            {"x_test": np.zeros((4, 6, 5))},
            "x_test: must be of the type of x_train; got float64; allowed: uint8",
        ),
        ({"x_train": np.zeros((20, 1, 1, 6, 5), np.uint8)}, "x_train: must hold a row of numbers"),
        ({"x_train": np.zeros(20, np.uint8)}, r"x_train: must hold a row of numbers.*\(20,\)"),
        ({"x_train": np.zeros((20, 0, 5), np.uint8)}, "x_train: must hold samples of at least one"),
        ({"y_test": np.zeros(3, int)}, "y_test: must hold one integer label per sample"),
        ({"y_test": np.zeros(4)}, r"y_test: must hold one integer label per sample; got float64"),
        (
            {"x_test": np.zeros((4, 5, 5), np.uint8)},
            r"x_test: samples have the shape of those in x_train; got \(5, 5\); allowed: \(6, 5\)",
        ),
        ({"y_train": np.arange(20) - 1}, "y_train: labels count from 0; got -1..18"),
        ({"y_test": None}, "must hold the arrays.*got no y_test"),
    ],
)
def test_files_with_wrong_arrays(changes, match, written):
    with pytest.raises(FileFormatError, match=match):
        load_dataset(written(**changes))


def test_values_of_any_sign(written, random):
    def values(samples: int) -> np.ndarray:
        return random.uniform(-1, 1, (samples, 12)).astype(np.float64)

    train, test = values(20), values(4)
    mine = load_dataset(written(x_train=train, x_test=test))
    assert (mine.input_shape, mine.levels, mine.largest_value) == ((12,), 255, 1.0)
    assert mine.scaled("test").dtype == np.float32
    assert np.array_equal(mine.scaled("test"), test.astype(np.float32))

    mfcc = load_dataset(written(x_train=40 * train, x_test=40 * test, range=40, levels=1023))
    assert (mfcc.levels, mfcc.largest_value) == (1023, 40.0)
    assert np.array_equal(mfcc.scaled("test", 40), (40 * test).astype(np.float32))
    assert np.abs(mfcc.scaled("test") - test).max() < 1e-6


def test_stored_integers_with_scale_and_offset(written, random):
    stored = random.integers(-128, 128, (24, 49, 10)).astype(np.int8)
    parts = {"x_train": stored[:20], "x_test": stored[20:]}
    mine = load_dataset(written(**parts, scale=0.5, offset=3.0, range=70.0))
    assert mine.input_shape == (49, 10)
    assert np.array_equal(mine.scaled("test", 70), stored[20:] * np.float32(0.5) + 3)

    per_channel = np.arange(1, 11) / 10
    mine = load_dataset(written(**parts, scale=per_channel, range=128))
    assert np.allclose(mine.scaled("test", 128), stored[20:] * per_channel)

    pixels = load_dataset(written(scale=1 / 255))
    assert pixels.x_test.dtype == np.float32
    assert pixels.input_shape == (6, 5)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"factor": 3.0}, r"do not fill -1..1.*got values up to 3, no `range`; allowed: np.savez"),
        ({"factor": 0.01}, r"got values up to 0.01, no `range`"),
        (
            {"factor": 3.0, "range": 2.0},
            r"range: is the largest possible .value.; got 2.0;.*from 3",
        ),
        ({"factor": 1.0, "range": [1, 1]}, r"range: is the largest possible"),
        ({"factor": 1.0, "range": np.nan}, r"range: is the largest possible .value.; got nan"),
        ({"factor": np.nan}, "x_train: must be finite; got 240 of 240 values are NaN"),
        ({"factor": 1.0, "scale": np.inf}, "scale: is a finite number, or one per channel"),
        ({"factor": 1.0, "offset": np.zeros(3)}, r"offset: .*; allowed: shape \(\) or \(12,\)"),
        ({"factor": 1.0, "levels": 70_000}, r"levels: is the number of levels.*1..65535"),
        ({"factor": 1j}, "x_train: must hold numbers; got complex128"),
    ],
)
def test_values_that_cannot_be_meant(changes, match, written):
    changes = dict(changes)
    values = np.ones((24, 12)) * changes.pop("factor")
    with pytest.raises(FileFormatError, match=match):
        load_dataset(written(x_train=values[:20], x_test=values[20:], **changes))


def test_samples_take_the_shape_of_the_network(digits):
    flat = digits.fitted((64,))
    assert flat.input_shape == (64,)
    assert np.array_equal(flat.x_test, digits.x_test.reshape(-1, 64))
    assert np.array_equal(flat.fitted((8, 8, 1)).x_train, digits.x_train)
    assert digits.fitted((8, 8)).input_shape == (8, 8)
    assert digits.fitted((None, None, 1)) is digits is digits.fitted((8, 8, 1))

    for shape in ((63,), (4, 16), (4, 4, 4), (8, 8, 3)):
        law = r"samples have the shape that the network takes; got \(8, 8, 1\); allowed: "
        with pytest.raises(SpikewattError, match=law):
            digits.fitted(shape)

    # Whether channels come first in a row of colours, nobody can tell.
    colour = replace(digits, **{f"x_{p}": np.zeros((2, 48)) for p in SPLITS})
    with pytest.raises(SpikewattError, match="samples have the shape that the network takes"):
        colour.fitted((4, 4, 3))


def test_only_images_are_resized(written):
    with pytest.raises(SpikewattError, match="resized.dataset: must hold images of uint8 pixels"):
        resized(load_dataset(written(x_train=np.eye(20), x_test=np.eye(20)[:4])), 2, 2)


def test_arrays_that_declare_more_than_there_is(written, tmp_path):
    header = io.BytesIO()
    whole = {"descr": "|u1", "fortran_order": False, "shape": (2**40,)}
    np.lib.format.write_array_header_1_0(header, whole)
    path = written(x_train=None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_train.npy", header.getvalue())
    law = "x_train.npy must hold the array that it declares; got 1,099,511,627,776 bytes"
    with pytest.raises(FileFormatError, match=law):
        load_dataset(path)


def test_damaged_files_are_refused(written, tmp_path, random):
    whole = Path(written()).read_bytes()
    damaged = tmp_path / "damaged.npz"
    refused = 0
    for _ in range(60):
        content = bytearray(whole)
        for place in random.integers(len(content), size=8):
            content[place] ^= 255
        damaged.write_bytes(content)
        with contextlib.suppress(SpikewattError):  # and nothing else
            load_dataset(str(damaged))
            continue
        refused += 1
    assert refused > 40


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


def test_enlarged_digits_are_the_digits(digits):
    large = load_dataset("digits28")
    assert (large.name, large.input_shape, large.levels) == ("digits28", (28, 28, 1), 16)
    assert large.x_test.dtype == np.uint8
    for part in SPLITS:
        assert np.array_equal(getattr(large, f"y_{part}"), getattr(digits, f"y_{part}"))

    # The same as interpolation in floats by a library, but for what rounds the other way.
    from scipy.ndimage import zoom

    image, old = large.x_test[7, ..., 0], digits.x_test[7, ..., 0]
    floats = zoom(old.astype(float), 3.5, order=1, mode="nearest", grid_mode=True)
    assert np.abs(image - floats).max() <= 0.5 + 1e-9

    back = resized(large, 8, 8)  # means over what a pixel covered
    assert np.abs(back.x_test.astype(int) - digits.x_test).mean() < 1.5


def test_bilinear_keeps_even_images_and_refuses_others():
    even = np.full((2, 3, 5), 7, np.uint8)
    assert np.array_equal(bilinear(even, 10, 6), np.full((2, 10, 6), 7, np.uint8))
    assert np.array_equal(bilinear(even, 3, 5), even)
    with pytest.raises(SpikewattError, match="bilinear.images: must be grey images of uint8"):
        bilinear(even.astype(float), 10, 10)
