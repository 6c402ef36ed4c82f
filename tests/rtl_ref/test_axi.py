"""Second implementation: the chain behind its AXI4-Lite registers against integer sums written out here."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.rtl_ref.design import RTL

pytestmark = pytest.mark.rtl

SIZES = ((12, 7), (7, 5))  # (axons, neurons) of each core
STATE_BITS, CYCLES_PER_SOP, OUTPUT_DEPTH = 20, 2, 8
TICK, VALID, MARK = 1 << 31, 1 << 16, 4 << 28
IDENTIFICATION = 0x53 << 24 | 1 << 16 | len(SIZES) << 8 | STATE_BITS


def built(simulator: str, sources=None):
    """The peripheral with a chain of SIZES and small queues."""
    pytest.importorskip("cocotbext.axi", reason="pip install cocotbext-axi")
    from spikewatt.rtl_ref.simulation.simulator import Simulation

    if simulator == "icarus" and shutil.which("iverilog") is None:
        pytest.skip("no iverilog")
    parameters = {
        "CORES": len(SIZES),
        "AXONS": f"{16 * len(SIZES)}'h" + "".join(f"{axons:04x}" for axons, _ in reversed(SIZES)),
        "NEURONS": f"{16 * len(SIZES)}'h"
        + "".join(f"{neurons:04x}" for _, neurons in reversed(SIZES)),
        "STATE_BITS": STATE_BITS,
        "CYCLES_PER_SOP": CYCLES_PER_SOP,
        "QUEUE_DEPTH": 4,
        "OUTPUT_DEPTH": OUTPUT_DEPTH,
    }
    return Simulation("axi_lite_peripheral", parameters, simulator, sources=sources)


@pytest.fixture(scope="module", params=["verilator", "icarus"])
def simulation(request):
    return built(request.param)


def random_job(seed: int, idle: float, steps: int) -> dict:
    """A network of small random integers in which every layer fires, and random events."""
    random = np.random.default_rng(seed)
    job = {"sizes": np.array(SIZES), "seed": seed, "idle": idle, "identification": IDENTIFICATION}
    for core, (axons, neurons) in enumerate(SIZES):
        job[f"synapses{core}"] = random.integers(-20, 50, (axons, neurons))
        job[f"potential{core}"] = random.integers(-90, 90, neurons)
        job[f"threshold{core}"] = np.where(
            np.arange(neurons) == 2, -1, random.integers(20, 120, neurons)
        )  # the third never fires
        job[f"bias{core}"] = random.integers(-9, 15, neurons)
    job["raster"] = random.random((steps, SIZES[0][0])) < 0.4
    return job


def expected(job: dict) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Words out, potentials of all cores after each step, counters (cycles, stalls, sops, reads, writes, spikes, saturations)."""
    potentials = [job[f"potential{core}"].copy() for core in range(len(SIZES))]
    words, history, counters = [], [], np.zeros((len(SIZES), 7), int)
    for step in job["raster"]:
        events = np.flatnonzero(step)
        for core, (_, neurons) in enumerate(SIZES):
            v = potentials[core]
            v += job[f"synapses{core}"][events].sum(0) + job[f"bias{core}"]
            fired = np.flatnonzero((job[f"threshold{core}"] >= 0) & (v >= job[f"threshold{core}"]))
            v[fired] -= job[f"threshold{core}"][fired]
            visits = (len(events) + 1) * neurons
            cycles = CYCLES_PER_SOP * visits + len(events) + 1 + len(fired) + 1
            counters[core] += [cycles, 0, len(events) * neurons, visits, visits, len(fired), 0]
            events = fired
        words += [VALID | int(neuron) for neuron in events] + [TICK | VALID]
        history.append(np.concatenate(potentials))
    return words, np.array(history), counters


