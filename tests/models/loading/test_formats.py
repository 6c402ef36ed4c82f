"""Networks from files: Keras 3, Keras 2 and legacy files load; others are named with a remedy."""

from __future__ import annotations

import json
import shutil
import tomllib
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.errors import FileFormatError, MissingToolError, SpikewattError
from spikewatt.models.loading import checks, h5_copy
from spikewatt.models.loading.formats import FORMATS, SUFFIXES, is_network_file
from spikewatt.models.loading.load import load_keras
from spikewatt.models.networks import build_network, check_name

KERAS_2 = Path(__file__).parents[2] / "fixtures" / "keras_2"
TINY = {
    "ad01": ("autoencoder", 269_992),
    "pretrainedResnet": ("resnet8", 78_666),
    "str_ww_ref_model": (None, 47_707),
    "vww_96": ("mobilenet_025", 221_794),
}


@pytest.fixture
def small(tmp_path):
    """A small network, and a function that saves it under a name."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            layers.Input((6, 6, 1)),
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.Flatten(),
            layers.Dense(4, name="out"),
        ]
    )

    def save(name: str) -> Path:
        model.save(tmp_path / name)
        return tmp_path / name

    return model, save


@pytest.fixture
def x(random):
    return random.uniform(0, 1, (5, 6, 6, 1)).astype(np.float32)


def test_formats_are_told_apart_by_their_content(small, x, tmp_path):
    model, save = small
    zipped, hdf5 = save("a.keras"), save("a.h5")
    assert np.array_equal(load_keras(zipped)(x), model(x))
    assert np.array_equal(load_keras(hdf5)(x), model(x))

    # Endings that lie.
    shutil.copy(zipped, tmp_path / "b.h5")
    shutil.copy(hdf5, tmp_path / "b.keras")
    shutil.copy(zipped, tmp_path / "b.net")
    for name in ("b.h5", "b.keras", "b.net"):
        assert np.array_equal(load_keras(tmp_path / name)(x), model(x))

    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(tmp_path / "unpacked.keras")
    assert np.array_equal(load_keras(tmp_path / "unpacked.keras")(x), model(x))


@pytest.mark.parametrize("name", ["functional.h5", "functional.keras"])
def test_files_of_keras_2(name, recwarn):
    x = np.random.default_rng(0).random((4, 8, 8, 1)).astype(np.float32)
    model = load_keras(KERAS_2 / name)
    found = model(x)
    expected = np.load(KERAS_2 / "outputs.npy")
    assert np.abs(found - expected).max() < 1e-6
    assert not [w for w in recwarn if "structure" in str(w.message)]


@pytest.mark.parametrize("name", TINY)
def test_published_files_of_mlperf_tiny(name, random):
    folder = Path(__file__).parents[4] / "shared" / "models" / "mlperf_tiny"
    if not (folder / "original" / f"{name}.h5").is_file():
        pytest.skip("no folder with the files of MLPerf Tiny")
    same, parameters = TINY[name]
    model = load_keras(folder / "original" / f"{name}.h5")
    assert model.count_params() == parameters
    if same is not None:
        x = random.uniform(0, 1, (4, *model.inputs[0].shape[1:])).astype(np.float32)
        assert np.array_equal(model(x), load_keras(folder / f"{same}.keras")(x))


# ------------------------------------------------------------------ code


@pytest.mark.parametrize("name", ["lambda.h5", "lambda.keras"])
def test_code_of_keras_2_is_refused(name, monkeypatch):
    monkeypatch.setattr(keras.saving, "load_model", lambda *_, **__: pytest.fail("it was read"))
    law = "must hold layers only: code from a file is never run; got Lambda 'lambda'; hint: build"
    with pytest.raises(FileFormatError, match=law):
        load_keras(KERAS_2 / name)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_code_of_keras_3_is_refused(ending, tmp_path):
    written = tmp_path / "written"
    text = str(written)

    def write(values):
        Path(text).write_text("run")
        return values

    inner = keras.Sequential([layers.Input((4,)), layers.Lambda(write, output_shape=(4,))])
    model = keras.Sequential([layers.Input((4,)), inner, layers.Dense(2)])
    model.save(tmp_path / f"code{ending}")
    written.unlink(missing_ok=True)

    with pytest.raises(FileFormatError, match="code from a file is never run; got Lambda") as error:
        load_keras(tmp_path / f"code{ending}")
    assert "safe_mode" not in str(error.value)
    assert not written.exists()


def test_functions_of_other_modules_are_not_called(small, tmp_path):
    """What Keras before 3.9 imported and called by its name."""
    _, save = small
    source = save("plain.keras")
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    config = json.loads(members["config.json"])
    config["config"]["layers"][1] = {
        "module": "subprocess",
        "class_name": "check_output",
        "config": {"args": f"touch {tmp_path}/written", "shell": True},
        "registered_name": None,
    }
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(tmp_path / "call.keras", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)

    with pytest.raises(FileFormatError, match="loads in safe mode"):
        load_keras(tmp_path / "call.keras")
    assert not (tmp_path / "written").exists()


def test_an_operation_of_keras_2_is_named():
    law = "must consist of layers; got TFOpLambda 'tf.math.truediv', a bare operation of Keras 2"
    with pytest.raises(FileFormatError, match=law):
        load_keras(KERAS_2 / "operation.h5")


@pytest.mark.parametrize("version", ["3.5.0", "3.8.0", "3.11.3", "2.15.0"])
def test_an_old_keras_is_refused_before_it_reads(version, small, monkeypatch):
    _, save = small
    path = save("a.keras")
    monkeypatch.setattr(keras, "__version__", version)
    monkeypatch.setattr(keras.saving, "load_model", lambda *_, **__: pytest.fail("it was read"))
    law = f"keras: must be 3.12 or newer.*got {version}; hint: pip install -U 'keras>=3.12'"
    with pytest.raises(MissingToolError, match=law):
        load_keras(path)


def test_the_oldest_keras_is_that_of_the_package():
    text = Path(checks.__file__).parents[2].joinpath("pyproject.toml").read_text()
    wanted = tomllib.loads(text)["project"]["optional-dependencies"]["keras"]
    oldest = ".".join(map(str, checks.OLDEST_KERAS))
    assert f"keras>={oldest}" in wanted
    assert checks.OLDEST_KERAS[1] >= 9


# ------------------------------------------------------------------ weights


def test_weights_that_are_not_finite_are_named(small, tmp_path, recwarn):
    model, save = small
    kernel = np.asarray(model.get_layer("out").kernel).copy()
    kernel[2, 1] = np.nan
    kernel[3, 1] = np.inf
    model.get_layer("out").kernel.assign(kernel)
    size = kernel.size
    for name in ("nan.keras", "nan.h5"):
        law = f"weights must be finite.*layer 'out': 2 of {size} values of its kernel are like nan"
        with pytest.raises(FileFormatError, match=law):
            load_keras(save(name))

    model.get_layer("conv").bias.assign([0, 1e30, 0])
    with pytest.raises(FileFormatError, match=r"layer 'conv': 1 of 3.*like 1e\+30, and 1 more"):
        load_keras(save("large.keras"))
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]


# ------------------------------------------------------------------ files that hold no network


def test_a_name_under_which_tensorflow_executes_nothing_is_refused(tmp_path):
    model = keras.Sequential([layers.Input((4,)), layers.Dense(2, name="h<!--<x>")])
    model.save(tmp_path / "a.keras")
    with pytest.raises(
        FileFormatError, match=r"a\.keras: names of layers .*; got 'h<!--<x>'; hint"
    ):
        load_keras(tmp_path / "a.keras")


def test_a_saved_model_is_named_with_the_line_that_converts_it(small, tmp_path):
    model, _ = small
    model.export(tmp_path / "exported", verbose=False)
    law = r"got a SavedModel, which is a folder; hint: import tensorflow.*from_saved_model"
    with pytest.raises(FileFormatError, match=law):
        load_keras(tmp_path / "exported")
    with pytest.raises(FileFormatError, match="got a SavedModel"):
        check_name(str(tmp_path / "exported"))


def test_files_of_others_are_named(small, tmp_path):
    model, _ = small
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(FileFormatError, match="a file that holds a network; got a folder without"):
        load_keras(tmp_path / "folder.keras")

    model.save_weights(tmp_path / "n.weights.h5")
    law = "got weights without a network; hint: model.load_weights"
    with pytest.raises(FileFormatError, match=law):
        load_keras(tmp_path / "n.weights.h5")

    with zipfile.ZipFile(tmp_path / "t.pt", "w") as archive:
        archive.writestr("t/data.pkl", b"")
    with pytest.raises(FileFormatError, match=r"got a .pt file.*hint: torch.onnx.export"):
        load_keras(tmp_path / "t.pt")

    np.savez(tmp_path / "d.npz", a=np.zeros(3))
    with pytest.raises(FileFormatError, match=r"got an archive of arrays \(.npz\)"):
        load_keras(tmp_path / "d.npz")

    (tmp_path / "m.pkl").write_bytes(b"\x80\x04")
    with pytest.raises(FileFormatError, match="a pickle runs code when it is read"):
        load_keras(tmp_path / "m.pkl")

    for name, got in (("e.keras", "an empty file"), ("t.keras", "damaged .keras file")):
        (tmp_path / name).write_text("text" if name == "t.keras" else "")
        with pytest.raises(FileFormatError, match=f"{got}; allowed: .keras, .h5, .hdf5, .tflite"):
            load_keras(tmp_path / name)

    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["numbers"] = np.arange(3)
    with pytest.raises(FileFormatError, match="got HDF5 without model_config and model_weights"):
        load_keras(tmp_path / "other.h5")
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file.attrs["format"] = "spikewatt-network"
    with pytest.raises(FileFormatError, match="got a file of format 'spikewatt-network'"):
        load_keras(tmp_path / "own.h5")


def test_every_ending_is_a_network_and_no_name_is(tmp_path):
    assert len(SUFFIXES) == len(set(SUFFIXES)) == 5
    assert len(FORMATS) == 4
    for suffix in SUFFIXES:
        assert is_network_file(f"my{suffix}")
        assert is_network_file(f"my{suffix.upper()}")
        with pytest.raises(SpikewattError, match="the network's file must exist; got no such"):
            check_name(str(tmp_path / f"absent{suffix}"))
    for name in ("lenet", "mlp-64-48-10", "annarchy-cnn-k2"):
        assert not is_network_file(name)
    with pytest.raises(SpikewattError, match="must name a network or be the path of a file"):
        build_network("my.keras", (8, 8, 1), 10)


# ------------------------------------------------------------------ damaged and hostile files


@pytest.mark.parametrize("name", ["functional.h5", "functional.keras"])
def test_damaged_files_are_refused_in_one_line(name, tmp_path, random):
    whole = (KERAS_2 / name).read_bytes()
    damaged = tmp_path / name
    refused = 0
    for _ in range(12):
        content = bytearray(whole[: random.integers(1, len(whole))])
        content[random.integers(len(content))] ^= 255
        damaged.write_bytes(content)
        with pytest.raises(SpikewattError) as error:
            load_keras(damaged)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 600
        refused += 1
    assert refused == 12


def test_a_file_in_which_hdf5_finds_no_end(tmp_path, monkeypatch):
    content = bytearray((KERAS_2 / "functional.h5").read_bytes())
    content[6656:7168] = bytes(512)  # in the heap that holds the strings
    (tmp_path / "loop.h5").write_bytes(content)
    monkeypatch.setattr(h5_copy, "START_S", 4.0)
    with pytest.raises(FileFormatError, match="a damaged one: HDF5 found no end in it in 4 s"):
        load_keras(tmp_path / "loop.h5")


def test_weights_outside_of_the_file_are_refused(small, tmp_path):
    _, save = small
    whole = save("whole.h5")

    def changed(name, change) -> Path:
        path = shutil.copy(whole, tmp_path / name)
        with h5py.File(path, "a") as file:
            change(file["model_weights"])
        return path

    def external(group):
        group["more"] = h5py.ExternalLink("/dev/zero", "/x")

    def soft(group):
        group["more"] = h5py.SoftLink("/model_weights")

    def circle(group):
        group["more"] = group

    def storage(group):
        group.create_dataset("more", (4,), "f4", external=[("/dev/zero", 0, 16)])

    def huge(group):
        group.create_dataset("more", (2**40,), "f4", chunks=(1024,), fillvalue=0)

    for name, change, law in (
        ("external.h5", external, "more, which is a link"),
        ("soft.h5", soft, "more, which is a link"),
        ("circle.h5", circle, "every member stands in one place"),
        ("storage.h5", storage, "more, which lies in another file"),
        ("huge.h5", huge, "must hold the bytes that it declares; got 4,398,046,511,104 declared"),
    ):
        with pytest.raises(FileFormatError, match=law):
            load_keras(changed(name, change))


def test_an_archive_that_declares_more_than_it_stores(small, tmp_path):
    _, save = small
    path = save("bomb.keras")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/zeros", bytes(70 * 2**20))
    with pytest.raises(FileFormatError, match="assets/zeros must hold the bytes that it declares"):
        load_keras(path)
