"""What an inference costs: cycles as the golden model counts them, energy linear in its counts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from spikewatt.analysis.report.rows import as_json
from spikewatt.analysis.report.synthesis import synthesis_findings
from spikewatt.errors import SpikewattError
from spikewatt.rtl_ref.model.core_image import network_images
from spikewatt.rtl_ref.model.golden import GoldenChain
from spikewatt.rtl_ref.model.words import words
from spikewatt.rtl_ref.synthesis.asic import AsicReport
from spikewatt.rtl_ref.synthesis.costs.cycles import chain_work
from spikewatt.rtl_ref.synthesis.costs.inference import asic_cost, fpga_cost, inference_costs
from spikewatt.rtl_ref.synthesis.costs.range import Range, total
from spikewatt.rtl_ref.synthesis.designs import Design, core_alone, design_of_sizes
from spikewatt.rtl_ref.synthesis.fpga_report import FpgaReport
from spikewatt.rtl_ref.synthesis.memory_prices import memory_prices
from spikewatt.rtl_ref.synthesis.parameters import parameters_of
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.schedule import schedule
from spikewatt.sim.engines.simulate import simulate

SAMPLES = 3


@pytest.fixture(scope="module")
def radix_network(mlp, digits):
    calibration = digits.scaled("train")[:100]
    options = {"code": "radix", "steps": 4, "input_code": "bitplane"}
    return convert(mlp, calibration, input_levels=digits.levels, **options)


@pytest.mark.parametrize("cycles_per_sop", [2, 3])
@pytest.mark.parametrize("code", ["rate", "radix"])
def test_cycles_and_accesses_are_those_of_the_golden_model(
    code, cycles_per_sop, mlp_network, radix_network, digits
):
    network = mlp_network if code == "rate" else radix_network
    steps = 8 if code == "rate" else None
    x = digits.scaled("test")[:SAMPLES]
    trace = simulate(network, x, "reference", steps, rasters=SAMPLES)
    plan = schedule(network, steps)
    images = network_images(network, plan, 24)
    chain = GoldenChain.of(images, 24, cycles_per_sop)
    for spikes in trace.rasters[network.populations[0].name]:
        chain.restart()
        for word in words(network, plan, spikes):
            chain.send(word)

    work = chain_work(network, trace, cycles_per_sop)
    assert len(work) == 2
    for core, golden in zip(work, chain.cores, strict=True):
        counters = golden.counters()
        assert core.cycles * SAMPLES == pytest.approx(counters["cycles"])
        assert core.spikes * SAMPLES == pytest.approx(counters["spikes"])
        accesses = core.accesses()
        assert accesses["synapses"] * SAMPLES == pytest.approx(counters["sops"])
        of_potentials = counters["reads"] + counters["writes"]
        assert accesses["potentials"] * SAMPLES == pytest.approx(of_potentials)


@pytest.fixture
def on_fpga(mlp_network) -> FpgaReport:
    blocks = {"core 1: synapses": 2, "core 2: synapses": 1}
    return FpgaReport(
        technology="FPGA", top="snn_top", parameters=parameters_of(mlp_network),
        family="Lattice iCE40", device="iCE40UP5K", speed_grade=None,
        used={"luts": 1000, "flip_flops": 500, "block_rams": 3, "multipliers": 0},
        available={"luts": 5280, "flip_flops": 5280, "block_rams": 30, "multipliers": 8},
        memory_blocks=blocks, clock_hz=20e6, all_clocks_hz={"1": 20e6, "2": 19e6, "3": 22e6},
        seed=3, goal_hz=1e8, critical_path_s=50e-9, critical_from="a", critical_to="b",
        critical_parts_s={}, cells={}, tools={}, seconds=0.0, folder="none",
    )  # fmt: skip


@pytest.fixture
def in_cells(mlp_network) -> AsicReport:
    parameters = parameters_of(mlp_network)
    return AsicReport(
        technology="ASIC", library="sky130_fd_sc_hd", corner="1.8 V, 25 C", top="snn_top",
        parameters=parameters, clock_goal_hz=1e8, cell_count=5000, flip_flops=900,
        area_m2=1e-8, critical_path_s=None, critical_from=None, critical_to=None, clock_hz=None,
        memory_access_s=0.0, leakage_w=None, dynamic_w=None, activity="none",
        memories=memory_prices(parameters, "snn_top"), memory_technology="CACTI", notes=[],
        tools={}, seconds=0.0, folder="none",
    )  # fmt: skip


def test_fpga_energy_is_counts_times_coefficients(mlp_network, trace, on_fpga):
    work = chain_work(mlp_network, trace)
    cost = fpga_cost(on_fpga, work)
    cycles = sum(core.cycles for core in work)
    assert cost.latency_s is not None
    assert cost.energy_j is not None
    assert cost.latency_s.value == pytest.approx(cycles / 20e6)
    assert cost.latency_s.low == pytest.approx(max(core.cycles for core in work) / 20e6)

    # 104 uW and 53 pJ, measured; see `families/power.py`.
    assert cost.parts_j["static"].value == pytest.approx(85.6e-6 * 1.219 * cost.latency_s.value)
    assert cost.parts_j["clock"].value == pytest.approx(53.2e-12 * cycles, rel=0.01)
    assert cost.energy_j == total(cost.parts_j.values())
    assert cost.energy_j.low < cost.energy_j.value < cost.energy_j.high
    assert cost.status == "estimated"

    twice = replace(on_fpga, memory_blocks={k: 2 * n for k, n in on_fpga.memory_blocks.items()})
    blocks = fpga_cost(twice, work).parts_j["block RAMs"]
    assert blocks == cost.parts_j["block RAMs"].times(2)
    assert blocks.value > 0


def test_slower_clock_costs_leakage_alone(mlp_network, trace, on_fpga):
    work = chain_work(mlp_network, trace)
    fast, slow = (fpga_cost(replace(on_fpga, clock_hz=hz), work) for hz in (20e6, 10e6))
    assert slow.parts_j["static"].value == pytest.approx(2 * fast.parts_j["static"].value)
    for part in ("clock", "logic", "block RAMs"):
        assert slow.parts_j[part] == fast.parts_j[part]


def test_cells_by_opensta_where_it_ran(mlp_network, trace, in_cells):
    work = chain_work(mlp_network, trace)
    without = asic_cost(in_cells, work)
    assert without.clock_hz == 75e6
    assert "no OpenSTA" in without.note

    timed = replace(in_cells, clock_hz=120e6, dynamic_w=2e-3, leakage_w=1e-6)
    cost = asic_cost(timed, work)
    cycles = sum(core.cycles for core in work)
    assert cost.clock_hz == 120e6
    assert cost.parts_j["logic and clock"].value == pytest.approx(2e-3 / 1e8 * cycles)
    assert cost.parts_j["leakage of the logic"].value == pytest.approx(1e-6 * cycles / 120e6)
    assert cost.parts_j["memories"] == without.parts_j["memories"]


def test_cards_stand_beside_the_designs(mlp_network, trace, on_fpga, in_cells):
    costs = inference_costs(mlp_network, trace, [on_fpga, in_cells])
    targets = [cost.target for cost in costs]
    assert targets == [
        "snn_top on iCE40UP5K",
        "snn_top in sky130_fd_sc_hd",
        "card reference_core",
        "card odin",
    ]
    reference, odin = costs[2:]
    assert reference.clock_hz == pytest.approx(75e6)
    assert odin.status == "does not fit"
    assert odin.in_words() == {}
    assert "executes what was trained" in odin.note
    for cost in costs[:3]:
        row = cost.row()
        assert row["energy_low_j"] <= row["energy_j"] <= row["energy_high_j"]
        assert set(cost.in_words()) == {"µJ", "ms"}


def test_ranges():
    assert total([]) == Range.exactly(0.0)
    assert Range(2, 1, 3).times(Range(10, 5, 20)) == Range(20, 5, 60)


def test_a_trace_of_another_network_is_refused(mlp_network, radix_network, trace, on_fpga):
    with pytest.raises(SpikewattError, match="must be the network that left the trace"):
        inference_costs(radix_network, trace, [], ["reference_core"])


# What a reader sees.


def test_report_of_several_seeds(on_fpga):
    assert on_fpga.clock_hz == 20e6
    assert on_fpga.clock_spread_hz == 3e6
    row = on_fpga.row()
    assert row["LUTs"] == "1,000 (18.9 %)"
    assert row["MHz, median"] == 20.0
    assert row["MHz, spread"] == 3.0
    assert on_fpga.as_dict()["utilisation"]["block_rams"] == pytest.approx(0.1)


def test_findings_hold_sizes_and_costs(mlp_network, trace, on_fpga, in_cells):
    design = Design("mlp", "snn_top", on_fpga.parameters, mlp_network, trace)
    bare = core_alone(3)
    on = {"mlp": on_fpga, bare.name: replace(on_fpga, top="integrate_and_fire_core")}
    found = synthesis_findings([design, bare], on, {"mlp": [in_cells], bare.name: []}, None, ["x"])
    assert [table.name for table in found.tables] == ["rows", "cells", "costs"]

    sizes, _, costs = (table.cells() for table in found.tables)
    assert [row["design"] for row in sizes] == ["mlp", "core 256 x 256, 4 bits, c = 3"]
    assert sizes[0]["ms"]
    assert [row["status"] for row in costs] == ["estimated", "estimated", "card", "does not fit"]
    assert any(note.startswith("mlp: card odin: ") for note in found.notes)
    assert "x" in found.notes

    document = json.loads(as_json(found))
    assert document["reports"][0]["utilisation"]["luts"] == pytest.approx(1000 / 5280)
    assert len(document["reports"]) == 3


def test_designs_without_data_have_no_costs(on_fpga):
    design = design_of_sizes([64, 48, 10], cycles_per_sop=3)
    assert design.parameters["CYCLES_PER_SOP"] == 3
    assert design.costs([on_fpga]) == []
    found = synthesis_findings([design], {design.name: on_fpga}, {design.name: []})
    assert [table.name for table in found.tables] == ["rows"]
