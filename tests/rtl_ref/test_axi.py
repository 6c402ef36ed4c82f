"""Second implementation: the chain behind its AXI4-Lite registers against sums written out here."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.rtl_ref.design import COUNTER_ORDER, RTL, packed

pytestmark = pytest.mark.rtl

SIZES = ((12, 7), (7, 5))  # (axons, neurons) of each core
WEIGHT_BITS, STATE_BITS, CYCLES_PER_SOP, OUTPUT_DEPTH = 8, 20, 2, 8
TICK, VALID, MARK = 1 << 31, 1 << 16, 4 << 28
IDENTIFICATION = 0x53 << 24 | 2 << 16 | len(SIZES) << 8 | STATE_BITS
STALLS, SOPS, SPIKES = (COUNTER_ORDER.index(name) for name in ("stalls", "sops", "spikes"))
NOT_STALLS = [i for i in range(len(COUNTER_ORDER)) if i != STALLS]


def built(simulator: str, sources=None):
    """The peripheral with a chain of SIZES and small queues."""
    pytest.importorskip("cocotbext.axi", reason="pip install cocotbext-axi")
    from spikewatt.rtl_ref.simulation.simulator import Simulation

    if simulator == "icarus" and shutil.which("iverilog") is None:
        pytest.skip("no iverilog")

    axons, neurons = zip(*SIZES, strict=True)
    parameters = {
        "CORES": len(SIZES),
        "AXONS": packed(axons),
        "NEURONS": packed(neurons),
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
    job = {
        "sizes": np.array(SIZES),
        "seed": seed,
        "idle": idle,
        "identification": IDENTIFICATION,
        "weight_bits": WEIGHT_BITS,
        "state_bits": STATE_BITS,
    }

    for core, (axons, neurons) in enumerate(SIZES):
        threshold = random.integers(20, 120, neurons)
        threshold[2] = -1  # the third never fires
        job[f"synapses{core}"] = random.integers(-20, 50, (axons, neurons))
        job[f"potential{core}"] = random.integers(-90, 90, neurons)
        job[f"threshold{core}"] = threshold
        job[f"bias{core}"] = random.integers(-9, 15, neurons)

    axons, _ = SIZES[0]
    job["raster"] = random.random((steps, axons)) < 0.4
    return job


def expected(job: dict) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Words out, potentials of all cores after each step, counters in COUNTER_ORDER."""
    potentials = [job[f"potential{core}"].copy() for core in range(len(SIZES))]
    counters = np.zeros((len(SIZES), len(COUNTER_ORDER)), int)
    words, history = [], []
    for step in job["raster"]:
        events = np.flatnonzero(step)
        for core in range(len(SIZES)):
            fired = one_step(job, core, potentials[core], events)
            counters[core] += counts(core, len(events), len(fired))
            events = fired

        words += [VALID | int(neuron) for neuron in events]
        words.append(TICK | VALID)
        history.append(np.concatenate(potentials))

    return words, np.array(history), counters


