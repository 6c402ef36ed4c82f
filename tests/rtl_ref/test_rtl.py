"""Second implementation: the RTL core against the golden model, the engines and the ODIN twin."""

from __future__ import annotations

import dataclasses
import re
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.devices.neuromorphic_core import core_cycles
from spikewatt.errors import DoesNotFitError, FileFormatError, MissingToolError, SpikewattError
from spikewatt.rtl_ref import OdinTwin, Verification, verify
from spikewatt.rtl_ref.design import RTL
from spikewatt.rtl_ref.model.core_image import CoreImage, core_image, network_images
from spikewatt.rtl_ref.model.golden import GoldenChain, GoldenCore
from spikewatt.rtl_ref.model.words import STEP, Word, words
from spikewatt.rtl_ref.simulation import simulator
from spikewatt.rtl_ref.simulation.waveform import vcd_to_fst
from spikewatt.rtl_ref.verification.comparison import Tally
from spikewatt.rtl_ref.verification.core_bench import run_cases
from spikewatt.rtl_ref.verification.coverage import Coverage
from spikewatt.rtl_ref.verification.random_cases import SWEEP, random_cases
from spikewatt.rtl_ref.verification.single_modules import neuron
from spikewatt.rtl_ref.verification.whole_network import verify_network
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.schedule import schedule
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.gating.planes import has_planes, with_planes

pytestmark = pytest.mark.rtl


@pytest.fixture(scope="module")
def radix_network(mlp, digits):
    return convert(
        mlp,
        digits.scaled("train")[:300],
        code="radix",
        steps=4,
        input_levels=digits.levels,
        input_code="bitplane",
    )


def test_digits_in_rate_equal_annarchy(mlp_network, digits):
    x = digits.scaled("test")[:5]
    rows = verify_network(mlp_network, x, steps=32, engine="annarchy")
    assert [row["population"] for row in rows] == ["hidden1", "output"]
    assert all(row["mismatches"] == 0 for row in rows), rows
    assert rows[0]["spikes_out"] == rows[1]["events_in"] > 500
    assert all(row["compared"] > 5 * 32 * 10 for row in rows)
    assert all(row["stalls"] == row["stalls_seen"] for row in rows)


def test_digits_in_radix(radix_network, digits):
    rows = verify_network(radix_network, digits.scaled("test")[:30])
    assert all(row["mismatches"] == 0 for row in rows), rows
    assert rows[0]["spikes_out"] == rows[1]["events_in"] > 500
    assert rows[1]["compared"] > 30 * 11


def test_digits_in_radix_whose_controller_stops_at_a_plane(radix_network, digits):
    fewer = with_planes(radix_network, 2)
    assert [p.planes for p in fewer.populations if has_planes(p)] == [2]

    x = digits.scaled("test")[:10]
    rows = verify_network(fewer, x)
    assert all(row["mismatches"] == 0 for row in rows), rows
    assert rows[1]["compared"] > 10 * 11
    stopped, whole = (simulate(each, x, "reference") for each in (fewer, radix_network))
    assert 0 < stopped.mean_spikes() < whole.mean_spikes()


def test_verify_tells_whether_all_is_equal(mlp_network, digits):
    found = verify(mlp_network, digits.scaled("test")[:2], steps=8)
    assert found.passed
    assert found.compared == sum(row["compared"] for row in found.rows) > 2 * 8 * 10
    assert found.frame["population"].tolist() == ["hidden1", "output"]
    assert repr(found) == f"Verification(passed: {found.compared:,} values compared, 0 mismatches)"

    broken = Verification([{**found.rows[0], "mismatches": 2}, found.rows[1]])
    assert not broken.passed
    assert broken.mismatches == 2
    assert "failed" in broken._repr_html_()


