"""The command line: verbs, exit codes, refusals in one line, nothing written over."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.trace.trace import Trace

from ..helpers.said import data_of

# In the order of the help.
VERBS = (
    "run",
    "convert",
    "simulate",
    "diagnose",
    "plot",
    "export-nir",
    "import-nir",
    "prune",
    "quantise",
    "robustness",
    "price",
    "map",
    "devices",
    "calibrate",
    "validate",
    "odin",
    "verify",
    "crosscheck",
    "synth",
)
HEAVY = {
    "numpy",
    "pandas",
    "tensorflow",
    "keras",
    "ANNarchy",
    "matplotlib",
    "h5py",
    "pint",
    "pydantic",
}


def spikewatt(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "spikewatt.cli", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="session")
def run_folder(once_per_run) -> Path:
    """One short run of the main job."""

    def make(folder: Path) -> None:
        result = spikewatt("run", "--epochs", "8", "--steps", "16", cwd=folder)
        assert result.returncode == 0, result.stderr
        (folder / "printed.txt").write_text(result.stdout)

    return once_per_run.made("cli", make)


def test_run_leaves_tables_pictures_and_objects(run_folder):
    run = run_folder / "runs" / "digits-mlp-64-48-10"
    pictures = {
        "samples",
        "training",
        "sops_per_layer",
        "firing_rate",
        "accuracy_against_steps",
        "energy",
        "points",
        "diagnosis",
        "raster",
    }
    assert {p.stem for p in run.glob("*.png")} == {p.stem for p in run.glob("*.svg")} == pictures
    assert all(p.stat().st_size > 5_000 for p in run.glob("*.png"))
    for name in (
        "config.yaml",
        "network.spk",
        "spikes.trace",
        "model.keras",
        "versions.json",
        "assumptions.txt",
        "zeros.json",
    ):
        assert (run / name).stat().st_size > 0
    classes = pd.read_csv(run / "classes.csv")
    assert list(classes.columns) == ["class", "precision", "recall", "f1", "samples"]
    assert classes["samples"].sum() == 360
    energy = pd.read_csv(run / "energy.csv")
    assert energy.groupby(["device", "workload"]).ngroups == 9  # three of each microcontroller
    printed = (run_folder / "printed.txt").read_text()
    for expected in (
        "Keras accuracy",
        "SOPs",
        "odin_style",
        "int8_ann",
        "low to high",
        "What is counted",
        "assumptions.txt",
        "cmsis-nn",
    ):
        assert expected in printed
    verdict = (run / "sentence.txt").read_text().splitlines()[0]
    assert " ".join(printed.split()).startswith(verdict)
    assert "included:" in (run / "assumptions.txt").read_text()
    assert "included:" not in printed
    assert not list((run_folder / "runs").glob("*.partial"))


def test_a_second_run_goes_to_a_new_folder_and_a_named_one_is_not_written_over(run_folder):
    before = sorted((run_folder / "runs").iterdir())
    taken = spikewatt("run", "--name", "digits-mlp-64-48-10", cwd=run_folder)
    assert taken.returncode == 2
    assert "a run goes to a new folder" in taken.stderr
    assert sorted((run_folder / "runs").iterdir()) == before


def test_verbs_chain_through_files_and_speak_json(run_folder, tmp_path):
    run = run_folder / "runs" / "digits-mlp-64-48-10"
    converted = spikewatt(
        "convert", str(run / "model.keras"), "-o", "n.spk", "--json", cwd=tmp_path
    )
    assert converted.returncode == 0, converted.stderr
    assert [row["population"] for row in data_of(converted.stdout)["rows"]] == [
        "input",
        "hidden1",
        "output",
    ]
    simulated = spikewatt(
        "simulate",
        "n.spk",
        "-o",
        "t.trace",
        "--samples",
        "20",
        "--engine",
        "reference",
        "--json",
        cwd=tmp_path,
    )
    assert simulated.returncode == 0, simulated.stderr
    assert 0.5 < data_of(simulated.stdout)["accuracy"] <= 1
    devices = ("--device", "odin_style", "--device", "nrf54l15")
    options = ("--spk", "n.spk", "--period-s", "1", "-o", "p.csv", "--json")
    priced = spikewatt("price", "t.trace", *devices, *options, cwd=tmp_path)
    assert priced.returncode == 0, priced.stderr
    rows = data_of(priced.stdout)["rows"]
    assert len(rows) == 4  # the core beside its host, too
    assert all(
        row["energy_low_j"] <= row["energy_j"] <= row["energy_high_j"] and row["battery_life_s"] > 0
        for row in rows
    )
    assert len(pd.read_csv(tmp_path / "p.csv")) > 10
    again = spikewatt("price", "t.trace", "--device", "odin_style", "-o", "p.csv", cwd=tmp_path)
    assert again.returncode == 2
    assert "an existing file is not written over" in again.stderr


def test_plot_draws_the_pictures_of_a_run_again(run_folder, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(run_folder / "runs" / "digits-mlp-64-48-10", run)
    for picture in (*run.glob("*.png"), *run.glob("*.svg")):
        picture.unlink()
    result = spikewatt("plot", str(run), cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert len(list(run.glob("*.png"))) == len(list(run.glob("*.svg"))) == 9


def test_devices_lists_every_card_with_provenance(tmp_path):
    listed = data_of(spikewatt("devices", "--json", cwd=tmp_path).stdout)["rows"]
    assert {row["device"] for row in listed} >= {"odin_style", "stm32l4r5", "nrf54l15", "cr2032"}
    assert "measured" in next(row for row in listed if row["device"] == "odin_style")["values"]
    one = spikewatt("devices", "odin_style", cwd=tmp_path).stdout
    assert "8.43e-12 J" in one
    assert "doi:10.1109" in one


REFUSED = {
    "network": (["run", "--network", "perceptron"], "must name a network"),
    "data set": (["run", "--dataset", "letters"], "dataset: must name a data set"),
    "device": (["run", "--device", "abacus"], "must name a device card"),
    "steps": (["run", "--steps", "0"], "steps: must be a number of steps; got 0"),
    "engine": (
        ["run", "--engine", "nest"],
        "engine: Input should be 'annarchy', 'batched', 'event', 'reference' or 'auto'; got 'nest'",
    ),
    "config key": (
        ["run", "config.yaml"],
        "config.yaml: stepps: unknown key; got 12; allowed: name, ",
    ),
    "a spiking network": (
        ["run", "--network", "my.spk"],
        "config: network: is a network that does not spike yet; got my.spk",
    ),
    "old --network of verify": (
        ["verify", "--network", "my.spk"],
        "verify --network: names a network to train or a .keras file, in `run` alone; got my.spk; "
        "allowed: --spk FILE",
    ),
    "old --network of synth": (["synth", "--network", "my.spk"], "allowed: --spk FILE"),
    "old --network of price": (
        ["price", "t.trace", "--network", "IC"],
        "allowed: --spk FILE, or --benchmark NAME with --layers",
    ),
    "diagnose the other way round": (
        ["diagnose", "my.spk", "my.keras"],
        "diagnose: takes the Keras model, then the spiking network; got my.spk my.keras; "
        "allowed: spikewatt diagnose my.keras my.spk",
    ),
    "no config": (["run", "absent.yaml"], "absent.yaml: the file must exist"),
    "config text": (
        ["run", "list.yaml"],
        "list.yaml: must be a mapping of keys to values; got list",
    ),
    "key twice": (["run", "twice.yaml"], "twice.yaml:2: must be YAML; got key 'steps' stands"),
    "bool": (["run", "bool.yaml"], "bool.yaml: epochs: Input should be a valid integer; got True"),
    "nan": (["run", "nan.yaml"], "period_s: Input should be a finite number"),
    "one device twice": (
        ["run", "--device", "odin_style", "--device", "odin_style"],
        "devices: must have different names",
    ),
    "dot": (["run", "--name", "."], "name: String should match pattern"),
    "output folder": (
        ["convert", "config.yaml", "-o", ".", "--force"],
        "must name a file; got a folder",
    ),
    "runs folder": (
        ["run", "--engine", "reference", "--epochs", "1", "--runs-dir", "config.yaml"],
        "config.yaml: must be a folder to write into; got a file",
    ),
    "negative": (
        ["convert", "m.keras", "-o", "n.spk", "--calibration-samples", "-5"],
        "must be at least 1",
    ),
    "keras file": (
        ["convert", "config.yaml", "-o", "n.spk"],
        "config.yaml: must be a file that holds a network",
    ),
    "trace file": (
        ["price", "config.yaml", "--device", "odin_style"],
        "must be a whole spikewatt-trace file",
    ),
    "network file": (
        ["simulate", "absent.spk", "-o", "t.trace"],
        "absent.spk: must be a spikewatt-network file; got no such file",
    ),
    "plot": (["plot", "."], "must be the folder of a run; got no spikes.trace in it"),
    "unknown card": (["devices", "abacus"], "must name a device card"),
    "verify": (["verify", "--samples", "0"], "verify --samples: must be at least 1; got 0"),
    "verify what": (
        ["verify", "--what", "everything"],
        "verify.what: must be a target; got 'everything'",
    ),
    "verify waves": (["verify", "--waves", "w"], "verify --waves: goes with --spk"),
    "synth size": (
        ["synth", "--size", "784-many"],
        "synth --size: is the sizes of layers, joined by -; got 784-many; "
        "allowed: such as 784-48-10",
    ),
    "synth picture": (
        ["synth", "--liberty", "l.lib", "--picture", "p.png"],
        "synth --picture: is that of a placement on the FPGA",
    ),
    "synth device": (
        ["synth", "--device", "abacus"],
        "synth.device: must be an FPGA; got 'abacus'",
    ),
    "synth data": (
        ["synth", "--size", "64-10", "--dataset", "digits"],
        "synth --dataset: is what your own network runs on; allowed: --spk",
    ),
    "synth seeds": (
        ["synth", "--size", "64-10", "--seeds", "0"],
        "synth --seeds: is a number of placements; got 0",
    ),
    "synth samples": (
        ["synth", "--samples", "0"],
        "synth --samples: is a number of images; got 0",
    ),
    "synth bitstream": (
        ["synth", "--bitstream", "b.bit"],
        "synth --bitstream: holds a network and an image that it runs; got no image",
    ),
    "synth pins": (
        ["synth", "--pins", "b.lpf"],
        "synth --pins: goes with a bitstream; got b.lpf; allowed: --bitstream",
    ),
    "synth memory": (
        ["synth", "--size", "784-128-10", "--device", "iCE40UP5K"],
        "synth: core 1: synapses: the memories fit into the block RAMs of iCE40UP5K; got 200 of 30",
    ),
    "synth liberty": (
        ["synth", "--core", "--liberty", "config.yaml"],
        "config.yaml: must be a Liberty file",
    ),
    "no liberty": (
        ["synth", "--core", "--liberty", "none.lib"],
        "none.lib: the Liberty file must exist; got no such file",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_one_line_and_exit_code_2(case, tmp_path):
    arguments, message = REFUSED[case]
    (tmp_path / "config.yaml").write_text("stepps: 12\n")
    (tmp_path / "list.yaml").write_text("- 1\n")
    (tmp_path / "twice.yaml").write_text("steps: 8\nsteps: 9\n")
    (tmp_path / "bool.yaml").write_text("epochs: yes\n")
    (tmp_path / "nan.yaml").write_text("period_s: .nan\n")
    before = sorted(p.name for p in tmp_path.iterdir())
    result = spikewatt(*arguments, cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_help_imports_nothing_heavy(tmp_path):
    code = (
        "import sys; sys.argv = ['spikewatt', '--help']\n"
        "from spikewatt.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"heavy = {HEAVY} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    verbs = [line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ")]
    shown = [verb for verb in verbs if verb in VERBS]
    assert shown == list(VERBS)


def test_help_has_groups_and_lists_run_first(tmp_path):
    shown = spikewatt("--help", cwd=tmp_path).stdout
    heads = ["The whole job:", "A network:", "What it costs:", "Chips and RTL:"]
    places = [shown.index(head) for head in heads]
    assert places == sorted(places)
    assert places[0] < shown.index("  run ") < places[1]
    assert "..." not in shown[places[0] :]  # every line fits


def test_version(tmp_path):
    import spikewatt as package

    shown = spikewatt("--version", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (0, f"spikewatt {package.__version__}\n")


def test_the_shell_completes_verbs_and_options(tmp_path):
    """The script that a shell is given, and what the program answers to it."""
    import os

    asked = {"COMP_WORDS": "spikewatt conv", "COMP_CWORD": "1"}
    asked |= {"_SPIKEWATT_COMPLETE": "complete_bash"}
    code = "import sys; sys.argv[0] = 'spikewatt'; from spikewatt.cli.main import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
    )
    assert result.stdout.split() == ["convert"]


# ------------------------------------------------------------------ options from a model


def test_conversion_is_asked_for_in_one_place(tmp_path):
    """The options of `convert` and `run` are the fields of the models, with their descriptions."""
    from spikewatt.analysis.job.config import RunConfig
    from spikewatt.sim.conversion.options import ConversionOptions

    of_convert = spikewatt("convert", "--help", cwd=tmp_path).stdout
    of_run = spikewatt("run", "--help", cwd=tmp_path).stdout
    for name, field in ConversionOptions.model_fields.items():
        flag = f"--{name.replace('_', '-')} "
        assert (flag in of_convert) == (name != "input_levels")
        assert flag in of_run
        assert field.description
    for name in RunConfig.model_fields:
        flag = "--device " if name == "devices" else f"--{name.replace('_', '-')} "
        assert flag in of_run, flag
    for shown in (of_convert, of_run):
        assert "width of the signed weights, 2..16; by default 8." in " ".join(shown.split())
        assert "--json" in shown


def test_a_choice_is_a_word_and_a_mapping_is_left_to_the_file():
    from typing import Literal

    from pydantic import BaseModel, Field
    from spikewatt.cli.options import fields

    class Model(BaseModel):
        engine: Literal["fast", "slow"] = "fast"
        steps: int | dict[str, int] | None = Field(default=None, description="steps per layer")
        devices: list[str] = Field(default=["a", "b"], description="cards")

    engine, steps, devices = fields(Model, flags={"devices": "--device"})
    assert (engine.annotation.__args__[0], steps.annotation.__args__[0]) == (str | None, int | None)
    assert devices.annotation.__args__[0] == list[str] | None
    texts = [made.annotation.__metadata__[0].help for made in (engine, steps, devices)]
    assert texts == ["fast, slow; by default fast.", "steps per layer.", "cards; by default a, b."]
    assert [made.name for made in fields(Model, leave_out=["steps"])] == ["engine", "devices"]


def test_pricing_a_saved_trace_imports_no_simulator(run_folder):
    code = (
        "import sys, spikewatt as sw\n"
        "trace = sw.Trace.load('runs/digits-mlp-64-48-10/spikes.trace')\n"
        "assert len(sw.price(trace, 'odin_style', 'stm32l4r5').frame) > 5\n"
        "heavy = {'tensorflow', 'keras', 'ANNarchy', 'matplotlib', 'cocotb'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=run_folder, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


def test_bit_planes_see_the_same_pixels_on_the_command_line(tmp_path, mlp, digits):
    """Digits have 16 levels, five bits could say 31: verbs scale as the network was converted."""
    network = convert(
        mlp, digits.scaled("train")[:200], "radix", input_levels=16, input_code="bitplane", steps=4
    )
    assert network.input_levels == 16
    network.save(tmp_path / "n.spk")
    result = spikewatt(
        "simulate", "n.spk", "-o", "t.trace", "--engine", "batched", "--samples", "20", cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr
    expected = simulate(network, digits.scaled("test")[:20], "reference")
    assert np.array_equal(Trace.load(tmp_path / "t.trace").outputs, expected.outputs)
    with pytest.raises(
        SpikewattError, match="must lie in the input range of the network; got 0..2"
    ):
        simulate(network, digits.scaled("test")[:2] * 2, "reference")
    priced = spikewatt(
        "price",
        "t.trace",
        "--device",
        "odin_style",
        "--device",
        "stm32l4r5",
        "--json",
        cwd=tmp_path,
    )
    assert priced.returncode == 0, priced.stderr
    assert {row["device"] for row in data_of(priced.stdout)["rows"]} == {"stm32l4r5"}
    assert "radix doubles the accumulator" in data_of(priced.stdout)["does_not_fit"]["odin_style"]
