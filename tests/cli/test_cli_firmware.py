"""The verb that hands a network over as C for a microcontroller, as a user calls it."""

from __future__ import annotations

import sys

import pytest
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from typer.testing import CliRunner

from ..helpers.said import data_of

for package in ("ziglang", "unicorn", "capstone"):
    pytest.importorskip(package, reason="pip install 'spikewatt[firmware]'")


def spikewatt(*arguments: str):
    """Run a verb in this process."""
    from spikewatt.cli.main import app

    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(*arguments: str) -> str:
    """The one line of an error."""
    result = spikewatt("firmware", *arguments)
    assert result.exit_code == 2, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.fixture(scope="module")
def int8_file(mlp, digits, tmp_path_factory):
    from spikewatt.models.int8 import quantise_int8

    path = tmp_path_factory.mktemp("int8") / "digits.tflite"
    path.write_bytes(quantise_int8(mlp, digits.scaled("train")[:100]).content)
    return path


def test_an_int8_network(int8_file, tmp_path):
    out = tmp_path / "out"
    where = ("--device", "stm32g0b1", "-o", out)
    result = spikewatt("firmware", int8_file, *where, "--sample", "3", "--json")
    assert result.exit_code == 0, result.output
    [row] = data_of(result.stdout)["rows"]
    assert 64 * 48 + 48 * 10 < row["flash_bytes"] < 12_000
    assert row["ram_bytes"] + row["stack_bytes"] < 2_000
    assert 3_500 < row["instructions"] < row["cycles"]  # more than one per MAC
    assert {file.name for file in out.iterdir()} == {"Makefile", "README.md", "device.ld", "src"}
    assert "int8_t sample_input[64]" in (out / "src" / "sample.c").read_text()
    assert "layer_0_dense" in (out / "README.md").read_text()

    assert "an existing folder is not written over" in refused(int8_file, *where)
    assert spikewatt("firmware", int8_file, *where, "--force").exit_code == 0


@pytest.fixture(scope="module")
def spiking_file(mlp_network, tmp_path_factory):
    path = tmp_path_factory.mktemp("spiking") / "digits.spk"
    mlp_network.save(path)
    return path


@pytest.mark.parametrize("quality", ["best", "plain"])
def test_a_spiking_network(spiking_file, mlp_network, digits, tmp_path, quality):
    out = tmp_path / "out"
    where = ("--device", "stm32l4r5", "-o", out, "--sample", "5", "--steps", "8")
    result = spikewatt("firmware", spiking_file, *where, "--quality", quality, "--json")
    assert result.exit_code == 0, result.output
    [row] = data_of(result.stdout)["rows"]
    assert row["instructions"] < row["cycles"]

    # What the folder expects is what the engine says, and the program was held against it.
    trace = simulate(mlp_network, digits.scaled("test")[5:6], "batched", steps=8)
    text = (out / "src" / "sample.c").read_text()
    spikes = [int(trace.spikes[p.name].sum()) for p in mlp_network.populations if p.kind.fires]
    assert f"expected_spikes[3] = {{\n    {spikes[0]}, {spikes[1]}, 0,\n}}" in text
    assert min(spikes) > 10
    assert f"{trace.outputs[0, -1, 0]}, {trace.outputs[0, -1, 1]}," in text
    assert "in the code rate, 8 steps" in (out / "README.md").read_text()


def test_what_is_refused_is_one_line(int8_file, tmp_path):
    out = ("-o", tmp_path / "out")
    on = ("--device", "stm32l4r5")
    assert "must be a microcontroller; got odin" in refused(int8_file, "--device", "odin", *out)
    assert "quality of kernels; got 'fast'" in refused(int8_file, *on, *out, "--quality", "fast")
    assert "test sample; got 360" in refused(int8_file, *on, *out, "--sample", "360")
    assert "allowed: .spk, .tflite" in refused(tmp_path / "my.keras", *on, *out)
    assert "no such file" in refused(tmp_path / "none.tflite", *on, *out).lower()
    assert "is for a spiking network; got 8" in refused(int8_file, *on, *out, "--steps", "8")
    assert not (tmp_path / "out").exists()


def test_a_network_without_a_kernel(mlp, digits, tmp_path):
    """Signed spikes, which no loop in C takes back."""
    path = tmp_path / "signed.spk"
    x = digits.scaled("train")[:100]
    convert(mlp, x, code="signed", input_levels=digits.levels).save(path)
    line = refused(path, "--device", "stm32l4r5", "-o", tmp_path / "out")
    assert "C for the firing rule of each population" in line
    assert "code signed" in line


def test_a_missing_package_is_one_line(int8_file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ziglang", None)
    line = refused(int8_file, "--device", "stm32l4r5", "-o", tmp_path / "out")
    assert "got no ziglang; hint: pip install 'spikewatt[firmware]'" in line