def test_python_in_the_readme_runs(mlp_network, digits):
    text = (RTL.parent / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    names = {"network": mlp_network, "x": digits.scaled("test")[:2]}
    runs = []
    for block in blocks:
        exec(block, names)
        runs.append(names.get("run"))

    assert names["found"].passed
    _, odin, tiny = runs
    assert odin.spikes == [(1, 3)]
    assert tiny is not odin
    assert tiny.potentials[3] == -4


def test_a_tally_counts_what_differs_and_says_where():
    tally = Tally()
    tally.check("spikes", np.array([1, 2, 3]), np.array([1, 0, 0]))
    tally.check("order", np.array([1, 2]), np.array([1, 2]))
    assert (tally.compared, tally.mismatches, tally.where) == (5, 2, "2 spikes")
    # Of arrays of different lengths all entries of the longer one are wrong.
    tally.check("order", np.array([1, 2]), np.array([1, 2, 3]))
    assert (tally.mismatches, tally.where) == (5, "2 spikes, 3 order")


def test_random_cases_and_units_on_verilator():
    cases = random_cases(SWEEP[0], 30, 5)
    for row in (run_cases(SWEEP[0], cases, Coverage()), neuron(False)):
        assert row["mismatches"] == 0, row
        assert row["compared"] > 300


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**30))
def test_event_rule_is_odins_where_the_two_coincide(seed):
    """One sign per axon, 3-bit magnitudes, thresholds up to 255, leak as a negative bias.

    Spikes in order and potentials are equal.
    """
    random = np.random.default_rng(seed)
    magnitude = random.integers(0, 8, (256, 256))
    inhibitory = random.random(256) < 0.3
    threshold = random.integers(1, 256, 256)
    leak = random.integers(0, 20, 256)
    events = [int(random.integers(256)) if random.random() < 0.9 else -1 for _ in range(60)]

    mapped = (magnitude | 8).astype(np.uint8)
    run = OdinTwin(mapped, inhibitory, threshold, leak).run(events)

    signed = np.where(inhibitory[:, None], -magnitude, magnitude)
    image = CoreImage(signed, threshold, -leak, np.zeros(256, np.int64))
    core = GoldenCore(image, 9, event_rule=True)
    spikes = []
    for i, event in enumerate(events):
        word = Word(event) if event >= 0 else Word(kind=STEP, target=1)
        spikes += [(i, out.axon) for out in core.send(word)]

    assert spikes == run.spikes
    assert np.array_equal(core.potential, run.potentials)
    assert core.sops == run.synaptic_operations


def test_the_latency_law_of_the_energy_side_gives_the_cycles_of_the_core(mlp_network, digits):
    """reference_core's card: events (1 + 2 N) + steps (2 + 2 N) + spikes, as the RTL counts."""
    card = load_card("reference_core")
    samples, steps = 5, 32
    rows = verify_network(mlp_network, digits.scaled("test")[:samples], steps=steps)
    ticks = samples * steps
    for row, size in zip(rows, (48, 10), strict=True):
        events, spikes = row["events_in"], row["spikes_out"]
        assert row["mismatches"] == 0
        assert core_cycles(card, size, events, ticks, spikes) == row["cycles"]
        assert row["sops"] == size * events
        assert row["reads"] == row["writes"] == size * (events + ticks)


def test_golden_chain_equals_the_reference_engine(mlp_network, radix_network, digits):
    x = digits.scaled("test")[:3]
    for network, steps in ((mlp_network, 20), (radix_network, None)):
        plan = schedule(network, steps)
        trace = simulate(network, x, "reference", steps, rasters=3)
        chain = GoldenChain.of(network_images(network, plan, 24), 24)
        for sample in range(3):
            chain.restart()
            spikes = 0
            for word in words(network, plan, trace.rasters["input"][sample]):
                hidden, _ = chain.send(word)
                spikes += sum(out.is_event for out in hidden)

            assert spikes == trace.spikes["hidden1"][sample].sum() > 0
            assert np.array_equal(chain.cores[-1].potential, trace.outputs[sample, -1])


def test_saturation_is_held_and_counted(mlp_network):
    """Law: a sum beyond the state's range stays at its end, and each time is counted."""
    image = core_image(mlp_network, "hidden1", 64, 48, 8, 24)
    never = np.full(48, -1)
    image = dataclasses.replace(image, threshold=never, initial_potential=np.zeros(48, int))
    narrow = GoldenCore(image, state_bits=9)
    for _ in range(100):
        narrow.send(Word(20))

    row = image.synapses[20]
    assert np.array_equal(narrow.potential, np.clip(row * 100, -256, 255))
    assert (np.abs(row) > 2).any()
    assert narrow.saturations > 0
    assert narrow.cycles == 100 * 97