@pytest.mark.parametrize(("seed", "idle"), [(1, 0.0), (2, 0.3), (3, 0.7)])
def test_a_network_runs_through_registers(simulation, seed, idle):
    job = random_job(seed, idle, steps=12)
    words, potentials, counters = expected(job)
    result = simulation.run("axi", job, test="run_network")
    assert result["words"].tolist() == words
    assert np.array_equal(result["potentials"], potentials)
    assert np.array_equal(
        result["counters"][:, [0, 2, 3, 4, 5, 6]], counters[:, [0, 2, 3, 4, 5, 6]]
    )
    assert len(words) > 20
    assert counters[0, 5] > 20
    assert result["potentials"].size == 12 * 12
    for core, (axons, neurons) in enumerate(SIZES):
        assert result["sizes"][core] == axons << 16 | neurons
        for memory in ("synapses", "threshold", "bias"):
            assert np.array_equal(result[f"{memory}{core}"], job[f"{memory}{core}"])
    assert result["identification"] == IDENTIFICATION


@pytest.mark.parametrize("idle", [0.0, 0.5])
def test_reads_and_writes_at_once(simulation, idle):
    job = random_job(4, idle, steps=20)
    result = simulation.run("axi", job, test="talk_at_once")
    assert result["words"].tolist() == expected(job)[0]
    assert result["looks"] > 50


@pytest.mark.parametrize("idle", [0.0, 0.4])
def test_a_full_output_queue_holds_the_cores_and_loses_nothing(simulation, idle):
    job = random_job(5, idle, steps=20)
    words, _, counters = expected(job)
    result = simulation.run("axi", job, test="fill_output_queue")
    assert len(words) > 3 * OUTPUT_DEPTH
    assert result["words"].tolist() == words
    assert result["status"] == OUTPUT_DEPTH << 16 | 0b0011  # full, and neither input nor port ready
    assert result["held"] > 50
    assert result["refused"]
    assert (result["counters"][:, 1] > 3000).any()
    assert np.array_equal(result["counters"][:, [0, 2, 5]], counters[:, [0, 2, 5]])


def check_registers(simulation) -> None:
    """Strobes, refusals, ticks for one core, and a soft reset are as the header of the module says."""
    job = random_job(6, 0.2, steps=1)
    result = simulation.run("axi", job, test="check_registers")
    for name, values in {
        "bytes28": [0x01010101, 0x01010102, 0x01010302, 0x01040302, 0x05040302],  # PORT_ADDRESS
        "bytes24": [0x0101, 0x0102, 0x0302, 0x0302, 0x0302],  # PORT_SELECT
        "bytes36": [1, 2, 2, 2, 2],  # COUNTER_SELECT
    }.items():
        assert result[name].tolist() == values, name
    assert len(result["refused"]) == 46
    assert result["refused"].all()
    assert result["marks"].tolist() == [TICK | MARK | VALID, TICK | MARK | 9 << 24 | VALID]
    assert np.array_equal(
        result["potentials"], np.concatenate([job["potential0"], job["potential1"] + job["bias1"]])
    )
    assert result["before_reset"] >> 16 > 0
    assert result["after_reset"] == 0b1100
    assert not result["counters"].any()
    assert result["spike"] == 0
    assert np.array_equal(result["bias0"], job["bias0"])
    assert result["mark"].tolist() == [TICK | MARK | VALID]


def test_registers_strobes_refusals_and_reset(simulation):
    check_registers(simulation)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("if (strobe[2]) axon[7:0]", "if (strobe[3]) axon[7:0]"),
        ("write_data[15:0] < AXONS[15:0]", "write_data[15:0] <= AXONS[15:0]"),
        ("word_valid ? {word", "1'b1 ? {word"),
        (".port_address({axon, neuron})", ".port_address({16'd0, neuron})"),
        (".clk, .reset(chain_reset), .in_valid(out_valid)", ".clk, .reset, .in_valid(out_valid)"),
        ("reset || soft_reset", "reset"),
    ],
)
def test_a_planted_fault_is_caught(right, wrong, tmp_path):
    shutil.copytree(RTL, tmp_path, dirs_exist_ok=True)
    text = (RTL / "axi_lite_peripheral.sv").read_text()
    assert right in text
    (tmp_path / "axi_lite_peripheral.sv").write_text(text.replace(right, wrong))
    faulty = built("icarus", tmp_path)
    with pytest.raises((AssertionError, SpikewattError)):
        check_all(faulty)


def check_all(simulation) -> None:
    check_registers(simulation)
    test_a_network_runs_through_registers(simulation, 1, 0.0)
