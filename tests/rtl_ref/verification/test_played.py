"""What is played to a chain of cores, what it did, and what that will take."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.rtl_ref.benches import __file__ as benches_file
from spikewatt.rtl_ref.model.core_image import network_images
from spikewatt.rtl_ref.model.words import words
from spikewatt.rtl_ref.simulation import record as seen
from spikewatt.rtl_ref.simulation import script
from spikewatt.rtl_ref.simulation.job import PROGRESS_FILE, read_progress, tell_progress
from spikewatt.rtl_ref.simulation.record import FAULTS, Record
from spikewatt.rtl_ref.simulation.simulator import Simulation
from spikewatt.rtl_ref.verification.chains.bench import run_chain
from spikewatt.rtl_ref.verification.chains.estimate import Estimate, Rates, core_cycles
from spikewatt.rtl_ref.verification.chains.golden import golden_run
from spikewatt.rtl_ref.verification.chains.parts import parts_of, play_parts, shared_out
from spikewatt.rtl_ref.verification.chains.played import PLAYER, rtl_run
from spikewatt.rtl_ref.verification.chains.random_chains import ONE, random_samples
from spikewatt.rtl_ref.verification.coverage import CHAIN_BINS, Coverage
from spikewatt.rtl_ref.verification.whole_network import verify_network
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.schedule import schedule
from spikewatt.sim.engines.simulate import simulate

pytestmark = pytest.mark.rtl
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None,
    reason="Icarus Verilog is not installed (apt install iverilog)",
)
"""Tests of the player run on Icarus, which builds it in a moment."""


def test_numbers_of_commands_and_lines_are_those_of_the_player():
    from pathlib import Path

    source = (Path(benches_file).parent / f"{PLAYER}.sv").read_text()
    commands = ("END", "SEND", "WRITE", "READ", "LOOK", "REFUSE", "RESET", "SAMPLE_END")
    commands += ("RECEIVER", "PATIENCE")
    for name in commands:
        assert f"localparam longint {name} = {getattr(script, name)};" in source
    lines = [name for name in vars(seen) if name.isupper() and name not in ("TICK", "FAULTS")]
    checked = 0
    for name in lines:
        if isinstance(getattr(seen, name), int):
            assert f"localparam int {name} = {getattr(seen, name)};" in source
            checked += 1
    assert checked == 15
    assert f"ENDLESS = {max(FAULTS)};" in source


def test_a_record_is_three_numbers_a_line():
    largest = 2**62 + 1
    found = Record.read(f"{seen.WORD} 1 -1\n{seen.POTENTIAL} 0 {largest}\n14 0 77\n")
    assert found.values(seen.WORD).tolist() == [-1]
    assert found.numbers(seen.WORD).tolist() == [1]
    assert found.values(seen.POTENTIAL).tolist() == [largest]
    assert found.cycles == 77


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("3 0 x\n14 0 1\n", "the bench must see numbers; got '3 0 x'"),
        ("3 0\n14 0 1\n", "the bench must see numbers; got '3 0'"),
        ("", "the bench must see numbers; got nothing"),
        ("3 0 1\n14 0", "the bench must see numbers"),
        ("3 0 1\n", "the bench must finish"),
        *((f"13 {number} 0\n14 0 9\n", text) for number, text in FAULTS.items()),
    ],
)
def test_a_record_that_is_none_is_refused(text, match):
    with pytest.raises(SpikewattError, match=match):
        Record.read(text)


# ------------------------------------------------------------------ what will be


@pytest.fixture(scope="module", params=["rate", "radix"])
def case(request, mlp, digits):
    """A network in both codes on three digits: its images, programs, and trace."""
    options = {"code": "radix", "steps": 4, "input_code": "bitplane"}
    network = convert(
        mlp,
        digits.scaled("train")[:300],
        input_levels=digits.levels,
        **(options if request.param == "radix" else {}),
    )
    steps = 6 if request.param == "rate" else None
    x = digits.scaled("test")[:3]
    plan = schedule(network, steps)
    trace = simulate(network, x, "reference", steps, rasters=len(x))
    programs = [list(words(network, plan, spikes)) for spikes in trace.rasters["input"]]
    return SimpleNamespace(
        network=network,
        x=x,
        steps=steps,
        images=network_images(network, plan, 24),
        programs=programs,
        fired=np.stack(
            [trace.spikes["hidden1"].reshape(len(x), -1).sum(axis=1), np.zeros(len(x), int)], 1
        ),
    )


def test_cycles_are_those_of_the_golden_model(case):
    golden = golden_run(case.images, case.programs, 24)
    expected = np.stack([core.history[:, 0] for core in golden], axis=1)
    found = [
        core_cycles(case.images, program, fired)
        for program, fired in zip(case.programs, case.fired, strict=True)
    ]
    assert np.array_equal(np.cumsum(found, axis=0), expected)
    assert expected.min() > 0


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
def test_parts_hold_every_sample_once(parts):
    random = np.random.default_rng(parts)
    for _ in range(20):
        cycles = random.integers(1, 1000, 5).tolist()
        found = shared_out(cycles, parts)
        assert len(found) == parts
        assert [i for part in found for i in range(5)[part]] == list(range(5))
        assert all(part.stop > part.start for part in found)


def test_short_work_is_not_shared_out():
    assert parts_of([100] * 6, 0.1) == [slice(0, 6)]
    assert len(parts_of([100] * 6, 1000.0)) >= 1


def test_rates_follow_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr("spikewatt.sim.engines.estimate.records.folder", lambda: tmp_path)
    rates = Rates("verilator")
    before = rates.run_s(4, 10**6)
    assert before > 0
    assert before < rates.run_s(4, 2 * 10**6) < 2 * before  # it must start, too
    for cores, cycles in ((1, 10**7), (4, 10**7), (4, 3 * 10**7), (8, 10**8)):
        rates.ran(cores, cycles, 7.0 + 2e-6 * cores * cycles)
    rates.ran(4, 1000, 500.0)  # too short to say anything
    for cycles in (10**7, 10**8):
        assert rates.run_s(4, cycles) == pytest.approx(7 + 8e-6 * cycles, rel=0.15)
    assert rates.build_s(4) == pytest.approx(25, rel=0.1)
    assert Rates("icarus").run_s(4, 10**6) > before


# ------------------------------------------------------------------ what was


@needs_icarus
def test_parts_together_are_what_one_simulation_is(case):
    """All that a core did, its counts going on from one part to the next."""
    from spikewatt.rtl_ref.design import chain_parameters

    simulation = Simulation(PLAYER, chain_parameters([64, 48, 10], 8), "icarus")
    images, programs = case.images, case.programs

    told, timed = [], []
    alone = rtl_run(simulation, images, programs)
    shared = play_parts(
        simulation,
        images,
        programs,
        shared_out([1] * len(programs), 2),
        cycles=[alone.cycles, alone.cycles],
        progress=lambda *state: told.append(state),
        timed=lambda *part: timed.append(part),
    )
    for one, other in zip(alone.run, shared, strict=True):
        for name in ("left", "lengths", "ends", "potentials", "history", "stalls"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name
        assert len(one.left)
    assert np.array_equal(alone.run.last_ticks, shared.last_ticks)
    total = 2 * alone.cycles
    assert (told[0], told[-1]) == (("play", 0, total), ("play", total, total))
    assert len(timed) == 2
    assert all(cycles > 0 and seconds > 0 for cycles, seconds in timed)


@needs_icarus
def test_a_network_is_announced_before_it_is_verified(case):
    announced: list[Estimate] = []
    rows = verify_network(
        case.network,
        case.x[:1],
        case.steps,
        engine="reference",
        simulator="icarus",
        announce=announced.append,
    )
    assert all(row["mismatches"] == 0 for row in rows), rows
    (estimate,) = announced
    measured = sum(row["cycles"] for row in rows)
    assert measured < sum(estimate.cycles) < 2 * measured  # loading and reading come on top
    assert "clock cycles of the RTL" in str(estimate)


@needs_icarus
@pytest.mark.parametrize(
    ("file", "old", "new", "match"),
    [
        ("controller.sv", "PASS_ON: if (out_ready)", "PASS_ON: if (1'b0)", "on and on"),
        ("controller.sv", "assign idle       = state == IDLE", "assign idle = 1'b0",
         "nothing moves"),
        ("integrate_and_fire_core.sv", "asks         <= serve && !port_write;", "asks <= 1'b0;",
         "a read of the memory port is not answered"),
        ("integrate_and_fire_core.sv", "asks         <= serve && !port_write;",
         "asks <= port_enable;", "a read that is refused is answered"),
        ("snn_top.sv", "assign link_valid  = valid[CORES:1];", "assign link_valid = 'x;",
         "neither 0 nor 1"),
    ],
)  # fmt: skip
def test_a_chain_that_does_not_answer_ends_the_run(tmp_path, file, old, new, match):
    from spikewatt.rtl_ref.design import RTL

    for source in RTL.glob("*.sv"):
        text = source.read_text()
        if source.name == file:
            assert text.count(old) == 1
            text = text.replace(old, new)
        (tmp_path / source.name).write_text(text)
    with pytest.raises(SpikewattError, match=match):
        run_chain(ONE, Coverage(CHAIN_BINS), "icarus", tmp_path)


@needs_icarus
def test_a_receiver_that_is_slow_is_slow_at_random():
    from dataclasses import replace

    cycles = {}
    for readiness in (1.0, 0.2):
        design = replace(ONE, readiness=readiness)
        samples = random_samples(design, 3)
        simulation = Simulation(PLAYER, design.parameters, "icarus")
        found = rtl_run(simulation, samples.images, samples.programs, pace=samples.pace)
        cycles[readiness] = int(np.sum(next(iter(found.run)).stalls))
    assert cycles[1.0] == 0
    assert cycles[0.2] > 20


def test_progress_is_told_where_somebody_asks(tmp_path, monkeypatch):
    path = tmp_path / "progress"
    assert read_progress(path) == 0
    tell_progress(3)  # nobody asks
    monkeypatch.setenv(PROGRESS_FILE, str(path))
    tell_progress(4)
    assert read_progress(path) == 4
    path.write_text("")
    assert read_progress(path) == 0
    monkeypatch.setenv(PROGRESS_FILE, str(tmp_path / "gone" / "progress"))
    with pytest.raises(OSError, match="gone"):  # ends the bench
        tell_progress(5)


@pytest.mark.slow
def test_a_convolutional_network_on_verilator_in_parts(digits, monkeypatch):
    """Five images of a small CNN: all cores are compared, and how far it is is told."""
    from spikewatt.models.keras_backend import import_keras
    from spikewatt.models.training import train
    from spikewatt.rtl_ref.verification.chains import parts

    keras = import_keras()
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input(digits.input_shape),
            layers.Conv2D(8, 3, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 2, activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    train(model, digits, epochs=5)
    network = convert(model, digits.scaled("train")[:300], input_levels=digits.levels)
    monkeypatch.setattr(parts, "WORTH_S", 0.0)
    announced: list[Estimate] = []
    told: list[tuple[str, int, int]] = []
    rows = verify_network(
        network,
        digits.scaled("test")[:5],
        16,
        engine="event",
        progress=lambda *state: told.append(state),
        announce=announced.append,
    )
    assert len(rows) == 4
    assert all(row["mismatches"] == 0 and row["compared"] > 500 for row in rows), rows
    assert all(row["stalls"] == row["stalls_seen"] for row in rows)
    assert sum(row["stalls"] for row in rows) > 0
    (estimate,) = announced
    work = sum(row["cycles"] for row in rows)
    assert work < sum(estimate.cycles) < 1.5 * work
    assert {stage for stage, *_ in told} >= {"build", "play"}