def test_a_neuron_that_may_not_fire_keeps_its_potential():
    """Law: a threshold below 0 is none, under either rule; the neuron beside it fires."""
    zeros = np.zeros(2, int)
    image = CoreImage(np.array([[5, 5]]), np.array([-1, 3]), zeros, zeros)
    for event_rule, left in ((False, 2), (True, 0)):
        core = GoldenCore(image, 8, event_rule=event_rule)
        fired = core.send(Word(0))
        fired += core.send(Word(kind=STEP, target=1))
        assert [out.axon for out in fired] == [1]
        assert core.potential.tolist() == [5, left]


def test_waveforms(mlp_network, digits, tmp_path):
    x = digits.scaled("test")[:1]
    verify_network(mlp_network, x, steps=4, waves=tmp_path / "waves")
    (fst,) = (tmp_path / "waves").glob("*.fst")
    from pylibfst import lib  # type: ignore[import-not-found]

    reader = lib.fstReaderOpen(str(fst).encode())
    assert lib.fstReaderGetVarCount(reader) > 100
    assert lib.fstReaderGetEndTime(reader) > 0
    lib.fstReaderClose(reader)


def test_what_is_no_vcd_is_refused(tmp_path):
    (tmp_path / "no.vcd").write_text("nothing\n")
    with pytest.raises(FileFormatError, match="must be a VCD file with variables"):
        vcd_to_fst(tmp_path / "no.vcd", tmp_path / "no.fst")


@pytest.mark.parametrize(
    ("size", "match"),
    [
        ((32, 48, 8, 24), "'hidden1': has at most 32 axons; got 64"),
        ((64, 40, 8, 24), "'hidden1': has at most 40 neurons; got 48"),
        ((64, 48, 4, 24), "weights have at most 4 bits; got 8"),
        ((64, 48, 8, 6), "threshold: fits into 6 bits"),
    ],
)
def test_what_does_not_fit_is_named(mlp_network, size, match):
    with pytest.raises(DoesNotFitError, match=match):
        core_image(mlp_network, "hidden1", *size)


def test_max_pooling_does_not_fit(cnn_network):
    with pytest.raises(DoesNotFitError, match="'max1': the core integrates"):
        core_image(cnn_network, "max1", 1000, 1000, 8, 24)


def test_codes_that_the_core_does_not_execute_are_refused(mlp, digits):
    x = digits.scaled("test")[:1]
    calibration = digits.scaled("train")[:50]
    network = convert(mlp, calibration, code="sync_rate", steps=3, input_levels=digits.levels)
    match = "executes the tick rule.*got code sync_rate, input code if"
    with pytest.raises(DoesNotFitError, match=match):
        verify_network(network, x)


def test_silent_input_is_not_a_verification(mlp_network):
    match = "every population receives events, or nothing is compared"
    with pytest.raises(SpikewattError, match=match):
        verify_network(mlp_network, np.zeros((1, 8, 8, 1)), steps=2)


def test_an_unknown_simulator_is_refused():
    match = "must be a simulator; got 'modelsim'; allowed: icarus, verilator"
    with pytest.raises(SpikewattError, match=f"verify.simulator: {match}"):
        simulator.check_tools("modelsim")


def test_bad_parameters_are_refused_before_anything_is_built():
    with pytest.raises(SpikewattError, match="AXONS: must be a size of the core; got 0"):
        simulator.Simulation("integrate_and_fire_core", {"AXONS": 0, "NEURONS": 4})


def test_an_image_of_another_size_is_refused():
    (case,) = random_cases(SWEEP[0], 1, 0)
    image = dataclasses.replace(case.image, synapses=np.zeros((3, 3), int))
    wrong = dataclasses.replace(case, image=image)
    match = r"must have the size of the core; got \(3, 3\) synapses; allowed: \(8, 6\)"
    with pytest.raises(SpikewattError, match=f"memory image of case 0: {match}"):
        run_cases(SWEEP[0], [wrong], Coverage())


def test_missing_programs_are_named(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    match = r"verilator needs its programs; got no g\+\+, make, perl; allowed: apt install"
    with pytest.raises(MissingToolError, match=match):
        simulator.check_tools()

    match = "icarus needs its programs; got no iverilog, vvp; allowed: apt install iverilog"
    with pytest.raises(MissingToolError, match=match):
        simulator.check_tools("icarus")