def one_step(job: dict, core: int, v: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Neurons that fire; the potentials `v` are changed."""
    synapses, threshold = job[f"synapses{core}"], job[f"threshold{core}"]
    v += synapses[events].sum(0) + job[f"bias{core}"]
    fired = np.flatnonzero((threshold >= 0) & (v >= threshold))
    v[fired] -= threshold[fired]
    return fired


def counts(core: int, events: int, spikes: int) -> list[int]:
    """What a core counts in a step: each event and the tick visit all neurons."""
    _, neurons = SIZES[core]
    visits = (events + 1) * neurons
    cycles = CYCLES_PER_SOP * visits + events + 1 + spikes + 1
    stalls = saturations = refusals = 0
    return [cycles, stalls, events * neurons, visits, visits, spikes, saturations, refusals]


@pytest.mark.parametrize(("seed", "idle"), [(1, 0.0), (2, 0.3), (3, 0.7)])
def test_a_network_runs_through_registers(simulation, seed, idle):
    job = random_job(seed, idle, steps=12)
    words, potentials, counters = expected(job)
    result = simulation.run("axi", job, test="run_network")

    assert result["words"].tolist() == words
    assert np.array_equal(result["potentials"], potentials)
    assert np.array_equal(result["counters"][:, NOT_STALLS], counters[:, NOT_STALLS])
    assert len(words) > 20
    assert counters[0, SPIKES] > 20
    assert result["potentials"].size == 12 * 12

    for core, (axons, neurons) in enumerate(SIZES):
        assert result["sizes"][core] == axons << 16 | neurons
        for memory in ("synapses", "threshold", "bias"):
            name = f"{memory}{core}"
            assert np.array_equal(result[name], job[name])

    assert result["identification"] == IDENTIFICATION


@pytest.mark.parametrize("idle", [0.0, 0.5])
def test_reads_and_writes_at_once(simulation, idle):
    job = random_job(4, idle, steps=20)
    words, _, _ = expected(job)
    result = simulation.run("axi", job, test="talk_at_once")
    assert result["words"].tolist() == words
    assert result["looks"] > 50


@pytest.mark.parametrize("idle", [0.0, 0.4])
def test_a_full_output_queue_holds_the_cores_and_loses_nothing(simulation, idle):
    job = random_job(5, idle, steps=20)
    words, _, counters = expected(job)
    result = simulation.run("axi", job, test="fill_output_queue")

    assert len(words) > 3 * OUTPUT_DEPTH
    assert result["words"].tolist() == words
    assert result["status"] == OUTPUT_DEPTH << 16 | 0b0011  # full, and neither input nor port ready
    assert result["refused"] > 5
    assert result["read_refused"]
    assert result["counted"] == result["refused"] + 1

    cycles = 0
    equal = [cycles, SOPS, SPIKES]
    assert (result["counters"][:, STALLS] > 3000).any()
    assert np.array_equal(result["counters"][:, equal], counters[:, equal])


def test_a_soft_reset_frees_a_peripheral_whose_output_is_full(simulation):
    job = random_job(8, 0.0, steps=3)
    words, _, counters = expected(job)
    result = simulation.run("axi", job, test="recover")

    assert result["refused"] > 100
    assert result["port_refused"]
    assert result["full"] & 0b1111 == 0b0011
    assert result["after"] == 0b1100
    assert result["left"] == 0
    assert result["words"].tolist() == words
    assert np.array_equal(result["counters"][:, NOT_STALLS], counters[:, NOT_STALLS])


@pytest.mark.parametrize("idle", [0.0, 0.4])
def test_words_come_and_go_by_stream(simulation, idle):
    job = random_job(9, idle, steps=10)
    words, _, counters = expected(job)
    result = simulation.run("axi", job, test="stream")

    assert result["words"].tolist() == words
    refusals = COUNTER_ORDER.index("refusals")
    counters[0, refusals] = 2 * 10  # two words of each step do not exist
    assert np.array_equal(result["counters"][:, NOT_STALLS], counters[:, NOT_STALLS])
    assert result["interrupts"].tolist() == [0, 1, 0, 0, 1]


def test_addresses_advance(simulation):
    job = random_job(10, 0.2, steps=1)
    result = simulation.run("axi", job, test="advance")
    assert np.array_equal(result["read"], result["written"])
    assert len(result["read"]) == 12 * 7
    assert result["places"].tolist() == [12 << 16, 12 << 16]
    assert result["refused"]


def check_registers(simulation) -> None:
    """Strobes, refusals, ticks for one core, and a soft reset are as the module's header says."""
    job = random_job(6, 0.2, steps=1)
    result = simulation.run("axi", job, test="check_registers")

    port_address, port_select, counter_select = "bytes28", "bytes24", "bytes36"
    address = [0x01010101, 0x01010102, 0x01010302, 0x01040302, 0x05040302]
    assert result[port_address].tolist() == address
    assert result[port_select].tolist() == [0x0101, 0x0102, 0x0302, 0x0302, 0x0302]
    assert result[counter_select].tolist() == [1, 2, 2, 2, 2]

    assert len(result["refused"]) == 45 + 8
    assert result["refused"].all()
    assert len(result["nothing"]) == 8
    assert result["nothing"].all()

    mark = TICK | MARK | VALID
    assert result["marks"].tolist() == [mark, mark | 9 << 24]
    last = job["potential1"] + job["bias1"]
    assert np.array_equal(result["potentials"], np.concatenate([job["potential0"], last]))

    assert result["before_reset"] >> 16 > 0
    assert result["after_reset"] == 0b1100
    assert not result["counters"].any()
    assert result["spike"] == 0
    assert np.array_equal(result["bias0"], job["bias0"])
    assert result["mark"].tolist() == [mark]


def test_registers_strobes_refusals_and_reset(simulation):
    check_registers(simulation)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("if (strobe[2]) axon[7:0]", "if (strobe[3]) axon[7:0]"),
        ("write_data[15:0] < AXONS[15:0]", "write_data[15:0] <= AXONS[15:0]"),
        ("word_valid && !stream_out ? word_shown", "!stream_out ? word_shown"),
        (".port_address({axon, neuron})", ".port_address({16'd0, neuron})"),
        (".clk, .reset(chain_reset), .in_valid(out_valid)", ".clk, .reset, .in_valid(out_valid)"),
        ("gives_up    = patience == '1", "gives_up    = 1'b0"),
        ("state_fits;", "1'b1;"),
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
